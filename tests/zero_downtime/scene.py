# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application of real pods behind a Service, and what is done to it while requests come in."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.functional import api
from tests.functional.calls import call
from tests.functional.cluster import Cluster
from tests.functional.plays import Ansible, Play

from .timeline import Sample
from .traffic import LEAST, PATIENCE, Load, Mode, Seen


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pods:
    """How the application's pods behave. The default is what the documentation advises; times are seconds."""

    kind: str = "Deployment"
    replicas: int = 3
    probe: bool = True
    pre_stop: int = 3
    """How long the preStop hook sleeps; 0: there is none."""
    on_term: str = "drain"
    spec: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """More of the workload's spec."""
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def manifest(self, name: str = "web", image: str = "web:v1") -> dict[str, Any]:
        """Return the workload."""
        container: dict[str, Any] = {
            "name": "web",
            "image": image,
            "env": [{"name": key, "value": value} for key, value in {"ON_TERM": self.on_term, **self.env}.items()],
            "ports": [{"containerPort": 8080}],
        }
        if self.probe:
            container["readinessProbe"] = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1}
        if self.pre_stop:
            container["lifecycle"] = {"preStop": {"sleep": {"seconds": self.pre_stop}}}
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 20, "containers": [container]}}
        spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
        if self.kind != "DaemonSet":
            spec["replicas"] = self.replicas
        return {"apiVersion": "apps/v1", "kind": self.kind, "metadata": {"name": name}, "spec": {**spec, **self.spec}}


@dataclasses.dataclass(kw_only=True)
class Scene:
    """One namespace with the application `web` and its Service; plays and kubectl act on it while the load goes on."""

    cluster: Cluster
    namespace: str
    ansible: Ansible
    folder: Path
    pods: Pods
    name: str = "web"
    """What the workload and its Service are called."""
    load: Load | None = None
    plays: list[Play] = dataclasses.field(default_factory=list)
    samples: list[Sample] = dataclasses.field(default_factory=list)
    """What the pods were, where they were looked at."""

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, stdin=stdin).stdout

    def create(self, *manifests: Mapping[str, Any]) -> None:
        """Make objects, and wait until nothing more is to come of workloads."""
        self.kubectl("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
        for manifest in manifests:
            if manifest["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
                self.kubectl("rollout", "status", f"{manifest['kind'].lower()}/{manifest['metadata']['name']}", f"--timeout={PATIENCE}s")

    def set_up(self) -> None:
        """Bring up the first version behind its Service."""
        ports = [{"port": 80, "targetPort": 8080}]
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": ports}}
        self.create(self.pods.manifest(), service)
        self.until_it_answers()

    def until_it_answers(self) -> None:
        """Wait until requests come through: nodes learn of a new Service a second later."""
        until(self.answers, "the Service leads to pods")

    @property
    def address(self) -> str:
        """Where the Service is reached."""
        return str(self.get("service", self.name)["spec"]["clusterIP"])

    @property
    def host(self) -> str:
        """What is asked for there, where that is not the address; else empty."""
        return ""

    def answers(self) -> bool:
        """Say whether a single request is answered now."""
        connection = http.client.HTTPConnection(self.address, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": self.host} if self.host else {})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def get(self, kind: str, name: str | None = None) -> Any:
        """Return an object as a dict, or the list of all."""
        return api.get(self.cluster.kubeconfig, self.namespace, kind, name)

    def findings(self) -> dict[str, str]:
        """Return what the preflight says of the application: severity by rule."""
        result = call(self.cluster, "preflight_info", kind=self.pods.kind, name=self.name, namespace=self.namespace, fail_on="never")
        assert not result.get("failed"), result["msg"]
        return {finding["rule"]: finding["severity"] for finding in result["findings"]}

    def role(self, name: str, *, fails: bool = False, **options: Any) -> Play:
        """Run one of the collection's playbooks, which play the roles, with options of that role."""
        variables = {f"{name}_{key}": value for key, value in {"namespace": self.namespace, "name": self.name, **options}.items()}
        return self.played(f"playbook {name}", self.ansible(f"rollout.kubernetes.{name}", variables=variables, timeout=PATIENCE), fails)

    def task(self, module: str, *, fails: bool = False, **options: Any) -> Play:
        """Run a task of one of the modules."""
        chosen = {"namespace": self.namespace, "name": self.name, **options}
        play = self.ansible({"name": f"Call {module}", f"rollout.kubernetes.{module}": chosen}, timeout=PATIENCE)
        return self.played(f"task {module}", play, fails)

    def played(self, what: str, play: Play, fails: bool) -> Play:
        """Take a play that has ended: it must have failed, or must not."""
        assert (play.code != 0) is fails, f"The {what} ended with {play.code}:\n{play.stdout}\n{play.stderr}"
        self.mark(f"{what} has ended")
        self.plays.append(play)
        return play

    def mark(self, text: str) -> None:
        """Note this moment among the requests."""
        if self.load is not None:
            self.load.mark(text)

    def under_load(self, act: Callable[[Scene], None], mode: Mode = "new", *, looked_at: bool = False, least: int = LEAST) -> Seen:
        """Do something while requests come in; they begin before it and go on until no pod is on its way out any more.

        `looked_at`: the pods are looked at all along, for a picture. `least`: how many requests there are in any case.
        """
        self.load = Load(self.address, self.folder / "requests.csv", mode=mode, host=self.host, least=least)
        with self.looking() if looked_at else contextlib.nullcontext():
            try:
                act(self)
                self.settle()
                # Without a safeguard the way to the new pods may open later than the old ones are gone.
                until(self.answers, "the application answers")
                seen = self.load.end()
            finally:
                self.load.kill()
                self.load = None
        return seen

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Look at the pods ten times a second meanwhile. The samples' times are milliseconds of the epoch."""
        over = threading.Event()

        def look() -> None:
            known: set[str] = set()
            while not over.wait(0.1):
                now, pods = time.time() * 1000, self.get("pods")
                names = {pod["metadata"]["name"] for pod in pods}
                self.samples += [Sample(ms=now, pod=name, phase="gone") for name in known - names]
                self.samples += [sample(now, pod) for pod in pods]
                known = names

        looker = threading.Thread(target=look, daemon=True)
        looker.start()
        try:
            yield
        finally:
            over.set()
            looker.join()

    def settle(self) -> None:
        """Wait until no pod ends any more."""
        until(lambda: not any("deletionTimestamp" in pod["metadata"] for pod in self.get("pods")), "the old pods are gone")


def sample(now: float, pod: Mapping[str, Any]) -> Sample:
    """What a pod is at this moment."""
    conditions = {condition["type"]: condition["status"] for condition in pod["status"].get("conditions", ())}
    return Sample(
        ms=now,
        pod=pod["metadata"]["name"],
        version=pod["spec"]["containers"][0]["image"].rpartition(":")[2],
        phase=pod["status"]["phase"],
        ready=conditions.get("Ready") == "True",
        terminating="deletionTimestamp" in pod["metadata"],
    )


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition that the API or the network shows."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError):
            if holds():
                return
        assert time.monotonic() < deadline, f"It did not come about that {what}."
        time.sleep(0.1)
