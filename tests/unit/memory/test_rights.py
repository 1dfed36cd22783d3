# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whichever right a task lacks, it says so before it has changed anything, or does without it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

from tests.dev.rights import roles_of_page
from tests.memory.cases import (
    BLUE,
    CASES,
    LIMITS,
    PLAIN,
    SCALER,
    SET,
    Act,
    Case,
    done,
    edited,
    image,
    labelled,
    made,
    ours,
    passed,
    slowly,
    theirs,
)
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run
from tests.memory.scenes import manifest, service

pytestmark = pytest.mark.matrix

USER = "robot"
EACH = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else 4
"""One in so many of a case's rights is taken away."""
Right = tuple[str, str]
"""A verb and a resource, as in a rule of a Role."""
LEFT_OUT = {
    **dict.fromkeys(
        ("rolling: mending a StatefulSet", "undo: a stuck StatefulSet", "abort: a stuck StatefulSet"),
        "that pods are stuck is seen after the first write",
    ),
    "blue_green: another configuration": "the copy is made before the Lease is updated for the first time; the next run finds it",
}

NOT_NAMED = {
    **dict.fromkeys(
        [("undo: of blue_green", ("get", "leases")), ("undo: of blue_green by its number", ("get", "leases"))],
        "the right to read Leases is optional for undo, which then takes the Deployment for a plain one",
    ),
}
"""Rights without which a task is refused for what follows from that."""


def told(case: Case, lacks: Right | None = None) -> tuple[Run, set[Right]]:
    """A run by a user who may do everything but one thing, and the rights that it has used."""
    with running(1) as memory:
        case.prepare(memory)
        rights, used = memory.server.rights, set[Right]()
        if lacks is not None:
            rights.deny(USER, [lacks[0]], lacks[1])
        check = rights.check

        def seen(user: str, verb: str, plural: str, group: str, namespace: str, name: str) -> None:
            used.update([(verb, plural)] if user == USER else [])
            check(user, verb, plural, group, namespace, name)

        rights.check = seen  # type: ignore[method-assign]
        run = case.run(memory, user=USER)
        run.start().wait()
        return run, used


def changes(run: Run) -> list[Any]:
    """What is written, without locks and measuring Jobs: they change nothing of the application, and go again."""
    return [(request.method, request.path) for request in run.wire.writes if not {"leases", "jobs"} & {*request.path.split("/")}]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.fails and name not in LEFT_OUT])
def test_a_right_that_is_missing_is_told_of_before_the_first_change(name: str) -> None:
    undisturbed, used = told(CASES[name])
    assert not undisturbed.result.get("failed"), undisturbed.result["msg"]
    first = sum(map(ord, name)) % EACH
    for right in sorted(used)[first::EACH]:
        run, _used = told(CASES[name], right)
        assert not (run.result.get("failed") and changes(run)), (right, run.result["msg"], changes(run))
        named = f" may not {right[0]} " in run.result["msg"] or (name, right) in NOT_NAMED
        assert not run.result.get("failed") or named, (right, run.result["msg"])


# --- the Roles of docs/rights.md ----------------------------------------------------------------------------------------------------------

ROLES = roles_of_page()
HELD = {"Deployment": theirs(), "StatefulSet": theirs("StatefulSet"), "DaemonSet": theirs("DaemonSet")}
FIRST = {"rolling": [*HELD], "recreate": ["Deployment"], "partition": ["StatefulSet"], "on_delete": ["StatefulSet", "DaemonSet"]}
"""The kinds whose first version the strategies roll out."""
LOOKING = ("wait", "status_info", "history_info")


def crashing(kind: str) -> Act:
    """Somebody has given a workload an image that crashes."""
    return edited(kind, image("crash"))


def held(memory: Memory) -> None:
    """Somebody rolls the same workload out at this moment, slowly."""
    edited("Deployment", slowly("0"))(memory)
    Case("restart", {"name": "web"}).run(memory).start()
    memory.clock.sleep(2)


def more(module: str) -> Iterator[Case]:
    """What else tasks of a module come to: a first version, a crash, one that is not there, somebody else at work."""
    for kind in FIRST.get(module, ()):
        yield Case(module, {"definition": manifest(kind)})
        yield Case(module, {"definition": manifest(kind, "2")}, (HELD[kind],))
        yield Case(module, {"kind": kind, "name": "web", "image": "x:crash"}, (HELD[kind],), fails=True)
    for kind in HELD if module in LOOKING else ():
        other = "StatefulSet" if kind == "Deployment" else "Deployment"
        yield Case(module, {"kind": other, "name": "web"}, (HELD[kind],), fails=True)
        yield Case(module, {"kind": kind, "name": "web"}, (HELD[kind], crashing(kind)), fails=True)
    yield from MORE.get(module, ())
    if ("list", "leases") in granted(module) and "lock_timeout" in ARGUMENTS[module].spec:
        case = [case for case in CASES.values() if case.module == module][0]  # noqa: RUF015 - a generator must not end by next()
        yield Case(module, {**case.options, "lock_timeout": 5}, (*case.before, held))


def labelled_otherwise(obj: Any) -> None:
    """A change: another label of the pods."""
    obj["spec"]["template"]["metadata"]["labels"]["tier"] = "web"


SCALED = (*PLAIN, made("PodDisruptionBudget", LIMITS), made("HorizontalPodAutoscaler", SCALER))
STOPPED = (*SCALED, done("blue_green", **BLUE, stop_before="hold"))
CRASHED = (ours(), ours(tag="2"), crashing("Deployment"))
MORE = {
    "undo": [
        Case("undo", {"name": "web"}, (*SCALED, done("blue_green", **BLUE))),
        Case("undo", {"name": "web"}, (*CRASHED, passed(20))),
        Case("undo", {"name": "web"}, (theirs(tag="crash"), edited("Deployment", image("2"))), fails=True),
        Case("undo", {"name": "web"}, (ours(), ours(tag="2"), edited("Deployment", labelled_otherwise), passed(20))),
    ],
    "gate": [Case("gate", {"name": "pods", "workload": "web", "kind": kind, "pods": {}, "count": 2}, (act,)) for kind, act in HELD.items()],
    "restart": [Case("restart", {"name": "web"}, CRASHED, fails=True)],
    "resume": [Case("resume", {"name": "web"}, (ours(), done("pause", name="web"), crashing("Deployment")), fails=True)],
    "promote": [Case("promote", {"name": "web"}, (*SCALED, done("blue_green", **BLUE, stop_before="switch")))],
    "abort": [
        Case("abort", {"name": "web"}, STOPPED),
        Case("abort", {"kind": "StatefulSet", "name": "web"}, (ours("StatefulSet"), done("on_delete", **SET, stop_before="web-0"))),
    ],
    "blue_green": [Case("blue_green", {**BLUE, "image": "x:crash"}, PLAIN, fails=True)],
    "preflight_info": [
        *(
            Case("preflight_info", {"kind": other, "name": "web"}, (HELD[kind],), fails=True)
            for other, kind in itertools.permutations(HELD, 2)
        ),
        Case("preflight_info", {"name": "web", "strategy": "blue_green", "fail_on": "never"}, PLAIN),
    ],
    "versioned_config": [
        Case("versioned_config", {"kind": "Secret", "name": "web-secret", "data": {"a": "3"}}, before)
        for before in ((), (*(done("versioned_config", kind="Secret", name="web-secret", data={"a": tag}) for tag in "12"), passed(4000)))
    ],
    "service_switch": [
        Case("service_switch", {"name": "web", "selector": {"tier": "web"}}, (labelled("web"), labelled("api"), made("Service", service())))
    ],
}
SELDOM: dict[str, set[Right]] = {
    "the answer to a deletion or an eviction got lost": {("get", "pods")},
    "somebody has changed the Lease of a task while that holds it": {("get", "leases")},
    "somebody else is at work, or nobody ever was": {("watch", "leases"), ("create", "leases")},
    "one Role for whatever goes on with a rollout by blue/green": {(verb, "deployments") for verb in ("create", "update", "delete")},
    "a definition that is taken over from somebody, or what undoes it": {("update", kind) for kind in ("statefulsets", "daemonsets")},
    "a container crashes": {("get", "pods/log")},
    "pods of several workloads behind one Service": {("list", "deployments")},
    "something that the cluster in memory has not": {("list", "replicationcontrollers")},
}
"""Rights of a Role that no case here uses, by what they are for."""


def granted(title: str) -> set[Right]:
    """The rights in a section of docs/rights.md."""
    return {(verb, thing) for rule in ROLES[title]["rules"] for thing in rule["resources"] for verb in rule["verbs"]}


@pytest.mark.parametrize("module", ARGUMENTS)
def test_a_role_has_no_right_that_nothing_asks_for(module: str) -> None:
    cases = [case for case in CASES.values() if case.module == module]
    used = set[Right]().union(*(told(case)[1] for case in (*cases, *more(module))))
    assert sorted(granted(module) - used - set[Right]().union(*SELDOM.values())) == []
