# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the option that lets a task change what somebody else looks after."""

from __future__ import annotations


class ModuleDocFragment:
    """For operations; `ownership.fields` for modules that apply manifests."""

    DOCUMENTATION = r"""
options:
  take_ownership:
    description: Change what a GitOps tool or a Helm release looks after, which may change it back.
    type: bool
    default: false
"""

    FIELDS = r"""
options:
  take_ownership:
    description:
      - Take a workload over although GitOps or Helm manages it, and fields although a controller owns them. The other side may write
        them again; use it when it is going to be removed.
    type: bool
    default: false
"""
