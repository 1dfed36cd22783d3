# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the option that binds a task to the plan that somebody has approved."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  expect_plan:
    description:
      - The RV(ignore:plan_hash) of this task in check mode. Anything else than that plan is refused before anything is written, and the
        refusal says what differs.
      - The hash is over what there shall be in the end and over the names of the steps. It stays the same when the task was killed and runs
        again, for another RV(ignore:change_cause) or user, and when somebody or an autoscaler has scaled a workload. Options that say how a
        task waits, measures or goes back are not part of it.
      - An empty text is refused, so that a variable that got lost lets no other plan pass.
    type: str
"""
