# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests of blue/green."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject
from .._domain.base.ports import Cluster
from .._domain.base.resources import DEPLOYMENT
from .._domain.request import ColourRequest, Colours, Limits, ShortChange, Target
from .configs import entries_of
from .definitions import refuse_twice, sorted_out
from .manifests import check_name
from .requests import Parameters, cause_of, holder_of, named_target, revision_of, short_target, waiting_of


def colour_request(
    parameters: Parameters, manifests: tuple[JsonObject, ...], cluster: Cluster, cluster_namespace: str, process: str
) -> ColourRequest:
    """The request of `blue_green`. Raises `InputError`."""
    if manifests:
        targets, companions = sorted_out("blue_green", parameters, manifests, cluster, cluster_namespace)
    else:
        targets, companions = _short_colours(parameters, cluster_namespace), ()
    places = sorted({target.ref.namespace for target in targets})
    if len(places) > 1:
        raise InputError(f"The definition has Deployments in the namespaces {' and '.join(places)}; give each namespace a task of its own.")
    refuse_twice([target.ref for target in targets], "workloads")
    replicas, delay = parameters["preview_replicas"], parameters["scale_down_delay"]
    if replicas is not None and replicas < 1:
        raise InputError(f"preview_replicas must be 1 or more, not {replicas}.")
    if delay < 0:
        raise InputError(f"scale_down_delay must be 0 or more seconds, not {delay}.")
    return ColourRequest(
        goal="roll",
        namespace=places[0],
        application=check_name(parameters["application"] or targets[0].ref.name, "application"),
        holder=holder_of(parameters, process),
        targets=targets,
        companions=companions,
        colours=Colours(
            services=_colour_services(parameters, targets),
            preview_replicas=replicas,
            delay=delay,
            keep_old=parameters["keep_old"],
            leaves=parameters["leave"],
        ),
        stop_before=(parameters["stop_before"] or "").strip(),
        supersede=parameters["supersede"],
        cause=cause_of(parameters),
        take_ownership=parameters["take_ownership"],
        waiting=waiting_of(parameters),
        config=entries_of(parameters),
        refuse_undone=parameters["refuse_undone"],
    )


def _short_colours(parameters: Parameters, cluster_namespace: str) -> tuple[Target, ...]:
    """Workloads by name with a change each; to leave blue/green no change is needed."""
    entries = parameters["workloads"] or [{key: parameters.get(key) for key in ("name", "image", "env", "container")}]
    found = []
    for entry in entries:
        own = {**entry, "namespace": parameters.get("namespace"), "kind": DEPLOYMENT.kind, "config": parameters["config"]}
        if parameters["leave"] and not own.get("image") and not own.get("env"):
            found.append(replace(named_target(own, cluster_namespace), change=ShortChange()))
        else:
            found.append(short_target(own, Limits(), cluster_namespace))
    return tuple(found)


def _colour_services(parameters: Parameters, targets: tuple[Target, ...]) -> dict[str, str]:
    """The Services with their preview Services; by default the one that is called like the workload."""
    entries = parameters["services"]
    if entries is None:
        name = parameters["service"] or targets[0].ref.name
        entries = [{"name": name, "preview_service": parameters["preview_service"]}]
    if not entries:
        raise InputError("services is empty; name at least one.")
    found: dict[str, str] = {}
    for entry in entries:
        name = check_name(entry["name"], "the name of a Service")
        preview = entry.get("preview_service") or ""
        if preview:
            check_name(preview, "preview_service")
        if name in found:
            raise InputError(f"Service {name} stands in services twice; leave one out.")
        found[name] = preview
    previews = [preview for preview in found.values() if preview]
    double = next((name for name in previews if name in found or previews.count(name) > 1), None)
    if double is not None:
        raise InputError(f"Service {double} cannot be the preview of one Service and something else as well; give each its own preview.")
    return found


def colour_undo(parameters: Parameters, cluster_namespace: str, process: str) -> ColourRequest:
    """The request of an `undo` of what blue/green rolls out. Raises `InputError` for options that mean nothing there."""
    for option, default in (("resume", False), ("repair", "blocking"), ("last_applied", "align"), ("wait", True)):
        if parameters[option] != default:
            raise InputError(f"{parameters['name']} is rolled out by blue/green, where {option} means nothing; leave it out.")
    return colour_operation("undo", parameters["name"], parameters, cluster_namespace, process)


def canary_undo(parameters: Parameters, cluster_namespace: str, process: str) -> ColourRequest:
    """The request of an `undo` of what has a canary on its way: it gives that up. Raises `InputError` where another revision is named."""
    name = parameters["name"]
    for option in ("revision", "to"):
        if parameters.get(option):
            raise InputError(
                f"{name} has a canary on its way, which an undo without {option} gives up; abort or promote it, then undo to what you name."
            )
    return colour_operation("abort", name, parameters, cluster_namespace, process)


def colour_operation(
    goal: Literal["promote", "abort", "undo"], application: str, parameters: Parameters, cluster_namespace: str, process: str
) -> ColourRequest:
    """The request of `promote` and `abort`, and of an `undo` of what is rolled out by blue/green. Raises `InputError`."""
    revision = parameters.get("revision")
    return ColourRequest(
        goal=goal,
        namespace=check_name(parameters.get("namespace") or cluster_namespace, "namespace"),
        application=check_name(application, "application"),
        holder=holder_of(parameters, process),
        stop_before=(parameters.get("stop_before") or "").strip(),
        expect=_expected(parameters),
        revision=revision_of(parameters, "revision") if revision else None,
        to=(parameters.get("to") or "").strip(),
        cause=cause_of(parameters),
        take_ownership=parameters.get("take_ownership", False),
        waiting=replace(waiting_of(parameters), on_failure=parameters.get("on_failure", "rollback")),
        remember=parameters.get("remember", True),
    )


def _expected(parameters: Parameters) -> frozenset[str] | None:
    """The candidates that are expected, None where nothing is said of them. Raises `InputError` for a list without names: a variable
    that is empty by mistake must not let another version pass."""
    given = parameters.get("expect")
    if given is None:
        return None
    names = frozenset(name.strip() for name in given)
    if not names or not all(names):
        raise InputError("expect names no candidate; give it rollouts[].candidate.name of the result of blue_green, or leave it out.")
    return names
