# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""News of collections, and the answers to our own writes, which are ahead of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import WatchEvent
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, SERVICE, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.observe.feed import Feed


def obj(version: str, *, name: str = "web", uid: str = "u1") -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": name, "uid": uid, "resourceVersion": version}}


class Heard:
    """A feed, and what it has given: the resourceVersions of what is there by now."""

    def __init__(self) -> None:
        self.there: list[str] = []
        nowhere: Any = None
        self.feed = Feed(nowhere, self._hear)

    def _hear(self, resource: Resource, event: WatchEvent) -> None:
        found: tuple[JsonObject, ...] = event.items if event.type == "RESYNC" else (event.object,)
        self.there.extend(f"{event.type} {text(entry, 'metadata', 'resourceVersion')}" for entry in found)

    def event(self, kind: Any, *objects: dict[str, Any], resource: Resource = DEPLOYMENT) -> list[str]:
        """What an event makes heard."""
        self.there.clear()
        event = WatchEvent(kind, {}, objects) if kind == "RESYNC" else WatchEvent(kind, objects[0])
        self.feed._events.put((resource, event))
        self.feed.wait(0)
        return self.there


def test_an_event_that_is_older_than_the_answer_to_our_write_is_passed_over() -> None:
    heard = Heard()
    heard.feed.take(DEPLOYMENT, obj("100"))
    assert heard.there == ["MODIFIED 100"]
    assert heard.event("MODIFIED", obj("99")) == []
    assert heard.event("ADDED", obj("9")) == [], "versions are numbers, not texts"
    assert heard.event("MODIFIED", obj("100")) == ["MODIFIED 100"]
    assert heard.event("MODIFIED", obj("101")) == ["MODIFIED 101"]


def test_an_event_of_a_former_object_of_that_name_is_passed_over_but_for_its_end() -> None:
    heard = Heard()
    heard.feed.take(DEPLOYMENT, obj("100", uid="u2"))
    assert heard.event("MODIFIED", obj("90", uid="u1")) == []
    assert heard.event("DELETED", obj("95", uid="u1")) == ["DELETED 95"]


def test_other_objects_are_heard() -> None:
    heard = Heard()
    heard.feed.take(DEPLOYMENT, obj("100"))
    assert heard.event("MODIFIED", obj("50", name="api")) == ["MODIFIED 50"]
    assert heard.event("MODIFIED", obj("50"), resource=SERVICE) == ["MODIFIED 50"]
    assert heard.event("DELETED", obj("120")) == ["DELETED 120"]


def test_a_list_that_is_older_than_our_write_shows_what_we_have_written() -> None:
    heard = Heard()
    heard.feed.take(DEPLOYMENT, obj("100"))
    assert heard.event("RESYNC", obj("90"), obj("95", name="api")) == ["RESYNC 100", "RESYNC 95"]
    assert heard.event("RESYNC", obj("102"), obj("95", name="api")) == ["RESYNC 102", "RESYNC 95"]
    assert heard.event("MODIFIED", obj("103")) == ["MODIFIED 103"]


def test_a_version_that_is_no_number_holds_nothing_back() -> None:
    heard = Heard()
    heard.feed.take(DEPLOYMENT, obj("abc"))
    assert heard.event("MODIFIED", obj("abd")) == ["MODIFIED abd"]


def test_an_event_that_is_older_than_another_one_is_passed_over() -> None:
    heard = Heard()
    assert heard.event("ADDED", obj("100")) == ["ADDED 100"]
    assert heard.event("MODIFIED", obj("102")) == ["MODIFIED 102"]
    assert heard.event("MODIFIED", obj("101")) == []
    assert heard.event("MODIFIED", obj("103")) == ["MODIFIED 103"]


def test_an_object_that_is_gone_does_not_come_back_by_an_older_event() -> None:
    heard = Heard()
    assert heard.event("DELETED", obj("105")) == ["DELETED 105"]
    assert heard.event("MODIFIED", obj("104")) == []
    assert heard.event("ADDED", obj("106", uid="u2")) == ["ADDED 106"]
    assert heard.event("MODIFIED", obj("105", uid="u1")) == [], "of its former life"


def test_what_was_listed_is_known() -> None:
    heard = Heard()
    assert heard.event("RESYNC", obj("100")) == ["RESYNC 100"]
    assert heard.event("MODIFIED", obj("99")) == []
