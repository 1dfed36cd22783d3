#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `recreate`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: recreate
short_description: Roll a Deployment out by stopping all old pods before the first new one starts
version_added: 0.1.0
description:
  - Brings a Deployment to a manifest, or changes its image or environment. The old pods are gone, not only on their way out, before the
    first new one starts. For applications of which two versions must never run at the same time.
  - That is an outage. Check mode, and a line before anything is written, tell how long it will be, from the outages of this application
    before.
  - When the new version fails it goes back at once.
  - The template and the strategy C(Recreate) come in a single write, so that the cluster brings the rollout to its end even when the
    task is killed.
  - Pods that are still stopping and that the cluster itself would not wait for (their ReplicaSet is gone, or is the one that is to start)
    are waited for before anything is written.
  - Nothing is stopped where the template already runs, also if the Deployment had another strategy. A second run with the same input
    writes nothing.
  - Definitions and fields of other managers are dealt with as by M(rollout.kubernetes.rolling).
  - While there is something to do the task holds a Lease (O(application)), so that two tasks do not meet. The Lease C(rollout-NAME) of each
    Deployment remembers its last ten outages, in the annotation C(rollout.kubernetes/outages).
options:
  kind:
    choices: [Deployment]
  progress_deadline_seconds:
    description:
      - After how long without progress Kubernetes calls the rollout failed.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
  on_failure:
    description:
      - What to do when the new version fails. V(rollback) brings the template back that served before, in the same way, and waits for it.
        V(hold) leaves everything as it is, which is an outage that lasts. The task fails in both cases.
      - Where the time is over while old pods still stop, nothing is taken back, since what starts then would run beside them. The cluster
        starts the new version when they are gone.
    type: str
    choices: [rollback, hold]
    default: rollback
  wait:
    description: Wait until the rollout is complete. Without waiting nothing is rolled back, and the outage is not measured.
    type: bool
    default: true
extends_documentation_fragment:
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
  - rollout.kubernetes.approval
  - rollout.kubernetes.wait
  - rollout.kubernetes.verify
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
notes:
  - Needs, besides the rights for the Deployment, to list and watch ReplicaSets and Pods, and to get, list, watch, create and update
    Leases.
seealso:
  - module: rollout.kubernetes.rolling
  - module: rollout.kubernetes.wait
  - module: rollout.kubernetes.status_info
  - module: rollout.kubernetes.undo
  - module: rollout.kubernetes.versioned_config
  - name: Configuration that rolls back
    description: Why configuration is versioned, how content is given, what is removed when.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_config.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: Roll out a version that must not run beside the one before
  rollout.kubernetes.recreate:
    src: web.yml
    namespace: shop
    change_cause: release 2.0, ticket SHOP-311

- name: See how long the outage would be
  rollout.kubernetes.recreate:
    name: web
    namespace: shop
    image: registry.example/web:2.0
  check_mode: true

- name: Change the image of a live Deployment; a new version that crashes stays, to be looked at
  rollout.kubernetes.recreate:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    on_failure: hold

- name: Stop the version with the old configuration before the new one starts
  rollout.kubernetes.recreate:
    name: web
    namespace: shop
    config:
      - name: web-config
        data:
          SCHEMA: "7"

- name: Measure how long users notice the outage, without failing for it
  rollout.kubernetes.recreate:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    verify:
      url: https://shop.example/healthz
      max_failed: 100%
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
    outage:
      description:
        - The time without a pod that serves. C(expected_seconds) is the middle of earlier outages of the application, null where none is
          known or none is to come.
        - C(seconds) is what was measured, from the moment at which no pod is ready to the first new one that is available, or to the end of
          a task that failed; 0 where nothing was stopped, null where it was not seen (in check mode, without waiting, or in a run that
          goes on with what another one began).
      type: dict
      sample: {expected_seconds: 12.3, seconds: 11.9}
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
    run_module("recreate")


if __name__ == "__main__":
    main()
