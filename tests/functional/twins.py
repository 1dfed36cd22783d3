# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two equal workloads in two namespaces: whatever happens to one happens to the other, and what the collection does to the first
kubectl does to its twin. Every comparison counts only if the objects stood still while both were asked.
"""

from __future__ import annotations

import dataclasses
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from kubernetes import config

from .calls import call
from .cluster import Cluster, Done
from .interference import eventually
from .side_by_side import (
    ANNOTATIONS,
    CHANGE_CAUSE,
    LAST_APPLIED,
    UNDO,
    Case,
    Disagreement,
    Entry,
    Object,
    Undone,
    compare_status,
    documents,
    is_ready,
    kubectl_history,
    kubectl_saying,
    our_saying,
    timeless,
    without_hash,
)

NAME = "web"
SIMULATE = "simulate.rollout.kubernetes/"
ATTEMPTS = 4
_PLURAL = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}


@dataclasses.dataclass
class Tally:
    """What was compared over all examples."""

    counted: Counter[str] = dataclasses.field(default_factory=Counter)
    """Comparisons by what was compared."""
    moved: Counter[str] = dataclasses.field(default_factory=Counter)
    """Comparisons given up because the objects never stood still."""
    deviations: Counter[str] = dataclasses.field(default_factory=Counter)
    """Allowed deviations that were seen."""

    def __str__(self) -> str:
        parts = {"compared": self.counted, "not counted": self.moved, "deviations": self.deviations}
        return "; ".join(
            f"{name}: {', '.join(f'{key} {value}' for key, value in sorted(part.items())) or '-'}" for name, part in parts.items()
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """A workload and what belongs to it, read at nearly one moment."""

    workload: Object
    revisions: list[Object]
    pods: list[Object]

    def version(self) -> tuple[Any, ...]:
        """Return what must be equal before and after a comparison of status: the workload and, where that is told from them, its pods."""
        pods = [(pod["metadata"]["uid"], "deletionTimestamp" in pod["metadata"], is_ready(pod)) for pod in self.pods]
        return self.workload["metadata"]["resourceVersion"], pods if self.on_delete or self.partition else ()

    def revisions_version(self) -> list[tuple[str, str]]:
        """Return what must be equal before and after a comparison of history."""
        return sorted((obj["metadata"]["uid"], obj["metadata"]["resourceVersion"]) for obj in self.revisions)

    @property
    def on_delete(self) -> bool:
        return bool(self.workload["spec"].get("updateStrategy", {}).get("type") == "OnDelete")

    @property
    def partition(self) -> int:
        return int((self.workload["spec"].get("updateStrategy", {}).get("rollingUpdate") or {}).get("partition", 0))

    def numbers(self) -> list[int]:
        """Return the numbers of the revisions, oldest first."""
        return [number(revision) for revision in self.revisions]

    def templates(self) -> list[Object]:
        """Return the templates of the revisions, oldest first, comparable between twins."""
        return [timeless(template_of(revision)) for revision in self.revisions]

    def given(self, before: View) -> list[int]:
        """Return which numbers are new, as the distance from the highest that there was."""
        return [entry - max(before.numbers(), default=0) for entry in self.numbers() if entry not in before.numbers()]

    def is_alike(self, other: View) -> bool:
        """Say whether twins want the same and have the same revisions in the same order; their numbers part with a deviation."""
        wanted = (timeless(view.workload["spec"]["template"]) for view in (self, other))
        return self.templates() == other.templates() and next(wanted) == next(wanted)


@dataclasses.dataclass(kw_only=True)
class Twin:
    """One of the two."""

    cluster: Cluster
    kind: str
    namespace: str
    pool: Any
    host: str

    @property
    def ref(self) -> str:
        return f"{self.kind.lower()}/{NAME}"

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> Done:
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin, check=check)

    def ours(self, module: str, **parameters: Any) -> dict[str, Any]:
        return call(self.cluster, module, kind=self.kind, name=NAME, namespace=self.namespace, **parameters)

    @property
    def path(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/{_PLURAL[self.kind]}/{NAME}"

    def get(self, path: str) -> Any:
        """Read from the API, without a process of kubectl's."""
        return self._ask("GET", path)

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Change the workload by a strategic merge patch, as the commands of kubectl do."""
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        self._ask("PATCH", f"{self.path}?fieldManager=kubectl-patch", body=json.dumps(patch), headers=headers)

    def delete(self, obj: Object, resource: str, *, force: bool = False) -> None:
        """Delete an object, whether or not it is still there."""
        group = "api/v1" if resource == "pods" else "apis/apps/v1"
        query = "?gracePeriodSeconds=0" if force else ""
        self._ask("DELETE", f"/{group}/namespaces/{self.namespace}/{resource}/{obj['metadata']['name']}{query}", missing=True)

    def _ask(self, method: str, path: str, *, missing: bool = False, **how: Any) -> Any:
        answer = self.pool.request(method, f"{self.host}{path}", **how)
        if answer.status >= 300 and not (missing and answer.status == 404):
            raise AssertionError(f"{method} {path}: {answer.data.decode()}")
        return json.loads(answer.data)

    def workload(self) -> Object:
        found: Object = self.get(self.path)
        return found

    def view(self) -> View:
        """Read the workload, its revisions and its pods."""
        workload = self.workload()
        owned = "replicasets" if self.kind == "Deployment" else "controllerrevisions"
        uid = workload["metadata"]["uid"]
        revisions = [obj for obj in self.get(f"/apis/apps/v1/namespaces/{self.namespace}/{owned}")["items"] if owner(obj) == uid]
        owners = {obj["metadata"]["uid"] for obj in revisions} if self.kind == "Deployment" else {uid}
        pods = [pod for pod in self.get(f"/api/v1/namespaces/{self.namespace}/pods")["items"] if owner(pod) in owners]
        return View(
            workload=workload, revisions=sorted(revisions, key=number), pods=sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))
        )

    def observed(self) -> bool:
        """Say whether the controller has seen the present spec."""
        obj = self.workload()
        return int(obj.get("status", {}).get("observedGeneration", 0)) >= int(obj["metadata"]["generation"])


def owner(obj: Object) -> str:
    """Return the UID of an object's controller."""
    return next((str(entry["uid"]) for entry in obj["metadata"].get("ownerReferences", []) if entry.get("controller")), "")


def number(revision: Object) -> int:
    """Return the number of a ReplicaSet or ControllerRevision."""
    if "revision" in revision:
        return int(revision["revision"])
    return int(revision["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision", 0))


def template_of(revision: Object) -> Object:
    """Return the pod template of a ReplicaSet or ControllerRevision."""
    template = dict(revision.get("data", revision)["spec"]["template"])
    template.pop("$patch", None)
    return without_hash(template)


@dataclasses.dataclass(kw_only=True)
class Pair:
    """The twins, what was done to them, and the comparisons."""

    ours: Twin
    twin: Twin
    tally: Tally
    journal: list[str] = dataclasses.field(default_factory=list)
    seen: Any = None
    """The history that was compared last."""
    restarted: float = 0.0
    patient: bool = False
    """Compare until it counts: for objects that are sure to stand still at last."""
    started: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def kind(self) -> str:
        return self.ours.kind

    def note(self, what: str) -> None:
        """Write down what was done; pytest -s shows it while it goes on."""
        self.journal.append(f"{time.monotonic() - self.started:6.2f} {what}")
        print(f"{self.kind} {self.journal[-1]}", flush=True)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell with a failure what had been done up to it."""
        try:
            yield
        except Exception as error:
            error.add_note("What was done:\n" + "\n".join(self.journal))
            raise

    # --- what happens to both ---------------------------------------------------------------------------------------------------

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """kubectl apply."""
        template = manifest["spec"]["template"]
        shown = {**manifest["spec"], "template": {**template["metadata"]["annotations"], **template["spec"]}}
        self.note(f"apply {json.dumps(shown)}")
        for one in (self.ours, self.twin):
            done = one.kubectl("apply", "--filename=-", stdin=json.dumps(manifest), check=False)
            # A partition that was set besides does not go with OnDelete, which then is refused to both.
            assert not done.code or "updateStrategy.rollingUpdate" in done.stderr, done.stderr

    def patch(self, patch: Mapping[str, Any]) -> None:
        """A strategic merge patch of both."""
        self.note(f"patch {json.dumps(patch)}")
        for one in (self.ours, self.twin):
            one.patch(patch)

    def set_image(self, image: str, cause: str | None = None) -> None:
        """As kubectl set image does it; with a cause, also kubectl annotate."""
        self.patch({"spec": {"template": {"spec": {"containers": [{"name": NAME, "image": image}]}}}})
        if cause is not None:
            self.patch({"metadata": {"annotations": {CHANGE_CAUSE: cause or None}}})

    def settle(self) -> None:
        """Wait until the controllers have seen the specs: otherwise a template could pass unnoticed by one of them."""
        for one in (self.ours, self.twin):
            eventually(one.observed, f"the controller observes {one.ref}")

    def delete_revision(self, place: int) -> None:
        """Delete the same ReplicaSet or ControllerRevision of both, if there is one in both."""
        views = (self.ours.view(), self.twin.view())
        if not views[0].is_alike(views[1]) or not views[0].revisions:
            return
        self.note(f"delete revision {number(views[0].revisions[place % len(views[0].revisions)])}")
        for one, view in zip((self.ours, self.twin), views, strict=True):
            one.delete(view.revisions[place % len(view.revisions)], "replicasets" if self.kind == "Deployment" else "controllerrevisions")

    def delete_pods(self, place: int, *, force: bool) -> None:
        """Delete one pod of each."""
        for one in (self.ours, self.twin):
            pods = one.view().pods
            if pods:
                pod = pods[place % len(pods)]
                self.note(f"delete pod {pod['metadata']['name']}{' at once' if force else ''}")
                one.delete(pod, "pods", force=force)

    def news(self, seconds: float) -> None:
        """Wait until something changes in our workload."""
        before = self.ours.workload()["metadata"]["resourceVersion"]
        deadline = time.monotonic() + seconds
        while self.ours.workload()["metadata"]["resourceVersion"] == before and time.monotonic() < deadline:
            time.sleep(0.05)

    # --- what the collection does to one and kubectl to the other ---------------------------------------------------------------

    def pause(self, *, paused: bool) -> None:
        """Pause or resume; ours is content with what is so already."""
        module = "pause" if paused else "resume"
        was = bool(self.ours.workload()["spec"].get("paused"))
        options = {} if paused else {"wait": False}
        result, done = self.ours.ours(module, **options), self.twin.kubectl("rollout", module, self.twin.ref, check=False)
        self.note(f"{module}: {result['msg']} | {done.stdout or done.stderr}".strip())
        if bool(done.code) != (was == paused) or result.get("failed") or result["changed"] != (was != paused):
            raise Disagreement(f"{module} where paused is {was}: kubectl {done}, ours {result}")
        if self.ours.workload()["spec"].get("paused", False) != paused:
            raise Disagreement(f"{module} did not do it: {result}")
        self.tally.counted[module] += 1
        if done.code:
            self.tally.deviations["pause_and_resume_are_idempotent"] += 1

    def restart(self) -> None:
        """Restart both; a second time within a second is the same to kubectl."""
        while time.monotonic() < self.restarted + 1.1:
            time.sleep(0.05)
        before = self.ours.view()
        if timeless(before.workload["spec"]["template"]) != timeless(self.twin.workload()["spec"]["template"]):
            self.tally.moved["restart"] += 1
            return
        result = self.ours.ours("restart", wait=False)
        done = self.twin.kubectl("rollout", "restart", self.twin.ref, check=False)
        self.restarted = time.monotonic()
        self.note(f"restart: {result['msg']} | {done.stdout or done.stderr}".strip())
        if bool(done.code) != bool(result.get("failed")) or bool(done.code) == result["changed"]:
            raise Disagreement(f"restart: kubectl {done}, ours {result}")
        after, other = self.ours.workload(), self.twin.workload()
        if timeless(after["spec"]["template"]) != timeless(other["spec"]["template"]):
            raise Disagreement(f"restart: kubectl made {other['spec']['template']}, ours {after['spec']['template']}")
        if unchanging(before.workload) != unchanging(after):
            raise Disagreement(f"restart changed more than the template: {after['spec']}")
        self.tally.counted["restart"] += 1
        if result["changed"]:
            cause = annotations_of(after).get(CHANGE_CAUSE, "")
            if not cause.startswith("restart"):
                raise Disagreement(f"restart: the change cause is {cause}")
            self.tally.deviations["the_change_cause_tells_of_the_restart"] += 1
            self.twin.patch({"metadata": {"annotations": {CHANGE_CAUSE: cause}}})

    def undo(self, revision: int | None) -> None:
        """Undo ours by the collection and the twin by kubectl, and compare what comes of it."""
        self.settle()
        before, other = self.ours.view(), self.twin.view()
        known = revision in before.numbers()
        if not before.is_alike(other) or (revision in other.numbers() and not known):
            self.note(f"the twins have drifted apart: {before.numbers()} {other.numbers()}")
            self.tally.moved["undo"] += 1
            return
        theirs = other.numbers()[before.numbers().index(revision)] if revision is not None and known else revision
        arguments = () if theirs is None else (f"--to-revision={theirs}",)
        done = self.twin.kubectl("rollout", "undo", self.twin.ref, *arguments, check=False)
        options = {} if revision is None else {"revision": revision}
        result = self.ours.ours("undo", wait=False, **options)
        self.note(f"undo {revision or ''}: {result['msg']} | {done.stdout or done.stderr}".strip())
        self.settle()
        after, other_after = self.ours.view(), self.twin.view()
        undone = Undone(
            before=before.workload,
            after=after.workload,
            twin_after=other_after.workload,
            revision=revision,
            kubectl=done,
            result=result,
            history=before.numbers(),
            templates=[template_of(revision) for revision in before.revisions],
        )
        if "broke off" in result["msg"]:
            raise Disagreement(f"undo broke off: {result}")
        differences = list(outcome(undone, (before, after), (other, other_after)))
        if not differences:
            self.tally.counted["undo"] += 1
            self._annotations(undone)
            self._same_annotations(undone)
            return
        name = next((name for name, holds in UNDO.items() if holds(undone)), "")
        if not name:
            raise Disagreement("undo: " + "\n".join(differences) + f"\nkubectl: {done}\nours: {result}")
        self.tally.counted["undo"] += 1
        self.tally.deviations[name] += 1
        self._reunite(undone)

    def _annotations(self, undone: Undone) -> None:
        ours, theirs = (annotations_of(obj) for obj in (undone.after, undone.twin_after))
        for name in sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)):
            deviation = next((entry for entry, holds in ANNOTATIONS.items() if holds(name, undone)), "")
            if not deviation:
                raise Disagreement(f"undo: annotation {name}: kubectl {theirs.get(name)}, ours {ours.get(name)}")
            self.tally.deviations[deviation] += 1

    def _reunite(self, undone: Undone) -> None:
        """Bring the twin to where ours is after a deviation; by a patch, which a pause does not keep from."""
        template = json.loads(json.dumps(undone.after["spec"]["template"]))
        patch = [{"op": "replace", "path": "/spec/template", "value": template}]
        self.note("the twin is given our template")
        self.twin.kubectl("patch", self.twin.ref, "--type=json", f"--patch={json.dumps(patch)}")
        self._same_annotations(undone)
        self.settle()

    def _same_annotations(self, undone: Undone) -> None:
        """The twin gets our change cause and, where it was brought into line, what was applied last: else the next apply merges wrongly."""
        applied = undone.after["metadata"].get("annotations", {}).get(LAST_APPLIED)
        if applied is not None and undone.result["changed"]:
            theirs = json.loads(applied)
            theirs["metadata"]["namespace"] = self.twin.namespace
            self.twin.patch({"metadata": {"annotations": {LAST_APPLIED: json.dumps(theirs)}}})
        cause = undone.after["metadata"].get("annotations", {}).get(CHANGE_CAUSE)
        self.twin.patch({"metadata": {"annotations": {CHANGE_CAUSE: cause}}})

    def heal(self, image: str) -> None:
        """Roll something good out at last: our wait must not fail, and kubectl must agree as soon as it has ended."""
        pods = {
            "metadata": {"annotations": {"$patch": "replace", "healed": "yes"}},
            "spec": {"containers": [{"name": NAME, "image": image}]},
        }
        spec: Object = {"template": pods}
        if self.kind == "Deployment":
            spec |= {"paused": None, "progressDeadlineSeconds": 600}
        else:
            spec |= {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0} if self.kind == "StatefulSet" else None}}
        self.patch({"spec": spec})
        self.settle()
        for one in (self.ours, self.twin):
            for pod in one.view().pods if self.kind == "StatefulSet" else ():
                if not is_ready(pod):  # It would stay on the template that failed for ever.
                    one.delete(pod, "pods")
            result = one.ours("wait", wait_timeout=300, progress="off")
            self.note(f"wait: {result['msg']}")
            saying = kubectl_saying(one.kubectl("rollout", "status", one.ref, "--watch=false", check=False))
            if result.get("failed") or saying.state != "done":
                raise Disagreement(f"wait ended with {result}, and kubectl says {saying.text}")
            self.tally.counted["wait"] += 1

    # --- comparisons ------------------------------------------------------------------------------------------------------------

    def compare(self) -> None:
        """Compare the status of both, and our history when it has changed; at the same time, as most of it is waiting for processes."""
        todo: list[tuple[str, Twin, Callable[[Twin], str | None]]] = [
            ("status", self.ours, self._status),
            ("status", self.twin, self._status),
        ]
        seen = [(number(obj), obj["metadata"]["uid"], obj["metadata"].get("annotations")) for obj in self.ours.view().revisions]
        if seen != self.seen:
            self.seen = seen
            todo.append(("history", self.ours, self._history))
        with ThreadPoolExecutor(max_workers=len(todo)) as pool:
            found = list(pool.map(lambda job: self._standing_still(job[1], job[2]), todo))
        for (what, _, _), deviation in zip(todo, found, strict=True):
            (self.tally.moved if deviation is None else self.tally.counted)[what] += 1
            if deviation:
                self.tally.deviations[deviation] += 1

    def _standing_still(self, one: Twin, compare: Callable[[Twin], str | None]) -> str | None:
        """Compare until it counts, a few times at most unless patient; return the deviation seen, None if it never counted."""
        found: list[str | None] = []

        def counts() -> bool:
            found.append(compare(one))
            return found[-1] is not None or (len(found) == ATTEMPTS and not self.patient)

        eventually(counts, f"{one.ref} stands still while it is compared")
        return found[-1]

    def _status(self, one: Twin) -> str | None:
        before = one.view()
        theirs = one.kubectl("rollout", "status", one.ref, "--watch=false", check=False)
        ours = one.ours("status_info")
        after = one.view()
        if before.version() != after.version():
            return None
        case = Case(
            workload=after.workload | {"kind": one.kind},
            revisions=after.revisions,
            pods=after.pods,
            kubectl=kubectl_saying(theirs),
            ours=our_saying(ours),
        )
        deviation = compare_status(case)
        if deviation:
            self.note(f"{deviation}: {theirs.stdout or theirs.stderr}".strip() + f" | {ours['msg']}")
        return deviation

    def _history(self, one: Twin) -> str | None:
        before = one.view()
        asked = number(before.revisions[len(self.journal) % len(before.revisions)]) if before.revisions else 0
        table = one.kubectl("rollout", "history", one.ref).stdout
        whole = one.kubectl("rollout", "history", one.ref, "--output=json").stdout
        single = one.kubectl("rollout", "history", one.ref, "--output=json", f"--revision={asked}", check=False).stdout if asked else ""
        result = one.ours("history_info", **({"revision": asked} if asked else {}))
        if before.revisions_version() != one.view().revisions_version():
            return None
        if result.get("failed"):
            raise Disagreement(f"history_info failed: {result}\nkubectl: {table}")
        theirs, (rollout,) = kubectl_history(table, whole), result["rollouts"]
        ours = [(entry["revision"], entry["change_cause"].strip()) for entry in rollout["revisions"]]
        if ours != [(entry.number, entry.cause) for entry in theirs]:
            raise Disagreement(f"history: kubectl {table}ours {ours}")
        self._templates(one, theirs, asked, single, rollout)
        return ""

    def _templates(self, one: Twin, theirs: list[Entry], asked: int, single: str, rollout: Mapping[str, Any]) -> None:
        for entry, revision in zip(theirs, rollout["revisions"], strict=True):
            images = {container["name"]: container["image"] for container in entry.template["spec"]["containers"]}
            if revision["images"] != images:
                raise Disagreement(f"history: images of revision {entry.number}: kubectl {images}, ours {revision['images']}")
        if asked:
            (shown,) = documents(single)
            template = without_hash(shown["spec"]["template"])
            if without_hash(rollout["template"]) != template:
                raise Disagreement(f"history of {one.ref}, revision {asked}: kubectl {template}, ours {rollout['template']}")


def annotations_of(workload: Object) -> dict[str, str]:
    """Return a workload's annotations without what twins need not share: the number, and the namespace in what kubectl applied last."""
    found = dict(workload["metadata"].get("annotations", {}))
    for name in ("deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"):
        found.pop(name, None)
    if LAST_APPLIED in found:
        applied = json.loads(found[LAST_APPLIED])
        applied["metadata"].pop("namespace", None)
        found[LAST_APPLIED] = json.dumps(applied, sort_keys=True)
    return found


def unchanging(workload: Object) -> Object:
    """Return what an undo or a restart must leave as it is: all of the spec but the template."""
    return {key: value for key, value in workload["spec"].items() if key != "template"}


def outcome(undone: Undone, ours: tuple[View, View], theirs: tuple[View, View]) -> Iterator[str]:
    """Say in what our undo ended differently from kubectl's."""
    if bool(undone.kubectl.code) != bool(undone.result.get("failed")):
        yield "one failed and the other did not"
    if timeless(undone.after["spec"]["template"]) != timeless(undone.twin_after["spec"]["template"]):
        yield f"templates: kubectl {undone.twin_after['spec']['template']}, ours {undone.after['spec']['template']}"
    if unchanging(undone.after) != unchanging(undone.before):
        yield f"the spec besides the template: before {unchanging(undone.before)}, after {unchanging(undone.after)}"
    if ours[1].templates() != theirs[1].templates():
        yield f"the order of revisions: kubectl {theirs[1].templates()}, ours {ours[1].templates()}"
    if ours[1].given(ours[0]) != theirs[1].given(theirs[0]):
        yield f"new numbers: kubectl {theirs[0].numbers()} -> {theirs[1].numbers()}, ours {ours[0].numbers()} -> {ours[1].numbers()}"
    changed = undone.before["spec"]["template"] != undone.after["spec"]["template"]
    if undone.result["changed"] != changed:
        yield f"changed is {undone.result['changed']}"


@contextmanager
def pair(cluster: Cluster, kind: str, tally: Tally, *, patient: bool = False) -> Iterator[Pair]:
    """Give two fresh namespaces for twins; they are deleted at the end without waiting."""
    client = config.new_client_from_config(config_file=str(cluster.kubeconfig))
    word = uuid.uuid4().hex[:6]
    twins = [
        Twin(
            cluster=cluster,
            kind=kind,
            namespace=f"side-by-side-{word}-{side}",
            pool=client.rest_client.pool_manager,
            host=client.configuration.host,
        )
        for side in ("ours", "twin")
    ]
    with cluster.fresh_namespace(twins[0].namespace), cluster.fresh_namespace(twins[1].namespace):
        yield Pair(ours=twins[0], twin=twins[1], tally=tally, patient=patient)
