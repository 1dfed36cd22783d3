# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real control plane, with simulated nodes or a real one (`node.py`): up, down, status. State lies in .cluster of the checkout."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from . import golang, processes, stages
from .node import Node
from .node import down as node_down
from .node import up as node_up
from .paths import CLUSTER_SOURCES, CLUSTERS, cache
from .shell import Problem, last_lines, lock, quiet, say

DEFAULT_NAME = "dev"
DEFAULT_NODES = 5
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster by name, running or not."""

    name: str

    @property
    def state(self) -> Path:
        return CLUSTERS / "clusters" / self.name

    @property
    def node(self) -> Node:
        """The real node of that name, there or not."""
        return Node(name=self.name)

    @property
    def is_real(self) -> bool:
        """Say whether it has a real node."""
        return self.node.exists()

    @property
    def inside(self) -> list[str]:
        """What a command begins with that is to reach it: a real node has a network of its own."""
        return self.node.inside if self.is_real else []

    @property
    def kubeconfig(self) -> Path:
        return CLUSTERS / f"{self.name}.kubeconfig"

    @property
    def audit_log(self) -> Path:
        return self.node.audit_log if self.is_real else self.state / "logs" / "audit.log"

    @property
    def logs(self) -> Path:
        """The folder of the programs' logs."""
        return self.node.state / "logs" if self.is_real else self.state / "logs"

    @property
    def copy_note(self) -> Path:
        return CLUSTERS / f"{self.name}.copied-to"

    @property
    def gates_note(self) -> Path:
        """The feature gates that were set when it started, one a line."""
        return CLUSTERS / f"{self.name}.feature-gates"

    def gates(self) -> list[str]:
        """Return the feature gates that were set when it started."""
        return self.gates_note.read_text().split() if self.gates_note.is_file() else []

    def running(self) -> dict[str, int]:
        """Return what runs of it: name of the program to process id."""
        return self.node.programs() if self.is_real else processes.recorded(self.state)

    def is_up(self) -> bool:
        """Say whether all of it runs."""
        if self.is_real:
            return self.node.is_up() and self.kubeconfig.is_file()
        return len(self.running()) > len(PROGRAMS) and self.kubeconfig.is_file()


def named(name: str) -> Cluster:
    """Return the cluster of this name."""
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name):
        raise Problem(f"A cluster's name holds lower-case letters, digits and dashes, at most 40; {name!r} does not.")
    return Cluster(name=name)


def up(
    name: str = DEFAULT_NAME,
    *,
    nodes: int = DEFAULT_NODES,
    kubeconfig: Path | None = None,
    real: bool = False,
    gates: Sequence[str] = (),
) -> Cluster:
    """Start a cluster, or say that it is there; `real`: with one real node in the place of simulated ones; `gates`: feature gates of
    the control plane, as `NAME` or `NAME=false`."""
    cluster = named(name)
    wanted = [gate_setting(gate) for gate in gates]
    if wanted and real:
        raise Problem("Feature gates are for clusters with simulated nodes: leave out --real or --feature-gate.")
    if nodes < 1:
        raise Problem("A cluster needs at least one node.")
    if kubeconfig and kubeconfig.exists():
        raise Problem(f"{kubeconfig} exists already: name a file that does not, it will be removed with the cluster.")
    CLUSTERS.mkdir(mode=0o700, exist_ok=True)
    if CLUSTERS.stat().st_uid != os.getuid():
        raise Problem(f"The folder {CLUSTERS} belongs to somebody else: remove it, or use another checkout.")
    programs = golang.binaries()
    refuse_unknown(programs, wanted)
    with lock(cache() / "up.lock", "Waiting for another cluster that starts ..."):
        if cluster.is_up():
            if cluster.is_real is not real:
                has, asked = ("a real node", "simulated ones") if cluster.is_real else ("simulated nodes", "a real one")
                raise Problem(f"The cluster {name} is up with {has}, not {asked}: take it down first, or choose another name by --name.")
            if wanted and sorted(wanted) != sorted(cluster.gates()):
                has = ", ".join(cluster.gates()) or "none"
                raise Problem(
                    f"The cluster {name} is up with other feature gates ({has}): take it down first, or choose another name by --name."
                )
            say(f"The cluster {name} is up already: {cluster.kubeconfig}")
        else:
            started = time.monotonic()
            remove(cluster)
            if real:
                node_up(cluster.node, cluster.kubeconfig)
            else:
                start(cluster, programs, nodes, wanted)
            say(f"The cluster {name} is up after {time.monotonic() - started:.1f} s: {cluster.kubeconfig}")
    if kubeconfig:
        copy_kubeconfig(cluster, kubeconfig)
    return cluster


def refuse_unknown(programs: Path, gates: Sequence[str]) -> None:
    """Raise for feature gates that the API server does not know: they would keep the cluster from starting, which shows late."""
    if gates:
        quiet([programs / "kube-apiserver", f"--feature-gates={','.join(gates)}", "--version"], "Setting the feature gates")


def gate_setting(gate: str) -> str:
    """Return a feature gate as the programs take it, `NAME=true`."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*(=(true|false))?", gate):
        raise Problem(f"A feature gate is NAME, or NAME=false to turn it off; {gate!r} is not.")
    return gate if "=" in gate else f"{gate}=true"


def start(cluster: Cluster, programs: Path, nodes: int, gates: Sequence[str] = ()) -> None:
    """Start everything; take it all down again when that does not work."""
    configuration = CLUSTERS / f"{cluster.name}.stages.yaml"
    configuration.write_text(stages.configuration())
    cluster.gates_note.write_text("\n".join(gates))
    try:
        create(cluster, programs, configuration)
        kwokctl: list[str | Path] = [programs / "kwokctl", "--name", cluster.name, "--config", configuration]
        quiet([*kwokctl, "scale", "node", "--replicas", str(nodes)], "Adding nodes to the cluster", env=environment())
        wait_until_usable(cluster, programs)
    except BaseException:
        remove(cluster)
        raise


def create(cluster: Cluster, programs: Path, configuration: Path) -> None:
    """Let kwokctl start the control plane; explain it when it cannot."""
    command = [str(programs / "kwokctl"), "--name", cluster.name, "--config", str(configuration), "create", "cluster"]
    command += ["--runtime", "binary"]
    command += ["--disable-qps-limits", "--kubeconfig", str(cluster.kubeconfig), "--wait", "60s", "--timeout", "90s"]
    command += ["--kube-audit-policy", str(CLUSTER_SOURCES / "audit-policy.yaml")]
    if cluster.gates():
        command += ["--kube-feature-gates", ",".join(cluster.gates())]
    for program in PROGRAMS:
        command += [f"--{program}-binary", str(programs / program)]
    command += ["--kwok-controller-binary", str(programs / "kwok")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode or not cluster.is_up():
        raise Problem(f"The cluster {cluster.name} did not start: {last_lines(why(cluster) or messages(done.stderr), 2)}")


def messages(output: str) -> str:
    """Return the errors in kwokctl's output, which is JSON line by line where there is no terminal."""
    found = []
    for line in output.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            found.append(line)
            continue
        if entry.get("level") in ("ERROR", "WARN"):
            found.append(f"{entry.get('msg')} {entry.get('err', '')}")
    return "\n".join(found)


def why(cluster: Cluster) -> str:
    """Return what the first program that is not running wrote last about an error."""
    running = cluster.running()
    for program in PROGRAMS:
        log = cluster.state / "logs" / f"{program}.log"
        if program not in running and log.is_file():
            telling = re.compile(r"error|fatal|in use|denied|no space|unrecognized", re.IGNORECASE)
            lines = [line for line in log.read_text(errors="replace").splitlines() if telling.search(line)]
            return f"{program} ended: " + (lines[-1] if lines else "see its log")
    return ""


def environment() -> dict[str, str]:
    """Return the environment in which kwokctl keeps its state in this checkout."""
    result = {key: value for key, value in os.environ.items() if key != "KUBECONFIG" and not key.startswith("KWOK_")}
    result["KWOK_WORKDIR"] = str(CLUSTERS)
    return result


def wait_until_usable(cluster: Cluster, programs: Path) -> None:
    """Return when nodes are ready and the default service account is there, so that the first pod can start."""
    kubectl = [str(programs / "kubectl"), "--kubeconfig", str(cluster.kubeconfig)]
    quiet([*kubectl, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s"], "Waiting for the nodes")
    account = ["serviceaccount/default", "--namespace=default", "--timeout=60s"]
    quiet([*kubectl, "wait", "--for=create", *account], "Waiting for the controllers")


def copy_kubeconfig(cluster: Cluster, target: Path) -> None:
    """Write the kubeconfig where the user wants it, and note it for down."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(cluster.kubeconfig.read_text())
    with cluster.copy_note.open("a") as stream:
        stream.write(f"{target.resolve()}\n")
    say(f"Its kubeconfig is also in {target}")


def down(name: str = DEFAULT_NAME) -> None:
    """Stop a cluster and remove all of it."""
    cluster = named(name)
    if not cluster.state.exists() and not cluster.kubeconfig.exists() and not cluster.is_real:
        say(f"There is no cluster {name}.")
        return
    remove(cluster)
    say(f"The cluster {name} is gone.")


def remove(cluster: Cluster) -> None:
    """End its processes and remove its files; a copied kubeconfig only if nobody changed it."""
    processes.end(cluster.state)
    if cluster.is_real:
        node_down(cluster.node)
    if cluster.copy_note.is_file() and cluster.kubeconfig.is_file():
        content = cluster.kubeconfig.read_text()
        for copy in map(Path, cluster.copy_note.read_text().splitlines()):
            if copy.is_file() and copy.read_text() == content:
                copy.unlink()
    shutil.rmtree(cluster.state, ignore_errors=True)
    for path in (cluster.kubeconfig, cluster.copy_note, cluster.gates_note, CLUSTERS / f"{cluster.name}.stages.yaml"):
        path.unlink(missing_ok=True)


def status(name: str = DEFAULT_NAME) -> dict[str, object]:
    """Return what there is to know about a cluster, as plain data."""
    cluster = named(name)
    return {
        "name": name,
        "up": cluster.is_up(),
        "kubeconfig": str(cluster.kubeconfig),
        "audit_log": str(cluster.audit_log),
        "kubectl": str(golang.binaries_folder() / "kubectl"),
        "logs": str(cluster.logs),
        "inside": cluster.inside,
        "processes": cluster.running(),
    }


def show(name: str, *, as_json: bool) -> int:
    """Print the status; the exit code says whether it is up."""
    facts, cluster_named = status(name), named(name)
    if as_json:
        say(json.dumps(facts, indent=2))
    elif facts["up"]:
        say(f"The cluster {name} is up.")
        for key in ("kubeconfig", "audit_log", "kubectl"):
            say(f"  {key.replace('_', ' '):12}{facts[key]}")
        if cluster_named.inside:
            say(f"  {'reached by':12}{' '.join(cluster_named.inside)} COMMAND")
    else:
        say(f"The cluster {name} is not up.")
    return 0 if facts["up"] else 1
