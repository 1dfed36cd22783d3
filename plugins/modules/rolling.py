#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `rolling`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rolling
short_description: Roll Deployments, StatefulSets and DaemonSets out by rolling update, and wait until that is really done
version_added: 0.1.0
description:
  - Brings Deployments, StatefulSets and DaemonSets to a manifest, or changes the image or environment of one, and waits until the
    rollout is complete exactly as C(kubectl rollout status) has it. The cluster's own controllers replace the pods.
  - Says in a sentence, in check mode as well, within which bounds the pods of a new template are replaced, defaults included.
  - Waits by watch, shows progress while it runs, and fails early with the cause and its remedy when the new version cannot start.
  - A second run with the same input writes nothing.
  - A StatefulSet does not get past a pod that never becomes ready. What stands in the way of a new version, a pod of one that was
    given up or that never came up, is deleted, so that it is made anew; so it is when going back. O(repair) says which ones.
  - A new template of a StatefulSet or DaemonSet with the update strategy C(OnDelete) is refused, since nothing would roll it out.
  - A definition is written by server-side apply as the field manager C(rollout.kubernetes).
  - Fields that a person's tool wrote
    before (kubectl, Ansible, Helm once its release is gone) are taken over, and the message says so. Fields that a controller owns are
    left alone, and a workload that GitOps, Helm or another rollout tool manages is refused.
options:
  max_surge:
    description:
      - How many pods more than the replicas there may be, a count or a percentage (rounded up). Of a DaemonSet, on how many nodes a new
        pod may start beside the old one; O(max_unavailable) must be 0 then.
      - A StatefulSet has none.
    type: raw
  max_unavailable:
    description:
      - How many of the replicas may be missing, a count or a percentage (rounded down; of a DaemonSet up). Not zero together with
        O(max_surge).
      - Of a StatefulSet it is behind the feature gate C(MaxUnavailableStatefulSet). Where the cluster ignores it, the task warns.
    type: raw
  partition:
    description:
      - How many pods of a StatefulSet keep the old template, those with the lowest ordinals. V(0) lets all of them be replaced.
      - The rollout is complete when the others are updated; the message says which pods keep the old template.
      - It counts pods and is no ordinal, so with C(ordinals.start) 5 and a partition of 2 the pods 5 and 6 stay.
    type: int
  progress_deadline_seconds:
    description:
      - After how long without progress Kubernetes calls the rollout failed. Only a Deployment has it.
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
  on_failure:
    description:
      - What to do when the rollout fails. V(hold) leaves everything as it is, the old pods that still run go on serving. V(rollback) brings
        the template back that served before and waits for it. The task fails in both cases.
      - What somebody else has given another template meanwhile is left alone, and so is what the task cannot write or watch any more.
    type: str
    choices: [rollback, hold]
    default: hold
  wait:
    description: Wait until the rollout is complete. Without waiting nothing is rolled back.
    type: bool
    default: true
extends_documentation_fragment:
  - rollout.kubernetes.gate.along
  - rollout.kubernetes.manifest
  - rollout.kubernetes.manifest.change
  - rollout.kubernetes.manifest.ready
  - rollout.kubernetes.ownership.fields
  - rollout.kubernetes.repair
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
  - Of a StatefulSet or DaemonSet that had nothing to do the revisions are not looked at, so that its revision is null.
seealso:
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
- name: Roll out a manifest, and go back by itself if the new version does not start
  rollout.kubernetes.rolling:
    src: web.yml
    namespace: shop
    change_cause: release 2.0, ticket SHOP-311
    on_failure: rollback

- name: Change the image of a live Deployment
  rollout.kubernetes.rolling:
    name: web
    namespace: shop
    image: registry.example/web:2.0

- name: Two containers and a variable, carefully
  rollout.kubernetes.rolling:
    name: portal
    namespace: shop
    image:
      app: registry.example/portal:2.0
      proxy: registry.example/proxy:1.4
    env:
      GREETING: hello
    container: app
    max_surge: 25%
    max_unavailable: 0
    min_ready_seconds: 10

- name: Configuration that comes back with an undo; the manifest refers to web-config and web-secret, the pods to copies of them
  rollout.kubernetes.rolling:
    src: web.yml
    namespace: shop
    config:
      - name: web-config
        data:
          LOG_LEVEL: debug
      - kind: Secret
        name: web-secret
        files:
          password: secrets/password.vault

- name: Only a new version of the configuration of a live Deployment, counted by yourself
  rollout.kubernetes.rolling:
    name: web
    namespace: shop
    config:
      - name: web-config
        version: v41
        folder: config/v41

- name: The two highest pods of five first
  rollout.kubernetes.rolling:
    kind: StatefulSet
    name: db
    namespace: shop
    image: registry.example/db:16.4
    partition: 3

- name: On each node the new pod starts before the old one stops
  rollout.kubernetes.rolling:
    kind: DaemonSet
    name: agent
    namespace: shop
    image: registry.example/agent:3.1
    max_surge: 20%
    max_unavailable: 0

- name: See what would change
  rollout.kubernetes.rolling:
    template: web.yml.j2
  check_mode: true
  diff: true

- name: Roll out, and go back if users lose a single request
  rollout.kubernetes.rolling:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    on_failure: rollback
    verify:
      url: https://shop.example/healthz

- name: The same for a Service that only pods can reach
  rollout.kubernetes.rolling:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    on_failure: rollback
    verify:
      job:
        image: registry.example/curl:8
        url: http://web/healthz
        run_as_user: 100

- name: Roll out, and go back at the first sign that the new version serves badly
  rollout.kubernetes.rolling:
    name: web
    namespace: shop
    image: registry.example/web:2.0
    on_failure: rollback
    gates:
      - name: errors
        prometheus:
          url: http://prometheus.monitoring:9090
          query: sum(rate(requests_failed_total{pod=~"$candidate_pods"}[1m])) / sum(rate(requests_total{pod=~"$candidate_pods"}[1m]))
        max: 0.01
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
    outage:
      description:
        - The time without a pod, of a DaemonSet whose only pod stops before the new one starts; not there otherwise.
        - C(seconds) from the moment at which none is ready until one is available; null where it was not seen.
          C(expected_seconds) is null.
      type: dict
      sample: {expected_seconds: null, seconds: 2.3}
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
    run_module("rolling")


if __name__ == "__main__":
    main()
