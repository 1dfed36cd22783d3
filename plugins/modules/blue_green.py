#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `blue_green`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: blue_green
short_description: Roll out beside what serves, and switch when it is ready
version_added: 0.1.0
description:
  - Brings a new version of a Deployment up beside the one that serves, lets you look at it, points the Service at it once all its pods are
    ready, proves that, and lets the old pods go after a while. What fails never gets a request.
  - The two sides are called colours. They are the Deployments C(NAME-blue) and C(NAME-green). A plain Deployment C(NAME) that is there
    already is adopted as one of them, together with its Service; no pod is restarted for that. Which one serves is read from the Service.
  - The steps are V(prepare), V(preview), V(scale_up), V(switch), V(verify), V(hold) and V(scale_down). With O(stop_before) the task ends
    before one of them; the same task without it, or M(rollout.kubernetes.promote), goes on to the end, M(rollout.kubernetes.abort) brings
    everything back.
  - A definition holds a Deployment, or several that are switched together, named as if there were no colours. Where a Service of
    O(services) leads is not taken from its manifest. C(spec.replicas) counts, but while both sides stand the new one is never smaller than
    the old one. Where an autoscaler scales the workload, it alone decides.
  - The same task again does nothing. After an interruption, wherever it was, the same task goes on to the same end.
  - In check mode the plan is shown as a table.
options:
  name:
    description: The name of the workload, without a colour, for a change of what serves by O(image) or O(env).
    type: str
  namespace:
    description: The namespace of objects that name none. The default is that of the kubeconfig's context.
    type: str
  workloads:
    description: Several workloads of one application, each with a change, that are switched together.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the workload, without a colour.
        type: str
        required: true
      image:
        description: As O(image).
        type: raw
      env:
        description: As O(env).
        type: dict
      container:
        description: As O(container).
        type: str
  service:
    description: The Service that leads to the workload. The default is the one that is called like it.
    type: str
  preview_service:
    description:
      - A Service that is pointed at the new version in the step V(preview), once that is ready. It must exist, or be in the definition.
      - Later tasks that name none take this one, as long as it exists.
    type: str
  services:
    description: Several Services, which are switched together, all of them or none.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the Service.
        type: str
        required: true
      preview_service:
        description: Its preview Service.
        type: str
  preview_replicas:
    description:
      - How many replicas the new version has until the step V(scale_up). The default is as many as serve, from the beginning.
    type: int
  scale_down_delay:
    description:
      - How long the old pods stay after the switch, for connections that are open, and for going back at once.
      - It comes on top of O(wait_timeout).
      - Pods that had requests stay for 2 seconds after any switch, forward or back, so that all nodes have followed.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
    default: 30s
    aliases: [hold]
  keep_old:
    description:
      - Keep the old pods at their size until the next rollout. M(rollout.kubernetes.undo) is one switch then.
    type: bool
    default: false
  leave:
    description:
      - Leave blue/green; at the end there is one plain Deployment C(NAME), and the Services select as they did before.
      - With O(name) alone it has the version that serves. With a definition or a change it has that one, unless the Deployment C(NAME)
        serves itself; then a new version is refused.
    type: bool
    default: false
  stop_before:
    description:
      - The step that is not taken any more, V(preview), V(scale_up), V(switch), V(verify), V(hold) or V(scale_down). The result's phase is
        V(paused) then, which is no failure. M(rollout.kubernetes.promote) goes on to the end all the same.
      - A name that is none of the steps is refused.
    type: str
  supersede:
    description:
      - Put this version in the place of another one that is on its way and does not serve yet. Otherwise that is refused.
    type: bool
    default: false
  on_failure:
    description:
      - V(rollback) brings everything back when a step fails; what served before is made able to carry everything first. V(hold) leaves it
        as it is, to look at.
      - When a Service cannot be switched, it is turned back in both cases. Once the old pods go there is no going back.
      - What the task itself cannot do (a missing right, a webhook that is out of order, a cluster that does not answer) says nothing of the
        new version. All stays as it is then in both cases, and the same task goes on later.
      - V(abort) is what V(rollback) was called in 0.1.0; it is deprecated.
    type: str
    choices: [rollback, hold, abort]
    default: rollback
extends_documentation_fragment:
  - rollout.kubernetes.gate.gates
  - rollout.kubernetes.manifest
  - rollout.kubernetes.manifest.change
  - rollout.kubernetes.lock.application
  - rollout.kubernetes.ownership
  - rollout.kubernetes.wait
  - rollout.kubernetes.config
  - rollout.kubernetes.cause
  - rollout.kubernetes.lock
  - rollout.kubernetes.lock.undone
  - rollout.kubernetes.approval
  - rollout.kubernetes.verify
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
notes:
  - The rights it needs are those of C(edit) for Deployments, Services, HorizontalPodAutoscalers and PodDisruptionBudgets, to get, list,
    watch, create and update Leases, and to list and watch Pods, ReplicaSets and EndpointSlices, in the namespace.
  - A HorizontalPodAutoscaler and a PodDisruptionBudget of the workload are moved from colour to colour, with their bounds as they are.
seealso:
  - module: rollout.kubernetes.promote
  - module: rollout.kubernetes.abort
  - module: rollout.kubernetes.undo
  - module: rollout.kubernetes.service_switch
  - name: Blue/green
    description: What happens in each step, from a plain Deployment and back to it.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_blue_green.md
  - module: rollout.kubernetes.versioned_config
  - name: Configuration that rolls back
    description: Why configuration is versioned, how content is given, what is removed when.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_config.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Roll out beside what serves, and switch
  rollout.kubernetes.blue_green:
    namespace: shop
    definition: "{{ lookup('ansible.builtin.file', 'web.yml') }}"
    service: web
    change_cause: release 2.0

- name: Only another image, with a look at it before it serves
  rollout.kubernetes.blue_green:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    preview_service: web-preview
    preview_replicas: 1
    stop_before: scale_up

- name: Go on to the end
  rollout.kubernetes.promote:
    name: web
    namespace: shop

- name: The same image with another configuration, which only the new side gets
  rollout.kubernetes.blue_green:
    name: web
    namespace: shop
    config:
      - name: web-config
        files: [config/app.properties]

- name: Two workloads of one application, switched together
  rollout.kubernetes.blue_green:
    namespace: shop
    application: shop
    workloads:
      - name: web
        image: registry.example/web:2.0
      - name: api
        image: registry.example/api:2.0
    services:
      - name: web
      - name: api

- name: Back to one plain Deployment
  rollout.kubernetes.blue_green:
    name: web
    namespace: shop
    leave: true

- name: Go back if more than one of a thousand requests fails
  rollout.kubernetes.blue_green:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    verify:
      url: https://shop.example/
      contains: Welcome
      max_failed: 0.1%
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
    plan:
      description: In check mode the steps and what they change, as lines of a table.
      type: list
      elements: str
      sample: ["step        what it does", "prepare     make Deployment web-green"]
    plan_hash:
      description: The RV(plan_hash) of the task that began the rollout; not there where none is on its way.
      type: str
      sample: p1-6b1f0c9d27e84a5530c1-5d41402a-7d793037-9e107d9d-e4d909c2-b1946ac9-fc3ff98e-0cc175b9-92eb5ffe
configs:
  description: The configuration that was versioned, each by its copy. Values are never shown.
  type: list
  elements: dict
  returned: when configuration is versioned
  contains:
    kind:
      description: V(ConfigMap) or V(Secret).
      type: str
      sample: ConfigMap
    namespace:
      description: The namespace.
      type: str
      sample: shop
    name:
      description: What it is called in templates as they are written.
      type: str
      sample: web-config
    copy_name:
      description: The name of the immutable copy that the templates refer to.
      type: str
      sample: web-config-4k2tq7x9bd
    created:
      description: Whether the copy was made by this task, or would be in check mode; false when it was there.
      type: bool
      sample: true
    changes:
      description: The keys that differ from what the templates referred to before, as C(added), C(changed) and C(removed).
      type: dict
      sample: {added: [], changed: [LOG_LEVEL], removed: []}
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
    run_module("blue_green")


if __name__ == "__main__":
    main()
