# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else does to the objects of a run, between two of its requests, and what must be so afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

from .cases import Act, Case, edited, image, replicas
from .cluster import Memory
from .ends import end_of

_OF_ONE_WORKLOAD = ("rolling", "recreate", "partition", "on_delete")


@dataclass(frozen=True)
class Edit:
    """One kind. `act` is what is done; `wrong` says what must not be, of the run's result and of the cluster: empty when all is well.
    `fits` tells which cases it is for. `expected`: the run ends as an undisturbed one does, whether it fails or not."""

    act: Callable[[Case], Act]
    fits: Callable[[Case], bool]
    wrong: Callable[[Memory, Case, dict[str, Any]], str] = lambda _memory, _case, _result: ""
    expected: bool = False


def kind_of(case: Case) -> str:
    """The kind of the case's workload."""
    definition = case.options.get("definition")
    return str(definition["kind"] if isinstance(definition, dict) else case.options.get("kind", "Deployment"))


def _labelled(obj: Any) -> None:
    obj["metadata"].setdefault("labels", {})["team"] = "a"


def _paused(obj: Any) -> None:
    obj["spec"]["paused"] = True


def _led_astray(obj: Any) -> None:
    obj["spec"]["selector"] = {"app": "other"}


def _deleted(case: Case) -> Act:
    def act(memory: Memory) -> None:
        found = memory.get("default", kind_of(case), "web")
        if found is not None:
            memory.server.delete(WORKLOADS[kind_of(case)], found)

    return act


def _unlabelled(kind: Callable[[Case], str]) -> Callable[[Memory, Case, dict[str, Any]], str]:
    def wrong(memory: Memory, case: Case, _result: dict[str, Any]) -> str:
        found = memory.get("default", kind(case), "web")
        lost = found is not None and found["metadata"].get("labels", {}).get("team") != "a"
        return f"the label of the {kind(case)} is lost" if lost else ""

    return wrong


def _unscaled(memory: Memory, case: Case, result: dict[str, Any]) -> str:
    found = memory.get("default", kind_of(case), "web")
    return "" if result.get("failed") or found["spec"]["replicas"] == 5 else f"there are {found['spec']['replicas']} replicas, not 5"


def _untrue(memory: Memory, _case: Case, result: dict[str, Any]) -> str:
    runs = any("theirs" in pod for pod in end_of(memory)["pods"])
    return f"theirs runs, and the result is: {result['msg']}" if runs and not result.get("failed") else ""


EDITS: dict[str, Edit] = {
    "a label": Edit(lambda case: edited(kind_of(case), _labelled), lambda _case: True, _unlabelled(kind_of), expected=True),
    "a label of the Service": Edit(
        lambda _case: edited("Service", _labelled), lambda _case: True, _unlabelled(lambda _case: "Service"), expected=True
    ),
    "replicas": Edit(
        lambda case: edited(kind_of(case), replicas(5)),
        lambda case: case.module in _OF_ONE_WORKLOAD and "definition" not in case.options and kind_of(case) != "DaemonSet",
        _unscaled,
    ),
    "an image": Edit(lambda case: edited(kind_of(case), image("theirs")), lambda case: case.module in _OF_ONE_WORKLOAD, _untrue),
    "a pause": Edit(lambda case: edited(kind_of(case), _paused), lambda case: kind_of(case) == "Deployment"),
    "another selector of the Service": Edit(lambda _case: edited("Service", _led_astray), lambda _case: True),
    "the deletion of the workload": Edit(_deleted, lambda _case: True),
}
