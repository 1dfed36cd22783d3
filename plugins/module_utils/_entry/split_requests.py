# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request of `traffic_split`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonValue, Ref
from .._domain.request import StagedRequest, Waiting
from .._strategies.traffic_split import TRAFFIC_SPLIT
from .definitions import refuse_twice
from .manifests import check_name
from .requests import Parameters, cause_of, holder_of

_MOST = 1_000_000


def split_request(parameters: Parameters, cluster_namespace: str, process: str) -> StagedRequest:
    """The request of `traffic_split`. Raises `InputError`."""
    namespace = check_name(parameters.get("namespace") or cluster_namespace, "namespace")
    entries = parameters.get("routes")
    if entries is None:
        entries = [{key: parameters.get(key) for key in ("kind", "name", "rule")}]
    named = named_routes(entries, namespace)
    rules: dict[str, JsonValue] = {ref.short: rule for ref, rule in named.items() if rule}
    weights: dict[str, JsonValue] = {}
    if parameters["state"] == "present":
        weights = {**_weights(parameters.get("weights"))}
    elif parameters.get("weights") is not None:
        raise InputError("weights are for state: present; state: original brings back those that were there before, so leave weights out.")
    return StagedRequest(
        strategy=TRAFFIC_SPLIT,
        goal="roll",
        namespace=namespace,
        application=check_name(parameters.get("application") or next(iter(named)).name, "application"),
        holder=holder_of(parameters, process),
        objects=tuple(ref.short for ref in named),
        wanted={"weights": weights, "rules": rules},
        # What an earlier task has not finished is no reason to refuse other numbers.
        supersede=True,
        cause=cause_of(parameters),
        take_ownership=parameters["take_ownership"],
        waiting=Waiting(timeout=parameters["wait_timeout"], on_failure="rollback"),
    )


def named_routes(entries: Sequence[Mapping[str, Any]], namespace: str) -> dict[Ref, str]:
    """The routes of an option, each with the name of the one rule that is meant, or ''. Raises `InputError`."""
    if not entries:
        raise InputError("routes is empty; name at least one.")
    refs = [Ref(entry["kind"], namespace, check_name(entry["name"], f"the name of a {entry['kind']}")) for entry in entries]
    refuse_twice(refs, "routes")
    return {ref: (entry.get("rule") or "").strip() for ref, entry in zip(refs, entries, strict=True)}


def _weights(given: Mapping[Any, Any] | None) -> dict[str, int]:
    """The weights by Service. Raises `InputError` for what is none."""
    if not given:
        raise InputError("weights is missing: give a weight for each Service, such as {web: 95, web-canary: 5}.")
    found = {}
    for name, value in given.items():
        service = check_name(str(name), "the name of a Service in weights")
        number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MOST:
            raise InputError(f"weights.{service} must be a whole number from 0 to {_MOST}, not {value!s:.40}.")
        found[service] = number
    if not any(found.values()):
        raise InputError("weights are all 0, so that no Service would get a request; give at least one more than that.")
    if len(found) == 1:
        service = next(iter(found))
        raise InputError(f"weights names Service {service} alone; name all Services that shall share the requests.")
    return found
