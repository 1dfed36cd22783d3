#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `gate`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Measure whether a version serves well, and give a verdict
version_added: 0.2.0
description:
  - Asks Prometheus, an address, a Job in the cluster or the pods themselves, as often as is wanted, and says pass, fail or inconclusive.
  - The task fails unless the verdict is pass. RV(gates[].verdict) tells a bad version from a measurement that says nothing of it, such as
    a Prometheus that is down, NaN, or too little traffic. There is no pass without a measurement.
  - Nothing is changed but for the Job of O(job), which is deleted at the end. In check mode nothing is asked and no Job is made.
  - A gate with O(prometheus) or O(http) that needs no placeholder of a workload needs no cluster either.
options:
  kind:
    description: The kind of the workload that the gate is about.
    type: str
    choices: [DaemonSet, Deployment, StatefulSet]
    default: Deployment
  workload:
    description: Its name. Needed by O(pods) and by placeholders that stand for versions and pods.
    type: str
  namespace:
    description: Its namespace. Without it the namespace of the kubeconfig's context counts, else C(default).
    type: str
  progress:
    description: Whether each measurement is told while the task runs.
    type: str
    choices: [auto, "off"]
    default: auto
extends_documentation_fragment:
  - rollout.kubernetes.gate
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
attributes:
  diff_mode:
    support: none
    details: Nothing is changed.
seealso:
  - module: rollout.kubernetes.rolling
  - name: Gates
    description: Which gate fits, what each verdict means, and what the messages say.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_gates.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: At most one request of a hundred may fail, measured for a minute
  rollout.kubernetes.gate:
    name: errors
    namespace: shop
    workload: web
    prometheus:
      url: http://prometheus.monitoring:9090
      query: >-
        sum(rate(http_requests_total{namespace="$namespace",pod=~"$candidate_pods",code=~"5.."}[1m]))
        / sum(rate(http_requests_total{namespace="$namespace",pod=~"$candidate_pods"}[1m]))
    max: 0.01
    interval: 10s
    count: 6

- name: The application says itself that it is well
  rollout.kubernetes.gate:
    name: self test
    http:
      url: https://shop.example/selftest
      json: $.ok

- name: The smoke test passes
  rollout.kubernetes.gate:
    name: smoke
    namespace: shop
    job:
      image: registry.example/smoke:1.4
      env:
        TARGET: http://web/

- name: No pod restarts for five minutes
  rollout.kubernetes.gate:
    name: restarts
    namespace: shop
    workload: web
    pods: {}
    interval: 30s
    count: 10

- name: Go on where Prometheus is down, but not with a bad version
  rollout.kubernetes.gate:
    name: latency
    prometheus:
      url: http://prometheus.monitoring:9090
      query: histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="web"}[5m])))
    max: 0.5
  register: latency
  failed_when: latency.gates | default([]) | selectattr('verdict', 'eq', 'fail') | list | length > 0 or latency.gates is not defined
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
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("gate")


if __name__ == "__main__":
    main()
