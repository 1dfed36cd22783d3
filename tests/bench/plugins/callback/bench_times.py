# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes when each task began and ended, as one line of JSON: seconds of the machine's clock."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: bench_times
type: notification
short_description: Record times for benchmarks
description: [Writes when each task began and ended as one line of JSON to the file that ROLLOUT_BENCH_TIMES names.]
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """One line for each task that ended, as the process of ansible-playbook sees it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "bench_times"

    def __init__(self) -> None:
        super().__init__()
        self.began = 0.0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self.began = time.time()

    def v2_runner_on_ok(self, result: Any) -> None:
        line = {"began": self.began, "ended": time.time()}
        with open(os.environ["ROLLOUT_BENCH_TIMES"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
