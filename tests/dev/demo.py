# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demos: rollouts by one strategy each, good ones and bad ones, by commands that can be copied."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
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
ROLLING = (
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


def blue_green(*more: str) -> tuple[str, ...]:
    """Return the command that brings another image of vweb by blue/green."""
    pairs = (f"blue_green_namespace={NAMESPACE}", "blue_green_name=vweb", "blue_green_preview_service=vweb-preview", *more)
    return ("ansible-playbook", "rollout.kubernetes.blue_green", *(part for pair in pairs for part in ("-e", pair)))


def operation(module: str) -> tuple[str, ...]:
    """Return the command that runs a module on vweb."""
    return ("ansible", "localhost", "-m", f"rollout.kubernetes.{module}", "-a", f"name=vweb namespace={NAMESPACE}")


BOTH = json.dumps({"rolling_namespace": NAMESPACE, "rolling_template": ["tests/demo/vweb-v1.yml", "tests/demo/vweb-preview.yml"]})
V2 = ("blue_green_image=nginx:1.29-alpine", "blue_green_change_cause=v2", "blue_green_keep_old=true", "blue_green_scale_down_delay=1")
BLUE_GREEN = (
    Act(
        title="Deploy vweb v1 as usual: one plain Deployment, one Service, and a Service for previews.",
        command=("ansible-playbook", "rollout.kubernetes.rolling", "-e", BOTH),
    ),
    Act(
        title="What would v2 by blue/green do? Nothing is written.",
        command=(*blue_green(*V2), "--check"),
        shows="create vweb-green",
    ),
    Act(
        title="Bring v2 up beside v1, and stop before the switch: the preview leads to v2, everybody else to v1.",
        command=blue_green(*V2, "blue_green_stop_before=switch"),
        shows="stopped before switch",
    ),
    Act(
        title="Go on: the Service is switched at once, and v1 is kept.",
        command=blue_green(*V2),
        shows="Service vweb leads to vweb-green",
    ),
    Act(
        title="Go back: one switch, no pod is made for it.",
        command=operation("undo"),
        shows="Service vweb leads to vweb (",
    ),
    Act(
        title="Bring a v3 whose image does not exist: it fails early, says why, and never gets a request.",
        command=blue_green("blue_green_image=nginx:missing-3.0", "blue_green_change_cause=v3"),
        fails=True,
        shows="nginx:missing-3.0 not found",
    ),
    Act(
        title="Show the history: v1 serves.",
        command=operation("history_info"),
        shows="undo to promotion 1",
    ),
)


def canary(version: str, **more: object) -> tuple[str, ...]:
    """Return the command that brings one version of vweb by a canary: to one of three pods first, which a gate watches for a while."""
    options: dict[str, object] = {"namespace": NAMESPACE, "src": f"tests/demo/vweb-{version}.yml", "weights": [33], "hold": "8s", **more}
    options["gates"] = [{"name": "pods", "pods": {}, "interval": "2s"}]
    return ("ansible-playbook", "rollout.kubernetes.canary", "-e", json.dumps({f"canary_{name}": options[name] for name in options}))


CANARY = (
    Act(
        title="Deploy vweb v1 as usual: one plain Deployment of 3 pods, one Service.",
        command=rolling("v1", "rolling_change_cause=v1"),
    ),
    Act(
        title="What would v2 by a canary do? Nothing is written.",
        command=(*canary("v2", change_cause="v2"), "--check"),
        shows="1 of 3 pods run the candidate (33 %)",
    ),
    Act(
        title="Give v2 one of the pods: from 3/0 to 2/1. A gate watches it among the requests of the users; then somebody may look.",
        command=canary("v2", change_cause="v2", stop_before="promote"),
        shows="stopped before promote",
    ),
    Act(
        title="Show the status: it is held, for as long as it takes.",
        command=STATUS,
        shows="held by a canary",
    ),
    Act(
        title="Go on: the gate is asked once more, then all get it, from 2/1 to 0/3.",
        command=canary("v2", change_cause="v2"),
        shows="0 stable, 3 new ready",
    ),
    Act(
        title="The same again: nothing changes.",
        command=canary("v2", change_cause="v2"),
        shows="changed=0",
    ),
    Act(
        title="A v3 that starts well and crashes after some seconds: one pod of three shows it, and it goes back to 3/0.",
        command=canary("v3-crash-later", change_cause="v3"),
        fails=True,
        shows="Went back: 3 pods run the stable version",
    ),
    Act(
        title="A v3 whose image does not exist: it never gets a request.",
        command=canary("v3-missing", change_cause="v3"),
        fails=True,
        shows="nginx:missing-3.0 not found",
    ),
    Act(
        title="Show the status: v2 runs, complete.",
        command=STATUS,
        shows="successfully rolled out",
    ),
)

PLAIN = (f"rolling_namespace={NAMESPACE}", "rolling_src=tests/demo/vweb.yml")


def configured(version: str, text: str = "") -> tuple[str, ...]:
    """Return the command that rolls out one version of vweb's configuration; without a text it is what the cluster has."""
    entry = {"name": "vweb-config", "version": version} | ({"data": {"index.html": text}} if text else {})
    pairs = json.dumps({"rolling_namespace": NAMESPACE, "rolling_name": "vweb", "rolling_config": [entry]})
    return ("ansible-playbook", "rollout.kubernetes.rolling", "-e", pairs)


CONFIG = (
    Act(
        title="Deploy vweb as usual: its pods read the ConfigMap vweb-config. Whoever changes that restarts nothing, and cannot go back.",
        command=("ansible-playbook", "rollout.kubernetes.rolling", *(part for pair in PLAIN for part in ("-e", pair))),
    ),
    Act(
        title="Version it: the ConfigMap as it is becomes the immutable copy vweb-config-v4, to which the Deployment refers from now on.",
        command=configured("v4"),
        shows="vweb-config-v4",
    ),
    Act(
        title="Roll out v41: a changed value is a rollout like any other.",
        command=configured("v41", "vweb v41\n"),
        shows="0 old, 3 new ready",
    ),
    Act(
        title="The same again: nothing changes.",
        command=configured("v41", "vweb v41\n"),
        shows="changed=0",
    ),
    Act(
        title="Another value under the same version: refused, before anything is written.",
        command=configured("v41", "vweb v42\n"),
        fails=True,
        shows="a version never changes",
    ),
    Act(
        title="Go back: the pods read vweb-config-v4 again.",
        command=operation("undo"),
        shows="undo to revision 2",
    ),
    Act(
        title="Ask for v4: that is what runs, so nothing changes.",
        command=configured("v4"),
        shows="changed=0",
    ),
    Act(
        title="Show the history: which keys changed, and which copy each revision refers to; the pods that run read vweb-config-v4.",
        command=operation("history_info"),
        shows="index.html changed",
    ),
)


def preflight(**variables: object) -> tuple[str, ...]:
    """Return the command that looks at vweb before a rollout."""
    return ("ansible-playbook", "tests/demo/preflight.yml", "-e", json.dumps(variables))


AS_WRITTEN, MENDED = "tests/demo/vweb-as-written.manifests", "tests/demo/vweb-mended.manifests"
WITH_BUDGET = json.dumps({"rolling_namespace": NAMESPACE, "rolling_template": [MENDED, "tests/demo/vweb-budget.manifests"]})
REASON = {"rule": "budget-blocks-evictions", "reason": "nodes are emptied on Sundays, by hand"}
PREFLIGHT = (
    Act(
        title="Look at vweb as it is written, without any cluster: an error and warnings, each with the lines that mend it.",
        command=preflight(manifests=AS_WRITTEN, ask_cluster=False),
        shows="error pre-stop-exceeds-grace Deployment vweb",
    ),
    Act(
        title="With these lines written into it nothing is left to say.",
        command=preflight(manifests=MENDED, ask_cluster=False),
        shows="The preflight of Deployment vweb found nothing.",
    ),
    Act(
        title="Roll it out, with a budget: the role looks first, says what it finds, and goes on, as it is no error.",
        command=("ansible-playbook", "rollout.kubernetes.rolling", "-e", WITH_BUDGET),
        shows="warning budget-blocks-evictions PodDisruptionBudget",
    ),
    Act(
        title="Look at what runs now, among all that stands around it.",
        command=preflight(workload="vweb", its_namespace=NAMESPACE),
        shows="found 1 warning.",
    ),
    Act(
        title="That is known and wanted: ignored, with a reason.",
        command=preflight(workload="vweb", its_namespace=NAMESPACE, ignored=[REASON]),
        shows="found nothing (ignored: budget-blocks-evictions).",
    ),
    Act(
        title="Roll the manifests out as they were written: the role refuses before anything is written.",
        command=(
            "ansible-playbook",
            "rollout.kubernetes.rolling",
            "-e",
            f"rolling_namespace={NAMESPACE}",
            "-e",
            f"rolling_src={AS_WRITTEN}",
        ),
        fails=True,
        shows="fails for pre-stop-exceeds-grace",
    ),
)


TODO_DB = "tests/demo/todo-db.manifests"
HOOKS = {"partition_files_dir": "tests/demo", "partition_read_only": "read_only.yml", "partition_read_write": "read_write.yml"}


def partition(image: str, **more: object) -> tuple[str, ...]:
    """Return the command that brings another image of todo-db, the primary last and the application read-only meanwhile."""
    options: dict[str, object] = {"namespace": NAMESPACE, "name": "todo-db", "image": image, "steps": "one_by_one", "primary": 0, **more}
    named = {f"partition_{name}": value for name, value in options.items()} | HOOKS
    return ("ansible-playbook", "rollout.kubernetes.partition", "-e", json.dumps(named))


STATEFUL = (
    Act(
        title="Deploy todo-db, a database of three pods whose primary is todo-db-0, and the application that uses it.",
        command=("ansible-playbook", "rollout.kubernetes.rolling", "-e", f"rolling_namespace={NAMESPACE}", "-e", f"rolling_src={TODO_DB}"),
    ),
    Act(
        title="What would a new version do? The replicas first, the primary last; nothing is written.",
        command=(*partition("postgres:16.5"), "--check"),
        shows="would be rolled out in 3 steps",
    ),
    Act(
        title="Do it: the replicas, then the application reads only, then the primary, then it writes again.",
        command=partition("postgres:16.5"),
        shows="The application was read-only for",
    ),
    Act(
        title="The same again: nothing changes.",
        command=partition("postgres:16.5"),
        shows="changed=0",
    ),
    Act(
        title="A version whose image does not exist: one replica fails, the others and the primary go on, and it is taken back.",
        command=partition("postgres:missing-16.6", on_failure="rollback"),
        fails=True,
        shows="Went back to revision 2",
    ),
    Act(
        title="Any other order: todo-db-2 has become the primary, so its pods are evicted, that one last.",
        command=(
            *("ansible-playbook", "rollout.kubernetes.on_delete", "-e"),
            json.dumps(
                {
                    "on_delete_namespace": NAMESPACE,
                    "on_delete_name": "todo-db",
                    "on_delete_image": "postgres:16.6",
                    "on_delete_primary": "todo-db-2",
                }
            ),
        ),
        shows="step 3 of 4: todo-db-2",
    ),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demo:
    """The acts of a demo, and what a watch on the Service must have seen at its end, if that is watched."""

    acts: tuple[Act, ...]
    seen: str = ""


DEMOS = {
    "rolling": Demo(acts=ROLLING),
    "preflight": Demo(acts=PREFLIGHT),
    "blue-green": Demo(acts=BLUE_GREEN, seen="pods of nginx:missing-3.0: none, ever"),
    "canary": Demo(acts=CANARY, seen="pods of nginx:missing-3.0: none, ever"),
    "config": Demo(acts=CONFIG),
    "stateful": Demo(acts=STATEFUL),
}


def demo(name: str, *, keep: bool, kubeconfig: Path | None) -> int:
    """Run all acts of a demo on a cluster of the demo's own, or on the user's."""
    environment = envs.main()
    if kubeconfig:
        if not kubeconfig.is_file():
            raise Problem(f"There is no kubeconfig {kubeconfig}.")
        return on_cluster(DEMOS[name], environment, kubeconfig.resolve(), [], keep=keep, remove=True)
    ours = not cluster.named(CLUSTER).is_up()
    try:
        found = cluster.up(CLUSTER)
        say("Its nodes are simulated: Kubernetes decides as always, but no container really runs; the failures below are simulated, too.")
        code = on_cluster(DEMOS[name], environment, found.kubeconfig, [golang.binaries_folder()], keep=keep, remove=not ours)
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


def on_cluster(demo: Demo, environment: Path, kubeconfig: Path, programs: list[Path], *, keep: bool, remove: bool) -> int:
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
        wrong = all_played(demo, variables)
    finally:
        if remove and not keep:
            quiet([*script, "delete", NAMESPACE], f"Removing the namespace {NAMESPACE}", env=variables)
    if wrong:
        raise Problem(f"This did not go as it should, so the demo ends here: {wrong}")
    return 0


def all_played(demo: Demo, variables: dict[str, str]) -> str:
    """Play all acts up to the first that goes wrong; its title, or an empty text."""
    with contextlib.ExitStack() as stack:
        seen = stack.enter_context(watched(variables)) if demo.seen else []
        count = len(demo.acts)
        wrong = next((act.title for number, act in enumerate(demo.acts, start=1) if not played(number, count, act, variables)), "")
    if demo.seen and not wrong and not any(demo.seen in line for line in seen):
        return "A watch of its own on the Service, which sees where it leads."
    return wrong


@contextlib.contextmanager
def watched(variables: dict[str, str]) -> Iterator[list[str]]:
    """Watch where the Service leads, and print that; the list has the summary at the end."""
    summary: list[str] = []
    script = [str(Path(variables["VIRTUAL_ENV"]) / "bin" / "python"), str(ROOT / "tests" / "demo" / "endpoints.py"), NAMESPACE, "vweb"]
    with subprocess.Popen(script, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        lines = process.stdout or ()
        printer = threading.Thread(target=lambda: summary.extend(echoed(line) for line in lines))
        printer.start()
        try:
            yield summary
        finally:
            if process.stdin:
                process.stdin.close()
            printer.join()


def echoed(line: str) -> str:
    """Print a line, and return it."""
    print(line, end="", flush=True)
    return line


def played(number: int, count: int, act: Act, variables: dict[str, str]) -> bool:
    """Print a command, run it, and say whether it ended as it should."""
    say(f"\n== {number} of {count}: {act.title}")
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
