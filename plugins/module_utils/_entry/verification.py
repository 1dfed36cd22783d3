# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `verify`: its arguments, what is to be hidden of them, and the measurement that they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._domain.errors import InputError
from .._domain.masking import SHORTEST, looks_secret
from .._domain.ports import Clock, Progress
from .._domain.verification import AFTER, SHORTEST_INTERVAL, Verification, allowance_of, checked_url, shown_url, statuses_of
from .._engine.measurement import FromHere, Measured, Measurement

Options = dict[str, Any]

VERIFY: Options = {
    "verify": {
        "type": "dict",
        "options": {
            "url": {"type": "str"},
            "interval": {"type": "float", "default": 0.1},
            "timeout": {"type": "float", "default": 5.0},
            "method": {"type": "str", "default": "GET", "choices": ["GET", "HEAD"]},
            "headers": {"type": "dict"},
            "status": {"type": "list", "elements": "str", "default": ["200-399"]},
            "contains": {"type": "str"},
            "validate_certs": {"type": "bool", "default": True},
            "ca_cert": {"type": "path"},
            "max_failed": {"type": "str", "default": "0"},
            "after": {"type": "float", "default": AFTER},
        },
        "required_one_of": [("url",)],
    }
}
"""As an argument spec has it."""

_LONG = 8
"""Characters of a header's value that make it worth hiding, whatever the header is called."""
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"


def verification_of(parameters: Mapping[str, Any], *, gives_up: bool = True) -> Verification | None:
    """What the task wants to be measured; None where it wants nothing. Raises `InputError`, in whose message there is nothing secret."""
    given = parameters.get("verify")
    if given is None:
        return None
    if parameters.get("wait") is False:
        raise InputError("verify measures while the task waits; leave out wait: false, or verify.")
    interval, timeout, after = given["interval"], given["timeout"], given["after"]
    if not SHORTEST_INTERVAL <= interval <= 60:
        raise InputError(f"verify.interval must be between {SHORTEST_INTERVAL:g} and 60 seconds, not {interval:g}.")
    if not 0 < timeout <= 60:
        raise InputError(f"verify.timeout must be more than 0 and up to 60 seconds, not {timeout:g}.")
    if not 0 <= after <= 3600:
        raise InputError(f"verify.after must be between 0 and 3600 seconds, not {after:g}.")
    if given["contains"] and given["method"] == "HEAD":
        raise InputError("verify.contains looks into the body, and an answer to HEAD has none; take method: GET.")
    return Verification(
        url=checked_url(given["url"], "verify.url"),
        interval=interval,
        timeout=timeout,
        status=statuses_of(given["status"]),
        contains=given["contains"] or "",
        headers=_headers(given["headers"] or {}),
        method=given["method"],
        validate_certs=given["validate_certs"],
        ca_cert=given["ca_cert"] or "",
        allowed=allowance_of(given["max_failed"]),
        after=after,
        gives_up=gives_up,
    )


def _headers(given: Mapping[Any, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in given.items():
        name, content = str(key), str(value)
        if not re.fullmatch(_NAME, name):
            raise InputError("verify.headers holds a name that is none of a header: letters, digits and dashes.")
        if isinstance(value, Mapping | list | bool) or value is None:
            raise InputError(f"verify.headers: {name} must be a text.")
        if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", content):
            raise InputError(f"verify.headers: the value of {name} holds a line break, or another character that no header may have.")
        found[name] = content
    return found


def verify_secrets(parameters: Mapping[str, Any]) -> set[str]:
    """What nobody may see of the option: the values of headers, and what stands in an address that is refused."""
    given = parameters.get("verify")
    if not isinstance(given, Mapping):
        return set()
    headers = given.get("headers")
    hidden = set(_secrets_in(headers)) if isinstance(headers, Mapping) else set()
    netloc = re.match(r"[a-zA-Z]+://([^/?#]*)@", str(given.get("url") or ""))
    if netloc:
        hidden |= {part for part in netloc[1].split(":", 1)[1:] if len(part) >= SHORTEST}
    return hidden


def _secrets_in(headers: Mapping[Any, Any]) -> Iterator[str]:
    for name, value in headers.items():
        content = str(value).strip()
        least = SHORTEST if looks_secret(str(name)) else _LONG
        if len(content) >= least:
            yield content
        if looks_secret(str(name)):  # `Bearer TOKEN`: the token may come back alone.
            yield from (part for part in content.split() if len(part) >= _LONG)


def redacted_verify(given: Any) -> Any:
    """The option as a result may show it."""
    if not isinstance(given, Mapping):
        return "given" if given is not None else None
    shown = dict(given)
    if shown.get("headers") is not None:
        shown["headers"] = "given"
    if isinstance(shown.get("url"), str):
        shown["url"] = shown_url(shown["url"])
    return shown


def measurement_of(wanted: Verification | None, *, clock: Clock, progress: Progress) -> Measurement:
    """The measurement, not begun yet. Raises `InputError` for what cannot be used."""
    source = FromHere(wanted, clock) if wanted is not None else None
    return Measurement(wanted, source, clock=clock, progress=progress)


def measured_result(measured: Measured) -> dict[str, Any]:
    """The key `verify` of a result."""
    tally = measured.tally
    return {
        "requests": tally.requests,
        "failed": tally.failed,
        "outcomes": dict(sorted(tally.outcomes.items())),
        "failures": [{"at": round(reply.at, 2), "outcome": reply.outcome, "detail": reply.detail} for reply in tally.failures],
        "longest_gap": round(measured.longest_gap, 2),
        "slowest": round(tally.slowest, 2),
        "skipped": measured.skipped,
        "from": measured.origin,
        "url": measured.url,
    }
