# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running other programs, and failing with one sentence."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Command = Sequence[str | Path]


class Problem(Exception):
    """What went wrong and what helps, in one sentence for the user."""


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def explain(error: OSError) -> str:
    """Return a sentence for an error of the operating system."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full{where}: free some space and run the same command again."
    return f"{error.strerror or error}{where}."


def need(program: str, remedy: str) -> str:
    """Return the path of a program, or say how to get it."""
    found = shutil.which(program)
    if not found:
        raise Problem(f"The program {program} is missing: {remedy}.")
    return found


def run(command: Command, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
    """Run a command with its output shown; return its exit code."""
    try:
        return subprocess.run([str(part) for part in command], env=env, cwd=cwd, check=False).returncode
    except FileNotFoundError as error:
        raise Problem(f"The program {command[0]} is missing.") from error


def captured(command: Command, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> tuple[int, str]:
    """Run a command; return its exit code and all that it printed, for those that run beside others."""
    done = subprocess.run(
        [str(part) for part in command], env=env, cwd=cwd, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def quiet(command: Command, what: str, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a command without output and return what it printed; when it fails, say what failed with its last lines."""
    try:
        done = subprocess.run([str(part) for part in command], env=env, cwd=cwd, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Problem(f"{what} failed: the program {command[0]} is missing.") from error
    if done.returncode:
        raise Problem(f"{what} failed: {last_lines(done.stderr or done.stdout)}")
    return done.stdout


def last_lines(text: str, count: int = 3) -> str:
    """Return the last lines that say something, as one line."""
    if "no space left on device" in text.lower():
        return "the disk is full; free some space and run the same command again."
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-count:]) or "it printed nothing."


@contextlib.contextmanager
def lock(path: Path, waiting: str) -> Iterator[None]:
    """Hold a lock on a file; say what is waited for when another process has it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(waiting)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Progress:
    """One line that counts the seconds while something runs; plain lines where there is no terminal."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.started = time.monotonic()
        self.terminal = sys.stdout.isatty()
        if not self.terminal:
            say(text)

    def tick(self) -> None:
        """Show the time so far."""
        if self.terminal:
            print(f"\r{self.text}  {time.monotonic() - self.started:4.0f} s", end="", flush=True)

    def done(self) -> None:
        """End the line with the whole time."""
        spent = time.monotonic() - self.started
        say(f"\r{self.text}  {spent:4.0f} s" if self.terminal else f"    took {spent:.0f} s")
