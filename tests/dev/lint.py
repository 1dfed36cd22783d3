# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The static checks: each tool is one check; two run at a time, and only what failed is shown."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import envs
from .outcomes import Outcome, from_junit, single
from .paths import COLLECTIONS, OUTPUT, ROOT
from .shell import Command, captured, say

MYPY_TESTS = (
    *("tests/awx", "tests/bench", "tests/conformance", "tests/demo", "tests/dev", "tests/examples", "tests/functional", "tests/lint"),
    *("tests/memory", "tests/mutations", "tests/unit/conformance", "tests/unit/examples", "tests/unit/memory", "tests/zero_downtime"),
)


def checks() -> dict[str, list[str]]:
    """Return the commands by name, those first that take long."""
    result = {
        "ansible-lint": ["ansible-lint", "--offline", "--profile", "production", "--strict"],
        "docs": ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "."],
        "mypy plugins": ["mypy", "-p", "ansible_collections.rollout.kubernetes.plugins"],
        "mypy tests": ["mypy", *MYPY_TESTS],
        "ruff check": ["ruff", "check", "--no-cache", "."],
        "ruff format": ["ruff", "format", "--no-cache", "--check", "."],
        "yamllint": ["yamllint", "--strict", "."],
        "changelog": ["antsibull-changelog", "lint"],
        "generated": ["python", "-m", "tests.dev.pages", "--check"],
        "imports": ["lint-imports", "--no-cache"],
    }
    if not (ROOT / "galaxy.yml").exists():
        for name in ("docs", "changelog", "ansible-lint"):
            del result[name]
    return result


def level(extra: Sequence[str]) -> list[Outcome]:
    """Run all tools, and the tests of the contracts themselves."""
    environment = envs.main()
    variables = envs.variables(environment) | {
        "PYTHONPATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(OUTPUT / "ansible-home"),
        "MYPY_CACHE_DIR": str(OUTPUT / "mypy"),
    }
    with ThreadPoolExecutor(max_workers=2) as pool:
        bite = pool.submit(contracts, environment, variables, extra)
        outcomes = list(pool.map(lambda item: check(item[0], item[1], variables), checks().items()))
        return [*outcomes, bite.result()]


def check(name: str, command: Sequence[str], variables: dict[str, str]) -> Outcome:
    """Run one tool."""
    started = time.monotonic()
    program = str(Path(variables["VIRTUAL_ENV"]) / "bin" / command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    spent = time.monotonic() - started
    if done.returncode:
        say(f"----- {name}: failed ({spent:.0f} s)\n{done.stdout}{done.stderr}".rstrip())
    else:
        say(f"----- {name}: passed ({spent:.0f} s)")
    return single("lint", name, passed=done.returncode == 0)


def contracts(environment: Path, variables: dict[str, str], extra: Sequence[str]) -> Outcome:
    """Run the tests that show that the contracts bite."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    report = OUTPUT / "junit-lint.xml"
    report.unlink(missing_ok=True)
    command: Command = [environment / "bin" / "python", "-m", "pytest", "-q", f"--junitxml={report}", "tests/lint", *extra]
    code, printed = captured(command, cwd=ROOT, env=variables)
    say(f"----- tests of the contracts:\n{printed}".rstrip())
    return from_junit("lint", report, code)
