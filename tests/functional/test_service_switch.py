# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services are switched to pods that are ready, with proof, all or none; what is interrupted is finished by the next run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from .calls import call
from .interference import before, eventually, is_write, proxied
from .kills import expire_locks, kill_after
from .witness import is_ready
from .workloads import HELD, create, labelled, rolled_out

pytestmark = pytest.mark.memory

INTENT = "rollout.kubernetes/switch"


def selector(colour: str, app: str = "web") -> dict[str, str]:
    """The labels of one colour."""
    return {"app": app, "colour": colour}


def service(name: str = "web", colour: str = "blue", **spec: Any) -> dict[str, Any]:
    """A Service that leads to a colour."""
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": selector(colour), "ports": ports, **spec},
    }


@pytest.fixture
def colours(deployment, kubectl) -> Callable[..., None]:
    """colours(green={...}): two Deployments, web-blue and web-green, rolled out; green with an image and so on of its own."""

    def coloured(colour: str, **options: Any) -> dict[str, Any]:
        return labelled(deployment(f"web-{colour}", **{"replicas": 2, **options}), **selector(colour))

    def make(**green: Any) -> None:
        create(kubectl, coloured("blue"), coloured("green", **green))
        rolled_out(kubectl, "deployment/web-blue")
        if not green.get("image", ":1").endswith(":unready"):
            rolled_out(kubectl, "deployment/web-green")

    return make


@pytest.fixture
def switch(cluster, namespace) -> Callable[..., dict[str, Any]]:
    """switch(colour, **options): the module on the Service `web`."""

    def run(colour: str = "green", *, fails: bool = False, **options: Any) -> dict[str, Any]:
        if "services" not in options:
            options.setdefault("name", "web")
        result = call(cluster, "service_switch", **{"namespace": namespace, "selector": selector(colour), "wait_timeout": 300, **options})
        assert result.get("failed", False) is fails, result["msg"]
        return result

    return run


@pytest.fixture
def leads_to(get) -> Callable[..., set[str]]:
    """leads_to(name): the Deployments of the pods that a Service's EndpointSlices hold as ready."""

    def look(name: str = "web") -> set[str]:
        slices = [entry for entry in get("endpointslices") if entry["metadata"]["labels"]["kubernetes.io/service-name"] == name]
        endpoints = [endpoint for entry in slices for endpoint in entry.get("endpoints") or [] if endpoint["conditions"]["ready"]]
        return {endpoint["targetRef"]["name"].rsplit("-", 2)[0] for endpoint in endpoints}

    return look


def to_services(request: Any) -> bool:
    """Say whether it writes a Service."""
    return is_write(request) and "/services/" in request.path


def lease_of(get: Callable[..., Any], application: str = "web") -> dict[str, Any]:
    """Return what the Lease holds: the holder, and the intent."""
    lease = get("lease", f"rollout-{application}")
    return {"holder": lease["spec"].get("holderIdentity", ""), "intent": lease["metadata"].get("annotations", {}).get(INTENT, "")}


# --- when all is well ---------------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_check_switch_again_and_back(tried, namespace, colours, create_services, get, leads_to, audit):
    colours()
    create_services(service())

    def task(colour: str) -> dict[str, Any]:
        return {
            "name": "switch",
            "rollout.kubernetes.service_switch": {"name": "web", "namespace": namespace, "selector": selector(colour)},
        }

    audit.mark()
    would = tried(task("green"), check=True, diff=True).last
    assert would.changed
    assert "would select app=web,colour=green" in would.msg
    assert [part["before_header"] for part in would["diff"]] == [f"Service {namespace}/web"]
    assert audit.writes() == []
    done = tried(task("green"), diff=True).last
    assert done.changed
    (entry,) = done["rollouts"]
    assert (entry["kind"], entry["phase"], entry["complete"], entry["strategy"]) == ("Service", "complete", True, "service_switch")
    assert [(step["name"], step["state"]) for step in entry["steps"]] == [("check", "done"), ("switch", "done"), ("verify", "done")]
    assert (entry["traffic"][0]["previous_selector"], entry["traffic"][0]["selector"]) == (selector("blue"), selector("green"))
    assert (entry["traffic"][0]["pods"], entry["traffic"][0]["ready"]) == (2, 2)
    assert leads_to() == {"web-green"}, "proven before the task ends"
    assert lease_of(get) == {"holder": "", "intent": ""}
    audit.mark()
    again = tried(task("green")).last
    assert not again.changed
    assert audit.writes() == []
    back = tried(task("blue")).last
    assert back.changed
    assert leads_to() == {"web-blue"}


@pytest.fixture
def create_services(kubectl, leads_to) -> Callable[..., None]:
    """create_services(*manifests): Services, with their endpoints there."""

    def make(*manifests: dict[str, Any]) -> None:
        create(kubectl, *manifests)
        for manifest in manifests:
            if manifest["spec"].get("selector"):
                name = manifest["metadata"]["name"]
                eventually(lambda: leads_to(name) != set(), "the Service has endpoints")  # noqa: B023 - called at once

    return make


def test_several_are_switched_together(switch, colours, create_services, get, leads_to):
    colours()
    create_services(service(), service("admin"))
    result = switch(services=[{"name": "web"}, {"name": "admin", "selector": selector("green")}], min_endpoints=2)
    assert result["changed"]
    assert [entry["name"] for entry in result["rollouts"]] == ["admin", "web"]
    assert leads_to("web") == leads_to("admin") == {"web-green"}


# --- refused before anything is written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"colour": "red"}, "would select no pod by app=web,colour=red"),
        ({"selector": {"app": "web"}}, "pods of several workloads by app=web: Deployment web-blue, Deployment web-green"),
        ({"min_endpoints": 3}, "would get 2 ready pods by app=web,colour=green, fewer than min_endpoints: 3"),
        ({"name": "named"}, "leads to the port http, which pods selected by app=web,colour=green do not have"),
        ({"name": "headless"}, "is headless"),
        ({"name": "elsewhere"}, "is an ExternalName"),
        ({"name": "by-hand"}, "has no selector"),
        ({"name": "unready"}, "publishes addresses of pods that are not ready"),
        ({"name": "missing"}, "/missing does not exist"),
        ({"services": []}, "services is empty"),
        ({"selector": {}}, "needs a selector"),
        ({"min_endpoints": 0}, "min_endpoints must be at least 1 pod"),
    ],
)
def test_mistakes_are_found_before_anything_is_written(switch, mistaken, audit, options, sentence):
    audit.mark()
    result = switch(fails=True, **options)
    assert sentence in result["msg"]
    assert not result["changed"]
    assert audit.writes() == []


@pytest.fixture
def mistaken(colours, kubectl) -> None:
    """Services of all kinds."""
    colours()
    named = [{"port": 80, "targetPort": "http"}]
    create(
        kubectl,
        service(),
        service("named", ports=named),
        service("headless", clusterIP="None"),
        service("elsewhere", type="ExternalName", externalName="www.example.org"),
        {**service("by-hand"), "spec": {"ports": named}},
        service("unready", publishNotReadyAddresses=True),
    )


def test_pods_that_are_not_ready_get_nothing(switch, colours, create_services, leads_to, audit):
    colours(image="registry.example/web:unready")
    create_services(service())
    audit.mark()
    result = switch(fails=True)
    assert "that are not ready: web-green-" in result["msg"]
    assert audit.writes() == []
    assert leads_to() == {"web-blue"}


def test_pods_on_their_way_out_are_not_counted(switch, colours, create_services, kubectl, get, leads_to):
    """One pod takes its time to end; it is neither in the way nor counted."""
    colours(simulate=HELD)
    create_services(service())

    def green(*, leaving: bool) -> dict[str, bool]:
        """Each green pod that is, or is not, on its way out, with its readiness."""
        pods = [pod for pod in get("pods") if pod["metadata"]["labels"]["colour"] == "green"]
        return {pod["metadata"]["name"]: is_ready(pod) for pod in pods if ("deletionTimestamp" in pod["metadata"]) is leaving}

    name = min(green(leaving=False))
    kubectl("delete", "pod", name, "--wait=false")
    eventually(lambda: list(green(leaving=False).values()) == [True, True], "another pod is ready in its place")
    assert list(green(leaving=True)) == [name]
    assert "fewer than min_endpoints: 3" in switch(min_endpoints=3, fails=True)["msg"]
    assert switch(min_endpoints=2)["rollouts"][0]["traffic"][0]["pods"] == 2
    assert leads_to() == {"web-green"}


def test_what_a_gitops_tool_looks_after_is_changed_only_on_request(switch, colours, create_services, leads_to, audit):
    colours()
    looked_after = service()
    looked_after["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:/Service:shop/web"}
    create_services(looked_after)
    audit.mark()
    assert "belongs to Argo CD (application shop)" in switch(fails=True)["msg"]
    assert audit.writes() == []
    assert switch(take_ownership=True)["changed"]
    assert leads_to() == {"web-green"}


# --- when it goes wrong -------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_what_cannot_be_proven_is_switched_back(switch, colours, create_services, kubectl, get, leads_to):
    """Somebody has put an address by hand behind the Service, so that not only new pods get its traffic."""
    colours()
    create_services(service())
    stranger = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "by-hand", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [],
        "endpoints": [{"addresses": ["192.0.2.7"], "conditions": {"ready": True}}],
    }
    create(kubectl, stranger)
    result = switch(fails=True, wait_timeout=3)
    assert "still lead to an address by hand (wait_timeout of 3 s is over)" in result["msg"]
    assert get("service", "web")["spec"]["selector"] == selector("blue")
    # The address is still there: going back cannot be proven either.
    assert "Switched back: web. That is not proven yet: Service" in result["msg"]
    assert result["rollouts"][0]["phase"] == "degraded"
    steps = {step["name"]: step["state"] for step in result["rollouts"][0]["steps"]}
    assert steps == {"check": "done", "switch": "done", "verify": "failed", "switch_back": "failed"}
    kubectl("delete", "endpointslice", "by-hand")
    assert switch()["changed"], "nothing is in the way of the next attempt"
    assert leads_to() == {"web-green"}


@pytest.mark.server
def test_a_failure_at_one_turns_the_others_back(switch, faults, colours, create_services, get, leads_to):
    colours()
    create_services(service("a"), service("b"), service("c"))
    refusal = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": 'services "b" is forbidden: no', "details": {}}
    faults.add(matches=lambda request: to_services(request) and request.path.endswith("/b"), status=403, body=refusal)
    result = switch(services=[{"name": "a"}, {"name": "b"}, {"name": "c"}], fails=True, **proxied(faults))
    assert "Switched back: a." in result["msg"]
    assert {get("service", name)["spec"]["selector"]["colour"] for name in "abc"} == {"blue"}
    assert {entry["phase"] for entry in result["rollouts"]} == {"aborted"}
    steps = {step["name"]: step["state"] for step in result["rollouts"][0]["steps"]}
    assert steps == {"check": "done", "switch": "failed", "verify": "pending", "switch_back": "done"}
    assert lease_of(get, "a") == {"holder": "", "intent": ""}
    assert leads_to("a") == {"web-blue"}


@pytest.mark.server
def test_an_edit_in_between_is_refused_with_who_made_it(switch, faults, colours, create_services, kubectl, get):
    colours()
    create_services(service())
    patch = json.dumps({"spec": {"selector": {"tier": "front"}}})
    edit = ["patch", "service", "web", f"--patch={patch}", "--field-manager=alice"]
    before(faults, to_services, lambda: kubectl(*edit))
    result = switch(fails=True, **proxied(faults))
    assert "spec.selector of Service" in result["msg"]
    assert "was changed meanwhile by alice" in result["msg"]
    assert get("service", "web")["spec"]["selector"] == {**selector("blue"), "tier": "front"}


@pytest.mark.server
def test_a_harmless_edit_in_between_does_no_harm(switch, faults, colours, create_services, kubectl, get, leads_to):
    colours()
    create_services(service())
    before(faults, to_services, lambda: kubectl("annotate", "service", "web", "note=hello"))
    assert switch(**proxied(faults))["changed"]
    assert get("service", "web")["metadata"]["annotations"]["note"] == "hello"
    assert leads_to() == {"web-green"}


# --- one at a time, and killed at any instant ---------------------------------------------------------------------------------------


def held(by: str, seconds: int = 3) -> dict[str, Any]:
    """A Lease that somebody holds, and renews before these seconds are over."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": by, "acquireTime": now, "renewTime": now, "leaseDurationSeconds": seconds}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "rollout-web"}, "spec": spec}


@pytest.mark.server
def test_a_holder_that_lives_is_left_alone(switch, faults, colours, create_services, kubectl, get):
    colours()
    create_services(service())
    create(kubectl, held("bob@laptop", seconds=300))

    def renew() -> None:
        renewal = {"spec": {"renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}}
        kubectl("patch", "lease", "rollout-web", "--type=merge", f"--patch={json.dumps(renewal)}")

    # As soon as the Lease is watched, its holder shows life.
    before(faults, lambda request: request.is_watch and request.path.endswith("/leases"), renew)
    result = switch(fails=True, **proxied(faults))
    assert "web is being changed by bob@laptop since" in result["msg"]
    assert get("service", "web")["spec"]["selector"] == selector("blue")


def test_a_holder_that_died_is_followed(switch, colours, create_services, kubectl, get, leads_to):
    colours()
    create_services(service())
    create(kubectl, held("bob@laptop"))
    began = time.monotonic()
    assert switch()["changed"]
    assert time.monotonic() - began >= 3, "not before it had the time to show life"
    assert leads_to() == {"web-green"}
    assert lease_of(get) == {"holder": "", "intent": ""}


WRITES = 5
"""Take the Lease, store the intent, switch two Services, clear the intent and release the Lease."""


@pytest.mark.server
def test_killed_after_a_write_the_next_run_ends_as_an_undisturbed_one(cluster, namespace, colours, create_services, get, leads_to, audit):
    """The first, a middle and the last write here; each of them in tests/unit/memory/test_killed.py."""
    colours()
    numbers = (1, 3, WRITES)
    create_services(*(service(f"{side}-{number}") for number in (0, *numbers) for side in ("a", "b")))

    def options(number: int) -> dict[str, Any]:
        services = [{"name": f"{side}-{number}"} for side in ("a", "b")]
        return {"namespace": namespace, "services": services, "selector": selector("green"), "wait_timeout": 300}

    audit.mark()
    assert call(cluster, "service_switch", **options(0))["changed"]
    assert len(audit.writes(leases=True)) >= WRITES, "the task has as many writes as are tried"
    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(lambda number: kill_after(cluster, number, "service_switch", options(number), leases=True), numbers))
        expire_locks(cluster, namespace)
        runs = list(pool.map(lambda number: call(cluster, "service_switch", **options(number)), numbers))
    for number, again in zip(numbers, runs, strict=True):
        assert not again.get("failed"), f"killed after write {number}: {again['msg']}"
        assert again["changed"] == (number < 4), "changed tells whether this run switched something"
        assert leads_to(f"a-{number}") == leads_to(f"b-{number}") == {"web-green"}
        assert lease_of(get, f"a-{number}") == {"holder": "", "intent": ""}


@pytest.mark.server
def test_half_a_switch_is_turned_back_when_the_new_pods_are_gone(cluster, namespace, switch, colours, create_services, kubectl, get):
    colours()
    create_services(service("a"), service("b"))
    both = [{"name": "a"}, {"name": "b"}]
    kill_after(cluster, 3, "service_switch", {"namespace": namespace, "services": both, "selector": selector("green")}, leases=True)
    assert [get("service", name)["spec"]["selector"]["colour"] for name in "ab"] == ["green", "blue"]
    kubectl("scale", "deployment/web-green", "--replicas=0")
    eventually(lambda: all(pod["metadata"]["labels"]["colour"] == "blue" for pod in get("pods")), "green is gone")
    alone = switch(name="b", application="a", fails=True)
    assert "was interrupted after a; run it again with just these services" in alone["msg"]
    result = switch(services=both, fails=True)
    assert "an earlier run was interrupted" in result["msg"]
    assert "Switched back: a." in result["msg"]
    assert [get("service", name)["spec"]["selector"]["colour"] for name in "ab"] == ["blue", "blue"]
    assert lease_of(get, "a")["intent"] == ""
