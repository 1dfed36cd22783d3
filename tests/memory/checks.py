# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server refuses of an object that is well formed: what is missing, out of range, or may not be changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from .refusals import Cause
from .schema import Json
from .selectors import picks

_STRICT_NAME = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_REQUIRED = "FieldValueRequired"
_FORBIDDEN = "FieldValueForbidden"
_LABEL_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_LABEL = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")


def wrong(obj: Json) -> list[Cause]:
    """What is wrong with a new object."""
    return [*_metadata(obj), *_CHECKS.get(obj["kind"], lambda _obj: iter(()))(obj)]


def changed_wrongly(old: Json, new: Json) -> list[Cause]:
    """What is wrong with a changed object."""
    return [*_fixed(old, new), *_CHECKS.get(new["kind"], lambda _obj: iter(()))(new), *_metadata(new)]


def _metadata(obj: Json) -> Iterator[Cause]:
    for key, value in (obj["metadata"].get("labels") or {}).items():
        if not _LABEL.match(value) or len(value) > 63:
            yield Cause("metadata.labels", f"Invalid value: {json.dumps(value)}: {_LABEL_WORDS}")
        del key


def _not_negative(spec: Json, *names: str) -> Iterator[Cause]:
    for name in names:
        value = spec.get(name)
        if isinstance(value, int) and value < 0:
            yield Cause(f"spec.{name}", f"Invalid value: {value}: must be greater than or equal to 0")


def _selected(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    selector, labels = spec.get("selector"), (spec["template"].get("metadata") or {}).get("labels") or {}
    if selector is None:
        yield Cause("spec.selector", "Required value", _REQUIRED)
    elif not selector:
        yield Cause("spec.selector", "Invalid value: {}: empty selector is invalid for deployment")
    if selector is None or not picks(selector, labels):
        shown = json.dumps(labels, separators=(",", ":"), sort_keys=True) if labels else "null"
        yield Cause("spec.template.metadata.labels", f"Invalid value: {shown}: `selector` does not match template `labels`")
    yield from _containers(spec["template"].get("spec") or {}, "spec.template.spec")


def _containers(spec: Json, path: str) -> Iterator[Cause]:
    if not spec.get("containers"):
        yield Cause(f"{path}.containers", "Required value", _REQUIRED)
    for group in ("containers", "initContainers"):
        seen: set[str] = set()
        for index, container in enumerate(spec.get(group) or ()):
            where, name = f"{path}.{group}[{index}]", container.get("name") or ""
            if not name:
                yield Cause(f"{where}.name", "Required value", _REQUIRED)
            elif name in seen:
                yield Cause(f"{where}.name", f'Duplicate value: "{name}"', "FieldValueDuplicate")
            elif not _STRICT_NAME.match(name):
                yield Cause(f"{where}.name", f'Invalid value: "{name}": a lowercase RFC 1123 label must consist of lower case alphanumeric '
                            "characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
                            "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")  # fmt: skip
            seen.add(name)
            if not container.get("image"):
                yield Cause(f"{where}.image", "Required value", _REQUIRED)
            yield from _variables(container, where)


def _variables(container: Json, where: str) -> Iterator[Cause]:
    for index, variable in enumerate(container.get("env") or ()):
        if variable.get("value") and variable.get("valueFrom"):
            message = 'Invalid value: "": may not be specified when `value` is not empty'
            yield Cause(f"{where}.env[{index}].valueFrom", message)


def _deployment(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    yield from _not_negative(spec, "replicas")
    yield from _selected(obj)
    strategy = spec["strategy"]
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        message = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Cause("spec.strategy.rollingUpdate", message, _FORBIDDEN)
    limits = strategy.get("rollingUpdate") or {}
    if limits and str(limits.get("maxSurge")) in ("0", "0%") and str(limits.get("maxUnavailable")) in ("0", "0%"):
        shown = json.dumps(limits["maxUnavailable"])
        message = f"Invalid value: {shown}: may not be 0 when `maxSurge` is 0"
        yield Cause("spec.strategy.rollingUpdate.maxUnavailable", message)
    yield from _not_negative(spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    deadline, ready = spec.get("progressDeadlineSeconds"), spec.get("minReadySeconds") or 0
    if deadline is not None and deadline <= ready:
        yield Cause("spec.progressDeadlineSeconds", f"Invalid value: {deadline}: must be greater than minReadySeconds")


def _scaled(obj: Json) -> Iterator[Cause]:
    yield from _not_negative(obj["spec"], "replicas")
    yield from _selected(obj)


def _pod(obj: Json) -> Iterator[Cause]:
    yield from _containers(obj.get("spec") or {}, "spec")


def _service(obj: Json) -> Iterator[Cause]:
    spec = obj["spec"]
    if not spec.get("ports") and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName":
        yield Cause("spec.ports", "Required value", _REQUIRED)


def _secret(obj: Json) -> Iterator[Cause]:
    if obj.get("type") == "kubernetes.io/tls":
        for key in ("tls.crt", "tls.key"):
            if key not in (obj.get("data") or {}):
                yield Cause(f"data[{key}]", "Required value", _REQUIRED)


_CHECKS: Mapping[str, Callable[[Json], Iterator[Cause]]] = {
    "Deployment": _deployment,
    "StatefulSet": _scaled,
    "DaemonSet": _selected,
    "ReplicaSet": _scaled,
    "Pod": _pod,
    "Service": _service,
    "Secret": _secret,
}

_MAY_CHANGE_OF_STATEFUL_SET = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)
_STATEFUL_SET_WORDS = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def _fixed(old: Json, new: Json) -> Iterator[Cause]:
    kind = new["kind"]
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if kind in ("Deployment", "DaemonSet", "ReplicaSet", "Job") and before.get("selector") != after.get("selector"):
        shown = json.dumps(after.get("selector"), separators=(",", ":"), sort_keys=True)
        yield Cause("spec.selector", f"Invalid value: {shown}: field is immutable")
    if kind == "StatefulSet":
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        if changed - _MAY_CHANGE_OF_STATEFUL_SET:
            yield Cause("spec", _STATEFUL_SET_WORDS, _FORBIDDEN)
    if kind == "Job" and before.get("template") != after.get("template"):
        yield Cause("spec.template", f"Invalid value: {json.dumps(after.get('template'))}: field is immutable")
    if kind == "Service" and before.get("clusterIP") and after.get("clusterIP") != before["clusterIP"]:
        shown = json.dumps([after.get("clusterIP") or ""])
        yield Cause("spec.clusterIPs[0]", f"Invalid value: {shown}: may not change once set")
    if kind in ("ConfigMap", "Secret"):
        yield from _fixed_content(old, new)
    if kind == "ControllerRevision" and old.get("data") != new.get("data"):
        yield Cause("data", "Invalid value: field is immutable")


def _fixed_content(old: Json, new: Json) -> Iterator[Cause]:
    """Of ConfigMaps and Secrets."""
    for name in ("immutable", "data", "binaryData") if old.get("immutable") else ():
        if old.get(name) != new.get(name):
            yield Cause(name, "Forbidden: field is immutable when `immutable` is set", _FORBIDDEN)
    if new["kind"] == "Secret" and old.get("type") != new.get("type"):
        yield Cause("type", f'Invalid value: "{new.get("type")}": field is immutable')
