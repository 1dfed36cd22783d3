#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `pause`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pause
short_description: Pause the rollouts of Deployments
version_added: 0.1.0
description:
  - Holds the rollout of a Deployment. Changes of its template start nothing until it is resumed; the pods that run go on serving.
  - A Deployment that is paused already is left alone.
extends_documentation_fragment:
  - rollout.kubernetes.cause.asked
  - rollout.kubernetes.selection.deployments
  - rollout.kubernetes.selection
  - rollout.kubernetes.lock
  - rollout.kubernetes.lock.application
  - rollout.kubernetes.approval
  - rollout.kubernetes.ownership
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
seealso:
  - module: rollout.kubernetes.resume
  - name: Coming from kubectl rollout
    description: Command by command, with what differs and why.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_from_kubectl_rollout.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Hold the rollout
  rollout.kubernetes.pause:
    name: web
    namespace: shop

- name: Hold two at the same time
  rollout.kubernetes.pause:
    namespace: shop
    workloads:
      - name: web
      - name: api
"""

RETURN = r"""
msg:
  description: What happened, in a sentence for each workload; the cause and the remedy when it failed.
  type: str
  returned: always
  sample: "Deployment shop/web is complete: successfully rolled out."
plan_hash:
  description:
    - A short text that stands for what the task does, or would do in check mode. O(expect_plan) takes it, so that a later task does that.
    - Not there when no plan could be made.
  type: str
  returned: when there is a plan
  sample: p1-6b1f0c9d27e84a5530c1-5d41402a-7d793037-9e107d9d-e4d909c2-b1946ac9-fc3ff98e-0cc175b9-92eb5ffe
rollouts:
  description: Each workload as it was at the end of the task.
  type: list
  elements: dict
  returned: always
  contains:
    kind:
      description: The kind of the workload.
      type: str
      sample: Deployment
    namespace:
      description: The namespace of the workload.
      type: str
      sample: shop
    name:
      description: The name of the workload.
      type: str
      sample: web
    phase:
      description:
        - V(pending) nothing is observed yet (or would begin, in check mode), V(progressing), V(paused) whenever a Deployment is paused,
          V(complete) exactly when it is complete and not paused, V(degraded) when it failed, V(aborted) when it failed and the stable
          template runs again.
      type: str
      sample: complete
    complete:
      description:
        - Whether C(kubectl rollout status) would say that it is rolled out. Where that gives no answer, for C(OnDelete), whether all pods
          are of the candidate and available.
      type: bool
      sample: true
    strategy:
      description: The strategy of the rollout, or that of the workload where the task brings no template.
      type: str
      sample: rolling
    steps:
      description:
        - The steps of the task, each with C(name), C(state) (pending, running, done, unchanged, failed) and C(seconds).
        - Empty where the task only reads.
      type: list
      elements: dict
      sample: [{name: roll, state: done, seconds: 7.2}]
    stable:
      description: The version that serves. Once a rollout is complete that is the candidate; null when nothing serves yet.
      type: dict
      sample: {revision: 1, name: web-5c9f7d8b6, images: {app: 'registry.example/web:1.0'}, change_cause: first rollout}
    candidate:
      description: The revision that the workload asks for.
      type: dict
      sample: {revision: 2, name: web-7d4b9c6f5, images: {app: 'registry.example/web:2.0'}, change_cause: release 2.0}
    revision:
      description: The number of the candidate; null before the cluster has given it one.
      type: int
      sample: 2
    change_cause:
      description: The change cause of the workload.
      type: str
      sample: release 2.0
    images:
      description: The image that the workload asks for, by container.
      type: dict
      sample: {app: 'registry.example/web:2.0'}
    replicas:
      description: Counts of pods. C(old) and C(new) are the ready pods of each side, present when the pods were looked at.
      type: dict
      sample: {desired: 3, current: 3, updated: 3, ready: 3, available: 3, old: 0, new: 3, terminating: 0}
    conditions:
      description: The conditions of the workload's status, each with C(type), C(status), C(reason), C(message) and C(since).
      type: list
      elements: dict
      sample: [{type: Available, status: 'True', reason: MinimumReplicasAvailable, message: Deployment has minimum availability.,
        since: '2026-11-21T08:00:00Z'}]
    findings:
      description:
        - What is wrong with pods of the candidate, worst first.
        - Each has C(object), C(container), C(reason), C(message), C(remedy), C(restarts) and C(log).
      type: list
      elements: dict
      sample: []
    cause:
      description: Why the rollout failed; empty when it did not.
      type: str
      sample: ""
    application:
      description:
        - The name under which the task holds the workload, and by which M(rollout.kubernetes.promote), M(rollout.kubernetes.abort) and
          M(rollout.kubernetes.undo) find it. Not there for what is unchanged without a look at who holds it.
      type: str
      sample: web
    steps_left:
      description: The names of the steps that are still to be taken, in their order. Not there without steps.
      type: list
      elements: str
      sample: [verify, hold, scale_down]
    next_step:
      description: The first of these, null where none is left.
      type: str
      sample: verify
diff:
  description: The objects before and after, in diff mode. Values of Secrets are never shown.
  type: list
  elements: dict
  returned: in diff mode
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("pause")


if __name__ == "__main__":
    main()
