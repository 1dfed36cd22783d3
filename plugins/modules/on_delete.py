#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `on_delete`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: on_delete
short_description: Roll a StatefulSet or DaemonSet out by evicting its pods in an order of your own
version_added: 0.1.0
description:
  - Brings a StatefulSet or DaemonSet to a manifest, or changes its image or environment, and replaces its pods by evicting them, in
    batches and in an order that the task chooses. The next batch begins only when every pod of the workload is ready again, for
    C(minReadySeconds).
  - Pods go by the eviction API, so that PodDisruptionBudgets hold. Where one does not let a pod go yet, the task waits and shows why; one
    that will never let a pod go is refused before anything is written.
  - Where the update strategy is C(RollingUpdate), it becomes C(OnDelete) in the same write as the template, and C(RollingUpdate) again
    when all pods run the template. Until then the annotation C(rollout.kubernetes/update-strategy) remembers it. Where the task is
    broken off, the same task again goes on, and any other one that changes the workload gives the update strategy back.
  - Pods that are not ready and never will be, or of a version of which no pod is ready, are deleted first, one at a time. They serve
    nobody, and a StatefulSet makes no other pod before they are mended. Volumes are never touched.
  - With O(stop_before) the task ends before one of the steps; the same task without it goes on to the end. In between, tasks of the
    playbook may do what the application needs.
  - The same task again does nothing. After an interruption, wherever it was, the same task goes on to the same end.
  - A definition holds exactly one StatefulSet or DaemonSet. Definitions and fields of other managers are dealt with as by
    M(rollout.kubernetes.rolling).
  - While there is something to do the task holds a Lease (O(application)), so that two tasks do not meet. Between two tasks of a rollout
    the workload stays with it; other ways to change it are refused until it is done, or given up by M(rollout.kubernetes.undo).
options:
  kind:
    choices: [DaemonSet, StatefulSet]
    default: StatefulSet
  batch:
    description:
      - How many pods are replaced together, a count or a percentage of all pods, rounded down but at least 1. Without it 1.
      - Each batch is a step, unless O(steps) or O(weights) are given. Then a step replaces its pods batch by batch.
    type: raw
  batch_label:
    description:
      - Instead of O(batch) a label of nodes; the pods on all nodes with the same value of it are replaced together, such as
        C(topology.kubernetes.io/zone) for one zone after the other. Needs the right to list nodes.
    type: str
  order:
    description:
      - What is replaced first, in this order. Of a StatefulSet pods by name or ordinal, of a DaemonSet nodes by name.
      - The others come after them, of a StatefulSet from the highest ordinal down, of a DaemonSet by the name of the node.
    type: list
    elements: raw
  nodes:
    description:
      - Instead of O(steps) and O(weights) a label selector of nodes (C(pool=canary)). The pods on them are replaced before all others, in
        batches of their own. With O(stop_before=rest) the task ends after them. Needs the right to list nodes.
    type: str
  primary:
    description:
      - The pod that is updated last, in a step of its own, since the application depends on it (the primary of a database).
      - Its name, its ordinal, a label that no other pod of the workload has (C(role=primary)), or the registered result of a task that
        prints one of these. Of a DaemonSet also the name of a node.
    type: raw
  stop_before:
    description:
      - The step that is not taken any more, nor those after it. Its name (V(weight_50), V(promote)), or what it begins with (of a
        StatefulSet a pod by name or ordinal, of a DaemonSet a node), or V(rest) for what is not on O(nodes), or V(primary).
    type: str
extends_documentation_fragment:
  - rollout.kubernetes.gate.between
  - rollout.kubernetes.gate.shares
  - rollout.kubernetes.manifest
  - rollout.kubernetes.manifest.change
  - rollout.kubernetes.manifest.ready
  - rollout.kubernetes.ownership.fields
  - rollout.kubernetes.workload
  - rollout.kubernetes.config
  - rollout.kubernetes.cause
  - rollout.kubernetes.lock
  - rollout.kubernetes.lock.application
  - rollout.kubernetes.lock.undone
  - rollout.kubernetes.lock.supersede
  - rollout.kubernetes.approval
  - rollout.kubernetes.wait
  - rollout.kubernetes.verify
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
notes:
  - Needs, besides the rights for the workload, to list and watch ControllerRevisions and Pods, to create C(pods/eviction), to
    delete Pods, to list PodDisruptionBudgets, and to get, list, watch, create and update Leases.
seealso:
  - module: rollout.kubernetes.partition
  - module: rollout.kubernetes.canary
  - module: rollout.kubernetes.rolling
  - module: rollout.kubernetes.restart
  - module: rollout.kubernetes.status_info
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Update the agents on the canary nodes
  rollout.kubernetes.on_delete:
    kind: DaemonSet
    name: agent
    namespace: monitoring
    image: registry.example/agent:2.0
    nodes: pool=canary
    stop_before: rest

- name: Update all other agents, a quarter of the nodes at a time
  rollout.kubernetes.on_delete:
    kind: DaemonSet
    name: agent
    namespace: monitoring
    image: registry.example/agent:2.0
    nodes: pool=canary
    batch: 25%

- name: Update the agents on a tenth of the nodes, watch them for ten minutes, then update all others, five at a time
  rollout.kubernetes.on_delete:
    kind: DaemonSet
    name: agent
    namespace: monitoring
    image: registry.example/agent:2.0
    weights: [10]
    hold: 10m
    batch: 5
    gates:
      - name: pods
        pods: {restarts: 0}

- name: Ask which pod is the primary
  ansible.builtin.command: kubectl --namespace shop exec todo-db-0 -- patronictl list --format json
  register: primary
  changed_when: false

- name: Update a database, its primary last
  rollout.kubernetes.on_delete:
    src: todo-db.yml
    namespace: shop
    primary: "{{ (primary.stdout | from_json | selectattr('Role', 'eq', 'Leader') | first).Member }}"

- name: Update one zone after the other
  rollout.kubernetes.on_delete:
    name: cache
    namespace: shop
    image: registry.example/cache:7.4
    batch_label: topology.kubernetes.io/zone
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
        - The steps of the rollout, each with C(name), C(state) (pending, running, done, unchanged, failed) and C(seconds).
        - Those that update pods have C(pods) as well, the pods' names in their order, and C(nodes), where those are.
        - With O(stop_before) the steps that the task did not take are pending, and the phase is V(paused).
      type: list
      elements: dict
      sample: [{name: todo-db-2, state: done, seconds: 9.1, pods: [todo-db-2], nodes: [worker-3]}]
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
    plan:
      description: In check mode the steps and what they change, as lines of a table.
      type: list
      elements: str
      sample: ["step        what it does", "prepare     make Deployment web-green"]
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
    run_module("on_delete")


if __name__ == "__main__":
    main()
