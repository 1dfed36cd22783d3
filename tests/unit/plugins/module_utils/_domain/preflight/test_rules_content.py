# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what a pod is made of: each finds its fault, and keeps quiet where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.rules_content import image_parts

from .manifests import APP, CONTAINER, DROP, POD, companion, of, paths, web

DIGEST = "sha256:" + "0" * 64
REQUESTS = f"{CONTAINER}.resources.requests"


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("web", ("web", "", "")),
        ("web:2.0", ("web", "2.0", "")),
        ("registry.example:5000/web", ("registry.example:5000/web", "", "")),
        ("registry.example:5000/shop/web:2.0", ("registry.example:5000/shop/web", "2.0", "")),
        (f"registry.example/web@{DIGEST}", ("registry.example/web", "", DIGEST)),
        (f"registry.example/web:2.0@{DIGEST}", ("registry.example/web", "2.0", DIGEST)),
        ("", ("", "", "")),
    ],
)
def test_the_parts_of_an_image(image: str, parts: tuple[str, str, str]) -> None:
    assert image_parts(image) == parts


@pytest.mark.parametrize(
    ("image", "latest", "moves"),
    [
        pytest.param("web", True, False, id="no tag"),
        pytest.param("registry.example:5000/web", True, False, id="no tag, a registry's port"),
        pytest.param("web:latest", True, False, id="latest"),
        pytest.param("web:stable", False, True, id="stable"),
        pytest.param("web:main", False, True, id="a branch"),
        pytest.param("nginx:alpine", False, True, id="a distribution alone"),
        pytest.param("node:lts-slim", False, True, id="a branch on a distribution"),
        pytest.param("web:2.0-SNAPSHOT", False, True, id="a snapshot"),
        pytest.param("web:alpine-latest", False, True, id="the latest of something"),
        pytest.param("nginx:1.28-alpine", False, False, id="a version"),
        pytest.param("web:v2", False, False, id="a short version"),
        pytest.param("web:maintenance-2", False, False, id="a word that begins like a branch"),
        pytest.param(f"web:latest@{DIGEST}", False, False, id="latest with a digest"),
        pytest.param(f"web@{DIGEST}", False, False, id="a digest"),
        pytest.param("", False, False, id="no image"),
    ],
)
def test_an_image_stays_what_it_is(image: str, latest: bool, moves: bool) -> None:
    scenery = web({f"{APP}.image": image})
    assert paths("image-latest", scenery) == [f"{CONTAINER}.image"] * latest
    assert paths("image-tag-moves", scenery) == [f"{CONTAINER}.image"] * moves


def test_init_containers_have_images_too() -> None:
    found = of("image-latest", web({f"{POD}.initContainers": [{"name": "init", "image": "registry.example/init"}]}))
    assert [(finding.path, finding.remedy) for finding in found] == [
        (f"{POD}.initContainers[0].image", 'image: "registry.example/init:<version>"')
    ]


def config(name: str = "settings", **fields: Any) -> dict[str, Any]:
    """A ConfigMap."""
    return {**companion("ConfigMap", name), **fields}


def secret(name: str = "settings", **fields: Any) -> dict[str, Any]:
    """A Secret."""
    return {**companion("Secret", name), **fields}


def volume(name: str = "settings") -> dict[str, Any]:
    """Changes: a ConfigMap is mounted."""
    return {f"{POD}.volumes": [{"name": "content", "configMap": {"name": name}}]}


@pytest.mark.parametrize(
    ("changes", "other", "found"),
    [
        pytest.param(volume(), config(), [f"{POD}.volumes[0].configMap.name"], id="mounted"),
        pytest.param(
            {f"{POD}.volumes": [{"emptyDir": {}}, {"secret": {"secretName": "settings"}}]},
            secret(),
            [f"{POD}.volumes[1].secret.secretName"],
            id="a Secret, mounted",
        ),
        pytest.param(
            {f"{POD}.volumes": [{"projected": {"sources": [{"secret": {"name": "settings"}}]}}]},
            secret(),
            [f"{POD}.volumes[0].projected.sources[0].secret.name"],
            id="projected",
        ),
        pytest.param(
            {f"{APP}.envFrom": [{"configMapRef": {"name": "settings"}}]},
            config(),
            [f"{CONTAINER}.envFrom[0].configMapRef.name"],
            id="all variables",
        ),
        pytest.param(
            {f"{APP}.env": [{"name": "A", "value": "b"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "b"}}}]},
            secret(),
            [f"{CONTAINER}.env[1].valueFrom.secretKeyRef.name"],
            id="one variable",
        ),
        pytest.param(
            {f"{POD}.initContainers": [{"image": "init:1", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
            config(),
            [f"{POD}.initContainers[0].envFrom[0].configMapRef.name"],
            id="of an init container",
        ),
        pytest.param(volume("web-s3"), config("web-s3"), [f"{POD}.volumes[0].configMap.name"], id="a name with a number in it"),
        pytest.param(volume("settings-9f2c4e1"), config("settings-9f2c4e1"), [], id="a commit"),
        pytest.param(volume(), secret(), [], id="another kind"),
        pytest.param(volume("others"), config(), [], id="not of the definition"),
        pytest.param(volume(), config(immutable=True), [], id="immutable"),
        pytest.param(volume("settings-v2"), config("settings-v2"), [], id="a version"),
        pytest.param(volume("settings-1.4.0"), config("settings-1.4.0"), [], id="a longer version"),
        pytest.param(volume("settings-42"), config("settings-42"), [], id="a number"),
        pytest.param(volume("settings-7ktm6g2h5d"), config("settings-7ktm6g2h5d"), [], id="a hash of its content"),
        pytest.param(volume("web-tls"), config("web-tls"), [], id="a certificate by its name"),
        pytest.param(
            {f"{POD}.volumes": [{"secret": {"secretName": "settings"}}]}, secret(type="kubernetes.io/tls"), [], id="a certificate"
        ),
        pytest.param({}, config(), [], id="not used"),
        pytest.param(volume("kube-root-ca.crt"), config("kube-root-ca.crt"), [], id="what the cluster keeps up to date"),
        pytest.param({f"{POD}.imagePullSecrets": [{"name": "settings"}]}, secret(), [], id="the kubelet's own"),
    ],
)
def test_configuration_has_a_version(changes: dict[str, Any], other: dict[str, Any], found: list[str]) -> None:
    assert paths("config-without-version", web(changes, other)) == found


@pytest.mark.parametrize(
    ("live", "found"),
    [
        pytest.param({}, [], id="not looked at"),
        pytest.param({"ConfigMap": ()}, [], id="not there"),
        pytest.param({"ConfigMap": (config(),)}, [f"{POD}.volumes[0].configMap.name"], id="mutable"),
        pytest.param({"ConfigMap": (config(immutable=True),)}, [], id="immutable"),
        pytest.param({"ConfigMap": (config(metadata={"namespace": "other", "name": "settings"}),)}, [], id="of another namespace"),
    ],
)
def test_live_configuration_has_a_version(live: dict[str, Any], found: list[str]) -> None:
    assert paths("config-without-version", web(volume(), live=live)) == found


def test_configuration_is_told_once_with_the_lines_that_mend_it() -> None:
    twice = {**volume(), f"{APP}.envFrom": [{"configMapRef": {"name": "settings"}}]}
    (finding,) = of("config-without-version", web(twice, config()))
    assert "ConfigMap settings (volume content, envFrom of container web) may change under running pods" in finding.why
    assert finding.remedy.splitlines() == ["config:  # of the task that rolls out", "  - {kind: ConfigMap, name: settings}"]


def test_configuration_that_the_rollout_versions_is_fine() -> None:
    assert paths("config-without-version", web(volume(), config(), versioned=frozenset({("ConfigMap", "settings")}))) == []
    assert paths("config-without-version", web(volume(), config(), versioned=frozenset({("Secret", "settings")}))) != []


def test_configuration_of_another_namespace_is_another() -> None:
    assert paths("config-without-version", web(volume(), config(metadata={"namespace": "other", "name": "settings"}))) == []


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        pytest.param({f"{APP}.resources": DROP}, {"cpu", "memory"}, id="none"),
        pytest.param({f"{APP}.resources": {"requests": {"cpu": "250m"}}}, {"250m", "memory"}, id="no memory"),
        pytest.param({f"{APP}.resources": {"limits": {"memory": "1Gi"}}}, {"cpu"}, id="a limit is a request as well"),
        pytest.param({}, set(), id="both"),
        pytest.param({f"{APP}.resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}, set(), id="limits"),
        pytest.param({f"{APP}.resources": DROP, f"{POD}.resources": {"requests": {"cpu": 1, "memory": "1Gi"}}}, set(), id="of the pod"),
        pytest.param({f"{POD}.initContainers": [{"name": "init", "image": "init:1"}]}, set(), id="an init container needs none"),
    ],
)
def test_containers_ask_for_what_they_need(changes: dict[str, Any], remedy: set[str]) -> None:
    found = of("no-requests", web(changes))
    assert [finding.path for finding in found] == [REQUESTS] * bool(remedy)
    assert all(word in finding.remedy for finding in found for word in remedy)
    assert all(("memory" in finding.remedy) == ("memory" in remedy) for finding in found)


def test_sidecars_ask_for_what_they_need() -> None:
    sidecar = {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}
    assert paths("no-requests", web({f"{POD}.initContainers": [sidecar]})) == [f"{POD}.initContainers[0].resources.requests"]
