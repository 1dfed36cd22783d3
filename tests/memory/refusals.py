# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server answers when it refuses, as Status objects with its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cause:
    """One reason of several."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


class Refusal(Exception):
    """The answer to a request that is refused."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
        }
        if details:
            self.body["details"] = details


def qualified(plural: str, group: str) -> str:
    """A resource with its group, as messages spell it."""
    return f"{plural}.{group}" if group else plural


def not_found(plural: str, group: str, name: str) -> Refusal:
    return Refusal(404, "NotFound", f'{qualified(plural, group)} "{name}" not found', name=name, kind=plural, **_group(group))


def no_such_path() -> Refusal:
    return Refusal(404, "NotFound", "the server could not find the requested resource", causes=[])


def exists(plural: str, group: str, name: str) -> Refusal:
    message = f'{qualified(plural, group)} "{name}" already exists'
    return Refusal(409, "AlreadyExists", message, name=name, kind=plural, **_group(group))


def overtaken(plural: str, group: str, name: str) -> Refusal:
    message = (
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return Refusal(409, "Conflict", message, name=name, kind=plural, **_group(group))


def precondition(plural: str, group: str, name: str, wanted: str, found: str) -> Refusal:
    message = (
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": '
        f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    )
    return Refusal(409, "Conflict", message, name=name, kind=plural, **_group(group))


def owned_by_others(conflicts: Mapping[str, Sequence[str]], how: Mapping[str, str]) -> Refusal:
    """Server-side apply: fields of other managers; `how` is what the server adds to a manager's name."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{manager}"{how[manager]}', "field": field}
        for manager, fields in conflicts.items()
        for field in fields
    ]
    number = len(causes)
    message = f"Apply failed with {number} conflict{'' if number == 1 else 's'}: {causes[0]['message']}: {causes[0]['field']}"
    return Refusal(409, "Conflict", message, causes=causes)


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> Refusal:
    words = [f"{cause.field}: {cause.message}" for cause in causes]
    spelled = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    listed = [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes]
    return Refusal(
        422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {spelled}', name=name, kind=kind, causes=listed, **_group(group)
    )


def patch_does_not_fit() -> Refusal:
    """A JSON patch of which a `test` does not hold, or that replaces what is not there."""
    return Refusal(422, "Invalid", "the server rejected our request due to an error in our request")


def bad_request(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)


def forbidden(user: str, verb: str, plural: str, group: str, namespace: str, name: str) -> Refusal:
    """Rights are missing."""
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    subject = f'{qualified(plural, group)} "{name}" is' if name else f"{qualified(plural, group)} is"
    message = f'{subject} forbidden: User "{user}" cannot {verb} resource "{plural}" in API group "{group}" {where}'
    return Refusal(403, "Forbidden", message, name=name, kind=plural, **_group(group))


def not_admitted(plural: str, group: str, name: str, why: str) -> Refusal:
    """An admission plugin refuses, such as the quota."""
    return Refusal(403, "Forbidden", f'{qualified(plural, group)} "{name}" is forbidden: {why}', name=name, kind=plural, **_group(group))


def expired() -> Refusal:
    return Refusal(410, "Expired", "The resourceVersion for the provided watch is too old.")


def held(budget: str, needed: int, healthy: int) -> Refusal:
    """A PodDisruptionBudget does not let a pod go now."""
    message = f"The disruption budget {budget} needs {needed} healthy pods and has {healthy} currently"
    cause = {"reason": "DisruptionBudget", "message": message}
    return Refusal(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", causes=[cause])


def _group(group: str) -> dict[str, str]:
    return {"group": group} if group else {}
