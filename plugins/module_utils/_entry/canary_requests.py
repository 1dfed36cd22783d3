# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request of `canary`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, mapping
from .._domain.base.ports import Cluster
from .._domain.base.resources import DEPLOYMENT
from .._domain.request import CanaryRequest, Companion, Limits, Routes, Target
from .._domain.workloads.shares import MATCH, Share
from .configs import entries_of
from .definitions import sorted_out
from .manifests import check_name
from .requests import Parameters, cause_of, holder_of, short_target, waiting_of
from .shares import WEIGHTS, shares_of
from .split_requests import named_routes

DELAY = 10.0
"""Seconds that routers have to follow where nothing is said: seen were up to 5, of routers that load their configuration anew."""


def canary_request(
    parameters: Parameters, manifests: tuple[JsonObject, ...], cluster: Cluster, cluster_namespace: str, process: str
) -> CanaryRequest:
    """The request of `canary`. Raises `InputError`."""
    companions: tuple[Companion, ...] = ()
    if manifests:
        targets, companions = sorted_out("canary", parameters, manifests, cluster, cluster_namespace)
        if len(targets) > 1:
            names = ", ".join(str(target.ref) for target in targets)
            raise InputError(f"The definition holds {names}, and canary takes one Deployment a task; make a task of each.")
        (target,) = targets
    else:
        target = _short(parameters, cluster_namespace)
    return CanaryRequest(
        goal="roll",
        namespace=target.ref.namespace,
        application=check_name(parameters["application"] or target.ref.name, "application"),
        holder=holder_of(parameters, process),
        objects=(target.ref.short,),
        target=target,
        companions=companions,
        shares=_shares(parameters),
        least=parameters["min_replicas"],
        routes=_routes(parameters, target),
        stop_before=(parameters["stop_before"] or "").strip(),
        supersede=parameters["supersede"],
        cause=cause_of(parameters),
        take_ownership=parameters["take_ownership"],
        waiting=waiting_of(parameters),
        config=entries_of(parameters),
        refuse_undone=parameters["refuse_undone"],
    )


def _routes(parameters: Parameters, target: Target) -> Routes | None:
    """The routes that divide the requests, None where none are named. Raises `InputError` for options that mean nothing without them."""
    entries = parameters.get("routes")
    if entries is None:
        given = next(
            (option for option in ("service", "candidate_service", "propagation_delay", "match") if parameters.get(option) is not None), ""
        )
        if given:
            raise InputError(f"{given} is for a canary whose requests are divided by routes; name them in routes, or leave {given} out.")
        return None
    service = check_name(parameters.get("service") or target.ref.name, "service")
    own = check_name(parameters.get("candidate_service") or f"{service}-canary", "candidate_service")
    if own == service:
        raise InputError(f"candidate_service and service are both {service}; the candidate needs a Service of its own.")
    delay = parameters.get("propagation_delay")
    rules = named_routes(entries, target.ref.namespace)
    headers, cookies = (_texts(mapping(parameters, "match").get(key), f"match.{key}") for key in ("headers", "cookies"))
    plain = {ref.short: rule for ref, rule in rules.items()}
    return Routes(plain, service, own, DELAY if delay is None else delay, headers, cookies)


def _texts(given: Any, option: str) -> dict[str, str]:
    """Texts by name. Raises `InputError` for what is none."""
    found = given if isinstance(given, Mapping) else {}
    odd = next((name for name, value in found.items() if not isinstance(value, str) or not value or not str(name)), None)
    if odd is not None:
        raise InputError(f"{option}.{odd} must be a text that is not empty; write it in quotes.")
    return {str(name): value for name, value in found.items()}


def _shares(parameters: Parameters) -> tuple[Share, ...]:
    """The steps before the promotion; with `match` first the one in which nothing but matching requests go to the candidate."""
    shares = shares_of(parameters, WEIGHTS)
    if parameters.get("match") is None:
        return shares
    if not any(parameters["match"].get(key) for key in ("headers", "cookies")):
        raise InputError("match names neither headers nor cookies; give one, such as headers: {X-Canary: always}, or leave match out.")
    return (Share(MATCH, 0, None, parameters["hold"]), *shares)


def _short(parameters: Parameters, cluster_namespace: str) -> Target:
    return short_target({**parameters, "kind": DEPLOYMENT.kind}, Limits(), cluster_namespace)
