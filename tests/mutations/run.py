# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the tests of each mutation in copies of the working tree, of which nothing is changed: ./dev test mutations.

A mutation is caught when pytest ends with failures of tests. An error of the collection, a run without tests and one without an end say
nothing, so they do not count.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET  # only written here
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .table import MUTATIONS, Mutation
from .witness import STRANGE

ROOT = Path(__file__).resolve().parent.parent.parent
AT_A_TIME = 2
LONGEST = 300
"""Seconds after which the tests of a mutation are ended."""
_LEFT_OUT = (".git", ".venv*", ".cluster", "output", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ansible", "*.tar.gz")
_FAILED_TESTS = 1
_TOLD = {
    0: "all tests passed",
    2: "pytest was interrupted, as by an error of an import: that is no failure of a test",
    3: "pytest failed itself",
    4: "pytest did not understand its arguments",
    5: "pytest found no such test",
    STRANGE: "the tests ran on code from another folder",
}


@dataclass(frozen=True)
class Result:
    """How it went with one mutation."""

    name: str
    caught: bool
    seconds: float
    why: str = ""
    """Why it was not caught."""

    def __str__(self) -> str:
        return f"{'caught' if self.caught else 'NOT CAUGHT':11}{self.seconds:5.0f} s  {self.name}{f': {self.why}' if self.why else ''}"


class Tree:
    """A copy of the working tree, in which the collection is found by its own link."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """The product with its fault, for so long."""
        path = self.folder / mutation.path
        before = path.read_text("utf-8")
        try:
            self._put(path, before.replace(mutation.old, mutation.new))
            yield
        finally:
            self._put(path, before)

    @staticmethod
    def _put(path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        # Compiled code is told to be old by its source's time in seconds and length: both may be the same.
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()

    def test(self, tests: Sequence[str], *, keep: bool = False, seconds: float = LONGEST) -> tuple[int | None, str]:
        """Run tests to the first failure: pytest's exit code, None without an end in time, and what it printed. `keep` compiled code."""
        variables = {key: value for key, value in os.environ.items() if not key.startswith(("ROLLOUT_MEMORY", "PYTEST_"))}
        variables["ROLLOUT_MEMORY"] = "all"  # of the few cases of matrices that are named, every one
        variables |= {"ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"), "PYTHONDONTWRITEBYTECODE": "" if keep else "1"}
        variables.pop("PYTHONPATH", None)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tests.mutations.witness", *tests]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None, ""
        return done.returncode, done.stdout


def outcome_of(mutation: Mutation, tree: Tree) -> Result:
    """Whether the tests that are named for a mutation find it."""
    began = time.monotonic()
    count = (tree.folder / mutation.path).read_text("utf-8").count(mutation.old)
    if count != 1:
        why = f"the text to be changed occurs {count} times in {mutation.path}, not once; correct tests/mutations/table.py"
        return Result(mutation.name, caught=False, seconds=0.0, why=why)
    with tree.mutated(mutation):
        code, printed = tree.test(mutation.tests)
    seconds = time.monotonic() - began
    if code == _FAILED_TESTS:
        return Result(mutation.name, caught=True, seconds=seconds)
    why = f"its tests had no end within {LONGEST} s" if code is None else _TOLD.get(code, f"pytest ended with {code}")
    if code:
        print(printed, flush=True)
    return Result(mutation.name, caught=False, seconds=seconds, why=f"{why} ({' '.join(mutation.tests)})")


def sound(mutations: Sequence[Mutation], trees: Sequence[Tree]) -> bool:
    """All tests that are named pass without any mutation, which is shown once."""
    tests = list(dict.fromkeys(test for mutation in mutations for test in mutation.tests))
    shares = [share for number in range(len(trees)) if (share := tests[number :: len(trees)])]
    with ThreadPoolExecutor(len(shares)) as pool:
        ends = list(pool.map(lambda tree, share: tree.test(share, keep=True, seconds=LONGEST * 4), trees, shares))
    for code, printed in ends:
        if code != 0:
            print(printed or "The tests had no end.", flush=True)
    return all(code == 0 for code, _printed in ends)


def chosen(words: str) -> list[Mutation]:
    """The mutations in whose name, file or tests all these words stand."""

    def told(mutation: Mutation) -> str:
        return " ".join((mutation.name, mutation.file, *mutation.tests)).lower()

    return [mutation for mutation in MUTATIONS if all(word in told(mutation) for word in words.lower().split())]


def report(path: Path, results: Sequence[Result]) -> None:
    """Write the results as pytest writes its own."""
    failed = sum(not result.caught for result in results)
    suite = ET.Element("testsuite", name="mutations", tests=str(len(results)), failures=str(failed), errors="0", skipped="0")
    for result in results:
        case = ET.SubElement(suite, "testcase", name=result.name, time=f"{result.seconds:.1f}")
        if not result.caught:
            ET.SubElement(case, "failure", message=result.why)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8")


def carried_out(mutations: Sequence[Mutation], folder: Path) -> list[Result]:
    """All mutations, some at a time, each in a tree of its own."""
    trees = [Tree(folder / str(number)) for number in range(AT_A_TIME)]
    if not sound(mutations, trees):
        return [Result("without any mutation", caught=False, seconds=0.0, why="the tests that are named do not all pass, so none can tell")]
    free: queue.SimpleQueue[Tree] = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(mutation: Mutation) -> Result:
        tree = free.get()
        try:
            result = outcome_of(mutation, tree)
        finally:
            free.put(tree)
        print(result, flush=True)
        return result

    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        return list(pool.map(one, mutations))
    finally:
        pool.shutdown(cancel_futures=True)


def main() -> int:
    """Run the chosen mutations."""
    parser = argparse.ArgumentParser(
        prog="dev test mutations --", description="Put faults into the product and see whether tests find them."
    )
    parser.add_argument("-k", default="", metavar="WORDS", help="only mutations in whose name, file or tests all these words stand")
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    mutations = chosen(options.k)
    if not mutations:
        print(f"There is no mutation of these words: {options.k}", flush=True)
        return 5
    # Not below the working tree, nor with a space in the path.
    with tempfile.TemporaryDirectory(prefix="rollout-mutations-", ignore_cleanup_errors=True) as folder:
        results = carried_out(mutations, Path(folder).resolve())
    if options.report:
        report(options.report, results)
    return 0 if all(result.caught for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
