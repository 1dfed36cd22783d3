# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the action plugins are imported: compiled once, with all that their tasks need, and nothing of what others do."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.rollout.kubernetes.plugins.plugin_utils import loading

ROOT = Path(loading.__file__).resolve().parents[2]
PLUGINS = "ansible_collections.rollout.kubernetes.plugins"
UTILS = f"{PLUGINS}.module_utils"
LOAD = """
import gc, json, sys
from ansible.plugins.loader import action_loader, init_plugin_loader
init_plugin_loader([sys.argv[1]])
action_loader.get("rollout.kubernetes." + sys.argv[2], class_only=True)
loaded = set(sys.modules)
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.commands import command
command(sys.argv[2])
print(json.dumps([sorted(loaded), sorted(set(sys.modules) - loaded), gc.isenabled(), gc.get_freeze_count()]))
"""
"""Says what is imported once Ansible has loaded an action plugin, and what is when its command is asked for after that."""


def loaded_by(name: str, compiled: Path) -> tuple[set[str], set[str], bool, int]:
    """Load an action plugin as ansible-playbook does, in a process of its own that keeps what it compiles in a folder."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    command = [sys.executable, "-c", LOAD, str(ROOT / "collections"), name]
    variables = kept | {"PYTHONPYCACHEPREFIX": str(compiled), "ANSIBLE_HOME": str(compiled / "home")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    loaded, later, enabled, frozen = json.loads(done.stdout)
    return set(loaded), set(later), enabled, frozen


@pytest.mark.parametrize(
    ("name", "needed", "others"),
    [
        ("rolling", "run", {"blue_green", "staged", "pod_by_pod", "switch", "outages", "look", "preflight", "promotions", "versions"}),
        ("blue_green", "blue_green", {"outages", "preflight", "look"}),
        ("partition", "pod_by_pod", {"blue_green", "outages", "preflight"}),
    ],
)
def test_a_plugin_brings_what_its_own_tasks_need_and_no_engine_of_others(name: str, needed: str, others: set[str], tmp_path: Path) -> None:
    loaded, later, enabled, frozen = loaded_by(name, tmp_path)
    engine = {module.rpartition(".")[2] for module in loaded if module.startswith(f"{UTILS}._engine.")}
    assert needed in engine
    assert not engine & others
    assert not later, "each fork would import it"
    assert (enabled, frozen) == (True, 0), "garbage is collected as before"


def test_what_is_compiled_is_kept(tmp_path: Path) -> None:
    loaded_by("pause", tmp_path)
    kept = {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc") if "module_utils" in path.parts}
    assert {"main", "plan", "request", "client"} <= kept


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        loading.action_of("pause")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


def test_the_finders_are_left_as_they_were() -> None:
    before = list(sys.meta_path)
    loading.action_of("pause")
    assert sys.meta_path == before
    with pytest.raises(KeyError):
        loading.action_of("experiment")
    assert sys.meta_path == before


def test_its_own_libraries_are_found_and_nothing_else(tmp_path: Path) -> None:
    finder = loading.Compiled()
    (tmp_path / "_empty").mkdir()
    (tmp_path / "there.py").write_text("")
    folder = [str(tmp_path)]
    found = finder.find_spec(f"{UTILS}.there", folder)
    assert found is not None
    assert found.origin == str(tmp_path / "there.py")
    for name in (
        f"{UTILS}.missing",
        f"{UTILS}._empty",
        f"{PLUGINS}.modules.there",
        "ansible_collections.other.one.plugins.module_utils.there",
    ):
        assert finder.find_spec(name, folder) is None
    assert finder.find_spec(f"{UTILS}.there", None) is None
