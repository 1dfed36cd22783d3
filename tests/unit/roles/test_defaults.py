# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role's variables, its documentation, its defaults and its module's options are the same set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.given import GUARDS
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_argument_spec
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_steps import FORWARD

ROLES = Path(__file__).parents[3] / "roles"
ONE_STEP = {"preflight", "before_step", "after_step", "files_dir"}
LOOKS_FIRST = {"preflight_fail_on", "preflight_ignore"}
EACH_STEP = {f"{when}_{step}" for step in FORWARD for when in ("before", "after")}
WINDOW = {"read_only", "read_write"}
OF_THE_ROLE: dict[str, set[str]] = {
    "rolling": ONE_STEP | LOOKS_FIRST,
    "recreate": ONE_STEP | LOOKS_FIRST,
    "rollback": ONE_STEP,
    "blue_green": {"preflight", "files_dir", "approve_before", "approve_timeout", "approved"} | EACH_STEP | LOOKS_FIRST,
    "canary": ONE_STEP | LOOKS_FIRST | {"before_promote", "after_promote", "approve_before", "approve_timeout", "approved"},
    "partition": ONE_STEP | LOOKS_FIRST | WINDOW,
    "on_delete": ONE_STEP | LOOKS_FIRST | WINDOW | {"before_pod", "after_pod"},
    "promote": set(),
    "abort": {"fail"},
    "status": set(),
    "preflight": {"files_dir"},
}
"""The variables of each role that are not options of its module."""

MODULES = {
    "rolling": "rolling",
    "recreate": "recreate",
    "rollback": "undo",
    "blue_green": "blue_green",
    "canary": "canary",
    "partition": "partition",
    "on_delete": "on_delete",
    "promote": "promote",
    "abort": "abort",
    "status": "status_info",
    "preflight": "preflight_info",
}
"""The module that each role composes."""

CONVENIENT = {"kubeconfig", "context"}
"""The authentication options that are role variables as well; the others come from module_defaults or the environment."""

TAKES_WHAT_SURVEYS_SEND = {"raw", "str"}
"""Any other type refuses an empty text before the first task runs."""


def read(role: str, path: str) -> Any:
    """One YAML file of a role."""
    return yaml.safe_load((ROLES / role / path).read_text(encoding="utf-8"))


def options(role: str) -> set[str]:
    """The variables that a role should have, without their prefix."""
    module = MODULES[role]
    return (set(ARGUMENTS[module].spec) - set(auth_argument_spec)) | CONVENIENT | OF_THE_ROLE[role]


@pytest.fixture(params=MODULES)
def role(request: pytest.FixtureRequest) -> str:
    """Each role that composes one module."""
    name: str = request.param
    return name


def test_defaults_are_the_options_of_the_module_and_those_of_the_role(role: str) -> None:
    assert set(read(role, "defaults/main.yml")) == {f"{role}_{option}" for option in options(role) - set(GUARDS)}


def test_only_what_keeps_a_task_from_doing_something_has_no_default(role: str) -> None:
    """Such a one is refused where it is empty, so that a variable that got lost lets nothing pass."""
    (task,) = read(role, "tasks/roll.yml")
    assert {name for name in task[f"rollout.kubernetes.{MODULES[role]}"] if f"{role}_{name}" not in read(role, "defaults/main.yml")} == {
        name for name in GUARDS if name in ARGUMENTS[MODULES[role]].spec
    }


def test_documentation_equals_defaults(role: str) -> None:
    documented = read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = {name: option["default"] for name, option in documented.items() if "default" in option}
    assert defaults == read(role, "defaults/main.yml")
    assert set(documented) == {f"{role}_{option}" for option in options(role)}


def test_every_default_is_an_empty_text_so_that_the_default_of_the_module_counts(role: str) -> None:
    assert set(read(role, "defaults/main.yml").values()) == {""}


def test_what_a_survey_sends_is_never_refused_by_the_role_itself(role: str) -> None:
    documented = read(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert {option["type"] for option in documented.values()} <= TAKES_WHAT_SURVEYS_SEND
    assert not [name for name, option in documented.items() if "choices" in option or option.get("required")]


def test_the_first_task_refuses_an_ansible_that_is_too_old_before_a_plugin_of_ours_is_loaded(role: str) -> None:
    first = read(role, "tasks/main.yml")[0]
    asked = {"name": "rollout.kubernetes.common", "tasks_from": "supported", "rolespec_validate": False}
    assert {key: value for key, value in first.items() if key != "name"} == {"ansible.builtin.import_role": asked}


def test_every_option_is_handed_to_the_module(role: str) -> None:
    (task,) = read(role, "tasks/roll.yml")
    handed = task[f"rollout.kubernetes.{MODULES[role]}"]
    assert set(handed) == options(role) - OF_THE_ROLE[role]
    for option, value in handed.items():
        if option in GUARDS:
            assert value == f"{{{{ {role}_{option} if query('ansible.builtin.varnames', '^{role}_{option}$') else omit }}}}"
            continue
        # As it is, or what a step says instead of it, or a path that was looked for in the folder of the role's user.
        assert re.fullmatch(rf"{{{{ (?:common_{option} \| default\({role}_{option}\)|(?:__)?{role}_{option}) }}}}", value), option


def test_the_list_of_tasks_is_a_table_of_contents(role: str) -> None:
    text = (ROLES / role / "tasks/main.yml").read_text(encoding="utf-8")
    assert len(text.partition("---\n")[2].splitlines()) <= 30


def test_the_role_blue_green_knows_the_steps_of_the_strategy() -> None:
    assert tuple(read("blue_green", "vars/main.yml")["__blue_green_steps"]) == FORWARD


def test_variables_of_the_common_role_are_documented() -> None:
    specs = read("common", "meta/argument_specs.yml")["argument_specs"]
    documented = {name: option.get("default") for spec in specs.values() for name, option in spec["options"].items()}
    assert {name: default for name, default in documented.items() if default is not None} == read("common", "defaults/main.yml")
    assert {path.stem for path in (ROLES / "common" / "tasks").glob("*.yml")} == set(specs)
