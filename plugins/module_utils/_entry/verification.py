# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `verify`: its arguments, what is to be hidden of them, and the measurement that they ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, text
from .._domain.base.ports import Clock, Cluster, Progress
from .._domain.kinds import WORKLOADS
from .._domain.text.masking import SHORTEST, looks_secret
from .._domain.verification import (
    AFTER,
    MOST_AT_ONCE,
    SHORTEST_INTERVAL,
    PodProbe,
    Verification,
    allowance_of,
    checked_url,
    shown_url,
    statuses_of,
)
from .._engine.gates.measuring_job import START_SECONDS, FromPod
from .._engine.outside.measurement import UNMEASURED, FromHere, Measured, Measurement, Source
from .manifests import check_name

Options = dict[str, Any]

VERIFY: Options = {
    "verify": {
        "type": "dict",
        "options": {
            "url": {"type": "str"},
            "job": {
                "type": "dict",
                "options": {
                    "image": {"type": "str", "required": True},
                    "url": {"type": "str", "required": True},
                    "namespace": {"type": "str"},
                    "service_account": {"type": "str"},
                    "image_pull_policy": {"type": "str", "choices": ["Always", "IfNotPresent", "Never"]},
                    "image_pull_secrets": {"type": "list", "elements": "str", "no_log": False},
                    "run_as_user": {"type": "int"},
                },
            },
            "interval": {"type": "str", "default": "100ms"},
            "timeout": {"type": "str", "default": "5s"},
            "method": {"type": "str", "default": "GET", "choices": ["GET", "HEAD"]},
            "headers": {"type": "dict"},
            "status": {"type": "list", "elements": "str", "default": ["200-399"]},
            "contains": {"type": "str"},
            "validate_certs": {"type": "bool", "default": True},
            "ca_cert": {"type": "path"},
            "max_failed": {"type": "str", "default": "0"},
            "after": {"type": "str", "default": f"{AFTER:g}s"},
        },
        "required_one_of": [("url", "job")],
        "mutually_exclusive": [("url", "job")],
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
    job = given["job"]
    if job is not None:
        _refuse_with_job(given)
    return Verification(
        url=checked_url(given["url"], "verify.url") if job is None else checked_url(job["url"], "verify.job.url"),
        pod=_pod(job) if job is not None else None,
        interval=interval,
        timeout=timeout,
        status=statuses_of(given["status"]),
        contains=given["contains"] or "",
        headers=headers_of(given["headers"] or {}, "verify.headers"),
        method=given["method"],
        validate_certs=given["validate_certs"],
        ca_cert=given["ca_cert"] or "",
        allowed=allowance_of(given["max_failed"]),
        after=after,
        gives_up=gives_up,
    )


def _refuse_with_job(given: Mapping[str, Any]) -> None:
    for option, why in (
        ("headers", "they would stand in the Job for everybody to read"),
        ("ca_cert", "the pod does not have the file; take an image that trusts the authority"),
    ):
        if given[option]:
            raise InputError(f"verify.{option} cannot be used with verify.job: {why}.")
    least = given["timeout"] / MOST_AT_ONCE
    if given["interval"] < least:
        raise InputError(
            f"verify.interval of {given['interval']:g} s is too short for a job with a timeout of {given['timeout']:g} s, in which up to "
            f"{MOST_AT_ONCE} requests may be on their way; give at least {least:.2g}."
        )


def _pod(job: Mapping[str, Any]) -> PodProbe:
    if not job["image"].strip():
        raise InputError("verify.job.image is empty.")
    user = job["run_as_user"]
    if user is not None and user < 1:
        raise InputError(f"verify.job.run_as_user must be the number of a user other than root, not {user}.")
    return PodProbe(
        image=job["image"],
        namespace=check_name(job["namespace"], "verify.job.namespace") if job["namespace"] else "",
        service_account=check_name(job["service_account"], "verify.job.service_account") if job["service_account"] else "",
        image_pull_policy=job["image_pull_policy"] or "",
        image_pull_secrets=tuple(check_name(secret, "verify.job.image_pull_secrets") for secret in job["image_pull_secrets"] or ()),
        run_as_user=user,
    )


def namespace_of(parameters: Mapping[str, Any], manifests: Sequence[JsonObject], default: str) -> str:
    """Where the workloads of a task are: the first of them, where there are several. Raises `InputError` where only the cluster knows."""
    if parameters.get("all_namespaces"):
        raise InputError("verify.job needs its namespace with all_namespaces: say in which one the pod shall run.")
    workloads = parameters.get("workloads") or [{}]
    own = next((text(entry, "metadata", "namespace") for entry in manifests if text(entry, "kind") in WORKLOADS), "")
    return own or workloads[0].get("namespace") or parameters.get("namespace") or default


def headers_of(given: Mapping[Any, Any], option: str) -> dict[str, str]:
    """The headers of an option, as texts. Raises `InputError`, whose message has no value."""
    found: dict[str, str] = {}
    for key, value in given.items():
        name, content = str(key), str(value)
        if not re.fullmatch(_NAME, name):
            raise InputError(f"{option} holds a name that is none of a header: letters, digits and dashes.")
        if isinstance(value, Mapping | list | bool) or value is None:
            raise InputError(f"{option}: {name} must be a text.")
        if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", content):
            raise InputError(f"{option}: the value of {name} holds a line break, or another character that no header may have.")
        found[name] = content
    return found


def verify_secrets(parameters: Mapping[str, Any]) -> set[str]:
    """What nobody may see of the option: the values of headers, and what stands in an address that is refused."""
    given = parameters.get("verify")
    if not isinstance(given, Mapping):
        return set()
    headers = given.get("headers")
    hidden = set(secrets_in(headers)) if isinstance(headers, Mapping) else set()
    job = given.get("job")
    for url in (given.get("url"), job.get("url") if isinstance(job, Mapping) else None):
        netloc = re.match(r"[a-zA-Z]+://([^/?#]*)@", str(url or ""))
        if netloc is None:
            continue
        hidden |= {part for part in netloc[1].split(":", 1)[1:] if len(part) >= SHORTEST}
    return hidden


def secrets_in(headers: Mapping[Any, Any]) -> Iterator[str]:
    """The values of headers, and the parts of them, that nobody may see."""
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
    job = shown.get("job")
    if isinstance(job, Mapping) and isinstance(job.get("url"), str):
        shown["job"] = {**job, "url": shown_url(job["url"])}
    return shown


def extra_seconds(wanted: Verification) -> float:
    """How much longer a task takes for it at most: until it has begun, and after all is complete."""
    start = START_SECONDS if wanted.pod is not None else 0.0
    return start + wanted.after + 2 * wanted.timeout


def measurement_of(
    wanted: Verification | None, *, cluster: Cluster, clock: Clock, guard: Callable[[], None], progress: Progress, seconds: float
) -> Measurement:
    """The measurement, not begun yet; the task takes `seconds` at most. Raises `InputError` for what cannot be used."""
    if wanted is None:
        return UNMEASURED
    source: Source = FromHere(wanted, clock)
    if wanted.pod is not None:
        source = FromPod(wanted, wanted.pod, cluster=cluster, clock=clock, guard=guard, namespace=wanted.pod.namespace, seconds=seconds)
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
