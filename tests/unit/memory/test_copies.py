# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of configuration: what refers to them keeps them, and nobody's content is taken for another's."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.resources import KNOWN

from tests.memory.cases import CONFIG, Case, done, made
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run
from tests.memory.scenes import deployment

HOUR = 3600


def _configured(**spec: Any) -> dict[str, Any]:
    body = deployment(**spec)
    body["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "web-config"}}]
    return body


def _rolls(memory: Memory, value: str, **options: Any) -> Run:
    entry = {"name": "web-config", "data": {"a": value}, "keep": 0}
    return Case("rolling", {"name": "web", "config": [entry], **options}).run(memory)


def _values(memory: Memory) -> list[str]:
    copies = [obj for obj in memory.all("default", "ConfigMap") if obj["metadata"]["name"].startswith("web-config-")]
    return sorted(obj["data"]["a"] for obj in copies)


def _prepared(memory: Memory, *values: str) -> None:
    made("ConfigMap", CONFIG)(memory)
    done("rolling", definition=_configured(revisionHistoryLimit=1))(memory)
    for value in values:
        result = _rolls(memory, value).start().wait()
        assert not result.get("failed"), result["msg"]
        memory.clock.sleep(2 * HOUR)


def test_a_copy_stays_while_a_revision_refers_to_it_and_goes_then() -> None:
    with running() as memory:
        _prepared(memory, "2", "3", "4", "5")
        assert _values(memory) == ["4", "5"]
        assert not Case("undo", {"name": "web"}).run(memory).start().wait().get("failed")
        memory.clock.sleep(30)
        pods = [pod for pod in memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp")]
        names = {pod["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"] for pod in pods}
        assert [memory.get("default", "ConfigMap", name)["data"]["a"] for name in names] == ["4"]


def test_a_young_copy_stays_as_somebody_may_be_about_to_use_it() -> None:
    with running() as memory:
        _prepared(memory, "2", "3")
        stray = {**_newest(memory), "metadata": {**_newest(memory)["metadata"], "name": "web-config-stray"}}
        for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
            stray["metadata"].pop(key)
        memory.client().create(KNOWN["v1", "ConfigMap"], {**stray, "data": {"a": "stray"}}, manager="test")
        _rolls(memory, "6").start().wait()
        assert "stray" in _values(memory)


def _newest(memory: Memory) -> Any:
    return next(obj for obj in memory.all("default", "ConfigMap") if obj.get("data", {}).get("a") == "3")


def test_a_rollout_that_fails_removes_no_copy() -> None:
    with running() as memory:
        _prepared(memory, "2", "3")
        for entry in memory.all("default", "ReplicaSet"):
            if not entry["spec"]["replicas"]:
                memory.server.delete(KNOWN["apps/v1", "ReplicaSet"], entry)  # Nothing refers to its copy any more.
        before = _values(memory)
        result = _rolls(memory, "6", image="x:missing", wait_timeout=30).start().wait()
        assert result.get("failed"), result["msg"]
        assert set(before) <= set(_values(memory))


def test_a_copy_with_another_content_than_its_name_says_is_not_used() -> None:
    with running() as memory:
        _prepared(memory, "2", "3")
        name = _newest(memory)["metadata"]["name"]
        old = _newest(memory)
        memory.server.delete(KNOWN["v1", "ConfigMap"], old)
        metadata = {
            "name": name,
            "namespace": "default",
            "labels": old["metadata"]["labels"],
            "annotations": old["metadata"]["annotations"],
        }
        memory.client().create(KNOWN["v1", "ConfigMap"], {"metadata": metadata, "data": {"a": "forged"}, "immutable": True}, manager="test")
        result = _rolls(memory, "3").start().wait()
        assert result.get("failed"), result["msg"]
        assert name in result["msg"]
