# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo: which template comes back, what is written with it, which pods are repaired, and when it is done."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError, RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping, text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Cause, Target, Undo
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Edit, Replacement, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.records import STRATEGY, UNDO, UndoRecord
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Pod, Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import steps_of, warning_of
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.samples import (
    NEW,
    OLD,
    UID,
    controller_revision,
    pod,
    replica_set,
    snapshot,
    template,
    with_metadata,
    workload,
)

CAUSE = "kubernetes.io/change-cause"
LAST = "kubectl.kubernetes.io/last-applied-configuration"
OWNED = [replica_set(1, OLD, annotations={CAUSE: "release 1.0 [by alice]"}), replica_set(2, NEW, annotations={CAUSE: "release 2.0"})]


def target(kind: str = "Deployment") -> Target:
    return Target(WORKLOADS[kind], Ref(kind, "shop", "web"))


def step_of(seen: Snapshot, operation: Undo | None = None, kind: str = "Deployment") -> Step:
    (step,) = steps_of(operation or Undo(), target(kind), seen)
    return step


def edited(step: Step, obj: JsonObject) -> JsonObject:
    assert isinstance(step.write, Edit)
    return step.write.edit(obj)


def annotation(obj: JsonObject, name: str) -> str:
    return text(obj, "metadata", "annotations", name)


# --- what is written ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "image"),
    [
        pytest.param(Undo(), OLD, id="the one before"),
        pytest.param(Undo(revision=1), OLD, id="a number"),
        pytest.param(Undo(to="web:1.0"), OLD, id="an image"),
        pytest.param(Undo(to="release 1.0"), OLD, id="a change cause"),
    ],
)
def test_the_template_comes_back_with_a_cause_and_a_record(operation: Undo, image: str) -> None:
    live = workload(annotations={"team": "shop", CAUSE: "release 2.0"}, labels={"app": "web"})
    step = step_of(snapshot(live, OWNED), operation)
    after = edited(step, live)
    assert at(after, "spec", "template") == template(image)
    assert annotation(after, CAUSE) == "undo to revision 1: release 1.0"
    assert json.loads(annotation(after, UNDO)) == {"to": "web-h1", "newest": 2}
    assert annotation(after, "team") == "shop"
    assert {**mapping(after, "spec"), "template": 0} == {**mapping(live, "spec"), "template": 0}
    assert (step.intent, step.news) == (
        "taken back to revision 1 (release 1.0 [by alice])",
        "went back to revision 1 (release 1.0 [by alice])",
    )
    assert warning_of(operation, target(), snapshot(live, OWNED)) == ""


def test_a_revision_without_a_cause_is_named_by_its_number() -> None:
    live = workload()
    step = step_of(snapshot(live, [replica_set(1, OLD), OWNED[1]]))
    assert step.news == "went back to revision 1"
    assert annotation(edited(step, live), CAUSE) == "undo to revision 1"


def test_the_callers_cause_goes_before_ours_and_says_who_asked() -> None:
    live = workload()
    step = step_of(snapshot(live, OWNED), Undo(cause=Cause("too slow", "bob, job 7")))
    assert annotation(edited(step, live), CAUSE) == "too slow [by bob, job 7]"


@pytest.mark.parametrize("operation", [Undo(revision=9), Undo(to="web:9")])
def test_an_unknown_revision_is_refused(operation: Undo) -> None:
    with pytest.raises(InputError):
        steps_of(operation, target(), snapshot(workload(), OWNED))


def test_the_template_must_still_be_the_one_that_was_seen() -> None:
    step = step_of(snapshot(workload(), OWNED))
    assert isinstance(step.write, Edit)
    assert step.write.demand is not None
    step.write.demand(workload(annotations={"any": "other"}))
    with pytest.raises(RefusedError, match="given another template meanwhile"):
        step.write.demand(workload(image="v3"))


IMAGES = st.sampled_from(["v1", "v2", "v3"])
ANNOTATIONS = st.dictionaries(st.sampled_from(["team", CAUSE, LAST]), st.text(max_size=9), max_size=3)


@given(
    image=IMAGES,
    annotations=ANNOTATIONS,
    paused=st.booleans(),
    resume=st.booleans(),
    number=st.none() | st.integers(1, 3),
    kind=st.sampled_from(["Deployment", "StatefulSet", "DaemonSet"]),
)
def test_the_same_undo_again_changes_nothing(
    image: str, annotations: dict[str, JsonValue], paused: bool, resume: bool, number: int | None, kind: str
) -> None:
    owned = [
        replica_set(entry, f"v{entry}") if kind == "Deployment" else controller_revision(entry, f"v{entry}", kind=kind)
        for entry in (1, 2, 3)
    ]
    live = workload(kind, image=image, spec={"paused": paused} if kind == "Deployment" else {}, annotations=annotations)
    operation = Undo(revision=number, resume=resume)
    once = edited(step_of(snapshot(live, owned), operation, kind), live)
    assert edited(step_of(snapshot(live, owned), operation, kind), once) == once
    again = step_of(snapshot(once, owned), operation, kind)
    assert edited(again, once) == once
    assert again.unchanged


# --- already there ------------------------------------------------------------------------------------------------------------

RUNS_OLD = snapshot(
    UndoRecord("web-h1", 2).into(workload(image=OLD)),
    [OWNED[1], replica_set(3, OLD, own="h1", annotations={CAUSE: "release 1.0", "deployment.kubernetes.io/revision-history": "1"})],
)


@pytest.mark.parametrize(
    ("operation", "unchanged"),
    [
        pytest.param(
            Undo(), "revision 3, which an undo has brought back, is wanted already; to go further back name a revision", id="asked again"
        ),
        pytest.param(Undo(revision=1), "revision 1 (now revision 3) is wanted already", id="its former number"),
        pytest.param(Undo(revision=3), "revision 3 is wanted already", id="its number"),
        pytest.param(Undo(to=OLD), f"{OLD} (revision 3) is wanted already", id="its image"),
    ],
)
def test_what_is_wanted_already_is_not_written_again(operation: Undo, unchanged: str) -> None:
    step = step_of(RUNS_OLD, operation)
    assert step.unchanged == unchanged
    assert isinstance(step.write, Edit)
    assert step.write.single
    live = workload(image=OLD, spec={"paused": True})
    assert edited(step, live) == live


def test_a_record_that_came_back_from_the_dead_is_not_believed() -> None:
    dead = UndoRecord("web-h1", 2).into(workload(image=OLD))
    step = step_of(snapshot(dead, [replica_set(4, NEW), replica_set(5, OLD, own="h1")]))
    assert step.news == "went back to revision 4"


def test_what_is_wanted_already_may_be_resumed() -> None:
    live = workload(image=OLD, spec={"paused": True})
    step = step_of(RUNS_OLD, Undo(resume=True))
    assert "paused" not in mapping(edited(step, live), "spec")
    assert edited(step, workload(image=OLD)) == workload(image=OLD)
    assert step.intent == "resumed"


@pytest.mark.parametrize("resume", [False, True])
def test_a_paused_deployment_is_undone_and_stays_paused_unless_told(resume: bool) -> None:
    live = workload(image="held back", spec={"paused": True})
    step = step_of(snapshot(live, OWNED), Undo(resume=resume))
    after = edited(step, live)
    assert text(after, "spec", "template", "spec") == ""
    assert at(after, "spec", "template") == template(NEW)
    assert mapping(after, "spec").get("paused") is (None if resume else True)


# --- kubectl's record of what it applied --------------------------------------------------------------------------------------


def three_way(original: JsonValue, modified: JsonValue, current: JsonValue) -> JsonValue:
    """What `kubectl apply` makes of maps: gone is what was applied before and is not any more, the rest stays."""
    if not (isinstance(modified, dict) and isinstance(current, dict)):
        return modified
    before = original if isinstance(original, dict) else {}
    kept = {key: value for key, value in current.items() if key in modified or key not in before}
    return {**kept, **{key: three_way(before.get(key), value, current.get(key)) for key, value in modified.items()}}


LABELS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), max_size=4)


def labelled(labels: dict[str, str]) -> dict[str, JsonValue]:
    return {"metadata": {"labels": {"app": "web", **labels}}, "spec": {"containers": []}}


@given(first=LABELS, second=LABELS, third=LABELS)
def test_after_an_undo_the_next_apply_removes_what_the_old_template_had(
    first: dict[str, str], second: dict[str, str], third: dict[str, str]
) -> None:
    old, new, next_ = (labelled(labels) for labels in (first, second, third))
    assume(old != new)
    applied = json.dumps({"spec": {"replicas": 2, "template": new}})
    live = {**workload(spec={"template": new}, annotations={LAST: applied})}
    owned = [{**replica_set(number), "spec": {"template": entry}} for number, entry in ((1, old), (2, new))]
    after = edited(step_of(snapshot(live, owned)), live)
    aligned = json.loads(annotation(after, LAST))
    assert aligned["spec"]["replicas"] == 2
    assert three_way(aligned["spec"]["template"], next_, at(after, "spec", "template")) == next_


def with_annotations(**values: str) -> dict[str, JsonValue]:
    return {"metadata": {"labels": {"app": "web"}, "annotations": values}, "spec": {}}


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        pytest.param({"kubectl.kubernetes.io/restartedAt": "t"}, None, id="a restart was never applied"),
        pytest.param({"kubectl.kubernetes.io/restartedAt": "t", "a": "b"}, {"a": "b"}, id="others were"),
        pytest.param({}, None, id="none"),
    ],
)
def test_the_annotation_of_a_restart_stays_out_of_what_was_applied(annotations: dict[str, str], expected: JsonValue) -> None:
    live = workload(annotations={LAST: json.dumps({"spec": {"template": template(NEW)}}) + "\n"})
    owned = [{**replica_set(1), "spec": {"template": with_annotations(**annotations)}}, OWNED[1]]
    last = annotation(edited(step_of(snapshot(live, owned)), live), LAST)
    assert last.endswith("}\n")
    assert at(json.loads(last), "spec", "template", "metadata", "annotations") == expected
    assert at(json.loads(last), "spec", "template", "metadata", "labels") == {"app": "web"}


@pytest.mark.parametrize("last", ["", "no json", "[]", "{}", '{"spec": {"replicas": 1}}', "[" * 100_000])
def test_what_is_no_applied_template_is_left(last: str) -> None:
    live = workload(annotations={LAST: last} if last else {})
    assert annotation(edited(step_of(snapshot(live, OWNED)), live), LAST) == last


def test_what_was_applied_is_left_on_request() -> None:
    last = json.dumps({"spec": {"template": template(NEW)}})
    live = workload(annotations={LAST: last})
    assert annotation(edited(step_of(snapshot(live, OWNED), Undo(last_applied="leave")), live), LAST) == last


# --- repair -------------------------------------------------------------------------------------------------------------------

REVISIONS = [controller_revision(1, OLD), controller_revision(2, NEW)]
LETTERS = {"o": ("web-h1", True, False), "O": ("web-h1", False, False), "n": ("web-h2", True, False), "N": ("web-h2", False, False)} | {
    "t": ("web-h2", False, True)
}
"""Pods by letters: o of the old revision, n of the new one, capitals not ready, t terminating, a point for none."""


def sts_pods(letters: str, start: int = 0) -> list[dict[str, JsonValue]]:
    return [
        pod(f"web-{index}", LETTERS[letter][0], by=UID, ready=LETTERS[letter][1], terminating=LETTERS[letter][2])
        for index, letter in enumerate(letters, start)
        if letter != "."
    ]


def stateful(
    letters: str,
    *,
    wants: str = OLD,
    update: str = "web-h1",
    strategy: str = "RollingUpdate",
    partition: int = 0,
    start: int = 0,
    observed: int = 2,
    current: str = "",
) -> Snapshot:
    """A StatefulSet whose controller has seen the undo to the old revision, unless said otherwise."""
    updating: dict[str, JsonValue] = {"type": strategy}
    if strategy == "RollingUpdate":
        updating["rollingUpdate"] = {"partition": partition}
    status: dict[str, JsonValue] = {
        "observedGeneration": observed,
        "updateRevision": update,
        "currentRevision": current,
        "replicas": len(letters),
        "readyReplicas": sum(letter in "on" for letter in letters),
        "availableReplicas": sum(letter in "on" for letter in letters),
        "updatedReplicas": sum(letter in "oO" for letter in letters),
    }
    spec: dict[str, JsonValue] = {"replicas": len(letters), "updateStrategy": updating, "ordinals": {"start": start}}
    return snapshot(workload("StatefulSet", image=wants, spec=spec, status=status), REVISIONS, sts_pods(letters, start))


def repair_of(before: str, operation: Undo | None = None) -> Replacement:
    seen = stateful(before, wants=NEW, update="web-h2")
    replacement = step_of(seen, operation or Undo(), "StatefulSet").replacement
    assert replacement is not None
    return replacement


def names(pods: tuple[Pod, ...]) -> list[str]:
    return [entry.ref.name for entry in pods]


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        pytest.param(stateful("oNN"), ["web-1", "web-2"], id="what is not ready and not of the revision to be reached, the lowest first"),
        pytest.param(stateful("onN"), ["web-2"], id="never a ready one"),
        pytest.param(stateful("Oot"), [], id="neither one of that revision, nor what goes already"),
        pytest.param(stateful("NNN", partition=2, current="web-h2"), ["web-2"], id="what is below the partition would come back as it is"),
        pytest.param(stateful("NNN", partition=1, start=5, current="web-h2"), ["web-6", "web-7"], id="a partition is an index"),
        pytest.param(stateful("NNN", partition=9, current="web-h2"), [], id="a partition above all"),
        pytest.param(stateful("oNN", observed=1), [], id="the controller has not seen it yet"),
        pytest.param(stateful("oNN", update="web-h2"), [], id="another revision is to be reached"),
        pytest.param(Snapshot(None), [], id="nothing is there"),
    ],
)
def test_which_pods_are_repaired(seen: Snapshot, due: list[str]) -> None:
    assert names(repair_of("nnN").due(seen)) == due


def test_all_includes_what_was_not_ready_of_the_revision_before() -> None:
    every = repair_of("OoN", Undo(repair="all"))
    assert names(every.due(stateful("OoN"))) == ["web-0", "web-2"]
    assert names(every.due(stateful("ooN"))) == ["web-2"]
    anew = stateful("OON")
    assert names(every.due(anew)) == ["web-0", "web-2"]


@pytest.mark.parametrize(
    ("letters", "free"),
    [
        pytest.param("oNN", True, id="the one before is ready"),
        pytest.param("ONN", False, id="the one before is not ready yet"),
        pytest.param("otN", False, id="one is on its way out"),
        pytest.param("o.N", False, id="a gap below"),
        pytest.param("oN.", True, id="a gap above waits for what is below"),
        pytest.param("NNN", True, id="none is repaired yet"),
    ],
)
def test_when_the_next_one_may_go(letters: str, free: bool) -> None:
    assert repair_of("nnN").free(stateful(letters)) is free


def test_nothing_is_free_where_there_is_nothing() -> None:
    assert not repair_of("nnN").free(Snapshot(None))


@given(
    before=st.text("oOnNt.", max_size=5),
    letters=st.text("oOnNt.", max_size=5),
    partition=st.integers(0, 5),
    start=st.integers(0, 3),
    every=st.booleans(),
)
def test_a_repair_never_names_a_ready_pod_nor_one_below_the_partition_unless_all_are_wanted(
    before: str, letters: str, partition: int, start: int, every: bool
) -> None:
    repair = repair_of(before, Undo(repair="all" if every else "blocking"))
    seen = stateful(letters, partition=partition, start=start, current="web-h2")
    due = repair.due(seen)
    assert not any(entry.ready or entry.terminating for entry in due)
    assert every or all(entry.ordinal >= start + partition for entry in due)
    assert [entry.ordinal for entry in due] == sorted(entry.ordinal for entry in due)
    assert every or not any(entry.revision_hash == "web-h1" for entry in due)
    if repair.free(seen):
        assert not any(entry.terminating for entry in seen.pods)


@pytest.mark.parametrize(("kind", "operation"), [("StatefulSet", Undo(repair="none")), ("Deployment", Undo()), ("DaemonSet", Undo())])
def test_nothing_else_is_repaired(kind: str, operation: Undo) -> None:
    owned = OWNED if kind == "Deployment" else [controller_revision(number, image, kind=kind) for number, image in ((1, OLD), (2, NEW))]
    assert step_of(snapshot(workload(kind), owned), operation, kind).replacement is None


def test_the_pod_in_the_way_is_named_where_nothing_is_repaired() -> None:
    lacks = step_of(stateful("onN", wants=NEW, update="web-h2"), Undo(repair="none"), "StatefulSet").waiting_for
    assert lacks is not None
    assert "web-2 (not ready, of revision 2 that was given up)" in lacks(stateful("onN"))
    assert lacks(stateful("ono")) == ""


# --- done ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        pytest.param(stateful("ooo"), True, id="complete"),
        pytest.param(stateful("ooN"), False, id="one is to be repaired"),
        pytest.param(stateful("ooO"), False, id="not ready"),
        pytest.param(stateful("ooo", observed=1), False, id="not observed"),
        pytest.param(stateful("onn", strategy="OnDelete"), True, id="OnDelete: ready ones stay as they are"),
        pytest.param(stateful("onN", strategy="OnDelete"), False, id="OnDelete: one is to be repaired"),
        pytest.param(stateful("ont", strategy="OnDelete"), False, id="OnDelete: it is on its way out"),
        pytest.param(stateful("on.", strategy="OnDelete"), False, id="OnDelete: it is not made anew yet"),
        pytest.param(stateful("onO", strategy="OnDelete"), False, id="OnDelete: it is not ready yet"),
        pytest.param(stateful("ono", strategy="OnDelete"), True, id="OnDelete: it is ready"),
        pytest.param(Snapshot(None), False, id="nothing is there"),
    ],
)
def test_when_an_undo_of_a_stateful_set_is_done(seen: Snapshot, done: bool) -> None:
    step = step_of(stateful("nnN", wants=NEW, update="web-h2"), Undo(), "StatefulSet")
    assert step.done(seen) is done


@pytest.mark.parametrize(
    ("updated", "paused", "done"), [(1, False, True), (0, False, False), (0, True, True)], ids=["complete", "on its way", "paused"]
)
def test_when_an_undo_of_a_deployment_is_done(updated: int, paused: bool, done: bool) -> None:
    status: dict[str, JsonValue] = {"replicas": 1, "updatedReplicas": updated, "readyReplicas": 1, "availableReplicas": 1}
    after = workload(image=OLD, spec={"paused": paused}, status=status)
    step = step_of(snapshot(workload(), OWNED))
    assert step.done(snapshot(after, OWNED)) is done
    assert not step.done(snapshot(with_metadata(after, generation=9), OWNED))


def test_an_undo_of_a_daemon_set_restarts_nothing_under_on_delete() -> None:
    owned = [controller_revision(number, image, kind="DaemonSet") for number, image in ((1, OLD), (2, NEW))]
    obj = workload("DaemonSet", spec={"updateStrategy": {"type": "OnDelete"}})
    step = step_of(snapshot(obj, owned), Undo(), "DaemonSet")
    after = {**edited(step, obj)}
    assert step.done(snapshot(after, owned, [pod("a", "h2", by=UID)]))


def test_without_a_workload_a_revision_alone_is_not_enough_for_a_demand() -> None:
    seen = Snapshot(None, snapshot(workload(), OWNED).revisions)
    step = step_of(seen)
    assert isinstance(step.write, Edit)
    assert step.write.demand is None


# --- OnDelete -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "web-0 stays on another template until somebody deletes it;"),
        (2, "web-0, web-1 stay on another template until somebody deletes them;"),
        (5, "web-0, web-1, web-2 and 2 more stay on another template"),
    ],
)
def test_under_on_delete_it_names_the_pods_that_stay(count: int, told: str) -> None:
    obj = workload("StatefulSet", spec={"updateStrategy": {"type": "OnDelete"}}, status={"updateRevision": "web-h2"})
    pods = [pod(f"web-{index}", "web-h2", by=UID) for index in range(count)]
    seen = snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW)], pods)
    (note,) = step_of(seen, kind="StatefulSet").notes
    assert told in note


def test_where_the_update_strategy_is_borrowed_it_comes_back_and_no_pod_stays() -> None:
    record = {STRATEGY: '{"type": "RollingUpdate"}'}
    obj = workload("StatefulSet", spec={"updateStrategy": {"type": "OnDelete"}}, status={"updateRevision": "web-h2"}, annotations=record)
    seen = snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW)], [pod("web-0", "web-h2", by=UID)])
    step = step_of(seen, kind="StatefulSet")
    assert step.notes == ()
    after = edited(step, obj)
    assert (at(after, "spec", "updateStrategy"), annotation(after, STRATEGY)) == ({"type": "RollingUpdate"}, "")
