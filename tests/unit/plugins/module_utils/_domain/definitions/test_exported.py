# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is dropped from a manifest that was exported from a live object, and what stays."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.definitions.exported import cleaned, maker_of, without_state

from ..samples import template


def manifest(kind: str, version: str = "v1", metadata: Mapping[str, JsonValue] | None = None, **fields: JsonValue) -> JsonObject:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web", **(metadata or {})}, **fields}


def owned_by(kind: str, version: str, *, controller: bool = True) -> dict[str, JsonValue]:
    return {"ownerReferences": [{"apiVersion": version, "kind": kind, "name": "boss", "uid": "1", "controller": controller}]}


SERVER: Mapping[str, JsonValue] = {
    "creationTimestamp": "2026-01-01T00:00:00Z",
    "deletionGracePeriodSeconds": 30,
    "deletionTimestamp": "2026-01-01T00:00:00Z",
    "generation": 3,
    "managedFields": [{"manager": "kubectl"}],
    "resourceVersion": "77",
    "selfLink": "/api/v1/x",
    "uid": "1-2",
}
STATE = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deployment.kubernetes.io/revision-history",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "rollout.kubernetes/undo",
    "rollout.kubernetes/restart",
    "rollout.kubernetes/update-strategy",
)


@pytest.mark.parametrize("kind", ["Deployment", "Service", "Widget", "CustomResourceDefinition"])
def test_the_servers_metadata_and_the_status_go_from_every_kind(kind: str) -> None:
    left, fields = without_state(manifest(kind, metadata=SERVER, status={"replicas": 3}))
    assert left == manifest(kind)
    assert sorted(fields) == sorted(["status", *(f"metadata.{name}" for name in SERVER)])


@pytest.mark.parametrize("name", STATE)
def test_annotations_of_controllers_go_and_others_stay(name: str) -> None:
    left, fields = without_state(manifest("Deployment", metadata={"annotations": {name: "1", "team": "a"}}))
    assert mapping(left, "metadata")["annotations"] == {"team": "a"}
    assert fields == (f"metadata.annotations[{name}]",)


def test_annotations_go_as_a_whole_where_nothing_is_left() -> None:
    left, _fields = without_state(manifest("Deployment", metadata={"annotations": {STATE[0]: "{}"}}))
    assert left == manifest("Deployment")


def test_empty_values_go_without_a_word() -> None:
    given = manifest(
        "Deployment", "apps/v1", {"creationTimestamp": None}, status={}, spec={"template": {"metadata": {"creationTimestamp": None}}}
    )
    left, fields = without_state(given)
    assert left == manifest("Deployment", "apps/v1", spec={"template": {"metadata": {}}})
    assert fields == ()
    assert without_state(manifest("Service", status={"loadBalancer": {}, "conditions": []})) == (manifest("Service"), ())


@pytest.mark.parametrize(
    ("kind", "version", "metadata", "fields"),
    [
        ("Service", "v1", {}, {"spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80, "nodePort": 30000}]}}),
        ("Deployment", "apps/v1", {}, {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026"}}}}}),
        ("Deployment", "apps/v1", {"annotations": {"kubernetes.io/change-cause": "x"}}, {"spec": {"paused": True}}),
        ("PersistentVolume", "v1", {"annotations": {"pv.kubernetes.io/provisioned-by": "x"}}, {"spec": {"claimRef": {"name": "a"}}}),
        ("PersistentVolumeClaim", "v1", {"finalizers": ["example.org/mine"]}, {"spec": {"volumeName": "chosen"}}),
        ("HorizontalPodAutoscaler", "autoscaling/v1", {"annotations": {"autoscaling.alpha.kubernetes.io/behavior": "{}"}}, {}),
        (
            "ReplicaSet",
            "apps/v1",
            {"labels": {"pod-template-hash": "1"}},
            {"spec": {"selector": {"matchLabels": {"pod-template-hash": "1"}}}},
        ),
        ("Service", "v1", {}, {"spec": {"selector": {"app": "web", "pod-template-hash": "1"}}}),
        ("Job", "batch/v1", {}, {"spec": {"manualSelector": True, "selector": {"matchLabels": {"job-name": "a"}}}}),
        ("ClusterRole", "rbac.authorization.k8s.io/v1", {}, {"rules": [{"verbs": ["get"]}]}),
        ("Secret", "v1", {}, {"type": "kubernetes.io/service-account-token", "data": {"token": "eA=="}}),
        ("Widget", "example.org/v1", {}, {"spec": {"metadata": {"uid": "1"}}}),
        ("Node", "v1", {}, {"status": {"allocatable": {"cpu": "1"}}}),
        ("ConfigMap", "v1", owned_by("Widget", "example.org/v1", controller=False), {}),
    ],
)
def test_what_people_may_have_written_stays(kind: str, version: str, metadata: dict[str, JsonValue], fields: dict[str, JsonValue]) -> None:
    given = manifest(kind, version, metadata, **fields)
    assert without_state(given) == (given, ())


@pytest.mark.parametrize(("kind", "label"), [("Deployment", "pod-template-hash"), ("StatefulSet", "controller-revision-hash")])
def test_labels_of_the_pods_of_one_revision_go(kind: str, label: str) -> None:
    labels: JsonObject = {"app": "web", label: "1"}
    spec: JsonObject = {"selector": {"matchLabels": labels}, "template": {**template(), "metadata": {"labels": labels}}}
    left, fields = without_state(manifest(kind, "apps/v1", {"labels": {label: "1"}}, spec=spec))
    assert left == manifest(kind, "apps/v1", spec={"selector": {"matchLabels": {"app": "web"}}, "template": template()})
    assert len(fields) == 3


def test_a_jobs_selector_and_labels_are_made_anew() -> None:
    labels: JsonObject = {"batch.kubernetes.io/controller-uid": "1", "controller-uid": "1", "job-name": "web"}
    spec: JsonObject = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": {**labels, "app": "web"}}}}
    left, _fields = without_state(manifest("Job", "batch/v1", {"labels": labels}, spec=spec))
    assert left == manifest("Job", "batch/v1", spec={"template": {"metadata": {"labels": {"app": "web"}}}})


@pytest.mark.parametrize(
    ("owners", "exported", "stay"),
    [
        (owned_by("Widget", "example.org/v1"), False, False),
        (owned_by("Widget", "example.org/v1", controller=False), False, True),
        (owned_by("Widget", "example.org/v1", controller=False), True, False),
        ({"ownerReferences": "none"}, True, True),
    ],
)
def test_owners_stay_only_where_a_person_wrote_them(owners: dict[str, JsonValue], exported: bool, stay: bool) -> None:
    left, _fields = without_state(manifest("ConfigMap", metadata={**owners, **({"uid": "1"} if exported else {})}))
    assert left == manifest("ConfigMap", metadata=owners if stay else None)


def test_finalizers_of_the_control_plane_go() -> None:
    both = {"finalizers": ["kubernetes.io/pvc-protection", "example.org/mine"]}
    left, fields = without_state(manifest("PersistentVolumeClaim", metadata=both))
    assert left == manifest("PersistentVolumeClaim", metadata={"finalizers": ["example.org/mine"]})
    assert fields == ("metadata.finalizers",)


@pytest.mark.parametrize(("kind", "field"), [("PersistentVolumeClaim", "volumeName"), ("PersistentVolume", "claimRef")])
def test_a_binding_that_a_controller_made_goes(kind: str, field: str) -> None:
    bound: Mapping[str, JsonValue] = {"annotations": {"pv.kubernetes.io/bound-by-controller": "yes"}}
    left, _fields = without_state(manifest(kind, metadata=bound, spec={field: "pv-1", "accessModes": ["ReadWriteOnce"]}))
    assert left == manifest(kind, spec={"accessModes": ["ReadWriteOnce"]})


def test_aggregated_rules_and_the_tokens_of_an_account_go() -> None:
    role = manifest(
        "ClusterRole", "rbac.authorization.k8s.io/v1", aggregationRule={"clusterRoleSelectors": [{}]}, rules=[{"verbs": ["get"]}]
    )
    assert "rules" not in without_state(role)[0]
    annotations: JsonObject = {"kubernetes.io/service-account.name": "web", "kubernetes.io/service-account.uid": "1"}
    kind: JsonValue = "kubernetes.io/service-account-token"
    left, _fields = without_state(
        manifest("Secret", metadata={"annotations": annotations}, type=kind, data={"token": "eA==", "mine": "eA=="})
    )
    assert left["data"] == {"mine": "eA=="}
    assert mapping(left, "metadata")["annotations"] == {"kubernetes.io/service-account.name": "web"}


def test_metadata_that_is_embedded_goes_from_templates_and_claims() -> None:
    claim: JsonObject = {"metadata": {"name": "data", "creationTimestamp": None}, "status": {"phase": "Pending"}, "spec": {}}
    spec: JsonObject = {
        "volumeClaimTemplates": [claim, "odd"],
        "template": {
            "metadata": {"creationTimestamp": None, "uid": "1"},
            "spec": {"volumes": [{"ephemeral": {"volumeClaimTemplate": {"metadata": {"uid": "1"}}}}]},
        },
    }
    left, fields = without_state(manifest("StatefulSet", "apps/v1", spec=spec))
    assert left["spec"] == {
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}, "odd"],
        "template": {"metadata": {}, "spec": {"volumes": [{"ephemeral": {"volumeClaimTemplate": {"metadata": {}}}}]}},
    }
    assert fields == (
        "spec.volumeClaimTemplates.status",
        "spec.template.metadata.uid",
        "spec.template.spec.volumes.ephemeral.volumeClaimTemplate.metadata.uid",
    )


@pytest.mark.parametrize(
    ("given", "maker"),
    [
        (manifest("ReplicaSet", "apps/v1", owned_by("Deployment", "apps/v1")), "Deployment boss"),
        (manifest("Pod", "v1", owned_by("ReplicationController", "v1")), "ReplicationController boss"),
        (manifest("Job", "batch/v1", owned_by("CronJob", "batch/v1")), "CronJob boss"),
        (manifest("EndpointSlice", "discovery.k8s.io/v1", owned_by("Service", "v1")), "Service boss"),
        (manifest("Deployment", "apps/v1", owned_by("Widget", "example.org/v1")), ""),
        (manifest("ReplicaSet", "apps/v1", owned_by("Deployment", "apps/v1", controller=False)), ""),
        (manifest("ConfigMap", metadata={"name": "kube-root-ca.crt"}), "the control plane"),
        (manifest("ConfigMap"), ""),
        (manifest("Endpoints", metadata={"annotations": {"endpoints.kubernetes.io/last-change-trigger-time": "x"}}), "Service web"),
        (manifest("Endpoints"), ""),
    ],
)
def test_what_the_clusters_own_controllers_make_is_known(given: JsonObject, maker: str) -> None:
    assert maker_of(given) == maker


def test_a_definition_says_what_was_left_out_of_it() -> None:
    found = cleaned(
        [
            manifest("Deployment", "apps/v1", {"uid": "1"}),
            manifest("Service", metadata={"uid": "2"}, status={"loadBalancer": {"ingress": [{}]}}),
            manifest("Pod", "v1", owned_by("ReplicaSet", "apps/v1")),
            manifest("ConfigMap"),
        ]
    )
    assert found.manifests == (manifest("Deployment", "apps/v1"), manifest("Service"), manifest("ConfigMap"))
    assert found.note == "Left out what the cluster writes itself, as Deployment web and 1 more was exported with it: metadata.uid, status."
    assert found.warning == "Left out of the definition, as the cluster makes them itself: Pod web (of ReplicaSet boss)."


def test_a_definition_that_a_person_wrote_gives_nothing_to_say() -> None:
    found = cleaned([manifest("Deployment", "apps/v1", {"creationTimestamp": None})])
    assert (found.note, found.warning, found.manifests) == ("", "", (manifest("Deployment", "apps/v1"),))


def test_only_the_first_objects_that_are_left_out_are_named() -> None:
    pods = [manifest("Pod", "v1", {**owned_by("ReplicaSet", "apps/v1"), "name": f"web-{number}"}) for number in range(8)]
    assert cleaned(pods).warning.endswith(", Pod web-4 (of ReplicaSet boss) and 3 more.")
