# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say which workloads a task is about, where it may be about several."""

from __future__ import annotations


class ModuleDocFragment:
    """One workload by name, several by a list, or those that a label selector finds.

    Modules that take Deployments alone name `selection.deployments` before `selection`: what comes first counts.
    """

    DOCUMENTATION = r"""
options:
  kind:
    description:
      - The kind of the workload.
      - If not given, V(Deployment) counts together with O(name), and all kinds that the module takes together with O(label_selectors).
    type: str
    choices: [DaemonSet, Deployment, StatefulSet]
  name:
    description:
      - The name of the workload.
      - Exactly one of O(name), O(workloads) and O(label_selectors) is needed.
    type: str
  namespace:
    description:
      - The namespace of the workload, of entries of O(workloads) that name none, and where O(label_selectors) searches.
      - Without it the namespace of the kubeconfig's context counts, else C(default).
    type: str
  workloads:
    description: Several workloads. They are handled at the same time, under one deadline.
    type: list
    elements: dict
    suboptions:
      kind:
        description: The kind of the workload.
        type: str
        choices: [DaemonSet, Deployment, StatefulSet]
        default: Deployment
      name:
        description: The name of the workload.
        type: str
        required: true
      namespace:
        description: The namespace of the workload, O(namespace) if not given.
        type: str
  label_selectors:
    description:
      - Label selectors as C(kubectl) takes them, for example V(app=web), V(tier in (web, api\)) or V(!legacy). A workload must match
        all of them.
    type: list
    elements: str
  all_namespaces:
    description: Whether O(label_selectors) searches all namespaces, and not O(namespace).
    type: bool
    default: false
  allow_empty:
    description:
      - Whether it is all right that a workload is not there, or that O(label_selectors) finds none. Then those that are missing are
        left out, and RV(rollouts) may be empty. Otherwise the task fails.
    type: bool
    default: false
"""

    DEPLOYMENTS = r"""
options:
  kind:
    choices: [Deployment]
  workloads:
    suboptions:
      kind:
        description: The kind of the workload.
        type: str
        choices: [Deployment]
        default: Deployment
      name:
        description: The name of the workload.
        type: str
        required: true
      namespace:
        description: The namespace of the workload, O(namespace) if not given.
        type: str
"""
