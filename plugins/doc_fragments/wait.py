# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say how a task waits for a rollout."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  wait_timeout:
    description:
      - How many seconds to wait for all workloads of the task together. At least 1.
      - It covers the waiting; a rollback after a failure has the same time once more.
    type: int
    default: 600
    aliases: [timeout]
  failure_grace:
    description:
      - How many seconds a trouble may last that can heal by itself (no node has room, a quota is used up, the registry has a
        hiccup) before the wait ends as failed.
      - Without it the workload's own progress deadline decides, as Kubernetes counts it.
      - What cannot heal (the image does not exist, a key of a ConfigMap is missing, an admission policy refuses the pods) always ends the
        wait at once, and a crash loop at its third restart.
    type: int
  log_lines:
    description:
      - How many of the last lines of a crashing container's log stand in the message. V(0) turns it off.
      - What looks like a password or a token is masked.
    type: int
    default: 5
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
