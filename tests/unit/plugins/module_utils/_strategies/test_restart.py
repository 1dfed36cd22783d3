# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restart: once per key, without a gap, and one by one where the controller replaces no pod by itself."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    at,
    mapping,
    replaced,
    text,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Cause, Restart, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Edit, Replacement, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.records import RESTART, RestartRecord
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Pod, Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import steps_of, warning_of
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.samples import NEW, UID, pod, replica_set, snapshot, template, with_metadata, workload

NOW, EARLIER = "2026-11-21T10:00:00.000001Z", "2026-11-20T10:00:00.000001Z"
CAUSE, MARK = "kubernetes.io/change-cause", "kubectl.kubernetes.io/restartedAt"
SURGING: JsonObject = {"maxSurge": 1, "maxUnavailable": 0}
GAP: JsonObject = {"maxSurge": 1, "maxUnavailable": 1}
NO_SURGE: JsonObject = {"maxSurge": 0, "maxUnavailable": 1}


def target(kind: str = "Deployment") -> Target:
    return Target(WORKLOADS[kind], Ref(kind, "shop", "web"))


def steps(obj: JsonObject, operation: Restart | None = None) -> tuple[Step, ...]:
    return steps_of(operation or Restart(NOW), target(text(obj, "kind")), snapshot(obj))


def edited(step: Step, obj: JsonObject) -> JsonObject:
    assert isinstance(step.write, Edit)
    assert step.write.single
    return step.write.edit(obj)


def deployment(
    replicas: int = 3,
    limits: JsonObject | None = None,
    strategy: str = "RollingUpdate",
    record: RestartRecord | None = None,
    **spec: JsonValue,
) -> dict[str, JsonValue]:
    chosen: dict[str, JsonValue] = {"type": strategy, **({"rollingUpdate": limits} if limits is not None else {})}
    obj = workload(spec={"replicas": replicas, "strategy": chosen, **spec}, annotations={CAUSE: "release 2.0 [by alice]"})
    return dict((record or RestartRecord()).into(obj))


APART: JsonObject = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}]}}


def beside(limits: JsonObject, **spec: JsonValue) -> dict[str, JsonValue]:
    """A Deployment of one replica with this in its pods' spec."""
    return deployment(1, limits, template={**template(NEW), "spec": {**mapping(template(NEW), "spec"), **spec}})


# --- what is written ----------------------------------------------------------------------------------------------------------


def test_a_restart_sets_kubectls_annotation_a_record_and_a_true_cause() -> None:
    obj = deployment()
    (step,) = steps(obj, Restart(NOW, key="CHG:1", cause=Cause(by="bob")))
    after = edited(step, obj)
    assert at(after, "spec", "template", "metadata", "annotations") == {MARK: NOW}
    assert text(after, "metadata", "annotations", CAUSE) == "restart for CHG 1: release 2.0 [by bob]"
    assert json.loads(text(after, "metadata", "annotations", RESTART)) == {"key": "CHG:1", "at": NOW}
    assert (step.name, step.intent, step.news) == ("restart", "restarted", "was restarted for the key CHG:1")
    assert at(after, "spec", "strategy") == at(obj, "spec", "strategy")


def test_the_template_keeps_its_other_annotations_and_the_caller_may_say_why() -> None:
    obj = deployment(template={**template(NEW), "metadata": {"annotations": {"a": "b", MARK: EARLIER}}})
    (step,) = steps(obj, Restart(NOW, cause=Cause("new certificate")))
    after = edited(step, obj)
    assert at(after, "spec", "template", "metadata", "annotations") == {"a": "b", MARK: NOW}
    assert text(after, "metadata", "annotations", CAUSE) == "new certificate"
    assert step.news == "was restarted"


@given(
    key=st.text(min_size=1, max_size=9),
    replicas=st.integers(0, 2),
    limits=st.sampled_from([None, GAP, SURGING, {"maxUnavailable": "100%"}]),
)
def test_with_the_same_key_there_is_no_second_restart(key: str, replicas: int, limits: JsonObject | None) -> None:
    obj: JsonObject = deployment(replicas, limits)
    for step in steps(obj, Restart(EARLIER, key=key)):
        obj = edited(step, obj)
    assert mapping(obj, "spec", "strategy", "rollingUpdate") == (limits or {})
    again = steps(obj, Restart(NOW, key=key))
    assert [edited(step, obj) for step in again] == [obj]
    assert again[0].unchanged == f"it was restarted for the key {key} already"
    other = steps(obj, Restart(NOW, key=f"{key}!"))
    assert text(edited(other[0], obj), "spec", "template", "metadata", "annotations", MARK) == NOW


def test_without_a_key_each_run_restarts() -> None:
    obj = deployment(record=RestartRecord("", EARLIER))
    (step,) = steps(obj)
    assert edited(step, obj) != obj


def test_a_second_restart_keeps_the_cause_of_the_first() -> None:
    (first,) = steps(deployment())
    restarted = edited(first, deployment())
    (second,) = steps(restarted)
    assert at(edited(second, restarted), "metadata", "annotations", CAUSE) == at(restarted, "metadata", "annotations", CAUSE)
    assert isinstance(second.write, Edit)
    assert second.write.tells_cause, "the writer would take an equal cause for one that nobody has set"


def test_nothing_is_restarted_where_there_is_nothing() -> None:
    assert steps_of(Restart(NOW), target(), Snapshot(None)) == ()
    assert warning_of(Restart(NOW), target(), Snapshot(None)) == ""


@pytest.mark.parametrize("record", [None, RestartRecord("monday", EARLIER)], ids=["first", "again, in the middle"])
def test_a_paused_deployment_is_refused(record: RestartRecord | None) -> None:
    with pytest.raises(RefusedError, match="is paused, so a restart would replace no pod; resume it first"):
        steps(deployment(paused=True, record=record), Restart(NOW, key="monday"))


def test_a_paused_deployment_that_was_restarted_and_is_complete_needs_nothing() -> None:
    status: dict[str, JsonValue] = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
    obj = {**deployment(paused=True, record=RestartRecord("monday", EARLIER)), "status": status}
    (step,) = steps_of(Restart(NOW, key="monday"), target(), snapshot(obj, [replica_set(1, NEW)]))
    assert edited(step, obj) == obj


# --- one replica --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("obj", "surges"),
    [
        pytest.param(deployment(1, GAP), True, id="its only pod would go first"),
        pytest.param(deployment(1, {"maxSurge": "10%", "maxUnavailable": "100%"}), True, id="it may go at once"),
        pytest.param(deployment(1, NO_SURGE), False, id="its owner wants no second one"),
        pytest.param(deployment(1, {"maxSurge": "0%", "maxUnavailable": "10%"}), False, id="rounds to nothing: one is taken all the same"),
        pytest.param(beside(GAP, containers=[{"name": "app", "ports": [{"hostPort": 80}]}]), False, id="a second finds the port taken"),
        pytest.param(beside(GAP, hostNetwork=True, containers=[{"ports": [{}]}]), False, id="a second finds the node's port taken"),
        pytest.param(beside(GAP, volumes=[{"persistentVolumeClaim": {}}]), False, id="a second may find the volume taken"),
        pytest.param(beside(GAP, volumes=[{"emptyDir": {}}]), True, id="a volume of its own"),
        pytest.param(beside(GAP, affinity=APART), False, id="a second may find no node"),
        pytest.param(deployment(1, {"maxSurge": "25%", "maxUnavailable": "25%"}), False, id="defaults have no gap"),
        pytest.param(deployment(1, SURGING), False, id="no gap"),
        pytest.param(deployment(1), False, id="no limits said"),
        pytest.param(deployment(2, GAP), False, id="two replicas"),
        pytest.param(deployment(0, GAP), False, id="no replica"),
        pytest.param(deployment(1, strategy="Recreate"), False, id="Recreate has no limits"),
        pytest.param(workload("StatefulSet", spec={"replicas": 1}), False, id="another kind"),
    ],
)
def test_a_single_replica_is_made_twice_for_the_time_of_the_restart(obj: JsonObject, surges: bool) -> None:
    limits = mapping(obj, "spec", "strategy", "rollingUpdate")
    first, *further = steps(obj)
    during = edited(first, obj)
    assert mapping(during, "spec", "strategy", "rollingUpdate") == (SURGING if surges else limits)
    assert [step.name for step in further] == (["limits"] if surges else [])
    for step in further:
        after = edited(step, during)
        assert mapping(after, "spec", "strategy", "rollingUpdate") == limits
        assert RestartRecord.of({RESTART: text(after, "metadata", "annotations", RESTART)}) == RestartRecord("", NOW)
        assert edited(step, after) == after


def test_limits_that_somebody_has_set_meanwhile_stay() -> None:
    obj = deployment(1, GAP)
    first, back = steps(obj)
    during = replaced(edited(first, obj), ("spec", "strategy", "rollingUpdate"), {"maxSurge": 2, "maxUnavailable": 0})
    after = edited(back, during)
    assert at(after, "spec", "strategy", "rollingUpdate") == {"maxSurge": 2, "maxUnavailable": 0}
    assert "limits" not in text(after, "metadata", "annotations", RESTART)


@pytest.mark.parametrize("key", ["monday", "tuesday"])
def test_a_restart_that_broke_off_still_gives_the_limits_back(key: str) -> None:
    obj = deployment(1, SURGING, record=RestartRecord("monday", EARLIER, GAP))
    first, back = steps(obj, Restart(NOW, key=key))
    after = edited(back, edited(first, obj))
    assert at(after, "spec", "strategy", "rollingUpdate") == GAP
    assert RestartRecord.of({RESTART: text(after, "metadata", "annotations", RESTART)}).limits == {}


@pytest.mark.parametrize("replicas", [1, 3])
def test_limits_remembered_by_a_record_from_the_dead_are_not_believed(replicas: int) -> None:
    own: JsonObject = {"maxSurge": 2, "maxUnavailable": 0}
    obj = deployment(replicas, own, record=RestartRecord("monday", EARLIER, GAP))
    after: JsonObject = obj
    for step in steps(obj, Restart(NOW, key="tuesday")):
        after = edited(step, after)
        assert at(after, "spec", "strategy", "rollingUpdate") == own


def test_a_restart_that_is_not_waited_for_leaves_the_limits_and_warns() -> None:
    obj, operation = deployment(1, GAP), Restart(NOW, waited_for=False)
    (step,) = steps(obj, operation)
    assert at(edited(step, obj), "spec", "strategy", "rollingUpdate") == GAP
    assert warning_of(operation, target(), snapshot(obj)) == (
        "The limits of Deployment shop/web let its only pod go before the new one is ready; with wait: true the restart has no gap."
    )


@pytest.mark.parametrize(
    ("obj", "operation", "warned"),
    [
        pytest.param(deployment(1, strategy="Recreate"), Restart(NOW), True, id="Recreate"),
        pytest.param(deployment(2, strategy="Recreate"), Restart(NOW), False, id="two replicas"),
        pytest.param(deployment(1, GAP), Restart(NOW), False, id="waited for: no gap"),
        pytest.param(deployment(1, SURGING), Restart(NOW, waited_for=False), False, id="no gap in its limits"),
        pytest.param(deployment(1, NO_SURGE), Restart(NOW), True, id="no second pod is wanted"),
        pytest.param(deployment(1, NO_SURGE), Restart(NOW, waited_for=False), True, id="nor without waiting"),
        pytest.param(
            deployment(1, strategy="Recreate", record=RestartRecord("k", EARLIER)), Restart(NOW, key="k"), False, id="nothing will be done"
        ),
        pytest.param(deployment(1, strategy="Recreate", record=RestartRecord("k", EARLIER)), Restart(NOW, key="l"), True, id="another key"),
        pytest.param(workload("StatefulSet", spec={"replicas": 1}), Restart(NOW), False, id="another kind"),
    ],
)
def test_a_gap_is_announced(obj: JsonObject, operation: Restart, warned: bool) -> None:
    assert bool(warning_of(operation, target(text(obj, "kind")), snapshot(obj))) is warned


# --- OnDelete -----------------------------------------------------------------------------------------------------------------

LETTERS = {"o": (EARLIER, True, False), "O": (EARLIER, False, False), "n": (NOW, True, False), "N": (NOW, False, False)} | {
    "t": (EARLIER, False, True)
}
"""Pods by letters: o not restarted, n restarted, capitals not ready, t terminating, a point for none."""


def on_delete(
    letters: str,
    kind: str = "StatefulSet",
    *,
    mark: str = NOW,
    strategy: str = "OnDelete",
    observed: int = 2,
    available: int | None = None,
) -> Snapshot:
    count = sum(letter in "on" for letter in letters) if available is None else available
    status: dict[str, JsonValue] = {"observedGeneration": observed, "availableReplicas": count, "numberAvailable": count}
    status |= {"desiredNumberScheduled": len(letters), "readyReplicas": count, "updatedReplicas": count, "updatedNumberScheduled": count}
    spec: dict[str, JsonValue] = {"replicas": len(letters), "updateStrategy": {"type": strategy}}
    spec["template"] = {**template(NEW), "metadata": {"annotations": {MARK: mark}}}
    pods = [
        pod(f"web-{index}", "web-h2", by=UID, restarted=LETTERS[letter][0], ready=LETTERS[letter][1], terminating=LETTERS[letter][2])
        for index, letter in enumerate(letters)
        if letter != "."
    ]
    return snapshot(workload(kind, spec=spec, status=status), (), pods)


def step_of(kind: str = "StatefulSet") -> Step:
    (step,) = steps(workload(kind, spec={"updateStrategy": {"type": "OnDelete"}}))
    return step


def replacement() -> Replacement:
    found = step_of().replacement
    assert found is not None
    return found


def names(pods: tuple[Pod, ...]) -> list[str]:
    return [entry.ref.name for entry in pods]


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        pytest.param(on_delete("ooo"), ["web-2", "web-1", "web-0"], id="from the highest down"),
        pytest.param(on_delete("Ooo"), ["web-0", "web-2", "web-1"], id="first what is not ready anyway"),
        pytest.param(on_delete("OoO"), ["web-0", "web-2", "web-1"], id="of those the lowest, as a pod is made when those below are ready"),
        pytest.param(on_delete("ontN"), ["web-0"], id="neither restarted ones nor what goes already"),
        pytest.param(on_delete("nnn"), [], id="none is left"),
        pytest.param(on_delete("ooo", mark=EARLIER), [], id="another restart or an undo has come since"),
        pytest.param(on_delete("ooo", strategy="RollingUpdate"), [], id="the controller does it"),
        pytest.param(on_delete("ooo", observed=1), [], id="the controller has not seen it yet"),
        pytest.param(Snapshot(None), [], id="nothing is there"),
    ],
)
def test_which_pods_are_deleted(seen: Snapshot, due: list[str]) -> None:
    assert names(replacement().due(seen)) == due


@pytest.mark.parametrize(
    ("seen", "free"),
    [
        pytest.param(on_delete("ooo"), True, id="all are ready"),
        pytest.param(on_delete("onn"), True, id="the one before is ready"),
        pytest.param(on_delete("onN"), False, id="the one before is not ready yet"),
        pytest.param(on_delete("ont"), False, id="it is on its way out"),
        pytest.param(on_delete("on."), False, id="it is not made anew yet"),
        pytest.param(on_delete("onn", available=2), False, id="it is ready, not available yet"),
        pytest.param(on_delete("oOn"), True, id="what is not ready goes whatever the numbers are"),
        pytest.param(on_delete("O.."), True, id="what keeps the others from being made goes"),
        pytest.param(on_delete("n.O"), False, id="a gap below it is made up for first"),
        pytest.param(on_delete("ON."), False, id="but not while another one is being made"),
        pytest.param(on_delete("O.o", "DaemonSet"), False, id="a DaemonSet makes each by itself"),
        pytest.param(on_delete("Ooo", "DaemonSet"), True, id="of a DaemonSet as well"),
        pytest.param(Snapshot(None), False, id="nothing is there"),
    ],
)
def test_when_the_next_one_may_be_deleted(seen: Snapshot, free: bool) -> None:
    assert replacement().free(seen) is free


@given(st.text("oOnNt.", max_size=6), st.integers(0, 6), st.sampled_from(["StatefulSet", "DaemonSet"]))
def test_none_is_deleted_while_another_terminates_and_no_ready_one_while_others_are_not(letters: str, available: int, kind: str) -> None:
    seen, rule = on_delete(letters, kind, available=available), replacement()
    due, free = rule.due(seen), rule.free(seen)
    assert all(entry.restarted_at != NOW and not entry.terminating for entry in due)
    if free:
        assert not set(letters) & {"t", "N"}
        assert not due or not due[0].ready or (all(entry.ready for entry in seen.pods) and available >= len(letters) == len(seen.pods))


@given(st.text("oO.", min_size=1, max_size=5).filter(lambda letters: letters.strip(".")), st.booleans())
def test_a_restart_always_comes_to_an_end(letters: str, ordered: bool) -> None:
    """A controller that makes missing pods in their order, each when those below are ready (or all at once); new pods become ready."""
    rule, step = replacement(), step_of()
    for _turn in range(4 * len(letters)):
        seen = on_delete(letters)
        if step.done(seen):
            break
        due = rule.due(seen)
        if due and rule.free(seen):
            letters = letters[: due[0].ordinal] + "." + letters[due[0].ordinal + 1 :]
        blocked = letters.find("O") if ordered and "O" in letters else len(letters)
        letters = letters[:blocked].replace(".", "n") + letters[blocked:]
    assert set(letters) == {"n"}


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        pytest.param(on_delete("nnn"), True, id="all are restarted"),
        pytest.param(on_delete("nnn", available=2), False, id="one is not available yet"),
        pytest.param(on_delete("onn"), False, id="one is left"),
        pytest.param(on_delete("nn."), False, id="one is not made anew yet"),
        pytest.param(on_delete("nnn", observed=1), False, id="not observed"),
        pytest.param(on_delete("ooo", mark=EARLIER), True, id="another restart or template has come since"),
        pytest.param(Snapshot(None), False, id="nothing is there"),
    ],
)
def test_when_a_restart_one_by_one_is_done(seen: Snapshot, done: bool) -> None:
    assert step_of().done(seen) is done


def test_elsewhere_a_restart_is_done_when_the_rollout_is_complete() -> None:
    obj = deployment(1)
    (step,) = steps(obj)
    status: dict[str, JsonValue] = {
        "observedGeneration": 2,
        "replicas": 1,
        "updatedReplicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
    }
    complete = {**edited(step, obj), "status": status}
    assert step.done(snapshot(complete))
    assert not step.done(snapshot(with_metadata(complete, generation=3)))
