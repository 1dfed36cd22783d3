# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods are updated together, and in which order."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError, RefusedError, RolloutError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import named, workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Batching, Partitioning, Primary
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.groups import (
    Group,
    batches,
    by_shares,
    falling,
    partition_below,
    pods_of,
    primary_of,
    ready_places,
    taken,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import Amount
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import named as titled
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Pod, Workload
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.samples import UID, pod, snapshot, workload

SET, DAEMONS = Ref("StatefulSet", "shop", "web"), Ref("DaemonSet", "shop", "web")


def of(replicas: int, start: int = 0) -> Workload:
    return workload_of(workload("StatefulSet", spec={"replicas": replicas, "ordinals": {"start": start}}))


def names(groups: tuple[Group, ...]) -> list[str]:
    return [group.name for group in groups]


def percent(value: int) -> Amount:
    return Amount(value, percent=True)


# --- partitions ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "primary", "steps"),
    [
        (Partitioning(), "", ["web-4", "web-3 to web-0"]),
        (Partitioning(), "web-0", ["web-4", "web-3 to web-1", "web-0"]),
        (Partitioning(one_by_one=True), "", ["web-4", "web-3", "web-2", "web-1", "web-0"]),
        (Partitioning(counts=(Amount(2),)), "", ["web-4 to web-3", "web-2 to web-0"]),
        (Partitioning(counts=(Amount(1), percent(50), percent(100))), "", ["web-4", "web-3 to web-2", "web-1 to web-0"]),
        (Partitioning(counts=(percent(10), percent(20))), "", ["web-4", "web-3 to web-0"]),
        (Partitioning(counts=(Amount(9),)), "", ["web-4 to web-0"]),
        (Partitioning(lowest=("3", "web-1")), "", ["web-4 to web-3", "web-2 to web-1", "web-0"]),
        (Partitioning(lowest=("0",)), "", ["web-4 to web-0"]),
        (Partitioning(counts=(percent(100),)), "web-0", ["web-4 to web-1", "web-0"]),
    ],
    ids=[
        "default",
        "primary last",
        "one by one",
        "count",
        "shares",
        "same",
        "more than there are",
        "ordinals",
        "all",
        "all but the primary",
    ],
)
def test_steps_of_five_pods(wish: Partitioning, primary: str, steps: list[str]) -> None:
    assert names(falling(of(5), wish, primary)) == steps


def test_a_partition_is_an_index_and_not_an_ordinal() -> None:
    whole = of(5, start=5)
    groups = falling(whole, Partitioning(lowest=("8",)))
    assert names(groups) == ["web-9 to web-8", "web-7 to web-5"]
    assert [partition_below(whole, groups, number) for number in (0, 1, 2)] == [5, 3, 0]


@pytest.mark.parametrize(
    ("wish", "primary", "sentence"),
    [
        (Partitioning(lowest=("1", "3")), "", "ordinals of StatefulSet shop/web go from 1 to 3, which is not below 1"),
        (Partitioning(lowest=("3", "3")), "", "ordinals of StatefulSet shop/web go from 3 to 3"),
        (Partitioning(counts=(Amount(3), Amount(1))), "", "steps of StatefulSet shop/web go from 3 to 1, which is not more than 3"),
        (Partitioning(counts=(percent(50), percent(50))), "", "steps of StatefulSet shop/web go from 50% to 50%"),
        (
            Partitioning(lowest=("7",)),
            "",
            "ordinals names 7, and StatefulSet shop/web has no such pod; it has web-4, web-3, web-2, web-1, web-0.",
        ),
        (Partitioning(lowest=("db-1",)), "", "ordinals names db-1, and StatefulSet shop/web has no such pod"),
        (Partitioning(), "web-2", "StatefulSet shop/web has the primary web-2, and a partition updates web-0 last; make web-0 the primary"),
    ],
)
def test_what_goes_the_wrong_way_is_refused(wish: Partitioning, primary: str, sentence: str) -> None:
    with pytest.raises((InputError, RefusedError)) as caught:
        falling(of(5), wish, primary)
    assert sentence in caught.value.message


def test_without_pods_there_is_no_step() -> None:
    assert falling(of(0), Partitioning(), "web-0") == ()


@given(
    replicas=st.integers(1, 30),
    start=st.integers(0, 9),
    counts=st.lists(st.one_of(st.integers(1, 40).map(Amount), st.integers(1, 100).map(percent)), max_size=6),
    one_by_one=st.booleans(),
    with_primary=st.booleans(),
)
def test_partitions_fall_to_zero_and_update_each_pod_once(
    replicas: int, start: int, counts: list[Amount], one_by_one: bool, with_primary: bool
) -> None:
    whole = of(replicas, start)
    primary = f"web-{start}" if with_primary else ""
    counts.sort(key=lambda count: count.of(replicas, up=True))
    spread = tuple(count for index, count in enumerate(counts) if count not in counts[:index])
    groups = falling(whole, Partitioning(spread, one_by_one), primary)
    partitions = [partition_below(whole, groups, number) for number in range(len(groups) + 1)]
    assert partitions[0] == replicas
    assert partitions[-1] == 0
    assert partitions == sorted(set(partitions), reverse=True)
    for number, group in enumerate(groups):
        # What the controller updates when the partition falls: exactly the pods of the step.
        moved = [f"web-{start + index}" for index in range(partitions[number + 1], partitions[number])]
        assert sorted(group.places) == sorted(moved)
    assert [place for group in groups for place in group.places] == list(pods_of(whole))
    if with_primary:
        assert groups[-1].places == (primary,)


@given(replicas=st.integers(1, 20), start=st.integers(0, 9), data=st.data())
def test_ordinals_end_their_steps(replicas: int, start: int, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(start, start + replicas - 1), unique=True).map(lambda found: sorted(found, reverse=True)))
    groups = falling(of(replicas, start), Partitioning(lowest=tuple(map(str, chosen))))
    ends = [group.places[-1] for group in groups]
    assert ends[-1] == f"web-{start}"
    if chosen:
        assert ends == [f"web-{ordinal}" for ordinal in dict.fromkeys([*chosen, start])]


# --- shares -------------------------------------------------------------------------------------------------------------------

TEN_THEN_HALF = titled([Share("", 10), Share("", 50)])


@pytest.mark.parametrize(
    ("total", "shares", "primary", "steps"),
    [
        (10, TEN_THEN_HALF, "", [("weight_10", 1), ("weight_50", 4), ("promote", 5)]),
        (5, TEN_THEN_HALF, "", [("weight_10", 1), ("weight_50", 2), ("promote", 2)]),
        (3, titled([Share("", 10), Share("", 20)]), "", [("weight_10", 1), ("weight_20", 0), ("promote", 2)]),
        (2, titled([Share("", 99)]), "", [("weight_99", 1), ("promote", 1)]),
        (1, TEN_THEN_HALF, "", [("weight_10", 1), ("weight_50", 0), ("promote", 0)]),
        (4, titled([Share("", None, 9)]), "", [("replicas_9", 3), ("promote", 1)]),
        (4, titled([Share("", 75), Share("", None, 1)]), "", [("weight_75", 3), ("replicas_1", 0), ("promote", 1)]),
        (5, TEN_THEN_HALF, "web-0", [("weight_10", 1), ("weight_50", 2), ("promote", 1), ("web-0", 1)]),
        (1, TEN_THEN_HALF, "web-0", [("weight_10", 0), ("weight_50", 0), ("promote", 0), ("web-0", 1)]),
    ],
)
def test_what_each_step_with_a_share_adds(total: int, shares: tuple[Share, ...], primary: str, steps: list[tuple[str, int]]) -> None:
    groups = by_shares(pods_of(of(total)), shares, primary)
    assert [(group.name, len(group.places)) for group in groups] == steps
    assert [group.measured for group in groups] == [True] * (len(groups) - 1) + [False]


@pytest.mark.parametrize("total", range(13))
@given(data=st.data())
def test_each_pod_is_in_one_step_and_the_shares_are_those_of_a_canary(total: int, data: st.DataObject) -> None:
    share = st.one_of(st.integers(1, 99).map(lambda weight: Share("", weight)), st.integers(1, 14).map(lambda pods: Share("", None, pods)))
    shares = titled(data.draw(st.lists(share, min_size=1, max_size=5)))
    primary = data.draw(st.sampled_from(["", "web-0"])) if total else ""
    groups = falling(of(total), Partitioning(shares=shares), primary)
    assert [place for group in groups for place in group.places] == list(pods_of(of(total)))
    updated, most = 0, 0
    for group, its in zip(groups, shares, strict=False):
        updated, most = updated + len(group.places), max(most, its.candidates(total))
        assert updated == min(most, total - bool(primary))
    if groups:
        assert names(groups) == [*(its.name for its in shares), "promote", *([primary] if primary else [])]
        assert [partition_below(of(total), groups, number) for number in (0, len(groups))] == [total, 0]


@given(total=st.integers(1, 12), size=st.integers(1, 5), weight=st.integers(1, 99))
def test_within_a_step_pods_go_in_portions(total: int, size: int, weight: int) -> None:
    wish = Batching(size=Amount(size), shares=titled([Share("", weight)]))
    groups = batches(SET, pods_of(of(total)), wish)
    assert names(groups) == [f"weight_{weight}", "promote"]
    for group in groups:
        assert tuple(place for places in group.portions for place in places) == group.places
        assert all(1 <= len(places) <= size for places in group.portions)


def test_zones_and_an_order_count_within_the_steps() -> None:
    zones = {"a": "east", "b": "west", "c": "east", "d": "west"}
    wish = Batching(label="zone", order=("d",), shares=titled([Share("", 75)]))
    groups = batches(DAEMONS, ("a", "b", "c", "d"), wish, zones=zones, primary="b")
    assert [(group.name, group.portions) for group in groups] == [
        ("weight_75", (("d",), ("a", "c"))),
        ("promote", ()),
        ("b", (("b",),)),
    ]


@pytest.mark.parametrize(("stop", "number"), [("weight_10", 0), ("4", 0), ("weight_20", 1), ("promote", 2), ("web-0", 3), ("primary", 3)])
def test_it_stops_before_a_step_with_a_share(stop: str, number: int) -> None:
    groups = falling(of(5), Partitioning(shares=titled([Share("", 10), Share("", 20)])), "web-0")
    assert taken(SET, groups, stop) == number


def test_a_step_that_is_none_is_refused_with_those_that_are() -> None:
    groups = falling(of(5), Partitioning(shares=TEN_THEN_HALF))
    with pytest.raises(RefusedError) as caught:
        taken(SET, groups, "weight_99")
    assert "no step of StatefulSet shop/web begins with that; its steps are weight_10, weight_50, promote." in caught.value.message


# --- batches ------------------------------------------------------------------------------------------------------------------

FIVE = ("web-4", "web-3", "web-2", "web-1", "web-0")


@pytest.mark.parametrize(
    ("wish", "primary", "steps"),
    [
        (Batching(), "", [("web-4",), ("web-3",), ("web-2",), ("web-1",), ("web-0",)]),
        (Batching(size=Amount(2)), "", [("web-4", "web-3"), ("web-2", "web-1"), ("web-0",)]),
        (Batching(size=percent(50)), "", [("web-4", "web-3"), ("web-2", "web-1"), ("web-0",)]),
        (Batching(size=percent(1), order=("0", "web-2")), "", [("web-0",), ("web-2",), ("web-4",), ("web-3",), ("web-1",)]),
        (Batching(size=Amount(9)), "web-3", [("web-4", "web-2", "web-1", "web-0"), ("web-3",)]),
        (Batching(size=Amount(4), order=("3",)), "web-3", [("web-4", "web-2", "web-1", "web-0"), ("web-3",)]),
    ],
    ids=["one", "two", "a share rounds down", "order", "primary last", "primary last whatever the order"],
)
def test_batches_of_five_pods(wish: Batching, primary: str, steps: list[tuple[str, ...]]) -> None:
    assert [group.places for group in batches(SET, FIVE, wish, primary=primary)] == steps


def test_some_nodes_come_first_and_the_rest_has_a_name() -> None:
    nodes = ("a", "b", "c", "d", "e")
    groups = batches(DAEMONS, nodes, Batching(size=Amount(2), nodes="pool=canary"), canary={"b", "e"})
    assert [(group.places, group.alias) for group in groups] == [(("b", "e"), ""), (("a", "c"), "rest"), (("d",), "")]
    assert [group.alias for group in batches(DAEMONS, ("a",), Batching(nodes="x"), canary={"a"})] == [""]


def test_one_zone_after_the_other() -> None:
    zones = {"a": "east", "b": "west", "c": "east"}
    groups = batches(DAEMONS, ("a", "b", "c", "d"), Batching(label="zone"), zones=zones)
    assert [group.places for group in groups] == [("a", "c"), ("b",), ("d",)]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Batching(order=("web-7",)), "order names web-7, and StatefulSet shop/web has no such pod"),
        (Batching(order=("web-1", "1")), "order of StatefulSet shop/web names web-1 twice; leave one out."),
        (Batching(nodes="pool=canary"), "StatefulSet shop/web has no pod on a node that pool=canary selects"),
    ],
)
def test_an_order_that_cannot_be_is_refused(wish: Batching, sentence: str) -> None:
    with pytest.raises(RolloutError) as caught:
        batches(SET, FIVE, wish)
    assert sentence in caught.value.message


@given(
    count=st.integers(0, 25),
    size=st.one_of(st.integers(1, 30).map(Amount), st.integers(1, 100).map(percent)),
    data=st.data(),
)
def test_each_place_is_in_one_batch_and_none_is_too_large(count: int, size: Amount, data: st.DataObject) -> None:
    places = [f"n{index}" for index in range(count)]
    subset = st.lists(st.sampled_from(places), unique=True) if places else st.just([])
    order, canary = data.draw(subset), data.draw(subset)
    primary = data.draw(st.sampled_from(["", *places]))
    groups = batches(DAEMONS, places, Batching(size=size, order=tuple(order)), primary=primary, canary=canary)
    flat = [place for group in groups for place in group.places]
    assert sorted(flat) == sorted(places)
    assert all(len(group.places) <= max(1, size.of(count, up=False)) for group in groups)
    assert not primary or flat[-1] == primary
    sections = [[place for place in flat if (place in canary) is first and place != primary] for first in (True, False)]
    assert flat[: len(sections[0])] == sections[0]
    for section in sections:
        assert [place for place in section if place in order] == [place for place in order if place in section]


# --- names --------------------------------------------------------------------------------------------------------------------


def members(*roles: str, terminating: str = "") -> list[Pod]:
    return [
        Pod.of(pod(f"web-{index}", "h1", by=UID, labels={"role": role}, node=f"node-{index}", terminating=terminating == f"web-{index}"))
        for index, role in enumerate(roles)
    ]


def test_the_primary_by_name_ordinal_or_label() -> None:
    pods = members("replica", "primary", "replica")
    for wish in (Primary(pod="web-1"), Primary(pod="1"), Primary(labels={"role": "primary"})):
        assert wish.named
        assert primary_of(SET, wish, ("web-2", "web-1", "web-0"), pods) == "web-1"
    assert not Primary().named
    assert primary_of(SET, Primary(), ("web-0",), pods) == ""


def test_the_primary_of_a_daemon_set_is_a_pod_or_its_node() -> None:
    pods = members("replica", "primary")
    for wish in (Primary(pod="web-1"), Primary(pod="node-1"), Primary(labels={"role": "primary"})):
        assert primary_of(DAEMONS, wish, ("node-0", "node-1"), pods) == "node-1"


@pytest.mark.parametrize(
    ("roles", "wish", "sentence"),
    [
        (
            ("a", "b"),
            Primary(labels={"role": "primary"}),
            "The primary of StatefulSet shop/web is the pod with role=primary, and no pod has it",
        ),
        (("a", "a"), Primary(labels={"role": "a"}), "and web-0 and web-1 have it; name the primary."),
        (("a",), Primary(pod="web-9"), "primary names web-9, and StatefulSet shop/web has no such pod; it has web-0."),
        ((), Primary(pod="web-9"), "it has none."),
    ],
)
def test_a_primary_that_is_not_one_pod_is_refused(roles: tuple[str, ...], wish: Primary, sentence: str) -> None:
    pods = members(*roles)
    with pytest.raises(RefusedError) as caught:
        primary_of(SET, wish, tuple(entry.ref.name for entry in pods), pods)
    assert sentence in caught.value.message


def test_a_pod_on_its_way_out_is_no_primary() -> None:
    pods = members("primary", "primary", terminating="web-0")
    assert primary_of(SET, Primary(labels={"role": "primary"}), ("web-1", "web-0"), pods) == "web-1"


def test_many_places_are_not_all_named() -> None:
    with pytest.raises(RefusedError) as caught:
        primary_of(DAEMONS, Primary(pod="z"), tuple("abcdefghij"), [])
    assert "has no such node with a pod; it has a, b, c, d, e, f, g, h and more." in caught.value.message


GROUPS = falling(of(5), Partitioning(counts=(Amount(1), Amount(4))), "web-0")


@pytest.mark.parametrize(
    ("stop", "number"),
    [("", 3), ("web-4", 0), ("4", 0), ("web-3 to web-1", 1), ("web-3", 1), ("3", 1), ("web-0", 2), ("primary", 2)],
)
def test_where_to_stop(stop: str, number: int) -> None:
    assert names(GROUPS) == ["web-4", "web-3 to web-1", "web-0"]
    assert taken(SET, GROUPS, stop) == number


@pytest.mark.parametrize(
    ("stop", "sentence"),
    [
        (
            "web-2",
            "web-2 of StatefulSet shop/web is in the middle of the step web-3 to web-1; stop before one of the steps web-4, web-3 to",
        ),
        (
            "rest",
            "stop_before names rest, and no step of StatefulSet shop/web begins with that; its steps are web-4, web-3 to web-1, web-0.",
        ),
    ],
)
def test_where_one_cannot_stop(stop: str, sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        taken(SET, GROUPS, stop)
    assert sentence in caught.value.message


def test_a_group_that_is_no_row_names_no_row() -> None:
    assert [Group(places).name for places in (("a",), ("a", "c"), ("a", "c", "b"))] == ["a", "a and c", "a and 2 more"]


def test_where_a_pod_is_ready_and_stays() -> None:
    pods = [pod("web-0", "h1", by=UID), pod("web-1", "h1", by=UID, ready=False), pod("web-2", "h1", by=UID, terminating=True)]
    assert ready_places(snapshot(workload("StatefulSet"), (), pods), named("StatefulSet")) == {"web-0"}
