# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster shows of an application with two sides, kept up to date by one list and one watch for each kind of its namespace."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from math import inf
from types import TracebackType
from typing import Self, TypeVar

from ..._domain.base.errors import ForbiddenError, NotFoundError
from ..._domain.base.objects import JsonObject, Ref, moment, text, uid_of
from ..._domain.base.ports import Cluster, WatchEvent
from ..._domain.base.resources import BUDGET, DEPLOYMENT, HPA, Resource
from ..._domain.traffic.scenes import Autoscaler, Budget, Scene, View
from .feed import Feed, Source
from .traffic import Traffic
from .workloads import Observer

T = TypeVar("T")


class Stage:
    """Follows what a rollout looks at until it is closed; use it as a context manager.

    Without the right to read autoscalers or budgets there are none for it, and `warnings` say so. Raises `NotFoundError` for a Service
    that is missing, `ClusterError` when the cluster cannot be read.
    """

    def __init__(self, cluster: Cluster, namespace: str, view: View, *, follow: bool = True) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._view = view
        self._feed = Feed(cluster, self._hear, follow=follow)
        self._observer = Observer(cluster, [self.ref(name) for name in view.deployments], feed=self._feed)
        self.traffic = Traffic(
            cluster, namespace, view.services, feed=self._feed, whole=view.traffic, pods=view.traffic, optional=view.optional
        )
        """Where requests go; it follows nothing where the view leaves that out."""
        self._routes: dict[tuple[Resource, str], JsonObject] = {}
        self._scalers: dict[str, Autoscaler] = {}
        self._budgets: dict[str, Budget] = {}
        self._stack = ExitStack()
        self._turned: float | None = None
        self._seen: dict[str, float] = {}
        """When a time that the claim remembers was seen first."""
        self.warnings: list[str] = []
        """What could not be read, in sentences."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._feed.close)
            if self._view.traffic or self._view.services:
                stack.enter_context(self.traffic)
            for resource in dict.fromkeys(resource for resource, _name in self._view.routes):
                self._follow_routes(resource)
            stack.enter_context(self._observer)
            if self._observer.warnings:
                raise ForbiddenError(self._observer.warnings[0], status=403)
            for resource in (HPA, BUDGET) if self._view.traffic else ():
                self._follow(resource)
            self._feed.await_open()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def _follow(self, resource: Resource) -> None:
        try:
            self._feed.follow(Source(resource, self._namespace, optional=True))
        except ForbiddenError as error:
            self.warnings.append(f"{error.message} So {resource.kind} objects are taken as not there.")
        except NotFoundError:
            return  # An old cluster without this version of the API has none of them.

    def scene(self, moments: Mapping[str, str] | None = None) -> Scene:
        """What is known now; `moments` are those that the claim remembers, in RFC 3339."""
        snapshots = {name: self._observer.snapshot(self.ref(name)) for name in self._view.deployments}
        return Scene(
            deployments={name: snapshot for name, snapshot in snapshots.items() if snapshot.workload is not None},
            services=self.traffic.all_services(),
            backends=self.traffic.backends(),
            endpoints={name: self.traffic.endpoints(name) for name in self._view.services},
            routes={Ref(resource.kind, self._namespace, name): obj for (resource, name), obj in self._routes.items()},
            autoscalers=tuple(sorted(self._scalers.values(), key=lambda entry: entry.ref)),
            budgets=tuple(sorted(self._budgets.values(), key=lambda entry: entry.ref)),
            since={name: self._since(at) for name, at in (moments or {}).items()},
            since_turn=inf if self._turned is None else time.monotonic() - self._turned,
            now=self._cluster.now(),
        )

    def _since(self, at: str) -> float:
        """Seconds since a moment, by the server's clock, which has also written it. What another clock has written, as one that is ahead,
        counts at least from when it was first seen here: a wait that hangs on it ends in its time."""
        then = moment({"at": at}, "at")
        if then is None:
            return 0.0
        seen = time.monotonic() - self._seen.setdefault(at, time.monotonic())
        return max(seen, (self._cluster.now() - then).total_seconds())

    def turned(self) -> None:
        """Note that a Service was pointed elsewhere just now."""
        self._turned = time.monotonic()

    def ref(self, deployment: str) -> Ref:
        """What a Deployment of the namespace is called."""
        return Ref(DEPLOYMENT.kind, self._namespace, deployment)

    def wait(self, timeout: float) -> tuple[Ref, ...]:
        """Block until something happens or `timeout` seconds are over; return all Deployments, as anything may matter to each of them."""
        self._feed.wait(timeout)
        return tuple(self.ref(name) for name in self._view.deployments)

    def wake(self) -> None:
        """End a wait now, from any thread."""
        self._feed.wake()

    def take(self, resource: Resource, obj: JsonObject) -> None:
        """Take the answer to a write of our own, before its event comes."""
        self._feed.take(resource, obj)

    @property
    def silence(self) -> str:
        """Why nothing is heard of the cluster now; empty when all is well."""
        return self._feed.silence

    def _hear(self, resource: Resource, event: WatchEvent) -> None:
        self._observer.hear(resource, event)
        self.traffic.hear(resource, event)
        if resource is HPA:
            _keep(self._scalers, event, Autoscaler.of)
        elif resource is BUDGET:
            _keep(self._budgets, event, Budget.of)
        elif resource in (known for known, _name in self._view.routes):
            self._keep_route(resource, event)

    def _follow_routes(self, resource: Resource) -> None:
        """Raise `NotFoundError` where the cluster does not have this kind of routes."""
        names = [name for found, name in self._view.routes if found == resource]
        try:
            self._feed.follow(Source(resource, self._namespace, fields=f"metadata.name={names[0]}" if len(names) == 1 else ""))
        except NotFoundError as error:
            raise NotFoundError(
                f"{Ref(resource.kind, self._namespace, names[0])} cannot be there: this cluster has no {resource.kind} of "
                f"{resource.api_version}; name the kind of route that leads to the Service here, or install that router's definitions.",
                status=error.status,
            ) from error

    def _keep_route(self, resource: Resource, event: WatchEvent) -> None:
        if event.type == "RESYNC":
            self._routes = {key: obj for key, obj in self._routes.items() if key[0] != resource}
        for obj in event.items if event.type == "RESYNC" else (event.object,):
            key = resource, text(obj, "metadata", "name")
            if event.type == "DELETED":
                self._routes.pop(key, None)
            elif key in self._view.routes:
                # Of a list the server leaves the kind out.
                self._routes[key] = {**obj, "kind": resource.kind, "apiVersion": resource.api_version}


def _keep(known: dict[str, T], event: WatchEvent, read: Callable[[JsonObject], T]) -> None:
    if event.type == "RESYNC":
        known.clear()
        known.update({uid_of(obj): read(obj) for obj in event.items})
    elif event.type == "DELETED":
        known.pop(uid_of(event.object), None)
    else:
        known[uid_of(event.object)] = read(event.object)
