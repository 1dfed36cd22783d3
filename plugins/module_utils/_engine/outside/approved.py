# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody has approved, and what a task is going to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Approved:
    """`expected`: the hash of the plan that may be carried out, empty where any may; `found`: that of the plan, empty before there is
    one."""

    expected: str = ""
    found: str = ""
