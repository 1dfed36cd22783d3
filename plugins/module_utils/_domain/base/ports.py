# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports through which the engine reaches the outside; `_kube` and `_entry` have the adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from .objects import JsonObject, JsonValue
from .resources import Resource

Keep = Callable[[JsonObject], JsonObject]
"""Makes of an object what is kept of it; called as soon as it is read. Metadata stays: name, namespace, UID and resourceVersion."""


def whole(obj: JsonObject) -> JsonObject:
    """Keeps all of an object."""
    return obj


@dataclass(frozen=True)
class Page:
    """A whole collection as one list request saw it."""

    items: tuple[JsonObject, ...]
    resource_version: str


@dataclass(frozen=True)
class WatchEvent:
    """One change. `RESYNC` carries in `items` everything there is now, after the watch had to list again (410);
    `BOOKMARK` only moves the resourceVersion and never reaches the consumer."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "RESYNC"]
    object: JsonObject
    items: tuple[JsonObject, ...] = ()
    namespace: str = ""
    """Of a RESYNC: where the `items` are; empty: in all namespaces."""


@dataclass(frozen=True)
class PatchOperation:
    """One operation of a JSON patch (RFC 6902); `path` is a JSON pointer."""

    op: Literal["test", "add", "replace", "remove"]
    path: str
    value: JsonValue = None


class Subscription(Protocol):
    """A running watch; iterate over it in a thread of its own, end it from any thread."""

    @property
    def trouble(self) -> str:
        """Why nothing can be heard now, while it tries again; empty when all is well."""

    def __iter__(self) -> Iterator[WatchEvent]:
        """Events until `close`; dropped connections are opened again, raises `ClusterError` for what cannot be healed."""

    def close(self) -> None:
        """End the iteration at once, also while it waits for the server."""


class Lines(Protocol):
    """A log that goes on; iterate over it in a thread of its own, end it from any thread."""

    def __iter__(self) -> Iterator[str]:
        """Lines until `close`, or until the log has ended; some may come twice after a lost connection. Raises `ClusterError`."""

    def close(self) -> None:
        """End the iteration at once, also while it waits for the server."""


class Cluster(Protocol):
    """The API of one cluster with one identity. All methods raise `ClusterError` and its children; 429 and 5xx and lost
    connections are retried with back-off until the deadline given to the adapter; objects are plain JSON."""

    @property
    def host(self) -> str:
        """The server's address, for messages."""

    def patience(self, seconds: float) -> None:
        """From now on requests are repeated for that long, counted from now: the deadline given to the adapter is replaced."""

    def hurried(self, seconds: float) -> Cluster:
        """The same cluster, where each request has so many seconds: for what is of no use later."""

    def fence(self, fence: Callable[[], float] | None) -> None:
        """From now on no write is begun, repeated or waited for but as long as `fence` says, in seconds: it is called before each request
        that writes, and raises when none may be sent any more. None takes it away. Copies by `hurried` have none."""

    def now(self) -> datetime:
        """The server's time, as it said with its last answer: what is compared with times that it gave must not depend on our clock."""

    def version(self) -> tuple[int, int] | None:
        """The server's minor version with its major one; None where it does not say any."""

    def resolve(self, api_version: str, kind: str) -> Resource:
        """Where the API serves a kind: the known table first, else discovery; `InputError` for a kind the cluster lacks."""

    def read(self, resource: Resource, namespace: str, name: str) -> JsonObject | None:
        """The object, None when it is not there."""

    def list(self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = "", keep: Keep = whole) -> Page:
        """A whole collection (all namespaces without one), read in chunks; selectors as in the API's query."""

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        resource_version: str = "",
        opened: Callable[[], None] = lambda: None,
        keep: Keep = whole,
    ) -> Subscription:
        """Changes after `resource_version`; without one it begins with a RESYNC of everything. `opened` is called each time the server has
        taken the request, `keep` in the thread that iterates."""

    def apply(self, resource: Resource, obj: JsonObject, *, manager: str, force: bool = False, dry_run: bool = False) -> JsonObject:
        """Server-side apply as the field manager `manager`; `ConflictError` names other managers unless forced."""

    def json_patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Iterable[PatchOperation],
        *,
        manager: str,
        dry_run: bool = False,
    ) -> JsonObject:
        """JSON patch; a `test` that does not hold is a `ConflictError`, although the server answers 422."""

    def create(self, resource: Resource, obj: JsonObject, *, manager: str, dry_run: bool = False) -> JsonObject:
        """POST; `ConflictError` when it exists."""

    def update(self, resource: Resource, obj: JsonObject, *, manager: str, dry_run: bool = False) -> JsonObject:
        """PUT of a whole object; `ConflictError` when its resourceVersion is not the current one."""

    def delete(self, resource: Resource, namespace: str, name: str, *, uid: str) -> bool:
        """DELETE of the very object with that UID, and in the background of what it owns; False when it is gone already or another one
        has its name."""

    def evict(self, namespace: str, name: str, *, uid: str) -> str:
        """Evict the very pod with that UID; empty when it goes or is gone already, else why a PodDisruptionBudget does not let it go now.
        Raises `InvalidError` where it never will."""

    def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> str:
        """The last lines of a container's log, of its previous run on request; empty when there is none."""

    def follow(self, namespace: str, pod: str, container: str) -> Lines:
        """A container's log from its beginning on, as it is written."""


Clock = Callable[[], float]
"""Seconds on a monotonic clock."""


class Progress(Protocol):
    """Where a line of progress goes."""

    def __call__(self, line: str) -> None:
        """Show one line; masking and rate are the adapter's."""
