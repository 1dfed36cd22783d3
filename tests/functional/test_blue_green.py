# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green: from a plain Deployment and Service through many versions, and back to plain."""

from __future__ import annotations

import pytest

from .sides import COLOUR, SLOW, coloured, pods, service, state, steps
from .witness import Witness, judge
from .workloads import images

pytestmark = pytest.mark.memory


@pytest.mark.server
def test_from_a_plain_deployment_through_versions_and_back_nothing_is_ever_missing(cluster, namespace, plain, run, get):
    plain(replicas=3, simulate=SLOW)
    first = pods(get)
    with Witness(cluster, namespace) as witness:
        run(image="registry.example/web:2", stop_before="hold")
        assert first.items() <= pods(get).items(), "adoption restarts nothing"
        run("promote")
        assert state(get) == {"web": 0, "web-green": 3, "paused": [], "service web": {"app": "web", COLOUR: "green"}}
        run(image="registry.example/web:3", keep_old=True)
        assert state(get) == {"web": 3, "web-green": 3, "paused": [], "service web": {"app": "web", COLOUR: "blue"}}
        back = run("undo")
        assert steps(back)["prepare"] == steps(back)["scale_up"] == "unchanged", "going back is one switch"
        assert state(get)["service web"] == {"app": "web", COLOUR: "green"}
        run(image="registry.example/web:4")
        run("undo", revision=1)
        run(leave=True)
    assert state(get) == {"web": 3, "paused": [], "service web": {"app": "web"}}
    assert images(get) == ["registry.example/web:1"]
    moments = judge(witness, "web", least=3)
    served = [sorted({now.image(pod) for pod in now.routed("web") if pod in now.pods}) for now in moments]
    changes = [one for index, one in enumerate(served) if len(one) == 1 and one not in served[index - 1 : index]]
    order = [one[0].rpartition(":")[2] for one in changes]
    assert [tag for index, tag in enumerate(order) if order[index - 1 : index] != [tag]] == ["1", "2", "3", "2", "4", "1"]


@pytest.mark.server
def test_the_witness_sees_a_switch_by_hand_to_nothing(cluster, namespace, plain, kubectl):
    plain(replicas=1)
    with Witness(cluster, namespace) as witness:
        kubectl("patch", "service", "web", "--type=merge", '--patch={"spec": {"selector": {"pod-template-hash": "none"}}}')
    with pytest.raises(AssertionError, match="selects 0 ready pods"):
        judge(witness, "web", least=1)


# --- stopping, going on, giving up --------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_it_stops_before_each_step_and_goes_on_from_there(cluster, namespace, plain, run, get, kubectl, audit):
    plain(service("preview", selector={"app": "nothing-yet"}), replicas=3, simulate=SLOW)
    options = {"image": "registry.example/web:2", "preview_service": "preview", "preview_replicas": 1}
    expected = {
        "preview": {"web": 3, "web-green": 1},
        "scale_up": {"web": 3, "web-green": 1},
        "switch": {"web": 3, "web-green": 3},
        "verify": {"web": 3, "web-green": 3},
        "hold": {"web": 3, "web-green": 3},
        "scale_down": {"web": 3, "web-green": 3},
    }
    with Witness(cluster, namespace) as witness:
        for name, replicas in expected.items():
            stopped = run(**options, stop_before=name)
            assert stopped["changed"] is (name not in ("verify", "scale_down")) or name == "verify"
            assert stopped["rollouts"][0]["phase"] == "paused"
            assert next(step for step, its in steps(stopped).items() if its == "pending") == name
            found = state(get)
            assert {key: found[key] for key in replicas} == replicas
            live = "green" if name in ("verify", "hold", "scale_down") else ""
            assert found["service web"].get(COLOUR, "") == live
            assert found["paused"] == ["web"], "its template must not change while a Service names its hash, or may have to again"
            preview = found["service preview"]
            assert (preview == coloured("green")) is (name != "preview"), preview
            audit.mark()
            assert not run(**options, stop_before=name)["changed"]
            assert audit.writes() == []
        assert run("promote", on_failure="hold")["rollouts"][0]["phase"] == "complete"
    assert state(get)["web"] == 0
    assert not run("promote")["changed"]
    assert not run(**options)["changed"]
    moments = judge(witness, "web", least=3)
    for now in moments:
        unready = [pod for pod, ready in now.selected("preview").items() if not ready and now.image(pod).endswith(":2")]
        asked = now.services["preview"]["spec"]["selector"]
        assert not unready or asked != coloured("green") or len(now.selected("preview")) > 1, "the preview never begins with an unready pod"


def test_later_tasks_know_the_preview_and_what_is_to_be_kept(plain, run, get, kubectl):
    plain(service("preview", app="web"), replicas=1)
    new = {"image": "registry.example/web:2", "preview_service": "preview"}
    run(**new, stop_before="switch")
    run(**new, keep_old=True)
    run("undo")
    kept = state(get)
    assert (kept["web"], kept["web-green"], kept["paused"]) == (1, 1, ["web"]), "the other side is kept by an undo as well"
    run(image="registry.example/web:3")
    expected = {"web": 0, "web-green": 1, "paused": [], "service web": coloured("green"), "service preview": coloured("green")}
    assert state(get) == expected, "the preview that was named before is pointed along, and keeps nothing"
    kubectl("delete", "service", "preview")
    run(image="registry.example/web:4")
    assert state(get) == {"web": 1, "web-green": 0, "paused": [], "service web": coloured("blue")}


@pytest.mark.server
@pytest.mark.parametrize("before", ["preview", "switch", "hold", "scale_down"])
def test_giving_up_at_any_step_brings_everything_back(cluster, namespace, plain, run, get, before):
    plain(replicas=2, simulate=SLOW)
    first = pods(get)
    with Witness(cluster, namespace) as witness:
        run(image="registry.example/web:2", stop_before=before)
        given_up = run("abort")
    assert given_up["changed"]
    assert given_up["rollouts"][0]["phase"] == "aborted"
    assert state(get) == {"web": 2, "paused": [], "service web": {"app": "web"}}
    assert pods(get) == first, "what served was not touched"
    judge(witness, "web", least=2)
    again = run("abort")
    assert not again["changed"]
    assert "no blue/green rollout is on its way" in again["msg"]
    assert run(image="registry.example/web:2")["rollouts"][0]["phase"] == "complete", "nothing is in the way of the next one"


def test_another_version_on_the_way_is_refused_or_superseded(plain, run, get):
    plain(replicas=2)
    run(image="registry.example/web:2", stop_before="switch", change_cause="release 2")
    refused = run(image="registry.example/web:3", fails=True)
    assert "web has another rollout on its way (release 2); promote or abort it first, or set supersede: true" in refused["msg"]
    assert not refused["changed"]
    assert "has a rollout on its way (release 2); promote or abort it first" in run("undo", fails=True)["msg"]
    run(image="registry.example/web:3", supersede=True)
    assert state(get) == {"web": 0, "web-green": 2, "paused": [], "service web": coloured("green")}
    assert images(get, name="web-green") == ["registry.example/web:3"]
    run(image="registry.example/web:4", stop_before="hold")
    moved = run(image="registry.example/web:5", supersede=True, fails=True)
    assert "whose traffic has moved already" in moved["msg"]


# --- failures ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize("tag", ["missing", "unready", "crash"])
def test_a_broken_candidate_never_gets_a_request(cluster, namespace, plain, run, get, tag):
    plain(replicas=2)
    run(image="registry.example/web:2")
    before = {name: get(kind, name) for kind, name in (("service", "web"), ("deployment", "web-green"))}
    wait_timeout = 10 if tag == "unready" else 300
    with Witness(cluster, namespace) as witness:
        broken = run(image=f"registry.example/web:{tag}", fails=True, wait_timeout=wait_timeout)
        # The other colour goes away and comes back the same way each time.
        again = run(image=f"registry.example/web:{tag}", fails=True, on_failure="hold", wait_timeout=wait_timeout)
        assert state(get)["web"] == 2, "held, to be looked at"
        assert run("abort")["rollouts"][0]["phase"] == "aborted"
    assert broken["rollouts"][0]["phase"] == "aborted"
    assert again["rollouts"][0]["phase"] == "degraded"
    reasons = {"missing": "web:missing not found", "unready": "wait_timeout of 10 s is over", "crash": "CrashLoopBackOff"}
    assert reasons[tag] in broken["msg"]
    assert "Went back: Service web leads to web-green" in broken["msg"]
    assert state(get) == {"web": 0, "web-green": 2, "paused": [], "service web": coloured("green")}
    for name, kind in (("web", "service"), ("web-green", "deployment")):
        assert get(kind, name)["metadata"]["resourceVersion"] == before[name]["metadata"]["resourceVersion"], "what serves is untouched"
    moments = judge(witness, "web", least=2)
    assert {now.image(pod) for now in moments for pod in now.routed("web") if pod in now.pods} == {"registry.example/web:2"}


@pytest.mark.server
def test_what_fails_after_the_switch_goes_back_by_itself(cluster, namespace, plain, run, get):
    plain(replicas=2)
    run(image="registry.example/web:2")
    with Witness(cluster, namespace) as witness:
        failed = run(image="registry.example/web:crash-later", scale_down_delay=60, fails=True, env={"CRASH": "later"})
    assert steps(failed)["switch"] == "done"
    assert steps(failed)["hold"] == "failed"
    assert steps(failed)["switch_back"] == "done"
    assert state(get) == {"web": 0, "web-green": 2, "paused": [], "service web": coloured("green")}
    assert [entry["change_cause"] for entry in run("history_info")["rollouts"][0]["revisions"]][-1] == "image web=registry.example/web:2"
    assert all(now.selected("web") for now in witness.moments() if "web" in now.services), "it never selects nothing"
