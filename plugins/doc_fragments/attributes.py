# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say what all modules support."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  action_group:
    description: Use C(group/rollout.kubernetes.rollout) in C(module_defaults) to set defaults for all modules at once.
    support: full
    membership: [rollout.kubernetes.rollout]
  async:
    description: Can be used with the C(async) keyword; the module then runs in a process of its own, without live progress.
    support: full
  platform:
    description: Target systems.
    support: full
    platforms: posix
"""
