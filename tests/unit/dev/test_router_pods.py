# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routers are started from manifests that hold all that the code says of them."""

from __future__ import annotations

import re
import string

import pytest
import yaml

from tests.dev import router_pods, routers
from tests.dev.cluster import Cluster
from tests.dev.router_pods import ROUTERS
from tests.dev.shell import Problem


def objects(name: str):
    """All objects of a router, with a word in the place of each folder."""
    router = ROUTERS[name]
    values = {word: f"/folder-of-{word}" for word in router.programs} | {"port": "6443"}
    texts = [string.Template((routers.SOURCES / manifest).read_text()).substitute(values) for manifest in router.manifests]
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


@pytest.mark.parametrize("name", ROUTERS)
def test_each_deployment_that_is_waited_for_is_in_the_manifests(name):
    made = [f"{found['metadata']['namespace']}/{found['metadata']['name']}" for found in objects(name) if found["kind"] == "Deployment"]
    assert sorted(made) == sorted(ROUTERS[name].deployments)


@pytest.mark.parametrize("name", ROUTERS)
def test_each_program_is_mounted_from_its_folder(name):
    pods = [found["spec"]["template"]["spec"] for found in objects(name) if found["kind"] == "Deployment"]
    folders = {volume["hostPath"]["path"] for pod in pods for volume in pod["volumes"] if volume["name"] == "programs"}
    assert folders == {f"/folder-of-{word}" for word in ROUTERS[name].programs}
    assert all(pod["hostNetwork"] for pod in pods)


@pytest.mark.parametrize("name", ROUTERS)
def test_each_kind_of_others_is_defined_first(name):
    groups = {"gateway_api": "gateway.networking.k8s.io", "traefik": "traefik.io", "istio": "networking.istio.io"}
    own = {"", "apps", "networking.k8s.io", "rbac.authorization.k8s.io"}
    used = {found["apiVersion"].rpartition("/")[0] for found in objects(name)} - own
    assert used <= {groups[key] for key in ROUTERS[name].definitions}
    assert set(ROUTERS[name].definitions) <= routers.DEFINITIONS.keys()


def test_a_cluster_without_a_real_node_has_no_router():
    with pytest.raises(Problem, match="Traefik needs a real node, which the cluster nobody has not: start one by"):
        router_pods.start(Cluster(name="nobody"), "traefik")


def test_the_versions_of_what_is_built_and_of_its_kinds_agree():
    for module, built in (("github.com/traefik/traefik/v3", "traefik"), ("sigs.k8s.io/gateway-api", "traefik"), ("istio.io/api", "istio")):
        assert version(module, "definitions") == version(module, built), module
    assert version(routers.LEGO, "traefik/stand_ins/lego") == version(routers.LEGO, "traefik")


def version(module: str, folder: str) -> str:
    """The version of a module that a go.mod requires."""
    found = re.search(rf"^(?:require|\t)\s*{re.escape(module)} (\S+)", (routers.SOURCES / folder / "go.mod").read_text(), re.MULTILINE)
    assert found, f"{folder} does not require {module}"
    return found[1]
