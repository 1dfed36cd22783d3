#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `canary`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: canary
short_description: Give a part of a Deployment's pods the new version, watch it, then give it to all
version_added: 0.2.0
description:
  - Gives some of a Deployment's pods the new version, the candidate, lets them serve for a while beside the others, the stable ones, and
    gives it to all of them when nothing is wrong. What fails goes back to as many stable pods as there were.
  - It works inside the Deployment as it is. There is no second Deployment, no other kind and no controller, each pod is started once, and
    the pods that were watched are those that serve in the end. A Service needs no change. The candidate's share of new connections is that
    of its pods.
  - There are never fewer ready pods than the Deployment asks for. In each step the candidate's pods are started first, and when they are
    ready as many stable ones stop. The plan of check mode says which share is really reached, how many pods there are at most, and how
    long it lasts. A single pod gets a second one beside it.
  - The steps are called by their weights, V(weight_10), then comes V(promote). With O(stop_before) the task ends before one of them; the
    same task without it, or M(rollout.kubernetes.promote), goes on; M(rollout.kubernetes.abort) brings the stable version back.
  - While it is held the Deployment is paused, and has settings under which its rolling update stands still. It gets its own back in
    the end, whichever way that is. The Deployment does not count as complete before, neither to C(kubectl rollout status) nor to
    others who wait for that.
  - The same task again does nothing. After an interruption, wherever it was, the same task goes on to the same end.
  - What is not there yet is created, and what has no pods gets the new version at once.
options:
  name:
    description: The name of the Deployment, for a change of what is there by O(image) or O(env).
    type: str
  namespace:
    description: The namespace of objects that name none. The default is that of the kubeconfig's context.
    type: str
  weights:
    description:
      - The steps before the promotion, as the share of the pods that run the candidate, from 1 to 99 percent. They rise.
      - What whole pods can be is nearest to that; of 3 pods 10 percent are 1 pod. At least one pod stays stable.
      - The default is C([10, 50]).
    type: list
    elements: int
  min_replicas:
    description: How many pods run the candidate at least, in each step.
    type: int
    default: 1
  routes:
    description:
      - The routes that lead to the Deployment's Service. With them the weights are percentages of the requests, by the weights of the
        routes, and no more pods are started than those need. Without them each pod gets an equal part of the requests.
      - The candidate's pods come besides all of the stable version then, so that going back takes nothing but the weights. For the
        promotion there are twice as many pods for a moment.
      - All Services that lead to the pods are pinned to the stable version meanwhile, and the candidate has a Service of its own. Routes
        and Services are as they were before in the end, whichever way that is.
    type: list
    elements: dict
    suboptions:
      kind:
        description: The kind of the route.
        type: str
        required: true
        choices: [GRPCRoute, HTTPRoute, Ingress, IngressRoute, Route, TraefikService, VirtualService]
      name:
        description: The name of the route.
        type: str
        required: true
      rule:
        description: The name or number of the one rule that is meant. Without it each rule counts that names the Service.
        type: str
  service:
    description: The Service that O(routes) lead to. The default is the one that is called like the Deployment.
    type: str
  candidate_service:
    description:
      - The Service that leads to the candidate alone. One that is not there is made, and deleted in the end. One of yours gets its
        selector back in the end.
      - The default is the name of O(service) with C(-canary).
    type: str
  propagation_delay:
    description:
      - How long routers have to follow their routes before pods that had requests go, at least 5 seconds. Longer requests need more.
      - The default is V(10s).
    type: str
  match:
    description:
      - Requests that go to the candidate whatever the weights, for testers. With it there is a first step C(match) in which nothing but
        these go there, before the first of the weights.
      - V(HTTPRoute), V(GRPCRoute) and V(VirtualService) get a rule for them before each rule that names the Service, V(Ingress) gets the
        annotations of ingress-nginx, which take one header or one cookie with the value V(always).
    type: dict
    suboptions:
      headers:
        description: Headers with their values, all of which a request must have.
        type: dict
      cookies:
        description: Cookies with their values, all of which a request must have.
        type: dict
  stop_before:
    description:
      - The step that is not taken any more, for example V(weight_50) or V(promote). The result's phase is V(paused) then, which is no
        failure, and the pods stay as they are for as long as it takes.
      - A name that is none of the steps is refused.
    type: str
  supersede:
    description:
      - Put this version in the place of another one that is on its way. The stable version gets all its pods back first. Otherwise it is
        refused.
    type: bool
    default: false
  on_failure:
    description:
      - V(rollback) brings the stable version back when a step fails, V(hold) leaves the pods as they are, to look at. The task fails in
        both cases.
      - What the task itself cannot do (a missing right, a cluster that does not answer) says nothing of the new version. All stays as it
        is then in both cases, and the same task goes on later.
    type: str
    choices: [rollback, hold]
    default: rollback
extends_documentation_fragment:
  - rollout.kubernetes.gate.steps
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
  - Needs to get, list, watch and patch Deployments, to list and watch ReplicaSets and Pods, and to get, list, watch, create and update
    Leases. With O(routes) also to get, list, watch and patch those, to get, list, watch, create, patch and delete Services, and to list and
    watch EndpointSlices.
  - Without the right to list HorizontalPodAutoscalers nobody notices one that may scale the Deployment to 0. Where KEDA has made it, the
    right to get its ScaledObject (C(scaledobjects.keda.sh)) is needed as well; without that a warning says so.
seealso:
  - module: rollout.kubernetes.promote
  - module: rollout.kubernetes.abort
  - module: rollout.kubernetes.blue_green
  - module: rollout.kubernetes.rolling
  - module: rollout.kubernetes.gate
  - module: rollout.kubernetes.traffic_split
  - name: Canary
    description: What happens in each step, what others see meanwhile, and where blue/green is better.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_canary.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: A tenth of the pods, then half of them, then all
  rollout.kubernetes.canary:
    name: web
    namespace: shop
    image: registry.example/web:2.0

- name: One of three pods for five minutes, as long as not more than one of a hundred requests fails
  rollout.kubernetes.canary:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    weights: [33]
    hold: 5m
    gates:
      - name: errors
        prometheus:
          url: http://prometheus.monitoring:9090
          query: >-
            sum(rate(http_requests_total{namespace="$namespace",pod=~"$candidate_pods",code=~"5.."}[1m]))
            / sum(rate(http_requests_total{namespace="$namespace",pod=~"$candidate_pods"}[1m]))
        max: 0.01
        initial_delay: 60s
        interval: 20s
        count: 6

- name: Start one pod, and wait for somebody's decision
  rollout.kubernetes.canary:
    namespace: shop
    definition: "{{ lookup('ansible.builtin.file', 'web.yml') }}"
    steps:
      - replicas: 1
        hold: 2m
      - weight: 50
        hold: 10m
    stop_before: weight_50

- name: One percent of the requests of a route, then ten
  rollout.kubernetes.canary:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    routes:
      - {kind: HTTPRoute, name: web}
    weights: [1, 10]
    hold: 10m

- name: Testers first, by a header, then a tenth of all requests
  rollout.kubernetes.canary:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    routes:
      - {kind: HTTPRoute, name: web}
    match:
      headers: {X-Canary: always}
    weights: [10]
    stop_before: weight_10

- name: One step further
  rollout.kubernetes.promote:
    name: web
    namespace: shop
    stop_before: promote

- name: To the end
  rollout.kubernetes.promote:
    name: web
    namespace: shop

- name: Back to what served before
  rollout.kubernetes.abort:
    name: web
    namespace: shop
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
    run_module("canary")


if __name__ == "__main__":
    main()
