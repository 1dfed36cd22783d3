# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subcommands of ./dev."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from . import cluster, demo, envs, golang, levels, router_pods
from .paths import COLLECTIONS, ROOT
from .shell import Problem, explain, run, say


def main(arguments: Sequence[str]) -> int:
    """Run one subcommand; every failure is one sentence."""
    signal.signal(signal.SIGTERM, interrupted)
    try:
        known, extra = split(arguments)
        options = parser().parse_args(known)
        options.extra = extra
        code: int = options.function(options)
    except KeyboardInterrupt:
        print("\ndev: interrupted.", file=sys.stderr)
        return 130
    except Problem as problem:
        print(f"dev: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"dev: {explain(error)}", file=sys.stderr)
        return 1
    return code


def split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Part what a subcommand hands on from the rest: the tests what stands behind --, the benchmarks everything."""
    if arguments[:1] == ["bench"]:
        return arguments[:1], arguments[1:]
    if arguments[:1] == ["test"] and "--" in arguments:
        at = arguments.index("--")
        return arguments[:at], arguments[at + 1 :]
    return arguments, []


def interrupted(_number: int, _frame: object) -> None:
    """Treat a request to end as Ctrl-C, so that everything is cleaned up."""
    raise KeyboardInterrupt


def parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    root = argparse.ArgumentParser(prog="dev", description="Set up, try out and test the collection rollout.kubernetes.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    add(commands, "setup", setup, "make the environment (the other commands do it by themselves)")
    add_cluster(commands)
    execute = add(commands, "exec", execute_command, "run a command inside the environment, with the cluster's kubectl and kubeconfig")
    execute.add_argument("--name", default=cluster.DEFAULT_NAME, help="name of the cluster (default: %(default)s)")
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND...", help="the command and its arguments")
    show = add(commands, "demo", show_demo, "show rollouts, good and bad ones, on a cluster of its own")
    show.add_argument(
        "name",
        nargs="?",
        default="rolling",
        choices=demo.DEMOS,
        metavar="NAME",
        help=f"one of {', '.join(demo.DEMOS)} (default: %(default)s)",
    )
    show.add_argument("--keep", action="store_true", help="keep the cluster (or, with --kubeconfig, the namespace), and say how to use it")
    show.add_argument("--kubeconfig", type=Path, metavar="FILE", help="use your own cluster, in a namespace that is removed at the end")
    tests = add(commands, "test", run_tests, "run the tests of all levels, or of some")
    tests.usage = "dev test [-h] [LEVEL ...] [-- PYTEST_ARGUMENT ...]"
    tests.add_argument(
        "levels", nargs="*", metavar="LEVEL", help=f"one of {', '.join(levels.LEVELS)}; default: all but {', '.join(levels.BY_NAME)}"
    )
    tests.add_argument("--all", action="store_true", help="run the long tests as well, which repeat what others show more briefly")
    tests.add_argument("--runs", type=int, metavar="N", help="zero_downtime: measure each scenario N times (default: 1)")
    tests.add_argument("--publish", action="store_true", help="zero_downtime: write the table and the plots into the documentation")
    benchmarks = add(
        commands, "bench", run_benchmarks, "measure what tasks cost, as ratios within one run (./dev bench --help: its options)"
    )
    benchmarks.usage = "dev bench [OPTION ...]"
    generated = "write what is made from something else: what modules say of results, and pages of the documentation"
    written = add(commands, "docs", write_docs, generated)
    written.add_argument("--check", action="store_true", help="write nothing, and say what somebody has changed by hand")
    add(commands, "lock", lock_requirements, "compile the hash-locked requirement files again, with the newest versions")
    return root


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, function: object, text: str) -> argparse.ArgumentParser:
    """Add a subcommand."""
    result = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    result.set_defaults(function=function)
    return result


def add_cluster(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommands of the cluster."""
    text = "start, stop and look at a real Kubernetes control plane, with simulated nodes or a real one"
    group = commands.add_parser("cluster", help=text, description=text[0].upper() + text[1:] + ".")
    verbs = group.add_subparsers(required=True, metavar="VERB")
    start = add(verbs, "up", cluster_up, "start a cluster")
    start.add_argument("--kubeconfig", type=Path, metavar="FILE", help="write the kubeconfig to this new file as well")
    start.add_argument("--nodes", type=int, default=cluster.DEFAULT_NODES, help="number of simulated nodes (default: %(default)s)")
    start.add_argument("--real", action="store_true", help="one real node, with real pods, in a network of its own (Linux, root)")
    routers = f"with --real: a real router as well, one of {', '.join(router_pods.ROUTERS)}; may be given several times"
    start.add_argument("--router", action="append", default=[], choices=router_pods.ROUTERS, metavar="NAME", help=routers)
    gates = "turn a feature gate of Kubernetes on, or off by NAME=false; may be given several times (not with --real)"
    start.add_argument("--feature-gate", action="append", default=[], metavar="NAME", help=gates)
    stop = add(verbs, "down", cluster_down, "stop a cluster and remove all of it")
    look = add(verbs, "status", cluster_status, "show a cluster's state; the exit code is 0 if it is up")
    look.add_argument("--json", action="store_true", help="as JSON, with the audit log and the processes")
    for verb in (start, stop, look):
        verb.add_argument("--name", default=cluster.DEFAULT_NAME, help="name of the cluster (default: %(default)s)")


def setup(_options: argparse.Namespace) -> int:
    """Make the main environment."""
    folder = envs.main()
    say(f"The environment is ready: {folder}")
    return 0


def cluster_up(options: argparse.Namespace) -> int:
    """Start a cluster."""
    if options.router and not options.real:
        raise Problem("A router needs a real node: add --real, or leave out --router.")
    found = cluster.up(options.name, nodes=options.nodes, kubeconfig=options.kubeconfig, real=options.real, gates=options.feature_gate)
    for router in options.router:
        router_pods.start(found, router)
    return 0


def cluster_down(options: argparse.Namespace) -> int:
    """Stop a cluster."""
    cluster.down(options.name)
    return 0


def cluster_status(options: argparse.Namespace) -> int:
    """Show a cluster."""
    return cluster.show(options.name, as_json=options.json)


def execute_command(options: argparse.Namespace) -> int:
    """Become the command, inside the environment."""
    if not options.command:
        raise Problem("Say which command to run, as in: ./dev exec ansible --version")
    variables = envs.variables(envs.main(), extra_path=[golang.binaries_folder()])
    found, command = cluster.named(options.name), list(options.command)
    if found.is_up():
        variables.setdefault("KUBECONFIG", str(found.kubeconfig))
        variables.setdefault("ROLLOUT_TEST_CLUSTER", options.name)
        command = [*found.inside, *command]
    variables.setdefault("ANSIBLE_COLLECTIONS_PATH", str(COLLECTIONS))
    os.environ.update(variables)
    try:
        os.execvpe(command[0], command, variables)
    except FileNotFoundError as error:
        raise Problem(f"There is no command {options.command[0]} in the environment.") from error


def show_demo(options: argparse.Namespace) -> int:
    """Run the demo."""
    return demo.demo(options.name, keep=options.keep, kubeconfig=options.kubeconfig)


def run_tests(options: argparse.Namespace) -> int:
    """Run test levels."""
    for name in options.levels:
        if name not in levels.LEVELS:
            raise Problem(f"There is no test level {name}: choose from {', '.join(levels.LEVELS)}.")
    if (options.runs is not None or options.publish) and options.levels != ["zero_downtime"]:
        raise Problem("--runs and --publish belong to one level: ./dev test zero_downtime --runs 10")
    if options.runs is not None and options.runs < 1:
        raise Problem(f"--runs takes a number of at least 1, not {options.runs}.")
    if options.all and not set(options.levels or levels.WITH_LONG_TESTS) & set(levels.WITH_LONG_TESTS):
        raise Problem(f"--all belongs to the levels {', '.join(levels.WITH_LONG_TESTS)}.")
    runs = ["--runs", str(options.runs)] if options.runs else []
    whole = options.all or options.publish
    return levels.test(options.levels, [*options.extra, *runs, *["--publish"] * options.publish], whole=whole)


def run_benchmarks(options: argparse.Namespace) -> int:
    """Run the benchmarks."""
    return levels.bench(options.extra)


def write_docs(options: argparse.Namespace) -> int:
    """Write what is made from something else, or check it."""
    environment = envs.main()
    variables = envs.variables(environment) | {"PYTHONPATH": os.pathsep.join((str(COLLECTIONS), str(ROOT)))}
    check = ["--check"] * options.check
    return run([environment / "bin" / "python", "-m", "tests.dev.pages", *check], env=variables, cwd=ROOT)


def lock_requirements(_options: argparse.Namespace) -> int:
    """Compile every .in file of tests/requirements."""
    from .paths import REQUIREMENTS

    variables = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "./dev lock", "UV_NO_CONFIG": "1"}
    for source in sorted(REQUIREMENTS.glob("*.in")):
        say(f"Locking {source.name} ...")
        command: list[str | Path] = [
            envs.uv(),
            "pip",
            "compile",
            "--quiet",
            "--upgrade",
            "--universal",
            "--python-version",
            envs.LOCKED_FOR.get(source.stem, envs.OLDEST_PYTHON),
            "--generate-hashes",
        ]
        if code := run([*command, source.name, "-o", f"{source.stem}.txt"], env=variables, cwd=REQUIREMENTS):
            return code
    return 0
