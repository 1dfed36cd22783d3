# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kubectl and this collection say of the same object, and in what they may differ.

Each allowed deviation is one predicate below, as narrow as possible; docs/deviations_from_kubectl.md explains each under its name,
and lists no others.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .cluster import Done

CHANGE_CAUSE = "kubernetes.io/change-cause"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
OWN = "rollout.kubernetes/"
"""What the annotations begin with in which the collection remembers an undo or a restart."""

Object = dict[str, Any]
Topic = tuple[str | int, ...]


class Disagreement(AssertionError):
    """kubectl and the collection say different things, and no deviation covers it."""


# --- what they say ------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Saying:
    """One reading of `rollout status`: done, waiting, failed (the progress deadline) or refused (no answer for this strategy).

    topic is the meaning of the message: what is waited for, and its numbers; empty where the message says nothing more.
    """

    state: str
    topic: Topic
    text: str


_KUBECTL_TOPICS = {
    "observe": r"spec update to be observed",
    "updated": r"(\d+) out of (\d+) new (?:replicas|pods) have been updated",
    "old": r"(\d+) old replicas are pending termination",
    "available": r"(\d+) of (\d+) updated (?:replicas|pods) are available",
    "unready": r"Waiting for (\d+) pods to be ready",
    "revision": r"rolling update to complete (\d+) pods at revision",
}
_OUR_TOPICS = {
    "observe": r"has not been observed by the controller yet",
    "updated": r"(\d+) of (\d+) new (?:replica|pod)s? ha(?:s|ve) been updated",
    "old": r"(\d+) old replicas? (?:is|are) pending termination",
    "available": r"(\d+) of (\d+) updated (?:replica|pod)s? (?:is|are) available",
    "ready": r"(\d+) of (\d+) pods? (?:is|are) ready",
    "revision": r"(\d+) pods? (?:is|are) at revision",
}


def _topic(text: str, topics: Mapping[str, str]) -> Topic:
    for name, pattern in topics.items():
        found = re.search(pattern, text)
        if found is None:
            continue
        numbers = tuple(int(number) for number in found.groups())
        if name == "ready":
            return "unready", numbers[1] - numbers[0]
        return name, *numbers
    return ()


def kubectl_saying(done: Done) -> Saying:
    """Read the answer of `kubectl rollout status --watch=false`."""
    said = (done.stdout + done.stderr).strip()
    if done.code:
        known = {"exceeded its progress deadline": "failed", "only available for RollingUpdate strategy type": "refused"}
        state = next((state for words, state in known.items() if words in said), "")
        if not state:
            raise AssertionError(f"kubectl rollout status: {said}")
        return Saying(state=state, topic=(), text=said)
    finished = re.search(r"successfully rolled out|roll ?out complete|rolling update complete", said)
    topic = _topic(said, _KUBECTL_TOPICS)
    if not finished and not topic:
        raise AssertionError(f"kubectl rollout status says something unknown: {said}")
    return Saying(state="done" if finished else "waiting", topic=() if finished else topic, text=said)


def our_saying(result: Mapping[str, Any]) -> Saying:
    """Read the result of status_info for one workload."""
    if result.get("failed"):
        raise AssertionError(f"status_info failed: {result}")
    (rollout,) = result["rollouts"]
    phase, said = rollout["phase"], result["msg"]
    complete = rollout.get("complete", phase == "complete")
    if (phase == "complete") > complete:
        raise Disagreement(f"phase and complete contradict each other: {rollout}")
    state = "failed" if phase == "degraded" else "done" if complete else "waiting"
    return Saying(state=state, topic=_topic(said, _OUR_TOPICS) if state == "waiting" else (), text=said)


# --- deviations ---------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """What was seen of one object at one resourceVersion, and what both said of it."""

    workload: Object
    revisions: Sequence[Object]
    """The ReplicaSets or ControllerRevisions that it controls."""
    pods: Sequence[Object]
    """Its pods."""
    kubectl: Saying
    ours: Saying

    @property
    def kind(self) -> str:
        return str(self.workload["kind"])

    @property
    def spec(self) -> Object:
        return dict(self.workload["spec"])

    @property
    def status(self) -> Object:
        return dict(self.workload.get("status", {}))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Undone:
    """An undo of two objects with equal histories: ours by the collection, the twin by kubectl."""

    before: Object
    """Our workload before; the twin's is equal."""
    after: Object
    twin_after: Object
    revision: int | None
    """What was asked for; None is the one before."""
    kubectl: Done
    result: Mapping[str, Any]
    history: Sequence[int]
    """The numbers that there were before, in ascending order."""
    templates: Sequence[Object]
    """The templates of those revisions."""


StatusPredicate = Callable[[Case], bool]
UndoPredicate = Callable[[Undone], bool]
AnnotationPredicate = Callable[[str, Undone], bool]
STATUS: dict[str, StatusPredicate] = {}
UNDO: dict[str, UndoPredicate] = {}
ANNOTATIONS: dict[str, AnnotationPredicate] = {}
OPERATIONS: dict[str, str] = {
    "pause_and_resume_are_idempotent": "kubectl ends with an error when the Deployment is already in that state",
    "the_change_cause_tells_of_the_restart": "kubectl leaves the change cause of what was released last",
}


def on_status(predicate: StatusPredicate) -> StatusPredicate:
    """Allow status to differ where the predicate holds."""
    STATUS[predicate.__name__] = predicate
    return predicate


def on_undo(predicate: UndoPredicate) -> UndoPredicate:
    """Allow an undo to end differently where the predicate holds."""
    UNDO[predicate.__name__] = predicate
    return predicate


def on_annotations(predicate: AnnotationPredicate) -> AnnotationPredicate:
    """Allow an annotation to differ after an undo where the predicate holds."""
    ANNOTATIONS[predicate.__name__] = predicate
    return predicate


def deviations() -> set[str]:
    """Return the names of all."""
    return {*STATUS, *UNDO, *ANNOTATIONS, *OPERATIONS}


@on_status
def a_pause_without_replicas_is_not_done(case: Case) -> bool:
    """A paused Deployment of 0 replicas whose template has no ReplicaSet: the numbers match, and nothing was rolled out."""
    if case.kind != "Deployment" or not case.spec.get("paused") or case.spec["replicas"] > 0:
        return False
    made = [without_hash(revision["spec"]["template"]) for revision in case.revisions]
    return case.spec["template"] not in made and (case.kubectl.state, case.ours.state) == ("done", "waiting")


@on_status
def a_deadline_of_another_revision_is_no_failure(case: Case) -> bool:
    """The condition is that of a ReplicaSet which is not the one wanted."""
    if case.kind != "Deployment" or case.kubectl.state != "failed" or case.ours.state != "waiting":
        return False
    condition = next(entry for entry in case.status["conditions"] if entry["type"] == "Progressing")
    wanted = [revision for revision in case.revisions if without_hash(revision["spec"]["template"]) == case.spec["template"]]
    others = [revision for revision in case.revisions if revision not in wanted]
    return any(f'"{revision["metadata"]["name"]}"' in condition["message"] for revision in others)


@on_status
def min_ready_seconds_of_a_stateful_set_count(case: Case) -> bool:
    """All pods are ready, and not all for long enough."""
    waits = case.kind == "StatefulSet" and case.spec.get("minReadySeconds", 0) > 0
    return (
        waits
        and case.status.get("availableReplicas", 0) < case.spec["replicas"]
        and (case.kubectl.state, case.ours.state) == ("done", "waiting")
    )


@on_status
def a_partition_is_told_from_the_pods(case: Case) -> bool:
    """Enough pods of a StatefulSet are of the newest revision, but not all of those from the partition on."""
    partition = case.spec.get("updateStrategy", {}).get("rollingUpdate", {}).get("partition", 0)
    if case.kind != "StatefulSet" or not partition or (case.kubectl.state, case.ours.state) != ("done", "waiting"):
        return False
    lowest: int = case.spec.get("ordinals", {}).get("start", 0) + partition
    wanted: int = case.spec["replicas"] - partition
    above = [pod for pod in case.pods if int(pod["metadata"]["name"].rpartition("-")[2]) >= lowest]
    new = [pod for pod in above if pod["metadata"]["labels"]["controller-revision-hash"] == case.status["updateRevision"] and is_ready(pod)]
    return len([pod for pod in new if "deletionTimestamp" not in pod["metadata"]]) < wanted


@on_status
def a_deletion_is_not_done(case: Case) -> bool:
    """The object is being deleted."""
    return "deletionTimestamp" in case.workload["metadata"] and case.ours.state == "waiting"


@on_status
def on_delete_is_told_from_the_pods(case: Case) -> bool:
    """kubectl has no answer; ours must be the one that the pods give."""
    return case.kubectl.state == "refused" and case.ours.state == ("done" if _on_delete_done(case) else "waiting")


def _on_delete_done(case: Case) -> bool:
    """Every desired pod is of the newest revision and serves, and no other pod is there that is not on its way out."""
    status = case.status
    if status.get("observedGeneration", 0) < case.workload["metadata"]["generation"]:
        return False
    newest = max(case.revisions, key=lambda revision: revision["revision"], default=None)
    if newest is None:
        return False
    stateful = case.kind == "StatefulSet"
    wanted = status["updateRevision"] if stateful else newest["metadata"]["labels"]["controller-revision-hash"]
    if stateful and all(revision["metadata"]["name"] != wanted for revision in case.revisions):
        return False  # It was deleted, and what is wanted now gets a revision at the next turn of the controller.
    desired = case.spec["replicas"] if stateful else status["desiredNumberScheduled"]
    pods = [pod for pod in case.pods if "deletionTimestamp" not in pod["metadata"]]
    new = [pod for pod in pods if pod["metadata"]["labels"].get("controller-revision-hash") == wanted]
    available = status.get("availableReplicas" if stateful else "numberAvailable", 0)
    return len(new) == len(pods) and sum(map(is_ready, new)) >= desired and available >= desired


def _succeeded(undone: Undone) -> bool:
    return not undone.result.get("failed")


def _went_or_found_nothing(undone: Undone) -> bool:
    """kubectl went to another revision, or knows no other."""
    nothing = ("no rollout history", "no last revision")
    return undone.kubectl.code == 0 or any(sentence in undone.kubectl.stderr for sentence in nothing)


@on_undo
def a_paused_deployment_is_undone(undone: Undone) -> bool:
    """kubectl refuses."""
    refused = "you cannot rollback a paused deployment" in undone.kubectl.stderr
    return refused and undone.before["spec"].get("paused", False) and undone.after["spec"].get("paused", False)


@on_undo
def an_undo_without_a_target_does_not_flip_back(undone: Undone) -> bool:
    """What runs is the outcome of an undo, and nothing was rolled out since: ours leaves it, also where kubectl knows no other."""
    recorded = bool(_annotation(undone.before, f"{OWN}undo"))
    return undone.revision is None and recorded and _went_or_found_nothing(undone) and not undone.result["changed"] and _succeeded(undone)


@on_undo
def an_undo_of_what_has_no_revision_yet_goes_one_back(undone: Undone) -> bool:
    """kubectl counts from the newest revision that exists, not from the template that is wanted."""
    wanted, after = (without_hash(obj["spec"]["template"]) for obj in (undone.before, undone.after))
    went_back = undone.revision is None and _succeeded(undone) and bool(undone.templates)
    return went_back and _went_or_found_nothing(undone) and wanted not in undone.templates and after == undone.templates[-1]


@on_undo
def a_former_number_is_known(undone: Undone) -> bool:
    """kubectl does not find a number that an undo has moved."""
    return (
        undone.kubectl.code != 0
        and "unable to find" in undone.kubectl.stderr
        and undone.revision not in undone.history
        and not undone.result.get("failed")
    )


@on_annotations
def the_change_cause_tells_of_the_undo(name: str, undone: Undone) -> bool:
    """kubectl brings back the revision's own (of the other kinds: leaves that of what is taken back)."""
    return name == CHANGE_CAUSE and undone.result["changed"] and _annotation(undone.after, name).startswith("undo to revision ")


@on_annotations
def last_applied_is_brought_into_line(name: str, undone: Undone) -> bool:
    """kubectl leaves it, and the next apply merges wrongly: ours holds the template that is there now, and nothing else is changed."""
    if name != LAST_APPLIED or not undone.result["changed"]:
        return False
    aligned, before = (json.loads(_annotation(obj, name)) for obj in (undone.after, undone.before))
    template = timeless(undone.after["spec"]["template"])
    template["metadata"].get("annotations", {}).pop(RESTARTED_AT, None)
    before["spec"]["template"] = template
    aligned["spec"]["template"] = timeless(aligned["spec"]["template"])
    return bool(_plain(aligned) == _plain(before))


@on_annotations
def undos_and_restarts_are_recorded(name: str, undone: Undone) -> bool:
    """Our own annotations."""
    return name.startswith(OWN) and bool(_annotation(undone.after, name))


def _annotation(obj: Object, name: str) -> str:
    return str(obj["metadata"].get("annotations", {}).get(name, ""))


def _plain(obj: Any) -> Any:
    """Return an object without what is empty."""
    return {key: _plain(value) for key, value in obj.items() if value not in ({}, None)} if isinstance(obj, dict) else obj


# --- comparisons --------------------------------------------------------------------------------------------------------------


def compare_status(case: Case) -> str:
    """Return the name of the deviation that explains the difference, '' when there is none; raises `Disagreement`."""
    theirs, ours = case.kubectl, case.ours
    topics = not theirs.topic or not ours.topic or theirs.topic == ours.topic
    if theirs.state == ours.state and topics:
        return ""
    for name, holds in STATUS.items():
        if holds(case):
            return name
    seen = {
        "metadata": {key: case.workload["metadata"].get(key) for key in ("generation", "annotations")},
        "spec": case.spec,
        "status": case.status,
    }
    for part in (seen["spec"], seen["metadata"]["annotations"] or {}):
        part.pop("template", None)
        part.pop(LAST_APPLIED, None)
    names = [revision["metadata"]["name"] for revision in case.revisions]
    raise Disagreement(
        f"kubectl ({theirs.state}): {theirs.text}\nours ({ours.state}): {ours.text}\nof {json.dumps(seen)}\nrevisions {names}"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A revision as a history shows it."""

    number: int
    cause: str
    template: Object


def kubectl_history(text: str, printed: str) -> list[Entry]:
    """Read `kubectl rollout history` as a table (which has the causes) and with -o json (which has the templates)."""
    rows = [re.match(r"^(\d+)\s+(.*?)\s*$", line) for line in text.splitlines()]
    # The table is padded with spaces.
    numbers = [(int(row[1]), "" if row[2] == "<none>" else row[2]) for row in rows if row is not None]
    objects = documents(printed)
    if len(objects) != len(numbers):
        raise AssertionError(f"The two forms of kubectl's history were not taken at the same time: {text}")
    templates = [without_hash(obj["spec"]["template"]) for obj in objects]
    return [Entry(number=number, cause=cause, template=template) for (number, cause), template in zip(numbers, templates, strict=True)]


def documents(text: str) -> list[Object]:
    """Read JSON objects that follow each other."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while at < len(text.rstrip()):
        obj, at = decoder.raw_decode(text, at)
        found.append(obj)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


# --- objects ------------------------------------------------------------------------------------------------------------------


def without_hash(template: Object) -> Object:
    """Return a pod template as the workload's own: without the label of its ReplicaSet."""
    labels = {key: value for key, value in template["metadata"].get("labels", {}).items() if key != "pod-template-hash"}
    metadata = {key: value for key, value in template["metadata"].items() if value is not None} | {"labels": labels}
    return {"metadata": metadata, "spec": template["spec"]}


def timeless(template: Object) -> Object:
    """Return a pod template without the time of its last restart, which twins do not share."""
    plain = without_hash(template)
    annotations = dict(plain["metadata"].get("annotations", {}))
    if RESTARTED_AT in annotations:
        annotations[RESTARTED_AT] = "some time"
        plain["metadata"]["annotations"] = annotations
    return plain


def is_ready(pod: Object) -> bool:
    """Say whether the pod serves."""
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in pod.get("status", {}).get("conditions", []))
