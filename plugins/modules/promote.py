#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `promote`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: promote
short_description: Go on with a rollout that was stopped, to its end
version_added: 0.1.0
description:
  - Goes on with what M(rollout.kubernetes.blue_green) or M(rollout.kubernetes.canary) has begun and stopped before a step. It needs no
    definition, as the candidate is there; with one that was changed since by somebody else it refuses to.
  - Of a canary it takes all steps that are left, with their holds. With O(stop_before) it goes one step further, or some.
  - When nothing is on its way, it does nothing.
options:
  application:
    description: The application, as O(rollout.kubernetes.blue_green#module:application) or the workload's name calls it.
    type: str
    required: true
    aliases: [name]
  namespace:
    description: Its namespace. The default is that of the kubeconfig's context.
    type: str
  expect:
    description:
      - The candidates that this is meant for, so that an approval that comes late gives the traffic to no other version. Each is called as
        the result of M(rollout.kubernetes.blue_green) calls it in RV(ignore:rollouts[].candidate.name), by its ReplicaSet, whose name
        holds the hash of the template; of an application of several workloads all are named.
      - When they serve already, nothing is changed and the task is ok.
      - When another candidate is on its way, or none, the task fails and changes nothing.
    type: list
    elements: str
  stop_before:
    description:
      - The step that is not taken any more, by its name in RV(rollouts[].steps). The result's phase is V(paused) then, which is no failure.
      - A name that is none of the steps is refused.
    type: str
  on_failure:
    description:
      - V(rollback) brings everything back when a step fails. V(hold) leaves it as it is, to look at.
      - V(abort) is what V(rollback) was called in 0.1.0; it is deprecated.
    type: str
    choices: [rollback, hold, abort]
    default: rollback
extends_documentation_fragment:
  - rollout.kubernetes.gate.gates
  - rollout.kubernetes.cause.asked
  - rollout.kubernetes.wait
  - rollout.kubernetes.verify
  - rollout.kubernetes.lock
  - rollout.kubernetes.approval
  - rollout.kubernetes.ownership
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
seealso:
  - module: rollout.kubernetes.blue_green
  - module: rollout.kubernetes.canary
  - module: rollout.kubernetes.abort
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Give the traffic to the candidate
  rollout.kubernetes.promote:
    application: web
    namespace: shop

- name: Prepare a version, to look at it
  rollout.kubernetes.blue_green:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    stop_before: switch
  register: prepared

- name: Once it is approved, give the traffic to that very candidate
  rollout.kubernetes.promote:
    application: web
    namespace: shop
    expect: "{{ prepared.rollouts | map(attribute='candidate.name') }}"

- name: Give it the traffic, and take it back if users lose requests
  rollout.kubernetes.promote:
    application: web
    namespace: shop
    verify:
      url: https://shop.example/healthz
"""

RETURN = r"""
msg:
  description: What happened, in a sentence for each workload; the cause and the remedy when it failed.
  type: str
  returned: always
  sample: "Deployment shop/web is complete: successfully rolled out."
gates:
  description: What each gate has found.
  type: list
  elements: dict
  returned: when something was measured, and in check mode
  contains:
    name:
      description: The name of the gate.
      type: str
      sample: errors
    verdict:
      description: V(pass), V(fail) or V(inconclusive), which says nothing of the version. None in check mode.
      type: str
      sample: fail
    step:
      description: The step in which it was measured, empty for a gate by itself.
      type: str
      sample: hold
    workload:
      description: The workload that it is about, where each is measured by itself; empty otherwise.
      type: str
      sample: StatefulSet shop/db
    dry_run:
      description: Whether the verdict has no consequences.
      type: bool
      sample: false
    measurements:
      description: The last measurements, ten at most, the oldest first.
      type: list
      elements: dict
      contains:
        at:
          description: When it was asked, in seconds since the gate began.
          type: float
          sample: 10.0
        outcome:
          description: V(pass), V(fail), V(no_data), or V(error) where nothing could be asked.
          type: str
          sample: fail
        value:
          description: The value that decided, a text where it is infinite; none where there is no number.
          type: float
          sample: 0.21
        why:
          description: What was found, in a clause.
          type: str
          sample: 0.21 is more than 0.01
        query:
          description: The question as it was sent, with its placeholders filled in.
          type: str
          sample: sum(rate(http_requests_total{code=~"5.."}[1m]))
    counts:
      description: How many measurements C(passed), C(failed), were C(inconclusive) or C(ignored) for want of data, and how many C(errors)
        there were.
      type: dict
      sample: {passed: 2, failed: 1, inconclusive: 0, ignored: 0, errors: 0}
    seconds:
      description: How long it took.
      type: float
      sample: 20.0
    message:
      description: The verdict in a sentence, with the value, the bound and the question.
      type: str
      sample: "Gate errors fails: 0.21 is more than 0.01; measured 1 time in 0 s."
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
    run_module("promote")


if __name__ == "__main__":
    main()
