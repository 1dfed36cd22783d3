# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conformance suite against the real server."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ClusterError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Cluster as Api
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import WatchEvent
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import connect

pytest.register_assert_rewrite("tests.conformance")

from tests.conformance import OF_ROUTES, ROWS  # noqa: E402

from .api import ask  # noqa: E402
from .cluster import Cluster  # noqa: E402
from .interference import eventually  # noqa: E402
from .kinds_of_routes import serve_routes  # noqa: E402

VERBS = ("get", "list", "watch", "create", "update", "patch", "delete")


class Real:
    """A bench."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.api = self._client()

    def _client(self, **more: str) -> Api:
        options = auth_options({"kubeconfig": str(self.cluster.kubeconfig), **more}, environment={})
        return connect(options, environment={}, deadline_seconds=120).cluster

    def until(self, holds: Callable[[], bool], what: str) -> None:
        eventually(holds, what)

    def passes(self, seconds: float) -> None:
        time.sleep(seconds)

    def as_user(self, *denied: tuple[Sequence[str], str]) -> Api:
        user = f"user-{uuid.uuid4().hex[:8]}"
        rights = {plural: [verb for verb in VERBS if verb not in verbs] for verbs, plural in denied}
        rules = [{"apiGroups": ["*"], "resources": [plural], "verbs": verbs} for plural, verbs in rights.items() if verbs]
        others = {"pods", "pods/eviction", "configmaps", "deployments", "services", "leases"} - set(rights)
        rules.append({"apiGroups": ["*"], "resources": sorted(others), "verbs": list(VERBS)})
        base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{self.namespace}"
        ask(self.cluster.kubeconfig, "POST", f"{base}/roles", body={"metadata": {"name": user}, "rules": rules})
        subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
        role = {"kind": "Role", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
        ask(
            self.cluster.kubeconfig,
            "POST",
            f"{base}/rolebindings",
            body={"metadata": {"name": user}, "subjects": [subject], "roleRef": role},
        )
        review = {
            "spec": {
                "user": user,
                "resourceAttributes": {"namespace": self.namespace, "verb": "get", "resource": min(others), "group": "*"},
            }
        }
        reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        eventually(lambda: ask(self.cluster.kubeconfig, "POST", reviews, body=review)["status"]["allowed"], f"{user} has its rights")
        return self._client(impersonate_user=user)

    @contextmanager
    def events(self, resource: Resource, *, version: str = "", labels: str = "", fields: str = "") -> Iterator[list[WatchEvent]]:
        found: list[WatchEvent] = []
        watch = self.api.watch(resource, self.namespace, labels=labels, fields=fields, resource_version=version)

        def listen() -> None:
            found.extend(watch)  # One by one, as they come.

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield found
        watch.close()
        thread.join(10)

    @contextmanager
    def follow(self, pod: str, container: str, *, api: Api | None = None) -> Iterator[list[str | ClusterError]]:
        found: list[str | ClusterError] = []
        lines = (api or self.api).follow(self.namespace, pod, container)

        def listen() -> None:
            try:
                found.extend(lines)
            except ClusterError as error:
                found.append(error)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield found
        lines.close()
        thread.join(10)


@pytest.fixture(scope="session")
def routes_served(real_cluster: Cluster) -> None:
    """The cluster serves the kinds of routes."""
    serve_routes(real_cluster)


@pytest.mark.parametrize("name", ROWS)
def test_row(cluster: Cluster, namespace: str, name: str, request: pytest.FixtureRequest) -> None:
    if name in OF_ROUTES:
        request.getfixturevalue("routes_served")
    ROWS[name](Real(cluster, namespace))
