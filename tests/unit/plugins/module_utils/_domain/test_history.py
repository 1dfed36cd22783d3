# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The revisions of a workload for people: which one they mean, what stands in each, how two differ."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.history import (
    config_of,
    described,
    difference,
    entries,
    numbered,
    previous,
    shown_template,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.masking import MASK
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.records import UndoRecord
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot

from .samples import NEW, OLD, UID, controller_revision, pod, replica_set, snapshot, with_metadata, workload

REF = Ref("Deployment", "shop", "web")
CAUSE, FORMER = "kubernetes.io/change-cause", "deployment.kubernetes.io/revision-history"


def deployment(*owned: JsonObject, wants: str = NEW) -> Snapshot:
    return snapshot(workload(image=wants), owned)


# --- what there is ------------------------------------------------------------------------------------------------------------


def test_revisions_of_a_deployment_count_by_their_replica_sets() -> None:
    owned = [replica_set(1, "v1"), replica_set(2, OLD, replicas=2, available=1), replica_set(3, NEW)]
    found = entries(snapshot(workload(), owned, [pod("a", "h2"), pod("b", "h2", ready=False)]))
    assert [(entry.revision.number, entry.running, entry.current, entry.replicas, entry.ready) for entry in found] == [
        (1, False, False, 0, 0),
        (2, True, False, 2, 2),
        (3, True, True, 0, 0),
    ]


def test_revisions_of_the_other_kinds_count_by_their_pods() -> None:
    owned = [controller_revision(number, image) for number, image in ((1, "v1"), (2, OLD), (3, NEW))]
    pods = [
        pod("web-0", "web-h2", by=UID),
        pod("web-1", "web-h2", by=UID, ready=False),
        pod("web-2", "web-h1", by=UID, terminating=True),
    ]
    found = entries(snapshot(workload("StatefulSet", status={"updateRevision": "web-h3"}), owned, pods))
    assert [(entry.revision.number, entry.running, entry.current, entry.replicas, entry.ready) for entry in found] == [
        (1, False, False, 0, 0),
        (2, True, False, 2, 1),
        (3, True, True, 0, 0),
    ]


def test_nothing_is_current_where_the_wanted_template_has_no_revision() -> None:
    assert [entry.current for entry in entries(deployment(replica_set(1, OLD)))] == [False]
    assert entries(Snapshot(None)) == ()


def test_a_revision_has_an_age_where_the_cluster_says_when_it_was_made() -> None:
    dated, undated = entries(deployment(replica_set(1), with_metadata(replica_set(2), creationTimestamp=None)))
    assert dated.age(datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)) == 90
    assert dated.age(datetime(2025, 12, 31, tzinfo=UTC)) == 0
    assert undated.age(datetime(2026, 1, 1, tzinfo=UTC)) is None


# --- which one is meant -------------------------------------------------------------------------------------------------------


def test_a_number_means_the_revision_that_has_it_then_the_one_that_had_it() -> None:
    shown = deployment(
        replica_set(2, OLD),
        replica_set(4, "v1", annotations={FORMER: "1"}),
        replica_set(5, NEW, annotations={FORMER: "2,3"}),
    )
    assert {number: numbered(shown, REF, number).name for number in (1, 2, 3, 4, 5)} == {
        1: "web-h4",
        2: "web-h2",
        3: "web-h5",
        4: "web-h4",
        5: "web-h5",
    }


def test_former_numbers_of_the_other_kinds_are_known_from_our_record() -> None:
    obj = UndoRecord("web-h3", 2, {"1": "web-h3", "9": "web-gone"}).into(workload("StatefulSet"))
    shown = snapshot(obj, [controller_revision(2, OLD), controller_revision(3, NEW)])
    assert numbered(shown, REF, 1).number == 3
    with pytest.raises(InputError, match="has no revision 9; it has 2 and 3"):
        numbered(shown, REF, 9)


@pytest.mark.parametrize(
    ("shown", "there"),
    [
        (Snapshot(None), "none"),
        (deployment(replica_set(1)), "1"),
        (deployment(*(replica_set(number) for number in (1, 2, 3))), "1, 2 and 3"),
    ],
)
def test_an_unknown_number_names_those_that_are_there(shown: Snapshot, there: str) -> None:
    with pytest.raises(InputError, match=f"Deployment shop/web has no revision 7; it has {there}. history_info"):
        numbered(shown, REF, 7)


KNOWN = (
    replica_set(1, "registry.example/team/web:1.0", annotations={CAUSE: "release 1.0 [by alice]"}),
    replica_set(2, "registry.example/web:1.1", annotations={CAUSE: "undo to revision 1: release 1.1"}),
    replica_set(3, "registry.example/web:1.0"),
    replica_set(4, NEW, annotations={CAUSE: "release 2.0"}),
)


@pytest.mark.parametrize(
    ("to", "number"),
    [
        pytest.param("registry.example/web:1.1", 2, id="the whole image"),
        pytest.param("web:1.1", 2, id="the image without its registry"),
        pytest.param("team/web:1.0", 1, id="with a part of its path"),
        pytest.param("web:1.0", 3, id="of several the newest"),
        pytest.param("release 1.0 [by alice]", 1, id="the whole cause"),
        pytest.param("release 1.0", 1, id="its reason"),
        pytest.param("release 1.1", 2, id="the reason of what was undone"),
        pytest.param("release 2.0", 4, id="the wanted one"),
    ],
)
def test_an_image_or_a_change_cause_means_a_revision(to: str, number: int) -> None:
    assert described(deployment(*KNOWN), REF, to).number == number


def test_the_wanted_revision_goes_before_newer_ones_that_fit_as_well() -> None:
    shown = deployment(replica_set(1, OLD, annotations={CAUSE: "stable"}), replica_set(2, NEW, annotations={CAUSE: "stable"}), wants=OLD)
    assert described(shown, REF, "stable").number == 1


@pytest.mark.parametrize("to", ["eb:1.0", "web", "1.0", "release", "", "registry.example"])
def test_what_fits_no_revision_names_those_that_are_there(to: str) -> None:
    with pytest.raises(InputError) as refused:
        described(deployment(*KNOWN), REF, to)
    assert "it has 1 (registry.example/team/web:1.0, release 1.0 [by alice])" in refused.value.message
    assert "3 (registry.example/web:1.0) and 4 (" in refused.value.message


def test_without_a_candidate_the_revisions_alone_are_searched() -> None:
    assert described(deployment(replica_set(1, OLD), wants="v9"), REF, OLD).number == 1


def test_the_previous_one_is_the_newest_other_one() -> None:
    assert previous(deployment(replica_set(1, "v1"), replica_set(2, OLD), replica_set(3, NEW)), REF).number == 2
    assert previous(deployment(replica_set(1, "v1"), replica_set(2, OLD), wants="held back while paused"), REF).number == 2
    with pytest.raises(InputError, match="no earlier revision to go back to"):
        previous(deployment(replica_set(3, NEW)), REF)


# --- what stands in one -------------------------------------------------------------------------------------------------------


def container(**fields: JsonValue) -> dict[str, JsonValue]:
    return {"spec": {"containers": [{"name": "app", **fields}]}}


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        pytest.param(
            container(env=[{"name": "DB_PASSWORD", "value": "pw"}]), container(env=[{"name": "DB_PASSWORD", "value": MASK}]), id="env"
        ),
        pytest.param(container(env=[{"name": "MODE", "value": "fast"}]), container(env=[{"name": "MODE", "value": "fast"}]), id="harmless"),
        pytest.param(
            container(env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "value"}}}]),
            container(env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "value"}}}]),
            id="a reference is no secret",
        ),
        pytest.param(container(args=["--password=pw", "-v"]), container(args=[f"--password={MASK}", "-v"]), id="argument"),
        pytest.param(
            container(livenessProbe={"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "Basic YTpi"}], "port": 80}}),
            container(livenessProbe={"httpGet": {"httpHeaders": [{"name": "Authorization", "value": MASK}], "port": 80}}),
            id="header of a probe",
        ),
        pytest.param(
            container(image="registry.example/token:1.2"), container(image="registry.example/token:1.2"), id="an image hides nothing"
        ),
        pytest.param(container(stdin=True, tty=None), container(stdin=True, tty=None), id="no text"),
    ],
)
def test_a_shown_template_hides_what_looks_like_a_credential(template: JsonObject, shown: JsonObject) -> None:
    assert shown_template(template) == shown


def test_a_template_names_its_config() -> None:
    template: JsonObject = {
        "spec": {
            "volumes": [
                {"name": "a", "configMap": {"name": "files"}},
                {"name": "b", "secret": {"secretName": "tls"}},
                {"name": "c", "projected": {"sources": [{"configMap": {"name": "one"}}, {"secret": {"name": "two"}}, {"downwardAPI": {}}]}},
                {"name": "d", "csi": {"driver": "disk", "nodePublishSecretRef": {"name": "mount"}}},
                {"name": "e", "rbd": {"image": "disk", "secretRef": {"name": "ceph"}}},
                {"name": "f", "azureFile": {"secretName": "share", "shareName": "s"}},
                {"name": "g", "emptyDir": {}},
            ],
            "initContainers": [{"name": "init", "envFrom": [{"configMapRef": {"name": "env"}}, {"secretRef": {"name": "env"}}]}],
            "containers": [
                {
                    "name": "app",
                    "env": [
                        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "files", "key": "a"}}},
                        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "key", "key": "b"}}},
                        {"name": "C", "value": "c"},
                    ],
                }
            ],
            "imagePullSecrets": [{"name": "registry"}],
        }
    }
    maps, secrets = ("env", "files", "one"), ("ceph", "env", "key", "mount", "registry", "share", "tls", "two")
    assert config_of(template) == tuple([f"ConfigMap {name}" for name in maps] + [f"Secret {name}" for name in secrets])
    assert config_of({}) == ()


def test_two_texts_differ_under_their_names() -> None:
    old, new = "revision 1 (web-h1)", "revision 2 (web-h2)"
    assert difference("a\nb", "a\nc", old, new).splitlines() == [
        "--- revision 1 (web-h1)",
        "+++ revision 2 (web-h2)",
        "@@ -1,2 +1,2 @@",
        " a",
        "-b",
        "+c",
    ]
    assert difference("a", "a", old, new) == ""


def test_a_long_difference_of_lines_that_come_again_and_again_is_one_hunk() -> None:
    same, other = ["a", "b"] * 2000, ["b", "a"] * 2000
    shown = difference("\n".join(["1", "2", "3", "4", *same, "x", "y"]), "\n".join(["1", "2", "3", "4", *other, "x", "y"]), "old", "new")
    lines = shown.splitlines()
    assert lines[:6] == ["--- old", "+++ new", "@@ -2,4005 +2,4005 @@", " 2", " 3", " 4"]
    assert lines[6:-2] == [*(f"-{line}" for line in same), *(f"+{line}" for line in other)]
    assert lines[-2:] == [" x", " y"]
    assert difference("\n".join(same), "\n".join(same), "old", "new") == ""
