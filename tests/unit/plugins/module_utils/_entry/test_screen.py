# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of progress go where somebody reads, and are left out where nobody does, or not now."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.screen import Screen

Start = Callable[[int], int]


@pytest.fixture
def writer() -> Iterator[Start]:
    """Starts a process that has a descriptor as its standard output, and writes nothing."""
    running: list[subprocess.Popen[bytes]] = []

    def start(stdout: int) -> int:
        program = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        running.append(subprocess.Popen(program, stdin=subprocess.PIPE, stdout=stdout))
        return running[-1].pid

    yield start
    for process in running:
        process.communicate()


def shown(pid: int, *lines: str) -> list[str]:
    found: list[str] = []
    screen = Screen(pid, found.append)
    for line in lines:
        screen.line(line)
    return found


def test_a_pipe_that_is_read_gets_each_line(writer: Start) -> None:
    read, write = os.pipe()
    assert shown(writer(write), "one", "two") == ["one", "two"]
    os.close(write)
    os.close(read)


def test_nothing_more_comes_once_the_reader_has_gone(writer: Start) -> None:
    read, write = os.pipe()
    pid = writer(write)
    os.close(write)
    found: list[str] = []
    screen = Screen(pid, found.append)
    screen.line("one")
    os.close(read)
    screen.line("two")
    screen.line("three")
    assert found == ["one"]


def test_a_named_pipe_counts_as_well(writer: Start, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write = os.open(path, os.O_WRONLY)
    pid = writer(write)
    os.close(write)
    assert shown(pid, "one") == ["one"]
    os.close(read)
    assert shown(pid, "one") == []


def test_a_pipe_that_is_full_gets_no_line_until_somebody_reads(writer: Start) -> None:
    read, write = os.pipe()
    pid = writer(write)
    os.set_blocking(write, False)
    written = os.write(write, b"x" * 1_000_000)
    found: list[str] = []
    screen = Screen(pid, found.append)
    screen.line("one")
    os.read(read, written)
    screen.line("two")
    assert found == ["two"]
    os.close(write)
    os.close(read)


def test_what_is_no_pipe_or_cannot_be_looked_at_gets_each_line(writer: Start) -> None:
    assert shown(writer(subprocess.DEVNULL), "one") == ["one"]
    assert shown(2**22 + 1, "one") == ["one"], "there is no such process"
