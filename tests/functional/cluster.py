# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster that functional tests talk to: kubectl and the API server's audit log."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from . import api

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 480
"""Seconds until what hangs is ended; never what a test waits for, even where others take the machine."""
ENDS = os.environ.get("ROLLOUT_TEST_CLUSTER_ENDS") == "1"
"""The cluster is there for these tests alone."""
_BUSY = (
    ("apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("apis/batch/v1", "jobs"),
    *(("apis/apps/v1", plural) for plural in ("deployments", "statefulsets", "daemonsets", "replicasets")),
    ("api/v1", "pods"),
)
NOT_THE_TESTED_CLIENT = ("kube-", "kwok", "kubectl", "etcd", "server/", api.USER_AGENT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Done:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Return what it printed, read as JSON."""
        return json.loads(self.stdout)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """One line of the audit log. A watch has two: stage ResponseStarted when it is opened, ResponseComplete when it ends."""

    verb: str
    uri: str
    query: Mapping[str, str]
    user: str
    user_agent: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    stage: str
    time: str

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def is_write(self) -> bool:
        """Say whether it could have changed something: a writing verb without dry run that is not a mere question (a review)."""
        writing = self.verb in ("create", "update", "patch", "delete", "deletecollection")
        return writing and not self.dry_run and not self.resource.endswith("reviews")


def parse(line: str) -> Event:
    """Read one line of the audit log."""
    raw = json.loads(line)
    target = raw.get("objectRef", {})
    return Event(
        verb=raw["verb"],
        uri=raw["requestURI"],
        query=dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(raw["requestURI"]).query)),
        user=raw["user"].get("username", ""),
        user_agent=raw.get("userAgent", ""),
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=raw.get("responseStatus", {}).get("code", 0),
        stage=raw["stage"],
        time=raw["requestReceivedTimestamp"],
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running cluster."""

    kubeconfig: Path
    audit_log: Path
    kubectl_program: Path

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> Done:
        """Run kubectl as the administrator; with check a failure ends the test with what kubectl said."""
        command = [str(self.kubectl_program), "--kubeconfig", str(self.kubeconfig), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return Done(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    @contextlib.contextmanager
    def fresh_namespace(self, name: str) -> Iterator[None]:
        """A namespace that is ready for pods. At the end it is deleted without waiting, or emptied where the whole cluster ends soon."""
        api.ask(self.kubeconfig, "POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        deadline = time.monotonic() + PATIENCE
        try:
            while api.ask(self.kubeconfig, "GET", account, absent=True) is None:
                assert time.monotonic() < deadline, f"The controllers did not make the service account of namespace {name}."
                time.sleep(0.02)
            yield
        finally:
            with contextlib.suppress(api.Refused):
                if ENDS:
                    self._empty(name)
                else:
                    api.ask(self.kubeconfig, "DELETE", f"/api/v1/namespaces/{name}")

    def _empty(self, namespace: str) -> None:
        """Delete what keeps controllers busy. The deletion of a whole namespace lists and deletes every kind that the server has, which was
        a quarter of all requests that the tests cause."""
        for group, plural in _BUSY:
            api.ask(self.kubeconfig, "DELETE", f"/{group}/namespaces/{namespace}/{plural}?propagationPolicy=Background")

    def get(self, namespace: str, kind: str, name: str | None = None) -> Any:
        """Return one object as a dict (None: not there), or the list of all."""
        return api.get(self.kubeconfig, namespace, kind, name)

    def reached(self, context: Context) -> tuple[dict[str, str], Context]:
        """Return the options and the context that lead a module here."""
        return {"kubeconfig": str(self.kubeconfig)}, context

    def audit_size(self) -> int:
        """Return about where the audit log ends: what is asked later lies behind it."""
        return self.audit_log.stat().st_size

    def audit_mark(self) -> int:
        """Return a mark: what is in the audit log by now lies before it."""
        return self._settled()

    def audit_since(self, mark: int, *, about: str = "") -> list[Event]:
        """Return everything after the mark whose line contains `about`; all requests that were answered before this call are in it."""
        end = self._settled()
        with self.audit_log.open("rb") as stream:
            stream.seek(mark)
            lines = stream.read(end - mark).splitlines()
        return [parse(line.decode()) for line in lines if about.encode() in line and b"rollout-test-marker" not in line]

    def _settled(self) -> int:
        """Return the size of the log once a request of ours, made now, is in it."""
        before = self.audit_log.stat().st_size
        marker = f"rollout-test-marker={uuid.uuid4().hex}"
        api.ask(self.kubeconfig, "GET", f"/version?{marker}")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with self.audit_log.open("rb") as stream:
                stream.seek(before)
                content = stream.read()
            at = content.find(marker.encode())
            line_end = content.find(b"\n", at)
            if at >= 0 and line_end >= 0:
                return before + line_end + 1
            time.sleep(0.02)
        raise AssertionError("The API server's audit log does not show a request that was just answered.")


def running_cluster() -> Cluster:
    """Return the cluster named by ROLLOUT_TEST_CLUSTER (default: dev); it is started, and left running, when it is not up."""
    return started_cluster(os.environ.get("ROLLOUT_TEST_CLUSTER", "dev"))


def started_cluster(name: str, *gates: str) -> Cluster:
    """Return the cluster of that name, started when it is not up, with these feature gates."""
    _dev_cluster("up", "--name", name, *(f"--feature-gate={gate}" for gate in gates))
    facts = json.loads(_dev_cluster("status", "--json", "--name", name))
    return Cluster(kubeconfig=Path(facts["kubeconfig"]), audit_log=Path(facts["audit_log"]), kubectl_program=Path(facts["kubectl"]))


def stopped_cluster(name: str) -> None:
    """End the cluster of that name and remove it."""
    _dev_cluster("down", "--name", name)


def _dev_cluster(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "dev"), "cluster", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
