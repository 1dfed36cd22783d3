# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the action plugin; what it does in a play is tested with plays (tests/functional/test_in_process.py)."""

from __future__ import annotations

import datetime
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RolloutError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.plugin_utils import action

ROOT = Path(action.__file__).resolve().parents[2]


def test_every_module_has_the_action_plugin_and_stands_in_the_group():
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    actions = {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")}
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["rollout"]
    assert modules == actions == set(group) == set(ARGUMENTS)
    for name in actions:
        assert import_module(f"ansible_collections.rollout.kubernetes.plugins.action.{name}").ActionModule is action.ActionModule


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"a": {"b": [1, "x", None, True, 1.5]}}, {"a": {"b": [1, "x", None, True, 1.5]}}),
        ({"day": datetime.date(2026, 1, 2)}, {"day": "2026-01-02"}),
        ({"days": [{datetime.date(2026, 1, 2): datetime.date(2026, 1, 3)}]}, {"days": [{"2026-01-02": "2026-01-03"}]}),
        ({"numbers": {1: "a"}}, {"numbers": {"1": "a"}}),
        ({"pair": ("a", "b")}, {"pair": ["a", "b"]}),
        ({"text": "{{ 1/0 }} {% raw"}, {"text": "{{ 1/0 }} {% raw"}),
    ],
)
def test_arguments_become_plain_json(arguments, expected):
    assert action._plain(arguments) == expected


@pytest.mark.parametrize(
    ("user", "job", "expected"),
    [
        ("alice", "42", "alice, job 42"),
        ("alice", 42, "alice, job 42"),
        ("alice@shop.example", "42", "alice, job 42"),
        ("@shop.example", "42", "job 42"),
        (None, "42", "job 42"),
        ("", 42, "job 42"),
        ("alice", None, "alice"),
        ("alice", "", "alice"),
        ("  alice\nroot ", " 42\n", "alice root, job 42"),
        (None, None, ""),
        ("", "", ""),
    ],
)
def test_who_asks_is_the_user_and_the_job_of_awx(user, job, expected):
    assert action._asked_by(user, job) == expected


class PlainTemplar:
    """Values that hold no template, as AWX sends them."""

    def template(self, value):
        return value


@pytest.mark.parametrize(
    ("module", "given", "expected"),
    [
        ("rolling", {}, {"requested_by": "alice, job 42"}),
        ("undo", {"requested_by": None}, {"requested_by": "alice, job 42"}),
        ("restart", {"requested_by": "bob"}, {}),
        ("pause", {}, {"requested_by": "alice, job 42"}),
        ("status_info", {}, {}),
    ],
)
def test_who_asks_is_filled_in_where_the_module_takes_it_and_the_task_does_not_say_it(module, given, expected):
    plugin = action.ActionModule.__new__(action.ActionModule)
    plugin._templar = PlainTemplar()
    assert plugin._asked_by(module, given, {"awx_user_name": "alice@shop.example", "awx_job_id": 42}) == expected
    assert plugin._asked_by(module, given, {}) == {}


def test_this_python_is_known_by_its_folder_and_its_program(tmp_path):
    other = tmp_path / "python"
    other.symlink_to(os.path.realpath(sys.executable))
    assert action._is_this_python(sys.executable)
    assert action._is_this_python(os.path.join(os.path.dirname(sys.executable), ".", os.path.basename(sys.executable)))
    assert action._is_this_python("auto_silent")
    assert not action._is_this_python(str(other)), "another environment may hold other libraries"
    assert not action._is_this_python("/no/such/python")


def test_the_guard_refuses_to_write_once_the_parent_is_another():
    action._parent_lives(os.getppid())()
    with pytest.raises(RolloutError, match="nothing more is written"):
        action._parent_lives(1 if os.getppid() != 1 else 2)()


@pytest.mark.parametrize(("module", "short"), [("rolling", True), ("blue_green", True), ("preflight_info", False), ("status_info", False)])
def test_the_short_way_excludes_manifests_where_the_module_says_so(module, short):
    assert action._instead_of_manifests(module) == (("name", "image", "env", "container") if short else ())


def test_what_ansible_runner_lays_around_a_display_is_taken_off_and_nothing_else(tmp_path):
    source = """
import functools
def around(f):
    @functools.wraps(f)
    def wrapper(*args):
        return ["marks", *f(*args)]
    return wrapper
"""

    def display(line: str) -> list[str]:
        return [line]

    found = {}
    for name in ("awx_display.py", "another.py"):
        made: dict[str, Any] = {}
        exec(compile(source, str(tmp_path / name), "exec"), made)  # noqa: S102 - as the callback of a file of that name is
        found[name] = action._shown_by_the_parent(made["around"](display))("line")
    assert found == {"awx_display.py": ["line"], "another.py": ["marks", "line"]}
    assert action._shown_by_the_parent(display) is display
    assert action._shown_by_the_parent(print) is print, "what is no function of Python's has no code"
