# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OnDelete: what is written, which pods go together, and when they have come back."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping, text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Limits, ShortChange, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.groups import Group
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply, Edit, Replacement, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.records import STRATEGY, StrategyRecord
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import on_delete

from tests.unit.plugins.module_utils._domain.samples import (
    NEW,
    OLD,
    UID,
    controller_revision,
    pod,
    snapshot,
    template,
    with_metadata,
    workload,
)

ROLLING: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
ON_DELETE: JsonObject = {"type": "OnDelete"}
BROKEN: JsonObject = {
    "name": "app",
    "image": OLD,
    "state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x": ErrImagePull: not found'}},
}


def target(kind: str = "StatefulSet", strategy: JsonObject | None = None, *, short: bool = False) -> Target:
    ref = Ref(kind, "shop", "web")
    if short:
        return Target(WORKLOADS[kind], ref, change=ShortChange(image=NEW))
    spec: dict[str, JsonValue] = {"template": template(NEW), **({"updateStrategy": strategy} if strategy else {})}
    return Target(WORKLOADS[kind], ref, manifest={"kind": kind, "metadata": {"namespace": "shop", "name": "web"}, "spec": spec})


def live(kind: str = "StatefulSet", strategy: JsonObject | None = None, image: str = NEW, **status: JsonValue) -> JsonObject:
    spec: dict[str, JsonValue] = {"replicas": 3, "updateStrategy": strategy or ON_DELETE}
    counts: dict[str, JsonValue] = {"replicas": 3, "availableReplicas": 3, "updatedReplicas": 3}
    if kind == "DaemonSet":
        counts = {"desiredNumberScheduled": 3, "currentNumberScheduled": 3, "numberAvailable": 3, "updatedNumberScheduled": 3}
    else:
        counts |= {"updateRevision": "web-h2", "currentRevision": "web-h1"}
    return workload(kind, image=image, spec=spec, status={**counts, **status})


def member(index: int, revision: int, *, ready: bool = True, terminating: bool = False, hopeless: bool = False) -> JsonObject:
    statuses = [BROKEN] if hopeless else []
    # A DaemonSet labels its pods with the hash alone; the name of the revision does as well for a StatefulSet's.
    return pod(f"web-{index}", f"web-h{revision}", by=UID, ready=ready, terminating=terminating, statuses=statuses, node=f"node-{index}")


def seen(obj: JsonObject, *pods: JsonObject) -> Snapshot:
    return snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW), controller_revision(3, "other")], pods)


def recorded(obj: JsonObject, strategy: JsonObject) -> JsonObject:
    return with_metadata(obj, annotations={STRATEGY: json.dumps(strategy)})


GROUPS = (Group(("web-2", "web-1")), Group(("web-0",)))


def all_steps(obj: JsonObject | None = None, chosen: Target | None = None, before: Snapshot | None = None) -> tuple[Step, ...]:
    its = chosen or target()
    first = on_delete.plain(its, Limits(), obj or live())
    return on_delete.steps(its, first, obj or live(), GROUPS, before or Snapshot(None))


# --- what is written ----------------------------------------------------------------------------------------------------------


def test_what_is_not_there_comes_as_its_manifest_has_it() -> None:
    write = on_delete.plain(target(strategy=ROLLING), Limits(min_ready_seconds=3), None)
    assert isinstance(write, Apply)
    assert at(write.manifest, "spec", "updateStrategy") == ROLLING
    assert at(write.manifest, "spec", "minReadySeconds") == 3


def test_what_has_on_delete_keeps_it_until_the_end() -> None:
    write = on_delete.plain(target(strategy=ROLLING), Limits(), live())
    assert isinstance(write, Apply)
    assert at(write.manifest, "spec", "updateStrategy") == ON_DELETE
    other = on_delete.plain(target(strategy=ROLLING), Limits(), live(strategy=ROLLING))
    assert isinstance(other, Apply)
    assert at(other.manifest, "spec", "updateStrategy") == ROLLING


def test_the_strategy_goes_together_with_the_template_and_is_remembered() -> None:
    for strategy, remembered in ((None, ROLLING), ({"type": "RollingUpdate"}, {"type": "RollingUpdate"})):
        write = on_delete.switching(target(strategy=strategy), Limits(), live(strategy=ROLLING))
        assert isinstance(write, Apply)
        assert at(write.manifest, "spec", "updateStrategy") == ON_DELETE
        assert json.loads(text(write.manifest, "metadata", "annotations", STRATEGY)) == remembered
    edit = on_delete.switching(target(short=True), Limits(min_ready_seconds=3), live(strategy=ROLLING))
    assert isinstance(edit, Edit)
    changed = edit.edit(live(strategy=ROLLING, image=OLD))
    assert (at(changed, "spec", "updateStrategy"), at(changed, "spec", "minReadySeconds")) == (ON_DELETE, 3)
    assert StrategyRecord.of({STRATEGY: text(changed, "metadata", "annotations", STRATEGY)}).strategy == ROLLING


def test_the_short_way_without_a_change_writes_nothing() -> None:
    its = Target(WORKLOADS["StatefulSet"], Ref("StatefulSet", "shop", "web"))
    for write in (on_delete.plain(its, Limits(), live()), on_delete.switching(its, Limits(), live())):
        assert isinstance(write, Edit)
        assert at(write.edit(live()), "spec", "template") == at(live(), "spec", "template")


@pytest.mark.parametrize(
    ("named", "after", "final"),
    [
        (None, live(), {}),
        (ROLLING, live(), ROLLING),
        ({"rollingUpdate": {"partition": 1}}, live(), ROLLING),
        (None, recorded(live(), ROLLING), ROLLING),
        (ON_DELETE, recorded(live(), ROLLING), {}),
        (None, recorded(live(), {"type": "OnDelete"}), {}),
    ],
    ids=["its own", "the definition's", "without a type", "the record's", "the definition wants it so", "a record of it"],
)
def test_what_the_strategy_is_afterwards(named: JsonObject | None, after: JsonObject, final: JsonObject) -> None:
    assert on_delete.afterwards(target(strategy=named), after) == final


def test_the_strategy_is_given_back_last_and_only_where_it_is_still_ours() -> None:
    steps = all_steps(recorded(live(), ROLLING), target(short=True))
    assert [step.name for step in steps] == ["template", "web-2 and web-1", "web-0", "strategy"]
    assert "is OnDelete until all its pods run the template" in steps[0].notes[0]
    back = steps[-1].write
    assert isinstance(back, Edit)
    assert back.single
    changed = back.edit(recorded(live(), ROLLING))
    assert at(changed, "spec", "updateStrategy") == ROLLING
    assert mapping(changed, "metadata", "annotations") == {}
    others: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    assert at(back.edit(live(strategy=others)), "spec", "updateStrategy") == others
    assert back.demand is not None
    with pytest.raises(RefusedError, match="another template"):
        back.demand(live(image="somebody's"))


def test_nothing_is_given_back_where_nothing_was_taken() -> None:
    steps = all_steps()
    assert [step.name for step in steps] == ["template", "web-2 and web-1", "web-0"]
    assert steps[0].intent == "rolled out in 2 steps: web-2 and web-1, then web-0"
    assert steps[0].notes == ()
    assert on_delete.steps(target(), steps[0].write or Apply({}), live(), (), Snapshot(None))[0].name == "template"


def test_steps_name_pods_and_where_they_are() -> None:
    found = seen(live("DaemonSet"), member(0, 1), member(1, 1))
    chosen = target("DaemonSet")
    first = on_delete.plain(chosen, Limits(), live("DaemonSet"))
    steps = on_delete.steps(chosen, first, live("DaemonSet"), (Group(("node-1",)), Group(("node-9",))), found)
    assert [(step.pods, step.nodes) for step in steps[1:]] == [(("web-1",), ("node-1",)), (("node-9",), ("",))]


# --- when a step is done, and what goes -----------------------------------------------------------------------------------------

OLD_PODS = [member(index, 1) for index in range(3)]


@pytest.mark.parametrize(
    ("shown", "done", "lacks"),
    [
        (seen(live(), *OLD_PODS), True, ""),
        (seen(live(observedGeneration=1), *OLD_PODS), False, ""),
        (seen(live(updateRevision="web-h9"), *OLD_PODS), False, ""),
        (seen(live(availableReplicas=2), *OLD_PODS), False, ""),
        (seen(live(), *OLD_PODS[:2]), False, "1 of 3 pods is not ready"),
        (
            seen(live(), member(0, 1, ready=False), member(1, 1, terminating=True), member(2, 1)),
            False,
            "2 of 3 pods are not ready: web-0, web-1",
        ),
        (seen(live("DaemonSet"), *OLD_PODS), True, ""),
        (Snapshot(None), False, ""),
    ],
    ids=["ready", "not observed", "no revision", "not available", "missing", "unready", "daemons", "gone"],
)
def test_the_first_step_waits_for_every_pod(shown: Snapshot, done: bool, lacks: str) -> None:
    begin = all_steps()[0]
    assert begin.waiting_for is not None
    assert (begin.done(shown), begin.waiting_for(shown)) == (done, lacks)


@pytest.mark.parametrize(
    ("shown", "done"),
    [
        (seen(live(updatedReplicas=2), member(0, 1), member(1, 2), member(2, 2)), True),
        (seen(live(updatedReplicas=1), member(0, 1), member(1, 2), member(2, 2)), False),
        (seen(live(updatedReplicas=2, availableReplicas=2), member(0, 1), member(1, 2), member(2, 2)), False),
        (seen(live(updatedReplicas=2), member(0, 1), member(1, 2), member(2, 1)), False),
        (seen(live(), member(0, 1), member(1, 2), member(2, 2, ready=False)), False),
        (seen(live(), member(0, 1), member(1, 2), member(2, 2), member(3, 2, terminating=True)), True),
        (Snapshot(None), False),
    ],
    ids=["back", "the status is older", "not available", "one is old", "one is not ready", "another one goes", "gone"],
)
def test_a_batch_is_done_when_its_pods_are_back_and_ready(shown: Snapshot, done: bool) -> None:
    assert all_steps()[1].done(shown) is done


@pytest.mark.parametrize(
    ("shown", "due"),
    [
        (seen(live(), *OLD_PODS), ["web-2", "web-1"]),
        (seen(live(), member(0, 1), member(1, 1), member(2, 2)), ["web-1"]),
        (seen(live(), member(0, 1), member(1, 1, terminating=True), member(2, 1)), ["web-2"]),
        (seen(live(strategy=ROLLING), *OLD_PODS), []),
        (seen(live(observedGeneration=1), *OLD_PODS), []),
        (Snapshot(None), []),
    ],
)
def test_which_pods_go_together(shown: Snapshot, due: list[str]) -> None:
    replacement = all_steps()[1].replacement
    assert replacement is not None
    assert replacement.evicts
    assert [entry.ref.name for entry in replacement.due(shown)] == due
    assert replacement.together(replacement.due(shown)) == replacement.due(shown)


@pytest.mark.parametrize(
    ("shown", "free"),
    [
        (seen(live(), *OLD_PODS), True),
        (seen(live(), member(0, 1), member(1, 1, terminating=True)), True),
        (seen(live(), member(0, 1, ready=False), member(1, 1), member(2, 1)), False),
        (seen(live(), member(0, 1, terminating=True), member(1, 1), member(2, 1)), False),
        (seen(live(), member(1, 1), member(2, 1)), False),
        (Snapshot(None), False),
    ],
    ids=["all ready", "begun", "another is not ready", "another goes", "another is missing", "gone"],
)
def test_they_go_when_every_other_pod_is_ready(shown: Snapshot, free: bool) -> None:
    replacement = all_steps()[1].replacement
    assert replacement is not None
    assert replacement.free(shown) is free


@pytest.mark.parametrize(
    ("shown", "due", "free"),
    [
        (seen(live(), *OLD_PODS), [], True),
        (seen(live(), member(0, 1), member(1, 1), member(2, 3, ready=False)), ["web-2"], True),
        (seen(live(), member(0, 1), member(1, 1, ready=False), member(2, 1)), [], False),
        (seen(live(), member(0, 1), member(1, 1, ready=False, hopeless=True), member(2, 1)), ["web-1"], True),
        (seen(live(), member(0, 3, ready=False), member(1, 3, ready=False), member(2, 2, ready=False)), ["web-0", "web-1"], False),
        (seen(live(), member(0, 3, ready=False), member(1, 1, terminating=True)), ["web-0"], False),
        (seen(live(strategy=ROLLING), member(0, 3, ready=False)), [], False),
        (Snapshot(None), [], True),
    ],
    ids=["none", "given up", "only starting", "hopeless", "lowest first", "one goes", "not ours", "gone"],
)
def test_what_serves_nobody_is_deleted_first(shown: Snapshot, due: list[str], free: bool) -> None:
    replacement = all_steps()[0].replacement
    assert replacement is not None
    assert [entry.ref.name for entry in replacement.due(shown)] == due
    assert (replacement.free(shown), replacement.evicts) == (free, False)


def portioned() -> Replacement:
    """What a step does whose pods go one after another."""
    groups = (Group(("web-2", "web-1", "web-0"), title="promote", portions=(("web-2",), ("web-1", "web-0")), measured=False),)
    (_template, step) = on_delete.steps(target(), on_delete.plain(target(), Limits(), live()), live(), groups, Snapshot(None))
    assert step.gates == "none"
    assert step.replacement is not None
    return step.replacement


@pytest.mark.parametrize(
    ("shown", "together", "free"),
    [
        (seen(live(updatedReplicas=0), *OLD_PODS), ["web-2"], True),
        (seen(live(updatedReplicas=0), member(0, 1), member(1, 1), member(2, 1, ready=False)), ["web-2"], True),
        (seen(live(updatedReplicas=0), member(0, 1), member(1, 1)), ["web-1", "web-0"], False),
        (seen(live(updatedReplicas=1), member(0, 1), member(1, 1), member(2, 2, ready=False)), ["web-1", "web-0"], False),
        (seen(live(updatedReplicas=0), member(0, 1), member(1, 1), member(2, 2)), ["web-1", "web-0"], False),
        (seen(live(updatedReplicas=1, availableReplicas=2), member(0, 1), member(1, 1), member(2, 2)), ["web-1", "web-0"], False),
        (seen(live(updatedReplicas=1), member(0, 1), member(1, 1), member(2, 2)), ["web-1", "web-0"], True),
        (
            seen(live(updatedReplicas=1, availableReplicas=2), member(0, 1), member(1, 1, ready=False), member(2, 2)),
            ["web-1", "web-0"],
            True,
        ),
        (seen(live(updatedReplicas=1, availableReplicas=2), member(0, 1), member(2, 2)), ["web-0"], True),
        (seen(live(updatedReplicas=3), *(member(index, 2) for index in range(3))), [], True),
    ],
    ids=[
        "the first",
        "the first is not ready",
        "the first is away",
        "its pod is not ready",
        "the status is older",
        "its pod is not available",
        "the next",
        "one of them serves nobody",
        "one of them is away",
        "none is left",
    ],
)
def test_portions_go_one_after_another(shown: Snapshot, together: list[str], free: bool) -> None:
    replacement = portioned()
    assert [entry.ref.name for entry in replacement.together(replacement.due(shown))] == together
    assert replacement.free(shown) is free


def test_a_step_that_reaches_its_share_already_lets_no_pod_go() -> None:
    groups = (Group(("web-2",), title="weight_10"), Group((), title="weight_20"))
    empty = on_delete.steps(target(), on_delete.plain(target(), Limits(), live()), live(), groups, Snapshot(None))[-1]
    shown = seen(live(updatedReplicas=1), member(0, 1), member(1, 1), member(2, 2))
    assert (empty.pods, empty.gates, empty.done(shown)) == ((), "after", True)
    assert empty.replacement is not None
    assert empty.replacement.due(shown) == ()


def test_a_record_that_cannot_be_read_says_nothing() -> None:
    assert StrategyRecord.of({STRATEGY: "{"}).strategy == {}
    assert StrategyRecord.of({}).into({"metadata": {"annotations": {STRATEGY: "x"}}}) == {"metadata": {"annotations": {}}}
