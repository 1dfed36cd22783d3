#!/usr/bin/python
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `versioned_config`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: versioned_config
short_description: Make immutable copies of ConfigMaps and Secrets, and remove those that nothing refers to
version_added: 0.1.0
description:
  - Makes an immutable copy of a ConfigMap or Secret, whose name tells its content or version, for a template that something else
    writes. RV(configs[].copy_name) is the name to put there.
  - Workloads that this collection rolls out need no task of their own for that; O(rollout.kubernetes.rolling#module:config) does it, and
    changes the references as well.
  - The content comes from the options, or from manifests. With O(name) alone it is that of the object of that name in the cluster, which is
    left as it is.
  - Of several manifests each is versioned by itself. Their content, labels and annotations count, their names and namespaces; O(name) and
    O(version) are for a single one.
  - A second run with the same content writes nothing.
  - Copies of the same name that nothing refers to any more and that are older than an hour are removed. So one that is still to be put
    into a template has an hour's time.
options:
  namespace:
    description:
      - The namespace of what names none.
      - Without it the namespace of the kubeconfig's context counts, else C(default).
    type: str
  cleanup:
    description: Remove the copies that nothing refers to any more.
    type: bool
    default: true
  take_ownership:
    description:
      - Write an object of the copy's name although GitOps or Helm manages it, and fields although a controller owns them.
    type: bool
    default: false
extends_documentation_fragment:
  - rollout.kubernetes.manifest.read
  - rollout.kubernetes.config.entry
  - rollout.kubernetes.auth
  - rollout.kubernetes.attributes
seealso:
  - module: rollout.kubernetes.rolling
  - module: rollout.kubernetes.blue_green
  - name: Configuration that rolls back
    description: Why configuration is versioned, how content is given, what is removed when.
    link: https://github.com/rollout/kubernetes/blob/main/docs/guide_config.md
author:
  - the rollout.kubernetes contributors (@rollout-kubernetes)
"""

EXAMPLES = r"""
- name: A copy for a workload that another tool rolls out
  rollout.kubernetes.versioned_config:
    name: web-config
    namespace: shop
    data:
      LOG_LEVEL: debug
  register: config

- name: Refer to the copy in a template
  ansible.builtin.command: >-
    helm upgrade web charts/web --namespace shop --set configName={{ config.configs[0].copy_name }}

- name: A Secret of vaulted files, under a version of its own
  rollout.kubernetes.versioned_config:
    kind: Secret
    name: web-tls
    namespace: shop
    type: kubernetes.io/tls
    version: v41
    files:
      tls.crt: files/web.crt
      tls.key: files/web.key.vault

- name: Of all manifests of a file, without removing anything
  rollout.kubernetes.versioned_config:
    src: configuration.yml
    namespace: shop
    cleanup: false
"""

RETURN = r"""
msg:
  description: What happened, in a sentence for each workload; the cause and the remedy when it failed.
  type: str
  returned: always
  sample: "Deployment shop/web is complete: successfully rolled out."
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
diff:
  description: The objects before and after, in diff mode. Values of Secrets are never shown.
  type: list
  elements: dict
  returned: in diff mode
"""

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import main as run_module


def main() -> None:
    """Run the module."""
    run_module("versioned_config")


if __name__ == "__main__":
    main()
