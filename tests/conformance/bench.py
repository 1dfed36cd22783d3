# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a row works on: a cluster that it cannot tell from another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RolloutError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Cluster, WatchEvent
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, Resource

ME = "conformance"
OTHER = "somebody"


class Bench(Protocol):
    """A cluster, and a namespace of the row's own in it."""

    @property
    def api(self) -> Cluster:
        """The administrator's client."""

    @property
    def namespace(self) -> str:
        """Where the row's objects are."""

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; fails when it does not come about."""

    def passes(self, seconds: float) -> None:
        """Let time pass, to see that something does not happen."""

    def as_user(self, *denied: tuple[Sequence[str], str]) -> Cluster:
        """The client of a user who may do everything in the namespace but these: verbs and a kind."""

    def events(self, resource: Resource, *, version: str = "", labels: str = "", fields: str = "") -> Any:
        """A context manager: a watch of the namespace, whose events are in the list that it gives."""

    def follow(self, pod: str, container: str, *, api: Cluster | None = None) -> Any:
        """A context manager: a log that is followed, whose lines are in the list that it gives; at the end the error, if there is one."""


Row = Callable[[Bench], None]
ROWS: dict[str, Row] = {}


def row(check: Row) -> Row:
    """Take a check into the suite."""
    assert check.__name__ not in ROWS
    ROWS[check.__name__] = check
    return check


def kind(name: str) -> Resource:
    """A kind by its name."""
    return next(resource for resource in KNOWN.values() if resource.kind == name)


def object_of(bench: Bench, resource: Resource, name: str) -> Any:
    """The object, which must be there."""
    obj = bench.api.read(resource, bench.namespace, name)
    assert obj is not None, f"There is no {resource.kind} {name}."
    return obj


def config_map(bench: Bench, name: str = "a", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": bench.namespace}, "data": data}


def deployment(
    bench: Bench,
    name: str = "web",
    *,
    image: str = "registry.example/web:1",
    replicas: int | None = 2,
    pod: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    container: Mapping[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """A Deployment's manifest."""
    template = {
        "metadata": {"labels": {"app": name}, **({"annotations": dict(annotations)} if annotations else {})},
        "spec": {"containers": [{"name": "web", "image": image, **(container or {})}], **(pod or {})},
    }
    body = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    if replicas is not None:
        body["replicas"] = replicas
    return {"metadata": {"name": name, "namespace": bench.namespace}, "spec": body}


@contextmanager
def refused(error: type[RolloutError], *words: str) -> Iterator[None]:
    """The block is refused, and what the server says has these words in it (the client's own words change)."""
    with pytest.raises(error) as caught:
        yield
    for word in words:
        assert word in caught.value.message, caught.value.message


def owners(obj: Mapping[str, Any]) -> dict[tuple[str, str, str], Any]:
    """Who owns what: fields by manager, operation and subresource; without the control plane."""
    return {
        (entry["manager"], entry["operation"], entry.get("subresource", "")): entry["fieldsV1"]
        for entry in obj["metadata"].get("managedFields", ())
        if not entry["manager"].startswith("kube-")
    }


def plain(obj: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what differs from one to the next."""
    kept = {key: value for key, value in obj["metadata"].items() if key in ("name", "labels", "annotations", "generation")}
    return {**{key: value for key, value in obj.items() if key not in ("metadata", "status")}, "metadata": kept}


def heard(events: Sequence[WatchEvent]) -> list[tuple[str, str]]:
    """The events in short: type and name; for a RESYNC the names that are there."""
    found: list[tuple[str, str]] = []
    for event in events:
        metadata: Any = event.object.get("metadata", {})
        items: Any = event.items
        name = " ".join(sorted(item["metadata"]["name"] for item in items)) if event.type == "RESYNC" else metadata["name"]
        found.append((event.type, name))
    return found
