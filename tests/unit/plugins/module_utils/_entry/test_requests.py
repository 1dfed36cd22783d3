# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From parameters to requests: which workloads are meant, and what is refused before the cluster is asked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Cause, Limits, Pause, Restart, Selection, Undo
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.numbers import in_numbers
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.requests import (
    history_request,
    pause_request,
    restart_request,
    selection_of,
    short_target,
    undo_request,
    watch_request,
)

KINDS = sorted(WORKLOADS)


def parameters(module: str, **given: Any) -> dict[str, Any]:
    """What requests are made from: each option with its default, lengths of time in seconds."""
    spec = ARGUMENTS[module].spec
    return in_numbers(spec, {name: option.get("default") for name, option in spec.items()}) | given


def selection(kinds: list[str] = KINDS, **given: Any) -> Selection:
    return selection_of(parameters("status_info", **given), "here", kinds=kinds)


@pytest.mark.parametrize(
    ("given", "refs"),
    [
        pytest.param({"name": "web"}, [("Deployment", "here", "web")], id="a name alone"),
        pytest.param({"name": "db", "kind": "StatefulSet", "namespace": "shop"}, [("StatefulSet", "shop", "db")], id="all said"),
        pytest.param(
            {
                "workloads": [
                    {"kind": "Deployment", "name": "web", "namespace": None},
                    {"kind": "DaemonSet", "name": "log", "namespace": "s"},
                ]
            },
            [("Deployment", "here", "web"), ("DaemonSet", "s", "log")],
            id="a list, in its order",
        ),
        pytest.param(
            {"namespace": "shop", "workloads": [{"kind": "Deployment", "name": "web", "namespace": None}]},
            [("Deployment", "shop", "web")],
            id="the task's namespace for those that name none",
        ),
        pytest.param({"workloads": [], "allow_empty": True}, [], id="an empty list on request"),
    ],
)
def test_workloads_by_name(given: dict[str, Any], refs: list[tuple[str, str, str]]) -> None:
    found = selection(**given)
    assert [target.ref for target in found.targets] == [Ref(*ref) for ref in refs]
    assert [target.resource.kind for target in found.targets] == [kind for kind, _namespace, _name in refs]
    assert found.resources == ()


@pytest.mark.parametrize(
    ("given", "kinds", "labels", "namespace"),
    [
        pytest.param({"label_selectors": ["app=web"]}, KINDS, "app=web", "here", id="all kinds in the context's namespace"),
        pytest.param({"label_selectors": ["app=web"], "kind": "DaemonSet"}, ["DaemonSet"], "app=web", "here", id="one kind"),
        pytest.param({"label_selectors": [" app=web ", "", "tier in (a, b)"]}, KINDS, "app=web,tier in (a, b)", "here", id="all must hold"),
        pytest.param({"label_selectors": ["app in (a", "b)"]}, KINDS, "app in (a,b)", "here", id="a set that was split at its comma"),
        pytest.param({"label_selectors": ["!old"], "namespace": "shop"}, KINDS, "!old", "shop", id="in a namespace"),
        pytest.param({"label_selectors": ["app"], "all_namespaces": True}, KINDS, "app", "", id="everywhere"),
    ],
)
def test_workloads_by_labels(given: dict[str, Any], kinds: list[str], labels: str, namespace: str) -> None:
    found = selection(**given)
    assert ([resource.kind for resource in found.resources], found.labels, found.namespace) == (kinds, labels, namespace)
    assert found.targets == ()


def test_without_a_kind_the_labels_find_what_the_module_takes() -> None:
    assert [resource.kind for resource in selection(["Deployment"], label_selectors=["app"]).resources] == ["Deployment"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({"name": "web", "all_namespaces": True}, "all_namespaces needs label_selectors", id="everywhere, by name"),
        pytest.param({"label_selectors": ["a"], "all_namespaces": True, "namespace": "shop"}, "exclude each other", id="here too"),
        pytest.param({"label_selectors": []}, "label_selectors is empty", id="no selector"),
        pytest.param({"label_selectors": [" ", ""], "allow_empty": True}, "label_selectors is empty", id="blank: never everything"),
        pytest.param({"workloads": []}, "workloads is empty", id="no workload"),
        pytest.param({"name": "a/b"}, "name", id="a path for a name"),
        pytest.param({"name": ""}, "name", id="an empty name"),
        pytest.param({"name": "web", "namespace": "../x"}, "namespace", id="a path for a namespace"),
        pytest.param({"label_selectors": ["a"], "namespace": "a/b"}, "namespace", id="a path for a namespace, by labels"),
        pytest.param({"workloads": [{"kind": "Deployment", "name": "web"}] * 2}, "stands in workloads twice", id="twice"),
        pytest.param(
            {"workloads": [{"kind": "Deployment", "name": "web"}, {"kind": "Deployment", "name": "web", "namespace": "here"}]},
            "stands in workloads twice",
            id="twice, once by the default",
        ),
    ],
)
def test_selections_that_are_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        selection(**given)


# --- operations ---------------------------------------------------------------------------------------------------------------

WEB = selection(name="web")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, Undo(), id="previous"),
        pytest.param({"revision": 0}, Undo(), id="0 is previous, as in kubectl"),
        pytest.param({"revision": 3}, Undo(revision=3), id="a number"),
        pytest.param({"to": " web:1 "}, Undo(to="web:1"), id="an image"),
        pytest.param({"resume": True, "last_applied": "leave"}, Undo(None, "", True, "blocking", "leave"), id="choices"),
        pytest.param({"change_cause": "slow", "requested_by": "bob"}, Undo(cause=Cause("slow", "bob")), id="cause"),
    ],
)
def test_the_request_of_an_undo(given: dict[str, Any], expected: Undo) -> None:
    request = undo_request(parameters("undo", **given), WEB)
    assert request.operation == expected
    assert request.selection is WEB
    assert (request.waiting.wait, request.waiting.timeout) == (True, 600)


TWO = [{"kind": "DaemonSet", "name": "log", "namespace": None}, {"kind": "Deployment", "name": "web", "namespace": None}]


@pytest.mark.parametrize(
    ("given", "which"),
    [
        pytest.param({"name": "web"}, "Deployment here/web, which gets", id="one by name"),
        pytest.param({"name": "log", "kind": "DaemonSet"}, "DaemonSet here/log, which gets", id="another kind"),
        pytest.param({"label_selectors": ["a=b"], "kind": "Deployment"}, "Deployments, which get", id="one kind by labels"),
    ],
)
@pytest.mark.parametrize("repair", ["none", "all"])
def test_repair_is_refused_where_the_only_kind_has_none(given: dict[str, Any], which: str, repair: str) -> None:
    with pytest.raises(InputError, match=f"repair: {repair} is for StatefulSets; leave it out for {which} past broken pods without it"):
        undo_request(parameters("undo", repair=repair), selection(**given))


@pytest.mark.parametrize(
    ("given", "repair"),
    [
        pytest.param({"name": "web"}, "blocking", id="the default"),
        pytest.param({"name": "db", "kind": "StatefulSet"}, "all", id="a StatefulSet"),
        pytest.param({"label_selectors": ["a=b"]}, "all", id="all kinds by labels"),
        pytest.param({"workloads": TWO}, "all", id="several kinds"),
        pytest.param({"workloads": [], "allow_empty": True}, "all", id="nothing"),
    ],
)
def test_repair_is_taken_elsewhere(given: dict[str, Any], repair: str) -> None:
    request = undo_request(parameters("undo", repair=repair), selection(**given))
    assert isinstance(request.operation, Undo)
    assert request.operation.repair == repair


def test_the_request_of_a_restart_carries_its_time_as_the_api_writes_it() -> None:
    now = datetime(2026, 11, 21, 12, 0, 0, 7, tzinfo=timezone(timedelta(hours=1)))
    request = restart_request(parameters("restart", key=" CHG 1 ", wait=False), WEB, now)
    assert request.operation == Restart("2026-11-21T11:00:00.000007Z", "CHG 1", waited_for=False)
    assert restart_request(parameters("restart"), WEB, now).operation == Restart("2026-11-21T11:00:00.000007Z")


def test_a_pause_is_not_waited_for_and_a_resume_is() -> None:
    pause = pause_request(parameters("pause"), WEB, paused=True)
    resume = pause_request(parameters("resume", wait_timeout=9), WEB, paused=False)
    assert (pause.operation, pause.waiting.wait) == (Pause(paused=True), False)
    assert (resume.operation, resume.waiting.wait, resume.waiting.timeout) == (Pause(paused=False), True, 9)


def test_the_requests_that_only_look() -> None:
    assert watch_request(parameters("status_info"), WEB).until == "complete"
    waited = watch_request(parameters("wait", until="healthy", revision=2, old_pods_gone=True, on_deletion="wait"), WEB)
    assert (waited.until, waited.revision, waited.old_pods_gone, waited.waiting.on_deletion) == ("healthy", 2, True, "wait")
    looked = history_request(parameters("history_info", revision=2, compare_to=1), WEB)
    assert (looked.revision, looked.compare_to) == (2, 1)


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("option", ["revision", "compare_to"])
def test_numbers_below_one_are_no_revisions(option: str, number: int) -> None:
    with pytest.raises(InputError, match=f"{option} must be the number of a revision, 1 or more, not {number}"):
        history_request(parameters("history_info", **{option: number}), WEB)


@pytest.mark.parametrize(
    ("module", "given"),
    [
        pytest.param("undo", {"revision": -1}, id="a negative revision"),
        pytest.param("undo", {"wait_timeout": 0}, id="no time"),
        pytest.param("undo", {"failure_grace": -1}, id="a negative grace"),
        pytest.param("undo", {"log_lines": -1}, id="negative lines"),
    ],
)
def test_operations_that_are_refused(module: str, given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        undo_request(parameters(module, **given), WEB)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        pytest.param({"name": "web"}, False, id="a Deployment"),
        pytest.param({"name": "db", "kind": "StatefulSet"}, True, id="a StatefulSet"),
        pytest.param({"label_selectors": ["a"], "kind": "Deployment"}, False, id="Deployments by labels"),
        pytest.param({"label_selectors": ["a"]}, True, id="all kinds by labels"),
    ],
)
def test_only_deployments_are_waited_for_to_be_paused(given: dict[str, Any], refused: bool) -> None:
    chosen = selection(**given)
    if not refused:
        assert watch_request(parameters("wait", until="paused"), chosen).until == "paused"
        return
    with pytest.raises(InputError, match="until: paused is for Deployments"):
        watch_request(parameters("wait", until="paused"), chosen)


def short(**given: Any) -> Any:
    return short_target(parameters("rolling", name="web", kind="Deployment", **given), Limits(), "here").change


def test_variables_are_texts_as_programs_write_them() -> None:
    env = {"DEBUG": True, "TRACE": False, "PORT": 8080, "RATE": 0.5, "NAME": "web", "EMPTY": "", "GONE": None}
    assert short(env=env).env == {
        "DEBUG": "true",
        "TRACE": "false",
        "PORT": "8080",
        "RATE": "0.5",
        "NAME": "web",
        "EMPTY": "",
        "GONE": None,
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"env": {"HOSTS": ["hunter2"]}}, "env: the value of HOSTS is a list; a variable holds one text"),
        ({"env": {"HOSTS": {"hunter2": 1}}}, "env: the value of HOSTS is a mapping; a variable holds one text"),
        ({"env": {True: "1"}}, "env: the name True is true or false and no text"),
        ({"image": 1.1}, "image must be a text, or a mapping of container to image, not a number"),
        ({"image": {"app": 1.1}}, "image: the image of container app is a number and no text"),
    ],
)
def test_what_no_text_can_be_made_of_is_refused_by_name(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        short(**given)
    assert caught.value.message.startswith(sentence)
    assert "hunter2" not in caught.value.message
