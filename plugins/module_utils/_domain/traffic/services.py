# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services and what stands behind them: which pods a selector picks, whether those may serve, and what the EndpointSlices say.

Kubernetes routes to what the EndpointSlices hold as ready. A selector alone proves nothing: the slices follow it within about a second,
and a rule of `publishNotReadyAddresses` puts pods into them that are not ready at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..base.objects import JsonObject, Ref, at, controller_of, flag, items, ref_of, text, texts, uid_of
from ..workloads.workload import Condition, condition

Selector = Mapping[str, str]

SERVICE_NAME = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its Service."""
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Service:
    """A Service, as far as traffic goes."""

    ref: Ref
    uid: str
    selector: Selector
    """Empty where the endpoints are made by hand."""
    type: str
    """ClusterIP, NodePort, LoadBalancer or ExternalName."""
    headless: bool
    publishes_unready: bool
    """publishNotReadyAddresses: pods get traffic before they are ready."""
    named_ports: tuple[str, ...]
    """The ports of pods that it calls by a name."""
    deleted: bool

    @classmethod
    def of(cls, obj: JsonObject) -> Service:
        """From a Service object."""
        targets = [at(port, "targetPort") for port in items(obj, "spec", "ports")]
        return cls(
            ref=ref_of(obj),
            uid=uid_of(obj),
            selector=texts(obj, "spec", "selector"),
            type=text(obj, "spec", "type") or "ClusterIP",
            headless=text(obj, "spec", "clusterIP") == "None",
            publishes_unready=flag(obj, "spec", "publishNotReadyAddresses"),
            named_ports=tuple(dict.fromkeys(target for target in targets if isinstance(target, str) and not target.isdecimal())),
            deleted=bool(text(obj, "metadata", "deletionTimestamp")),
        )


@dataclass(frozen=True)
class Backend:
    """A pod, as far as Services go."""

    ref: Ref
    uid: str
    labels: Selector
    ports: frozenset[str]
    """The names of its containers' ports."""
    application: str
    """What made it: `Deployment web`, `StatefulSet db`, `Pod web-0` for one that nobody controls."""
    ready: bool
    going: bool
    """It has ended, was evicted, or is on its way out: it serves nobody any more."""
    ended: bool = False
    """It has ended or was evicted: none of its containers runs."""

    @classmethod
    def of(cls, obj: JsonObject) -> Backend:
        """From a Pod object."""
        ready = condition(Condition.all_of(obj), "Ready")
        ended = text(obj, "status", "phase") in _ENDED
        return cls(
            ref=ref_of({**obj, "kind": "Pod"}),
            uid=uid_of(obj),
            labels=texts(obj, "metadata", "labels"),
            ports=frozenset(
                text(port, "name")
                # A port of an init container counts where that container goes on beside the others.
                for group in ("containers", "initContainers")
                for container in items(obj, "spec", group)
                for port in items(container, "ports")
            ),
            application=_application(obj),
            ready=ready is not None and ready.status == "True",
            going=ended or bool(text(obj, "metadata", "deletionTimestamp")),
            ended=ended,
        )


def _application(pod: JsonObject) -> str:
    """ReplicaSets of a Deployment are called `<Deployment>-<hash>`."""
    owner = controller_of(pod)
    kind, name = text(owner, "kind"), text(owner, "name")
    own = texts(pod, "metadata", "labels").get("pod-template-hash", "")
    if kind == "ReplicaSet" and own and name.endswith(f"-{own}"):
        return f"Deployment {name.removesuffix(f'-{own}')}"
    return f"{kind} {name}" if kind else f"Pod {text(pod, 'metadata', 'name')}"


@dataclass(frozen=True)
class Endpoint:
    """One entry of an EndpointSlice."""

    pod_uid: str
    """Empty for what is no pod."""
    pod_name: str
    ready: bool
    """It gets traffic. The API's missing condition means yes."""

    @classmethod
    def all_of(cls, endpoint_slice: JsonObject) -> tuple[Endpoint, ...]:
        """The entries of an EndpointSlice."""
        return tuple(
            cls(
                pod_uid=text(entry, "targetRef", "uid"),
                pod_name=text(entry, "targetRef", "name"),
                ready=at(entry, "conditions", "ready") is not False,
            )
            for entry in items(endpoint_slice, "endpoints")
        )


def picks(selector: Selector, labels: Selector) -> bool:
    """The selector matches these labels. An empty one picks nothing: the endpoints of such a Service are made by hand."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def picked(selector: Selector, backends: Iterable[Backend]) -> tuple[Backend, ...]:
    """The pods that the selector picks and that may serve: what has ended or is on its way out does not count."""
    return tuple(backend for backend in backends if not backend.going and picks(selector, backend.labels))


def spelled(selector: Selector) -> str:
    """A selector as people write it: `app=web,colour=green`."""
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


def unswitchable(service: Service) -> str:
    """Why the selector of this Service is not to be changed by a switch, whatever the new one; empty when it may be."""
    ref = service.ref
    if service.deleted:
        return f"{ref} is being deleted."
    if service.type == "ExternalName":
        return f"{ref} is an ExternalName: it leads to a name outside the cluster and has no selector to switch."
    if not service.selector:
        return f"{ref} has no selector: its endpoints are made by hand or by another controller, so there is nothing to switch."
    if service.headless:
        return (
            f"{ref} is headless (clusterIP: None): its clients resolve the pods' own addresses and keep them, so a switch would reach them "
            "late or never; put a Service with a cluster IP in front."
        )
    if service.publishes_unready:
        return f"{ref} publishes addresses of pods that are not ready; set publishNotReadyAddresses to false before it is switched."
    return ""


def unfit(
    service: Service, selector: Selector, backends: Sequence[Backend], *, minimum: int, mixed: bool = False, partial: bool = False
) -> str:
    """Why the Service must not get this selector now, in a sentence; empty when every pod that it picks is ready to serve.

    `minimum` is how many of them there must be (0 where a Service may be without pods), `mixed` allows pods of several workloads,
    `partial` some that are not ready (which get no traffic either way): for what serves already, or served just before.
    """
    ref, chosen = service.ref, picked(selector, backends)
    wanted = spelled(selector)
    if not chosen and minimum:
        return f"{ref} would select no pod by {wanted}; correct the selector, or roll the pods out first."
    applications = sorted({backend.application for backend in chosen})
    if len(applications) > 1 and not mixed:
        return (
            f"{ref} would select pods of several workloads by {wanted}: {_some(applications)}; add a label that only one of them has, or "
            "set several_workloads: true."
        )
    lacking = sorted({port for port in service.named_ports for backend in chosen if port not in backend.ports})
    if lacking:
        return f"{ref} leads to the port {lacking[0]}, which pods selected by {wanted} do not have; name it in their containers' ports."
    unready = sorted(backend.ref.name for backend in chosen if not backend.ready)
    if unready and not partial:
        are = "is" if len(unready) == 1 else "are"
        return f"{ref} would get pods by {wanted} that {are} not ready: {_some(unready)}; wait for them (module wait) and try again."
    if len(chosen) - len(unready) < minimum:
        ready = len(chosen) - len(unready)
        return f"{ref} would get {ready} ready pods by {wanted}, fewer than min_endpoints: {minimum}; scale them up first."
    return ""


def unproven(
    service: Service,
    selector: Selector,
    backends: Sequence[Backend],
    endpoints: Sequence[Endpoint],
    *,
    minimum: int,
    partial: bool = False,
) -> str:
    """What is missing until the Service has this selector and its EndpointSlices hold all pods that it picks, ready, and nothing else;
    empty when that is proven. With `partial` only the ready ones need to be there."""
    if service.selector != selector:
        return f"the cluster still shows its selector as {spelled(service.selector)}"
    chosen = picked(service.selector, backends)
    uids = {backend.uid for backend in chosen}
    strangers = sorted(
        endpoint.pod_name or "an address by hand" for endpoint in endpoints if endpoint.ready and endpoint.pod_uid not in uids
    )
    if strangers:
        return f"its EndpointSlices still lead to {_some(strangers)}"
    unready = sorted(backend.ref.name for backend in chosen if not backend.ready)
    if unready and not partial:
        return f"{_some(unready)} {'is' if len(unready) == 1 else 'are'} not ready"
    ready = {endpoint.pod_uid for endpoint in endpoints if endpoint.ready}
    missing = sorted(backend.ref.name for backend in chosen if backend.ready and backend.uid not in ready)
    if missing:
        return f"its EndpointSlices do not lead to {_some(missing)} yet"
    count = len(chosen) - len(unready)
    return f"{count} of at least {minimum} pods are ready" if count < minimum else ""


def ready_behind(selector: Selector, backends: Iterable[Backend]) -> int:
    """How many ready pods the selector picks."""
    return sum(1 for backend in picked(selector, backends) if backend.ready)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
