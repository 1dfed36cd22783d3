# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout by blue/green that waits, and others who change what it needs: our own modules are refused, and what people did is mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .interference import eventually
from .sides import claim_of, coloured, service, state
from .workloads import rolled_out

pytestmark = pytest.mark.memory

NEW = {"image": "registry.example/web:2"}
WAITS = {**NEW, "stop_before": "switch", "requested_by": "alice"}
GOING_ON = "go on with it by promote or blue_green, or give it up by abort (name: web), and run this task after that"


def ready_endpoints(get: Callable[..., Any], name: str = "web") -> int:
    """How many addresses get the requests of a Service."""
    slices = [entry for entry in get("endpointslices") if entry["metadata"]["labels"]["kubernetes.io/service-name"] == name]
    return sum(endpoint["conditions"]["ready"] for entry in slices for endpoint in entry.get("endpoints") or [])


def test_all_that_write_respect_a_rollout_on_its_way(cluster, namespace, plain, run, roll, get, audit, deployment):
    plain(service("other", app="other"), replicas=1)
    run(**WAITS)
    before = state(get)
    audit.mark()
    whole = deployment(image="registry.example/web:3", replicas=1)
    wide = [service(), deployment("other", replicas=1)]
    tasks: list[tuple[str, dict[str, Any]]] = [
        (module, options)
        for module in ("rolling", "recreate")
        for options in ({"name": "web", "image": "x:3"}, {"name": "web-green", "image": "x:3"}, {"definition": whole})
    ]
    tasks += [("rolling", {"definition": wide})]
    tasks += [(module, {"name": name}) for module in ("resume", "pause", "restart") for name in ("web", "web-green")]
    tasks += [("undo", {"name": "web-green"}), ("abort", {"name": "web-green"})]
    tasks += [("promote", {"name": "web-green"}), ("service_switch", {"name": "web", "selector": coloured("green")})]
    tasks += [("blue_green", {"name": "web", "application": "shop", **NEW})]
    for module, options in tasks:
        for check in (True, False):
            refused = call(cluster, module, context=Context(check=check, diff=True), namespace=namespace, **options)
            assert refused["failed"], (module, options)
            assert (
                "belongs to a blue/green rollout of web that is on its way (image web=registry.example/web:2 [by alice]), begun by "
                in (refused["msg"])
            ), (module, options)
            assert re.search(r"begun by alice, \S+@\S+ at \S+Z; it stands before the step switch: ", refused["msg"]), refused["msg"]
            assert GOING_ON in refused["msg"]
            assert "resume it" not in refused["msg"]
            assert not refused["changed"]
    assert audit.writes() == []
    assert state(get) == before
    run("promote", stop_before="hold")
    assert "it stands before the step scale_down" in roll("restart", name="web", fails=True)["msg"]
    run("abort")
    assert roll("restart", name="web")["changed"], "nothing is in the way any more"


def test_services_that_come_along_are_respected_as_well(plain, run, roll, get, deployment):
    plain(replicas=1)
    run(**WAITS)
    other = deployment("other", replicas=1)
    wide = service(ports=[{"name": "http", "port": 81, "targetPort": 8080}])
    refused = roll("rolling", definition=[wide, other], fails=True)
    assert re.search("Service [^ ]*/web belongs to a blue/green rollout of web", refused["msg"])
    assert get("deployment", "other") is None


@pytest.mark.parametrize("way", ["rolled out", "in the middle", "scaled", "a bad image"])
def test_abort_mends_what_somebody_did_to_what_serves(plain, run, get, kubectl, way):
    plain(replicas=2)
    run(**WAITS)
    if way == "scaled":
        kubectl("scale", "deployment/web", "--replicas=0")
        eventually(lambda: ready_endpoints(get) == 0, "nothing serves")
    else:
        image = {"rolled out": "7", "in the middle": "unready", "a bad image": "missing"}[way]
        kubectl("set", "image", "deployment/web", f"web=registry.example/web:{image}")
        kubectl("rollout", "resume", "deployment/web")
    if way == "rolled out":
        rolled_out(kubectl)
        eventually(lambda: ready_endpoints(get) == 0, "the Service names a hash that is gone")
        assert "abort the rollout" in run("promote", fails=True)["msg"]
    done = run("abort", wait_timeout=60)
    assert done["rollouts"][0]["phase"] == "aborted"
    assert state(get) == {"web": 2, "paused": [], "service web": {"app": "web"}}
    assert claim_of(get) == ""
    eventually(lambda: ready_endpoints(get) >= 2, "the Service leads to pods again")


def test_abort_says_that_what_served_is_gone(plain, run, kubectl, get):
    plain(replicas=1)
    run(**WAITS)
    kubectl("delete", "deployment", "web")
    refused = run("abort", fails=True)
    assert "Deployment" in refused["msg"]
    assert "which served before, is deleted already, so there is no way back; promote the rollout to its end" in refused["msg"]
    run("promote")
    assert state(get)["service web"] == coloured("green")


@pytest.mark.parametrize("module", ["abort", "promote", "blue_green", "undo"])
def test_a_deleted_preview_service_is_in_nobodys_way(plain, run, get, kubectl, module):
    plain(service("preview", app="web"), replicas=1)
    options = {**NEW, "preview_service": "preview"}
    run(**options, **({"stop_before": "hold"} if module != "undo" else {}))
    kubectl("delete", "service", "preview")
    run(module, **(options if module == "blue_green" else {}))
    back = module in ("abort", "undo")
    expected = {"web": {"app": "web"}} if module == "abort" else {"web": coloured("blue" if back else "green")}
    assert {name: entry for name, entry in state(get).items() if name.startswith("service")} == {"service web": expected["web"]}


@pytest.mark.server
@pytest.mark.parametrize("what", ["edited", "widened", "deleted"])
def test_traffic_that_is_taken_away_in_the_hold_is_told_at_once_and_as_it_is(cluster, namespace, plain, run, get, kubectl, what):
    plain(replicas=1)
    run(**NEW, stop_before="hold", scale_down_delay=600)
    if what == "deleted":
        kubectl("delete", "service", "web")
    else:
        selector = {"edited": '{"app": "other", "rollout.kubernetes/colour": null}', "widened": '{"rollout.kubernetes/colour": null}'}[what]
        kubectl("patch", "service", "web", f'--patch={{"spec": {{"selector": {selector}}}}}', "--field-manager=alice")
    failed = run("promote", fails=True)
    if what == "deleted":
        assert "web does not exist; correct name and namespace, or create it first" in failed["msg"]
        given_up = run("abort")
        assert "Service web does not exist any more" in given_up["warnings"][-1]
        assert state(get) == {"web": 1, "paused": []}
        return
    assert "was changed by alice after the traffic had moved: it is app=" in failed["msg"]
    if what == "edited":
        assert "Went back, but not all traffic is where it was before: Service web leads to no pod (app=other)." in failed["msg"]
        assert state(get) == {"web": 1, "paused": [], "service web": {"app": "other"}}
    else:
        assert "Went back: Service web leads to web (app=web)." in failed["msg"]
        assert state(get) == {"web": 1, "paused": [], "service web": {"app": "web"}}
    assert claim_of(get) == ""


class _Once(list[str]):
    """Lines of progress; the first one that begins like this is answered by an action."""

    def __init__(self, begins: str, action: Callable[[], object]) -> None:
        super().__init__()
        self._begins, self._action, self._done = begins, action, False

    def append(self, line: str) -> None:
        super().append(line)
        if line.startswith(self._begins) and not self._done:
            self._done = True
            self._action()


@pytest.mark.server
def test_what_somebody_edits_while_a_task_holds_ends_the_task(plain, roll, get, kubectl):
    plain(replicas=1)
    patch = ["patch", "service", "web", '--patch={"spec": {"selector": {"app": "other"}}}', "--field-manager=alice"]
    lines = _Once("hold: ", lambda: kubectl(*patch))
    failed = roll("blue_green", name="web", **NEW, scale_down_delay=600, lines=lines, fails=True)
    assert "was changed by alice after the traffic had moved: it is app=other," in failed["msg"]
    assert "leads to no pod (app=other," in failed["msg"]
    assert state(get) == {"web": 1, "paused": [], "service web": {**coloured("green"), "app": "other"}}
