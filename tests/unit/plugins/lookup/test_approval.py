# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions on a terminal, which somebody answers in time, too late or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.terminal import on_terminal

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ {'asked': lookup('rollout.kubernetes.approval', 'Take the step switch? Type yes', timeout=time)} | to_json }}"
    - ansible.builtin.assert:
        that: query('rollout.kubernetes.approval', timeout=time) == []
        quiet: true
"""
PATIENCE = 40.0
"""Seconds until a play that hangs is ended."""


def asked(folder: Path, typed: bytes | None, timeout: str = "60s") -> str:
    """What a play prints on a terminal on which this is typed once it asks; None: there is no terminal."""
    playbook = folder / "ask.yml"
    playbook.write_text(PLAYBOOK)
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), "--extra-vars", json.dumps({"time": timeout})]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_STDOUT_CALLBACK": "minimal", "TERM": "dumb"}
    if typed is None:
        ended = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return ended.stdout
    return on_terminal(command, environment, typed, PATIENCE)[1]


def outcome(shown: str) -> dict[str, str]:
    """The answer that the play has printed."""
    line = next(line for line in shown.splitlines() if "asked" in line)
    found: dict[str, str] = json.loads(line[line.index("{") : line.rindex("}") + 1].replace('\\"', '"'))["asked"]
    return found


@pytest.mark.parametrize(
    ("typed", "timeout", "answer", "how"),
    [
        (b" Yes\r", "60s", "yes", "answered"),
        (b"no\n", "60", "no", "answered"),
        (b"\r", "60", "", "answered"),
        (b"", "1", "", "late"),
        (b"yes", "1s", "", "late"),
        (b"\x03", "60", "", "interrupted"),
        (None, "60", "", "no terminal"),
    ],
    ids=["yes", "no", "only Enter", "nothing", "half a line", "ctrl+C", "no terminal"],
)
def test_a_question_is_answered_or_its_time_is_over(tmp_path: Path, typed: bytes | None, timeout: str, answer: str, how: str) -> None:
    assert outcome(asked(tmp_path, typed, timeout)) == {"answer": answer, "outcome": how}


@pytest.mark.parametrize(("timeout", "words"), [("soon", "timeout is no length of time:"), ("0", "timeout must be at least 1 second")])
def test_a_time_that_is_none_is_refused(tmp_path: Path, timeout: str, words: str) -> None:
    # Ansible 2.18 breaks the line.
    assert words in " ".join(asked(tmp_path, None, timeout).split())
