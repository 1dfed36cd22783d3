# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns which field of a live object, what of it we take over, and what we refuse to touch.

Server-side apply removes what its manager owned and does not name any more, and nothing else. So a definition replaces what somebody
applied before only if the former manager's fields are merged into our Apply entry of `metadata.managedFields` before we apply; forcing
alone leaves behind everything that the definition does not name. What is handed over depends on the tool that wrote it:

- Tools that apply whole manifests (kubectl in either way of applying, create and replace; Ansible's client; Helm once its release is
  gone) hand over all of labels, annotations and content. The annotation last-applied-configuration goes with it, being stale from
  now on: a later `kubectl apply` warns that it is missing, writes it anew and changes what its manifest names; without a record of
  what was applied before it removes nothing. The next apply of ours takes that over again.
- Tools for single changes (kubectl edit, set, patch, scale, rollout, label ...; browsers; our own JSON patches) hand over the pod
  template, because the whole template shall be what was asked for, and what the definition names. The rest stays theirs.
- Controllers, and managers that we do not know, hand over nothing. Where the definition gives their field another value, the apply
  conflicts, and `conflict_sentence` says so.

Never handed over unless the definition names it: `spec.replicas` (to drop it would reset it to 1), annotations in which controllers
keep their state. Never at all: status, metadata besides labels and annotations, entries at another apiVersion than ours (their paths
may mean something else; what they contradict shows as a conflict).

A restart annotation (`kubectl rollout restart`) is part of the template and goes when the template changes anyway. An apply that would
remove nothing else would restart all pods again: `restart_only` detects it and `takeover(..., keep_restart=True)` leaves it.

The way to an apply, each step seen on 1.36:

1. Dry run of the forced apply. The server may refuse it (422) although the definition is fine, because what others applied is still in
   it, or defaults that nobody owns: `value` beside `valueFrom`, `rollingUpdate` beside `Recreate`. Then `assumed_answer` takes its place.
2. `conflict_sentence` refuses; `takeover` tells what to write. If nothing is taken over, the answer of step 1 is what will be, and a
   422 stands.
3. Otherwise a dry run of an update with `removed` taken out of the answer shows what will be (defaults return), or what is wrong.
4. JSON patch of managedFields with a `test` of resourceVersion (`add`, as the field may be missing); changes no value and no generation.
5. Apply without force.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..base.objects import JsonObject, JsonValue, Ref, at, items, mapping, ref_of, replaced, text
from .fields import (
    FieldSet,
    at_root,
    difference,
    differing,
    intersection,
    is_empty,
    named,
    overlaid,
    paths,
    released,
    uncovered,
    under,
    union,
    within,
)

APPLY_MANAGER = "rollout.kubernetes"
"""Manager of our server-side apply."""
PATCH_MANAGER = "rollout.kubernetes-patch"
"""Manager of our JSON patches."""
HANDOVER_MANAGER = "rollout.kubernetes-replicas"
"""Manager that holds `spec.replicas` when a definition stops naming it."""
OURS = (APPLY_MANAGER, PATCH_MANAGER, HANDOVER_MANAGER)

_Kind = Literal["ours", "person", "controller", "unknown"]
_Habit = Literal["ours", "whole", "single", "deployer", "controller", "unknown"]

# By the manager's name, which is what a program calls itself or the first word of its user agent.
_HABITS: Mapping[str, _Habit] = {
    APPLY_MANAGER: "ours",
    PATCH_MANAGER: "ours",
    HANDOVER_MANAGER: "ours",
    **dict.fromkeys(
        (
            "kubectl",
            "kubectl-client-side-apply",
            "kubectl-create",
            "kubectl-expose",
            "kubectl-last-applied",
            "kubectl-replace",
            "kubectl-run",
            # The server's own name for who wrote an object before it had managedFields.
            "before-first-apply",
            # The Python client, in its present and its former name; Ansible's modules use it.
            "OpenAPI-Generator",
            "Swagger-Codegen",
            "ansible",
        ),
        "whole",
    ),
    **dict.fromkeys(
        # curl and its like write whatever they are told; what they wrote by hand is treated as a single change.
        ("oc", "k9s", "Lens", "OpenLens", "Freelens", "node-fetch", "Mozilla", "dashboard", "curl", "HTTPie", "python-requests"),
        "single",
    ),
    **dict.fromkeys(
        (
            *("helm", "Helm", "helm-controller", "kustomize-controller", "flux", "fleetagent", "kapp-server", "werf"),
            *("Terraform", "HashiCorp", "OpenTofu"),
        ),
        "deployer",
    ),
    **dict.fromkeys(
        ("kube-controller-manager", "kube-scheduler", "kube-apiserver", "kubelet", "flagger", "kruise-rollout", "rollouts-controller"),
        "controller",
    ),
}
_PREFIXES: tuple[tuple[str, _Habit], ...] = (("kubectl-", "single"), ("argocd", "deployer"), ("pulumi", "deployer"), ("vpa-", "controller"))
_HELM = frozenset({"helm", "Helm"})
_KINDS: Mapping[_Habit, _Kind] = {
    "ours": "ours",
    "whole": "person",
    "single": "person",
    "deployer": "controller",
    "controller": "controller",
    "unknown": "unknown",
}
_TEMPLATE = ("spec", "template")
_REPLICAS = ("spec", "replicas")
_TEMPLATE_ANNOTATIONS = (*_TEMPLATE, "metadata", "annotations")
# Annotations in which controllers and the server keep their state; an exported manifest that was applied again has them too.
_STATE = (
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
)
_LISTED = 4
# Nobody owns an object's name, and metadata does not go when the last label does.
_NAME: FieldSet = {"f:metadata": {"f:name": {}}}


@dataclass(frozen=True)
class Owner:
    """One entry of managedFields. `kind` tells ours, tools that people use, controllers (also GitOps and the like), and the rest."""

    manager: str
    operation: str
    subresource: str
    fields: FieldSet
    kind: _Kind


@dataclass(frozen=True)
class Takeover:
    """What to write before an apply so that it replaces what others applied before."""

    managed_fields: tuple[JsonObject, ...] | None
    """The whole new metadata.managedFields; None when nothing is taken over."""
    removed: FieldSet
    """What the apply after it removes: ours from then on, not in the definition, and owned by nobody else."""
    notes: tuple[str, ...]
    """One sentence per manager for the report; field names, never values."""


NO_TAKEOVER = Takeover(managed_fields=None, removed={}, notes=())


@dataclass(frozen=True)
class _Rules:
    """What decides about an entry besides its manager."""

    applied: FieldSet
    helm_gone: bool
    unscaled: bool
    take_ownership: bool = False
    keep_restart: bool = False


def owners(obj: JsonObject) -> tuple[Owner, ...]:
    """The entries of an object's managedFields, in their order."""
    return tuple(_owner(entry) for entry in items(obj, "metadata", "managedFields"))


def last_writer(obj: JsonObject, *path: str, besides: Collection[str] = ()) -> str:
    """The manager that wrote at or below a path of names last, not one of `besides`; empty where nobody is recorded."""
    entries = [
        entry
        for entry in items(obj, "metadata", "managedFields")
        if text(entry, "manager") not in besides and not is_empty(within(mapping(entry, "fieldsV1"), *path))
    ]
    return max(((text(entry, "time"), text(entry, "manager")) for entry in entries), default=("", ""))[1]


def by_whom(obj: JsonObject | None, *path: str) -> str:
    """Return " by" and the manager other than ours that wrote at or below a path last, for a message; empty where nobody is recorded."""
    who = last_writer(obj or {}, *path, besides=OURS)
    return f" by {who}" if who else ""


def applied_fields(obj: JsonObject) -> FieldSet:
    """What our server-side apply owns; of a dry run's answer: what it would own, which is what the definition names."""
    return next((owner.fields for owner in owners(obj) if _is_our_apply(owner)), {})


def takeover(
    live: JsonObject,
    applied: FieldSet,
    *,
    answer: JsonObject | None = None,
    helm_release_exists: bool | None = None,
    autoscaled: bool | None = None,
    take_ownership: bool = False,
    keep_restart: bool = False,
) -> Takeover:
    """What to take over from other managers before a definition is applied, by the rules of this module.

    `applied`: what our apply would own, from a forced dry run (`applied_fields`). `answer`: that dry run's object; where the live
    object has no managedFields at all, the entry that the server makes up for it stands only there. `helm_release_exists`: False when
    a release that the object names is gone. `autoscaled`: False when surely no HorizontalPodAutoscaler scales the workload, so that the
    replicas which a former one set are free. `take_ownership`: also take what GitOps tools and other deployers own. `keep_restart`:
    leave restart annotations of the template where they are.
    """
    claimed = _rolling_update(live, answer or {})
    rules = _Rules(
        applied=union(applied, claimed),
        helm_gone=helm_release_exists is False,
        unscaled=autoscaled is False,
        take_ownership=take_ownership,
        keep_restart=keep_restart,
    )
    entries = items(live, "metadata", "managedFields") or items(answer or {}, "metadata", "managedFields")
    ours = next((entry for entry in entries if _is_our_apply(_owner(entry))), None)
    version = text(ours or live, "apiVersion")
    taken: list[tuple[JsonObject, FieldSet]] = []
    left: list[JsonObject] = []
    for entry in entries:
        if entry is ours:
            continue
        part = _handed_over(_owner(entry), rules) if text(entry, "apiVersion") == version else {}
        rest = difference(mapping(entry, "fieldsV1"), part)
        if not is_empty(part):
            taken.append((entry, part))
        if not is_empty(rest):
            left.append(entry if is_empty(part) else replaced(entry, ("fieldsV1",), rest))
    parts = _all_of((*(part for _entry, part in taken), difference(claimed, _all_of(mapping(entry, "fieldsV1") for entry in entries))))
    if is_empty(parts):
        return NO_TAKEOVER
    entry = _our_entry(ours, parts, version, time=max((text(entry, "time") for entry, _part_of_it in taken), default=""))
    others = _all_of((_NAME, applied, *(mapping(other, "fieldsV1") for other in left)))
    return Takeover(
        managed_fields=(*left, entry),
        removed=released(difference(mapping(entry, "fieldsV1"), applied), others),
        # What one of our own names hands to another is no news.
        notes=tuple(_note(ref_of(live), text(entry, "manager"), part) for entry, part in taken if text(entry, "manager") not in OURS),
    )


def conflict_sentence(
    live: JsonObject, answer: JsonObject, *, helm_release_exists: bool | None = None, autoscaled: bool | None = None
) -> str | None:
    """Why a definition is refused because of single fields: who owns them with another value and does not hand them over.

    `answer` is the object after a forced dry run of the apply: what an owner lost there is what the definition contradicts. The
    others as for `takeover`. None when the apply will not conflict once `takeover` was carried out.
    """
    rules = _Rules(applied=applied_fields(answer), helm_gone=helm_release_exists is False, unscaled=autoscaled is False)
    lost = _contradicted(live, answer, rules)
    if not lost:
        return None
    parts = " and ".join(f"{_listed(fields)} (by {manager})" for manager, fields in lost.items())
    return (
        f"The definition contradicts what other managers set on {ref_of(live)}: {parts}; "
        "change it there, leave it out of the definition, or set take_ownership: true to take it over."
    )


def forced_notes(live: JsonObject, answer: JsonObject) -> tuple[str, ...]:
    """What a forced apply takes from managers that hand nothing over, one sentence per manager: the report of `take_ownership`."""
    lost = _contradicted(live, answer, _Rules(applied=applied_fields(answer), helm_gone=True, unscaled=True, take_ownership=True))
    return tuple(_note(ref_of(live), manager, fields) for manager, fields in lost.items())


def _contradicted(live: JsonObject, answer: JsonObject, rules: _Rules) -> dict[str, FieldSet]:
    """By manager, the fields that the definition gives another value and that are not handed over."""
    lost: dict[str, FieldSet] = {}
    for entry in items(live, "metadata", "managedFields"):
        owner = _owner(entry)
        if _is_our_apply(owner):
            continue
        # Only what the definition names: the status may have changed between the two.
        gone = _reached(difference(owner.fields, _fields_like(entry, answer)), rules.applied)
        if text(entry, "apiVersion") == text(live, "apiVersion"):
            gone = difference(gone, _handed_over(owner, rules))
        if not is_empty(gone):
            lost[owner.manager] = union(lost.get(owner.manager, {}), gone)
    return lost


def assumed_answer(live: JsonObject, manifest: JsonObject) -> JsonObject:
    """What a forced dry run of the apply would answer, for where the server cannot: it refuses (422) the mix of what is there and what
    the definition wants although the definition alone is fine, as for an environment variable that had a `value` and gets a `valueFrom`.

    Take `removed` of the takeover out of it and let a dry run of an update judge; it is not an object that the server would accept as
    it stands. When nothing is removed, the server's first refusal was right.
    """
    entries = items(live, "metadata", "managedFields")
    everything = _all_of(mapping(entry, "fieldsV1") for entry in entries)
    contradicted = differing(everything, live, manifest)
    others = tuple(
        replaced(entry, ("fieldsV1",), difference(mapping(entry, "fieldsV1"), contradicted))
        for entry in entries
        if not _is_our_apply(_owner(entry))
    )
    entry = _our_entry(None, named(manifest, everything), text(live, "apiVersion"), time="")
    return replaced(overlaid(live, manifest, everything), ("metadata", "managedFields"), (*others, entry))


def restart_only(before: JsonObject, after: JsonObject) -> bool:
    """Two states of a workload differ in their templates, and only by restart annotations that are gone or changed."""
    one, other = (mapping(obj, *_TEMPLATE) for obj in (before, after))
    return one != other and unrestarted(one) == unrestarted(other)


def scaled_by(hpas: Iterable[JsonObject], ref: Ref) -> JsonObject | None:
    """The HorizontalPodAutoscaler that scales the workload."""
    for hpa in hpas:
        target = mapping(hpa, "spec", "scaleTargetRef")
        if (text(hpa, "metadata", "namespace"), text(target, "kind"), text(target, "name")) == (ref.namespace, ref.kind, ref.name):
            return hpa
    return None


def handover(live: JsonObject) -> JsonObject | None:
    """What to apply as `HANDOVER_MANAGER`, by force, before a definition without replicas is applied; None when there is no need.

    Dropping a field that only our apply owns resets it: `spec.replicas: 6` became 1. So another manager holds the live value first.
    """
    replicas = at(live, *_REPLICAS)
    holders = [owner for owner in owners(live) if not is_empty(within(owner.fields, *_REPLICAS))]
    if replicas is None or not holders or not all(_is_our_apply(holder) for holder in holders):
        return None
    name = {key: value for key, value in mapping(live, "metadata").items() if key in ("name", "namespace")}
    return {"apiVersion": at(live, "apiVersion"), "kind": at(live, "kind"), "metadata": name, "spec": {"replicas": replicas}}


# --- entries of managedFields -----------------------------------------------------------------------------------------------------


def _owner(entry: JsonObject) -> Owner:
    manager = text(entry, "manager")
    return Owner(
        manager=manager,
        operation=text(entry, "operation"),
        subresource=text(entry, "subresource"),
        fields=mapping(entry, "fieldsV1"),
        kind=_KINDS[_habit(manager)],
    )


def _habit(manager: str) -> _Habit:
    name = manager.removesuffix(".exe")
    if name in _HABITS:
        return _HABITS[name]
    return next((habit for prefix, habit in _PREFIXES if name.startswith(prefix)), "unknown")


def _is_our_apply(owner: Owner) -> bool:
    return owner.manager == APPLY_MANAGER and owner.operation == "Apply" and not owner.subresource


def _handed_over(owner: Owner, rules: _Rules) -> FieldSet:
    wanted = _reached(owner.fields, rules.applied)
    habit = _habit(owner.manager)
    if owner.subresource:
        return _scale_handed_over(owner, rules)
    if habit == "whole" or (habit == "deployer" and (rules.take_ownership or (rules.helm_gone and owner.manager in _HELM))):
        part = _content(owner.fields, rules.applied)
    elif habit == "single" or owner.manager == PATCH_MANAGER:
        part = union(within(owner.fields, *_TEMPLATE), wanted)
    elif habit == "ours":
        # The replicas that were handed over, or an update under our apply's name.
        part = wanted
    else:
        return {}
    return uncovered(part, _restart_fields(part)) if rules.keep_restart else part


def _reached(fields: FieldSet, applied: FieldSet) -> FieldSet:
    """What the definition names, and the maps and lists that this is in: whoever made one of those owns it as such, and an apply that
    makes it anew conflicts."""
    return difference(fields, uncovered(fields, applied))


def _scale_handed_over(owner: Owner, rules: _Rules) -> FieldSet:
    """Replicas set through the scale subresource, if the definition names them: by a person, or by an autoscaler that is gone."""
    if owner.subresource != "scale" or not (owner.kind == "person" or (rules.unscaled and owner.manager == "kube-controller-manager")):
        return {}
    return intersection(within(owner.fields, *_REPLICAS), rules.applied)


def _content(fields: FieldSet, applied: FieldSet) -> FieldSet:
    """What a whole manifest consists of: everything but status, and of the metadata labels and annotations."""
    part: FieldSet = {step: node for step, node in fields.items() if step not in ("f:metadata", "f:status")}
    part = _all_of((part, within(fields, "metadata", "labels"), within(fields, "metadata", "annotations")))
    kept = union(within(part, *_REPLICAS), _annotation_fields(part, ("metadata", "annotations"), _is_state))
    return difference(part, difference(kept, applied))


def _rolling_update(live: JsonObject, answer: JsonObject) -> FieldSet:
    """The parameters of a rolling update where the definition wants a type of update that has none. As defaults nobody owns them, so
    that no apply removes them, and the server refuses them beside that type (seen with Recreate, and with OnDelete of StatefulSets)."""
    for name in ("strategy", "updateStrategy"):
        present = mapping(live, "spec", name, "rollingUpdate")
        if present and text(answer, "spec", name, "type") in ("Recreate", "OnDelete"):
            return at_root({".": {}, **{f"f:{key}": {} for key in present}}, "spec", name, "rollingUpdate")
    return {}


def _restart_fields(fields: FieldSet) -> FieldSet:
    return _annotation_fields(fields, _TEMPLATE_ANNOTATIONS, is_restart)


def _annotation_fields(fields: FieldSet, path: tuple[str, ...], wanted: Callable[[str], bool]) -> FieldSet:
    return at_root({step: node for step, node in under(fields, *path).items() if wanted(step.removeprefix("f:"))}, *path)


def _is_state(name: str) -> bool:
    return name.startswith(_STATE)


def is_restart(name: str) -> bool:
    """kubectl.kubernetes.io/restartedAt and its like of other tools."""
    return name.endswith("/restartedAt") or name == "cattle.io/timestamp"


def unrestarted(template: JsonObject) -> JsonObject:
    """A pod template without the marks of restarts."""
    annotations = {name: value for name, value in mapping(template, "metadata", "annotations").items() if not is_restart(name)}
    metadata: JsonObject = {key: value for key, value in mapping(template, "metadata").items() if key != "annotations"}
    return {**template, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}


def _our_entry(ours: JsonObject | None, parts: FieldSet, version: str, *, time: str) -> JsonObject:
    """Our Apply entry with the fields taken over; its time stays, a new one has the latest time of those that hand over."""
    if ours is not None:
        return replaced(ours, ("fieldsV1",), union(mapping(ours, "fieldsV1"), parts))
    entry: dict[str, JsonValue] = {"manager": APPLY_MANAGER, "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1"}
    return {**entry, **({"time": time} if time else {}), "fieldsV1": parts}


def _all_of(sets: Iterable[FieldSet]) -> FieldSet:
    result: FieldSet = {}
    for fields in sets:
        result = union(result, fields)
    return result


def _fields_like(entry: JsonObject, answer: JsonObject) -> FieldSet:
    """The fields of the same manager's entry in another state of the object."""
    keys = ("manager", "operation", "apiVersion", "subresource")
    for other in items(answer, "metadata", "managedFields"):
        if all(text(other, key) == text(entry, key) for key in keys):
            return mapping(other, "fieldsV1")
    return {}


def _note(ref: Ref, manager: str, fields: FieldSet) -> str:
    return f"took over {_listed(fields)} of {ref} from {manager}"


def _listed(fields: FieldSet) -> str:
    """The paths if they are few, else what they are parts of."""
    names = paths(fields)
    if len(names) > _LISTED:
        names = tuple(sorted({_part(name) for name in names}))
    return ", ".join(names)


def _part(path: str) -> str:
    head, _dot, rest = path.partition(".")
    return f"{head}.{rest.partition('.')[0].partition('[')[0]}" if rest else head.partition("[")[0]
