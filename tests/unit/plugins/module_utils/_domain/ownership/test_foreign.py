# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an object is as a whole, and whether that can be overridden."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.foreign import foreign_controller, helm_release

from .test_owners import IMAGE, REPLICAS, annotation, entry, live

CONTROLLER: JsonObject = {"kind": "Shop", "name": "main", "controller": True}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(live(ownerReferences=[CONTROLLER]), "controlled by Shop shop/main", id="an owner reference"),
        pytest.param(live(annotations={"rollout.argoproj.io/revision": "1"}), "Argo Rollout", id="Argo Rollouts"),
        pytest.param(live(entry("rollouts-controller", REPLICAS)), "Argo Rollout", id="Argo Rollouts by its manager"),
        pytest.param(live(entry("flagger", REPLICAS)), "Flagger", id="Flagger"),
        pytest.param(live(annotations={"batchrelease.rollouts.kruise.io/control-info": "{}"}), "Kruise Rollout", id="Kruise Rollouts"),
        pytest.param(live(labels={"olm.owner": "acme.v1"}), "belongs to acme.v1, which the Operator Lifecycle Manager", id="OLM"),
        pytest.param(live(labels={"olm.managed": "true"}), "an operator", id="OLM without a name"),
    ],
)
def test_what_steers_rollouts_itself_is_never_overridden(found: JsonObject, words: str) -> None:
    sentence = foreign_controller(found)
    assert sentence is not None
    assert sentence.startswith("Deployment shop/web ")
    assert words in sentence
    assert foreign_controller(found, take_ownership=True) == sentence


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(
            live(annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}),
            "Argo CD (application shop)",
            id="Argo CD",
        ),
        pytest.param(live(entry("argocd-controller", IMAGE, "Apply")), "Argo CD;", id="Argo CD by its manager"),
        pytest.param(
            live(labels={"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}),
            "Flux (Kustomization flux/apps)",
            id="Flux",
        ),
        pytest.param(live(labels={"helm.toolkit.fluxcd.io/name": "web"}), "Flux (HelmRelease web)", id="Flux with Helm"),
    ],
)
def test_what_gitops_synchronises_is_refused_unless_ownership_is_taken(found: JsonObject, words: str) -> None:
    sentence = foreign_controller(found)
    assert sentence is not None
    assert words in sentence
    assert "take_ownership: true" in sentence
    assert foreign_controller(found, take_ownership=True) is None


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(live(), id="a plain one"),
        pytest.param(live(ownerReferences=[{"kind": "Shop", "name": "main"}]), id="an owner that does not control"),
        pytest.param(live(labels={"app.kubernetes.io/instance": "shop"}), id="the label that many tools set"),
        pytest.param(live(labels={"app.kubernetes.io/managed-by": "Helm"}), id="Helm, which is looked at on its own"),
        pytest.param(live(annotations={"image.openshift.io/triggers": "[]"}), id="an image trigger"),
        pytest.param(
            live(
                labels={"kustomize.toolkit.fluxcd.io/name": "apps"},
                annotations={"kustomize.toolkit.fluxcd.io/reconcile": "disabled"},
            ),
            id="Flux, told to leave it alone",
        ),
        pytest.param(live(entry("flagger", annotation("x"))), id="Flagger, which only left an annotation"),
    ],
)
def test_nobody_else_controls(found: JsonObject) -> None:
    assert foreign_controller(found) is None


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, None),
        ({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "releases"}, ("releases", "web")),
        ({"meta.helm.sh/release-name": "web"}, ("shop", "web")),
        ({"meta.helm.sh/release-namespace": "releases"}, None),
    ],
)
def test_the_helm_release_stands_in_the_annotations(annotations: JsonObject, expected: tuple[str, str] | None) -> None:
    assert helm_release(live(annotations=annotations)) == expected
