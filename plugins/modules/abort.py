#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `abort`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: abort
short_description: Give a rollout up and bring everything back
version_added: 0.1.0
description:
  - Gives up what M(rollout.kubernetes.blue_green) has begun. What served before is made able to carry everything, the Services are pointed
    back at it with proof, then the candidate goes. Where blue/green began with this rollout, everything is as it was before it.
  - Of what M(rollout.kubernetes.canary) has begun the stable version gets all its pods back, then those of the candidate go, and the
    Deployment has its own settings again.
  - Of a StatefulSet it gives up what M(rollout.kubernetes.partition) or something else has begun. The template that serves comes back to
    the pods that were updated, at the same partition, whatever was tried since; the other pods are not touched. Think before of what
    the new version may have written to its volumes.
  - When nothing is on its way, it does nothing. A rollout that has come to its end is undone by M(rollout.kubernetes.undo).
options:
  application:
    description:
      - The application, as O(rollout.kubernetes.blue_green#module:application) or the workload's name calls it, or the name of the
        StatefulSet.
    type: str
    required: true
    aliases: [name]
  kind:
    description:
      - V(Deployment) what blue/green or a canary rolls out. V(StatefulSet) what goes pod by pod. By default it is found out, from what the
        application has on its way; O(application) is the name of the workload where a kind is given.
      - Under the update strategy OnDelete a template moves no pod, so there M(rollout.kubernetes.on_delete) with the version before is the
        way back, in the batches that you want.
    type: str
    choices: [Deployment, StatefulSet]
  namespace:
    description: Its namespace. The default is that of the kubeconfig's context.
    type: str
  expect:
    description:
      - The candidates that this is meant for, so that a decision that comes late gives up no other version. Each is called as
        the result of M(rollout.kubernetes.blue_green) calls it in RV(ignore:rollouts[].candidate.name), by its ReplicaSet, whose name
        holds the hash of the template; of an application of several workloads all are named.
      - When they were given up already, nothing is changed and the task is ok.
      - When another candidate is on its way, or none, or when they serve already, the task fails and changes nothing.
      - Not for a StatefulSet.
    type: list
    elements: str
extends_documentation_fragment:
  - rollout.kubernetes.cause.asked
  - rollout.kubernetes.repair
  - rollout.kubernetes.wait
  - rollout.kubernetes.verify
  - rollout.kubernetes.lock
  - rollout.kubernetes.lock.remember
  - rollout.kubernetes.approval
  - rollout.kubernetes.ownership
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
seealso:
  - module: rollout.kubernetes.blue_green
  - module: rollout.kubernetes.canary
  - module: rollout.kubernetes.partition
  - module: rollout.kubernetes.promote
  - module: rollout.kubernetes.undo
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Give up what is on its way
  rollout.kubernetes.abort:
    application: web
    namespace: shop

- name: Where the approval is denied, give that very candidate up
  rollout.kubernetes.abort:
    application: web
    namespace: shop
    expect: "{{ prepared.rollouts | map(attribute='candidate.name') }}"

- name: Give the new version up on the replicas that have it already
  rollout.kubernetes.abort:
    kind: StatefulSet
    name: todo-db
    namespace: shop

- name: Bring everything back, and tell whether that cost requests
  rollout.kubernetes.abort:
    application: web
    namespace: shop
    verify:
      url: https://shop.example/healthz
      max_failed: 1%
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
    sides:
      description:
        - The two sides, C(stable) and C(candidate), each with the C(name) of its Deployment and the C(replicas) that it asks for, which are
          null where it is not there. A side is null where there is none.
      type: dict
      sample: {stable: {name: web, replicas: 3}, candidate: {name: web-green, replicas: 3}}
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
    weights:
      description:
        - The percentages of the requests that the C(stable) version and the C(candidate) have now, by the ready pods of each, or by the
          weights of routes. Not there where only one of them serves.
      type: dict
      sample: {stable: 67, candidate: 33}
    plan:
      description: In check mode the steps and what they change, as lines of a table.
      type: list
      elements: str
      sample: ["step        what it does", "prepare     make Deployment web-green"]
    plan_hash:
      description: The RV(plan_hash) of the task that began the rollout; not there where none is on its way.
      type: str
      sample: p1-6b1f0c9d27e84a5530c1-5d41402a-7d793037-9e107d9d-e4d909c2-b1946ac9-fc3ff98e-0cc175b9-92eb5ffe
verify:
  description:
    - What the requests of O(verify) came to, also when the task failed.
    - Not there when no request was sent, as there was nothing to do, or in check mode.
  type: dict
  returned: when requests were sent
  contains:
    requests:
      description: How many requests have ended.
      type: int
      sample: 482
    failed:
      description: How many of them failed.
      type: int
      sample: 3
    outcomes:
      description:
        - How many requests had which outcome. V(ok) is success; the others are V(refused), V(reset), V(closed), V(timeout), V(unresolved),
          V(unreachable), V(tls), V(no http), V(wrong body), and V(status N) for a status that was not wanted.
      type: dict
      sample: {ok: 479, refused: 2, status 503: 1}
    failures:
      description: The first few failures, each with C(at) (seconds since the beginning), C(outcome) and C(detail).
      type: list
      elements: dict
      sample: [{at: 12.3, outcome: refused, detail: ''}]
    longest_gap:
      description: The longest time without a successful answer, in seconds.
      type: float
      sample: 0.42
    slowest:
      description: How long the slowest request took, in seconds.
      type: float
      sample: 0.31
    skipped:
      description: How many requests could not be sent in time, as too many were waiting for their answers.
      type: int
      sample: 0
    from:
      description: Where the requests came from, V(controller) or V(job).
      type: str
      sample: controller
    url:
      description: The address, without what stands in its query.
      type: str
      sample: https://shop.example/healthz
diff:
  description: The objects before and after, in diff mode. Values of Secrets are never shown.
  type: list
  elements: dict
  returned: in diff mode
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("abort")


if __name__ == "__main__":
    main()
