# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of how fast pods are replaced: each kind's bounds, its defaults, and who keeps the old template."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import named, workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.pace import (
    left_behind,
    pace_of,
    replaces_pods,
    waits_for_deletion,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import resolve
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Workload
from hypothesis import given
from hypothesis import strategies as st

from ..samples import NEW, OLD, template, workload

ALONE = "its only pod web-0 stops before the new one starts"
TWO = "up to 2 pods at a time (maxUnavailable 2)"
BESIDE = "where the new pod starts beside the old one"
GAP = "no pod runs on the node while it is replaced"


def of(kind: str, count: int, bounds: JsonObject | None = None, **more: JsonValue) -> Workload:
    """A workload of so many pods, or on so many nodes; `bounds` is `rollingUpdate`, `type` its update strategy."""
    strategy: dict[str, JsonValue] = {"type": more.pop("type", "RollingUpdate"), **({} if bounds is None else {"rollingUpdate": bounds})}
    spec: dict[str, JsonValue] = {"strategy" if kind == "Deployment" else "updateStrategy": strategy, **more}
    if kind != "DaemonSet":
        spec["replicas"] = count
    return workload_of(workload(kind, spec=spec, status={"desiredNumberScheduled": count}))


@pytest.mark.parametrize(
    ("count", "bounds", "sentence"),
    [
        (6, None, "up to 2 pods more (maxSurge 25%) and 1 fewer (maxUnavailable 25%) than 6 at a time"),
        (3, None, "up to 1 pod more (maxSurge 25%) and 0 fewer (maxUnavailable 25%) than 3 at a time"),
        (1, None, "up to 1 pod more (maxSurge 25%) and 0 fewer (maxUnavailable 25%) than 1 at a time"),
        (10, {"maxSurge": 0, "maxUnavailable": "30%"}, "up to 0 pods more (maxSurge 0) and 3 fewer (maxUnavailable 30%) than 10 at a time"),
        (
            3,
            {"maxSurge": "0%", "maxUnavailable": "10%"},
            "up to 0 pods more (maxSurge 0%) and 1 fewer (maxUnavailable 10%) than 3 at a time",
        ),
        (2, {"maxSurge": 1, "maxUnavailable": 5}, "up to 1 pod more (maxSurge 1) and 2 fewer (maxUnavailable 5) than 2 at a time"),
        (0, None, ""),
    ],
)
def test_a_deployment_adds_rounded_up_and_takes_away_rounded_down(count: int, bounds: JsonObject | None, sentence: str) -> None:
    assert pace_of(of("Deployment", count, bounds)).sentence == sentence


@pytest.mark.parametrize(("count", "stop"), [(1, "its only pod stops"), (3, "all 3 pods stop")])
def test_a_deployment_that_recreates_says_so(count: int, stop: str) -> None:
    assert pace_of(of("Deployment", count, type="Recreate")).sentence == f"{stop} before the first new one starts (strategy Recreate)"


@pytest.mark.parametrize(
    ("kind", "bounds"), [("Deployment", {"maxSurge": 0, "maxUnavailable": "10%"}), ("StatefulSet", {"maxUnavailable": "10%"})]
)
def test_bounds_that_round_to_nothing_are_a_warning(kind: str, bounds: JsonObject) -> None:
    found = pace_of(of(kind, 3, bounds)).warning
    assert re.fullmatch(rf"{kind} shop/web: max_unavailable 10% of 3 pods rounds to 0 .*: Kubernetes takes 1 away at a time\.", found)


@pytest.mark.parametrize(
    ("count", "bounds", "start", "sentence"),
    [
        (3, None, 0, "one pod at a time, from web-2 down to web-0"),
        (3, {"partition": 0}, 0, "one pod at a time, from web-2 down to web-0"),
        (5, {"partition": 2}, 0, "one pod at a time, from web-4 down to web-2 (partition 2): web-0 and web-1 keep the old template"),
        (5, {"partition": 3}, 5, "one pod at a time, from web-9 down to web-8 (partition 3): web-5 to web-7 keep the old template"),
        (2, {"partition": 1}, 0, "only web-1 is replaced (partition 1): web-0 keeps the old template"),
        (3, {"partition": 3}, 0, "nothing is updated: web-0 to web-2 keep the old template (partition 3)"),
        (3, {"partition": 9}, 4, "nothing is updated: web-4 to web-6 keep the old template (partition 9)"),
        (1, None, 0, ALONE),
        (1, {"partition": 1}, 0, "nothing is updated: web-0 keeps the old template (partition 1)"),
        (0, {"partition": 1}, 0, ""),
        (5, {"maxUnavailable": "50%"}, 0, "up to 2 pods at a time (maxUnavailable 50%), from web-4 down to web-0"),
        (5, {"maxUnavailable": "30%"}, 0, "one pod at a time, from web-4 down to web-0"),
        (4, {"maxUnavailable": 2, "partition": 1}, 0, f"{TWO}, from web-3 down to web-1 (partition 1): web-0 keeps the old template"),
    ],
)  # fmt: skip
def test_a_stateful_set_goes_from_the_highest_ordinal_down_to_its_partition(
    count: int, bounds: JsonObject | None, start: int, sentence: str
) -> None:
    assert pace_of(of("StatefulSet", count, bounds, ordinals={"start": start})).sentence == sentence


@pytest.mark.parametrize(
    ("nodes", "bounds", "sentence", "gap"),
    [
        (5, None, "1 of 5 nodes at a time", False),
        (5, {"maxUnavailable": 2}, "2 of 5 nodes at a time", False),
        (5, {"maxSurge": 0, "maxUnavailable": "30%"}, "2 of 5 nodes at a time (maxUnavailable 30%)", False),
        (5, {"maxSurge": "30%", "maxUnavailable": 0}, f"2 of 5 nodes at a time, {BESIDE} (maxSurge 30%)", False),
        (2, {"maxSurge": 9, "maxUnavailable": 0}, f"2 of 2 nodes at a time, {BESIDE} (maxSurge 9)", False),
        (1, {"maxSurge": 1, "maxUnavailable": 0}, "1 of 1 node at a time, where the new pod starts beside the old one (maxSurge 1)", False),
        (1, None, f"1 of 1 node at a time: {GAP}; maxSurge: 1 with maxUnavailable: 0 avoids that", True),
        (0, None, "no node takes its pods", False),
    ],
)  # fmt: skip
def test_a_daemon_set_goes_by_nodes_and_tells_its_gap(nodes: int, bounds: JsonObject | None, sentence: str, gap: bool) -> None:
    found = pace_of(of("DaemonSet", nodes, bounds))
    assert (found.sentence, found.gap, found.warning) == (sentence, gap, "")


def with_port(port: JsonObject, **pod: JsonValue) -> JsonValue:
    container: JsonValue = {"name": "app", "image": NEW, "ports": [port]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **pod}}


HOST_PORTS = [with_port({"containerPort": 80, "hostPort": 80}), with_port({"containerPort": 80}, hostNetwork=True)]


@pytest.mark.parametrize("taken", HOST_PORTS)
def test_a_port_of_the_host_allows_no_second_pod_beside_the_first(taken: JsonValue) -> None:
    found = pace_of(of("DaemonSet", 1, template=taken))
    assert found.sentence == f"1 of 1 node at a time: {GAP}, as hostPort allows no second one beside it"
    assert found.gap
    surging = pace_of(of("DaemonSet", 5, {"maxSurge": 1, "maxUnavailable": 0}, template=taken))
    assert "finds its hostPort taken: set maxSurge to 0." in surging.warning


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_nothing_is_said_of_what_nothing_replaces(kind: str) -> None:
    assert pace_of(of(kind, 3, type="OnDelete")).sentence == ""
    assert left_behind(of(kind, 3, {"partition": 2}, type="OnDelete")) == ""


def test_bounds_that_this_version_does_not_know_are_left_unsaid() -> None:
    assert pace_of(of("DaemonSet", 3, {"maxSurge": 1, "maxUnavailable": 1})).sentence == ""
    assert pace_of(of("Deployment", 4, {"maxSurge": 1.5})).sentence.startswith("up to 1 pod more (maxSurge 25%)")


@pytest.mark.parametrize(
    ("before", "after", "updated", "moves"),
    [
        ({"image": OLD}, {"image": NEW}, 3, True),
        ({}, {}, 1, False),
        ({"partition": 2}, {"partition": 0}, 1, True),
        ({"partition": 2}, {"partition": 0}, 3, False),
        ({"partition": 3}, {"partition": 2}, 1, False),
        ({"type": "OnDelete"}, {"type": "RollingUpdate"}, 0, True),
    ],
)
def test_pods_move_for_a_template_or_where_they_could_not_before(
    before: dict[str, Any], after: dict[str, Any], updated: int, moves: bool
) -> None:
    def state(image: str = OLD, partition: int = 0, type: str = "RollingUpdate") -> Workload:  # noqa: A002
        bounds = {"rollingUpdate": {"partition": partition}} if type == "RollingUpdate" else {}
        spec: dict[str, JsonValue] = {"replicas": 3, "updateStrategy": {"type": type, **bounds}, "template": template(image)}
        return workload_of(workload("StatefulSet", spec=spec, status={"updatedReplicas": updated, "replicas": 3}))

    assert replaces_pods(state(**before), state(**after)) is moves


@pytest.mark.parametrize(
    ("kind", "update", "old"), [("StatefulSet", "OnDelete", 2), ("StatefulSet", "RollingUpdate", 0), ("DaemonSet", "OnDelete", 2)]
)
def test_old_pods_wait_for_their_deletion_under_on_delete(kind: str, update: str, old: int) -> None:
    status: dict[str, JsonValue] = {
        "replicas": 3,
        "updatedReplicas": 1,
        "currentNumberScheduled": 3,
        "updatedNumberScheduled": 1,
    }
    assert waits_for_deletion(workload_of(workload(kind, spec={"updateStrategy": {"type": update}}, status=status))) == old


AMOUNT = st.integers(0, 9) | st.integers(0, 100).map(lambda value: f"{value}%")


@given(st.sampled_from(["Deployment", "DaemonSet"]), st.integers(1, 40), AMOUNT, AMOUNT)
def test_the_numbers_of_the_sentence_are_those_of_the_bounds(kind: str, count: int, surge: int | str, unavailable: int | str) -> None:
    found = pace_of(of(kind, count, {"maxSurge": surge, "maxUnavailable": unavailable}))
    if not found.sentence:
        return
    bounds = resolve(named(kind), count, surge=surge, unavailable=unavailable)
    first = int(re.findall(r"[0-9]+", found.sentence)[0])
    if kind == "Deployment":
        assert first == bounds.surge
        assert f" and {bounds.unavailable} fewer " in found.sentence
    else:
        assert first == min(bounds.surge or bounds.unavailable, count)
        assert 1 <= first <= count


@given(st.integers(1, 12), st.integers(0, 15), st.integers(0, 5))
def test_each_pod_of_a_stateful_set_is_either_replaced_or_left(count: int, partition: int, start: int) -> None:
    seen = of("StatefulSet", count, {"partition": partition}, ordinals={"start": start})
    kept = [int(name) for name in re.findall(r"web-([0-9]+)", left_behind(seen))]
    assert (len(range(kept[0], kept[-1] + 1)) if kept else 0) == min(partition, count)
    assert not kept or kept[0] == start
    sentence = pace_of(seen).sentence
    assert ("nothing is updated" in sentence) is (partition >= count)
    if partition < count - 1:
        assert f"from web-{start + count - 1} down to web-{start + partition}" in sentence
