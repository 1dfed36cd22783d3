#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `service_switch`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: service_switch
short_description: Point Services at other pods, with proof before and after
version_added: 0.1.0
description:
  - Replaces the selector of one or several Services of a namespace, all of them or none.
  - It refuses unless every pod that the new selector picks is ready, so that no request goes to a pod that is not.
    Pods that have ended, were evicted or are being deleted are not counted.
  - After the switch it waits until the EndpointSlices hold the new pods and only those. When that does not come about, the Services are
    switched back, as long as the pods that they had before are still there and ready.
  - A task that is killed in the middle leaves a note of what it was doing in the application's Lease. The next run of the same task goes on
    from there.
  - Connections that are open already stay with the pods that they have; keep those for a while before you scale them down.
options:
  name:
    description: The name of the Service. Needs O(selector).
    type: str
  namespace:
    description: The namespace of the Services. The default is that of the kubeconfig's context.
    type: str
  services:
    description: Several Services that are switched together.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the Service.
        type: str
        required: true
      selector:
        description: Its new selector; without it O(selector) counts.
        type: dict
  selector:
    description:
      - The labels of the pods that the Services shall lead to. It replaces the old selector as a whole.
    type: dict
  min_endpoints:
    description: How many ready pods the new selector must pick at least.
    type: int
    default: 1
  several_workloads:
    description:
      - Allows a selector that picks the pods of several workloads. Otherwise that is an error, as it is mostly a label that was forgotten.
    type: bool
    default: false
  application:
    description:
      - The application that the Services belong to. One task at a time works on it; its Lease is called C(rollout-APPLICATION).
      - No other task of this collection changes the same Services meanwhile, whatever it calls its application.
      - The default is the name of the first Service.
    type: str
  take_ownership:
    description: Change Services that a GitOps tool or a Helm release looks after, which may change them back.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long the EndpointSlices may take to follow before the Services are switched back.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
    default: 1m
    aliases: [timeout]
extends_documentation_fragment:
  - rollout.kubernetes.cause.asked
  - rollout.kubernetes.wait.progress
  - rollout.kubernetes.lock
  - rollout.kubernetes.approval
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
notes:
  - The rights it needs are to get, list, watch and patch Services, to list and watch Pods and EndpointSlices, and to get, list, watch,
    create and update Leases, in the namespace.
  - Services of the type ExternalName, headless ones, those without a selector, and those that publish addresses of pods that are not
    ready are refused.
seealso:
  - module: rollout.kubernetes.wait
  - name: Switching Services
    description: What is checked, what is proven, and what happens when it goes wrong.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_service_switch.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Point the Service at green
  rollout.kubernetes.service_switch:
    name: web
    namespace: shop
    selector:
      app: web
      colour: green

- name: Switch two Services together, or none
  rollout.kubernetes.service_switch:
    namespace: shop
    application: shop
    services:
      - name: web
        selector: {app: web, colour: green}
      - name: api
        selector: {app: api, colour: green}
    min_endpoints: 3
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
    traffic:
      description:
        - What leads the traffic, each with its C(router) and its C(name). A V(service) has what it selects now (C(selector)).
        - A route, called V(HTTPRoute/web) for instance, has the C(rule) and its C(weights) by Service; what they were before the task
          (C(previous_weights)) where that has changed them.
        - M(rollout.kubernetes.service_switch) adds what it selected before (C(previous_selector)), how many C(pods) the selector picks, and
          how many endpoints in the Service's EndpointSlices are C(ready).
      type: list
      elements: dict
      sample: [{router: service, name: web, selector: {app: web, rollout.kubernetes/colour: green}}]
diff:
  description: The objects before and after, in diff mode. Values of Secrets are never shown.
  type: list
  elements: dict
  returned: in diff mode
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("service_switch")


if __name__ == "__main__":
    main()
