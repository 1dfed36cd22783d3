#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `history_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: history_info
short_description: Show the revisions of workloads, their templates and what differs between two
version_added: 0.1.0
description:
  - Lists the revisions of each workload with number, age, change cause, images and configuration, and tells which of them run. Nothing is
    written.
  - The revisions are those that the workload owns, and not whatever else its labels match.
options:
  revision:
    description: The revision whose template is returned. A number that it had before an undo is found as well.
    type: int
  compare_to:
    description: The revision to compare with. The difference leads from it to O(revision), or to the present revision if that is not given.
    type: int
extends_documentation_fragment:
  - rollout.kubernetes.selection
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
attributes:
  diff_mode:
    support: none
    details: Nothing is changed.
seealso:
  - module: rollout.kubernetes.undo
  - module: rollout.kubernetes.status_info
  - name: Coming from kubectl rollout
    description: Command by command, with what differs and why.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_from_kubectl_rollout.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Read the history
  rollout.kubernetes.history_info:
    name: web
    namespace: shop
  register: history

- name: Show it
  ansible.builtin.debug:
    msg: "{{ item.revision }} {{ item.images }} {{ item.change_cause }}{{ ' (current)' if item.current else '' }}"
  loop: "{{ history.rollouts[0].revisions }}"

- name: Compare the present revision with revision 3
  rollout.kubernetes.history_info:
    name: web
    namespace: shop
    compare_to: 3
  register: history

- name: Show the difference
  ansible.builtin.debug:
    msg: "{{ history.rollouts[0].difference.splitlines() }}"
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
    sides:
      description:
        - The two sides, C(stable) and C(candidate), each with the C(name) of its Deployment and the C(replicas) that it asks for, which are
          null where it is not there. A side is null where there is none.
      type: dict
      sample: {stable: {name: web, replicas: 3}, candidate: {name: web-green, replicas: 3}}
    revisions:
      description: The revisions of the workload, oldest first.
      type: list
      elements: dict
      contains:
        revision:
          description: The number.
          type: int
          sample: 3
        name:
          description: The name of the ReplicaSet or ControllerRevision that holds it.
          type: str
          sample: web-7d4b9c6f5
        created:
          description: When it was first rolled out.
          type: str
          sample: '2026-11-21T08:00:00Z'
        age:
          description: How many seconds ago that was.
          type: int
          sample: 5400
        change_cause:
          description: Why it was rolled out.
          type: str
          sample: release 2.0
        images:
          description: Its images, by container.
          type: dict
          sample: {app: 'registry.example/web:2.0'}
        config:
          description: The ConfigMaps and Secrets that its template refers to.
          type: list
          elements: str
          sample: [ConfigMap web-config-2, Secret web-tls]
        running:
          description: Whether it has pods, or is wanted.
          type: bool
          sample: true
        current:
          description: Whether it is what the workload asks for.
          type: bool
          sample: true
        former:
          description: The numbers that it had before it was brought back by an undo.
          type: list
          elements: int
          sample: [1]
        replicas:
          description: How many pods it has.
          type: int
          sample: 3
        ready:
          description: How many of them are ready.
          type: int
          sample: 3
    template:
      description:
        - The pod template of O(revision); null without that option.
        - Values of environment variables whose names look secret are masked.
      type: dict
      sample: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: 'registry.example/web:1.0'}]}}
    difference:
      description:
        - The unified diff of two templates, masked in the same way; empty without O(compare_to).
        - What they refer to under different names and is there follows, of a Secret only which keys came, went and changed.
      type: str
      sample: |-
        --- revision 1
        +++ revision 2
        @@ -4,4 +4,4 @@
         spec:
           containers:
        -  - image: registry.example/web:1.0
        +  - image: registry.example/web:2.0
             name: app
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("history_info")


if __name__ == "__main__":
    main()
