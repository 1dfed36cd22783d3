# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module has its command."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.commands import command
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

from tests.dev.paths import ROOT

LOADED = """
import sys
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry import main
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.commands import command

command("rolling")
print([name for name in sys.modules if "._routers" in name])
"""


def test_each_module_does_something_of_its_own() -> None:
    found = {name: command(name) for name in ARGUMENTS}
    shared = {name for name, work in found.items() if list(found.values()).count(work) > 1}
    assert shared == {"partition", "on_delete"}, "these two differ by their strategy alone"


def test_nothing_else_does() -> None:
    with pytest.raises(KeyError):
        command("experiment")


def test_the_kinds_of_routes_are_those_of_the_table() -> None:
    (of_split, of_several) = (ARGUMENTS["traffic_split"].spec[name] for name in ("kind", "routes"))
    assert of_split["choices"] == of_several["options"]["kind"]["choices"] == sorted(ROUTERS)


def test_who_has_no_routes_does_not_import_what_is_known_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env={"PYTHONPATH": str(ROOT / "collections")}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
