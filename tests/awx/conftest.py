# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures of tests of jobs as AWX runs them: with the rights, the playbooks and the workflows of docs/examples/awx."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.functional.cluster import Cluster, running_cluster
from tests.functional.conftest import audit, deployment, get, kubectl, manifest, namespace
from tests.functional.interference import eventually

from .jobs import PROJECT, Awx, Credential, Environments
from .workflow import Workflows

__all__ = ["audit", "deployment", "get", "kubectl", "manifest", "namespace"]
ACCOUNT = "rollout"
CORES = ("2.18", "2.19", "2.20", "newest")
RUNNERS = ("2.4.0", "newest")


LONGEST = ("test_killed.py", "test_setup.py", "test_rulebook.py")
"""What waits more than it works, so it begins first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def environment(variable: str) -> Path:
    """An environment that `./dev test awx` has made; the test is skipped where it is run by other means."""
    found = os.environ.get(f"ROLLOUT_TEST_{variable}", "")
    if not found:
        pytest.skip(f"there is no environment {variable}: run ./dev test awx")
    return Path(found)


def environments(core: str = "newest", runner: str = "newest") -> Environments:
    """Where an ansible-core and an ansible-runner are, by their versions."""
    return Environments(core=environment(f"CORE_{_named(core)}"), runner=environment(f"RUNNER_{_named(runner)}"))


def _named(version: str) -> str:
    return version.upper().replace(".", "_")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The real cluster of all tests."""
    return running_cluster()


@pytest.fixture
def credential(cluster: Cluster, namespace: str, kubectl: Callable[..., object]) -> Iterator[Credential]:
    """A credential that has what rbac.yml gives, in the test's namespace, and nothing else."""
    text = (PROJECT / "rbac.yml").read_text().replace("namespace: shop", f"namespace: {namespace}")
    text = text.replace("rollout-nodes-shop", f"rollout-nodes-{namespace}")
    cluster.kubectl("apply", "--filename=-", stdin=text)
    try:
        account = f"system:serviceaccount:{namespace}:{ACCOUNT}"
        for verb, thing in (("create", "leases"), ("list", "nodes")):
            eventually(partial(may, cluster, account, verb, thing, namespace), f"{account} may {verb} {thing}")
        token = cluster.kubectl("create", "token", ACCOUNT, f"--namespace={namespace}").stdout.strip()
        found = cluster.kubectl("config", "view", "--raw", "--output=json").json()["clusters"][0]["cluster"]
        yield Credential(host=found["server"], token=token, ca=Path(found["certificate-authority"]).read_text())
    finally:
        cluster.kubectl("delete", "clusterrolebinding", f"rollout-nodes-{namespace}", "--ignore-not-found")


def may(cluster: Cluster, account: str, verb: str, thing: str, namespace: str) -> bool:
    """Whether the API server knows a right by now."""
    return cluster.kubectl("auth", "can-i", verb, thing, f"--as={account}", f"--namespace={namespace}", check=False).code == 0


@pytest.fixture
def awx(tmp_path: Path, credential: Credential) -> Iterator[Awx]:
    """awx.run("rolling.yml", {...}): a job of the example project, with ansible-runner as AWX 24 has it and the newest ansible-core."""
    found = Awx(folder=tmp_path, environments=environments(runner="2.4.0"), credential=credential)
    yield found
    found.end()


@pytest.fixture
def workflows(awx: Awx) -> Workflows:
    """workflows.launch("Release", {...}): a workflow of awx.yml."""
    return Workflows(awx)
