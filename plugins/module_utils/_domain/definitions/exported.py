# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a manifest has that the cluster itself writes, because it was exported from a live object; a definition does not ask for that.

To apply it again would take it from the controllers that keep it up to date, or contradict them from the next rollout on.

What people may have written stays, as kubectl keeps it: a Service's `clusterIP` and `nodePort`, the template's `restartedAt`, labels,
annotations and finalizers of other domains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..base.objects import JsonObject, JsonValue, Ref, at, controller_of, flag, mapping, ref_of, replaced, text, texts, without
from ..kinds import WORKLOADS
from ..workloads.records import RECORDS

_BOOKKEEPING = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Metadata that only the API server writes."""
_ANNOTATIONS = frozenset(
    {
        *("kubectl.kubernetes.io/last-applied-configuration", "deprecated.daemonset.template.generation"),
        *(f"deployment.kubernetes.io/{name}" for name in ("revision", "revision-history", "desired-replicas", "max-replicas")),
        *(f"pv.kubernetes.io/{name}" for name in ("bind-completed", "bound-by-controller", "migrated-to")),
        *(f"volume.kubernetes.io/{name}" for name in ("selected-node", "storage-provisioner", "storage-resizer")),
        "volume.beta.kubernetes.io/storage-provisioner",
        *(f"autoscaling.alpha.kubernetes.io/{name}" for name in ("conditions", "current-metrics")),
        *("batch.kubernetes.io/cronjob-scheduled-timestamp", "batch.kubernetes.io/job-tracking"),
        *("endpoints.kubernetes.io/last-change-trigger-time", "control-plane.alpha.kubernetes.io/leader"),
        *("kubernetes.io/service-account.uid", "field.cattle.io/publicEndpoints"),
        *RECORDS,
    }
)
_POD_LABELS = frozenset(
    {
        *("pod-template-hash", "controller-revision-hash", "pod-template-generation"),
        *("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"),
    }
)
"""Labels by which controllers tell their own pods."""
_JOB_LABELS = frozenset({"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"})
_FINALIZERS = frozenset(
    {
        *("foregroundDeletion", "orphan", "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"),
        *("batch.kubernetes.io/job-tracking", "service.kubernetes.io/load-balancer-cleanup", "customresourcecleanup.apiextensions.k8s.io"),
    }
)
_LABELLED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(WORKLOADS, _POD_LABELS),
    "Job": _JOB_LABELS,
}
_WITH_TEMPLATES = frozenset({*WORKLOADS, *("ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod", "PodTemplate")})
_INFORMATIVE = ("Node", "ResourceQuota")
"""Kinds whose status tells a preflight something; the server passes over it."""
_GROUPS_OF_CONTROLLERS = frozenset({"", "apps", "batch"})
_LISTED = 5
"""So many objects are named where some are left out."""
_TOKENS = ("ca.crt", "namespace", "token")
_PUBLISHED = ("kube-root-ca.crt", "openshift-service-ca.crt")
"""ConfigMaps that a controller puts into every namespace."""


@dataclass(frozen=True)
class Cleaned:
    """A definition without what the cluster writes itself."""

    manifests: tuple[JsonObject, ...]
    fields: tuple[str, ...] = ()
    """What was dropped, as paths, each once; empty values are not worth a word."""
    refs: tuple[Ref, ...] = ()
    """The objects that something was dropped from."""
    left_out: tuple[str, ...] = ()
    """Whole objects that the cluster makes itself, each with what makes it."""

    @property
    def note(self) -> str:
        """What to say of the fields, a sentence; empty where none was dropped."""
        if not self.fields:
            return ""
        more = f" and {len(self.refs) - 1} more" if len(self.refs) > 1 else ""
        return f"Left out what the cluster writes itself, as {_short(self.refs[0])}{more} was exported with it: {', '.join(self.fields)}."

    @property
    def warning(self) -> str:
        """What to say of whole objects, a sentence; empty where none was left out."""
        more = f" and {len(self.left_out) - _LISTED} more" if len(self.left_out) > _LISTED else ""
        names = ", ".join(self.left_out[:_LISTED])
        return f"Left out of the definition, as the cluster makes them itself: {names}{more}." if names else ""


def cleaned(manifests: Sequence[JsonObject]) -> Cleaned:
    """The manifests without what the cluster writes itself, and what that was."""
    kept: list[JsonObject] = []
    fields: dict[str, None] = {}
    refs: list[Ref] = []
    left_out: list[str] = []
    for manifest in manifests:
        maker = maker_of(manifest)
        if maker:
            left_out.append(f"{_short(ref_of(manifest))} (of {maker})")
            continue
        wanted, dropped = without_state(manifest)
        kept.append(wanted)
        fields.update(dict.fromkeys(dropped))
        refs += [ref_of(manifest)] if dropped else []
    return Cleaned(tuple(kept), tuple(sorted(fields)), tuple(refs), tuple(left_out))


def maker_of(manifest: JsonObject) -> str:
    """Which of Kubernetes' own controllers makes this very object, empty where none does. An operator's objects are not among them: they
    may be wanted where that operator is not."""
    owner = controller_of(manifest)
    if owner and _group(owner) in _GROUPS_OF_CONTROLLERS:
        return f"{text(owner, 'kind')} {text(owner, 'name')}"
    ref = ref_of(manifest)
    if ref.kind == "ConfigMap" and ref.name in _PUBLISHED:
        return "the control plane"
    if ref.kind == "Endpoints" and "endpoints.kubernetes.io/last-change-trigger-time" in mapping(manifest, "metadata", "annotations"):
        return f"Service {ref.name}"
    return ""


def without_state(manifest: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    """One manifest without what the cluster writes, and the paths of what that was."""
    dropped: list[str] = []
    exported = bool(text(manifest, "metadata", "uid"))
    for rule in (_without_bindings, _without_roles, _without_tokens, _without_labels, _without_annotations):
        manifest = rule(manifest, dropped)
    manifest = _without_owners(manifest, dropped, exported=exported)
    manifest = _without_members(manifest, ("metadata", "finalizers"), lambda name: name in _FINALIZERS, dropped)
    if text(manifest, "kind") not in _INFORMATIVE:
        manifest = _cut(manifest, dropped, ("status",))
    manifest = _cut(manifest, dropped, *(("metadata", name) for name in _BOOKKEEPING))
    if text(manifest, "kind") in _WITH_TEMPLATES and "." not in _group(manifest):
        manifest = {**manifest, "spec": _within(mapping(manifest, "spec"), dropped, "spec")} if "spec" in manifest else manifest
    return manifest, tuple(dict.fromkeys(dropped))


def _group(obj: JsonObject) -> str:
    return text(obj, "apiVersion").rpartition("/")[0]


def _short(ref: Ref) -> str:
    return str(Ref(ref.kind, "", ref.name))


def _cut(obj: JsonObject, dropped: list[str], *paths: tuple[str, ...], above: str = "") -> JsonObject:
    """The object without what is at these paths."""
    for path in paths:
        value = at(obj, *path)
        if path[-1] in mapping(obj, *path[:-1]):
            obj = without(obj, *path)
            dropped += [] if _is_empty(value) else [above + ".".join(path)]
    return obj


def _is_empty(value: JsonValue) -> bool:
    """Nothing is said: `kubectl create --dry-run=client` writes the status of a Service as `{loadBalancer: {}}`."""
    return all(_is_empty(item) for item in value.values()) if isinstance(value, Mapping) else value in (None, "", [])


def _without_keys(obj: JsonObject, path: tuple[str, ...], unwanted: Callable[[str], bool], dropped: list[str]) -> JsonObject:
    """The object without these keys of a mapping, and without the mapping when nothing is left in it."""
    found = mapping(obj, *path)
    names = [name for name in found if unwanted(name)]
    if not names:
        return obj
    dropped += [f"{'.'.join(path)}[{name}]" for name in names]
    left: JsonObject = {name: value for name, value in found.items() if name not in names}
    return replaced(obj, path, left) if left else without(obj, *path)


def _without_members(obj: JsonObject, path: tuple[str, ...], unwanted: Callable[[JsonValue], bool], dropped: list[str]) -> JsonObject:
    """The object without these members of a list, and without the list when nothing is left in it."""
    found = at(obj, *path)
    if not isinstance(found, Sequence) or isinstance(found, str) or not any(unwanted(entry) for entry in found):
        return obj
    dropped.append(".".join(path))
    left = [entry for entry in found if not unwanted(entry)]
    return replaced(obj, path, left) if left else without(obj, *path)


def _without_annotations(manifest: JsonObject, dropped: list[str]) -> JsonObject:
    return _without_keys(manifest, ("metadata", "annotations"), lambda name: name in _ANNOTATIONS, dropped)


def _without_owners(manifest: JsonObject, dropped: list[str], *, exported: bool) -> JsonObject:
    """Who controls the object wrote that there. Of an exported object no owner is wanted: where the owner is not there, by its UID, the
    cluster deletes what names it."""
    return _without_members(manifest, ("metadata", "ownerReferences"), lambda owner: exported or flag(owner, "controller"), dropped)


def _without_labels(manifest: JsonObject, dropped: list[str]) -> JsonObject:
    names = _LABELLED.get(text(manifest, "kind"), frozenset())
    if flag(manifest, "spec", "manualSelector"):
        return manifest
    for path in (("metadata", "labels"), ("spec", "selector", "matchLabels"), ("spec", "template", "metadata", "labels")):
        manifest = _without_keys(manifest, path, lambda name: name in names, dropped)
    # A Job's selector is made by the server, and refused where somebody gives one.
    return without(manifest, "spec", "selector") if names is _JOB_LABELS and not at(manifest, "spec", "selector") else manifest


def _without_bindings(manifest: JsonObject, dropped: list[str]) -> JsonObject:
    """Which claim and which volume belong together, where the annotation says that no person decided it."""
    bound = at(manifest, "metadata", "annotations", "pv.kubernetes.io/bound-by-controller")
    field = {"PersistentVolumeClaim": "volumeName", "PersistentVolume": "claimRef"}.get(text(manifest, "kind"))
    return _cut(manifest, dropped, ("spec", field)) if bound is not None and field else manifest


def _without_roles(manifest: JsonObject, dropped: list[str]) -> JsonObject:
    """The rules of a ClusterRole that is put together from others."""
    aggregated = text(manifest, "kind") == "ClusterRole" and mapping(manifest, "aggregationRule")
    return _cut(manifest, dropped, ("rules",)) if aggregated else manifest


def _without_tokens(manifest: JsonObject, dropped: list[str]) -> JsonObject:
    """The token of a ServiceAccount, which belongs to that very account."""
    filled = "kubernetes.io/service-account.uid" in texts(manifest, "metadata", "annotations")
    if text(manifest, "type") != "kubernetes.io/service-account-token" or not filled:
        return manifest
    return _without_keys(manifest, ("data",), lambda name: name in _TOKENS, dropped)


def _within(value: JsonObject, dropped: list[str], path: str) -> JsonObject:
    """A part of an object without the server's metadata of what is embedded in it: pod templates, claims."""
    return {key: _embedded(key, item, dropped, f"{path}.{key}") for key, item in value.items()}


def _embedded(key: str, value: JsonValue, dropped: list[str], path: str) -> JsonValue:
    if isinstance(value, Mapping):
        bookkeeping = ((name,) for name in _BOOKKEEPING) if key == "metadata" else ()
        return _within(_cut(value, dropped, *bookkeeping, above=f"{path}."), dropped, path)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    state = (("status",),) if key == "volumeClaimTemplates" else ()
    return [
        _within(_cut(entry, dropped, *state, above=f"{path}."), dropped, path) if isinstance(entry, Mapping) else entry for entry in value
    ]
