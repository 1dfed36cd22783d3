# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client on a connection that loses answers, and the watch that is opened again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ConflictError, UnreachableError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Keep, PatchOperation, WatchEvent, whole
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer, Lost

from tests.memory.cluster import Memory, running
from tests.memory.refusals import Refusal
from tests.memory.requests import Request
from tests.memory.wire import Wire

MAPS = KNOWN["v1", "ConfigMap"]


def _map(memory: Memory, **data: str) -> Any:
    return memory.client().create(MAPS, {"metadata": {"name": "one", "namespace": "default"}, "data": data}, manager="test")


def _live(memory: Memory) -> Any:
    return memory.get("default", "ConfigMap", "one")


def _loses_first_write(wire: Wire, act: Any = lambda: None, *, carried_out: bool = True) -> None:
    lost: list[Request] = []

    def lose(request: Request) -> None:
        if request.is_write and not lost:
            lost.append(request)
            act()
            raise Lost("the connection broke off", sent=True)

    def after(request: Request, answer: Answer) -> Answer:
        lose(request)
        return answer

    if carried_out:
        wire.after.append(after)
    else:
        wire.before.append(lose)


def test_a_patch_that_moves_positions_is_not_sent_twice() -> None:
    with running() as memory:
        finalizers = {"metadata": {"name": "one", "namespace": "default", "finalizers": ["a.example/x"]}}
        memory.client().create(MAPS, finalizers, manager="test")
        wire = Wire(memory.server)
        _loses_first_write(wire)
        steps = [PatchOperation("add", "/metadata/finalizers/0", "b.example/y")]
        with pytest.raises(UnreachableError):
            memory.client_on(wire).json_patch(MAPS, "default", "one", steps, manager="test")
        assert _live(memory)["metadata"]["finalizers"] == ["b.example/y", "a.example/x"]
        assert len(wire.writes) == 1


def test_a_write_whose_answer_was_lost_is_known_by_what_it_has_left() -> None:
    with running() as memory:
        before = _map(memory, a="1")
        wire = Wire(memory.server)
        _loses_first_write(wire)
        after = memory.client_on(wire).update(MAPS, {**before, "data": {"a": "2"}}, manager="test")
        assert after["data"] == {"a": "2"}


def test_a_write_that_was_lost_and_overtaken_is_a_conflict() -> None:
    with running() as memory:
        before = _map(memory, a="1")
        wire = Wire(memory.server)

        def overtake() -> None:
            memory.client().update(MAPS, {**before, "data": {"a": "theirs"}}, manager="else")

        _loses_first_write(wire, overtake, carried_out=False)
        with pytest.raises(ConflictError):
            memory.client_on(wire).update(MAPS, {**before, "data": {"a": "2"}}, manager="test")
        assert _live(memory)["data"] == {"a": "theirs"}


def _watched(memory: Memory, wire: Wire, keep: Keep = whole) -> list[WatchEvent]:
    found: list[WatchEvent] = []
    watch = memory.client_on(wire, 100_000).watch(MAPS, "default", fields="metadata.name=one", keep=keep)

    def listen() -> None:
        found.extend(watch)

    memory.clock.start(listen, name="watch")
    return found


def _versions(wire: Wire) -> list[int]:
    return [int(request.query["resourceVersion"]) for request in wire.requests if request.is_watch]


def test_a_watch_that_ends_goes_on_where_it_was() -> None:
    with running() as memory:
        wire = Wire(memory.server)
        found = _watched(memory, wire)
        memory.clock.sleep(5)
        for number in range(3):
            if number == 0:
                _map(memory, a="0")
            else:
                memory.client().update(MAPS, {**_live(memory), "data": {"a": str(number)}}, manager="test")
            memory.clock.sleep(400)
        assert [event.type for event in found] == ["RESYNC", "ADDED", "MODIFIED", "MODIFIED"]
        assert len(_versions(wire)) > 3
        assert _versions(wire)[-1] > _versions(wire)[0]


def test_a_watch_whose_place_is_forgotten_begins_with_a_list() -> None:
    with running() as memory:
        _map(memory, a="1")
        wire = Wire(memory.server)
        refused: list[Request] = []

        def before(request: Request) -> Answer | None:
            if not request.is_watch or len(_versions(wire)) != 2 or refused:
                return None
            refused.append(request)
            return wire.spelled(410, Refusal(410, "Expired", "too old resource version").body)

        wire.before.append(before)
        found = _watched(memory, wire)
        memory.clock.sleep(700)
        assert [event.type for event in found][:2] == ["RESYNC", "RESYNC"]


def test_a_list_is_read_to_its_last_page() -> None:
    with running() as memory:
        for number in range(501):
            body = {"metadata": {"name": f"map-{number:03}", "namespace": "default"}}
            memory.server.create(MAPS, body)
        assert len(memory.client().list(MAPS, "default").items) >= 501


def _name_and_kind(obj: JsonObject) -> JsonObject:
    return {"name": text(obj, "metadata", "name"), "kind": text(obj, "kind")}


def test_of_a_list_is_held_what_is_kept_of_each_object() -> None:
    with running() as memory:
        for number in range(251):
            metadata = {"name": f"map-{number:03}", "namespace": "default", "labels": {"of": "many"}}
            memory.server.create(MAPS, {"metadata": metadata})
        found = memory.client().list(MAPS, "default", labels="of=many", keep=_name_and_kind).items
        assert found == tuple({"name": f"map-{number:03}", "kind": "ConfigMap"} for number in range(251))


def test_a_watch_tells_what_is_kept_and_goes_on_where_it_was_all_the_same() -> None:
    with running() as memory:
        _map(memory, a="1")
        wire = Wire(memory.server)
        found = _watched(memory, wire, _name_and_kind)
        memory.clock.sleep(5)
        memory.client().update(MAPS, {**_live(memory), "data": {"a": "2"}}, manager="test")
        memory.clock.sleep(700)
        kept = {"name": "one", "kind": "ConfigMap"}
        assert [(event.type, event.object, event.items) for event in found] == [("RESYNC", {}, (kept,)), ("MODIFIED", kept, ())]
        assert _versions(wire)[-1] > _versions(wire)[0]


def test_each_write_asks_for_misspelt_fields_to_be_refused() -> None:
    with running() as memory:
        wire = Wire(memory.server)
        client = memory.client_on(wire)
        body = {"metadata": {"name": "one", "namespace": "default"}, "data": {"a": "1"}}
        made = client.create(MAPS, body, manager="test")
        client.update(MAPS, {**made, "data": {"a": "2"}}, manager="test")
        client.json_patch(MAPS, "default", "one", [PatchOperation("replace", "/data/a", "3")], manager="test")
        client.apply(MAPS, {**body, "data": {"b": "1"}}, manager="test")
        assert [request.query["fieldValidation"] for request in wire.writes] == ["Strict"] * 4
