# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers: the contracts in pyproject.toml refuse what they are there to refuse."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
UTILS = ROOT / "plugins" / "module_utils"
HERE = "ansible_collections.rollout.kubernetes.plugins.module_utils"


def lint(collections: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's contracts on the collection in this folder."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(collections), "COLUMNS": "400"}  # Else long names are broken into lines.
    return subprocess.run(command, cwd=collections, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the layers, to be spoilt."""
    target = tmp_path / "ansible_collections" / "rollout" / "kubernetes" / "plugins" / "module_utils"
    shutil.copytree(UTILS, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        ("_domain/base", f"import {HERE}._kube"),
        ("_domain/steps", f"from {HERE} import _engine"),
        ("_strategies", f"import {HERE}._kube"),
        ("_kube", f"import {HERE}._strategies"),
        ("_gates", f"import {HERE}._kube"),
        ("_gates", "import urllib3"),
        ("_routers", f"import {HERE}._strategies"),
        ("_routers", f"import {HERE}._kube"),
        ("_routers", "import yaml"),
        ("_routers", "import urllib3"),
        ("_domain/traffic", f"import {HERE}._routers.table"),
        ("_engine", f"import {HERE}._entry"),
        ("_domain/base", "import kubernetes"),
        ("_domain/base", f"import {HERE}._domain.text.masking"),
        ("_domain/workloads", f"from {HERE}._domain import kinds"),
        ("_domain/leases", f"import {HERE}._domain.request"),
        ("_domain/config", f"from {HERE}._domain.traffic import services"),
        ("_domain/ownership", f"import {HERE}._domain.traffic.routes"),
        ("_domain/traffic", f"import {HERE}._domain.sides.claims"),
        ("_domain/steps", f"import {HERE}._domain.preflight.table"),
        ("_engine", "import urllib3"),
        ("_strategies", "import yaml"),
        ("_entry", "from kubernetes import client"),
        ("_engine", "from ansible.module_utils.basic import AnsibleModule"),
        ("_kube", "import ansible"),
    ],
)
def test_forbidden_import_is_refused(copy: Path, layer: str, line: str) -> None:
    (copy / layer / "spoilt.py").write_text(f"{line}\n")
    done = lint(copy.parents[4])
    assert done.returncode == 1
    assert "spoilt" in done.stdout


def test_new_package_must_be_put_into_a_layer(copy: Path) -> None:
    (copy / "_elsewhere").mkdir()
    (copy / "_elsewhere" / "__init__.py").touch()
    assert lint(copy.parents[4]).returncode == 1


@pytest.mark.parametrize("layer", ["_domain", "_gates", "_routers", "_strategies"])
def test_pure_layers_use_the_standard_library_only(layer: str) -> None:
    foreign = {
        f"{path.name}: {name}"
        for path in (UTILS / layer).rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(HERE)
    }
    assert {entry for entry in foreign if not (layer == "_gates" and entry.startswith("http.py: urllib3"))} == set()


def imported(path: Path) -> set[str]:
    """Return the absolute names of all modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names
