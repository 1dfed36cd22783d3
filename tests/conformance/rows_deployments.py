# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller of Deployments does."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step

from .bench import ME, Bench, deployment, kind, object_of, row
from .workloads import (
    DEPLOYMENT,
    IMAGE,
    NUMBER,
    POD,
    REPLICA_SET,
    comes,
    condition,
    images,
    is_ready,
    made,
    patch,
    pods,
    read,
    rolled_out,
    sets,
    together,
    wanted,
)


@row
def a_deployment_counts_its_pods(bench: Bench) -> None:
    found = made(bench)
    status = {key: value for key, value in found["status"].items() if key not in ("conditions", "terminatingReplicas")}
    assert status == {**dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), 2), "observedGeneration": 1}
    (own,) = sets(bench)
    progress, available = condition(found, "Progressing"), condition(found, "Available")
    assert (progress["status"], progress["reason"]) == ("True", "NewReplicaSetAvailable")
    assert progress["message"] == f'ReplicaSet "{own["metadata"]["name"]}" has successfully progressed.'
    assert (available["status"], available["reason"]) == ("True", "MinimumReplicasAvailable")
    assert found["metadata"]["annotations"] == {NUMBER: "1"}
    assert found["metadata"]["generation"] == 1


@row
def a_replica_set_belongs_to_its_deployment(bench: Bench) -> None:
    found = made(bench)
    (own,) = sets(bench)
    label = own["metadata"]["labels"]["pod-template-hash"]
    assert own["metadata"]["name"] == f"web-{label}"
    assert own["metadata"]["labels"] == own["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": label}
    assert own["spec"]["template"]["metadata"]["labels"] == {"app": "web", "pod-template-hash": label}
    assert own["metadata"]["annotations"] == {
        NUMBER: "1",
        "deployment.kubernetes.io/desired-replicas": "2",
        "deployment.kubernetes.io/max-replicas": "3",
    }
    (owner,) = own["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("Deployment", found["metadata"]["uid"], True)
    for pod in pods(bench):
        (owner,) = pod["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("ReplicaSet", own["metadata"]["uid"], True)
        assert pod["metadata"]["name"].startswith(f"web-{label}-")
        assert pod["metadata"]["labels"] == {"app": "web", "pod-template-hash": label}
    status = {key: value for key, value in own["status"].items() if key != "terminatingReplicas"}
    counts = dict.fromkeys(("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"), 2)
    assert status == {**counts, "observedGeneration": own["metadata"]["generation"]}


@row
def versions_are_numbered_and_an_old_one_comes_back_with_a_new_number(bench: Bench) -> None:
    made(bench)
    patch(bench, Step("add", "/metadata/annotations/kubernetes.io~1change-cause", "second"), Step("replace", IMAGE, "x:2"))
    assert rolled_out(bench)["metadata"]["annotations"][NUMBER] == "2"
    old, new = sets(bench)
    assert (old["spec"]["replicas"], new["spec"]["replicas"]) == (0, 2)
    assert new["metadata"]["annotations"]["kubernetes.io/change-cause"] == "second"
    assert "kubernetes.io/change-cause" not in old["metadata"]["annotations"]
    patch(bench, Step("replace", IMAGE, "registry.example/web:1"))
    assert rolled_out(bench)["metadata"]["annotations"][NUMBER] == "3"
    former, again = sets(bench)
    assert again["metadata"]["uid"] == old["metadata"]["uid"]
    assert again["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    assert former["metadata"]["annotations"][NUMBER] == "2"


@row
def a_rollout_keeps_its_limits(bench: Bench) -> None:
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    made(bench, replicas=4, strategy=limits)
    with bench.events(POD) as events, bench.events(REPLICA_SET) as sizes:
        bench.until(lambda: len(events) > 0 and len(sizes) > 0, "the pods")
        patch(bench, Step("replace", IMAGE, "x:2"))
        rolled_out(bench)
        bench.until(lambda: together(events)[-1] == (4, 4), "everything is seen")
    assert max(wanted(sizes)) == 5, "pods may be one more for a moment: those of a smaller ReplicaSet go later than it shrinks"
    assert min(ready for _there, ready in together(events)) >= 3
    assert set(images(bench).values()) == {"x:2"}


@row
def without_unavailable_pods_a_new_one_is_ready_before_an_old_one_goes(bench: Bench) -> None:
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    made(bench, replicas=2, strategy=limits)
    with bench.events(POD) as events, bench.events(REPLICA_SET) as sizes:
        bench.until(lambda: len(events) > 0 and len(sizes) > 0, "the pods")
        patch(bench, Step("replace", IMAGE, "x:2"))
        rolled_out(bench)
        bench.until(lambda: together(events)[-1] == (2, 2), "everything is seen")
    assert set(wanted(sizes)) == {2, 3}
    assert min(ready for _there, ready in together(events)) == 2


@row
def a_bad_version_stops_where_the_limits_say(bench: Bench) -> None:
    made(bench, replicas=4)
    patch(bench, Step("replace", IMAGE, "x:unready"))
    found = comes(bench, lambda obj: obj["status"].get("updatedReplicas") == 2, "the new pods are there")
    assert found["status"]["replicas"] == 5, "25 % of 4 more, 25 % fewer"
    bench.passes(1)
    status = read(bench)["status"]
    assert (status["availableReplicas"], status["updatedReplicas"], status["unavailableReplicas"]) == (3, 2, 2)
    progress = condition(read(bench), "Progressing")
    assert (progress["status"], progress["reason"]) == ("True", "ReplicaSetUpdated")


@row
def a_deadline_passes(bench: Bench) -> None:
    made(bench, replicas=1, progressDeadlineSeconds=2)
    patch(bench, Step("replace", IMAGE, "x:unready"))
    found = comes(bench, lambda obj: condition(obj, "Progressing")["status"] == "False", "the deadline passes")
    progress, new = condition(found, "Progressing"), sets(bench)[-1]
    assert progress["reason"] == "ProgressDeadlineExceeded"
    assert progress["message"] == f'ReplicaSet "{new["metadata"]["name"]}" has timed out progressing.'
    patch(bench, Step("replace", IMAGE, "registry.example/web:1"))
    assert condition(rolled_out(bench), "Progressing")["reason"] == "NewReplicaSetAvailable"


@row
def pods_are_available_after_the_time_asked_for(bench: Bench) -> None:
    bench.api.apply(DEPLOYMENT, deployment(bench, replicas=1, minReadySeconds=3), manager=ME)
    found = comes(bench, lambda obj: obj["status"].get("readyReplicas") == 1, "it is ready")
    assert found["status"].get("availableReplicas", 0) == 0
    assert condition(found, "Available")["status"] == "False", "25 % of 1 is none"
    rolled_out(bench)


@row
def a_paused_deployment_makes_nothing_new_and_scales(bench: Bench) -> None:
    made(bench)
    patch(bench, Step("add", "/spec/paused", value=True))
    found = comes(bench, lambda obj: condition(obj, "Progressing")["reason"] == "DeploymentPaused", "the pause is seen")
    assert condition(found, "Progressing")["status"] == "Unknown"
    generation = patch(bench, Step("replace", IMAGE, "x:2"))["metadata"]["generation"]
    found = comes(bench, lambda obj: obj["status"]["observedGeneration"] == generation, "the new template is seen")
    assert found["status"].get("updatedReplicas", 0) == 0
    assert len(sets(bench)) == 1
    patch(bench, Step("replace", "/spec/replicas", 3))
    comes(bench, lambda obj: obj["status"].get("readyReplicas") == 3, "it scales")
    bench.api.delete(POD, bench.namespace, pods(bench)[0]["metadata"]["name"], uid=pods(bench)[0]["metadata"]["uid"])
    bench.until(lambda: len(pods(bench)) == 3 and all(map(is_ready, pods(bench))), "a pod that goes is replaced")
    assert set(images(bench).values()) == {"registry.example/web:1"}
    patch(bench, Step("remove", "/spec/paused"))
    rolled_out(bench)
    assert set(images(bench).values()) == {"x:2"}


@row
def a_deployment_scales_in_proportion_in_mid_rollout(bench: Bench) -> None:
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 2}}
    made(bench, replicas=6, strategy=limits)
    patch(bench, Step("replace", IMAGE, "x:unready"))

    def sizes() -> list[int]:
        return [entry["spec"]["replicas"] for entry in sets(bench)]

    bench.until(lambda: sizes() == [4, 4], "it is stuck in the middle")
    patch(bench, Step("replace", "/spec/replicas", 10))
    bench.until(lambda: sum(sizes()) == 12, "it has grown")
    assert sizes() == [6, 6]


@row
def history_is_kept_as_long_as_asked_for(bench: Bench) -> None:
    made(bench, replicas=1, revisionHistoryLimit=1)
    for number in (2, 3, 4):
        patch(bench, Step("replace", IMAGE, f"x:{number}"))
        rolled_out(bench)
    bench.until(lambda: [entry["metadata"]["annotations"][NUMBER] for entry in sets(bench)] == ["3", "4"], "the others are deleted")


@row
def a_change_of_annotations_alone_is_no_new_version(bench: Bench) -> None:
    before = made(bench)
    after = patch(bench, Step("add", "/metadata/annotations/kubernetes.io~1change-cause", "why"))
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    bench.until(lambda: sets(bench)[0]["metadata"]["annotations"].get("kubernetes.io/change-cause") == "why", "it is copied")
    assert len(sets(bench)) == 1


@row
def recreate_ends_the_old_pods_first(bench: Bench) -> None:
    made(bench, replicas=2, strategy={"type": "Recreate"})
    patch(bench, Step("replace", IMAGE, "x:2"))
    old_and_new = []

    def look() -> bool:
        items: Any = bench.api.list(POD, bench.namespace).items
        old_and_new.append({pod["spec"]["containers"][0]["image"] for pod in items})
        return old_and_new[-1] == {"x:2"}

    bench.until(look, "the new pods")
    assert {"registry.example/web:1", "x:2"} not in old_and_new
    rolled_out(bench)


@row
def a_quota_shows_in_the_conditions(bench: Bench) -> None:
    quota: dict[str, Any] = {"metadata": {"name": "few", "namespace": bench.namespace}, "spec": {"hard": {"pods": "2"}}}
    bench.api.create(kind("ResourceQuota"), quota, manager=ME)
    bench.until(lambda: "used" in object_of(bench, kind("ResourceQuota"), "few").get("status", {}), "the quota")
    made(bench, replicas=2)
    patch(bench, Step("replace", IMAGE, "x:2"))
    found = comes(bench, lambda obj: condition(obj, "ReplicaFailure").get("status") == "True", "the failure is told")
    failure = condition(found, "ReplicaFailure")
    assert failure["reason"] == "FailedCreate"
    assert "exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2" in failure["message"]
    assert "is forbidden" in failure["message"]


@row
def a_deleted_deployment_takes_everything_with_it(bench: Bench) -> None:
    found = made(bench)
    assert bench.api.delete(DEPLOYMENT, bench.namespace, "web", uid=found["metadata"]["uid"])
    assert read(bench) is None
    bench.until(lambda: not sets(bench) and not bench.api.list(POD, bench.namespace).items, "nothing is left")
