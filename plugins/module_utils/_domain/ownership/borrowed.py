# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task changes only for as long as it works: the update strategy (`on_delete`) and the limits of a single replica (`restart`).

A record in an annotation says what it was. A task that was killed leaves both behind, and whichever task writes next gives it back.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..base.objects import JsonObject, JsonValue, at, mapping, replaced, text, texts
from ..workloads.records import RestartRecord, StrategyRecord
from ..workloads.workload import Workload
from .fields import is_empty, within
from .owners import PATCH_MANAGER, owners

STRATEGY_FIELD = ("spec", "updateStrategy")
LIMITS_FIELD = ("spec", "strategy", "rollingUpdate")
SURGING: Mapping[str, JsonValue] = {"maxSurge": 1, "maxUnavailable": 0}
"""Limits under which the only pod goes when another one is ready."""


def with_own_strategy(obj: JsonObject) -> JsonObject:
    """The object with the update strategy that it had before `on_delete`, and without the record of it; itself where there is none.

    A strategy that somebody has set since stays, but not the defaults under which a definition is rolled out that names none.
    """
    record = _strategy(obj)
    if not record:
        return obj
    if text(obj, *STRATEGY_FIELD, "type") == "OnDelete" or _are_defaults(obj):
        obj = replaced(obj, STRATEGY_FIELD, {"type": "RollingUpdate", **record})
    return StrategyRecord().into(obj)


def with_everything_back(obj: JsonObject) -> JsonObject:
    """The object with its own update strategy and its own limits, and without the records of them."""
    obj = with_own_strategy(obj)
    record = _restart(obj)
    if not record.limits:
        return obj
    if _are_borrowed(obj):
        obj = replaced(obj, LIMITS_FIELD, dict(record.limits))
    return RestartRecord(record.key, record.at).into(obj)


def applied_back(manifest: JsonObject, live: JsonObject) -> JsonObject:
    """The manifest with a rolling update, where `on_delete` has borrowed the live object's update strategy and the manifest names none.

    Its limits come back by `with_own_strategy`, as what an apply names and the next one does not is reset to defaults. The record stays
    in the manifest until then.
    """
    if not _strategy(live):
        return manifest
    named = mapping(manifest, *STRATEGY_FIELD)
    if not text(named, "type") and text(live, *STRATEGY_FIELD, "type") == "OnDelete":
        manifest = replaced(manifest, STRATEGY_FIELD, {"type": "RollingUpdate", **named})
    return StrategyRecord().into(manifest) if named and _strategy(manifest) else manifest


def told(workload: Workload) -> str:
    """What is borrowed of a workload, and how it gets it back; a sentence without a full stop, empty where nothing is borrowed."""
    annotations = workload.annotations
    if workload.held:
        return (
            f"{workload.ref} has minReadySeconds {workload.min_ready_seconds} and is paused only as long as a canary holds it; promote "
            "goes on with that, and abort gives it up"
        )
    if StrategyRecord.of(annotations).strategy and workload.update_type == "OnDelete":
        return (
            f"{workload.ref} has the update strategy OnDelete only until a rollout by on_delete has ended, which goes on or was broken "
            "off; the same task again ends it, and rolling or undo gives the update strategy back at once"
        )
    if RestartRecord.of(annotations).limits and dict(workload.limits) == dict(SURGING):
        return (
            f"{workload.ref} has maxSurge 1 and maxUnavailable 0 only until a restart has ended, which goes on or was broken off; the next "
            "task that changes it gives its own limits back"
        )
    return ""


def _are_defaults(obj: JsonObject) -> bool:
    """Nobody has set the limits of the rolling update."""
    path = (*STRATEGY_FIELD, "rollingUpdate")
    return bool(owners(obj)) and all(is_empty(within(owner.fields, *path)) for owner in owners(obj))


def _strategy(obj: JsonObject) -> dict[str, JsonValue]:
    return dict(StrategyRecord.of(texts(obj, "metadata", "annotations")).strategy)


def _restart(obj: JsonObject) -> RestartRecord:
    return RestartRecord.of(texts(obj, "metadata", "annotations"))


def _are_borrowed(obj: JsonObject) -> bool:
    """A restart of ours has set these limits. An undo by kubectl brings the record of an old one back, beside limits of somebody else; and
    a definition may have reset one of the two."""
    path = (*LIMITS_FIELD, "maxUnavailable")
    found = [owner.manager for owner in owners(obj) if not is_empty(within(owner.fields, *path))]
    if found:
        return PATCH_MANAGER in found and at(obj, *path) == SURGING["maxUnavailable"]
    return dict(mapping(obj, *LIMITS_FIELD)) == dict(SURGING)
