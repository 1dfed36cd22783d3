# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API serves the kinds that are known."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, KNOWN, POD, Resource
from hypothesis import given
from hypothesis import strategies as st

NAMESPACE = KNOWN["v1", "Namespace"]


@pytest.mark.parametrize(
    ("resource", "arguments", "expected"),
    [
        (POD, (), "/api/v1/pods"),
        (POD, ("shop",), "/api/v1/namespaces/shop/pods"),
        (POD, ("shop", "web"), "/api/v1/namespaces/shop/pods/web"),
        (POD, ("shop", "web", "log"), "/api/v1/namespaces/shop/pods/web/log"),
        (DEPLOYMENT, (), "/apis/apps/v1/deployments"),
        (DEPLOYMENT, ("shop", "web", "scale"), "/apis/apps/v1/namespaces/shop/deployments/web/scale"),
        (NAMESPACE, ("", "shop"), "/api/v1/namespaces/shop"),
        (NAMESPACE, ("ignored", "shop"), "/api/v1/namespaces/shop"),
    ],
)
def test_a_path_follows_the_apis_scheme(resource: Resource, arguments: tuple[str, ...], expected: str) -> None:
    assert resource.path(*arguments) == expected


@pytest.mark.parametrize(("resource", "group"), [(POD, ""), (DEPLOYMENT, "apps"), (Resource("a.example/v1", "A", "as"), "a.example")])
def test_the_core_group_has_no_name(resource: Resource, group: str) -> None:
    assert resource.group == group


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_name_cannot_leave_its_place_in_the_path(namespace: str, name: str) -> None:
    path = POD.path(namespace, name)
    assert path.count("/") == POD.path("n", "n").count("/")
    assert not set("?#% ") & set(path.replace("%", "", path.count("%")))


def test_each_known_kind_is_found_by_its_own_version_and_kind() -> None:
    assert all((resource.api_version, resource.kind) == key for key, resource in KNOWN.items())
