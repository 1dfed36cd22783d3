# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that keep two tasks from changing the same objects at once."""

from __future__ import annotations


class ModuleDocFragment:
    """Modules that name their application by an option of their own take `lock` alone, the others `lock.application` as well."""

    DOCUMENTATION = r"""
options:
  lock_timeout:
    description:
      - How long to wait while another task changes the same objects. With V(0) the task is refused as soon as it sees that the
        other one is alive; a task that was killed is in the way for 15 seconds at most.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
    default: '0'
"""

    APPLICATION = r"""
options:
  application:
    description:
      - The application that the workloads belong to. While a task changes something it holds the Lease C(rollout-APPLICATION) of their
        namespace, and no other task of this collection changes the same objects, whatever it calls its application.
      - That needs the rights to get, list, watch, create and update Leases (C(leases.coordination.k8s.io)) in the namespace. Without them
        M(rollout.kubernetes.rolling), M(rollout.kubernetes.undo), M(rollout.kubernetes.restart), M(rollout.kubernetes.pause) and
        M(rollout.kubernetes.resume) go on with a warning, and the other modules are refused.
      - The default is the name of the first workload, behind its kind unless that is a Deployment, as in C(statefulset-db).
    type: str
"""

    UNDONE = r"""
options:
  refuse_undone:
    description:
      - Refuse a version that a person took back, by M(rollout.kubernetes.undo) or M(rollout.kubernetes.abort), instead of warning of it.
        For pipelines that roll out by themselves what somebody has just rolled back.
      - The Lease of the application remembers the last 20 of them, by workload and pod template, until they are rolled out again.
    type: bool
    default: false
"""

    REMEMBER = r"""
options:
  remember:
    description:
      - Remember the version as one that a person took back, of which a later rollout warns, or which it refuses
        (O(rollout.kubernetes.rolling#module:refuse_undone)).
      - V(false) is for playbooks that go back by themselves.
    type: bool
    default: true
"""

    SUPERSEDE = r"""
options:
  supersede:
    description:
      - Roll this version out although another rollout of the workload stands before one of its steps (O(stop_before), a task that was
        killed), which ends with that. Without it such a task is refused.
    type: bool
    default: false
"""
