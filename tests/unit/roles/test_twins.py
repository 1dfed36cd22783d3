# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that are twins: their task files say the same but for what is named here, so that a functional test of one shows it of both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
TWINS = (("partition", "on_delete"), ("rolling", "recreate"))
HANDED_ON = re.compile(r' {4}\w+: "{{ (?:common_\w+ \| default\()?(?:__)?ROLE_')
"""A line of an option, such as `    name: "{{ ROLE_name }}"`."""
UNLIKE = {
    "partition": {"files", "look"},
    "rolling": {"look"},
}
"""Variables inside the roles that differ between a role and its twin: what options and what task files there are."""


def tasks(role: str) -> dict[str, list[str]]:
    """The lines of each task file of a role, with ROLE for its name and without the options that it hands on."""
    found = {}
    for path in (ROLES / role / "tasks").glob("*.yml"):
        text = path.read_text(encoding="utf-8").replace(f"common_step: {role}", "common_step: roll").replace(role, "ROLE")
        found[path.name] = [line for line in text.splitlines() if line.strip() and not HANDED_ON.match(line)]
    return found


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_the_task_files_are_the_same(one, other):
    assert tasks(one) == tasks(other)


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_the_variables_inside_are_the_same(one, other):
    first, second = (
        yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text(encoding="utf-8").replace(role, "ROLE")) for role in (one, other)
    )
    assert {name.removeprefix("__ROLE_") for name in first.keys() | second.keys() if first.get(name) != second.get(name)} == UNLIKE[one]
