# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies in the user's cache is made once, whole or not at all, and what cannot be had is told in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.dev import golang
from tests.dev.cached import made
from tests.dev.foreign import Foreign
from tests.dev.shell import Problem

ROOT = Path(__file__).resolve().parent.parent.parent.parent
MAKER = """\
import pathlib, sys
from tests.dev.cached import made

def fill(folder):
    print("makes it", flush=True)
    sys.stdin.read()
    (folder / "program").touch()

made(pathlib.Path(sys.argv[1]), fill, "waits")
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "rollout-kubernetes"
    folder.mkdir()
    return folder


def test_a_folder_is_made_once(cache):
    calls: list[Path] = []
    for _time in range(2):
        assert made(cache / "thing-1", calls.append, "waits") == cache / "thing-1"
    assert len(calls) == 1
    assert not calls[0].exists()
    assert sorted(path.name for path in cache.iterdir()) == ["thing-1", "thing.lock"]


def test_nothing_stays_of_a_folder_that_could_not_be_made(cache):
    def fill(folder: Path) -> None:
        (folder / "half").touch()
        raise Problem("The disk is full.")

    with pytest.raises(Problem):
        made(cache / "thing-1", fill, "waits")
    assert [path.name for path in cache.iterdir()] == ["thing.lock"]


def test_what_a_killed_process_left_is_removed(cache):
    (cache / "making-thing-abc").mkdir()
    (cache / "making-another-abc").mkdir()
    made(cache / "thing-1", lambda _folder: None, "waits")
    assert sorted(path.name for path in cache.iterdir()) == ["making-another-abc", "thing-1", "thing.lock"]


def test_of_two_processes_one_makes_it_and_the_other_waits(cache):
    def process() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", MAKER, str(cache / "thing-1")]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with process() as first, process() as second:
        assert first.stdout
        assert second.stdout
        said = {first: first.stdout.readline(), second: second.stdout.readline()}
        assert sorted(said.values()) == ["makes it\n", "waits\n"]
        maker = next(one for one, line in said.items() if line == "makes it\n")
        maker.communicate()
        other = second if maker is first else first
        assert (other.communicate()[0], other.returncode) == ("", 0)
    assert (cache / "thing-1" / "program").exists()


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("# x/y\ny.go:1: undefined: z", "# x/y | y.go:1: undefined: z"),
        ("a/b.go:3:2: reading https://proxy.golang.org/x/@v/v1.zip: 403 Forbidden", "look at the network, or set GOPROXY"),
        ('x: Get "https://proxy.golang.org/x": dial tcp: lookup proxy.golang.org: no such host', "look at the network, or set GOPROXY"),
        ("x@v1: module lookup disabled by GOPROXY=off", "look at the network, or set GOPROXY"),
        ("x: write: no space left on device", "the disk is full; free some space and run the same command again."),
    ],
)
def test_why_a_build_failed_is_said_with_the_remedy(output, said):
    assert said in golang.why(output)
    assert "\n" not in golang.why(output)


def fake_go(folder: Path, script: str) -> str:
    """A program in the place of Go, which prints what Go would."""
    program = folder / "go"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_a_module_that_cannot_be_had_is_named(tmp_path):
    go = fake_go(tmp_path, """echo '{"Path": "example.org/x", "Error": "dial tcp: i/o timeout"}'; exit 1""")
    with pytest.raises(Problem, match=r"^Downloading the Go module example.org/x failed: dial tcp: i/o timeout \(Go modules cannot"):
        golang.module_folder("example.org/x", tmp_path, go)


def test_a_module_lies_where_go_says(tmp_path):
    go = fake_go(tmp_path, """echo '{"Path": "example.org/x", "Dir": "/modules/x@v1"}'""")
    assert golang.module_folder("example.org/x", tmp_path, go) == Path("/modules/x@v1")


def test_a_program_is_another_one_when_what_it_is_built_from_changes(tmp_path):
    (tmp_path / "sources" / "stand_in").mkdir(parents=True)
    for name in ("go.mod", "go.sum", "stand_in/x.go", "README.md"):
        (tmp_path / "sources" / name).write_text("")
    program = Foreign(name="thing", title="Thing", sources=tmp_path / "sources", package="example.org/thing", minutes=1)
    before = program.folder
    (tmp_path / "sources" / "README.md").write_text("Words.")
    assert program.folder == before
    assert program.folder.name.startswith("thing-")
    (tmp_path / "sources" / "stand_in" / "x.go").write_text("package x")
    assert program.folder != before


def test_a_failed_build_is_one_sentence_and_leaves_nothing(cache, tmp_path, monkeypatch):
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.0.0\n")
    monkeypatch.setattr(
        "tests.dev.foreign.go_program", lambda _program: fake_go(tmp_path, "echo 'lookup proxy.golang.org: no such host' >&2; exit 1")
    )
    with pytest.raises(Problem, match=r"^Building thing failed: lookup proxy.golang.org: no such host \(Go modules cannot be downloaded"):
        Foreign(name="thing", title="Thing", sources=tmp_path, package="example.org/thing", minutes=1).program()
    assert [path.name for path in cache.iterdir()] == ["thing.lock"]
