# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That each module runs, and what its documentation says of results. That this has the options of the argument spec is sanity's to test."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import Tally
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside.measurement import Measured
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.verification import measured_result

PACKAGE = "ansible_collections.rollout.kubernetes.plugins.modules"


def documented(module: str, section: str) -> Any:
    """One section of a module's documentation."""
    return yaml.safe_load(getattr(import_module(f"{PACKAGE}.{module}"), section))


def test_versioned_configuration_is_documented_where_there_is_some() -> None:
    assert {module for module in ARGUMENTS if "configs" in documented(module, "RETURN")} == {
        module
        for module, arguments in ARGUMENTS.items()
        if ("config" in arguments.spec or "binary_data" in arguments.spec) and module != "preflight_info"
    }


def test_a_measurement_is_documented_where_there_is_one_and_with_its_keys() -> None:
    found = {module: measured for module in ARGUMENTS if (measured := documented(module, "RETURN").get("verify"))}
    assert found.keys() == {module for module, arguments in ARGUMENTS.items() if "verify" in arguments.spec}
    nothing = Measured(Tally(), longest_gap=0, skipped=0, origin="controller", url="")
    assert found["rolling"]["contains"].keys() == measured_result(nothing).keys()


@pytest.mark.parametrize("module", ARGUMENTS)
def test_a_diff_is_documented_where_there_is_one(module: str) -> None:
    attributes = documented(module, "DOCUMENTATION").get("attributes", {})
    reads_only = attributes.get("diff_mode", {}).get("support") == "none"
    assert ("diff" in documented(module, "RETURN")) is not reads_only


@pytest.mark.parametrize("module", ARGUMENTS)
def test_a_module_runs_as_what_it_is_called(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found, ran = import_module(f"{PACKAGE}.{module}"), list[str]()
    monkeypatch.setattr(found, "run_module", ran.append)
    found.main()
    assert ran == [module]
