# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of docs/examples/todo-db in real pods: one primary, two replicas, a volume for each; all is gone at the end."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import psycopg
import yaml

from tests.functional.cluster import ROOT
from tests.functional.plays import Play

from .clients import Reader, Writer, connected
from .machine import on_this_machine
from .rows import Seen
from .scene import Scene, sample, until
from .traffic import PATIENCE

EXAMPLE = ROOT / "docs" / "examples" / "todo-db"
NAME = "todo-db"
PRIMARY = f"{NAME}-0"
NOBODY = 65534
LEAST = 200
"""How many reads and how many writes each scenario is judged by, at the least."""


def manifests(version: str = "1", image: str = "web:v1") -> list[dict[str, Any]]:
    """The example's objects with the machine's programs for an image, the StatefulSet last. A version has a template of its own."""
    found: list[dict[str, Any]] = list(yaml.safe_load_all((EXAMPLE / "database.manifests").read_text()))
    pod = found[-1]["spec"]["template"]["spec"]
    pod["securityContext"] = {"runAsUser": NOBODY, "runAsGroup": NOBODY, "fsGroup": NOBODY}
    on_this_machine(found[-1], {"/etc/passwd": "/etc/passwd"})
    pod["containers"][0]["image"] = image
    found[-1]["spec"]["template"]["metadata"]["annotations"] = {"example/version": version}
    return found


@dataclasses.dataclass(frozen=True, kw_only=True)
class Database:
    """One namespace with the example's StatefulSet; `folder` holds its volumes."""

    scene: Scene
    folder: Path

    @property
    def pods(self) -> list[str]:
        """The names of its pods, the primary first."""
        return [f"{NAME}-{ordinal}" for ordinal in range(3)]

    def set_up(self) -> None:
        """Bring it up, with a table `todo` that has a number in each row, and that all replicas have."""
        self.scene.create(*(self.volume(pod) for pod in self.pods))
        self.roll_out(manifests())
        until(lambda: answers(self.address("rw")) and answers(self.address("ro")), "the Services lead to pods")
        with connected(self.address("rw")) as connection:
            connection.execute("CREATE TABLE todo (number bigint PRIMARY KEY)")
        self.catch_up()

    def volume(self, pod: str) -> dict[str, Any]:
        """A PersistentVolume for the claim of one pod: nothing here makes any by itself."""
        path = self.folder / pod
        path.mkdir(parents=True)
        os.chown(path, NOBODY, NOBODY)
        spec = {
            "capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": str(path)},
            "claimRef": {"namespace": self.scene.namespace, "name": f"data-{pod}"},
        }
        metadata = {"name": self.volume_name(pod)}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}

    def volume_name(self, pod: str) -> str:
        """What the volume of a pod is called in the cluster."""
        return f"{self.scene.namespace}-{pod}"

    def remove(self) -> None:
        """Remove it with its volumes, whatever became of it."""
        self.scene.kubectl(
            "delete", f"statefulset/{NAME}", "--ignore-not-found", "--cascade=foreground", "--wait", f"--timeout={PATIENCE}s"
        )
        self.scene.kubectl("delete", "pods,persistentvolumeclaims", "--all", "--grace-period=0", "--wait", f"--timeout={PATIENCE}s")
        self.scene.kubectl("delete", "persistentvolumes", *map(self.volume_name, self.pods), "--ignore-not-found")
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, service: str) -> str:
        """Where one of the Services rw and ro is reached."""
        return str(self.scene.get("service", f"{NAME}-{service}")["spec"]["clusterIP"])

    def lead_writes_to(self, pod: str) -> None:
        """Point the Service for writes, from which replicas stream as well, at a pod by its name."""
        selector = {"spec": {"selector": {"statefulset.kubernetes.io/pod-name": pod}}}
        self.scene.kubectl("patch", f"service/{NAME}-rw", "--patch", json.dumps(selector))

    def write(self, number: int) -> None:
        """Write a number, whatever the Services say."""
        with self.connected_to(PRIMARY) as connection:
            connection.execute("INSERT INTO todo VALUES (%s)", (number,))

    def numbers(self, pod: str) -> set[int] | None:
        """All numbers that one pod has; None where it does not answer, or has no table yet."""
        with contextlib.suppress(psycopg.OperationalError, psycopg.errors.UndefinedTable), self.connected_to(pod) as connection:
            return {number for (number,) in connection.execute("SELECT number FROM todo")}
        return None

    def connected_to(self, pod: str) -> psycopg.Connection[Any]:
        """A connection to one pod. Raises psycopg.OperationalError."""
        found = self.scene.get("pod", pod)  # None between its deletion and the next one of that name.
        address = found["status"].get("podIP") if found is not None else None
        if address is None:
            raise psycopg.OperationalError(f"{pod} has no address yet.")
        return connected(address)

    def is_ready(self, pod: str) -> bool:
        """Say whether one pod gets reads."""
        found = self.scene.get("pod", pod)
        return found is not None and sample(0, found).ready

    def has_caught_up(self, pod: str) -> bool:
        """Say what the startup probe of one pod says now."""
        command = ("--namespace", self.scene.namespace, "exec", pod, "--", "sh", "/scripts/caught-up.sh")
        return self.scene.cluster.kubectl(*command, check=False).code == 0

    def ids(self) -> dict[str, str]:
        """The pods' names to their unique ids."""
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in self.scene.get("pods")}

    def roll_out(self, objects: Sequence[dict[str, Any]], *, fails: bool = False, **options: Any) -> Play:
        """Bring these objects by the example's playbook, with options of the role."""
        path = self.scene.folder / "wanted.manifests"
        path.write_text(yaml.safe_dump_all(objects))
        variables = {f"partition_{key}": value for key, value in {"namespace": self.scene.namespace, "src": str(path), **options}.items()}
        return self.play(str(EXAMPLE / "rollout.yml"), fails=fails, variables=variables)

    def play(self, what: str, *, fails: bool, **how: Any) -> Play:
        """Run a playbook, which finds kubectl as a user's would."""
        cluster = self.scene.cluster
        path = os.pathsep.join([str(Path(sys.executable).parent), str(cluster.kubectl_program.parent), os.environ["PATH"]])
        environment = {"PATH": path, "KUBECONFIG": str(cluster.kubeconfig)}
        return self.scene.played("playbook", self.scene.ansible(what, environment=environment, timeout=PATIENCE, **how), fails)

    def in_use(self, act: Callable[[Database], object]) -> Seen:
        """Do something while clients write and read; they have met all pods before, and go on until they have enough and met all again."""
        writer, reader = Writer(self.address("rw")), Reader(self.address("ro"))
        with writer, reader:
            until(lambda: writer.done > 0, "clients write")
            until(lambda: {read.pod for read in reader.reads} >= set(self.pods), "all pods are read")
            act(self)
            self.scene.kubectl("rollout", "status", f"statefulset/{NAME}", f"--timeout={PATIENCE}s")
            written, met = writer.done, len(reader.reads)
            until(lambda: {read.pod for read in reader.reads[met:]} >= set(self.pods), "all pods are read again")
            until(lambda: writer.done > written and min(writer.done, reader.done) >= LEAST, "clients write and read again")
        seen = Seen(writes=tuple(writer.writes), reads=tuple(reader.reads))
        self.catch_up()
        return seen

    def catch_up(self) -> None:
        """Wait until each replica has what the primary has."""

        def is_equal() -> bool:
            wanted = self.numbers(PRIMARY)
            return wanted is not None and all(self.numbers(pod) == wanted for pod in self.pods)

        until(is_equal, f"all pods have what {PRIMARY} has")


def moment(play: Play, task: str, what: Literal["start", "end"]) -> float:
    """When a command of a play was started or has ended, in seconds of the epoch; it must have run exactly once."""
    (result,) = (result for result in play.results if result.task.endswith(task))
    return datetime.datetime.fromisoformat(result[what]).timestamp()


def answers(address: str) -> bool:
    """Say whether the database is reached there."""
    with contextlib.suppress(psycopg.OperationalError), connected(address) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)
    return False


@contextlib.contextmanager
def brought_up(scene: Scene) -> Iterator[Database]:
    """The database, up; removed at the end."""
    made = Database(scene=scene, folder=scene.folder / "volumes")
    try:
        made.set_up()
        yield made
    finally:
        made.remove()
