# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading, listing, watching."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError, NotFoundError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

from .bench import ME, Bench, config_map, heard, kind, object_of, refused, row

CONFIG_MAP, DEPLOYMENT = kind("ConfigMap"), kind("Deployment")


def labelled(bench: Bench, name: str, **labels: str) -> Any:
    body = config_map(bench, name)
    body["metadata"]["labels"] = labels
    return bench.api.create(CONFIG_MAP, body, manager=ME)


def relabel(bench: Bench, name: str, value: str) -> Any:
    return bench.api.json_patch(CONFIG_MAP, bench.namespace, name, [Step("add", "/metadata/labels/of", value)], manager=ME)


@row
def what_is_not_there_is_none_and_a_strange_kind_is_told(bench: Bench) -> None:
    assert bench.api.read(CONFIG_MAP, bench.namespace, "absent") is None
    assert bench.api.read(CONFIG_MAP, "no-such-namespace", "absent") is None
    assert bench.api.list(CONFIG_MAP, "no-such-namespace").items == ()
    with refused(NotFoundError, "the namespace no-such-namespace does not exist"):
        bench.api.apply(CONFIG_MAP, {"metadata": {"name": "a", "namespace": "no-such-namespace"}}, manager=ME)
    with refused(NotFoundError, "has no Gadget of gadgets.example/v1"):
        bench.api.read(Resource("gadgets.example/v1", "Gadget", "gadgets"), bench.namespace, "a")
    with refused(InputError, "The cluster has no kind Deployement in apiVersion apps/v1; did you mean Deployment?"):
        bench.api.resolve("apps/v1", "Deployement")
    with refused(InputError, "The cluster has no apiVersion apps/v9"):
        bench.api.resolve("apps/v9", "Deployment")
    assert bench.api.version() == (1, 36)


@row
def lists_are_chosen_by_labels_and_names(bench: Bench) -> None:
    for name, value in (("a", "x"), ("b", "y"), ("c", "x"), ("d", "z")):
        labelled(bench, name, of=value, mine="")

    def found(labels: str = "", fields: str = "") -> str:
        items: Any = bench.api.list(CONFIG_MAP, bench.namespace, labels=labels, fields=fields).items
        return "".join(item["metadata"]["name"] for item in items)

    assert found("of=x") == "ac"
    assert found("of==x,mine=") == "ac"
    assert found("of!=x,mine") == "bd"
    assert found("of in (x, y)") == "abc"
    assert found("of notin (x,y),mine") == "d"
    assert found("mine,!other") == "abcd"
    assert found("mine,of=none") == ""
    assert found(fields="metadata.name=b") == "b"
    page: Any = bench.api.list(CONFIG_MAP, bench.namespace, labels="mine")
    assert {(item["apiVersion"], item["kind"]) for item in page.items} == {("v1", "ConfigMap")}
    assert int(page.resource_version) >= max(int(item["metadata"]["resourceVersion"]) for item in page.items)


@row
def a_watch_tells_what_happens_after_a_list(bench: Bench) -> None:
    bench.until(lambda: bench.api.read(CONFIG_MAP, bench.namespace, "kube-root-ca.crt") is not None, "what each namespace gets is there")
    labelled(bench, "a", of="x")
    page = bench.api.list(CONFIG_MAP, bench.namespace)
    labelled(bench, "b", of="x")
    with bench.events(CONFIG_MAP, version=page.resource_version) as events:
        bench.until(lambda: len(events) >= 1, "the event from before the watch")
        changed = relabel(bench, "a", "y")
        bench.api.delete(CONFIG_MAP, bench.namespace, "b", uid=object_of(bench, CONFIG_MAP, "b")["metadata"]["uid"])
        bench.until(lambda: len(events) >= 3, "three events")
    assert heard(events) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
    assert events[1].object == changed
    last: Any = events[2].object
    assert int(last["metadata"]["resourceVersion"]) > int(changed["metadata"]["resourceVersion"])


@row
def a_watch_without_a_version_begins_with_everything(bench: Bench) -> None:
    labelled(bench, "a", of="x")
    with bench.events(CONFIG_MAP, labels="of") as events:
        bench.until(lambda: len(events) >= 1, "everything")
        labelled(bench, "b", of="x")
        bench.until(lambda: len(events) >= 2, "the second")
    assert heard(events) == [("RESYNC", "a"), ("ADDED", "b")]


@row
def a_watch_by_labels_sees_objects_come_and_go(bench: Bench) -> None:
    labelled(bench, "a", of="x")
    labelled(bench, "b", of="y")
    version = bench.api.list(CONFIG_MAP, bench.namespace).resource_version
    with bench.events(CONFIG_MAP, version=version, labels="of=x") as events:
        relabel(bench, "b", "z")
        relabel(bench, "a", "y")
        relabel(bench, "b", "x")
        labelled(bench, "c", of="y")
        labelled(bench, "d", of="x")
        bench.until(lambda: len(events) >= 3, "three events")
    assert heard(events) == [("DELETED", "a"), ("ADDED", "b"), ("ADDED", "d")]


@row
def a_watch_of_one_name_sees_that_one(bench: Bench) -> None:
    version = bench.api.list(CONFIG_MAP, bench.namespace).resource_version
    with bench.events(CONFIG_MAP, version=version, fields="metadata.name=b") as events:
        labelled(bench, "a")
        labelled(bench, "b")
        bench.until(lambda: len(events) >= 1, "the event")
    assert heard(events) == [("ADDED", "b")]


@row
def a_watch_from_a_forgotten_version_lists_again(bench: Bench) -> None:
    labelled(bench, "a", of="x")
    with bench.events(CONFIG_MAP, version="1", labels="of=x") as events:
        bench.until(lambda: len(events) >= 1, "the list")
        labelled(bench, "b", of="x")
        bench.until(lambda: len(events) >= 2, "the second")
    # A server that has begun so lately that it remembers everything tells what has happened since instead.
    assert heard(events) in ([("RESYNC", "a"), ("ADDED", "b")], [("ADDED", "a"), ("ADDED", "b")])


@row
def a_write_that_changes_nothing_is_no_event(bench: Bench) -> None:
    made = labelled(bench, "a", of="x")
    with bench.events(CONFIG_MAP, version=made["metadata"]["resourceVersion"]) as events:
        relabel(bench, "a", "x")
        bench.api.update(CONFIG_MAP, made, manager=ME)
        relabel(bench, "a", "y")
        bench.until(lambda: len(events) >= 1, "the change")
    assert heard(events) == [("MODIFIED", "a")]
    last: Any = events[0].object
    assert last["metadata"]["labels"] == {"of": "y"}
