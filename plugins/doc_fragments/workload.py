# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say which workload a task is about."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  kind:
    description: The kind of the workload.
    type: str
    choices: [DaemonSet, Deployment, StatefulSet]
    default: Deployment
  name:
    description: The name of the workload.
    type: str
  namespace:
    description:
      - The namespace of the workload, and of every object of a definition that names none.
      - Without it the namespace of the kubeconfig's context counts, else C(default).
    type: str
"""
