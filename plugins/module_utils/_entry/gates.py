# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a gate: their arguments, what is to be hidden of them, and the gate that they ask for."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._domain.base.errors import InputError
from .._domain.gates.gate import Access, Bounds, Gate, Http, JobRun, Limits, Placed, Pods, Prometheus, Source
from .._domain.gates.json_path import parts_of
from .._domain.gates.placeholders import SERVICES, names_in, needed
from .._domain.gates.queries.built_in import COUNTERS, METRICS, WINDOW
from .._domain.gates.queries.counters import Whose, amount_of, value_of
from .._domain.gates.spans import judges_the_past, least_seconds, looks_back
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


def gates_in(parameters: Mapping[str, Any]) -> Iterator[tuple[Any, str, int | None]]:
    """The options of all gates of a task, each with what its names stand within, and the number of the step that it belongs to."""
    for number, given in enumerate(parameters.get("gates") or ()):
        yield given, f"gates[{number}]", None
    steps = parameters.get("steps")
    for place, step in enumerate(steps if isinstance(steps, list | tuple) else ()):
        for number, given in enumerate((step.get("gates") or ()) if isinstance(step, Mapping) else ()):
            yield given, f"steps[{place}].gates[{number}]", place


def placed_gates(parameters: Mapping[str, Any], shares: Sequence[tuple[str, float]] = ()) -> tuple[Placed, ...]:
    """The gates of a rollout; `shares` are its steps with their holds, where these are named by who asks. Raises `InputError` as `gate_of`,
    for a name that is given twice, for a hold that ends too soon, and for Services of the versions where both have the same."""
    found: list[Placed] = []
    if parameters.get("wait") is False and (parameters.get("gates") or parameters.get("hold")):
        raise InputError(
            "gates and hold are measured and waited for by the task, which wait: false ends before; take wait: true, or leave them out."
        )
    for given, option, place in gates_in(parameters):
        gate = gate_of(given, f"{option}.")
        if "before" not in given:
            _refuse_services(gate, option)
        steps = tuple(BEFORE[step] for step in given.get("before") or ()) if place is None else (shares[place][0],)
        if any(placed.gate.name == gate.name and (placed.steps == steps or not placed.steps) for placed in found):
            raise InputError(f"{option.rpartition('[')[0]} has two of the name {gate.name}; their verdicts could not be told apart.")
        found.append(Placed(gate, steps))
        held = _held(parameters, given, place, shares)
        if held is not None and (held.seconds or "before" in given) and least_seconds(gate) > held.seconds:
            least, delay = gate.limits.least, gate.limits.initial_delay
            times = f"{least} {'measurement' if least == 1 else 'measurements'} after an initial_delay of {delay:g} s"
            where = "before scale_down" if "before" in given else "in the hold"
            raise InputError(
                f"{option} cannot pass {where}: {times} take {least_seconds(gate):g} s, and the hold lasts {held.seconds:g} s; "
                f"give a longer {held.option}."
            )
    return tuple(found)


@dataclass(frozen=True)
class _Held:
    """For how long a rollout is held while a gate is measured, and the option that says so."""

    option: str
    seconds: float


def _held(parameters: Mapping[str, Any], given: Mapping[str, Any], place: int | None, shares: Sequence[tuple[str, float]]) -> _Held | None:
    """The shortest time for which the rollout is held while a gate is measured, 0 for none; None where that is not known here, and where
    the gate is measured before anything has changed for the users."""
    if "before" in given:
        delay = parameters.get("scale_down_delay")
        in_hold = not given["before"] or "scale_down" in given["before"]
        return _Held("scale_down_delay", delay) if in_hold and delay is not None else None
    if place is not None:
        return _Held(f"steps[{place}].hold", shares[place][1])
    if "wait" in parameters:
        return None  # A rolling update, whose gates are measured before the hold as well, and longer where that is not enough.
    return _Held("hold", min((seconds for _name, seconds in shares), default=parameters.get("hold") or 0.0))


def warnings_of(parameters: Mapping[str, Any], gates: Sequence[Placed], shares: Sequence[tuple[str, float]] = ()) -> list[str]:
    """What is to be said of the gates of a rollout that look back further than it is held; otherwise as `placed_gates`."""
    found = []
    for placed, (given, _option, place) in zip(gates, gates_in(parameters), strict=True):
        held = _held(parameters, given, place, shares)
        # Only the pods of a StatefulSet have the names of those before them, and it has neither sides nor shares.
        if held is None or not judges_the_past(placed.gate, held.seconds, same_names="before" not in given and not shares):
            continue
        lasts = f"{held.option} is {held.seconds:g} s" if held.seconds else "there is no hold"
        found.append(
            f"Gate {placed.gate.name} asks for the last {looks_back(placed.gate):g} s, and {lasts}: each of its values also holds what was "
            f"before the step. Give a shorter range or a longer {held.option}."
        )
    return found


def _refuse_services(gate: Gate, option: str) -> None:
    """Raise `InputError` for a gate that asks for the Service of a version, where the pods of both are behind the same."""
    missing = sorted(needed(gate) & SERVICES)
    if not missing:
        return
    asks = gate.source.metric if isinstance(gate.source, Prometheus) and gate.source.metric else "it"
    by_service = f"{option}.prometheus.service for the Service as a whole, or source: istio" if asks != "it" else "$candidate_pods"
    raise InputError(
        f"{option} cannot be measured: {asks} needs ${missing[0]}, and here the pods of both versions are behind the same Services; "
        f"give {by_service}."
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
