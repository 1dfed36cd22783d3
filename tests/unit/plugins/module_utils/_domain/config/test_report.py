# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a template does not roll back with it, and how it would."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import Content, named_by_content
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.references import rewritten
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.report import mutable_references

TEMPLATE: JsonObject = {
    "spec": {
        "volumes": [
            {"name": "files", "configMap": {"name": "vweb-config"}},
            {
                "name": "token",
                "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}, {"serviceAccountToken": {"path": "t"}}]},
            },
            {"name": "disk", "csi": {"nodePublishSecretRef": {"name": "disk"}}},
        ],
        "containers": [
            {
                "name": "web",
                "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "vweb-secret", "key": "p"}}}],
                "envFrom": [{"configMapRef": {"name": "vweb-config"}}, {"prefix": "P_", "configMapRef": {"name": "vweb-config"}}],
            }
        ],
        "imagePullSecrets": [{"name": "registry"}],
    }
}


def test_configuration_that_is_not_versioned_is_listed_with_its_places() -> None:
    follows = "may change under running pods, and an undo does not bring its earlier content back."
    assert [found.sentence for found in mutable_references(TEMPLATE, ())] == [
        f"ConfigMap vweb-config (volume files, envFrom of container web) {follows}",
        f"Secret vweb-secret (env PASSWORD of container web) {follows}",
    ]


def test_the_lines_that_help_are_given() -> None:
    config, secret = mutable_references(TEMPLATE, ())
    assert config.lines() == ("config:  # of the task that rolls out", "  - {kind: ConfigMap, name: vweb-config}")
    assert secret.lines() == ("config:  # of the task that rolls out", "  - {kind: Secret, name: vweb-secret}")


def test_what_cannot_change_is_not_listed() -> None:
    names = {
        ("ConfigMap", "vweb-config"): named_by_content("vweb-config", Content("ConfigMap")),
        ("Secret", "vweb-secret"): "vweb-secret-v4",
    }
    made = rewritten(TEMPLATE, names)
    assert [found.name for found in mutable_references(made, ())] == ["vweb-secret-v4"]
    assert mutable_references(made, {("ConfigMap", "vweb-secret-v4")}) == mutable_references(made, ())
    assert mutable_references(made, {("Secret", "vweb-secret-v4")}) == ()
