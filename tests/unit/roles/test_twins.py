# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles that are twins: their task files say the same but for what is named here, so that a functional test of one shows it of both."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
TWINS = (("partition", "on_delete"), ("rolling", "recreate"))
CALLED = {"recreate": ("recreate.yml", "roll.yml")}
"""A task file that has another name in one of the roles, and what the others call it."""
MORE = {("on_delete", "step.yml"), ("on_delete", "stage.yml")}
"""Task files that have tasks of their own between those of the twin: task files around each pod, and the step `rest`."""
UNLIKE = {
    "partition": {"around", "last", "look", "named", "order", "ordinals", "pods", "steps"},
    "rolling": {"look"},
}
"""Variables inside the roles that differ between a role and its twin: what options there are, and what a step holds."""


def tasks(role: str) -> dict[str, list[str]]:
    """The lines of each task file of a role, with ROLE for its name and without the options that it hands on."""
    there, usual = CALLED.get(role, ("", ""))
    found = {}
    for path in (ROLES / role / "tasks").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        if there:
            text = text.replace(f"import_tasks: {there}", f"import_tasks: {usual}").replace(
                f"include_tasks: {there}", f"include_tasks: {usual}"
            )
            text = text.replace(f"common_step: {role}", "common_step: roll")
        lines = [line for line in text.replace(role, "ROLE").splitlines() if "{{ omit if ROLE_" not in line]
        found[usual if path.name == there else path.name] = [line for line in lines if line.strip()]
    return found


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_the_task_files_are_the_same(one, other):
    first, second = tasks(one), tasks(other)
    assert first.keys() == second.keys()
    for name, lines in first.items():
        if (other, name) in MORE:
            rest = iter(second[name])
            assert all(line in rest for line in lines), f"{name}: the tasks of {one}, in their order, are among those of {other}"
        else:
            assert lines == second[name], name


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_the_variables_inside_are_the_same(one, other):
    first, second = (
        yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text(encoding="utf-8").replace(role, "ROLE")) for role in (one, other)
    )
    assert {name.removeprefix("__ROLE_") for name in first.keys() | second.keys() if first.get(name) != second.get(name)} == UNLIKE[one]
