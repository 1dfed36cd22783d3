# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the result of every task as one line of JSON, beside whatever is shown on the terminal."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: rollout_record
type: notification
short_description: Record results for tests
description: [Writes the result of every task as one line of JSON to the file that ROLLOUT_TEST_RECORD names.]
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """One line for each result: host, task, outcome, result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "rollout_record"

    def _record(self, outcome: str, result: Any) -> None:
        new = hasattr(type(result), "result")
        host, task, data = (result.host, result.task, result.result) if new else (result._host, result._task, result._result)
        line = {"host": host.get_name(), "task": task.get_name(), "outcome": outcome, "result": data}
        with open(os.environ["ROLLOUT_TEST_RECORD"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record("unreachable", result)
