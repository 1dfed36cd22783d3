# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures of functional tests; README.md shows how they are used."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call as call_module
from .cluster import NOT_THE_TESTED_CLIENT, Cluster, Done, Event, running_cluster
from .described import described
from .durations import longest_first
from .faults import Faults, faulty
from .in_memory import InMemory, in_memory
from .interference import proxied
from .modules import Modules
from .plays import Ansible
from .sides import service
from .tasks import Tasks
from .workloads import applied, create, of_kind, rolled_out

HERE = Path(__file__).resolve().parent
BEGAN = pytest.StashKey[int]()
"""Where a test began in the audit log."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --only."""
    parser.addoption("--only", choices=["memory", "server"], help="of tests/functional, only what runs in memory, or on the real server")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what --only does not mean, and put the longest tests first."""
    only = config.getoption("only")
    left_out = [item for item in items if HERE in item.path.parents and only and is_in_memory(item, config) is not (only == "memory")]
    if left_out:
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
    longest_first(items)


def is_in_memory(item: pytest.Item, config: pytest.Config) -> bool:
    """Say whether a test runs in memory: it or its file is marked `memory`, it is not marked `server`, and --all was not given."""
    marked = item.get_closest_marker("memory") is not None and item.get_closest_marker("server") is None
    return marked and not config.getoption("--all")


@pytest.fixture(scope="session")
def real_cluster() -> Cluster:
    """The real cluster of all tests."""
    return running_cluster()


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster | InMemory]:
    """The cluster of the test: in memory for one that is marked `memory`, unless --all is given."""
    if is_in_memory(request.node, request.config):
        with in_memory() as found:
            yield found
    else:
        yield request.getfixturevalue("real_cluster")


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, ready for pods."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")[:40].strip("-")
    name = f"{words}-{uuid.uuid4().hex[:6]}"
    request.node.stash[BEGAN] = cluster.audit_size()
    with cluster.fresh_namespace(name):
        yield name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the test's namespace where the test has failed."""
    report = yield
    given: dict[str, Any] = getattr(item, "funcargs", {})
    if report.failed and call.when == "call" and BEGAN in item.stash and {"cluster", "namespace"} <= given.keys():
        report.sections.append(("its namespace", described(given["cluster"], given["namespace"], item.stash[BEGAN])))
    return report


@pytest.fixture
def kubectl(cluster: Cluster, namespace: str) -> Callable[..., Done]:
    """kubectl(*arguments, stdin=None, check=True) in the test's namespace."""

    def call(*arguments: str, stdin: str | None = None, check: bool = True) -> Done:
        return cluster.kubectl("--namespace", namespace, *arguments, stdin=stdin, check=check)

    if isinstance(cluster, Cluster):  # Where kubectl is a program, helpers in workloads.py ask the server themselves.
        call.place = cluster.kubeconfig, namespace  # type: ignore[attr-defined]
    return call


@pytest.fixture
def apply(kubectl: Callable[..., Done]) -> Callable[..., None]:
    """apply(*manifests): kubectl apply of objects given as dicts."""

    def call(*manifests: Mapping[str, Any]) -> None:
        applied(kubectl, *manifests)

    return call


@pytest.fixture
def get(cluster: Cluster, namespace: str) -> Callable[..., Any]:
    """get(kind, name=None): one object as a dict, or the list of all; None when the object is not there."""

    def call(kind: str, name: str | None = None) -> Any:
        return cluster.get(namespace, kind, name)

    return call


class Audit:
    """What the tested client has asked the API server for, in the test's namespace, since the last mark."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._mark = cluster.audit_mark()

    def mark(self) -> None:
        """Forget what has happened so far."""
        self._mark = self._cluster.audit_mark()

    def events(self, *, everywhere: bool = False, everybody: bool = False) -> list[Event]:
        """Return the requests since the mark; everywhere: in all namespaces and none, everybody: the control plane's and kubectl's too."""
        return [
            event
            # Most lines are those of tests that run beside this one: only a line with our namespace in it is worth reading.
            for event in self._cluster.audit_since(self._mark, about="" if everywhere else self._namespace)
            if (everywhere or event.namespace == self._namespace) and (everybody or not event.user_agent.startswith(NOT_THE_TESTED_CLIENT))
        ]

    def writes(self, *, leases: bool = False) -> list[Event]:
        """Return the writes that were no dry run; those of Leases, by which tasks keep each other away, only on request."""
        found = [event for event in self.events() if event.is_write and event.stage == "ResponseComplete"]
        return [event for event in found if leases or event.resource != "leases"]


@pytest.fixture
def audit(cluster: Cluster, namespace: str) -> Audit:
    """The audit log of this test, from its beginning."""
    return Audit(cluster, namespace)


@pytest.fixture
def ansible(cluster: Cluster, tmp_path: Path) -> Iterator[Ansible]:
    """ansible(tasks, way="process", check=False, diff=False, ...): runs tasks; nothing of it outlives the test."""
    runner = Ansible(cluster=cluster, folder=tmp_path)
    yield runner
    for running in runner.running:
        if running.process.poll() is None:
            running.kill()
            running.process.communicate()


@pytest.fixture
def tried(cluster: Cluster) -> Tasks:
    """tried(tasks, check=False, diff=False): like `ansible`, in this process: for what Ansible itself has no part in."""
    return Tasks(cluster=cluster)


@pytest.fixture
def modules(cluster: Cluster, tmp_path: Path) -> Modules:
    """modules(tasks, check=False, diff=False): the modules' own programs, as they run where the connection is not local."""
    return Modules(cluster=cluster, folder=tmp_path)


@pytest.fixture
def here(cluster: Cluster) -> Callable[..., dict[str, Any]]:
    """here(task): does in this process what a task of ours says, a hundred times cheaper than a play; for what a test starts from."""

    def do(task: Mapping[str, Any]) -> dict[str, Any]:
        ((module, arguments),) = ((key.rpartition(".")[2], value) for key, value in task.items() if key.startswith("rollout.kubernetes."))
        result = call_module(cluster, module, **arguments)
        assert not result.get("failed"), result["msg"]
        return result

    return do


@pytest.fixture
def deployment() -> Callable[..., dict[str, Any]]:
    """deployment(name="web", image=..., replicas=3, simulate={...}, **spec): a manifest with a container that has a readiness probe."""

    def make(
        name: str = "web",
        *,
        image: str = "registry.example/web:1",
        replicas: int | None = 3,
        simulate: Mapping[str, str] | None = None,
        env: Sequence[Mapping[str, Any]] = (),
        container: str = "web",
        **spec: Any,
    ) -> dict[str, Any]:
        annotations = {f"simulate.rollout.kubernetes/{key}": value for key, value in (simulate or {}).items()}
        probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}
        pod = {"containers": [{"name": container, "image": image, "env": list(env), "readinessProbe": probe}]}
        template = {"metadata": {"labels": {"app": name}, "annotations": annotations}, "spec": pod}
        whole: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
        if replicas is not None:
            whole["replicas"] = replicas
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": whole}

    return make


@pytest.fixture
def plain(deployment, kubectl) -> Callable[..., None]:
    """plain(**options): Deployment and Service `web`, rolled out, as before blue/green."""

    def make(*others: dict[str, Any], **options: Any) -> None:
        create(kubectl, deployment(**{"replicas": 2, **options}), service(), *others)
        rolled_out(kubectl)

    return make


@pytest.fixture
def run(cluster, namespace) -> Callable[..., dict[str, Any]]:
    """run(module="blue_green", fails=False, **options): a module on the application `web`."""

    def invoke(module: str = "blue_green", *, fails: bool = False, **options: Any) -> dict[str, Any]:
        if not {"definition", "workloads"} & set(options):
            options.setdefault("name", "web")
        if module == "blue_green":
            options.setdefault("scale_down_delay", 0)
        if module not in ("history_info", "versioned_config"):
            options.setdefault("wait_timeout", 300)
        result = call_module(cluster, module, **{"namespace": namespace, **options})
        assert result.get("failed", False) is fails, result["msg"]
        return result

    return invoke


@pytest.fixture
def faults(cluster) -> Iterator[Faults]:
    """A proxy that can fail."""
    with faulty(cluster.kubeconfig) as proxy:
        yield proxy


@pytest.fixture
def through(cluster, faults, namespace) -> Callable[..., dict[str, Any]]:
    """through(module, **options): a module in this process, which reaches the cluster through that proxy; of `web`, if not of another."""

    def call(module: str, *, progress: Callable[[str], None] = lambda line: None, **options: Any) -> dict[str, Any]:
        named = {} if {"definition", "name"} & {*options} else {"name": "web"}
        chosen = {**proxied(faults), "namespace": namespace, "wait_timeout": 120, **named, **options}
        return call_module(cluster, module, context=Context(verbose=True, progress=progress), **chosen)

    return call


@pytest.fixture
def manifest(deployment) -> Callable[..., dict[str, Any]]:
    """manifest(kind, tag=1, simulate={...}, pod={...}, **spec): `web`, of three pods or one on each node; `pod` adds to the pod's spec."""

    def make(
        kind: str,
        tag: str | int = 1,
        *,
        name: str = "web",
        replicas: int = 3,
        simulate: Mapping[str, str] | None = None,
        pod: Mapping[str, Any] | None = None,
        **spec: Any,
    ) -> dict[str, Any]:
        whole = of_kind(kind, deployment(name, image=f"registry.example/web:{tag}", replicas=replicas, simulate=simulate), **spec)
        whole["spec"]["template"]["spec"].update(pod or {})
        return whole

    return make


@pytest.fixture
def roll(cluster, namespace) -> Callable[..., dict[str, Any]]:
    """roll(module="rolling", fails=False, check=False, lines=None, **options): a module in this process; its progress is in `lines`, also
    while it runs if a list is given."""

    def do(
        module: str = "rolling", *, fails: bool = False, check: bool = False, lines: list[str] | None = None, **options: Any
    ) -> dict[str, Any]:
        lines = [] if lines is None else lines
        context = Context(check=check, diff=True, verbose=True, progress=lines.append)
        chosen = {"namespace": namespace, **options}
        if module not in ("history_info", "status_info"):
            chosen.setdefault("wait_timeout", 300)
        result = call_module(cluster, module, context=context, **chosen)
        assert result.get("failed", False) is fails, result["msg"]
        assert "Traceback" not in result["msg"].partition("\n")[0]
        return {**result, "lines": lines}

    return do


@pytest.fixture
def tags(get) -> Callable[..., dict[str, str]]:
    """tags(app="web"): the image's tag of each pod that is not on its way out, by name."""

    def read(app: str = "web") -> dict[str, str]:
        pods = [pod for pod in get("pods") if "deletionTimestamp" not in pod["metadata"] and pod["metadata"]["labels"]["app"] == app]
        return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods}

    return read
