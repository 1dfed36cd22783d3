# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits are values: what they do, and that two plans of the same request can be compared."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, STATEFUL_SET
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Limits, Pause, Restart, ShortChange, Target, Undo
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.edits import (
    Chain,
    EverythingBack,
    Nothing,
    OwnStrategy,
    Paused,
    Replicas,
    SameTemplate,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Edit, Step, Write
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import (
    on_delete,
    partition,
    pause,
    recreate,
    restart,
    rolling,
    undo,
)

from ..samples import NEW, OLD, replica_set, snapshot, workload

PLUGINS = Path(rolling.__file__).parents[2]
WEB: JsonObject = {"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": {}}}}


def test_each_does_what_its_name_says() -> None:
    assert Nothing()(WEB) is WEB
    assert OwnStrategy()(WEB) is WEB
    assert EverythingBack()(WEB) is WEB
    assert Replicas(3)(WEB)["spec"] == {"replicas": 3, "template": {"spec": {}}}
    held = Chain((Replicas(2), Paused(True)))(WEB)
    assert held["spec"] == {"replicas": 2, "paused": True, "template": {"spec": {}}}
    assert Paused(True)(held) is held
    assert Chain((Paused(False), Replicas(1)))(held) == WEB
    assert Paused(False)(WEB) is WEB


def test_a_template_that_somebody_has_set_since_is_left_alone() -> None:
    demand = SameTemplate(Ref("Deployment", "shop", "web"), {"spec": {}})
    demand(WEB)
    with pytest.raises(RefusedError, match="another template meanwhile"):
        demand({"spec": {"template": {"spec": {"hostNetwork": True}}}})


def short() -> tuple[Target, ShortChange]:
    change = ShortChange(image={"": NEW})
    return Target(STATEFUL_SET, Ref("StatefulSet", "shop", "web"), change=change), change


def deployment() -> Target:
    return Target(DEPLOYMENT, Ref("Deployment", "shop", "web"), change=ShortChange(image={"": NEW}))


def rolled(operation: Callable[..., tuple[Step, ...]], wish: object) -> Write | None:
    seen = snapshot(workload(image=NEW), [replica_set(1, OLD), replica_set(2, NEW)])
    (step, *_rest) = operation(deployment(), seen, wish)
    return step.write


WRITES: dict[str, Callable[[], Write | None]] = {
    "rolling": lambda: rolling.steps(deployment(), Limits())[0].write,
    "recreate": lambda: recreate.steps(deployment(), Limits())[0].write,
    "partition": lambda: partition.write(short()[0], Limits(), 2),
    "on_delete": lambda: on_delete.plain(short()[0], Limits(), None),
    "on_delete, switching": lambda: on_delete.switching(short()[0], Limits(), workload("StatefulSet")),
    "undo": lambda: rolled(undo.steps, Undo()),
    "undo of what is wanted": lambda: rolled(undo.steps, Undo(revision=2, resume=True)),
    "restart": lambda: rolled(restart.steps, Restart(key="k", at="2026-01-01T00:00:00Z")),
    "pause": lambda: rolled(pause.steps, Pause(paused=True)),
}


@pytest.mark.parametrize("name", WRITES)
def test_the_same_request_makes_an_equal_write(name: str) -> None:
    one, other = WRITES[name](), WRITES[name]()
    assert isinstance(one, Edit)
    assert one == other
    assert "<function" not in repr(one)


def test_writes_of_different_requests_differ() -> None:
    made = [WRITES[name]() for name in WRITES]
    assert not [one for index, one in enumerate(made) if one in made[:index]]
    assert partition.write(short()[0], Limits(), 2) != partition.write(short()[0], Limits(), 1)


def test_no_edit_is_a_function() -> None:
    found = []
    for path in PLUGINS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Edit":
                parts = [*node.args[:2], *(word.value for word in node.keywords if word.arg in ("edit", "demand"))]
                found += [f"{path.name}:{part.lineno}" for part in parts if isinstance(part, ast.Lambda)]
                found += [f"{path.name}:{node.lineno}" for part in node.args[:1] if not isinstance(part, ast.Call)]
    assert found == []
