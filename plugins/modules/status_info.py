#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `status_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: status_info
short_description: Show the state of rollouts
version_added: 0.1.0
description:
  - Tells the phase of a rollout, the counts of its pods, its revisions and conditions, and what is wrong with the new pods, with its cause
    and remedy. Nothing is written.
  - A workload with the update strategy C(OnDelete) is judged by its pods.
extends_documentation_fragment:
  - rollout.kubernetes.selection
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
attributes:
  diff_mode:
    support: none
    details: Nothing is changed.
seealso:
  - module: rollout.kubernetes.wait
  - module: rollout.kubernetes.history_info
  - name: Coming from kubectl rollout
    description: Command by command, with what differs and why.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_from_kubectl_rollout.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Look at a Deployment
  rollout.kubernetes.status_info:
    name: web
    namespace: shop
  register: web

- name: Say which version runs
  ansible.builtin.debug:
    msg: "{{ web.rollouts[0].phase }}: {{ web.rollouts[0].images }}"

- name: Look at every workload of an application, wherever it runs
  rollout.kubernetes.status_info:
    label_selectors: ["app.kubernetes.io/part-of=shop"]
    all_namespaces: true
    allow_empty: true
  register: shop

- name: Fail if any of them is not rolled out
  ansible.builtin.assert:
    that: shop.rollouts | rejectattr('complete') | length == 0
"""

RETURN = r"""
msg:
  description: What happened, in a sentence for each workload; the cause and the remedy when it failed.
  type: str
  returned: always
  sample: "Deployment shop/web is complete: successfully rolled out."
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
    verdicts:
      description: What the gates of the rollout that is on its way have found, in earlier tasks as well. Of each gate in each step the last
        verdict, twenty at most.
      type: list
      elements: dict
      returned: while a rollout in stages is on its way whose gates were measured
      contains:
        gate:
          description: The name of the gate.
          type: str
          sample: errors
        step:
          description: The step in which it was measured.
          type: str
          sample: switch
        verdict:
          description: V(pass), V(fail) or V(inconclusive).
          type: str
          sample: inconclusive
        value:
          description: The value that decided, a text where it is infinite; none where there is no number.
          type: float
          sample: 0.21
        at:
          description: When that was.
          type: str
          sample: '2026-11-21T08:00:00Z'
        dry_run:
          description: Whether the verdict has no consequences.
          type: bool
          sample: false
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("status_info")


if __name__ == "__main__":
    main()
