# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about room for new pods: each finds its fault, and keeps quiet where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.quantities import quantity
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share

from .manifests import APP, CONTAINER, DROP, POD, companion, node, nodes, of, paths, web, worker

LIMITS = "spec.strategy.rollingUpdate"
TAKES_FIRST = {f"{LIMITS}.maxUnavailable": 1}
REPLICAS = "spec.replicas"
TWO = (Share("replicas_2", replicas=2),)


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        (2, Fraction(2)),
        ("500m", Fraction(1, 2)),
        ("0.5", Fraction(1, 2)),
        ("128Mi", Fraction(128 * 2**20)),
        ("1.5Gi", Fraction(3 * 2**29)),
        ("1e3", Fraction(1000)),
        ("2k", Fraction(2000)),
        ("1E", Fraction(10**18)),
        ("", None),
        ("much", None),
        (True, None),
        (None, None),
        ("1e999999999", None),
    ],
)
def test_quantities(given: Any, amount: Fraction | None) -> None:
    assert quantity(given) == amount


def quota(hard: Mapping[str, Any], used: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A ResourceQuota."""
    return {**companion("ResourceQuota", "team", **spec), "status": {"hard": hard, "used": used or {}}}


def within(found: Mapping[str, Any], changes: Mapping[str, Any] | None = None, **options: Any) -> Scenery:
    """The workload of three pods, each of 100m and 128Mi, in a namespace with a quota."""
    return web(changes, live={"ResourceQuota": (found,)}, **options)


def new(hard: Mapping[str, Any], changes: Mapping[str, Any] | None = None, **options: Any) -> Scenery:
    """The workload where nothing runs yet."""
    return web(changes, live={"ResourceQuota": (quota(hard),), "Deployment": (), "DaemonSet": (), "Node": nodes(3)}, **options)


@pytest.mark.parametrize(
    ("scenery", "said"),
    [
        pytest.param(within(quota({"pods": "3"}, {"pods": "3"})), "0 of pods left, and the rollout needs 1 for 1 more pod ", id="pods"),
        pytest.param(within(quota({"requests.cpu": "350m"}, {"requests.cpu": "300m"})), "50m of requests.cpu left", id="processor"),
        pytest.param(
            within(quota({"memory": "512Mi"}, {"memory": "448Mi"})), "64Mi of memory left, and the rollout needs 128Mi", id="memory"
        ),
        pytest.param(
            within(quota({"limits.cpu": 1}), {f"{APP}.resources.limits": {"cpu": 2}}), "has 1 of limits.cpu left", id="limits, none is used"
        ),
        pytest.param(
            within(quota({"pods": "5"}, {"pods": "3"}), strategy="blue_green"), "needs 3 for 3 more pods", id="blue/green needs all"
        ),
        pytest.param(within(quota({"pods": "6"}, {"pods": "3"}), strategy="blue_green"), "", id="blue/green has room"),
        pytest.param(within(quota({"pods": "4"}, {"pods": "3"}), strategy="canary", shares=TWO), "needs 2 for 2 more pods", id="canary"),
        pytest.param(within(quota({"pods": "5"}, {"pods": "3"}), strategy="canary", shares=TWO), "", id="a canary has room"),
        pytest.param(within(quota({"pods": "4"}, {"pods": "3"})), "", id="room for one"),
        pytest.param(within(quota({"pods": "3"}, {"pods": "3"}), TAKES_FIRST), "", id="one may go first"),
        pytest.param(within(quota({"pods": "3"}, {"pods": "3"}), strategy="recreate"), "", id="all go first"),
        pytest.param(within(quota({"pods": "3"}, {"pods": "3"}, scopes=["BestEffort"])), "", id="of some pods only"),
        pytest.param(within(quota({"pods": "3"}, {"pods": "3"}, scopeSelector={"matchExpressions": [{}]})), "", id="of a priority only"),
        pytest.param(within(quota({"services": "1"}, {"services": "1"})), "", id="of something else"),
        pytest.param(
            within({**quota({"pods": 3}, {"pods": 3}), "metadata": {"namespace": "other", "name": "team"}}), "", id="of another namespace"
        ),
        pytest.param(new({"pods": "3"}, strategy="blue_green"), "", id="first time"),
        pytest.param(new({"pods": "2"}), "has 2 of pods left, and the rollout needs 3 for 3 new pods: some", id="first time, no room"),
        pytest.param(web(), "", id="unknown"),
    ],
)
def test_a_quota_has_room(scenery: Scenery, said: str) -> None:
    found = of("quota-exceeded", scenery)
    assert len(found) == bool(said)
    assert all(said in finding.why for finding in found)


def test_the_way_out_of_a_quota() -> None:
    full = quota({"pods": "3"}, {"pods": "3"})
    assert of("quota-exceeded", within(full))[0].remedy == "rollingUpdate:\n  maxSurge: 0\n  maxUnavailable: 1"
    assert of("quota-exceeded", within(full, strategy="blue_green"))[0].remedy == (
        "# 6 pods must fit for a while; or fewer are wanted:\n# replicas: 1"
    )
    assert of("quota-exceeded", within(full, strategy="canary", shares=TWO))[0].remedy == (
        "# 5 pods must fit for a while; smaller steps of the canary and a smaller maxSurge need less, at least 4"
    )
    assert of("quota-exceeded", new({"pods": "2"}))[0].remedy == "replicas: 2"
    nothing = "# smaller requests, or a larger ResourceQuota"
    assert of("quota-exceeded", new({"pods": "0"}))[0].remedy == nothing
    assert of("quota-exceeded", new({"pods": "2"}, kind="DaemonSet"))[0].remedy == nothing
    assert of("quota-exceeded", new({"cpu": "-1"}, {f"{APP}.resources.requests.cpu": 0})) == []


def limited(*entries: Mapping[str, Any], namespace: str = "shop") -> dict[str, Any]:
    """A LimitRange."""
    return {"kind": "LimitRange", "metadata": {"namespace": namespace, "name": "team"}, "spec": {"limits": list(entries)}}


def wants(*names: str, changes: Mapping[str, Any] | None = None, ranges: Any = (), **spec: Any) -> Scenery:
    """The workload in a namespace with a quota of these, and LimitRanges."""
    return web(changes, live={"ResourceQuota": (quota(dict.fromkeys(names, "100"), **spec),), "LimitRange": ranges})


BARE = {f"{APP}.resources": DROP}
BY_DEFAULT = {"type": "Container", "default": {"cpu": 1}, "defaultRequest": {"memory": "1Mi"}}


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(wants("requests.cpu", changes=BARE), {"requests": {"cpu"}}, id="a request"),
        pytest.param(wants("cpu", "memory", changes=BARE), {"requests": {"cpu", "memory"}}, id="the short names of requests"),
        pytest.param(wants("limits.memory", "pods"), {"limits": {"memory"}}, id="a limit"),
        pytest.param(wants("limits.memory", ranges=[limited(BY_DEFAULT)]), {"limits": {"memory"}}, id="only a request by default"),
        pytest.param(wants("cpu", changes=BARE, ranges=[limited({**BY_DEFAULT, "type": "Pod"})]), {"requests": {"cpu"}}, id="for pods"),
        pytest.param(wants("cpu", changes=BARE, ranges=[limited(BY_DEFAULT, namespace="other")]), {"requests": {"cpu"}}, id="elsewhere"),
        pytest.param(wants("cpu", "limits.cpu", changes=BARE, ranges=[limited(BY_DEFAULT)]), {}, id="by default"),
        pytest.param(wants("memory", changes=BARE, ranges=[limited(BY_DEFAULT)]), {}, id="a request by default"),
        pytest.param(wants("cpu", changes={f"{APP}.resources": {"limits": {"cpu": 1}}}), {}, id="a limit is a request as well"),
        pytest.param(wants("cpu", "requests.memory"), {}, id="named"),
        pytest.param(wants("pods", "requests.storage", "count/services", changes=BARE), {}, id="of something else"),
        pytest.param(wants("cpu", changes=BARE, scopes=["Terminating"]), {}, id="of some pods only"),
        pytest.param(wants("cpu", changes={**BARE, f"{POD}.resources": {"requests": {"cpu": 1}}}), {}, id="named for the pod"),
        pytest.param(web(BARE, live={"ResourceQuota": (quota({"cpu": 1}),)}), {}, id="LimitRanges were not looked at"),
        pytest.param(web(BARE, live={"LimitRange": ()}), {}, id="quotas were not looked at"),
    ],
)
def test_a_quota_gets_what_it_counts(scenery: Scenery, found: dict[str, set[str]]) -> None:
    told = of("quota-needs-requests", scenery)
    assert {finding.path: set(yaml.safe_load(finding.remedy).popitem()[1]) for finding in told} == {
        f"{CONTAINER}.resources.{kind}": names for kind, names in found.items()
    }


def test_a_quota_counts_init_containers() -> None:
    scenery = wants("cpu", changes={f"{POD}.initContainers": [{"name": "init", "image": "init:1"}]})
    assert paths("quota-needs-requests", scenery) == [f"{POD}.initContainers[0].resources.requests"]


def room(**allocatable: Any) -> dict[str, Any]:
    """A node with room for this."""
    return node("node", allocatable=allocatable)


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(live={"Node": (room(cpu="50m"), room(cpu="90m"))}), [f"{CONTAINER}.resources.requests"], id="larger than any"),
        pytest.param(web(live={"Node": (room(pods="0"),)}), [f"{CONTAINER}.resources.requests"], id="no pods at all"),
        pytest.param(
            web({f"{POD}.containers": []}, live={"Node": (room(pods="0"),)}), [f"{CONTAINER}.resources.requests"], id="no containers"
        ),
        pytest.param(
            web({f"{POD}.initContainers": [{"resources": {"requests": {"cpu": 9}}}]}, live={"Node": nodes(3)}),
            [f"{CONTAINER}.resources.requests"],
            id="an init container is too large",
        ),
        pytest.param(web(kind="DaemonSet", live={"Node": (room(cpu="1m"),)}), [f"{CONTAINER}.resources.requests"], id="DaemonSet"),
        pytest.param(web(live={"Node": (room(cpu="300m"),)}), [LIMITS], id="no room for a fourth"),
        pytest.param(web(live={"Node": (room(memory="300Mi"), room(memory="100Mi"))}), [LIMITS], id="no room for three"),
        pytest.param(web(TAKES_FIRST, live={"Node": (room(cpu="200m"),)}), [LIMITS], id="no room for three, whoever goes first"),
        pytest.param(web(strategy="blue_green", live={"Node": (room(cpu="500m"),)}), [REPLICAS], id="no room for both sides"),
        pytest.param(web(live={"Node": (room(cpu="400m"),)}), [], id="room for the fourth"),
        pytest.param(web(TAKES_FIRST, live={"Node": (room(cpu="300m"),)}), [], id="one goes first"),
        pytest.param(web({REPLICAS: 0}, live={"Node": (room(cpu="1m"),)}), [], id="no pods"),
        pytest.param(web({f"{APP}.resources": DROP}, live={"Node": (room(cpu="1m"),)}), [], id="nothing is requested"),
        pytest.param(web(live={"Node": ()}), [], id="nodes come when they are needed"),
        pytest.param(web(), [], id="unknown"),
        pytest.param(web(live={"Node": (room(cpu="400m"), node("big", taint="NoSchedule"))}), [], id="room beside a tainted one"),
        pytest.param(web(live={"Node": (room(cpu="300m"), node("big", taint="NoSchedule"))}), [LIMITS], id="a tainted one does not count"),
        pytest.param(web(live={"Node": (room(cpu="300m"), node("big", cordoned=True))}), [LIMITS], id="a cordoned one does not count"),
        pytest.param(web(live={"Node": (room(cpu="300m"), node("big", taint="PreferNoSchedule"))}), [], id="a soft taint"),
        pytest.param(
            web({f"{POD}.tolerations": [{"operator": "Exists"}]}, live={"Node": (room(cpu="300m"), node("big", taint="NoSchedule"))}),
            [],
            id="tolerated",
        ),
        pytest.param(
            web({f"{POD}.nodeSelector": {"kubernetes.io/hostname": "node"}}, live={"Node": (room(cpu="300m"), node("big"))}),
            [LIMITS],
            id="only the chosen ones count",
        ),
    ],
)
def test_the_nodes_have_room(scenery: Scenery, found: list[str]) -> None:
    assert paths("nodes-too-small", scenery) == found


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param([], [], id="nothing runs"),
        pytest.param(["shop/api"], [], id="something else runs"),
        pytest.param(["other/web"], [], id="elsewhere"),
        pytest.param(["shop/web"], [LIMITS], id="it runs"),
        pytest.param(["shop/api", "shop/web-green"], [LIMITS], id="one of its sides runs"),
    ],
)
def test_the_first_time_nothing_is_beside_it(names: list[str], found: list[str]) -> None:
    live = [{"metadata": dict(zip(("namespace", "name"), name.split("/"), strict=True)), "spec": {"replicas": 3}} for name in names]
    assert paths("nodes-too-small", web(live={"Node": (room(cpu="300m"),), "Deployment": live})) == found


def test_daemons_run_on_cordoned_nodes() -> None:
    small = room(cpu="1m")
    taint = {"spec": {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}}
    assert paths("nodes-too-small", web(kind="DaemonSet", live={"Node": (small, {**node("big"), **taint})})) == []
    assert paths("nodes-too-small", web(live={"Node": (small, {**node("big"), **taint})})) == [f"{CONTAINER}.resources.requests"]


HOST_PORT = {f"{APP}.ports.0.hostPort": 80}
DAEMON_SURGE = {"spec.updateStrategy.rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(HOST_PORT), [LIMITS], id="unknown nodes"),
        pytest.param(web(HOST_PORT, live={"Node": nodes(3)}), [LIMITS], id="a node for each, none for the fourth"),
        pytest.param(web({f"{POD}.hostNetwork": True}), [LIMITS], id="the node's network"),
        pytest.param(web(HOST_PORT, strategy="blue_green", live={"Node": nodes(5)}), [REPLICAS], id="blue/green"),
        pytest.param(
            web({**HOST_PORT, **DAEMON_SURGE}, kind="DaemonSet"), ["spec.updateStrategy.rollingUpdate"], id="DaemonSet with surge"
        ),
        pytest.param(web(HOST_PORT, kind="DaemonSet"), [], id="DaemonSet"),
        pytest.param(web(DAEMON_SURGE, kind="DaemonSet"), [], id="DaemonSet with surge, no host port"),
        pytest.param(web(HOST_PORT, live={"Node": nodes(4)}), [], id="a node for the fourth"),
        pytest.param(web({**HOST_PORT, **TAKES_FIRST}), [], id="one goes first"),
        pytest.param(web(), [], id="no host port"),
    ],
)
def test_host_ports_are_free(scenery: Scenery, found: list[str]) -> None:
    assert paths("host-port-with-surge", scenery) == found


CLAIMED = {f"{POD}.volumes": [{"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "data"}}]}


def claim(*modes: str, name: str = "data") -> dict[str, Any]:
    """A PersistentVolumeClaim."""
    return companion("PersistentVolumeClaim", name, accessModes=list(modes))


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(CLAIMED, claim("ReadWriteOnce")), True, id="of the definition"),
        pytest.param(web(CLAIMED, live={"PersistentVolumeClaim": (claim("ReadWriteOncePod"),)}), True, id="live"),
        pytest.param(web(CLAIMED, claim("ReadWriteOnce"), strategy="blue_green"), True, id="blue/green"),
        pytest.param(web(CLAIMED, claim("ReadWriteMany")), False, id="many may have it"),
        pytest.param(web(CLAIMED, claim("ReadWriteOnce", "ReadWriteMany")), False, id="many may have it as well"),
        pytest.param(web(CLAIMED, claim()), False, id="unknown modes"),
        pytest.param(web(CLAIMED), False, id="unknown"),
        pytest.param(web(CLAIMED, claim("ReadWriteOnce", name="other")), False, id="of others"),
        pytest.param(web(CLAIMED, claim("ReadWriteOnce"), strategy="recreate"), False, id="all go first"),
        pytest.param(web({**CLAIMED, f"{LIMITS}.maxSurge": 0, **TAKES_FIRST}, claim("ReadWriteOnce")), False, id="one goes first"),
        pytest.param(web({}, claim("ReadWriteOnce")), False, id="not used"),
        pytest.param(web(CLAIMED, claim("ReadWriteOnce"), kind="StatefulSet"), False, id="StatefulSet"),
    ],
)
def test_a_volume_may_be_had_by_both(scenery: Scenery, found: bool) -> None:
    assert paths("volume-of-one-node", scenery) == ["spec.strategy"] * found


HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
OWN = {"matchLabels": {"app": "web"}}
APART = f"{POD}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"


def apart(key: str = HOST, **fields: Any) -> dict[str, Any]:
    """Changes: pods must not share a node (or a zone)."""
    return {APART: [{"topologyKey": key, "labelSelector": OWN, **fields}]}


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(apart(), live={"Node": nodes(3)}), [f"{APART}[0].matchLabelKeys"], id="a node for each, none for the fourth"),
        pytest.param(web(apart(), live={"Node": nodes(2)}), [LIMITS], id="not even for each"),
        pytest.param(
            web(apart(ZONE), live={"Node": [node(f"{zone}{n}", zone=zone) for n in range(3) for zone in "ab"]}), [LIMITS], id="two zones"
        ),
        pytest.param(
            web({**apart(ZONE), REPLICAS: 1}, live={"Node": (node("a", zone="a"),)}), [f"{APART}[0].matchLabelKeys"], id="one zone"
        ),
        pytest.param(web(apart(), strategy="blue_green", live={"Node": nodes(5)}), [f"{APART}[0].matchLabelKeys"], id="blue/green"),
        pytest.param(web(apart(), live={"Node": nodes(4)}), [], id="a node for the fourth"),
        pytest.param(web({**apart(), **TAKES_FIRST}, live={"Node": nodes(3)}), [], id="one goes first"),
        pytest.param(web(apart(), live={}), [], id="unknown"),
        pytest.param(web(apart(matchLabelKeys=["pod-template-hash"]), live={"Node": nodes(3)}), [], id="each version by itself"),
        pytest.param(web(apart(labelSelector={"matchLabels": {"app": "db"}}), live={"Node": nodes(3)}), [], id="apart from others"),
        pytest.param(web(apart(labelSelector=None), live={"Node": nodes(3)}), [], id="apart from nobody"),
        pytest.param(web(live={"Node": nodes(3)}), [], id="together"),
        pytest.param(web({APART: ["?"]}, live={"Node": nodes(3)}), [], id="no rule"),
    ],
)
def test_anti_affinity_leaves_room(scenery: Scenery, found: list[str]) -> None:
    assert paths("anti-affinity-blocks-surge", scenery) == found


SPREAD = f"{POD}.topologySpreadConstraints"


def over(key: str = HOST, **fields: Any) -> dict[str, Any]:
    """Changes: pods must be spread."""
    return {SPREAD: [{"topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1, "labelSelector": OWN, **fields}]}


TAINTED = (*nodes(3), node("control-plane", taint="NoSchedule"))


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(over(), live={"Node": TAINTED}), True, id="the control plane counts and takes none"),
        pytest.param(
            web(over(ZONE, minDomains=4), live={"Node": [node(z, zone=z) for z in "abc"]}), True, id="fewer zones than minDomains"
        ),
        pytest.param(web(over(), strategy="blue_green", live={"Node": (*nodes(5), TAINTED[-1])}), True, id="blue/green"),
        pytest.param(
            web(over(matchLabelKeys=["pod-template-hash"]), live={"Node": TAINTED[1:]}), True, id="no room for each version either"
        ),
        pytest.param(web(over(), live={"Node": nodes(3)}), False, id="all take pods"),
        pytest.param(web(over(maxSkew=2), live={"Node": TAINTED}), False, id="two for each"),
        pytest.param(web(over(nodeTaintsPolicy="Honor"), live={"Node": TAINTED}), False, id="the control plane does not count"),
        pytest.param(web(over(matchLabelKeys=["pod-template-hash"]), live={"Node": TAINTED}), False, id="each version by itself"),
        pytest.param(web(over(whenUnsatisfiable="ScheduleAnyway"), live={"Node": TAINTED}), False, id="only if possible"),
        pytest.param(web(over(labelSelector={"matchLabels": {"app": "db"}}), live={"Node": TAINTED}), False, id="others count"),
        pytest.param(web({**over(), **TAKES_FIRST}, live={"Node": TAINTED}), False, id="one goes first"),
        pytest.param(web(over()), False, id="unknown"),
    ],
)
def test_spreading_leaves_room(scenery: Scenery, found: bool) -> None:
    assert paths("spread-blocks-surge", scenery) == [f"{SPREAD}[0].whenUnsatisfiable"] * found


def test_pods_without_a_service_need_room_too() -> None:
    assert paths("nodes-too-small", worker(live={"Node": (room(cpu="300m"),)})) == [LIMITS]
