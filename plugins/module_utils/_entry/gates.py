# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a gate: their arguments, what is to be hidden of them, and the gate that they ask for."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from .._domain.base.errors import InputError
from .._domain.gates.gate import Access, Bounds, Gate, Http, JobRun, Limits, Pods, Prometheus, Source
from .._domain.gates.json_path import parts_of
from .._domain.gates.placeholders import names_in, needed
from .._domain.gates.queries.built_in import COUNTERS, METRICS, WINDOW
from .._domain.gates.queries.counters import Whose, amount_of, value_of
from .._domain.text.veils import secrets_within
from .._domain.verification import checked_url, shown_url, statuses_of
from .manifests import check_name
from .verification import headers_of, secrets_in

Options = dict[str, Any]

SOURCES = ("prometheus", "http", "job", "pods")
_ACCESS: Options = {
    "bearer_token": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "headers": {"type": "dict"},
    "timeout": {"type": "str", "default": "10s"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_cert": {"type": "path"},
}
_ALONE: Options = {"mutually_exclusive": [("bearer_token", "username")], "required_together": [("username", "password")]}
GATE: Options = {
    "name": {"type": "str", "required": True},
    "prometheus": {
        "type": "dict",
        "options": {
            "url": {"type": "str", "required": True},
            "query": {"type": "str"},
            "metric": {"type": "str", "choices": list(METRICS)},
            "source": {"type": "str", "choices": list(COUNTERS)},
            "service": {"type": "str"},
            "window": {"type": "str"},
            "range": {"type": "str"},
            "step": {"type": "str"},
            **_ACCESS,
        },
        "required_one_of": [("query", "metric")],
        "mutually_exclusive": [("query", "metric"), *_ALONE["mutually_exclusive"]],
        "required_together": [("metric", "source"), *_ALONE["required_together"]],
        "required_by": {"step": ["range"], "service": ["metric"], "window": ["metric"]},
    },
    "http": {
        "type": "dict",
        "options": {
            "url": {"type": "str", "required": True},
            "method": {"type": "str", "default": "GET", "choices": ["GET", "HEAD", "POST", "PUT"]},
            "body": {"type": "str"},
            "status": {"type": "list", "elements": "str", "default": ["2xx"]},
            "json": {"type": "str"},
            **_ACCESS,
        },
        **_ALONE,
    },
    "job": {
        "type": "dict",
        "options": {
            "image": {"type": "str", "required": True},
            "command": {"type": "list", "elements": "str"},
            "args": {"type": "list", "elements": "str"},
            "env": {"type": "dict"},
            "namespace": {"type": "str"},
            "service_account": {"type": "str"},
            "image_pull_policy": {"type": "str", "choices": ["Always", "IfNotPresent", "Never"]},
            "image_pull_secrets": {"type": "list", "elements": "str", "no_log": False},
            "wait_timeout": {"type": "str", "default": "5m"},
        },
    },
    "pods": {"type": "dict", "options": {"restarts": {"type": "int", "default": 0}, "ready": {"type": "bool", "default": True}}},
    "min": {"type": "float"},
    "max": {"type": "float"},
    "baseline": {
        "type": "dict",
        "options": {
            "query": {"type": "str"},
            "max_ratio": {"type": "float"},
            "max_difference": {"type": "float"},
        },
        "required_one_of": [("max_ratio", "max_difference")],
    },
    "each": {"type": "str", "default": "all", "choices": ["all", "any"]},
    "interval": {"type": "str", "default": "10s"},
    "count": {"type": "int", "default": 1},
    "initial_delay": {"type": "str", "default": "0"},
    "failure_limit": {"type": "int", "default": 0},
    "error_limit": {"type": "int", "default": 4},
    "inconclusive_limit": {"type": "int", "default": 3},
    "on_no_data": {"type": "str", "default": "inconclusive", "choices": ["inconclusive", "fail", "ignore"]},
    "min_count": {"type": "int", "default": 1},
    "min_samples": {
        "type": "dict",
        "options": {"query": {"type": "str"}, "min": {"type": "float", "required": True}},
    },
    "dry_run": {"type": "bool", "default": False},
}
"""As an argument spec has it."""
_ONE_SOURCE: Options = {"mutually_exclusive": [SOURCES], "required_one_of": [SOURCES]}
BEFORE: Mapping[str, str] = {"switch": "switch", "scale_down": "hold"}
"""The steps of blue/green before which a gate can be measured, with the step that waits for it: old pods go when the hold is over."""
_UNSURE: Options = {"on_inconclusive": {"type": "str", "default": "same", "choices": ["same", "pause"]}}
GATES: Options = {
    "gates": {
        "type": "list",
        "elements": "dict",
        "options": {
            **GATE,
            "before": {"type": "list", "elements": "str", "choices": list(BEFORE)},
        },
        **_ONE_SOURCE,
    },
    **_UNSURE,
}
"""As an argument spec has the gates of blue/green, and of what goes on with any rollout."""
BETWEEN: Options = {
    "gates": {"type": "list", "elements": "dict", "options": GATE, **_ONE_SOURCE},
    "hold": {"type": "str", "default": "0"},
    **_UNSURE,
}
"""As an argument spec has the gates of what goes step by step."""
STEPS: Options = {
    "gates": BETWEEN["gates"],
    "on_inconclusive": GATES["on_inconclusive"],
    "hold": {"type": "str", "default": "60s"},
    "steps": {
        "type": "list",
        "elements": "dict",
        "options": {"weight": {"type": "int"}, "replicas": {"type": "int"}, "hold": {"type": "str"}, "gates": BETWEEN["gates"]},
    },
}
"""As an argument spec has the steps of a canary: gates of all of them, and gates of one."""
CHECKS: Options = _ONE_SOURCE
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_. -]{0,61}[A-Za-z0-9])?"


def gate_of(given: Mapping[str, Any], within: str = "") -> Gate:
    """The gate that is asked for; `within` is what stands before the names of its options. Raises `InputError`, in whose message there
    is nothing secret."""
    name = given["name"]
    if not re.fullmatch(_LABEL, name):
        raise InputError(f"{within}name must be a short word or two, up to 63 letters, digits, dashes and blanks, not {name!r}.")
    limits = _limits(given, within)
    return Gate(name, _source(given, within), _bounds(given, within), limits, given["dry_run"])


def _source(given: Mapping[str, Any], within: str) -> Source:
    kind = next(kind for kind in SOURCES if given.get(kind) is not None)
    its, shown = given[kind], f"{within}{kind}."
    for option in ("baseline", "min_samples"):
        if given[option] is not None and kind != "prometheus":
            raise InputError(f"{within}{option} holds a query, which only a gate with prometheus can ask.")
    if kind in ("job", "pods") and (given["min"] is not None or given["max"] is not None):
        raise InputError(f"{within}min and max are bounds of a value, and a gate with {kind} has none; leave them out.")
    if kind == "prometheus":
        return _prometheus(given, its, within)
    if kind == "http":
        return _http(given, its, within)
    if kind == "job":
        return _job(its, shown)
    return Pods(restarts=its["restarts"], ready=its["ready"])


def _prometheus(given: Mapping[str, Any], its: Mapping[str, Any], within: str) -> Prometheus:
    shown, samples = f"{within}prometheus.", given["min_samples"] or {}
    if given["min"] is None and given["max"] is None and given["baseline"] is None:
        raise InputError(f"{within}min, max or baseline is missing: without a bound each value would pass.")
    baseline = given["baseline"] or {}
    if its["metric"]:
        query, base, amount = _built_in(given, its, within)
    else:
        query, base, amount = its["query"].strip(), baseline.get("query") or "", samples.get("query") or ""
        for option in ("baseline", "min_samples"):
            if given[option] is not None and not given[option]["query"]:
                raise InputError(f"{within}{option}.query is missing: only for a metric the query is made.")
    length = its["range"] or 0.0
    step = its["step"] or length / 20
    if length and not 0 < step <= length:
        raise InputError(f"{shown}step must be more than 0 and at most the range of {length:g} s, not {step:g}.")
    found = Prometheus(
        url=checked_url(its["url"], f"{shown}url"),
        query=query,
        baseline=base,
        samples=amount,
        least_samples=samples.get("min") or 0.0,
        range=length,
        step=step,
        metric=f"{its['metric']} of {its['source']}" if its["metric"] else "",
        access=_access(its, shown),
    )
    for text, option in (
        (found.query, f"{shown}query"),
        (found.baseline, f"{within}baseline.query"),
        (found.samples, f"{within}min_samples.query"),
    ):
        names_in(text, option)
    return found


def _built_in(given: Mapping[str, Any], its: Mapping[str, Any], within: str) -> tuple[str, str, str]:
    """The queries of a metric: of its value, of that of the version before, and of how many requests there are; '' where not wanted."""
    service = check_name(its["service"], f"{within}prometheus.service") if its["service"] else ""
    baseline, samples, window = given["baseline"], given["min_samples"], its["window"] or WINDOW
    if service and baseline is not None and not baseline["query"]:
        raise InputError(
            f"{within}baseline.query is missing: {within}prometheus.service asks for all requests to {service}, so there is no version "
            "before to compare with; give a query, or leave the service out."
        )
    count = COUNTERS[its["source"]]
    candidate = count(Whose(service=service))
    base = amount = ""
    if baseline is not None:
        base = baseline["query"] or value_of(its["metric"], count(Whose("stable")), window)
    if samples is not None:
        amount = samples["query"] or amount_of(candidate, window)
    return value_of(its["metric"], candidate, window), base, amount


def _http(given: Mapping[str, Any], its: Mapping[str, Any], within: str) -> Http:
    shown = f"{within}http."
    if its["json"]:
        parts_of(its["json"], f"{shown}json")
    elif given["min"] is not None or given["max"] is not None:
        raise InputError(f"{within}min and max need {shown}json, which says where in the answer the value stands.")
    if its["body"] and its["method"] not in ("POST", "PUT"):
        raise InputError(f"{shown}body cannot be sent by {its['method']}; take method: POST or PUT.")
    if its["json"] and its["method"] == "HEAD":
        raise InputError(f"{shown}json looks into the body, and an answer to HEAD has none; take method: GET.")
    for text, option in ((its["url"], f"{shown}url"), (its["body"] or "", f"{shown}body")):
        names_in(text, option)
    return Http(
        url=checked_url(its["url"], f"{shown}url"),
        method=its["method"],
        body=its["body"] or "",
        status=statuses_of(its["status"], f"{shown}status"),
        json=its["json"] or "",
        access=_access(its, shown),
    )


def _job(its: Mapping[str, Any], shown: str) -> JobRun:
    if not its["image"].strip():
        raise InputError(f"{shown}image is empty.")
    env = {str(name): str(value) for name, value in (its["env"] or {}).items() if value is not None}
    for name, value in env.items():
        if not re.fullmatch(r"[-._a-zA-Z][-._a-zA-Z0-9]*", name):
            raise InputError(f"{shown}env holds {name!r}, which is no name of a variable.")
        names_in(value, f"{shown}env.{name}")
    return JobRun(
        image=its["image"],
        command=tuple(its["command"] or ()),
        args=tuple(its["args"] or ()),
        env=env,
        seconds=its["wait_timeout"],
        namespace=check_name(its["namespace"], f"{shown}namespace") if its["namespace"] else "",
        service_account=check_name(its["service_account"], f"{shown}service_account") if its["service_account"] else "",
        image_pull_policy=its["image_pull_policy"] or "",
        image_pull_secrets=tuple(check_name(secret, f"{shown}image_pull_secrets") for secret in its["image_pull_secrets"] or ()),
    )


def _access(its: Mapping[str, Any], shown: str) -> Access:
    if its["timeout"] <= 0:
        raise InputError(f"{shown}timeout must be more than 0.")
    headers = headers_of(its["headers"] or {}, f"{shown}headers")
    if (its["bearer_token"] or its["username"]) and any(name.lower() == "authorization" for name in headers):
        raise InputError(f"{shown}headers holds Authorization, and so do bearer_token and username; leave one of them out.")
    if its["bearer_token"]:
        headers["Authorization"] = f"Bearer {its['bearer_token']}"
    elif its["username"]:
        headers["Authorization"] = f"Basic {_basic(its)}"
    headers_of({name: value for name, value in headers.items() if name == "Authorization"}, f"{shown}bearer_token or password")
    return Access(headers, its["timeout"], its["validate_certs"], its["ca_cert"] or "")


def _basic(its: Mapping[str, Any]) -> str:
    return base64.b64encode(f"{its['username']}:{its['password']}".encode()).decode()


def _bounds(given: Mapping[str, Any], within: str) -> Bounds:
    baseline = given["baseline"] or {}
    if given["min"] is not None and given["max"] is not None and given["min"] > given["max"]:
        raise InputError(f"{within}min is {given['min']:g} and max {given['max']:g}: no value is between them.")
    for option in ("max_ratio", "max_difference"):
        if baseline.get(option) is not None and baseline[option] < 0:
            raise InputError(f"{within}baseline.{option} must not be below 0.")
    return Bounds(given["min"], given["max"], baseline.get("max_ratio"), baseline.get("max_difference"), given["each"] == "all")


def _limits(given: Mapping[str, Any], within: str) -> Limits:
    if given["min_count"] > given["count"]:
        raise InputError(f"{within}min_count is {given['min_count']} and count {given['count']}: so many can never pass.")
    if given["count"] > 1 and not given["interval"]:
        raise InputError(f"{within}interval must be more than 0 for more than one measurement.")
    return Limits(
        interval=given["interval"],
        count=given["count"],
        initial_delay=given["initial_delay"],
        failures=given["failure_limit"],
        errors=given["error_limit"],
        inconclusive=given["inconclusive_limit"],
        no_data=given["on_no_data"],
        least=given["min_count"],
    )


def needs_no_cluster(given: Mapping[str, Any]) -> bool:
    """Whether the module `gate` asks nothing of the cluster. Raises as `gate_of`."""
    gate = gate_of(given)
    known = {"namespace": given["namespace"], "name": given["workload"]}
    from_outside = isinstance(gate.source, (Prometheus, Http))
    return from_outside and all(known.get(name) for name in needed(gate))


def gate_secrets(given: Any) -> set[str]:
    """What nobody may see of a gate's options: tokens, passwords, values of headers, secret variables of its Job."""
    if not isinstance(given, Mapping):
        return set()
    hidden: set[str] = set()
    for kind in ("prometheus", "http"):
        its = given.get(kind)
        if not isinstance(its, Mapping):
            continue
        hidden |= {str(its[name]) for name in ("bearer_token", "password") if its.get(name)}
        if its.get("username") and its.get("password"):
            hidden.add(_basic(its))
        if isinstance(its.get("headers"), Mapping):
            hidden |= set(secrets_in(its["headers"]))
    job = given.get("job")
    env = job.get("env") if isinstance(job, Mapping) else None
    if isinstance(env, Mapping):
        hidden |= secrets_within({"annotations": {str(key): str(value) for key, value in env.items() if value is not None}})
    return hidden


def redacted_gate(given: Mapping[str, Any]) -> dict[str, Any]:
    """A gate's options as a result may show them."""
    shown = dict(given)
    for kind in ("prometheus", "http"):
        its = shown.get(kind)
        if isinstance(its, Mapping):
            hidden = {name: "given" for name in ("bearer_token", "password", "headers", "body") if its.get(name)}
            shown[kind] = {**its, **hidden, **({"url": shown_url(its["url"])} if isinstance(its.get("url"), str) else {})}
    job = shown.get("job")
    if isinstance(job, Mapping) and job.get("env"):
        shown["job"] = {**job, "env": "given"}
    return shown
