# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-builder puts into an execution environment is what the collection imports."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import yaml

from .conftest import environment
from .jobs import COLLECTIONS, PROJECT, ROOT

OF_THE_LIBRARY = {"urllib3": "kubernetes"}
"""What comes with something that is asked for."""
FILTERED = {"yaml": "PyYAML"}
"""What ansible-builder leaves out, as each execution environment has it."""
LATER = {"openshift-client"}
"""What is asked for already and not imported yet."""


def imported() -> set[str]:
    """The third-party packages that plugins import."""
    found = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {name.partition(".")[0] for name in names}
    return found - set(sys.stdlib_module_names) - {"ansible", "ansible_collections", ""}


def test_introspection_lists_what_is_imported() -> None:
    where = environment("COLLECTIONS")
    command = [str(where / "bin" / "ansible-builder"), "introspect", str(COLLECTIONS)]
    surroundings = {"PATH": f"{where / 'bin'}:{os.defpath}", "LANG": "C.UTF-8"}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)
    listed = yaml.safe_load(done.stdout)
    python = {line.partition("#")[0].partition(">")[0].strip() for line in listed["python"]}
    wanted = {OF_THE_LIBRARY.get(name, name) for name in imported() if name not in FILTERED}
    assert python == wanted | LATER
    assert not listed.get("system")


def test_the_example_is_what_ansible_builder_takes(tmp_path: Path) -> None:
    where = environment("COLLECTIONS")
    options = ["--file", str(PROJECT / "execution-environment.yml"), "--context", str(tmp_path), "--output-filename", "Containerfile"]
    command = [str(where / "bin" / "ansible-builder"), "create", *options]
    surroundings = {"PATH": f"{where / 'bin'}:{os.defpath}", "LANG": "C.UTF-8"}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    recipe = (tmp_path / "Containerfile").read_text()
    assert "python3.12" in recipe
    assert "rollout.kubernetes" in (tmp_path / "_build" / "requirements.yml").read_text()
