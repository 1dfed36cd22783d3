# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From validated parameters to one frozen request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, Ref
from .._domain.base.ports import Cluster
from .._domain.kinds import DEFAULT, WORKLOADS, named
from .._domain.request import (
    Abort,
    Cause,
    ConfigRequest,
    HistoryRequest,
    Limits,
    OperationRequest,
    Ours,
    Pause,
    Restart,
    RolloutRequest,
    Selection,
    ShortChange,
    SwitchRequest,
    Target,
    Undo,
    Waiting,
    WatchRequest,
)
from .._domain.workloads.replicas import check_limits
from .configs import entries_of, own_entries
from .definitions import refuse_twice, sorted_out
from .groups import grouping_of
from .manifests import check_name, kind_of, manifests_of
from .repair import check_repair
from .text_files import read_text

_MANY = ("rolling", "recreate", "blue_green")
"""The strategies that take several workloads at a time."""

Parameters = Mapping[str, Any]


def given_manifests(parameters: Parameters) -> tuple[JsonObject, ...]:
    """The manifests of the task, from `definition` or the file `src`; none where the short way is taken."""
    if parameters.get("template") is not None:
        raise InputError("template is rendered on the controller, by the action plugin; it cannot be used where only the module runs.")
    if parameters.get("definition") is not None:
        return manifests_of(parameters["definition"], origin="definition")
    if parameters.get("src"):
        return manifests_of(read_text(parameters["src"], f"src {parameters['src']}"), origin=str(parameters["src"]))
    return ()


def waiting_of(parameters: Parameters) -> Waiting:
    """How to wait. Raises `InputError` for times that make no sense."""
    timeout, grace, lines = parameters["wait_timeout"], parameters.get("failure_grace"), parameters["log_lines"]
    if timeout <= 0:
        raise InputError(f"wait_timeout must be at least 1 second, not {timeout}; to start a rollout without waiting set wait: false.")
    if grace is not None and grace < 0:
        raise InputError(f"failure_grace must be 0 or more seconds, not {grace}.")
    if lines < 0:
        raise InputError(f"log_lines must be 0 or more, not {lines}.")
    return Waiting(
        wait=parameters.get("wait", True),
        timeout=timeout,
        failure_grace=grace,
        log_lines=lines,
        on_failure=parameters.get("on_failure", "hold"),
        on_deletion=parameters.get("on_deletion", "fail"),
    )


def selection_of(parameters: Parameters, cluster_namespace: str, *, kinds: Collection[str]) -> Selection:
    """Which workloads the task is about; a selector without a kind means all of `kinds`. Raises `InputError`."""
    may_be_empty, here = parameters["allow_empty"], parameters.get("namespace")
    everywhere, labels = parameters["all_namespaces"], parameters.get("label_selectors")
    if everywhere and labels is None:
        raise InputError("all_namespaces needs label_selectors: say by their labels which workloads are meant.")
    if everywhere and here:
        raise InputError(f"namespace {here} and all_namespaces exclude each other; leave one out.")
    if labels is not None:
        wanted = ",".join(part.strip() for part in labels if part.strip())
        if not wanted:
            raise InputError("label_selectors is empty; give at least one, such as app=web.")
        chosen = [parameters["kind"]] if parameters.get("kind") else sorted(kinds)
        namespace = "" if everywhere else check_name(here or cluster_namespace, "namespace")
        return Selection(resources=tuple(WORKLOADS[kind] for kind in chosen), labels=wanted, namespace=namespace, may_be_empty=may_be_empty)
    entries = parameters.get("workloads")
    if entries is None:
        entries = [{"kind": parameters.get("kind") or DEFAULT, "name": parameters["name"]}]
    elif not entries and not may_be_empty:
        raise InputError("workloads is empty; name at least one, or set allow_empty: true.")
    targets = tuple(named_target({**entry, "namespace": entry.get("namespace") or here}, cluster_namespace) for entry in entries)
    refuse_twice([target.ref for target in targets], "workloads")
    return Selection(targets=targets, may_be_empty=may_be_empty)


def watch_request(parameters: Parameters, selection: Selection) -> WatchRequest:
    """The request of `wait` and `status_info`."""
    if "wait_timeout" not in parameters:
        return WatchRequest(selection)
    until = parameters["until"]
    kinds = {target.resource.kind for target in selection.targets} or {resource.kind for resource in selection.resources}
    others = sorted(kind for kind in kinds if not named(kind).pauses)
    if until == "paused" and others:
        raise InputError(f"until: paused is for Deployments, a {others[0]} cannot be paused; set kind: Deployment.")
    return WatchRequest(
        selection,
        waiting=waiting_of(parameters),
        until=until,
        revision=revision_of(parameters, "revision"),
        old_pods_gone=parameters["old_pods_gone"],
    )


def history_request(parameters: Parameters, selection: Selection) -> HistoryRequest:
    """The request of `history_info`."""
    return HistoryRequest(selection, revision=revision_of(parameters, "revision"), compare_to=revision_of(parameters, "compare_to"))


def undo_request(parameters: Parameters, selection: Selection) -> OperationRequest:
    """The request of `undo`; revision 0 means the one before, as in kubectl."""
    check_repair(parameters, selection)
    revision = parameters.get("revision")
    operation = Undo(
        revision=revision_of(parameters, "revision") if revision else None,
        to=(parameters.get("to") or "").strip(),
        resume=parameters["resume"],
        repair=parameters["repair"],
        last_applied=parameters["last_applied"],
        remember=parameters["remember"],
        cause=cause_of(parameters),
    )
    return OperationRequest(operation, selection, waiting_of(parameters), parameters["take_ownership"])


def abort_request(parameters: Parameters, target: Target) -> OperationRequest:
    """The request of `abort` for what goes pod by pod. Raises `InputError` for `expect`, which is about blue/green."""
    if parameters["expect"] is not None:
        raise InputError(f"expect names candidates of blue_green; leave it out for {target.ref}.")
    operation = Abort(repair=parameters["repair"], cause=cause_of(parameters), remember=parameters["remember"])
    return OperationRequest(operation, Selection((target,)), waiting_of(parameters), parameters["take_ownership"])


def restart_request(parameters: Parameters, selection: Selection, now: datetime) -> OperationRequest:
    """The request of `restart`; `now` is the time that the restarted pods carry."""
    at = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    operation = Restart(at=at, key=(parameters.get("key") or "").strip(), waited_for=parameters["wait"], cause=cause_of(parameters))
    return OperationRequest(operation, selection, waiting_of(parameters), parameters["take_ownership"])


def pause_request(parameters: Parameters, selection: Selection, *, paused: bool) -> OperationRequest:
    """The request of `pause` and `resume`."""
    waiting = waiting_of(parameters) if "wait_timeout" in parameters else Waiting(wait=False)
    return OperationRequest(Pause(paused=paused), selection, waiting, parameters["take_ownership"])


def revision_of(parameters: Parameters, name: str) -> int | None:
    """The number in an option; None where it is not given. Raises `InputError` for what is no number of a revision."""
    number: int | None = parameters.get(name)
    if number is not None and number < 1:
        raise InputError(f"{name} must be the number of a revision, 1 or more, not {number}; history_info lists them.")
    return number


def cause_of(parameters: Parameters) -> Cause:
    """Why and by whom, as the task says it."""
    return Cause(why=parameters.get("change_cause") or "", by=parameters.get("requested_by") or "")


def switch_request(parameters: Parameters, cluster_namespace: str, process: str) -> SwitchRequest:
    """The request of `service_switch`; `process` tells this very process from all others. Raises `InputError`."""
    timeout, minimum = parameters["wait_timeout"], parameters["min_endpoints"]
    if timeout <= 0:
        raise InputError(f"wait_timeout must be at least 1 second, not {timeout}.")
    if minimum < 1:
        raise InputError(f"min_endpoints must be 1 or more, not {minimum}: a Service without endpoints is an outage.")
    entries = parameters.get("services")
    if entries is None:
        entries = [{"name": parameters["name"]}]
    if not entries:
        raise InputError("services is empty; name at least one.")
    names = [check_name(entry["name"], "the name of a Service") for entry in entries]
    namespace = check_name(parameters.get("namespace") or cluster_namespace, "namespace")
    refuse_twice([Ref("Service", namespace, name) for name in names], "services")
    return SwitchRequest(
        namespace=namespace,
        wanted={
            name: _selector(entry.get("selector") or parameters.get("selector"), name) for name, entry in zip(names, entries, strict=True)
        },
        application=check_name(parameters.get("application") or names[0], "application"),
        holder=holder_of(parameters, process),
        minimum=minimum,
        mixed=parameters["several_workloads"],
        take_ownership=parameters["take_ownership"],
        timeout=timeout,
    )


def _selector(given: Mapping[Any, Any] | None, service: str) -> dict[str, str]:
    """A selector as the API wants it: texts to texts, and at least one."""
    if not given:
        raise InputError(f"Service {service} needs a selector: give selector, with the labels of the pods that it shall lead to.")
    odd = next((key for key, value in given.items() if not isinstance(value, str | int | float) or isinstance(value, bool)), None)
    if odd is not None:
        raise InputError(f"The selector of Service {service} has no text for {odd}; write it in quotes, as labels are texts.")
    return {str(key): str(value) for key, value in given.items()}


def rollout_request(
    strategy: str, parameters: Parameters, manifests: tuple[JsonObject, ...], cluster: Cluster, cluster_namespace: str
) -> RolloutRequest:
    """The request of a strategy's module: workloads are its targets, everything else comes along and is applied before them."""
    limits = _limits(parameters)
    waiting = waiting_of(parameters)
    targets, companions = sorted_out(strategy, parameters, manifests, cluster, cluster_namespace)
    if not manifests:
        targets = (short_target(parameters, limits, cluster_namespace),)
    if len(targets) > 1 and strategy not in _MANY:
        names = ", ".join(str(target.ref) for target in targets)
        raise InputError(f"The definition holds {names}, and {strategy} takes one workload a task; make a task of each.")
    check_repair(parameters, Selection(targets))
    return RolloutRequest(
        strategy=strategy,
        targets=targets,
        companions=companions,
        limits=limits,
        cause=cause_of(parameters),
        take_ownership=parameters["take_ownership"],
        waiting=waiting,
        config=entries_of(parameters),
        grouping=grouping_of(strategy, parameters),
        refuse_undone=parameters["refuse_undone"],
        supersede=parameters.get("supersede", False),
    )


def config_request(parameters: Parameters, cluster_namespace: str) -> ConfigRequest:
    """The request of `versioned_config`."""
    return ConfigRequest(
        namespace=check_name(parameters.get("namespace") or cluster_namespace, "namespace"),
        config=own_entries(parameters),
        cleans=parameters["cleanup"],
        take_ownership=parameters["take_ownership"],
    )


def holder_of(parameters: Parameters, process: str) -> str:
    """Who works on it, as others see it who find the Lease held."""
    by = parameters.get("requested_by") or ""
    return f"{by}, {process}" if by else process


def ours_of(parameters: Parameters, process: str) -> Ours:
    """Under which name the task holds what it works on. Raises `InputError` for what is no name."""
    application = parameters.get("application")
    return Ours(check_name(application, "application") if application else "", holder_of(parameters, process))


def _limits(parameters: Parameters) -> Limits:
    limits = Limits(
        max_surge=parameters.get("max_surge"),
        max_unavailable=parameters.get("max_unavailable"),
        partition=parameters.get("partition"),
        min_ready_seconds=parameters.get("min_ready_seconds"),
        progress_deadline_seconds=parameters.get("progress_deadline_seconds"),
        repair=parameters.get("repair", "blocking"),
    )
    check_limits(surge=limits.max_surge, unavailable=limits.max_unavailable)
    if limits.partition is not None and limits.partition < 0:
        raise InputError(f"partition must be 0 or more, not {limits.partition}.")
    return limits


def short_target(parameters: Parameters, limits: Limits, cluster_namespace: str) -> Target:
    """A live workload and its short change. Raises `InputError` where nothing is to be changed."""
    image, env = parameters.get("image"), parameters.get("env") or {}
    _check_image(image)
    if not image and not env and not parameters.get("config") and limits.set_nothing:
        raise InputError("Nothing to change: give image, env, config or one of the limits together with name, or a definition.")
    target = named_target(parameters, cluster_namespace)
    change = ShortChange(
        image=image,
        env={_variable(key): None if value is None else _value(value, key) for key, value in env.items()},
        container=parameters.get("container"),
    )
    return Target(target.resource, target.ref, change=change)


def _check_image(image: Any) -> None:
    """Raise `InputError` for what is neither an image nor several by container: 1.10 without quotes is the number 1.1 by now."""
    if image is not None and not isinstance(image, str | Mapping):
        raise InputError(f"image must be a text, or a mapping of container to image, not {kind_of(image)}; write it in quotes.")
    for name, value in image.items() if isinstance(image, Mapping) else ():
        if not isinstance(value, str):
            raise InputError(f"image: the image of container {name} is {kind_of(value)} and no text; write it in quotes.")


def _variable(key: Any) -> str:
    if not isinstance(key, str):
        raise InputError(f"env: the name {key} is {kind_of(key)} and no text; write it in quotes.")
    return key


def _value(value: Any, name: str) -> str:
    """The text of a variable's value: booleans as programs and YAML write them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InputError(f"env: the value of {name} is {kind_of(value)}; a variable holds one text, so write it in quotes.")
    return str(value)


def named_target(parameters: Parameters, cluster_namespace: str) -> Target:
    """A workload by its name alone. Raises `InputError` for what is no name."""
    name = check_name(parameters["name"], "name")
    namespace = check_name(parameters.get("namespace") or cluster_namespace, "namespace")
    resource = WORKLOADS[parameters["kind"]]
    return Target(resource, Ref(resource.kind, namespace, name))
