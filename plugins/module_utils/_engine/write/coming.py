# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a definition needs and brings itself: namespaces, kinds, accounts. What stands on them cannot be tried before they are there."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from ..._domain.base.errors import ClusterError, InputError, InvalidError, NotFoundError, RefusedError
from ..._domain.base.objects import JsonObject, Ref, ref_of
from ..._domain.base.ports import Cluster, WatchEvent
from ..._domain.base.resources import Resource
from ..._domain.definitions.custom import CRD, kinds_of, refusal_of, served_kinds
from ..observe.feed import Feed, Source

T = TypeVar("T")
SERVED_SECONDS = 60.0
"""How long the cluster may take to serve a new kind: a second as a rule, several where it has several API servers."""
SETTLING_SECONDS = 5.0
"""How long an API server may go on judging as if what has come were not there, or by the schema that a kind had before."""
_PAUSE = 0.1
_MISSING = re.compile(r'"(?P<quoted>[^"]+)" not found|with name (?P<bare>\S+) was found')


class Coming:
    """What one task is going to make, as far as other objects of it depend on that."""

    def __init__(self) -> None:
        self._new: set[Ref] = set()
        self._kinds: dict[tuple[str, str], tuple[Ref, frozenset[str]]] = {}

    def note(self, resource: Resource, before: JsonObject | None, after: JsonObject) -> None:
        """An object is going to be made, or a CustomResourceDefinition changed."""
        ref = ref_of({**after, "kind": resource.kind})
        if before is None:
            self._new.add(ref)
        there = frozenset(kind.api_version for kind in served_kinds(before))
        for kind in kinds_of(after) if resource == CRD else ():
            self._kinds[(kind.group, kind.kind)] = (ref, there)

    def namespace(self, ref: Ref) -> str:
        """The Namespace that must be there first, empty where it is there."""
        needed = Ref("Namespace", "", ref.namespace)
        return str(needed) if ref.namespace and needed in self._new else ""

    def kind(self, resource: Resource) -> str:
        """The CustomResourceDefinition without which the kind cannot even be read, empty where it can."""
        definition, there = self._kinds.get((resource.group, resource.kind), (None, frozenset()))
        return str(definition) if definition is not None and resource.api_version not in there else ""

    def excuse(self, resource: Resource, error: ClusterError) -> str:
        """What may be the only reason for a refusal, as it comes first; empty where there is none."""
        definition, _there = self._kinds.get((resource.group, resource.kind), (None, frozenset()))
        if definition is not None:
            return str(definition)
        missing = {found["quoted"] or found["bare"] for found in _MISSING.finditer(error.message)}
        return next((str(ref) for ref in sorted(self._new) if ref.name in missing), "")


def await_served(cluster: Cluster, definition: JsonObject) -> None:
    """Wait until the cluster serves the kinds of a CustomResourceDefinition. Raises `RefusedError` where it does not."""
    ref = ref_of({**definition, "kind": CRD.kind})
    seen: dict[str, JsonObject] = {}

    def take(_resource: Resource, event: WatchEvent) -> None:
        seen.update({ref_of(obj).name: obj for obj in (event.object, *event.items)})

    feed, deadline = Feed(cluster, take), time.monotonic() + SERVED_SECONDS
    try:
        feed.follow(Source(CRD, "", fields=f"metadata.name={ref.name}"))
        while not _is_served(cluster, seen.get(ref.name)):
            refused = refusal_of(seen.get(ref.name, {}))
            if refused or time.monotonic() >= deadline:
                why = refused or f"it is not established after {SERVED_SECONDS:.0f} s"
                raise RefusedError(
                    f"{ref} was written, but the cluster does not serve its kinds: {why}; correct it and run the task again."
                )
            established = bool(served_kinds(seen.get(ref.name)))
            # The list of kinds follows shortly after, and nothing that is watched tells when.
            feed.wait(_PAUSE if established else deadline - time.monotonic())
    finally:
        feed.close()


def _is_served(cluster: Cluster, live: JsonObject | None) -> bool:
    kinds = served_kinds(live)
    try:
        return bool(kinds) and all(cluster.resolve(kind.api_version, kind.kind) for kind in kinds)
    except InputError:
        return False


def patiently(attempt: Callable[[], T]) -> T:
    """Do something with a kind that has just come or changed: not all API servers, or parts of one, know of it at the same moment."""
    began = time.monotonic()
    while True:
        try:
            return attempt()
        except (NotFoundError, InvalidError):
            if time.monotonic() - began > SETTLING_SECONDS:
                raise
            threading.Event().wait(_PAUSE)
