# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: a rollout, the same again, and two that fail and go back, by commands that can be copied."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import cluster, envs, golang
from .paths import OUTPUT, ROOT
from .shell import Problem, quiet, say

NAMESPACE = "vweb-demo"
CLUSTER = "demo"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Act:
    """One command of the demo, what it shows, and how it ends."""

    title: str
    command: tuple[str, ...]
    fails: bool = False
    shows: str = ""


def rolling(version: str, *more: str) -> tuple[str, ...]:
    """Return the command that rolls out one version of vweb."""
    pairs = (f"rolling_namespace={NAMESPACE}", f"rolling_src=tests/demo/vweb-{version}.yml", *more)
    return ("ansible-playbook", "rollout.kubernetes.rolling", *(part for pair in pairs for part in ("-e", pair)))


STATUS = ("ansible", "localhost", "-m", "rollout.kubernetes.status_info", "-a", f"kind=Deployment name=vweb namespace={NAMESPACE}")
BACK = "rolling_on_failure=rollback"
ACTS = (
    Act(
        title="Deploy vweb v1: 3 replicas, a ConfigMap, a Service.",
        command=rolling("v1", "rolling_change_cause=v1"),
    ),
    Act(
        title="Roll to v2: the old and new pods walk from 3/0 to 0/3.",
        command=rolling("v2", "rolling_change_cause=v2"),
        shows="0 old, 3 new ready",
    ),
    Act(
        title="The same again: nothing changes.",
        command=rolling("v2", "rolling_change_cause=v2"),
        shows="changed=0",
    ),
    Act(
        title="Roll to a v3 whose image does not exist: it fails early, says why, and goes back.",
        command=rolling("v3-missing", BACK),
        fails=True,
        shows="nginx:missing-3.0 not found",
    ),
    Act(
        title="Roll to a v3 that crashes: the same, with the last lines of its log.",
        command=rolling("v3-crash", BACK),
        fails=True,
        shows="restarted 3 times",
    ),
    Act(
        title="Show the status: v2 runs, complete.",
        command=STATUS,
        shows="successfully rolled out",
    ),
)


def demo(*, keep: bool, kubeconfig: Path | None) -> int:
    """Run all acts on a cluster of the demo's own, or on the user's."""
    environment = envs.main()
    if kubeconfig:
        if not kubeconfig.is_file():
            raise Problem(f"There is no kubeconfig {kubeconfig}.")
        return on_cluster(environment, kubeconfig.resolve(), [], keep=keep, remove=True)
    ours = not cluster.named(CLUSTER).is_up()
    try:
        found = cluster.up(CLUSTER)
        say("Its nodes are simulated: Kubernetes decides as always, but no container really runs; the failures below are simulated, too.")
        code = on_cluster(environment, found.kubeconfig, [golang.binaries_folder()], keep=keep, remove=not ours)
    except BaseException:
        keep = False
        raise
    finally:
        if ours and not keep:
            cluster.down(CLUSTER)
    if keep:
        say(f"The cluster stays. Use it:  export KUBECONFIG={shlex.quote(str(found.kubeconfig))}")
        say(f"                            ./dev exec kubectl --namespace {NAMESPACE} get pods")
        say(f"Stop it:  ./dev cluster down --name {CLUSTER}")
    return code


def on_cluster(environment: Path, kubeconfig: Path, programs: list[Path], *, keep: bool, remove: bool) -> int:
    """Run all acts in a namespace of the demo's own, which is removed at the end unless it shall stay."""
    variables = envs.variables(environment, extra_path=programs)
    variables |= {"KUBECONFIG": str(kubeconfig), "K8S_AUTH_KUBECONFIG": str(kubeconfig), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    variables["ANSIBLE_HOME"] = str(OUTPUT / "ansible-home")
    if sys.stdout.isatty():
        variables["ANSIBLE_FORCE_COLOR"] = "true"
    script = [environment / "bin" / "python", ROOT / "tests" / "demo" / "namespace.py"]
    quiet([*script, "create", NAMESPACE], f"Making the namespace {NAMESPACE}", env=variables)
    say(f"\nWith  export KUBECONFIG={shlex.quote(str(kubeconfig))}  each command below can be copied.")
    try:
        wrong = next((act.title for number, act in enumerate(ACTS, start=1) if not played(number, act, variables)), None)
    finally:
        if remove and not keep:
            quiet([*script, "delete", NAMESPACE], f"Removing the namespace {NAMESPACE}", env=variables)
    if wrong:
        raise Problem(f"This did not go as it should, so the demo ends here: {wrong}")
    return 0


def played(number: int, act: Act, variables: dict[str, str]) -> bool:
    """Print a command, run it, and say whether it ended as it should."""
    say(f"\n== {number} of {len(ACTS)}: {act.title}")
    say(f"$ ./dev exec {shlex.join(act.command)}\n")
    code, output = shown(act.command, variables)
    if act.fails and code:
        say("(It is meant to fail: the exit code says so, and the old version serves.)")
    return (code != 0) == act.fails and act.shows in output


def shown(command: Sequence[str], variables: dict[str, str]) -> tuple[int, str]:
    """Run a command, show its output as it comes, and return its exit code and output."""
    program = str(Path(variables["VIRTUAL_ENV"]) / "bin" / command[0])
    unbuffered = {**variables, "PYTHONUNBUFFERED": "1"}
    lines = []
    with subprocess.Popen(
        [program, *command[1:]],
        cwd=ROOT,
        env=unbuffered,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                lines.append(line)
        except BaseException:
            process.terminate()
            raise
    return process.returncode, "".join(lines)
