# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules' documentation says of results and in examples. That it has the options of the argument spec is sanity's to test."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import Tally
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside.measurement import Measured
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.verification import measured_result

SPECIAL = {
    "abort": {"blue_green"},
    "blue_green": {"blue_green"},
    "history_info": {"revisions", "template", "difference", "blue_green"},
    "on_delete": {"steps"},
    "partition": {"steps"},
    "recreate": {"outage"},
    "rolling": {"outage"},
    "promote": {"blue_green"},
    "undo": {"blue_green"},
    "service_switch": {"selector", "previous_selector", "endpoints"},
}
"""What a module's results have besides."""
PACKAGE = "ansible_collections.rollout.kubernetes.plugins.modules"


def documented(module: str, section: str) -> Any:
    """One section of a module's documentation."""
    return yaml.safe_load(getattr(import_module(f"{PACKAGE}.{module}"), section))


def examples() -> list[Any]:
    """Each task of the examples that runs a module of ours: its module, its name and its arguments."""
    return [
        pytest.param(key.rpartition(".")[2], value, id=f"{module}: {task['name']}")
        for module in ARGUMENTS
        for task in documented(module, "EXAMPLES")
        for key, value in task.items()
        if key.startswith("rollout.kubernetes.")
    ]


@pytest.mark.parametrize("module", ARGUMENTS)
def test_all_modules_document_one_shape_of_result(module: str) -> None:
    ours, theirs = documented(module, "RETURN"), documented("status_info", "RETURN")
    special = SPECIAL.get(module, set())
    assert ours["msg"] == theirs["msg"]
    kept, expected = ({key: value for key, value in each["rollouts"]["contains"].items() if key not in special} for each in (ours, theirs))
    assert kept == expected
    assert special <= set(ours["rollouts"]["contains"])
    assert {**ours["rollouts"], "contains": None} == {**theirs["rollouts"], "contains": None}


def test_versioned_configuration_is_documented_where_there_is_some_and_in_one_shape() -> None:
    found = {module: documented(module, "RETURN").get("configs") for module in ARGUMENTS}
    assert {module for module, configs in found.items() if configs} == {
        module
        for module, arguments in ARGUMENTS.items()
        if ("config" in arguments.spec or "binary_data" in arguments.spec) and module != "preflight_info"
    }
    shapes = [{**configs, "returned": None} for configs in found.values() if configs]
    assert all(shape == shapes[0] for shape in shapes)


def test_a_measurement_is_documented_where_there_is_one_and_in_one_shape() -> None:
    found = {module: measured for module in ARGUMENTS if (measured := documented(module, "RETURN").get("verify"))}
    assert found.keys() == {module for module, arguments in ARGUMENTS.items() if "verify" in arguments.spec}
    assert all(measured == found["rolling"] for measured in found.values())
    nothing = Measured(Tally(), longest_gap=0, skipped=0, origin="controller", url="")
    assert found["rolling"]["contains"].keys() == measured_result(nothing).keys()


@pytest.mark.parametrize("module", ARGUMENTS)
def test_a_diff_is_documented_where_there_is_one(module: str) -> None:
    attributes = documented(module, "DOCUMENTATION").get("attributes", {})
    reads_only = attributes.get("diff_mode", {}).get("support") == "none"
    assert ("diff" in documented(module, "RETURN")) is not reads_only


@pytest.mark.parametrize(("module", "arguments"), examples())
def test_the_arguments_of_each_example_are_valid(module: str, arguments: dict[str, Any]) -> None:
    validated = ArgumentSpecValidator(ARGUMENTS[module].spec, **ARGUMENTS[module].checks).validate(arguments)
    assert validated.error_messages == []
