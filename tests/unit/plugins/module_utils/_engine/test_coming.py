# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a definition brings itself, on a server that takes its time: the cluster in memory has no kinds but Kubernetes' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import (
    InputError,
    InvalidError,
    NotFoundError,
    RefusedError,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref, ref_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Keep, Page, WatchEvent, whole
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.definitions.custom import CRD, kinds_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.write.coming import await_served
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.write.writer import Planned, Writer

from tests.memory.cluster import Memory, running

WIDGETS = Ref("CustomResourceDefinition", "", "widgets.example.org")
MINE = Ref("Widget", "shop", "mine")
ACCOUNT = Resource("v1", "ServiceAccount", "serviceaccounts")


def definition(*conditions: tuple[str, str, str], versions: tuple[str, ...] = ("v1",)) -> dict[str, Any]:
    """The CustomResourceDefinition of widgets; conditions by type, status and message."""
    found = [{"type": kind, "status": status, "message": message} for kind, status, message in conditions]
    served = [{"name": version, "served": True} for version in versions]
    spec = {"group": "example.org", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"}, "versions": served}
    metadata = {"name": WIDGETS.name, "uid": "u1", "resourceVersion": "1"}
    return {"apiVersion": CRD.api_version, "kind": CRD.kind, "metadata": metadata, "spec": spec, "status": {"conditions": found}}


ESTABLISHED = definition(("NamesAccepted", "True", ""), ("Established", "True", ""))
(WIDGET,) = kinds_of(definition())


class Slow:
    """A server that has one CustomResourceDefinition: what becomes of it, and from when on its kind is listed, is for tests to say."""

    def __init__(self, memory: Memory, live: JsonObject | None = None, *, listed_after: float = 0.0) -> None:
        self.clock = memory.clock
        self.live = live
        self.written: list[Ref] = []
        self.refuses: Callable[[JsonObject, bool], Exception | None] = lambda obj, dry_run: None
        self._listed_at = self.clock.seconds + listed_after
        self._events: list[WatchEvent] = []
        self._over = False

    def becomes(self, live: JsonObject, *, after: float, how: Any = "MODIFIED") -> None:
        """Somebody writes the definition later."""

        def come() -> None:
            self.live = live
            self._events.append(WatchEvent("RESYNC", {}, (live,)) if how == "RESYNC" else WatchEvent(how, live))

        self.clock.after(after, come)

    def list(self, _resource: Resource, _namespace: str = "", *, labels: str = "", fields: str = "", keep: Keep = whole) -> Page:
        assert (labels, fields) == ("", f"metadata.name={WIDGETS.name}")
        return Page((keep(self.live),) if self.live is not None else (), "1")

    def watch(self, _resource: Resource, _namespace: str, *, opened: Callable[[], None], **_more: Any) -> Slow:
        opened()
        return self

    def __iter__(self) -> Iterator[WatchEvent]:
        while not self._over:
            self.clock.wait(lambda: self._over or bool(self._events))
            yield from [self._events.pop(0) for _event in [*self._events]]

    def close(self) -> None:
        self._over = True

    def resolve(self, api_version: str, kind: str) -> Resource:
        if self.clock.seconds < self._listed_at:
            raise InputError(f"The cluster has no {kind} of {api_version}.")
        return WIDGET

    def read(self, resource: Resource, _namespace: str, _name: str) -> JsonObject | None:
        return self.live if resource == CRD else None

    def apply(self, resource: Resource, obj: JsonObject, *, manager: str, force: bool = False, dry_run: bool = False) -> JsonObject:
        assert manager
        assert force in (True, False)
        refusal = self.refuses(obj, dry_run)
        if refusal is not None:
            raise refusal
        if not dry_run:
            self.written.append(ref_of({**obj, "kind": resource.kind}))
        return obj


def writer(server: Slow) -> Writer:
    cluster: Any = server
    return Writer(cluster, guard=lambda: None)


def served(server: Slow) -> float:
    """How many seconds it takes until the kinds are served."""
    cluster: Any = server
    began = server.clock.seconds
    await_served(cluster, definition())
    return server.clock.seconds - began


@pytest.mark.parametrize("how", ["MODIFIED", "RESYNC"])
def test_kinds_are_waited_for_until_they_are_established_and_listed(how: str) -> None:
    with running() as memory:
        server = Slow(memory, definition(), listed_after=7)
        server.becomes(ESTABLISHED, after=3, how=how)
        assert 7 <= served(server) < 8


def test_a_definition_that_is_gone_when_it_is_looked_at_may_come_back() -> None:
    with running() as memory:
        server = Slow(memory)
        server.becomes(ESTABLISHED, after=3, how="ADDED")
        assert 3 <= served(server) < 4


def test_names_that_another_kind_has_are_told_at_once_in_the_servers_words() -> None:
    with running() as memory:
        server = Slow(memory, definition())
        server.becomes(definition(("NamesAccepted", "False", '"widgets" is already in use')), after=2)
        began = server.clock.seconds
        with pytest.raises(
            RefusedError, match=r'does not serve its kinds: "widgets" is already in use; correct it and run the task again\.'
        ):
            served(server)
        assert server.clock.seconds - began < 3


def test_a_definition_that_is_never_established_is_told_after_a_minute() -> None:
    with running() as memory:
        server = Slow(memory, definition())
        began = server.clock.seconds
        with pytest.raises(RefusedError, match="it is not established after 60 s; correct it and run the task again"):
            served(server)
        assert 60 <= server.clock.seconds - began < 61


def widget() -> JsonObject:
    return {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"namespace": "shop", "name": "mine"}}


def planned_both(server: Slow, *versions: str) -> tuple[Writer, Planned]:
    """A writer that has planned the definition with these versions, and the plan of an object of the kind."""
    one = writer(server)
    one.plan(CRD, WIDGETS, Apply(definition(versions=versions)))
    return one, one.plan(WIDGET, MINE, Apply(widget()))


def test_an_object_of_a_kind_that_comes_along_is_written_once_all_servers_know_it() -> None:
    with running() as memory:
        server = Slow(memory)
        one, planned = planned_both(server, "v1")
        assert planned.needs == str(WIDGETS)
        knows_at = memory.clock.seconds + 2
        server.refuses = lambda obj, _dry: (
            NotFoundError("no matches for kind Widget", status=404) if obj["kind"] == "Widget" and memory.clock.seconds < knows_at else None
        )
        one.execute(planned)
        assert server.written == [MINE]
        assert 0 <= memory.clock.seconds - knows_at < 1


def test_an_object_that_no_server_ever_takes_is_told_in_its_words() -> None:
    with running() as memory:
        server = Slow(memory)
        one, planned = planned_both(server, "v1")
        server.refuses = lambda obj, _dry: InvalidError("spec.size is unknown", status=422) if obj["kind"] == "Widget" else None
        began = memory.clock.seconds
        with pytest.raises(InvalidError, match=r"spec\.size is unknown"):
            one.execute(planned)
        assert 5 <= memory.clock.seconds - began < 6
        assert server.written == []


def test_a_field_that_a_kind_is_about_to_get_is_no_mistake_yet() -> None:
    with running() as memory:
        server = Slow(memory, ESTABLISHED)
        server.refuses = lambda obj, _dry: InvalidError("unknown field", status=422) if obj["kind"] == "Widget" else None
        cluster_knows = writer(server)
        with pytest.raises(InvalidError, match="unknown field"):
            cluster_knows.plan(WIDGET, MINE, Apply(widget()))
        brings = writer(Slow(memory))
        brings.plan(CRD, WIDGETS, Apply(definition()))
        assert brings.plan(WIDGET, MINE, Apply(widget())).needs == str(WIDGETS)


def test_what_lies_in_a_namespace_that_comes_along_is_planned_without_the_server() -> None:
    with running() as memory:
        server = Slow(memory)
        one = writer(server)
        shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        one.plan(Resource("v1", "Namespace", "namespaces", namespaced=False), Ref("Namespace", "", "shop"), Apply(shop))
        server.refuses = lambda obj, _dry: NotFoundError('namespaces "shop" not found', status=404)
        assert one.plan(WIDGET, MINE, Apply(widget())).needs == "Namespace shop"


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        ('error looking up service account shop/robot: serviceaccount "robot" not found', "ServiceAccount shop/robot"),
        ("no ServiceAccount with name robot was found", "ServiceAccount shop/robot"),
        ('serviceaccount "other" not found', ""),
    ],
)
def test_a_refusal_counts_later_where_it_names_what_comes_along(words: str, needs: str) -> None:
    with running() as memory:
        server = Slow(memory)
        one = writer(server)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": "shop", "name": "robot"}}
        one.plan(ACCOUNT, Ref("ServiceAccount", "shop", "robot"), Apply(account))
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "job"}}
        server.refuses = lambda obj, _dry: InvalidError(f'pods "job" is forbidden: {words}.', status=403) if obj["kind"] == "Pod" else None
        if needs:
            assert one.plan(POD, Ref("Pod", "shop", "job"), Apply(pod)).needs == needs
        else:
            with pytest.raises(InvalidError, match="other"):
                one.plan(POD, Ref("Pod", "shop", "job"), Apply(pod))


def test_a_definition_whose_writer_was_killed_is_waited_for_by_the_next_run() -> None:
    with running() as memory:
        server = Slow(memory, definition())
        one = writer(server)
        planned = one.plan(CRD, WIDGETS, Apply(definition()))
        server.becomes(ESTABLISHED, after=4)
        began = memory.clock.seconds
        one.execute(planned)
        assert 4 <= memory.clock.seconds - began < 5
