# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of the built collection: ansible-test sanity on its content, and Galaxy's import check."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import envs
from .outcomes import Outcome, single
from .paths import NAME, NAMESPACE, ROOT, cache
from .shell import Command, Problem, quiet, run

# What ansible-test would fetch from a host of its own to put pip into its environments; this one needs the package index alone.
GET_PIP = """\
import subprocess
import sys

unwanted = ("--no-setuptools", "--no-wheel")
wanted = [argument for argument in sys.argv[1:] if argument not in unwanted]
subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True)
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=False).returncode)
"""


def can_build() -> bool:
    """Say whether there is a collection to build."""
    return (ROOT / "galaxy.yml").is_file()


@contextmanager
def built(environment: Path) -> Iterator[Path]:
    """Build the collection as it would be published, into a folder that goes away; give the path of the archive."""
    if not can_build():
        raise Problem("There is no galaxy.yml, so there is no collection to build.")
    with tempfile.TemporaryDirectory(prefix="rollout-kubernetes-") as folder:
        command: Command = [environment / "bin" / "ansible-galaxy", "collection", "build", ROOT, "--output-path", folder]
        quiet(command, "Building the collection", env=envs.variables(environment))
        yield next(Path(folder).glob("*.tar.gz"))


def sanity(_extra: Sequence[str]) -> list[Outcome]:
    """Run ansible-test sanity on what would be published, in a folder as ansible-test wants it."""
    environment = envs.main()
    home = cache() / "ansible-test"
    with built(environment) as archive:
        target = archive.parent / "ansible_collections" / NAMESPACE / NAME
        target.mkdir(parents=True)
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")
        prepare_pip(environment, home)
        variables = envs.variables(environment) | {"HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(target.parent.parent.parent)}
        ask = "import sys; print('%d.%d' % sys.version_info[:2])"
        version = quiet([environment / "bin" / "python", "-c", ask], "Asking Python").strip()
        command: Command = [environment / "bin" / "ansible-test", "sanity", "--python", version, "--color", "no"]
        code = run(command, cwd=target, env=variables)
    return [single("sanity", "ansible-test sanity", passed=code == 0)]


def prepare_pip(environment: Path, home: Path) -> None:
    """Put the script where ansible-test of this version looks before it fetches one."""
    question = "from ansible_test._internal.python_requirements import get_venv_packages as g; import types, sys"
    question += "; print(g(types.SimpleNamespace(version='%d.%d' % sys.version_info[:2]))['pip'])"
    version = quiet([environment / "bin" / "python", "-c", question], "Asking ansible-test for its pip").strip()
    script = home / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(GET_PIP)


def importer(_extra: Sequence[str]) -> list[Outcome]:
    """Run the check that Galaxy makes when a collection is uploaded."""
    environment = envs.importer()
    with built(envs.main()) as archive:
        command = [str(environment / "bin" / "python"), "-m", "galaxy_importer.main", str(archive)]
        variables = envs.variables(environment) | {"ANSIBLE_HOME": str(archive.parent / "home"), "HOME": str(archive.parent)}
        variables.pop("ANSIBLE_COLLECTIONS_PATH", None)
        done = subprocess.run(command, cwd=archive.parent, env=variables, capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, end="", flush=True)
    passed = done.returncode == 0 and "ERROR" not in done.stdout + done.stderr
    return [single("importer", "galaxy-importer", passed=passed)]
