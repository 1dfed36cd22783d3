# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that only read make of what they find, may not see, or do not find."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import REPLICA_SET
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.read import preflight as read_preflight

from tests.memory.cases import BLUE, COPIED, NEWER, PASSWORD, PLAIN, Case, done, edited, image, made, ours, replicas, slowly, theirs
from tests.memory.cluster import Memory, running
from tests.memory.scenes import configured, deployment, service

COMPARED: dict[str, Any] = {"name": "web", "revision": 2, "compare_to": 1}


def read(memory: Memory, module: str, user: str = "administrator", **options: Any) -> dict[str, Any]:
    run = Case(module, {**options, "user": user}).run(memory).start()
    result = run.wait()
    assert run.wire.changes == []
    return result


def denied(memory: Memory, verb: str, plural: str) -> None:
    memory.server.rights.deny("robot", [verb], plural)


# --- history_info -------------------------------------------------------------------------------------------------------------------------


def test_two_revisions_are_compared_with_the_copies_that_they_name() -> None:
    with running() as memory:
        for one in (COPIED, NEWER):
            done("rolling", **one)(memory)
        (entry,) = read(memory, "history_info", **COMPARED)["rollouts"]
        assert "-  a: '1'\n+  a: '2'" in entry["difference"], entry["difference"]


def test_a_copy_that_both_revisions_name_is_not_shown() -> None:
    with running() as memory:
        for tag in ("1", "2"):
            done("rolling", **{**COPIED, "definition": configured(tag)})(memory)
        (entry,) = read(memory, "history_info", **COMPARED)["rollouts"]
        assert "image: registry.example/web:2" in entry["difference"]
        assert "a: '1'" not in entry["difference"]


def test_copies_that_may_not_be_read_are_left_out_of_a_comparison_and_that_is_said() -> None:
    with running() as memory:
        for one in (COPIED, NEWER):
            done("rolling", **one)(memory)
        denied(memory, "get", "configmaps")
        result = read(memory, "history_info", "robot", **COMPARED)
        (entry,) = result["rollouts"]
        assert "web-config-" in entry["difference"], "the names differ"
        assert "a: '1'" not in entry["difference"]
        assert any("So its contents were not compared." in warning for warning in result["warnings"])


def test_copies_that_are_gone_and_credentials_are_left_out_of_a_comparison() -> None:
    def body(tag: str) -> dict[str, Any]:
        manifest = configured(tag)
        manifest["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "web-secret"}]
        return manifest

    with running() as memory:
        made("Secret", PASSWORD)(memory)
        for tag in ("1", "2"):
            done("rolling", definition=body(tag))(memory)
        (entry,) = read(memory, "history_info", **COMPARED)["rollouts"]
        assert "+    image: registry.example/web:2" in entry["difference"].replace("- image", "  image"), entry["difference"]
        assert "web-secret" not in entry["difference"].partition("@@")[0]


def promoted(memory: Memory, *tags: str) -> None:
    for act in PLAIN:
        act(memory)
    for tag in tags:
        done("blue_green", **{**BLUE, "image": f"registry.example/web:{tag}"})(memory)


def test_a_promotion_whose_replica_set_is_gone_is_still_told() -> None:
    with running() as memory:
        promoted(memory, "2", "3")
        serving = memory.get("default", "Service", "web")["spec"]["selector"]
        for entry in memory.all("default", "ReplicaSet"):
            if not serving.items() <= entry["spec"]["template"]["metadata"]["labels"].items():
                memory.server.delete(REPLICA_SET, entry)
        (rollout,) = read(memory, "history_info", name="web")["rollouts"]
        found = {entry["revision"]: entry for entry in rollout["revisions"]}
        assert not found[1]["images"]
        assert not found[1]["running"]
        assert found[3]["current"]


def test_a_promotion_that_there_was_not_is_told_with_those_that_there_were() -> None:
    with running() as memory:
        promoted(memory, "2")
        result = read(memory, "history_info", name="web", revision=9)
        assert result["failed"]
        assert "web has no promotion 9; it has 1, 2." in result["msg"]


@pytest.mark.parametrize("module", ["history_info"])
def test_promotions_whose_revisions_may_not_be_seen_are_told_as_missing_rights(module: str) -> None:
    with running() as memory:
        promoted(memory, "2")
        denied(memory, "list", "replicasets")
        result = read(memory, module, "robot", name="web")
        assert result["failed"]
        assert "may not list replicasets" in result["msg"]


def test_who_may_not_read_leases_sees_the_revisions_of_the_deployment_alone() -> None:
    with running() as memory:
        promoted(memory, "2")
        denied(memory, "get", "leases")
        (rollout,) = read(memory, "history_info", "robot", name="web")["rollouts"]
        assert rollout["strategy"] != "blue_green"


# --- status_info and wait -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["status_info", "wait", "history_info"])
def test_labels_that_nothing_has_are_told(module: str) -> None:
    with running() as memory:
        result = read(memory, module, label_selectors=["tier=none"])
        assert result["failed"]
        assert "in namespace default has the labels tier=none; correct them, or set allow_empty: true" in result["msg"]


def test_nothing_may_be_there_where_that_was_said() -> None:
    with running() as memory:
        result = read(memory, "status_info", label_selectors=["tier=none"], allow_empty=True)
        assert not result.get("failed"), result["msg"]
        assert result["rollouts"] == []


def test_a_workload_of_another_kind_with_that_name_is_told() -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        words = "Deployment default/web does not exist, but StatefulSet default/web does; correct kind, name and namespace."
        assert read(memory, "status_info", name="web")["msg"] == words
        denied(memory, "get", "statefulsets")
        assert "does, but" not in read(memory, "status_info", "robot", name="web")["msg"]


def test_several_workloads_that_are_missing_are_told_in_one_sentence() -> None:
    with running() as memory:
        result = read(memory, "status_info", workloads=[{"name": "web"}, {"name": "api"}])
        assert result["msg"] == "Deployment default/web, Deployment default/api do not exist; correct kind, name and namespace."


def test_who_may_not_see_pods_cannot_wait_for_old_ones_to_be_gone() -> None:
    with running() as memory:
        theirs()(memory)
        denied(memory, "list", "pods")
        result = read(memory, "wait", "robot", name="web", old_pods_gone=True)
        assert result["failed"]
        assert "may not list pods" in result["msg"]


def test_a_workload_that_is_not_there_yet_is_waited_for() -> None:
    with running() as memory:
        run = Case("wait", {"name": "web", "on_deletion": "wait"}).run(memory).start()
        memory.clock.sleep(5)
        theirs()(memory)
        result = run.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_another_revision_than_the_one_to_be_waited_for_is_told() -> None:
    with running() as memory:
        ours()(memory)
        run = Case("wait", {"name": "web", "revision": 2}).run(memory)
        edited("Deployment", slowly("2"))(memory)
        run.start()
        memory.clock.sleep(10)
        edited("Deployment", image("3"))(memory)
        result = run.wait()
        assert result["failed"]
        assert "Deployment default/web wants revision 3 and not 2, which was to be waited for" in result["msg"]


# --- preflight_info -----------------------------------------------------------------------------------------------------------------------


def preflight(memory: Memory, user: str = "administrator", **options: Any) -> dict[str, Any]:
    result = read(memory, "preflight_info", user, **{"fail_on": "never", **options})
    assert not result.get("failed"), result["msg"]
    return result


def test_of_two_sides_the_one_with_most_pods_is_looked_at() -> None:
    with running() as memory:
        promoted(memory, "2")
        edited("Deployment", replicas(5), name="web-green")(memory)
        memory.clock.sleep(10)
        (entry,) = preflight(memory, name="web", strategy="blue_green")["rollouts"]
        assert entry["name"] == "web-green"


def test_an_application_that_has_no_side_is_told_by_its_own_name() -> None:
    with running() as memory:
        result = read(memory, "preflight_info", name="web", strategy="blue_green")
        assert result["msg"].startswith("Deployment default/web does not exist")


def test_another_kind_has_no_sides_to_choose_from() -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        result = read(memory, "preflight_info", kind="StatefulSet", name="web", strategy="blue_green")
        assert "StatefulSet" in result["msg"]


def test_what_may_not_be_listed_is_said_to_be_unseen() -> None:
    with running() as memory:
        theirs()(memory)
        for plural in ("nodes", "poddisruptionbudgets", "replicasets"):
            denied(memory, "list", plural)
        result = preflight(memory, "robot", name="web")
        (warning,) = [warning for warning in result["warnings"] if "nodes" in warning]
        assert "nodes; poddisruptionbudgets in default; revisions of the workloads." in warning, warning


def rules(found: dict[str, Any]) -> set[str]:
    return {entry["rule"] for entry in found["findings"]}


def test_the_settings_under_which_a_canary_holds_a_deployment_are_not_found_fault_with() -> None:
    with running() as memory:
        theirs()(memory)
        given = {"name": "web", "image": "registry.example/web:2"}
        before = rules(preflight(memory, **given, strategy="canary", wait_timeout=60))
        done("canary", **given, hold=0, stop_before="promote")(memory)
        assert memory.get("default", "Deployment", "web")["spec"]["minReadySeconds"] > 60
        assert rules(preflight(memory, **given, strategy="canary", wait_timeout=60)) == before


@pytest.mark.parametrize(
    ("steps", "fits"),
    [
        ({"weights": [20, 40]}, True),
        ({"weights": [60]}, False),
        ({"weights": [20], "min_replicas": 3}, False),
        ({"steps": [{"weight": 20, "hold": "1m", "gates": [{"name": "pods", "pods": {}}]}, {"replicas": 4}]}, False),
    ],
)
def test_the_steps_of_a_canary_say_how_much_room_it_takes(steps: dict[str, Any], fits: bool) -> None:
    with running() as memory:
        theirs(replicas=5)(memory)
        made("ResourceQuota", {"metadata": {"name": "team"}, "spec": {"hard": {"pods": "7"}}})(memory)
        memory.clock.sleep(10)
        assert ("quota-exceeded" not in rules(preflight(memory, name="web", strategy="canary", **steps))) is fits


def kedas_autoscaler(memory: Memory) -> None:
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "web", "uid": "1", "controller": True}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3}
    made("HorizontalPodAutoscaler", {"metadata": {"name": "keda-hpa-web", "ownerReferences": [owner]}, "spec": spec})(memory)


def test_what_keda_scales_to_is_asked_of_keda_where_it_has_made_an_autoscaler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster in memory has no such kind, so the answer is the test's; asked otherwise it would be the right to list it."""
    scaled = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"scaleTargetRef": {"name": "web"}}}
    asked: list[str] = []

    def listed(cluster: Any, resource: Any, namespace: str) -> Any:
        if resource.kind == "ScaledObject":
            asked.append(namespace)
            return (scaled,)
        return real(cluster, resource, namespace)

    real = read_preflight._listed
    monkeypatch.setattr(read_preflight, "_listed", listed)
    with running() as memory:
        theirs()(memory)
        assert "canary-scaled-to-zero" not in rules(preflight(memory, name="web", strategy="canary"))
        kedas_autoscaler(memory)
        assert "canary-scaled-to-zero" not in rules(preflight(memory, name="web", strategy="rolling"))
        assert asked == []
        assert "canary-scaled-to-zero" in rules(preflight(memory, name="web", strategy="canary"))
        assert asked == ["default"]


def test_who_may_not_see_what_keda_scales_to_is_told() -> None:
    with running() as memory:
        theirs()(memory)
        kedas_autoscaler(memory)
        result = preflight(memory, name="web", strategy="canary")
        assert any("scaledobjects in default" in warning for warning in result["warnings"])
        assert "canary-scaled-to-zero" not in rules(result)


@pytest.mark.parametrize("option", [{"weights": [10]}, {"steps": [{"weight": 10}]}, {"min_replicas": 2}])
def test_what_says_how_far_a_canary_goes_is_refused_for_another_strategy(option: dict[str, Any]) -> None:
    with running() as memory:
        (name,) = option
        result = read(memory, "preflight_info", name="web", strategy="rolling", **option)
        assert result["msg"].startswith(f"{name} says how far the steps of a canary go, and strategy is not canary")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"min_replicas": 0}, "min_replicas must be at least 1 pod, not 0."),
        ({"weights": [50, 10]}, "weights must rise, and 10 % comes after 50 %"),
    ],
)
def test_steps_that_a_canary_refuses_are_refused(option: dict[str, Any], words: str) -> None:
    with running() as memory:
        assert words in read(memory, "preflight_info", name="web", strategy="canary", **option)["msg"]


def test_a_definition_with_nothing_that_runs_finds_nothing() -> None:
    with running() as memory:
        theirs()(memory)
        result = preflight(memory, name="web", definition=deployment("2"))
        assert [entry["phase"] for entry in result["rollouts"]] == ["pending"], "the definition stands for what runs"


def test_who_may_not_see_revisions_cannot_read_a_history() -> None:
    with running() as memory:
        theirs()(memory)
        denied(memory, "list", "replicasets")
        result = read(memory, "history_info", "robot", name="web")
        assert result["failed"]
        assert "may not list replicasets" in result["msg"]


def test_a_service_that_comes_along_is_looked_at_beside_what_it_leads_to() -> None:
    def rules(*objects: dict[str, Any]) -> set[str]:
        return {entry["rule"] for entry in preflight(memory, definition=[*objects, deployment()])["findings"]}

    with running() as memory:
        leads = service()
        leads["spec"]["ports"][0]["targetPort"] = "nowhere"
        assert rules(leads) - rules(service()) == {"service-port-missing"}
