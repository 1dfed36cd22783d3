# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ControllerRevisions: the versions of a StatefulSet or DaemonSet."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import CONTROLLER_REVISION

from ..schema import Json
from .base import Controller, key_of, template_hash


def synced(controller: Controller, owner: Json, labels: dict[str, str]) -> tuple[Json, list[Json]]:
    """The revision of the present template, which has the highest number from now on, and all others; `labels` go on a new one, in which
    `HASH` stands for its own hash."""
    there = sorted(controller.owned(CONTROLLER_REVISION, owner), key=lambda entry: (entry["revision"], entry["metadata"]["name"]))
    wanted = _data(owner)
    equal = [entry for entry in there if entry["data"] == wanted]
    number = max((entry["revision"] for entry in there), default=0) + 1
    if equal and equal[-1] is there[-1]:
        return equal[-1], there[:-1]
    if equal:
        chosen = equal[-1]
        renumbered = controller.server.revise(CONTROLLER_REVISION, chosen, revision=number)
        return renumbered, [entry for entry in there if entry is not chosen]
    own = template_hash(owner["spec"]["template"])
    marks = {key: own if value == "HASH" else value for key, value in labels.items()}
    metadata = {
        "name": f"{owner['metadata']['name']}-{own}",
        "labels": {**(owner["spec"]["template"]["metadata"].get("labels") or {}), **marks},
        "annotations": owner["metadata"].get("annotations") or {},
    }
    made = controller.create(CONTROLLER_REVISION, {"metadata": metadata, "data": wanted, "revision": number}, owner)
    return made, there


def pruned(controller: Controller, owner: Json, old: list[Json], needed: set[str]) -> None:
    """Delete those that are more than the history keeps; never one that is needed."""
    free = [entry for entry in old if entry["metadata"]["name"] not in needed]
    for entry in free[: max(0, len(free) - owner["spec"].get("revisionHistoryLimit", 10))]:
        if controller.store.get(CONTROLLER_REVISION, *key_of(entry)) is not None:
            controller.server.delete(CONTROLLER_REVISION, entry)


def _data(owner: Json) -> Json:
    return {"spec": {"template": {**owner["spec"]["template"], "$patch": "replace"}}}


def template_of(revision: Json) -> Json:
    """The template that a revision keeps."""
    found = dict(revision["data"]["spec"]["template"])
    found.pop("$patch", None)
    return found
