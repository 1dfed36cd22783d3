# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The watch against the real API server: it lives on through everything, and lists again only when it must."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ForbiddenError, RolloutError, UnreachableError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Cluster as Api
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Subscription, WatchEvent
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube import watch as watch_module
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import connect

from .cluster import Cluster, Done
from .faults import Faults, Request, faulty
from .interference import eventually

CONFIG_MAP = KNOWN["v1", "ConfigMap"]
EXPIRED = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}


class Reader:
    """Reads a subscription in a thread of its own."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.events: queue.Queue[WatchEvent] = queue.Queue()
        self.error: RolloutError | None = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for event in self.subscription:
                self.events.put(event)
        except RolloutError as error:
            self.error = error

    def next(self, name: str) -> WatchEvent:
        """Wait for the next event of an object."""
        event = self.events.get(timeout=120)
        assert text(event.object, "metadata", "name") == name
        return event

    def close(self) -> float:
        """Close it; return the seconds until the thread has ended."""
        started = time.monotonic()
        self.subscription.close()
        self.thread.join(120)
        assert not self.thread.is_alive()
        return time.monotonic() - started


@pytest.fixture
def shaky(faults: Faults) -> Api:
    """The client behind faults."""
    return connect(auth_options({"host": faults.url, "api_key": "unused"}, environment={}), environment={}, deadline_seconds=120).cluster


@pytest.fixture
def reader(shaky: Api, namespace: str, faults: Faults) -> Iterator[Callable[..., Reader]]:
    """reader(**options): watches the ConfigMaps of the test that carry the label of=us, from now on."""
    readers: list[Reader] = []

    def start(**options: Any) -> Reader:
        version = options.pop("resource_version", None)
        if version is None:
            version = shaky.list(CONFIG_MAP, namespace, labels="of=us").resource_version
            faults.requests.clear()
        readers.append(Reader(shaky.watch(CONFIG_MAP, namespace, labels="of=us", resource_version=version, **options)))
        return readers[-1]

    yield start
    for each in readers:
        each.close()


@pytest.fixture
def write(apply: Callable[..., None]) -> Callable[..., None]:
    """write(name, x): as somebody else."""

    def call(name: str, x: str = "1") -> None:
        apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"of": "us"}}, "data": {"x": x}})

    return call


def watches(request: Request) -> bool:
    return request.is_watch


def lists(faults: Faults) -> int:
    return sum(request.is_list for request in faults.requests)


def test_changes_arrive_in_order_and_bookmarks_do_not(
    reader: Callable[..., Reader], write: Callable[..., None], kubectl: Callable[..., Done], faults: Faults
) -> None:
    events = reader()
    write("a", "1")
    write("a", "2")
    kubectl("delete", "configmap", "a")
    assert [events.next("a").type for _ in range(3)] == ["ADDED", "MODIFIED", "DELETED"]
    (request,) = faults.requests
    assert request.query["allowWatchBookmarks"] == "true"
    assert 240 <= int(request.query["timeoutSeconds"]) <= 300


@pytest.mark.parametrize("part", [0, 25])
def test_a_dropped_watch_goes_on_where_it_was_without_a_list(
    reader: Callable[..., Reader], write: Callable[..., None], faults: Faults, part: int
) -> None:
    faults.add(matches=watches, lines=1, part=part)
    events = reader()
    for name in ("a", "b", "c"):
        write(name)
    assert [events.next(name).type for name in ("a", "b", "c")] == ["ADDED"] * 3
    assert lists(faults) == 0
    assert events.events.empty()


def test_a_watch_that_the_server_ends_is_opened_again_without_a_list(
    reader: Callable[..., Reader], write: Callable[..., None], faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "SERVER_SECONDS", (1, 1))
    opened = time.monotonic()
    events = reader()
    write("a")
    events.next("a")
    eventually(lambda: len(faults.requests) >= 3, "the watch is opened for the third time")
    write("b")
    events.next("b")
    assert len(faults.requests) <= 2 + (time.monotonic() - opened), "one for each second"
    assert lists(faults) == 0


def test_a_silent_connection_is_given_up_and_opened_again(
    reader: Callable[..., Reader], write: Callable[..., None], faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "QUIET_SECONDS", 0.5)
    events = reader()
    eventually(lambda: len(faults.requests) >= 2, "the watch is opened again")
    write("a")
    events.next("a")
    assert len(faults.requests) >= 2
    assert lists(faults) == 0


def test_all_connections_breaking_at_once_loses_nothing(reader: Callable[..., Reader], write: Callable[..., None], faults: Faults) -> None:
    events = reader()
    for turn in range(5):
        faults.drop_all()
        write("a", str(turn))
        assert text(events.next("a").object, "data", "x") == str(turn)
    assert lists(faults) == 0


def test_a_forgotten_place_is_listed_again(reader: Callable[..., Reader], write: Callable[..., None], faults: Faults) -> None:
    write("a")
    faults.add(matches=watches, status=410, body=EXPIRED)
    events = reader()
    resync = events.events.get(timeout=120)
    assert (resync.type, [text(item, "metadata", "name") for item in resync.items]) == ("RESYNC", ["a"])
    write("b")
    events.next("b")
    assert lists(faults) == 1


@pytest.fixture
def gadgets(cluster: Cluster) -> Iterator[Resource]:
    """A kind of which the API server has no history from before now, so that any earlier place is really forgotten."""
    group = f"g{uuid.uuid4().hex[:8]}.example"
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    spec = {"group": group, "scope": "Namespaced", "names": {"plural": "gadgets", "kind": "Gadget"}, "versions": [version]}
    name = f"gadgets.{group}"
    manifest = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": spec}
    cluster.kubectl("apply", "--filename=-", stdin=json.dumps(manifest))
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=300s")
    served = ("get", f"--raw=/apis/{group}/v1/gadgets")
    eventually(lambda: cluster.kubectl(*served, check=False).code == 0, "the new kind is served")
    yield Resource(f"{group}/v1", "Gadget", "gadgets")
    cluster.kubectl("delete", "crd", name, "--wait=false")


def test_what_the_real_server_has_forgotten_is_listed_again(shaky: Api, gadgets: Resource, namespace: str, faults: Faults) -> None:
    assert shaky.list(gadgets, namespace).items == ()
    gadget = {"metadata": {"name": "a", "namespace": namespace}}
    shaky.create(gadgets, gadget, manager="rollout-test")
    faults.requests.clear()
    events = Reader(shaky.watch(gadgets, namespace, resource_version="1"))
    resync = events.events.get(timeout=120)
    assert (resync.type, [text(item, "metadata", "name") for item in resync.items]) == ("RESYNC", ["a"])
    assert lists(faults) == 1
    events.close()


def test_without_a_place_it_begins_with_everything(reader: Callable[..., Reader], write: Callable[..., None]) -> None:
    write("a")
    events = reader(resource_version="")
    assert events.events.get(timeout=120).type == "RESYNC"
    write("b")
    events.next("b")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(reader: Callable[..., Reader], write: Callable[..., None], faults: Faults, status: int) -> None:
    faults.add(matches=watches, times=2, status=status, headers={"Retry-After": "1"}, body={"kind": "Status", "code": status})
    started = time.monotonic()
    events = reader()
    write("a")
    events.next("a")
    assert time.monotonic() - started >= 2
    assert lists(faults) == 0


def test_a_server_that_stays_away_is_an_error_after_the_deadline(cluster: Cluster, namespace: str, write: Callable[..., None]) -> None:
    with faulty(cluster.kubeconfig) as proxy:
        options = auth_options({"host": proxy.url, "api_key": "unused"}, environment={})
        api = connect(options, environment={}, deadline_seconds=1).cluster
        version = api.list(CONFIG_MAP, namespace).resource_version
        events = Reader(api.watch(CONFIG_MAP, namespace, resource_version=version))
        write("a")
        assert events.events.get(timeout=120).type == "ADDED"
    events.thread.join(120)
    assert isinstance(events.error, UnreachableError)
    assert "does not answer any more: connection refused" in events.error.message


def test_watches_that_are_ended_at_once_do_not_become_a_storm(
    reader: Callable[..., Reader], write: Callable[..., None], faults: Faults
) -> None:
    faults.add(matches=watches, times=1000, status=200, body=None)
    events = reader()
    time.sleep(2)
    assert len(faults.requests) <= 8
    eventually(lambda: len(faults.requests) >= 2, "it is tried again")
    events.close()


def test_connections_that_a_load_balancer_cuts_regularly_do_not_use_up_the_patience(
    shaky: Api, namespace: str, write: Callable[..., None], faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "STEADY_SECONDS", 0.05)
    version = shaky.list(CONFIG_MAP, namespace).resource_version
    events = Reader(shaky.watch(CONFIG_MAP, namespace, labels="of=us", resource_version=version))
    before = faults.streams
    for turn in range(12):
        eventually(lambda: faults.streams > before + turn, "the watch is open again")  # noqa: B023 - called at once
        time.sleep(0.3)
        faults.drop_all()
    write("a")
    events.next("a")
    events.close()


def test_closing_ends_it_at_once_while_it_reads(reader: Callable[..., Reader], write: Callable[..., None]) -> None:
    events = reader()
    write("a")
    events.next("a")
    assert events.close() < 5
    assert events.error is None


def test_closing_ends_it_at_once_over_tls(cluster: Cluster, namespace: str, write: Callable[..., None]) -> None:
    api = connect(auth_options({"kubeconfig": str(cluster.kubeconfig)}, environment={}), environment={}, deadline_seconds=120).cluster
    events = Reader(api.watch(CONFIG_MAP, namespace, labels="of=us", resource_version=api.list(CONFIG_MAP, namespace).resource_version))
    write("a")
    events.next("a")
    assert events.close() < 5
    assert events.error is None


def test_closing_ends_it_at_once_while_it_waits_to_try_again(reader: Callable[..., Reader], faults: Faults) -> None:
    faults.add(matches=watches, times=100, status=429, headers={"Retry-After": "15"}, body={"kind": "Status", "code": 429})
    events = reader()
    time.sleep(0.5)
    assert events.close() < 5


def test_closing_ends_it_at_once_while_it_lists_again(reader: Callable[..., Reader], faults: Faults) -> None:
    faults.add(matches=lambda request: request.is_list, times=100, status=429, headers={"Retry-After": "15"}, body={"kind": "Status"})
    events = reader(resource_version="")
    time.sleep(0.5)
    assert events.close() < 5


def test_closing_before_reading_is_an_empty_watch(shaky: Api, namespace: str) -> None:
    subscription = shaky.watch(CONFIG_MAP, namespace, resource_version="1")
    subscription.close()
    assert list(subscription) == []


def test_a_lack_of_rights_is_an_error_at_once(cluster: Cluster, namespace: str) -> None:
    options = auth_options({"kubeconfig": str(cluster.kubeconfig), "impersonate_user": "joe"}, environment={})
    api = connect(options, environment={}, deadline_seconds=120).cluster
    with pytest.raises(ForbiddenError, match=f"user joe may not watch configmaps in namespace {namespace}"):
        list(api.watch(CONFIG_MAP, namespace, resource_version="1"))
