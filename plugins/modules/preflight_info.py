#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `preflight_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_info
short_description: Find what will cost requests in a rollout, before it begins
version_added: 0.1.0
description:
  - Reads manifests, live workloads or both, and what stands around them in the cluster (Services, budgets, autoscalers, claims, quotas,
    nodes, other workloads), and tells what will make requests fail or the rollout stand still. Each finding has the lines of YAML that
    mend it.
  - A workload that is live too is looked at as its manifest says. All that comes along counts, Services and budgets for example.
  - Nothing is written. What may not be read is unknown, and no rule guesses; one warning names what was not looked at. Secrets of the
    cluster are never read.
  - With O(cluster=false) manifests are looked at without any cluster.
  - In RV(msg) a line for each finding follows the summary. The terminal shows the lines that mend it as well.
  - The rules are listed at U(https://github.com/rollout/kubernetes/blob/main/docs/preflight_rules.md).
options:
  name:
    description:
      - The name of a live workload. With O(strategy=blue_green) the name without a colour.
      - At least one of O(definition), O(src), O(template), O(name), O(workloads) and O(label_selectors) is needed, and at most one of the
        last three.
    type: str
  cluster:
    description:
      - Whether to look at what stands around the workloads in the cluster.
      - V(false) contacts nothing, and needs no kubeconfig. It is for manifests alone.
    type: bool
    default: true
  strategy:
    description:
      - How the workloads are going to be rolled out.
      - If not given, what each workload's own strategy says.
    type: str
    choices: [rolling, recreate, blue_green, canary]
  weights:
    description:
      - With O(strategy=canary) the steps of the canary, as the option of M(rollout.kubernetes.canary). They say how many more pods there
        are at a time.
      - The default is C([10, 50]).
      - O(steps) says the same otherwise. How long a step lasts, and what is measured in it, takes no room.
    type: list
    elements: int
    version_added: 0.2.0
  min_replicas:
    description: With O(strategy=canary) how many pods run the candidate at least, as the option of M(rollout.kubernetes.canary).
    type: int
    version_added: 0.2.0
  image:
    description: The image that the rollout is going to bring to O(name), a text; or a mapping of container to image.
    type: raw
  max_surge:
    description: What the rollout is going to set, as the option of M(rollout.kubernetes.rolling).
    type: raw
  max_unavailable:
    description: What the rollout is going to set, as the option of M(rollout.kubernetes.rolling).
    type: raw
  min_ready_seconds:
    description:
      - What the rollout is going to set, as the option of M(rollout.kubernetes.rolling).
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
  progress_deadline_seconds:
    description:
      - What the rollout is going to set, as the option of M(rollout.kubernetes.rolling).
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
  wait_timeout:
    description:
      - How long the rollout is going to be waited for. If not given, it is not compared with anything.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
    aliases: [timeout]
  shutdown_seconds:
    description:
      - How long the programs need to end after SIGTERM. It is compared with what a preStop hook leaves of the grace period.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
  fail_on:
    description:
      - Which findings make the task fail, V(error), errors and warnings (V(warning)), or none (V(never)).
    type: str
    choices: [error, warning, never]
    default: error
  ignore:
    description: Rules that are not asked. They stand in the result with their reasons.
    type: list
    elements: dict
    suboptions:
      rule:
        description: The name of the rule.
        type: str
        required: true
      reason:
        description: Why it does not matter here.
        type: str
        required: true
  progress:
    description:
      - V(auto) shows each finding with the lines that mend it on the terminal and in an AWX job's output. V(off) does not.
      - That is only done where the work is done in the controller's process, that is with a local connection and without C(become) and
        C(async); not under C(no_log), with a stdout callback that a machine reads, or with the environment variable
        E(ROLLOUT_PROGRESS) set to C(false).
    type: str
    choices: [auto, 'off']
    default: auto
extends_documentation_fragment:
  - rollout.kubernetes.gate.course
  - rollout.kubernetes.manifest.read
  - rollout.kubernetes.selection
  - rollout.kubernetes.config.planned
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
attributes:
  diff_mode:
    support: none
    details: Nothing is changed.
seealso:
  - module: rollout.kubernetes.rolling
  - module: rollout.kubernetes.blue_green
  - name: Before you roll out
    description: A guide, with examples and what they show.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_preflight.md
  - name: The rules of the preflight
    description: What each says, when, and what mends it.
    link: https://github.com/rollout/kubernetes/blob/main/docs/preflight_rules.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Look at manifests as they would meet the cluster
  rollout.kubernetes.preflight_info:
    src: web.yml
    namespace: shop

- name: Look at manifests without any cluster, in a merge request; warnings fail as well
  rollout.kubernetes.preflight_info:
    src: web.yml
    cluster: false
    fail_on: warning

- name: Would a rollout by blue/green find room?
  rollout.kubernetes.preflight_info:
    name: web
    namespace: shop
    strategy: blue_green

- name: Look at every workload of an application, and do not fail
  rollout.kubernetes.preflight_info:
    label_selectors: ["app.kubernetes.io/part-of=shop"]
    all_namespaces: true
    fail_on: never
  register: shop

- name: Count what is wrong
  ansible.builtin.debug:
    msg: "{{ shop.findings | groupby('rule') | map('first') }}"

- name: One rule does not matter here, for a reason
  rollout.kubernetes.preflight_info:
    kind: StatefulSet
    name: cache
    namespace: shop
    ignore:
      - rule: single-replica
        reason: it is filled again in a second
"""

RETURN = r"""
msg:
  description: What happened, in a sentence for each workload; the cause and the remedy when it failed.
  type: str
  returned: always
  sample: "Deployment shop/web is complete: successfully rolled out."
passed:
  description: Whether nothing was found that is as bad as O(fail_on) says.
  type: bool
  returned: when the rules were asked
  sample: true
findings:
  description: What the rules found, the worst first.
  type: list
  elements: dict
  returned: when the rules were asked
  contains:
    rule:
      description: The name of the rule.
      type: str
      sample: no-pre-stop
    severity:
      description:
        - V(error) Kubernetes refuses it, the rollout cannot come to its end, or all pods are away at the same time; V(warning) it costs
          requests, in each rollout or as soon as something else goes wrong; V(info) it costs none by itself.
      type: str
      sample: warning
    kind:
      description: The kind of the object that is to be changed.
      type: str
      sample: Deployment
    namespace:
      description: Its namespace; empty where no cluster was asked and none is given.
      type: str
      sample: shop
    name:
      description: Its name.
      type: str
      sample: web
    path:
      description: The field.
      type: str
      sample: spec.template.spec.containers[0].lifecycle.preStop
    why:
      description: What there is, and what it costs.
      type: str
      sample: "Container web is behind Service web and has no preStop hook: it is told to end at the same time as the nodes are told to
        send it nothing any more, and what they still send is lost."
    lines:
      description:
        - The lines of YAML that belong at C(path), beginning with its last key. Comments where a line is to be taken away, and a
          task where a task mends it.
      type: list
      elements: str
      sample: ["preStop:", "  sleep:", "    seconds: 5"]
ignored:
  description: The rules that were not asked, each with C(rule) and C(reason).
  type: list
  elements: dict
  returned: when the rules were asked
  sample: [{rule: single-replica, reason: one instance per licence}]
counts:
  description: How many findings there are of each severity.
  type: dict
  returned: when the rules were asked
  sample: {error: 0, warning: 1, info: 0}
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
    run_module("preflight_info")


if __name__ == "__main__":
    main()
