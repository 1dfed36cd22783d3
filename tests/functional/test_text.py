# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts with any character arrive as they were given, and stand in no later change's way."""

from __future__ import annotations

from typing import Any

import pytest

from .calls import call

ODD = "".join(
    map(chr, (*range(9, 14), *range(0x20, 0xA1), 0xFC, 0x2028, 0x2029, 0xD7FF, 0xE000, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F680, 0x10FFFF))
)
"""Every character that one encoding or another treats as special."""
CAUSES = ("release 2 \U0001f680", "fix A & B", "a<b>c", "Größe \x7f\x85\x9f", "line\u2028line\u2029", 'quoted "\\/" and \t\x01')


@pytest.mark.parametrize("module", ["rolling", "versioned_config"])
def test_every_character_arrives_as_it_was_given(cluster, namespace, get, deployment, module):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "annotations": {"note": ODD}}, "data": {"text": ODD}}
    given: dict[str, Any] = {"definition": [config, deployment(env=[{"name": "TEXT", "value": ODD}], replicas=0)], "wait": False}
    given = given if module == "rolling" else {"name": "web", "data": {"text": ODD}}
    assert call(cluster, module, namespace=namespace, **given)["changed"]
    assert not call(cluster, module, namespace=namespace, **given)["changed"]
    assert [entry["data"]["text"] for entry in get("configmap") if entry["metadata"]["name"].startswith("web")] == [ODD]
    if module == "rolling":
        assert get("configmap", "web")["metadata"]["annotations"]["note"] == ODD
        (container,) = get("deployment", "web")["spec"]["template"]["spec"]["containers"]
        assert container["env"] == [{"name": "TEXT", "value": ODD}]


@pytest.mark.parametrize("by", ["kubectl", "rolling"])
def test_no_character_stands_in_the_way_of_later_changes(cluster, namespace, get, deployment, apply, by):
    manifest = deployment(replicas=0, env=[{"name": "TEXT", "value": ODD}])
    manifest["spec"]["template"]["metadata"]["annotations"] = {"note": ODD}
    if by == "kubectl":
        apply(manifest)
    for number, cause in enumerate(CAUSES, start=2):
        image = f"registry.example/web:{number}"
        done = call(
            cluster,
            "rolling",
            namespace=namespace,
            change_cause=cause,
            **({"definition": manifest} if number == 2 and by == "rolling" else {"name": "web", "image": image, "env": {"CHANGED": cause}}),
        )
        assert (done["changed"], done.get("failed")) == (True, None), (cause, done["msg"])
        assert get("deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"] == cause
    for module in ("restart", "undo", "pause", "resume"):
        done = call(cluster, module, namespace=namespace, name="web")
        assert (done["changed"], done.get("failed")) == (True, None), (module, done["msg"])
    call(cluster, "rolling", namespace=namespace, name="web", env={"TEXT": "plain", "CHANGED": ODD})
    (container,) = get("deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert {entry["name"]: entry["value"] for entry in container["env"]} == {"TEXT": "plain", "CHANGED": ODD}
