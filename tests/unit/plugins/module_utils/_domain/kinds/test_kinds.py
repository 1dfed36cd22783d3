# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of kinds: how a kind is found, and what each one answers."""

from __future__ import annotations

from dataclasses import fields

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import (
    CONTROLLER_REVISION,
    DAEMON_SET,
    DEPLOYMENT,
    KNOWN,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    Resource,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import KINDS, WORKLOADS, kind_of, named, workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.kind import Kind
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import Amount
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.revisions import candidate_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.revisions import observed as is_observed
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.takes import TAKES

from ..samples import NEW, controller_revision, replica_set, snapshot, with_metadata, workload

NAMES = ["Deployment", "StatefulSet", "DaemonSet"]
QUARTER = Amount(25, percent=True)
SURGES, LESS = {"maxSurge": 1, "maxUnavailable": 0}, {"maxUnavailable": 1}
ANSWERS: dict[str, tuple[object, object, object]] = {
    "resource": (DEPLOYMENT, STATEFUL_SET, DAEMON_SET),
    "strategy_field": ("strategy", "updateStrategy", "updateStrategy"),
    "has_deadline": (True, False, False),
    "fixed_fields": (("selector",), ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"), ("selector",)),
    "update_types": (("RollingUpdate", "Recreate"), ("RollingUpdate", "OnDelete"), ("RollingUpdate", "OnDelete")),
    "has_sides": (True, False, False),
    "has_bare_lease": (True, False, False),
    "lends": ("limits", "strategy", "strategy"),
    "pauses": (True, False, False),
    "per_node": (False, False, True),
    "keeps_ordinals": (False, True, False),
    "needs_repair": (False, True, False),
    "revisions": (REPLICA_SET, CONTROLLER_REVISION, CONTROLLER_REVISION),
    "through_revisions": (True, False, False),
    "keeps_former_numbers": (True, False, False),
    "names_revisions": (False, True, False),
    "least_observed": (0, 1, 0),
    "limits": (("maxSurge", "maxUnavailable"), ("maxUnavailable", "partition"), ("maxSurge", "maxUnavailable")),
    "default_limits": ((QUARTER, QUARTER), (Amount(0), Amount(1)), (Amount(0), Amount(1))),
    "unavailable_rounds_up": (False, False, True),
    "unavailable_gate": ("", "MaxUnavailableStatefulSet", ""),
    "proposed_limits": (SURGES, LESS, LESS),
    "leaves_no_old_pods": (True, False, False),
}
RULES = {"read", "read_revision", "chosen", "told_number", "refuse_limits", "goes_first", "completion", "pace"}
"""What is a function; those that are not below have tests of their own: of workloads, revisions, limits, completion and pace."""


def test_the_kinds_are_the_three_of_apps() -> None:
    assert [kind.name for kind in KINDS] == NAMES
    assert all(KNOWN["apps/v1", name] is resource for name, resource in WORKLOADS.items())


def test_names_alone_tell_the_kinds_apart() -> None:
    assert [named(kind.name) for kind in KINDS] == list(KINDS)
    assert len(WORKLOADS) == len(KINDS)


def test_what_is_no_kind_of_workload_has_no_answers() -> None:
    with pytest.raises(KeyError):
        named("Pod")
    assert kind_of(POD) is None


def test_a_kind_of_the_same_name_in_another_group_is_another_kind() -> None:
    assert kind_of(Resource("apps/v1", "StatefulSet", "statefulsets")) is named("StatefulSet")
    assert kind_of(Resource("apps.kruise.io/v1beta1", "StatefulSet", "statefulsets")) is None


@pytest.mark.parametrize("question", ANSWERS)
def test_each_kind_has_its_answer(question: str) -> None:
    assert tuple(getattr(kind, question) for kind in KINDS) == ANSWERS[question]


def test_each_question_has_its_row() -> None:
    assert {field.name for field in fields(Kind)} == {*ANSWERS, *RULES}


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [
        ("rolling", NAMES),
        ("recreate", ["Deployment"]),
        ("blue_green", ["Deployment"]),
        ("partition", ["StatefulSet"]),
        ("on_delete", ["StatefulSet", "DaemonSet"]),
    ],
)
def test_a_strategy_takes_the_kinds_that_can_do_what_it_needs(strategy: str, kinds: list[str]) -> None:
    assert [kind.name for kind in TAKES[strategy]] == kinds


@pytest.mark.parametrize(
    ("kind", "spec", "first"),
    [
        ("Deployment", {}, False),
        ("Deployment", {"strategy": {"type": "Recreate"}}, True),
        ("StatefulSet", {}, True),
        ("DaemonSet", {}, True),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete", "rollingUpdate": {"maxSurge": 1}}}, True),
        ("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxSurge": "0%"}}}, True),
        ("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}}, False),
    ],
)
def test_a_pod_may_stop_before_its_successor_is_there(kind: str, spec: dict[str, JsonValue], first: bool) -> None:
    assert named(kind).goes_first(workload_of(workload(kind, spec=spec))) is first


@pytest.mark.parametrize(("kind", "number"), [("Deployment", "7"), ("StatefulSet", ""), ("DaemonSet", "")])
def test_a_deployment_tells_the_number_of_its_revision_itself(kind: str, number: str) -> None:
    annotated = workload(kind, annotations={"deployment.kubernetes.io/revision": "7"})
    assert named(kind).told_number(workload_of(annotated)) == number


def revision(kind: str, number: int, created: str) -> JsonObject:
    made = replica_set(number, NEW) if kind == "Deployment" else controller_revision(number, NEW, kind=kind)
    return with_metadata(made, creationTimestamp=created)


@pytest.mark.parametrize(("kind", "number"), [("Deployment", 2), ("DaemonSet", 3)])
def test_of_equal_revisions_the_one_of_the_controller_is_wanted(kind: str, number: int) -> None:
    owned = [revision(kind, 2, "2026-01-01T00:00:00Z"), revision(kind, 3, "2026-01-02T00:00:00Z")]
    found = candidate_of(snapshot(workload(kind), owned))
    assert found is not None
    assert found.number == number


@pytest.mark.parametrize(("kind", "observed"), [("Deployment", True), ("StatefulSet", False), ("DaemonSet", True)])
def test_kubectl_takes_no_observed_generation_of_a_stateful_set_for_not_yet(kind: str, observed: bool) -> None:
    assert is_observed(workload_of(workload(kind, status={"observedGeneration": 0}, generation=0))) is observed
