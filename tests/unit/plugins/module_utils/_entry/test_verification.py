# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option verify: what is hidden of it, and where a pod of it runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import redacted
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.verification import namespace_of, verify_secrets


@pytest.mark.parametrize(
    ("verify", "hidden"),
    [
        ({"headers": {"Authorization": "Bearer abcdefghij"}}, {"Bearer abcdefghij", "abcdefghij"}),
        ({"headers": {"X-Api-Key": "abc"}}, {"abc"}),
        ({"headers": {"X-Stage": "blue", "X-Other": "longer-than-that"}}, {"longer-than-that"}),
        ({"headers": "Authorization: abcdefghij"}, set()),
        ({"url": "http://walter:secret-word@web/"}, {"secret-word"}),
        ({"job": {"url": "http://walter:secret-word@web/"}}, {"secret-word"}),
        ({"url": "http://web/"}, set()),
        (None, set()),
        ("url=http://web/", set()),
    ],
)
def test_values_of_headers_and_passwords_are_hidden_and_short_words_are_not(verify: Any, hidden: set[str]) -> None:
    assert verify_secrets({"verify": verify}) == hidden


@pytest.mark.parametrize(
    "verify",
    [
        {"url": "http://walter:s3cret@web/?key=s3cret", "headers": {"a": "s3cret"}},
        {"url": None, "job": {"image": "x", "url": "http://walter:s3cret@web/?key=s3cret"}},
        {"headers": "a: s3cret"},
        "headers=s3cret",
    ],
)
def test_an_invocation_shows_nothing_secret_of_it(verify: Any) -> None:
    assert "s3cret" not in json.dumps(redacted({"verify": verify}))
    assert redacted({"verify": None}) == {"verify": None}


@pytest.mark.parametrize(
    ("parameters", "manifests", "namespace"),
    [
        ({}, [], "default"),
        ({"namespace": "shop"}, [], "shop"),
        ({"namespace": "shop"}, [{"kind": "Deployment", "metadata": {"namespace": "own"}}], "own"),
        ({}, [{"kind": "ConfigMap", "metadata": {"namespace": "other"}}, {"kind": "Deployment", "metadata": {}}], "default"),
        ({"workloads": [{"name": "web", "namespace": "there"}], "namespace": "shop"}, [], "there"),
    ],
)
def test_the_pod_runs_where_the_workload_is(parameters: Any, manifests: Any, namespace: str) -> None:
    assert namespace_of(parameters, manifests, "default") == namespace


def test_where_only_the_cluster_knows_the_namespace_it_must_be_given() -> None:
    with pytest.raises(InputError, match=r"verify\.job needs its namespace"):
        namespace_of({"all_namespaces": True}, [], "default")
