# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused or said before the first write: paused workloads, pods that may not be seen, what comes with the same definition."""

from __future__ import annotations

from typing import Any

import pytest

from tests.memory.cases import NEXT, Act, Case, done, ours, theirs
from tests.memory.cluster import Memory, running
from tests.memory.scenes import deployment

PAUSED = (ours(), done("pause", name="web"))


def refusal_of(memory: Memory, module: str, before: tuple[Act, ...], options: dict[str, Any], user: str = "administrator") -> str:
    """Why a call is refused, which changes nothing."""
    case = Case(module, options, before)
    case.prepare(memory)
    run = case.run(memory, user=user)
    result = run.start().wait()
    assert result.get("failed"), result["msg"]
    assert run.wire.changes == []
    return str(result["msg"])


PAUSES: dict[str, tuple[tuple[Act, ...], dict[str, Any], str]] = {
    "a new one": ((), {"definition": deployment(paused=True)}, "would be created paused, so nothing would be rolled out"),
    "by its definition": ((ours(),), {"definition": deployment("2", paused=True)}, "is true in the definition, so nothing would be rolled"),
    "for good": (PAUSED, {"definition": deployment("2", paused=True)}, "take it out of there, and resume it (module resume)."),
    "by somebody": (PAUSED, NEXT, "is paused, so nothing would be rolled out; resume it first (module resume)"),
}


@pytest.mark.parametrize("how", PAUSES)
def test_a_version_of_what_is_paused_is_refused(how: str) -> None:
    before, options, words = PAUSES[how]
    with running() as memory:
        assert words in refusal_of(memory, "rolling", before, options)


SAME: dict[str, dict[str, Any]] = {
    "named": {"name": "web", "image": "registry.example/web:1"},
    "defined": {"definition": deployment()},
    "defined as paused": {"definition": deployment(paused=True)},
}


@pytest.mark.parametrize("how", SAME)
def test_the_version_that_runs_already_is_no_news_for_what_is_paused(how: str) -> None:
    with running() as memory:
        case = Case("rolling", SAME[how], PAUSED)
        case.prepare(memory)
        run = case.run(memory)
        result = run.start().wait()
        assert not result.get("failed"), result["msg"]
        assert (result["rollouts"][0]["phase"], memory.get("default", "Deployment", "web")["spec"]["paused"]) == ("paused", True)
        assert not case.run(memory).start().wait()["changed"]


BLIND: dict[str, tuple[str, dict[str, Any]]] = {"restart": ("restart", {"name": "web"}), "recreate": ("recreate", NEXT)}


@pytest.mark.parametrize("how", BLIND)
def test_pods_that_may_not_be_seen_are_told_before_the_first_write(how: str) -> None:
    module, options = BLIND[how]
    with running() as memory:
        memory.server.rights.deny("robot", ["list"], "pods")
        assert "may not list pods" in refusal_of(memory, module, (theirs(),), options, user="robot")


def test_what_cannot_be_asked_yet_is_said_in_check_mode() -> None:
    place = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    body = deployment()
    body["metadata"]["namespace"] = "shop"
    with running() as memory:
        case = Case("rolling", {"definition": [place, body]})
        result = case.run(memory, check=True).start().wait()
        assert "Deployment shop/web could not be checked, as Namespace shop comes with the same definition" in result["msg"]
        assert memory.get("", "Namespace", "shop") is None
        assert case.run(memory).start().wait()["rollouts"][0]["phase"] == "complete"
