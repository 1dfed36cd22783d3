# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the rules, and asking all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight import findings
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import SEVERITIES, Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.table import RULES, check

from .manifests import APP, DROP, POD, autoscaler, budget, companion, node, pod, put, service, web, workload

JUNK: tuple[Any, ...] = (None, True, "x", -1, 1.5, 10**30, [], {}, [None], ["x"], [{}], {"x": "y"})


def test_rules_have_names_of_their_own_and_one_sentence_each() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert len({rule.check for rule in RULES}) == len(names)
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name), rule
        assert rule.severity in SEVERITIES, rule
        assert rule.title, rule
        assert not rule.title.endswith("."), rule
        assert re.fullmatch(r"[^\n]*[^.]\.", rule.about), rule


def test_the_kinds_to_look_at_are_those_that_rules_ask_for() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path(findings.__file__).parent.glob("*.py"))
    asked = set(re.findall(r'(?:known\(|looked_at\(|live\.get\(|live\[)"(\w+)"', sources))
    # Secrets count where the definition brings them; those of the cluster are nobody's to read for this. ScaledObjects are looked at where
    # KEDA has made an autoscaler.
    assert (asked | set(WORKLOADS)) - {"Secret", "ScaledObject"} == set(findings.KINDS)


def test_there_is_nothing_to_say_of_nothing() -> None:
    assert check(Scenery(())) == ()
    assert check(Scenery((service(), budget()))) == ()


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_there_is_nothing_to_say_of_what_is_right(kind: str) -> None:
    kept: dict[str, Any] = {"minAvailable": 2}
    assert check(web({}, budget(**kept), kind=kind)) == ()
    nodes = [node(f"node-{number}") for number in range(6)]
    known: dict[str, Any] = {"Service": (), "Node": nodes, "Deployment": (), "PodDisruptionBudget": (), "ResourceQuota": ()}
    for strategy in (None, "rolling", "blue_green", "canary"):
        options: dict[str, Any] = {"strategy": strategy, "server_version": (1, 36), "wait_timeout": 600, "shutdown_seconds": 20}
        assert check(web({}, budget(**kept), kind=kind, live=known, **options)) == ()


def test_the_worst_comes_first_and_each_thing_once() -> None:
    bad = {f"{APP}.resources": DROP, f"{APP}.lifecycle": DROP, "spec.strategy.rollingUpdate.maxSurge": 0}
    two = {**workload(), "metadata": {"namespace": "shop", "name": "api"}}
    found = check(web(bad, two))
    assert [(finding.severity, finding.rule, str(finding.ref)) for finding in found] == [
        ("error", "surge-and-unavailable-zero", "Deployment shop/web"),
        ("warning", "no-pre-stop", "Deployment shop/web"),
        ("warning", "service-selects-several", "Service shop/web"),
        ("info", "no-requests", "Deployment shop/web"),
    ]
    assert check(Scenery(tuple(reversed(web(bad, two).manifests)))) == found


def test_a_finding_says_what_where_why_and_what_to_do() -> None:
    (finding,) = check(web({f"{APP}.readinessProbe": DROP}))
    assert finding.ref == Ref("Deployment", "shop", "web")
    assert finding.path == f"{POD}.containers[0].readinessProbe"
    assert finding.why == (
        "Container web has no readinessProbe: it gets requests as soon as its process exists, before it can answer them, and the rollout "
        "goes on to the next pod."
    )
    assert finding.remedy == 'readinessProbe:\n  httpGet:\n    path: "/"\n    port: http\n  periodSeconds: 2'


def test_rules_are_ignored_with_a_reason() -> None:
    scenery = web({f"{APP}.lifecycle": DROP, f"{APP}.resources": DROP})
    assert [finding.rule for finding in check(scenery)] == ["no-pre-stop", "no-requests"]
    assert [finding.rule for finding in check(scenery, {"no-requests": "the namespace has a LimitRange"})] == ["no-pre-stop"]


@pytest.mark.parametrize(
    ("ignored", "said"),
    [
        pytest.param({"no-prestop": "why"}, "has no rule 'no-prestop' to ignore: did you mean no-pre-stop?", id="a slip"),
        pytest.param(
            {"?": "why"}, "has no rule '?' to ignore: there are anti-affinity-blocks-surge, autoscalers-overlap,", id="nothing near"
        ),
        pytest.param({"no-pre-stop": " "}, "rule no-pre-stop is to be ignored without a reason", id="no reason"),
    ],
)
def test_only_what_exists_is_ignored(ignored: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check(web(), ignored)
    assert said in caught.value.message


def _places(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        if "." not in str(key):
            yield ".".join((*path, str(key)))
            yield from _places(item, (*path, str(key)))


def _all_fields(kind: str) -> list[dict[str, Any]]:
    """Objects that have each field which a rule reads."""
    probe = {"httpGet": {"path": "/"}, "initialDelaySeconds": 1, "failureThreshold": 3, "periodSeconds": 10}
    own = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
    changes: dict[str, Any] = {
        "spec.minReadySeconds": 5,
        "spec.progressDeadlineSeconds": 60,
        "spec.revisionHistoryLimit": 3,
        f"{APP}.startupProbe": probe,
        f"{APP}.resources.limits": {"cpu": 1, "memory": "1Gi"},
        f"{APP}.ports.0.hostPort": 80,
        f"{APP}.envFrom": [{"configMapRef": {"name": "settings"}}],
        f"{APP}.env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "a"}}}],
        f"{POD}.terminationGracePeriodSeconds": 30,
        f"{POD}.volumes": [
            {"persistentVolumeClaim": {"claimName": "data"}},
            {"projected": {"sources": [{"configMap": {"name": "settings"}}]}},
        ],
        f"{POD}.nodeSelector": {"disk": "fast"},
        f"{POD}.topologySpreadConstraints": [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": own}],
        f"{POD}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", "labelSelector": own}],
        f"{POD}.initContainers": [
            {"name": "proxy", "restartPolicy": "Always", "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}}}
        ],
    }
    return [
        workload(kind, changes),
        service(type="NodePort", externalTrafficPolicy="Local", publishNotReadyAddresses=True),
        budget(minAvailable=1, maxUnavailable="10%", selector=own),
        autoscaler(),
        companion("ConfigMap", "settings"),
        companion("PersistentVolumeClaim", "data", accessModes=["ReadWriteOnce"]),
        {**companion("ResourceQuota", "team"), "status": {"hard": {"pods": "1", "limits.cpu": "1"}, "used": {"pods": "1"}}},
        companion("LimitRange", "team", limits=[{"type": "Container", "default": {"cpu": 1}, "defaultRequest": {"cpu": 1}}]),
        put(node("node", taint="NoSchedule", zone="a"), {"metadata.labels.disk": "fast"}),
        pod("web-5d4f8-x", 700),
    ]


@pytest.mark.matrix
@pytest.mark.parametrize("turn", range(6))
def test_no_manifest_is_too_wrong_to_be_read(turn: int) -> None:
    """Each field is each sort of junk once, over all turns."""
    kind, live = ("Deployment", "StatefulSet", "DaemonSet")[turn % 3], turn > 2
    objects = _all_fields(kind)
    assert len(check(_scenery(objects, live))) > 5
    for index, obj in enumerate(objects):
        for path in _places(obj):
            for junk in JUNK[turn::6]:
                wrong = [*objects[:index], put(obj, {path: junk}), *objects[index + 1 :]]
                for finding in check(_scenery(wrong, live)):
                    assert finding.why


def _scenery(objects: list[dict[str, Any]], live: bool) -> Scenery:
    grouped: dict[str, list[Any]] = {}
    for obj in objects[1:]:
        grouped.setdefault(str(obj.get("kind")), []).append(obj)
    options: dict[str, Any] = {"server_version": (1, 28), "wait_timeout": 5, "shutdown_seconds": 60}
    return Scenery((objects[0],), grouped, **options) if live else Scenery(tuple(objects), **options)
