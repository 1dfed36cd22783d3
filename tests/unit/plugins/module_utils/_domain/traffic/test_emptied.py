# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Services a new template would leave without a ready pod."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.emptied import (
    Relabelled,
    Turned,
    concerned,
    emptied,
    of_one_pod,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import Backend, Selector
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import COLOUR

APP = {"app": "web"}
ONE, TWO = {**APP, "version": "1"}, {**APP, "version": "2"}
HASH = {**APP, "pod-template-hash": "abc"}
PRIMARY = {**APP, "role": "primary"}
POD = {**APP, "statefulset.kubernetes.io/pod-name": "web-0"}
WEB = Ref("Deployment", "shop", "web")
DB = replace(WEB, kind="StatefulSet")
CHANGE = Relabelled(WEB, ONE, TWO)
SAME = Relabelled(WEB, ONE, ONE)


def pod(labels: Selector, owner: str = "Deployment web", *, ready: bool = True, going: bool = False) -> Backend:
    return Backend(Ref("Pod", "shop", f"pod-{owner}"), "", labels, frozenset(), owner, ready, going)


OLD = pod({**ONE, "pod-template-hash": "abc"})
OTHER = pod(ONE, "Deployment worker")


def turned(before: Selector, after: Selector, *backends: Backend, comes: bool = True, others: tuple[Selector, ...] = ()) -> Turned:
    return Turned(Ref("Service", "shop", "web"), before, after, backends, comes, others)


SERVED: dict[str, tuple[Turned, list[Relabelled]]] = {
    "it selects what both have": (turned(APP, APP, OLD), [CHANGE]),
    "it is widened to what both have": (turned(ONE, APP, OLD), [CHANGE]),
    "it is narrowed to what both have": (turned(APP, ONE, OLD), [SAME]),
    "another workload serves on": (turned(ONE, ONE, OLD, OTHER), [CHANGE]),
    "another workload serves before the new pods are there": (turned(ONE, TWO, OLD, pod(TWO, "Deployment worker")), [CHANGE]),
    "one of two loses the label": (turned(ONE, ONE, OLD, OTHER), [CHANGE, Relabelled(replace(WEB, name="worker"), ONE, ONE)]),
    "nothing serves yet, and the new pods will": (turned(ONE, TWO, replace(OLD, ready=False)), [CHANGE]),
    "it is new": (turned({}, TWO), [CHANGE]),
    "all is new": (turned({}, TWO), [Relabelled(WEB, {}, TWO)]),
    "all is new, and it leads to one pod": (turned({}, POD), [Relabelled(DB, {}, APP)]),
    "all is new, and pods get the label while they run": (turned({}, PRIMARY), [Relabelled(DB, {}, APP)]),
    "it is narrowed to one pod": (turned(APP, POD, pod(POD, "StatefulSet web")), [Relabelled(DB, APP, APP)]),
    "it leads to other pods": (turned({"app": "db"}, {"app": "db"}, pod({"app": "db"}, "StatefulSet db")), [CHANGE]),
    "it leads nowhere and is not in the definition": (turned({"app": "db"}, {"app": "db"}, comes=False), [CHANGE]),
    "it leads nowhere as before": (turned({"app": "db"}, {"app": "db"}), [CHANGE]),
    "something else may make its pods": (turned({}, {"app": "db"}, others=({"app": "db"},)), [CHANGE]),
    "its pods are there and not ready": (turned({}, {"app": "db"}, pod({"app": "db"}, "Pod db", ready=False)), [CHANGE]),
    "a label that pods get while they run": (turned(PRIMARY, PRIMARY, pod(PRIMARY)), [Relabelled(WEB, APP, APP)]),
    "the pod that comes has the same name": (turned(POD, POD, pod(POD, "StatefulSet web")), [Relabelled(DB, APP, APP)]),
    "the template that comes back has the hash": (turned(HASH, HASH, OLD), [replace(CHANGE, returning=frozenset({"abc"}))]),
    "the hash is that of pods that are gone": (turned({**APP, "pod-template-hash": "x"}, {**APP, "pod-template-hash": "x"}, OLD), [SAME]),
}


@pytest.mark.parametrize("name", SERVED)
def test_a_service_is_served_on(name: str) -> None:
    service, changes = SERVED[name]
    assert emptied(service, changes) == ""


def out(*keys: str) -> str:
    return (
        f"Take {' and '.join(keys)} out of its selector first, so that it leads to old and new pods alike, then run the task again (or "
        "blue_green, where old and new ones must not answer side by side)."
    )


NEVER = (
    "Service shop/web would select app=wep, which no pod has, nor the new ones of Deployment shop/web (app=web,version=2): it would "
    "lead to nothing. Correct spec.selector of the Service, or the labels of the template."
)
NOT_YET = (
    "Service shop/web would select app=web,version=2, which no ready pod has before the new ones of Deployment shop/web are there, and "
    f"lead to nothing until then. {out('version')}"
)


def no_more(selector: str, lacking: str, *keys: str) -> str:
    return (
        f"Service shop/web selects {selector}, and the new pods of Deployment shop/web do not have {lacking}: once the old ones are "
        f"gone it would lead to nothing. {out(*keys)}"
    )


LOST = no_more("app=web,version=1", "version=1", "version")
EMPTIED: dict[str, tuple[Turned, list[Relabelled], str]] = {
    "both change at once": (turned(ONE, TWO, OLD), [CHANGE], NOT_YET),
    "it is narrowed to the new pods": (turned(APP, TWO, OLD), [CHANGE], NOT_YET),
    "the template changes a label": (turned(ONE, ONE, OLD), [CHANGE], LOST),
    "the template loses a label": (
        turned(ONE, ONE, OLD),
        [Relabelled(WEB, ONE, APP)],
        LOST,
    ),
    "nothing is ready, and nothing will be": (
        turned(ONE, ONE, replace(OLD, ready=False)),
        [CHANGE],
        LOST,
    ),
    "there is no pod at all": (turned(ONE, ONE), [CHANGE], LOST),
    "the other one is on its way out": (
        turned(ONE, ONE, OLD, replace(OTHER, going=True)),
        [CHANGE],
        LOST,
    ),
    "the others lose the label as well": (
        turned(ONE, ONE, OLD, OTHER),
        [CHANGE, Relabelled(replace(WEB, name="worker"), ONE, APP)],
        LOST,
    ),
    "a hash": (turned(HASH, HASH, OLD), [SAME], no_more("app=web,pod-template-hash=abc", "pod-template-hash=abc", "pod-template-hash")),
    "a label that an earlier template had": (
        turned(PRIMARY, PRIMARY, pod(PRIMARY)),
        [Relabelled(WEB, APP, APP, known=frozenset({"role"}))],
        no_more("app=web,role=primary", "role=primary", "role"),
    ),
    "the definition does not fit": (
        turned({}, {"app": "wep"}),
        [CHANGE],
        NEVER,
    ),
    "the definition does not fit what stays as it is": (
        turned({}, {"app": "wep"}),
        [],
        NEVER.replace(", nor the new ones of Deployment shop/web (app=web,version=2)", ""),
    ),
    "it is led away from what serves": (
        turned({"app": "db"}, {"app": "wep"}, pod({"app": "db"}, "StatefulSet db"), others=(APP,)),
        [CHANGE],
        NEVER,
    ),
}


@pytest.mark.parametrize("name", EMPTIED)
def test_a_service_is_left_without_a_ready_pod(name: str) -> None:
    service, changes, sentence = EMPTIED[name]
    assert emptied(service, changes) == sentence


def test_where_the_pods_stop_first_only_what_is_for_good_is_told() -> None:
    assert emptied(turned(ONE, TWO, OLD), [CHANGE], outage=True) == ""
    assert "it would lead to nothing" in emptied(turned(ONE, ONE, OLD), [CHANGE], outage=True)


def test_what_blue_green_has_set_is_left_by_blue_green() -> None:
    green = {**APP, COLOUR: "green"}
    found = emptied(turned(green, green, pod(green)), [Relabelled(WEB, green, APP)])
    assert "Blue/green has set that: use the module blue_green, or go back to one plain Deployment first" in found


@pytest.mark.parametrize(
    ("before", "after", "change", "found"),
    [
        pytest.param(APP, APP, CHANGE, False, id="both fit"),
        pytest.param(ONE, ONE, CHANGE, True, id="the new one does not"),
        pytest.param(ONE, APP, CHANGE, True, id="the selector changes"),
        pytest.param(HASH, HASH, SAME, True, id="a hash"),
        pytest.param({"app": "db"}, {"app": "db"}, CHANGE, False, id="another application"),
        pytest.param({"tier": "x"}, {"tier": "x"}, CHANGE, False, id="nothing in common"),
        pytest.param({"version": "1"}, {"version": "1"}, CHANGE, True, id="by a label of the template alone"),
    ],
)
def test_only_services_in_question_are_looked_at(before: Selector, after: Selector, change: Relabelled, *, found: bool) -> None:
    assert concerned(before, after, APP, change) is found


def test_labels_are_read_from_the_templates() -> None:
    def obj(labels: Selector) -> JsonObject:
        return {"spec": {"template": {"metadata": {"labels": labels}}}}

    assert Relabelled.of(WEB, obj(ONE), obj(TWO)) == CHANGE
    assert Relabelled.of(WEB, None, obj(TWO)) == Relabelled(WEB, {}, TWO)


def test_a_label_may_name_one_pod() -> None:
    assert (of_one_pod(POD), of_one_pod(APP)) == ("web-0", "")
