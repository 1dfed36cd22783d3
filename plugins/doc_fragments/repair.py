# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the option that says which pods of a StatefulSet are deleted."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  repair:
    description:
      - Which pods of a StatefulSet are deleted so that it gets past them, one at a time and each only when the one before is ready again.
        They are made anew from the template that is wanted; the message names them with the reason. Ready pods are never deleted, and
        neither are volumes.
      - V(blocking) those that are not ready and not of the revision to be reached; a pod of the version that serves, where that is not
        taken back, only if it certainly does not heal, otherwise it is waited for.
      - V(all) also those of the version that serves, and those of the revision to be reached that were not ready when the task began,
        although they may still heal.
      - V(none) no pod. Then the message names the pod that is in the way.
      - A pod below the partition comes back with the version that serves.
      - Refused for a workload of another kind, which gets past broken pods by itself; among several kinds it counts for the StatefulSets.
      - V(true) and V(false) are what V(blocking) and V(none) were called in 0.1.0; they are deprecated.
    type: str
    choices: [none, blocking, all, 'true', 'false']
    default: blocking
"""
