# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes or removes the demo's namespace: namespace.py create|delete NAME, with the cluster that KUBECONFIG names."""

from __future__ import annotations

import sys

from kubernetes import client, config, watch

LABEL = "rollout.kubernetes/demo"


def create(api: client.CoreV1Api, name: str) -> None:
    """Make the namespace and wait until pods can start in it; one that is there and not the demo's is refused."""
    body = {"metadata": {"name": name, "labels": {LABEL: "true"}}}
    try:
        api.create_namespace(body)
    except client.ApiException as error:
        if error.status != 409:
            raise
        found = api.read_namespace(name)
        if LABEL not in (found.metadata.labels or {}) or found.metadata.deletion_timestamp:
            sys.exit(f"The namespace {name} exists already and is not the demo's (or is being removed): remove it first, or wait a moment.")
    stream = watch.Watch().stream(api.list_namespaced_service_account, name, field_selector="metadata.name=default", timeout_seconds=30)
    next(iter(stream), None)


def delete(api: client.CoreV1Api, name: str) -> None:
    """Remove the namespace."""
    try:
        api.delete_namespace(name)
    except client.ApiException as error:
        if error.status != 404:
            raise


if __name__ == "__main__":
    verb, name = sys.argv[1:]
    try:
        config.load_kube_config()
        {"create": create, "delete": delete}[verb](client.CoreV1Api(), name)
    except client.ApiException as error:
        sys.exit(f"The cluster refused to {verb} the namespace {name}: {error.reason}.")
    except Exception as error:  # noqa: BLE001  # a demo says in one line what is wrong with the cluster or its kubeconfig
        sys.exit(f"The cluster cannot be reached: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
