# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster shows of some Services: their selectors, the pods they may pick, their EndpointSlices; kept up to date by watches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from ..._domain.base.errors import NotFoundError
from ..._domain.base.objects import JsonObject, Ref, ref_of, texts, uid_of
from ..._domain.base.ports import Cluster, WatchEvent
from ..._domain.base.resources import ENDPOINT_SLICE, POD, SERVICE, Resource
from ..._domain.traffic.services import SERVICE_NAME, Backend, Endpoint, Service
from .feed import Feed, Source


class Traffic:
    """Follows Services of one namespace until it is closed; use it as a context manager. With ``follow=False`` it only lists, once.

    ``feed``: one that is shared with others, which gives each event to `hear`. ``whole``: all Services of the namespace are followed, so
    that `all_services` knows them; without ``pods`` none are. ``optional`` are names of Services that may be missing from the beginning.

    Raises `NotFoundError` for a Service that is not there, `ClusterError` when the cluster cannot be read.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        names: Iterable[str],
        *,
        follow: bool = True,
        feed: Feed | None = None,
        whole: bool = False,
        pods: bool = True,
        optional: Iterable[str] = (),
    ) -> None:
        self._namespace = namespace
        self._names = frozenset(names)
        self._optional = frozenset(optional)
        self._whole = whole
        self._with_pods = pods
        self._feed = feed or Feed(cluster, self.hear, follow=follow)
        self._services: dict[str, Service] = {}
        self._pods: dict[str, Backend] = {}
        self._slices: dict[str, tuple[str, tuple[Endpoint, ...]]] = {}

    def __enter__(self) -> Self:
        only = f"metadata.name={next(iter(self._names))}" if len(self._names) == 1 and not self._whole else ""
        owned = f"{SERVICE_NAME} in ({','.join(sorted(self._names))})"
        try:
            self._feed.follow(Source(SERVICE, self._namespace, fields=only))
            self._demand()
            if self._with_pods:
                self._feed.follow(Source(POD, self._namespace))
            if self._names:
                self._feed.follow(Source(ENDPOINT_SLICE, self._namespace, labels=owned))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all watches."""
        self._feed.close()

    def _demand(self) -> None:
        """Raise `NotFoundError` where one of the Services is missing that must be there at the beginning."""
        missing = sorted(self._names - self.services().keys() - self._optional)
        if missing:
            ref = Ref("Service", self._namespace, missing[0])
            raise NotFoundError(f"{ref} does not exist; correct name and namespace, or create it first.", status=404)

    def services(self) -> Mapping[str, Service]:
        """Those of the Services that are there, by name."""
        return {service.ref.name: service for service in self._services.values() if service.ref.name in self._names}

    def all_services(self) -> Mapping[str, Service]:
        """All Services that are there, by name."""
        return {service.ref.name: service for service in self._services.values()}

    def backends(self) -> tuple[Backend, ...]:
        """All pods of the namespace, by name."""
        return tuple(sorted(self._pods.values(), key=lambda pod: pod.ref))

    def endpoints(self, name: str) -> tuple[Endpoint, ...]:
        """What the EndpointSlices of a Service hold."""
        return tuple(endpoint for owner, found in self._slices.values() if owner == name for endpoint in found)

    def await_open(self) -> None:
        """Block until the server has taken all watches. Raises `ForbiddenError` where it refuses one."""
        self._feed.await_open()

    def wait(self, timeout: float) -> tuple[Ref, ...]:
        """Block until something happens or `timeout` seconds are over; return the Services, as anything may matter to each of them."""
        self._feed.wait(timeout)
        return tuple(Ref(SERVICE.kind, self._namespace, name) for name in self._names)

    def wake(self) -> None:
        """End a wait now, from any thread."""
        self._feed.wake()

    @property
    def silence(self) -> str:
        """Why nothing is heard of the cluster now; empty when all is well."""
        return self._feed.silence

    def hear(self, resource: Resource, event: WatchEvent) -> None:
        """Take one event of a kind that is followed here; others are left alone."""
        if resource not in (SERVICE, POD, ENDPOINT_SLICE):
            return
        if event.type == "DELETED":
            self._known(resource).pop(uid_of(event.object), None)
            return
        if event.type == "RESYNC":
            self._known(resource).clear()
        for obj in event.items if event.type == "RESYNC" else (event.object,):
            self._keep(resource, obj)

    def _keep(self, resource: Resource, obj: JsonObject) -> None:
        uid = uid_of(obj)
        if resource is POD:
            self._pods[uid] = Backend.of(obj)
        elif resource is ENDPOINT_SLICE:
            self._slices[uid] = (texts(obj, "metadata", "labels").get(SERVICE_NAME, ""), Endpoint.all_of(obj))
        elif self._whole or ref_of(obj).name in self._names:
            self._services[uid] = Service.of(obj)

    def _known(self, resource: Resource) -> dict[str, Any]:
        known: Mapping[Resource, dict[str, Any]] = {SERVICE: self._services, POD: self._pods, ENDPOINT_SLICE: self._slices}
        return known[resource]
