# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is built beside the levels: what a machine needs, and what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.dev import ahead

SLEEPER = "import signal, time; signal.signal(signal.SIGINT, lambda *_: exit(3)); print('builds', flush=True); time.sleep(600)"


@pytest.mark.parametrize(("obstacle", "names"), [("", ["prometheus", "istiod", "traefik"]), ("a real node needs root", ["prometheus"])])
def test_routers_are_built_where_a_real_node_can_run(monkeypatch, obstacle, names):
    monkeypatch.setattr(ahead.node, "obstacle", lambda: obstacle)
    assert [program.name for program in ahead.programs()] == names


def test_nothing_is_begun_where_all_is_there(monkeypatch):
    monkeypatch.setattr(ahead.Foreign, "is_there", True)
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda *_arguments, **_options: pytest.fail("Something is built."))
    ahead.begin()


def test_what_is_missing_is_begun_and_told(monkeypatch, tmp_path, capsys):
    begun: list[list[str]] = []
    monkeypatch.setattr(ahead, "OUTPUT", tmp_path / "output")
    monkeypatch.setattr(ahead.node, "obstacle", lambda: "")
    monkeypatch.setattr(ahead.Foreign, "is_there", property(lambda program: program.name == "prometheus"))
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda command, **_options: begun.append(command))
    monkeypatch.setattr(ahead.atexit, "register", lambda *_arguments: None)
    ahead.begin()
    assert begun == [[sys.executable, "-m", "tests.dev.ahead"]]
    assert capsys.readouterr().out == "Built meanwhile, once for this machine: istiod, Traefik; see tests/output/built.txt.\n"


def test_a_build_that_nobody_waits_for_any_more_is_ended():
    with subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        ahead._end(process)
        assert process.returncode == 3
        ahead._end(process)
