#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `traffic_split`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_split
short_description: Divide the requests of routes among Services by weights
version_added: 0.2.0
description:
  - Sets the weights of the Services that share the requests of a route, of one or several routes, all of them or none.
  - Only these numbers change. Other rules, matches, filters, timeouts and backends of the route stay as they are. Other Services of the
    same rule keep their share; where the numbers do not divide, all weights of the rule are multiplied.
  - A Service that a rule does not name yet is added to it, with the port and the settings of the first Service of O(weights) that it names.
  - A Service gets requests only when it has endpoints that are ready; the task waits for them before it writes anything.
  - It ends when all that had accepted the route before have accepted it as it is now. Requests follow within moments, or some seconds with
    routers that load their configuration anew.
  - What the routes were like before the first change stands in the application's Lease. V(original) of O(state) brings that back.
options:
  name:
    description: The name of the route. Needs O(kind).
    type: str
  kind:
    description:
      - The kind of the route.
      - V(HTTPRoute) and V(GRPCRoute) are those of the Gateway API, V(Route) is OpenShift's, V(VirtualService) Istio's, V(TraefikService)
        and V(IngressRoute) are Traefik's.
      - V(Ingress) is one with the annotation C(nginx.ingress.kubernetes.io/canary), which ingress-nginx, Traefik and others understand. It
        names the candidate's Service and its weight. The Service of the first Ingress, of the same host and path, gets the rest.
    type: str
    choices: [GRPCRoute, HTTPRoute, Ingress, IngressRoute, Route, TraefikService, VirtualService]
  rule:
    description:
      - The name of the one rule that is meant, or its number from 0 where it has none. With V(VirtualService) it is V(http[0]), V(tcp[0])
        or V(tls[0]) then, and so on.
      - Without it each rule counts that names one of the Services.
    type: str
  namespace:
    description: The namespace of the routes and the Services. The default is that of the kubeconfig's context.
    type: str
  routes:
    description: Several routes that are changed together, also of different kinds.
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
        description: The name or number of the one rule that is meant.
        type: str
  weights:
    description:
      - A weight for each Service that shares the requests, at least two Services. Their sum is whatever is convenient, V(100) for percent.
      - Needed with V(present) of O(state).
    type: dict
  state:
    description:
      - V(present) sets the weights.
      - V(original) brings back what the routes were like before this module changed them first, byte by byte. What somebody else has added
        meanwhile stays.
    type: str
    choices: [present, original]
    default: present
  application:
    description:
      - The application that the routes belong to. One task at a time works on it; its Lease is called C(rollout-APPLICATION).
      - No other task of this collection changes the same routes meanwhile, whatever it calls its application.
      - The default is the name of the first route.
    type: str
  take_ownership:
    description: Change routes that a GitOps tool or a Helm release looks after, which may change them back.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long each step may take. Endpoints must be ready, and then routers must accept the routes, within this time; else the weights
        that were there before come back.
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
  - The rights it needs are to get, list, watch and patch the routes, to list and watch Services and EndpointSlices, and to get, list,
    watch, create and update Leases, in the namespace.
  - V(HTTPRoute), V(GRPCRoute) and V(Route) say in their status who has accepted them, and so does V(VirtualService) where istiod is told
    to write it. The others say nothing, so nothing is waited for there.
seealso:
  - module: rollout.kubernetes.canary
  - module: rollout.kubernetes.service_switch
  - name: Traffic by weight
    description: What each router does with weights, what is waited for, and what happens when it goes wrong.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_traffic.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Give the canary 5 percent of the requests
  rollout.kubernetes.traffic_split:
    kind: HTTPRoute
    name: web
    namespace: shop
    weights: {web: 95, web-canary: 5}

- name: The same on two routes together, on one rule of the first
  rollout.kubernetes.traffic_split:
    namespace: shop
    routes:
      - {kind: HTTPRoute, name: web, rule: main}
      - {kind: GRPCRoute, name: web}
    weights: {web: 95, web-canary: 5}

- name: Bring back what the route was like before
  rollout.kubernetes.traffic_split:
    kind: HTTPRoute
    name: web
    namespace: shop
    state: original
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
    plan:
      description: In check mode the steps and what they change, as lines of a table.
      type: list
      elements: str
      sample: ["step        what it does", "prepare     make Deployment web-green"]
    plan_hash:
      description: The RV(plan_hash) of the task that began the rollout; not there where none is on its way.
      type: str
      sample: p1-6b1f0c9d27e84a5530c1-5d41402a-7d793037-9e107d9d-e4d909c2-b1946ac9-fc3ff98e-0cc175b9-92eb5ffe
diff:
  description: The objects before and after, in diff mode. Values of Secrets are never shown.
  type: list
  elements: dict
  returned: in diff mode
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("traffic_split")


if __name__ == "__main__":
    main()
