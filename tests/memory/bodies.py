# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent to the server: its place, what does not fit, and what a write may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

from . import refusals, schema
from .requests import Place
from .schema import Json
from .selectors import fields_match, labels_match


def kind(resource: Resource) -> dict[str, str]:
    return {"apiVersion": resource.api_version, "kind": resource.kind}


def matcher(query: Mapping[str, str]) -> Callable[[Json], bool]:
    by_labels, by_fields = labels_match(query.get("labelSelector", "")), fields_match(query.get("fieldSelector", ""))
    return lambda obj: by_labels(obj) and by_fields(obj)


def placed(body: Json, place: Place) -> Json:
    """The body with the namespace and name of its path."""
    metadata = dict(body.get("metadata") or {})
    if place.resource.namespaced:
        metadata["namespace"] = metadata.get("namespace") or place.namespace
    if place.name:
        metadata["name"] = metadata.get("name") or place.name
    if metadata.get("namespace", "") != (place.namespace if place.resource.namespaced else ""):
        raise refusals.bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return {**body, **kind(place.resource), "metadata": metadata}


def annotated(body: Json) -> Json:
    """What a write of the status may change besides it."""
    annotations = body["metadata"].get("annotations")
    return {} if annotations is None else {"annotations": annotations}


def ignored(below: str) -> list[tuple[str, ...]]:
    """The fields that a write of the object, or of its status, cannot own."""
    return [("f:spec",), ("f:metadata", "f:labels")] if below == "status" else [("f:status",)]


def is_newer(kind: str, live: Json, new: Json) -> bool:
    """Whether the generation rises."""
    if kind == "Deployment" and live["metadata"].get("annotations") != new["metadata"].get("annotations"):
        return True
    return bool(live.get("spec") != new.get("spec"))


def untyped(place: Place, wanted: Json, faults: list[tuple[str, str]]) -> refusals.Refusal:
    resource, name = place.resource, wanted["metadata"]["name"]
    group_version = resource.api_version if resource.group else f"/{resource.api_version}"
    words = [f"{path}: {fault}" for path, fault in faults]
    listed = words[0] if len(words) == 1 else "errors:\n" + "\n".join(f"  {word}" for word in words)
    message = f"failed to create typed patch object ({place.namespace}/{name}; {group_version}, Kind={resource.kind}): {listed}"
    return refusals.Refusal(500, "", message)


def merge_patched(live: Json, patch: Json) -> Json:
    if not isinstance(patch, dict) or not isinstance(live, dict):
        return patch
    result = dict(live)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patched(live.get(key) if isinstance(live.get(key), dict) else {}, value)
    return result


def refuse_misfits(body: Json, place: Place, *, patch: bool = False) -> None:
    """Raise `Refusal` for fields that the kind has not, or of another type."""
    resource = place.resource
    for path, fault in schema.misfits(body, schema.root(resource.api_version, resource.kind)):
        kind, version = resource.kind, resource.api_version.rpartition("/")[2]
        name = path.removeprefix(".")
        if fault == "field not declared in schema":
            words = f'strict decoding error: unknown field "{name}"'
        else:
            words = f"json: cannot unmarshal into Go struct field {kind}.{name} of type {fault.removeprefix('expected ').partition(',')[0]}"
        if patch:
            raise refusals.invalid(kind, resource.group, place.name, [refusals.Cause("patch", f'Invalid value: "{{}}": {words}')])
        raise refusals.bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {words}')
