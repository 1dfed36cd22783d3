# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""News of collections: one list and one watch for each, from there.

Watches run in threads that do nothing but put events into a queue; all else happens in the caller's thread.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..._domain.base.errors import ClusterError, ForbiddenError
from ..._domain.base.objects import JsonObject, Ref, text
from ..._domain.base.ports import Cluster, Keep, Subscription, WatchEvent, whole
from ..._domain.base.resources import POD, Resource
from ..._domain.workloads.kept import kept_of_pod

_LOOKS, _LOOK_SECONDS = 25, 0.2
_KEEPS: Mapping[Resource, Keep] = {POD: kept_of_pod}
"""What is kept of the objects of a kind, from the moment at which they are read; of other kinds they are kept whole."""


@dataclass(frozen=True)
class Source:
    """One collection: of a namespace, or of all without one; selectors as in the API's query."""

    resource: Resource
    namespace: str
    labels: str = ""
    fields: str = ""
    optional: bool = False
    """Without the right to watch it goes on without."""


class Feed:
    """Gives each object that is there, and then each event, to `take`. With ``follow=False`` it only lists, once."""

    def __init__(self, cluster: Cluster, take: Callable[[Resource, WatchEvent], None], *, follow: bool = True) -> None:
        self._cluster = cluster
        self._take = take
        self._following = follow
        self._sources: set[Source] = set()
        self._events: queue.SimpleQueue[tuple[Resource, WatchEvent] | ClusterError | None] = queue.SimpleQueue()
        self._subscriptions: list[Subscription] = []
        self._open: set[Source] = set()
        self._answers: dict[tuple[str, Ref], JsonObject] = {}
        """What our own writes were answered, until an event of the same object is at least as new."""
        self._newest: dict[tuple[str, Ref], int] = {}
        """The newest version of each object that was taken."""

    def follow(self, source: Source) -> None:
        """List a collection, then watch it from there; once only. Raises `ClusterError` when it cannot be read."""
        if source in self._sources:
            return
        keep = _KEEPS.get(source.resource, whole)
        page = self._cluster.list(source.resource, source.namespace, labels=source.labels, fields=source.fields, keep=keep)
        version, left = page.resource_version, list(reversed(page.items))
        del page
        while left:  # Each goes as it is taken: what is made of it needs the memory.
            self._pass_on(source.resource, WatchEvent("ADDED", left.pop()))
        self._sources.add(source)
        if not self._following:
            return
        subscription = self._cluster.watch(
            source.resource,
            source.namespace,
            labels=source.labels,
            fields=source.fields,
            resource_version=version,
            opened=lambda: self._has_opened(source),
            keep=keep,
        )
        self._subscriptions.append(subscription)
        threading.Thread(target=self._pump, args=(source, subscription), daemon=True).start()

    def await_open(self) -> None:
        """Block until the server has taken all watches, or does not answer for some seconds. Raises `ForbiddenError` where it refuses
        one: what must be watched after a write is to be asked for before it."""
        for _look in range(_LOOKS):
            if not self._following or self._open >= self._sources:
                return
            self.wait(_LOOK_SECONDS)

    def _has_opened(self, source: Source) -> None:
        if source not in self._open:
            self._open.add(source)
            self._events.put(None)

    def take(self, resource: Resource, obj: JsonObject) -> None:
        """Take the answer to a write of our own, before its event comes. What is still on its way from before that is passed over."""
        self._answers[_key(resource, obj)] = obj
        self._note(resource, obj)
        self._take(resource, WatchEvent("MODIFIED", obj))

    def _pass_on(self, resource: Resource, event: WatchEvent) -> None:
        """Give an event to `take`, unless a newer one of an object of that name was taken: it comes late, or from a server that lags
        behind. The end of an object is always news: another one of its name has another UID."""
        if event.type == "RESYNC":
            self._take(resource, replace(event, items=tuple(self._newer(resource, item) for item in event.items)))
        elif self._note(resource, event.object) or event.type == "DELETED":
            self._drop_older_answer(resource, event.object)
            self._take(resource, event)

    def _note(self, resource: Resource, obj: JsonObject) -> bool:
        """Remember how new the object is; whether nothing newer of that name was taken before."""
        key, version = _key(resource, obj), _version(obj)
        known = self._newest.get(key, 0)
        self._newest[key] = max(version, known)
        return not version or version >= known

    def _newer(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """The object of a list, or the answer to our own write of it where that is newer."""
        self._note(resource, obj)
        return self._drop_older_answer(resource, obj) or obj

    def _drop_older_answer(self, resource: Resource, obj: JsonObject) -> JsonObject | None:
        """Forget what our own write was answered unless that is newer than the object; what is remembered still."""
        answer = self._answers.get(_key(resource, obj))
        if answer is not None and _version(obj) < _version(answer):
            return answer
        self._answers.pop(_key(resource, obj), None)
        return None

    def wait(self, timeout: float) -> None:
        """Block until something happens or `timeout` seconds are over; all that is pending is taken. Raises `ClusterError` for what a
        watch could not heal."""
        try:
            event = self._events.get(timeout=max(0.0, timeout))
            while True:
                if isinstance(event, ClusterError):
                    raise event
                if event is not None:
                    self._pass_on(*event)
                event = self._events.get_nowait()
        except queue.Empty:
            pass

    def wake(self) -> None:
        """End a wait now, from any thread."""
        self._events.put(None)

    @property
    def silence(self) -> str:
        """Why nothing is heard of the cluster now; empty when all is well."""
        return next((found for found in (subscription.trouble for subscription in self._subscriptions) if found), "")

    def close(self) -> None:
        """End all watches."""
        for subscription in self._subscriptions:
            subscription.close()

    def _pump(self, source: Source, subscription: Subscription) -> None:
        try:
            for event in subscription:
                self._events.put((source.resource, replace(event, namespace=source.namespace)))
        except ForbiddenError as error:
            if source.optional:
                self._has_opened(source)
            else:
                self._events.put(error)
        except ClusterError as error:
            self._events.put(error)


def _key(resource: Resource, obj: JsonObject) -> tuple[str, Ref]:
    return resource.plural, Ref(resource.kind, text(obj, "metadata", "namespace"), text(obj, "metadata", "name"))


def _version(obj: JsonObject) -> int:
    """The resourceVersion, which counts up; 0 where it is no number."""
    found = text(obj, "metadata", "resourceVersion")
    return int(found) if found.isdecimal() else 0
