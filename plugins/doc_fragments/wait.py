# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say how a task waits for a rollout."""

from __future__ import annotations


class ModuleDocFragment:
    """All of them; `wait.progress` for a module that waits in its own way."""

    def __init__(self) -> None:
        """The progress from one text."""
        self.PROGRESS = "options:\n" + _PROGRESS
        self.DOCUMENTATION = _TIMES + _PROGRESS


_TIMES = r"""
options:
  wait_timeout:
    description:
      - How long each step may take, of all workloads of the task together. At least a second. A rolling update is one step; what must end
        before it begins has the same time, and so has a rollback after a failure.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
    default: 10m
    aliases: [timeout]
  failure_grace:
    description:
      - How long a trouble may last that can heal by itself (no node has room, a quota is used up, the registry has a
        hiccup) before the wait ends as failed.
      - Without it the workload's own progress deadline decides, as Kubernetes counts it.
      - What cannot heal (the image does not exist, a key of a ConfigMap is missing, an admission policy refuses the pods) always ends the
        wait at once, and a crash loop at its third restart.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
  log_lines:
    description:
      - How many of the last lines of a crashing container's log stand in the message. V(0) turns it off.
      - What looks like a password or a token is masked.
    type: int
    default: 5
"""

_PROGRESS = r"""
  progress:
    description:
      - V(auto) shows one line for each change of the rollout while it runs, on the terminal and in an AWX job's output. V(off) shows none.
      - Progress is only live where the work is done in the controller's process, that is with a local connection and without
        C(become) and C(async). There is none under C(no_log), or with a stdout callback that a machine reads.
      - Where a pipe reads Ansible's output, as in many pipelines, Python holds lines back until they fill a buffer; set
        E(PYTHONUNBUFFERED) to V(1) there.
      - The environment variable E(ROLLOUT_PROGRESS) set to C(false) turns it off everywhere.
    type: str
    choices: [auto, 'off']
    default: auto
"""
