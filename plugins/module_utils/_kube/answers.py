# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal of the API server means, in the words of the person who runs the task. Pure.

Nothing of a request is repeated, and of a Secret only the names of the fields: the server quotes values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .._domain.base.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    ServerError,
    UnauthorizedError,
)
from .._domain.base.objects import JsonObject, Ref, at, items, number, text
from .._domain.base.resources import SECRET, Resource
from .refusals import immutable_of_secret, plainer_causes, quantity_fault, refused_by, typed_faults

_LONGEST = 1000
_DENIED = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)?'
)
_OF_A_PATH = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) path "(?P<path>[^"]*)"')
_UNTYPED = re.compile(r": (\.[^:\s]+): (?:field not declared|expected )")
_WHOLE_OBJECT = re.compile(r'Invalid value: "\{.*\}": ')
_FIXED = re.compile(r"field is immutable|updates to statefulset spec for fields other than|is immutable after creation|once set")
"""How the server says that nobody may change a field."""
_MANAGER = re.compile(r'conflict with "([^"]+)"')


@dataclass(frozen=True)
class Deed:
    """What was tried, for sentences: `done` is its participle (read, applied, ...); without a name the whole collection."""

    done: str
    resource: Resource
    namespace: str = ""
    name: str = ""
    sent: JsonObject | None = field(default=None, compare=False, repr=False)
    """What was to be written, so that messages can name values which the server does not."""

    def __str__(self) -> str:
        if self.name:
            subject = str(Ref(self.resource.kind, self.namespace if self.resource.namespaced else "", self.name))
        elif self.namespace and self.resource.namespaced:
            subject = f"The {self.resource.plural} in namespace {self.namespace}"
        else:
            subject = f"The {self.resource.plural}"
        return f"{subject} could not be {self.done}"


def status_of(body: bytes) -> JsonObject:
    """The Status object of an answer, empty when it is none."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) and parsed.get("kind") == "Status" else {}


def error_of(code: int, status: JsonObject, *, deed: Deed, host: str, is_json_patch: bool = False) -> ClusterError:
    """The domain's error for an answer of 300 and more that is not tried again (any more)."""
    said = _said(status, deed)
    if code in _MEANINGS:
        return _MEANINGS[code](status, said, deed, host)
    if is_json_patch and code == 422 and not at(status, "details"):
        # So the server answers when a `test` does not hold, or when what is to be replaced or removed is not there.
        return ConflictError(f"{deed}: what the change expects to find is not there any more; somebody else changed it.", status=code)
    if code == 429 or (code >= 500 and not is_refusal(code, status)):
        return ServerError(f"{deed}: {host} answered {code} to the end of the retries: {said or 'without an explanation'}", status=code)
    if not status:
        return ClusterError(f"{deed}: {host} answered {code} without an explanation; is it the address of a Kubernetes API?", status=code)
    lines = _causes(status)
    fixed = [line for line in lines if _FIXED.search(line)]
    besides = "; ".join(line for line in lines if line not in fixed)
    return InvalidError(
        f"{deed}: {said or 'the server does not say why.'}",
        status=code,
        fixed=bool(fixed),
        besides=besides if fixed else "",
        said=text(status, "message"),
    )


def is_refusal(code: int, status: JsonObject) -> bool:
    """Whether an answer that looks passing says that the request is wrong: so server-side apply answers to fields that its schema lacks,
    or of another type, and so an eviction is refused."""
    if held_by(code, status) or is_held_for_ever(code, status):
        return True
    message = text(status, "message")
    too_large = "etcdserver: request is too large" in message or "trying to send message larger than max" in message
    return code == 500 and (too_large or message.startswith(("failed to create typed patch object", "failed to convert new object")))


def held_by(code: int, status: JsonObject) -> str:
    """Why a PodDisruptionBudget does not let a pod go now, in the server's words; empty for every other answer. A server that is too busy
    answers 429 as well, and names no such cause."""
    causes = [text(cause, "message") for cause in items(status, "details", "causes") if text(cause, "reason") == "DisruptionBudget"]
    return " ".join((causes[0] or text(status, "message")).split()).rstrip(".") if code == 429 and causes else ""


def is_held_for_ever(code: int, status: JsonObject) -> bool:
    """Whether an eviction is refused because two budgets count the pod."""
    return code == 500 and "more than one PodDisruptionBudget" in text(status, "message")


def fields_at_fault(status: JsonObject) -> tuple[str, ...]:
    """The fields that the server refuses, in its order."""
    return tuple(text(cause, "field") for cause in items(status, "details", "causes") if text(cause, "field"))


def _said(status: JsonObject, deed: Deed) -> str:
    """The server's words: every cause with its field if it lists causes, else its message; in plainer ones where there are some."""
    raw, secret = text(status, "message"), deed.resource == SECRET
    article = "an" if deed.resource.kind[:1] in "AEIOU" else "a"
    typed = typed_faults(raw, kind=f"{article} {deed.resource.kind}", sent=deed.sent, secret=secret)
    other = "; ".join(typed) or ("" if secret else quantity_fault(raw, deed.sent)) or refused_by(raw)
    message = other or " ".join(raw.split())
    causes = [(text(cause, "field"), text(cause, "message")) for cause in items(status, "details", "causes")]
    causes = [(field, words) for field, words in causes if field and words]
    if secret and not typed and text(status, "reason") in ("Invalid", "BadRequest", "InternalError", ""):
        known = immutable_of_secret(causes, namespace=deed.namespace, name=deed.name)
        fields = ", ".join(dict.fromkeys((*fields_at_fault(status), *_UNTYPED.findall(message))))
        return known or f"the server refuses {fields or 'its content'} (its words are left out, for they may quote the secret)."
    lines = plainer_causes(causes, kind=deed.resource.kind, namespace=deed.namespace, name=deed.name)
    words = _WHOLE_OBJECT.sub("", "; ".join(lines) if lines and text(status, "reason") == "Invalid" else message)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."


def _causes(status: JsonObject) -> tuple[str, ...]:
    """Each field that the server refuses with why, once."""
    causes = [cause for cause in items(status, "details", "causes") if text(cause, "field") and text(cause, "message")]
    return tuple(dict.fromkeys(f"{text(cause, 'field')}: {text(cause, 'message')}" for cause in causes))


def _unauthorized(_status: JsonObject, _said: str, deed: Deed, host: str) -> ClusterError:
    return UnauthorizedError(
        f"{deed}: {host} does not accept the credentials (401): the token was refused or has expired, or the client certificate is not of "
        "this cluster; log in again, or give a new api_key (in AWX: the token in the credential of the job template).",
        status=401,
    )


def _gone(_status: JsonObject, _said: str, deed: Deed, _host: str) -> ClusterError:
    return GoneError(f"{deed}: the server no longer keeps so old a resourceVersion.", status=410)


def _forbidden(status: JsonObject, said: str, deed: Deed, host: str) -> ClusterError:
    """RBAC names user and verb; everything else that answers 403 is an admission plugin: quota, pod security, a webhook."""
    message = text(status, "message")
    denied, path = _DENIED.search(message), _OF_A_PATH.search(message)
    if denied:
        resource = f"{denied['resource']}.{denied['group']}" if denied["group"] else denied["resource"]
        where = f"in namespace {denied['namespace']}" if denied["namespace"] else "in the whole cluster"
        what = f"user {denied['user']} may not {denied['verb']} {resource} {where}; {_remedy(denied['user'])}"
        return ForbiddenError(f"{deed}: {what}", status=403)
    if path:
        return ForbiddenError(f"{deed}: user {path['user']} may not {path['verb']} {path['path']}; {_remedy(path['user'])}", status=403)
    if not status:
        return ForbiddenError(f"{deed}: {host} answered 403 without an explanation; a proxy on the way may refuse it.", status=403)
    return InvalidError(f"{deed}: {said}", status=403, said=message)


def _remedy(user: str) -> str:
    if user == "system:anonymous":
        return "the server knows no such credentials as were sent, or none were: give api_key, a client certificate, or a kubeconfig."
    return "a Role with that verb and a RoleBinding to the user are missing."


def _not_found(status: JsonObject, said: str, deed: Deed, host: str) -> ClusterError:
    kind, name = text(status, "details", "kind"), text(status, "details", "name")
    if is_absent(status, deed=deed) and deed.done == "applied" and deed.resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        # An apply makes what is not there: it is the role that is missing, and has the same name.
        what = f'its role does not exist: "{name}" not found.'
    elif is_absent(status, deed=deed):
        what = "it does not exist."
    elif kind == "namespaces" and name:
        what = f"the namespace {name} does not exist."
    elif not name:
        what = f"the cluster at {host} has no {deed.resource.kind} of {deed.resource.api_version}."
    else:
        what = f"{said}."
    return NotFoundError(f"{deed}: {what}", status=404)


def is_absent(status: JsonObject, *, deed: Deed) -> bool:
    """Whether a 404 is about the object itself, not about its namespace or its kind."""
    return bool(deed.name) and text(status, "details", "name") == deed.name and text(status, "details", "kind") == deed.resource.plural


def _conflict(status: JsonObject, said: str, deed: Deed, _host: str) -> ClusterError:
    by_manager: dict[str, list[str]] = {}
    for cause in items(status, "details", "causes"):
        if text(cause, "reason") == "FieldManagerConflict":
            found = _MANAGER.search(text(cause, "message"))
            by_manager.setdefault(found[1] if found else "somebody else", []).append(text(cause, "field"))
    if by_manager:
        who = "; ".join(f"{manager} owns {', '.join(sorted(set(fields)))}" for manager, fields in by_manager.items())
        return ConflictError(
            f"{deed}: {who}. Take what they own out of the definition, or set take_ownership: true.", managers=tuple(by_manager)
        )
    if text(status, "reason") == "AlreadyExists":
        return ConflictError(f"{deed}: it exists already.")
    modified = "the object has been modified" in text(status, "message")
    return ConflictError(f"{deed}: somebody else changed it in the meantime{'; run the task again.' if modified else f': {said}'}")


_MEANINGS: Mapping[int, Callable[[JsonObject, str, Deed, str], ClusterError]] = {
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    410: _gone,
}


def seconds_asked(status: JsonObject, header: str) -> float:
    """How many seconds the server asks to wait (Retry-After, else `retryAfterSeconds`), 0 when it does not; a date counts as 1."""
    if header:
        return float(header) if header.strip().isdigit() else 1.0
    return float(number(status, "details", "retryAfterSeconds"))


def version_of(answer: JsonObject) -> tuple[int, int] | None:
    """The server's version, which some vendors write as `30+`; None where it says none."""
    major, minor = (re.match(r"\d{1,4}", text(answer, part)) for part in ("major", "minor"))
    return (int(major[0]), int(minor[0])) if major is not None and minor is not None else None
