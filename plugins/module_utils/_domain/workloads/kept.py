# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of a pod while many are followed: the fields that somebody reads, in a third of the memory.

Pods are the most numerous objects of a task, and most of one says how it is run, which nobody asks here. The names of the fields are
written down, so that all pods share them: what JSON is read from makes each name anew for each text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base.objects import JsonObject, JsonValue

_Fields = Mapping[str, "_Fields | None"]
"""What is kept of an object, or of each entry of a list: None keeps a field as it is."""

_CONDITION: _Fields = {"type": None, "status": None, "reason": None, "message": None, "lastTransitionTime": None}
_ENDED: _Fields = {"exitCode": None, "message": None, "reason": None}
_CONTAINER: _Fields = {
    "name": None,
    "image": None,
    "ready": None,
    "restartCount": None,
    "started": None,
    "state": {"waiting": {"reason": None, "message": None}, "terminated": _ENDED, "running": {}},
    "lastState": {"terminated": _ENDED},
}
_PORTS: _Fields = {"ports": {"name": None}}
_POD: _Fields = {
    "metadata": {
        "namespace": None,
        "name": None,
        "uid": None,
        "resourceVersion": None,
        "deletionTimestamp": None,
        "labels": None,
        "annotations": {"kubectl.kubernetes.io/restartedAt": None},
        "ownerReferences": {"controller": None, "kind": None, "name": None, "uid": None},
    },
    "spec": {"nodeName": None, "containers": _PORTS, "initContainers": _PORTS},
    "status": {"phase": None, "conditions": _CONDITION, "initContainerStatuses": _CONTAINER, "containerStatuses": _CONTAINER},
}


def kept_of_pod(pod: JsonObject) -> JsonObject:
    """A pod with the fields alone that `Pod` and `Backend` are read from."""
    return _kept(pod, _POD)


def _kept(obj: JsonObject, fields: _Fields) -> dict[str, JsonValue]:
    return {name: obj[name] if inner is None else _inside(obj[name], inner) for name, inner in fields.items() if name in obj}


def _inside(value: JsonValue, fields: _Fields) -> JsonValue:
    if isinstance(value, Mapping):
        return _kept(value, fields)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_inside(entry, fields) for entry in value]
    return value
