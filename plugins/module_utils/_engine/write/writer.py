# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one writer: what a write would do, by dry run, and then the write itself.

What came from a definition is written by server-side apply of one manager, its undo included; a change of fields that are not ours
by a JSON patch that tests what it replaces. Fields of people's tools are taken over first, those of controllers never are
(`_domain.ownership.owners` has the rules). The order of the writes makes every interruption harmless: a hand-over or a take-over alone
changes who owns fields and no value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from ..._domain.base.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    InvalidError,
    MissingError,
    NotFoundError,
    RefusedError,
    RolloutError,
)
from ..._domain.base.objects import JsonObject, JsonValue, Ref, at, items, mapping, number, ref_of, replaced, text, texts, uid_of, without
from ..._domain.base.ports import Cluster, PatchOperation
from ..._domain.base.resources import HPA, SECRET, Resource
from ..._domain.definitions.custom import CRD, served_kinds
from ..._domain.kinds import WORKLOADS
from ..._domain.ownership.borrowed import STRATEGY_FIELD, applied_back
from ..._domain.ownership.fields import FieldSet, extract, is_empty, remove, under
from ..._domain.ownership.foreign import foreign_controller, helm_release
from ..._domain.ownership.formers import given_back
from ..._domain.ownership.immutable import changed_fields, fixed_sentence
from ..._domain.ownership.owners import (
    APPLY_MANAGER,
    HANDOVER_MANAGER,
    PATCH_MANAGER,
    Takeover,
    applied_fields,
    assumed_answer,
    by_whom,
    conflict_sentence,
    forced_notes,
    handover,
    last_writer,
    restart_only,
    scaled_by,
    takeover,
    unrestarted,
)
from ..._domain.request import Cause, Target
from ..._domain.steps.changes import content, describe, patch_between
from ..._domain.steps.step import Apply, Disown, Edit, Replace, Write
from ..._domain.text.causes import signed
from ..._domain.workloads.records import RECORDS
from ..._domain.workloads.revisions import same_template
from ..._domain.workloads.workload import CHANGE_CAUSE
from ..observe.namesakes import missing
from .coming import Coming, await_served, patiently

T = TypeVar("T")

# While a rollout runs, each status update may come between our read and our write: those end by themselves.
_TRIES = 20
_RESENDS = 100
"""How often a write is sent once more where nothing but the version of the object has changed: that costs one read, no new plan."""
_MANY = 4
"""From so many objects of one kind and namespace on they are read together, although others may lie there too."""
_CAUSE_PATH = ("metadata", "annotations", CHANGE_CAUSE)
NO_CAUSE = Cause()


@dataclass(frozen=True)
class Planned:
    """One write as the server would carry it out: the object before and after, and the requests that lead there."""

    ref: Ref
    resource: Resource
    write: Write
    before: JsonObject | None
    after: JsonObject
    route: Literal["none", "apply", "patch"]
    body: JsonObject
    operations: tuple[PatchOperation, ...] = ()
    handover: JsonObject | None = None
    taken_over: Takeover | None = None
    notes: tuple[str, ...] = ()
    former: JsonObject | None = None
    """Of a new object the one that it stands in for from now on, for the diff."""
    needs: str = ""
    """What comes with the same definition, so that the server could not be asked what becomes of this; empty where it was asked."""

    @property
    def changed(self) -> bool:
        """The write changes something."""
        return self.route != "none"

    @property
    def template_changed(self) -> bool:
        """The write changes the pod template: a rollout starts (also by the first creation)."""
        return self.changed and template_differs(self.before, self.after)


def template_differs(before: JsonObject | None, after: JsonObject) -> bool:
    """The pod templates of two states of an object differ; always for a new object."""
    return before is None or not same_template(mapping(before, "spec", "template"), mapping(after, "spec", "template"))


@dataclass(frozen=True)
class _Facts:
    """What decides about ownership and does not stand in the object; None is: not known, or does not apply."""

    helm_release_exists: bool | None
    autoscaled: bool | None

    @property
    def owners(self) -> dict[str, bool | None]:
        """As keyword arguments of the rules of ownership."""
        return {"helm_release_exists": self.helm_release_exists, "autoscaled": self.autoscaled}


class Writer:
    """Plans and carries out writes to one cluster.

    `guard` is called right before each write and raises when this process must not write any more; `wrote` after it, also where the
    answer was lost. `approved`: somebody has approved the pod templates as they were planned.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        guard: Callable[[], None],
        take_ownership: bool = False,
        wrote: Callable[[], None] = lambda: None,
        approved: bool = False,
    ) -> None:
        self._cluster = cluster
        self._guard = guard
        self._force = take_ownership
        self._wrote = wrote
        self._approved = approved
        self._hpas: dict[str, tuple[JsonObject, ...] | None] = {}
        self._coming = Coming()
        self._fetched: dict[Ref, JsonObject | None] = {}

    def prefetch(self, targets: Iterable[Target]) -> None:
        """Read what will be planned, where that are many of one kind and namespace: by one request instead of one each."""
        groups: dict[tuple[Resource, str], set[Ref]] = {}
        for target in targets:
            groups.setdefault((target.resource, target.ref.namespace), set()).add(target.ref)
        for (resource, namespace), refs in groups.items():
            if len(refs) < _MANY:
                continue
            try:
                page = self._cluster.list(resource, namespace)
            except ForbiddenError:
                continue  # The right to read them one by one is enough.
            found: dict[Ref, JsonObject | None] = {ref_of(item): item for item in page.items}
            self._fetched.update({ref: found.get(ref) for ref in refs})

    def look(self, resource: Resource, ref: Ref) -> JsonObject | None:
        """The live object, read ahead of its plan."""
        if ref not in self._fetched:
            self._fetched[ref] = self._cluster.read(resource, ref.namespace, ref.name)
        return self._fetched[ref]

    def _read(self, resource: Resource, ref: Ref) -> JsonObject | None:
        """The live object; what was fetched for all counts once, so that planning again sees what is there then."""
        if ref in self._fetched:
            return self._fetched.pop(ref)
        return self._cluster.read(resource, ref.namespace, ref.name)

    def plan(self, resource: Resource, ref: Ref, write: Write, *, cause: Cause = NO_CAUSE) -> Planned:
        """What the write would do now. `cause` is for the change cause of a changed template.

        Raises `RefusedError` for what belongs to another controller, `InputError` for an edit of a missing object, `ClusterError`
        for what the server refuses.
        """
        for _attempt in range(_TRIES - 1):
            try:
                return self._plan(resource, ref, write, cause=cause)
            except ConflictError:
                continue  # A dry run met what somebody, a controller perhaps, had written since we read the object.
        return self._plan(resource, ref, write, cause=cause)

    def _plan(self, resource: Resource, ref: Ref, write: Write, *, cause: Cause) -> Planned:
        needed = self._coming.kind(resource)
        if needed and isinstance(write, Apply):
            return _unasked(resource, ref, write, None, write.manifest, needed)
        live = self._read(resource, ref)
        if live is not None:
            self._refuse_foreign(ref, live)
        if isinstance(write, Apply):
            planned = self._plan_manifest(resource, ref, write, live, cause)
            if planned.changed or (resource == CRD and not served_kinds(live)):
                self._coming.note(resource, live, planned.after)
            return planned
        if live is None:
            raise MissingError(
                f"{missing(ref, self._cluster)}, so there is nothing to change; correct kind, name and namespace, or give its manifest by "
                "definition."
            )
        if isinstance(write, Disown):
            return _plan_release(resource, ref, write, live)
        if isinstance(write, Replace):
            return self._plan_replacement(resource, ref, write, live)
        return self._plan_change(resource, ref, write, live, cause)

    def _plan_change(self, resource: Resource, ref: Ref, write: Edit, live: JsonObject, cause: Cause) -> Planned:
        if write.demand is not None:
            write.demand(live)
        edited = write.edit(live)
        if content(edited) == content(live):
            return Planned(ref=ref, resource=resource, write=write, before=live, after=live, route="none", body=live)
        if template_differs(live, edited) and not write.tells_cause and text(edited, *_CAUSE_PATH) == text(live, *_CAUSE_PATH):
            edited = _with_cause(edited, _spelled(cause, live, edited))
        return self._plan_edit(resource, ref, write, live, edited)

    def _plan_manifest(self, resource: Resource, ref: Ref, write: Apply, live: JsonObject | None, cause: Cause) -> Planned:
        """What a manifest would do; where the server cannot know yet, as something that comes along must be there first, its own words."""
        try:
            return self._plan_apply(resource, ref, write, live, write.manifest, cause=cause)
        except (InvalidError, NotFoundError) as error:
            needed = self._coming.excuse(resource, error)
            if not needed:
                raise
            return _unasked(resource, ref, write, live, write.manifest, needed)

    def execute(self, planned: Planned, *, cause: Cause = NO_CAUSE) -> Planned:
        """Carry the write out; the result is the plan that was carried out, with what the server answered in `after`.

        A conflict means that somebody wrote between plan and write: it is planned again, a few times, and what follows from the new
        state is written. Raises `ConflictError` when that does not end.
        """
        if planned.needs:
            self._coming = Coming()  # By now it is there.
            first = planned
            planned = replace(patiently(lambda: self.plan(first.resource, first.ref, first.write, cause=cause)), former=first.former)
        resends, plans = _RESENDS, _TRIES - 1
        while planned.changed:
            try:
                written = replace(planned, after=self._write(planned))
            except ConflictError as conflict:
                again = self._with_new_version(planned) if resends and not conflict.managers else None
                if again is not None:
                    resends -= 1
                    planned = again
                    continue
                if not plans:
                    raise
                plans -= 1
                former = planned
                planned = self.plan(planned.resource, planned.ref, planned.write, cause=cause)
                self._refuse_unapproved(former, planned)
                continue
            return self._served(written)
        return self._served(planned)

    def _refuse_unapproved(self, former: Planned, planned: Planned) -> None:
        """Raise `RefusedError` where a template was approved and would become another one, as somebody has changed it since the plan."""
        if not self._approved or planned.resource.kind not in WORKLOADS:
            return
        wanted, found = (unrestarted(mapping(entry.after, "spec", "template")) for entry in (former, planned))
        if not same_template(wanted, found):
            by = by_whom(planned.before, "spec", "template")
            raise RefusedError(
                f"{planned.ref} was given another template{by} after the plan was compared with what was approved; "
                "it was left alone, as something else would come of it. Look at the plan in check mode and approve that."
            )

    def _served(self, written: Planned) -> Planned:
        """The write itself, once the cluster serves what it defines: also where an earlier run was killed right after it."""
        if written.resource == CRD and (written.changed or not served_kinds(written.after)):
            await_served(self._cluster, written.after)
        return written

    def _with_new_version(self, planned: Planned) -> Planned | None:
        """The same write for the object as it is now; None where more than its status has changed, or it is planned in several writes."""
        before = planned.before
        if planned.route != "apply" or before is None or planned.taken_over is not None or planned.handover is not None:
            return None
        live = self._cluster.read(planned.resource, planned.ref.namespace, planned.ref.name)
        same = live is not None and uid_of(live) == uid_of(before) and _unversioned(live) == _unversioned(before)
        return replace(planned, before=live) if same else None

    def delete(self, resource: Resource, ref: Ref, uid: str) -> bool:
        """Delete the very object with that UID; False when it is gone already."""
        return self._carried_out(lambda: self._cluster.delete(resource, ref.namespace, ref.name, uid=uid))

    def evict(self, ref: Ref, uid: str) -> str:
        """Evict the very pod with that UID; empty when it goes or is gone already, else why it may not go now."""
        self._guard()
        held = self._cluster.evict(ref.namespace, ref.name, uid=uid)
        if not held:
            self._wrote()
        return held

    # --- planning -------------------------------------------------------------------------------------------------------------

    def _plan_edit(self, resource: Resource, ref: Ref, write: Edit, live: JsonObject, edited: JsonObject) -> Planned:
        """By apply of our manager where the template came from a definition of ours, if that leads to the same outcome; else by patch."""
        ours = applied_fields(live)
        if not write.single and not is_empty(under(ours, "spec", "template")):
            base = _identified(extract(live, ours), live)
            try:
                body = write.edit(base)
            except InputError:
                body = base  # The part that we applied lacks the container: somebody else's field, so a patch.
            body = _keeping(without(body, *_CAUSE_PATH), edited)
            planned = self._plan_apply(resource, ref, write, live, body, cause=NO_CAUSE)
            if not template_differs(planned.after, edited) and _manner(planned.after) == _manner(edited):
                return planned
        operations = (*_at_spec_of(live), *patch_between(content_with_version(live), content_with_version(edited)))
        after = self._cluster.json_patch(resource, ref.namespace, ref.name, operations, manager=PATCH_MANAGER, dry_run=True)
        if content(after) == content(live):
            # The server drops what is behind a feature gate.
            return Planned(ref=ref, resource=resource, write=write, before=live, after=live, route="none", body=live)
        return Planned(ref=ref, resource=resource, write=write, before=live, after=after, route="patch", body=edited, operations=operations)

    def _plan_replacement(self, resource: Resource, ref: Ref, write: Replace, live: JsonObject) -> Planned:
        """One field as a whole. Raises `RefusedError`, naming who it was, when somebody has written another value meanwhile."""
        found = at(live, *write.path)
        if found == write.value:
            return Planned(ref=ref, resource=resource, write=write, before=live, after=live, route="none", body=live)
        if found != write.expected:
            who = last_writer(live, *write.path)
            raise RefusedError(
                f"{'.'.join(write.path)} of {ref} was changed meanwhile{f' by {who}' if who else ''}: it is {json.dumps(found)} and was "
                f"{json.dumps(write.expected)}; look at it and run the task again."
            )
        pointer = "/" + "/".join(write.path)
        operations = (PatchOperation("test", pointer, write.expected), PatchOperation("replace", pointer, write.value))
        after = self._cluster.json_patch(resource, ref.namespace, ref.name, operations, manager=PATCH_MANAGER, dry_run=True)
        return Planned(ref=ref, resource=resource, write=write, before=live, after=after, route="patch", body=after, operations=operations)

    def _plan_apply(
        self, resource: Resource, ref: Ref, write: Write, live: JsonObject | None, manifest: JsonObject, *, cause: Cause
    ) -> Planned:
        cause = replace(cause, why=text(manifest, *_CAUSE_PATH) or cause.why)
        body: JsonObject = without(manifest, *_CAUSE_PATH)
        if live is None:
            return self._plan_creation(resource, ref, write, body, cause)
        facts = self._facts(resource, ref, live)
        if facts.autoscaled:
            body = without(body, "spec", "replicas")
        body = _keeping(body, live)
        if isinstance(write, Apply) and not write.borrows:
            body = applied_back(body, live)
        answer, refused = self._answer(resource, live, body)
        refusal = None if self._force else conflict_sentence(live, answer, **facts.owners)
        if refusal:
            raise RefusedError(refusal)
        taken, predicted = self._predict(resource, live, answer, facts, keep_restart=False)
        if restart_only(live, predicted):
            taken, predicted = self._predict(resource, live, answer, facts, keep_restart=True)
        if refused is not None and is_empty(taken.removed):
            raise refused
        handed = _handover(resource, live, body, taken)
        if handed is not None:
            predicted = replaced(predicted, ("spec", "replicas"), at(live, "spec", "replicas"))
        if content(predicted) == content(live):
            return Planned(ref=ref, resource=resource, write=write, before=live, after=live, route="none", body=body)
        if resource.kind in WORKLOADS and template_differs(live, predicted):
            wanted = _spelled(cause, live, predicted)
            body, predicted = _with_cause(body, wanted), _with_cause(predicted, wanted)
        return Planned(
            ref=ref,
            resource=resource,
            write=write,
            before=live,
            after=predicted,
            route="apply",
            body=body,
            handover=handed,
            taken_over=taken if taken.managed_fields is not None else None,
            notes=taken.notes + (forced_notes(live, answer) if self._force else ()),
        )

    def _answer(self, resource: Resource, live: JsonObject, body: JsonObject) -> tuple[JsonObject, InvalidError | None]:
        """The object after a forced apply, by dry run. What the server refuses may be valid all the same once old fields are gone (a
        variable's value where the manifest has valueFrom): then what the apply would make of it is assumed, and a dry update asked."""
        try:
            return self._cluster.apply(resource, body, manager=APPLY_MANAGER, dry_run=True, force=True), None
        except InvalidError as error:
            if error.status not in (403, 422):
                raise  # The manifest itself cannot be read, whatever it meets.
            _refuse_fixed(error, live, body, applied_fields(live))
            return assumed_answer(live, body), error

    def _predict(
        self, resource: Resource, live: JsonObject, answer: JsonObject, facts: _Facts, *, keep_restart: bool
    ) -> tuple[Takeover, JsonObject]:
        """What is taken over, and the object after that and the apply: where fields go, a dry update tells what defaults return."""
        taken = takeover(live, applied_fields(answer), answer=answer, take_ownership=self._force, keep_restart=keep_restart, **facts.owners)
        if is_empty(taken.removed):
            return taken, answer
        lacking: JsonObject = remove(without(answer, "metadata", "managedFields"), taken.removed)
        lacking = replaced(lacking, ("metadata", "resourceVersion"), text(live, "metadata", "resourceVersion"))
        try:
            return taken, self._cluster.update(resource, lacking, manager=APPLY_MANAGER, dry_run=True)
        except InvalidError as error:
            _refuse_fixed(error, live, lacking, taken.removed)
            raise

    def _plan_creation(self, resource: Resource, ref: Ref, write: Write, body: JsonObject, cause: Cause) -> Planned:
        if resource.kind in WORKLOADS:
            body = _with_cause(body, signed(cause.why or "first rollout", cause.by))
        needed = self._coming.namespace(ref)
        if needed:
            return _unasked(resource, ref, write, None, body, needed)
        predicted = self._cluster.apply(resource, body, manager=APPLY_MANAGER, dry_run=True)
        return Planned(ref=ref, resource=resource, write=write, before=None, after=predicted, route="apply", body=body)

    def _facts(self, resource: Resource, ref: Ref, live: JsonObject) -> _Facts:
        """What decides about ownership and does not stand in the object: its Helm release, its autoscaler."""
        release = helm_release(live)
        exists = self._release_exists(*release) if release is not None else None
        if resource.kind not in WORKLOADS:
            return _Facts(helm_release_exists=exists, autoscaled=None)
        hpas = self._autoscalers(ref.namespace)
        return _Facts(helm_release_exists=exists, autoscaled=None if hpas is None else scaled_by(hpas, ref) is not None)

    def _autoscalers(self, namespace: str) -> tuple[JsonObject, ...] | None:
        """The namespace's autoscalers; None when we may not look, and then replicas that one of them owns show as a conflict."""
        if namespace not in self._hpas:
            try:
                self._hpas[namespace] = self._cluster.list(HPA, namespace).items
            except (ForbiddenError, NotFoundError):
                self._hpas[namespace] = None
        return self._hpas[namespace]

    def _release_exists(self, namespace: str, name: str) -> bool:
        """Whether a Helm release still has its Secrets; without the right to look it counts as there."""
        try:
            return bool(self._cluster.list(SECRET, namespace, labels=f"owner=helm,name={name}").items)
        except ForbiddenError:
            return True

    def _refuse_foreign(self, ref: Ref, live: JsonObject) -> None:
        refusal = foreign_controller(live, take_ownership=self._force)
        if refusal:
            raise RefusedError(refusal)
        release = helm_release(live)
        if release is not None and not self._force and self._release_exists(*release):
            raise RefusedError(
                f"{ref} belongs to the Helm release {'/'.join(release)}; change it through Helm, or set take_ownership: true."
            )

    # --- writing --------------------------------------------------------------------------------------------------------------

    def _write(self, planned: Planned) -> JsonObject:
        cluster, ref, resource, before = self._cluster, planned.ref, planned.resource, planned.before
        if planned.route == "patch":
            operations = planned.operations
            return self._carried_out(lambda: cluster.json_patch(resource, ref.namespace, ref.name, operations, manager=PATCH_MANAGER))
        latest = before or {}
        if planned.taken_over is not None and planned.taken_over.managed_fields is not None and before is not None:
            over = _ownership_patch(before, planned.taken_over)
            latest = self._carried_out(lambda: cluster.json_patch(resource, ref.namespace, ref.name, over, manager=APPLY_MANAGER))
        if planned.handover is not None:
            # With the version: it holds the replicas as they were then, and must not undo a scaling since.
            held = _at_version_of(latest, planned.handover)
            latest = self._carried_out(lambda: cluster.apply(resource, held, manager=HANDOVER_MANAGER, force=True))
        body = planned.body
        if before is not None:
            # With the version: the body holds all that we own as it was when it was planned, and must not undo what another run of ours
            # has written since. No conflict of managers would tell, as both are the same one.
            body = _at_version_of(latest, body)
        return self._carried_out(lambda: cluster.apply(resource, body, manager=APPLY_MANAGER, force=self._force))

    def _carried_out(self, request: Callable[[], T]) -> T:
        """What a writing request answers. Whoever counts the writes is told of it, also where nobody knows what became of it."""
        self._guard()
        try:
            answer = request()
        except RolloutError as error:
            if error.in_doubt:
                self._wrote()
            raise
        self._wrote()
        return answer


def _plan_release(resource: Resource, ref: Ref, write: Disown, live: JsonObject) -> Planned:
    """managedFields with these fields at who owned them before, and not at us. Nothing is written where that is so already."""
    kept = given_back(live, write.fields, write.before)
    if kept is None:
        return Planned(ref=ref, resource=resource, write=write, before=live, after=live, route="none", body=live)
    operations = _managed_as(live, kept)
    return Planned(ref=ref, resource=resource, write=write, before=live, after=live, route="patch", body=live, operations=operations)


def _at_version_of(latest: JsonObject, body: JsonObject) -> JsonObject:
    """A body that is refused where the object was changed since."""
    return replaced(body, ("metadata", "resourceVersion"), text(latest, "metadata", "resourceVersion"))


def _at_spec_of(live: JsonObject) -> tuple[PatchOperation, ...]:
    """What a patch tests so that it is refused where somebody has changed the spec since, or another object has the name: a patch that
    arrives late must not mix two versions. The generation counts changes of the spec, and not those of the status."""
    generation = number(live, "metadata", "generation")
    return PatchOperation("test", "/metadata/uid", uid_of(live)), PatchOperation("test", "/metadata/generation", generation)


def _manner(obj: JsonObject) -> tuple[str, bool]:
    """What an edit changes besides the template: an apply changes neither where our definition does not name it."""
    return text(obj, *STRATEGY_FIELD, "type"), mapping(obj, "spec").get("paused") is True


def _unasked(resource: Resource, ref: Ref, write: Write, live: JsonObject | None, body: JsonObject, needed: str) -> Planned:
    """A write whose outcome the server cannot tell yet."""
    return Planned(ref=ref, resource=resource, write=write, before=live, after=body, route="apply", body=body, needs=needed)


def _refuse_fixed(error: InvalidError, live: JsonObject, wanted: JsonObject, dropped: FieldSet) -> None:
    """Raise `RefusedError` where the server refuses to change a field that nobody may change, and we know which and the way out;
    `dropped`: those that may go away."""
    fields = changed_fields(live, wanted, dropped) if error.fixed else ()
    if fields:
        besides = f"{ref_of(live)} is refused by the server: {error.besides}. Besides: " if error.besides else ""
        raise RefusedError(f"{besides}{fixed_sentence(live, fields)}")


def _keeping(body: JsonObject, live: JsonObject) -> JsonObject:
    """The change cause stays as it is while the template does, so that our apply neither drops nor changes it; our records stay always."""
    kept = texts(live, "metadata", "annotations")
    for name in (CHANGE_CAUSE, *RECORDS):
        if kept.get(name) and not text(body, "metadata", "annotations", name):
            body = replaced(body, ("metadata", "annotations", name), kept[name])
    return body


def _spelled(cause: Cause, before: JsonObject, after: JsonObject) -> str:
    """The change cause of a new template: what the task says, else a description of the change."""
    why = cause.why or describe(mapping(before, "spec", "template"), mapping(after, "spec", "template"), cause.news)
    return signed(why, cause.by)


def _with_cause(obj: JsonObject, cause: str) -> JsonObject:
    return replaced(obj, _CAUSE_PATH, cause)


def _identified(part: JsonObject, live: JsonObject) -> JsonObject:
    """A part of a workload with what an apply needs to find it."""
    named: dict[str, JsonValue] = {key: text(live, "metadata", key) for key in ("name", "namespace")}
    metadata = {**mapping(part, "metadata"), **named}
    return {**part, "apiVersion": text(live, "apiVersion"), "kind": text(live, "kind"), "metadata": metadata}


def _handover(resource: Resource, live: JsonObject, body: JsonObject, taken: Takeover) -> JsonObject | None:
    """A manifest that leaves replicas out leaves them alone: where they are ours, a second manager holds them before we let go
    (dropping a field that only we own resets it to 1)."""
    if resource.kind not in WORKLOADS or at(body, "spec", "replicas") is not None:
        return None
    held = live if taken.managed_fields is None else replaced(live, ("metadata", "managedFields"), taken.managed_fields)
    return handover(held)


def _unversioned(obj: JsonObject) -> JsonObject:
    """What must be the same for a write to be sent once more: all but the status, the version, and who owns the status."""
    metadata = {key: value for key, value in mapping(obj, "metadata").items() if key not in ("resourceVersion", "managedFields")}
    entries = [entry for entry in items(obj, "metadata", "managedFields") if text(entry, "subresource") != "status"]
    return {**without(obj, "status"), "metadata": {**metadata, "managedFields": entries}}


def content_with_version(obj: JsonObject) -> JsonObject:
    """The object for a JSON patch: without status and managedFields, which are not ours to write."""
    return without(without(obj, "status"), "metadata", "managedFields")


def _ownership_patch(before: JsonObject, taken: Takeover) -> tuple[PatchOperation, ...]:
    return _managed_as(before, taken.managed_fields)


def _managed_as(before: JsonObject, entries: JsonValue) -> tuple[PatchOperation, ...]:
    """Replace managedFields as a whole, if nothing was written since: the test on resourceVersion covers everything."""
    return (
        PatchOperation("test", "/metadata/uid", uid_of(before)),
        PatchOperation("test", "/metadata/resourceVersion", text(before, "metadata", "resourceVersion")),
        # add, as an object may have none yet
        PatchOperation("add", "/metadata/managedFields", entries),
    )
