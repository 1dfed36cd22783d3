# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in use, and which copies may be removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.naming import copy_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.use import YOUNGEST, in_use, removable
from hypothesis import given
from hypothesis import strategies as st

from ..samples import with_metadata

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
CONFIG = ("ConfigMap", "web-v4")


def template(name: str = "web-v4", **spec: JsonValue) -> JsonObject:
    return {"spec": {"containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": name}}]}], **spec}}


def kept(kind: str, **more: JsonValue) -> JsonObject:
    return {"kind": kind, "spec": {"template": template()}, **more}


def pod(phase: str, **metadata: JsonValue) -> JsonObject:
    return {"kind": "Pod", "metadata": metadata, **template(), "status": {"phase": phase}}


# --- in use -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(kept("Deployment"), id="Deployment"),
        pytest.param({"kind": "Deployment", "spec": {"paused": True, "replicas": 0, "template": template()}}, id="paused Deployment"),
        pytest.param(kept("StatefulSet"), id="StatefulSet"),
        pytest.param(kept("DaemonSet"), id="DaemonSet"),
        pytest.param(
            {"kind": "ReplicaSet", "spec": {"replicas": 0, "template": template()}, "status": {"replicas": 0}}, id="old ReplicaSet"
        ),
        pytest.param({"kind": "ControllerRevision", "data": {"spec": {"template": {**template(), "$patch": "replace"}}}}, id="revision"),
        pytest.param(kept("Job", status={"conditions": [{"type": "Complete", "status": "True"}]}), id="Job"),
        pytest.param({"kind": "CronJob", "spec": {"suspend": True, "jobTemplate": {"spec": {"template": template()}}}}, id="CronJob"),
        pytest.param(kept("DeploymentConfig"), id="a kind of others"),
        pytest.param({"kind": "PodTemplate", "template": template()}, id="PodTemplate"),
        pytest.param(pod("Running"), id="running pod"),
        pytest.param(pod("Pending"), id="pending pod"),
        pytest.param(pod("Running", deletionTimestamp="2026-01-01T00:00:00Z"), id="terminating pod"),
        pytest.param(pod("Unknown"), id="pod on a lost node"),
        pytest.param(pod(""), id="pod without a status"),
    ],
)
def test_what_may_bring_pods_to_life_uses_its_configuration(obj: JsonObject) -> None:
    assert in_use([obj]) == {CONFIG}


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_uses_nothing(phase: str) -> None:
    assert in_use([pod(phase)]) == set()


def test_credentials_and_ephemeral_containers_count() -> None:
    running: JsonObject = {
        "kind": "Pod",
        "spec": {
            "imagePullSecrets": [{"name": "registry"}],
            "volumes": [{"name": "disk", "csi": {"nodePublishSecretRef": {"name": "disk"}}}],
            "ephemeralContainers": [{"name": "debug", "envFrom": [{"secretRef": {"name": "debug"}}]}],
        },
    }
    assert in_use([running]) == {("Secret", "registry"), ("Secret", "disk"), ("Secret", "debug")}


def test_accounts_and_ingresses_use_secrets() -> None:
    account: JsonObject = {"kind": "ServiceAccount", "secrets": [{"name": "token"}, {}], "imagePullSecrets": [{"name": "registry"}]}
    ingress: JsonObject = {"kind": "Ingress", "spec": {"tls": [{"hosts": ["shop"]}, {"secretName": "tls-v4"}]}}
    assert in_use([account, ingress]) == {("Secret", "token"), ("Secret", "registry"), ("Secret", "tls-v4")}


def test_objects_that_refer_to_nothing_use_nothing() -> None:
    assert in_use([]) == in_use([{}, {"kind": "Service", "spec": {"selector": {"app": "web"}}}, copy("web-v4", 1)]) == set()


# --- removable ----------------------------------------------------------------------------------------------------------------


def copy(name: str, hours: float, base: str = "web", kind: str = "ConfigMap", **metadata: JsonValue) -> dict[str, JsonValue]:
    """A copy that was made so many hours ago."""
    made = (NOW - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    source: JsonObject = {"kind": kind, "metadata": {"namespace": "shop", "name": base}}
    return with_metadata(copy_of(source, application="web", name=name), **{"creationTimestamp": made, **metadata})


def names(found: Sequence[JsonObject]) -> list[JsonValue]:
    return [mapping(obj, "metadata")["name"] for obj in found]


def removed(copies: Sequence[JsonObject], *used: tuple[str, str], keep: int = 0) -> list[JsonValue]:
    return names(removable(copies, used, NOW, kind="ConfigMap", base="web", keep=keep))


def test_unused_copies_are_removed_oldest_first_but_the_newest() -> None:
    copies = [copy("web-v2", 4), copy("web-v4", 2), copy("web-v1", 5), copy("web-v3", 3)]
    assert removed(copies) == ["web-v1", "web-v2", "web-v3", "web-v4"]
    assert removed(copies, keep=1) == ["web-v1", "web-v2", "web-v3"]
    assert removed(copies, keep=3) == ["web-v1"]
    assert removed(copies, keep=9) == []


def test_copies_in_use_stay_and_do_not_count_among_the_newest() -> None:
    copies = [copy("web-v1", 5), copy("web-v2", 4), copy("web-v3", 3), copy("web-v4", 2)]
    assert removed(copies, ("ConfigMap", "web-v1"), ("ConfigMap", "web-v4"), keep=1) == ["web-v2"]
    assert removed(copies, ("Secret", "web-v1"), keep=3) == ["web-v1"]


def test_young_copies_stay_and_do_not_count_among_the_newest() -> None:
    copies = [copy("web-v1", 5), copy("web-v2", 4), copy("web-v3", 0.99), copy("web-v4", -1)]
    assert removed(copies) == ["web-v1", "web-v2"]
    assert removed(copies, keep=1) == ["web-v1"]
    assert removed([copy("web-v1", 1)]) == ["web-v1"]
    assert names(removable(copies, (), NOW, kind="ConfigMap", base="web", keep=0, younger_than=timedelta(hours=4.5))) == ["web-v1"]


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param({"kind": "ConfigMap", "metadata": {"name": "web-v1", "creationTimestamp": "2026-01-01T00:00:00Z"}}, id="no label"),
        pytest.param(copy("web-v1", 9, base="other"), id="another base"),
        pytest.param(copy("web-v1", 9, kind="Secret"), id="another kind"),
        pytest.param(copy("web", 9), id="the base itself"),
        pytest.param(copy("web-v1", 9, creationTimestamp=None), id="of unknown age"),
        pytest.param(copy("web-v1", 9, deletionTimestamp="2026-01-02T00:00:00Z"), id="on its way out"),
    ],
)
def test_anything_else_stays(obj: JsonObject) -> None:
    assert removed([obj]) == []
    assert removed([obj, copy("web-v2", 3), copy("web-v3", 2)], keep=1) == ["web-v2"]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([0, 0.5, 1, 2, 3]), st.sampled_from(["web", "other"])),
        unique_by=lambda drawn: drawn[0],
    ),
    st.sets(st.integers(0, 9)),
    st.integers(0, 4),
)
def test_no_copy_in_use_is_removed_and_enough_are_kept(drawn: list[tuple[int, float, str]], running: set[int], keep: int) -> None:
    copies = [copy(f"web-v{number}", hours, base=base) for number, hours, base in drawn]
    users = [kept("ReplicaSet", spec={"template": template(f"web-v{number}")}) for number in running]
    found = names(removable(copies, in_use(users), NOW, kind="ConfigMap", base="web", keep=keep))
    ages = {f"web-v{number}": hours for number, hours, base in drawn if base == "web" and number not in running}
    idle = {name: hours for name, hours in ages.items() if timedelta(hours=hours) >= YOUNGEST}
    assert {*found} <= {*idle}
    assert len(found) == max(0, len(idle) - keep)
    assert all(idle[str(gone)] >= hours for gone in found for name, hours in idle.items() if name not in found)
