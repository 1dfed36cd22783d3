# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From validated parameters to one frozen request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._domain.errors import InputError
from .._domain.objects import JsonObject, Ref, ref_of, replaced, text, without
from .._domain.ports import Cluster
from .._domain.replicas import check_limits
from .._domain.request import Companion, Limits, RolloutRequest, ShortChange, Target, Waiting, WatchRequest
from .._domain.resources import DEPLOYMENT, WORKLOADS
from .manifests import check_name, manifests_of

Parameters = Mapping[str, Any]


def given_manifests(parameters: Parameters) -> tuple[JsonObject, ...]:
    """The manifests of the task, from `definition` or the file `src`; none where the short way is taken."""
    if parameters.get("template") is not None:
        raise InputError("template is rendered on the controller, by the action plugin; it cannot be used where only the module runs.")
    if parameters.get("definition") is not None:
        return manifests_of(parameters["definition"], origin="definition")
    if parameters.get("src"):
        return manifests_of(_read(parameters["src"]), origin=str(parameters["src"]))
    return ()


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text file"
        raise InputError(f"src {path} cannot be read: {reason}.") from error


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
    )


def watch_request(parameters: Parameters, cluster_namespace: str) -> WatchRequest:
    """The request of `wait` and `status_info`."""
    waiting = waiting_of(parameters) if "wait_timeout" in parameters else Waiting()
    return WatchRequest(targets=(_named(parameters, cluster_namespace),), waiting=waiting)


def rollout_request(
    strategy: str, parameters: Parameters, manifests: tuple[JsonObject, ...], cluster: Cluster, cluster_namespace: str
) -> RolloutRequest:
    """The request of a strategy's module: workloads are its targets, everything else comes along and is applied before them."""
    limits = _limits(parameters)
    waiting = waiting_of(parameters)
    targets: list[Target] = []
    companions: list[Companion] = []
    for manifest in manifests:
        resource = cluster.resolve(text(manifest, "apiVersion"), text(manifest, "kind"))
        placed = _placed(manifest, parameters, cluster_namespace) if resource.namespaced else without(manifest, "metadata", "namespace")
        if resource == DEPLOYMENT:
            targets.append(Target(resource, ref_of(placed), manifest=placed))
        elif resource.kind in WORKLOADS and resource.group == "apps":
            raise InputError(f"{ref_of(placed)} cannot be rolled out by {strategy}, which takes Deployments; leave it out.")
        else:
            companions.append(Companion(resource, ref_of(placed), placed))
    if manifests and not targets:
        raise InputError("The definition holds no Deployment, so there is nothing to roll out; add it to the definition.")
    _refuse_twice([entry.ref for entry in companions] + [entry.ref for entry in targets])
    if not manifests:
        targets.append(_short(parameters, limits, cluster_namespace))
    return RolloutRequest(
        strategy=strategy,
        targets=tuple(targets),
        # Nothing can be made in a namespace before it is there.
        companions=tuple(sorted(companions, key=lambda entry: entry.resource.kind != "Namespace")),
        limits=limits,
        change_cause=parameters.get("change_cause") or "",
        take_ownership=parameters["take_ownership"],
        waiting=waiting,
    )


def _limits(parameters: Parameters) -> Limits:
    limits = Limits(
        max_surge=parameters.get("max_surge"),
        max_unavailable=parameters.get("max_unavailable"),
        min_ready_seconds=parameters.get("min_ready_seconds"),
        progress_deadline_seconds=parameters.get("progress_deadline_seconds"),
    )
    check_limits(surge=limits.max_surge, unavailable=limits.max_unavailable)
    return limits


def _short(parameters: Parameters, limits: Limits, cluster_namespace: str) -> Target:
    image, env = parameters.get("image"), parameters.get("env") or {}
    if image is not None and not isinstance(image, str | Mapping):
        raise InputError(f"image must be a text, or a mapping of container to image, not {type(image).__name__}.")
    if not image and not env and limits == Limits():
        raise InputError("Nothing to change: give image, env or one of the limits together with name, or a definition.")
    target = _named(parameters, cluster_namespace)
    change = ShortChange(
        image=image,
        env={str(key): None if value is None else str(value) for key, value in env.items()},
        container=parameters.get("container"),
    )
    return Target(target.resource, target.ref, change=change)


def _named(parameters: Parameters, cluster_namespace: str) -> Target:
    name = check_name(parameters["name"], "name")
    namespace = check_name(parameters.get("namespace") or cluster_namespace, "namespace")
    resource = WORKLOADS[parameters["kind"]]
    return Target(resource, Ref(resource.kind, namespace, name))


def _placed(manifest: JsonObject, parameters: Parameters, cluster_namespace: str) -> JsonObject:
    """The manifest in its own namespace if it names one, else in the task's, else in that of the kubeconfig's context."""
    own = text(manifest, "metadata", "namespace")
    namespace = own or check_name(parameters.get("namespace") or cluster_namespace, "namespace")
    return replaced(manifest, ("metadata", "namespace"), namespace)


def _refuse_twice(refs: list[Ref]) -> None:
    for ref in refs:
        if refs.count(ref) > 1:
            raise InputError(f"{ref} stands in the definition twice; leave one out.")
