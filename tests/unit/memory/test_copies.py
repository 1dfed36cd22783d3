# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of configuration: what refers to them keeps them, and nobody's content is taken for another's."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN

from tests.memory.cases import CONFIG, PASSWORD, Case, done, made
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run
from tests.memory.scenes import deployment
from tests.memory.trouble import act_before_first

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


# --- what was taken over ------------------------------------------------------------------------------------------------------------------

TAKEN = {"name": "web-config", "remove_original": True}


def _taken_over(memory: Memory, original: dict[str, Any] = CONFIG) -> None:
    """A Deployment reads a copy of somebody's ConfigMap, of which only the copy is needed; hours have passed."""
    made("ConfigMap", original)(memory)
    done("rolling", definition=_configured(revisionHistoryLimit=0))(memory)
    done("rolling", name="web", config=[{"name": "web-config"}])(memory)
    memory.clock.sleep(2 * HOUR)


def _again(memory: Memory, tag: str, **options: Any) -> dict[str, Any]:
    run = Case("rolling", {"name": "web", "image": f"registry.example/web:{tag}", "config": [TAKEN], **options}).run(memory)
    result = run.start().wait()
    assert not result.get("failed"), result["msg"]
    return result


def _original(memory: Memory) -> Any:
    return memory.get("default", "ConfigMap", "web-config")


def test_what_was_taken_over_goes_on_request_once_nothing_refers_to_it() -> None:
    with running() as memory:
        _taken_over(memory)
        assert "removed ConfigMap default/web-config, which nothing refers to any more" in _again(memory, "2")["msg"]
        assert _original(memory) is None
        assert not _again(memory, "2")["changed"], "the last copy stays in its place"
        assert _values(memory) == ["1"]


def test_what_was_taken_over_stays_while_another_one_refers_to_it() -> None:
    with running() as memory:
        _taken_over(memory)
        other = _configured(name="api")
        done("rolling", definition=other)(memory)
        _again(memory, "2")
        assert _original(memory) is not None


def test_what_was_taken_over_stays_while_it_is_young() -> None:
    with running() as memory:
        made("ConfigMap", CONFIG)(memory)
        done("rolling", definition=_configured(revisionHistoryLimit=0))(memory)
        _again(memory, "2")
        memory.clock.sleep(30)
        _again(memory, "3")
        assert _original(memory) is not None


def test_what_belongs_to_a_helm_release_is_never_removed() -> None:
    release = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "default"}
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    with running() as memory:
        _taken_over(memory, {**CONFIG, "metadata": {"name": "web-config", "annotations": release, "labels": labels}})
        _again(memory, "2")
        assert _original(memory) is not None


def test_without_a_copy_nor_an_original_there_is_nothing_to_version() -> None:
    with running() as memory:
        done("rolling", definition=_configured())(memory)
        result = Case("rolling", {"name": "web", "config": [{"name": "web-config"}]}).run(memory).start().wait()
        assert result["failed"]
        assert "ConfigMap default/web-config does not exist and config gives it no content" in result["msg"]


# --- who may do what ----------------------------------------------------------------------------------------------------------------------


def test_what_may_not_be_listed_keeps_every_copy_and_that_is_said() -> None:
    with running() as memory:
        _taken_over(memory)
        memory.server.rights.deny("robot", ["list"], "cronjobs")
        result = _again(memory, "2", user="robot")
        assert _original(memory) is not None
        (warning,) = [text for text in result["warnings"] if "cronjobs" in text]
        assert warning.startswith("Old copies of configuration in namespace default were not cleaned up: ")


def test_a_copy_that_somebody_removes_first_is_not_told_as_removed() -> None:
    with running() as memory:
        _taken_over(memory)
        run = Case("rolling", {"name": "web", "image": "registry.example/web:2", "config": [TAKEN]}).run(memory)
        act_before_first(
            run,
            lambda request: request.method == "DELETE" and request.path.endswith("/configmaps/web-config"),
            lambda: memory.server.delete(KNOWN["v1", "ConfigMap"], _original(memory)),
        )
        result = run.start().wait()
        assert not result.get("failed"), result["msg"]
        assert "removed" not in result["msg"]
        assert _original(memory) is None


def test_who_may_only_read_by_name_versions_all_the_same() -> None:
    with running() as memory:
        made("ConfigMap", CONFIG)(memory)
        done("rolling", definition=_configured())(memory)
        memory.server.rights.deny("robot", ["list"], "configmaps")
        result = _rolls(memory, "2", user="robot").start().wait()
        assert not result.get("failed"), result["msg"]
        assert _values(memory) == ["2"]


def test_what_may_not_be_read_is_told_as_what_may_still_change() -> None:
    body = _configured()
    body["spec"]["template"]["spec"]["containers"][0]["envFrom"].append({"secretRef": {"name": "web-secret"}})
    with running() as memory:
        made("ConfigMap", CONFIG)(memory)
        made("Secret", PASSWORD)(memory)
        done("rolling", definition=body)(memory)
        memory.server.rights.deny("robot", ["get", "list"], "secrets")
        result = _rolls(memory, "2", user="robot").start().wait()
        assert not result.get("failed"), result["msg"]
        assert "Secret" in result["msg"] + str(result["warnings"])
        assert "under config makes it versioned as well" in result["msg"] + str(result["warnings"])


def test_a_copy_by_itself_needs_a_content() -> None:
    with running() as memory:
        result = Case("versioned_config", {"name": "web-config"}).run(memory).start().wait()
        assert result["failed"]
        assert "ConfigMap default/web-config does not exist and is given no content" in result["msg"]


def test_a_copy_by_itself_stays_when_what_it_was_made_of_is_gone() -> None:
    with running() as memory:
        made("ConfigMap", CONFIG)(memory)
        done("versioned_config", name="web-config")(memory)
        memory.server.delete(KNOWN["v1", "ConfigMap"], _original(memory))
        result = Case("versioned_config", {"name": "web-config"}).run(memory).start().wait()
        assert not result["changed"], result
        assert _values(memory) == ["1"]


def test_copies_that_are_not_to_be_cleaned_up_stay() -> None:
    with running() as memory:
        for value in "12":
            done("versioned_config", name="web-config", data={"a": value})(memory)
        memory.clock.sleep(2 * HOUR)
        done("versioned_config", name="web-config", data={"a": "3"}, keep=0, cleanup=False)(memory)
        assert _values(memory) == ["1", "2", "3"]
        done("versioned_config", name="web-config", data={"a": "3"}, keep=0)(memory)
        assert _values(memory) == ["3"]


def test_check_mode_tells_which_copy_would_be_made_and_makes_none() -> None:
    with running() as memory:
        run = Case("versioned_config", {"name": "web-config", "data": {"a": "1"}}).run(memory, check=True)
        assert run.start().wait()["changed"]
        assert run.wire.changes == []
        assert _values(memory) == []
