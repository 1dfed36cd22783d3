# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test levels that pytest and molecule run, and the order of all."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from . import ahead, cluster, debian, envs, golang, lint, node, package
from .beside import beside
from .outcomes import Outcome, from_junit, merged, single, summary
from .paths import COLLECTIONS, OUTPUT, ROOT
from .shell import Command, Problem, captured, explain, quiet, run, say

Level = Callable[[Sequence[str]], list[Outcome]]
PURE = ("_domain", "_routers", "_strategies")
ENGINE = 95
"""How many percent of the branches of `_engine` the unit level must cover: some are taken only where requests cross by chance."""
SCENARIOS = ROOT / "extensions" / "molecule"
AT_A_TIME = 3
"""Scenarios of molecule that run side by side: each waits for the cluster half of the time."""
A_CORE_EACH = ("-n", "2", "--a-core-each")
"""How tests run that need no cluster."""
TEST_CLUSTER = "test"
BENCH_CLUSTER = "bench"
REAL_CLUSTER = "real"
GUIDES = (ROOT / "docs" / "guide_no_lost_request.md", ROOT / "docs" / "guide_stateful_database.md")
"""The pages that show what was measured with real pods."""


def pytest(
    level: str,
    environment: Path,
    arguments: Sequence[str],
    extra: Sequence[str],
    variables: Mapping[str, str] | None = None,
    inside: Sequence[str] = (),
) -> Outcome:
    """Run pytest with the environment's Python and return what it counted; `inside` is what the command begins with."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    report = OUTPUT / f"junit-{level}.xml"
    report.unlink(missing_ok=True)
    command: Command = [*inside, environment / "bin" / "python", "-m", "pytest", "-q", f"--junitxml={report}", *arguments, *extra]
    everything = envs.variables(environment) | dict(variables or {})
    # Containers have it: then each worker, and each process that tests start, would compile the collection and the tests once more.
    everything.pop("PYTHONDONTWRITEBYTECODE", None)
    code = run(command, cwd=ROOT, env=everything)
    return from_junit(level, report, code)


def unit(extra: Sequence[str]) -> list[Outcome]:
    """The pure layers by tables and properties, all of whose branches must be covered; the others on the cluster in memory, which covers
    nearly all of the engine."""
    environment = envs.main()
    coverage = {"COVERAGE_FILE": str(OUTPUT / ".coverage")}
    chosen = ["tests/unit", "tests/functional", "--only=memory", *A_CORE_EACH]
    if extra:
        return [pytest("unit", environment, chosen, extra)]
    measured = [*chosen, "-m", "not matrix", "--cov", "--cov-report="]
    outcomes = [pytest("unit", environment, measured, (), coverage), pytest("unit-matrix", environment, [*chosen, "-m", "matrix"], ())]
    if not any(outcome.failed for outcome in outcomes):
        outcomes += [_covered(PURE, 100, environment, coverage), _covered(("_engine",), ENGINE, environment, coverage)]
    return outcomes


def _covered(layers: Sequence[str], least: int, environment: Path, variables: Mapping[str, str]) -> Outcome:
    """Return whether these tests alone cover so many percent of the branches of some layers, and of their lines; print what they miss."""
    names, program, found = " and ".join(layers), environment / "bin" / "python", OUTPUT / "coverage.json"
    say(f"Coverage of {names}, of whose branches {least} % are demanded:")
    include = f"--include={','.join(f'*/module_utils/{layer}/*' for layer in layers)}"
    surroundings = envs.variables(environment) | dict(variables)
    found.unlink(missing_ok=True)
    for command in (["report"], ["json", "-q", "-o", found]):
        run([program, "-m", "coverage", *command, include], cwd=ROOT, env=surroundings)
    totals = json.loads(found.read_text(encoding="utf-8"))["totals"] if found.exists() else {}
    shares = [totals.get(f"percent_{what}_covered", 0.0) for what in ("statements", "branches")]
    return single("unit", f"less than {least} % of {names} is covered", passed=min(shares) >= least)


def oldest(extra: Sequence[str]) -> list[Outcome]:
    """Unit tests, without the matrices and with few examples of each property, and the marked functional tests under the oldest supported
    ansible-core and Python."""
    environment = envs.oldest()
    outcomes = []
    if (ROOT / "tests" / "unit").is_dir():
        outcomes.append(
            pytest("oldest-unit", environment, ["tests/unit", *A_CORE_EACH, "-m", "not matrix", "--hypothesis-profile=few"], extra)
        )
    with test_cluster() as variables:
        outcomes.append(pytest("oldest-functional", environment, ["tests/functional", "-m", "oldest", "-n", "3"], extra, variables))
    return outcomes


def functional(extra: Sequence[str]) -> list[Outcome]:
    """Every module against the real control plane; one test after the other goes to whoever is free, the longest first."""
    spread = ["--only=server", "-n", "6", "--dist", "load", "--maxschedchunk", "1"]
    with test_cluster() as variables:
        return [pytest("functional", envs.main(), ["tests/functional", *spread], extra, variables)]


def molecule(_extra: Sequence[str]) -> list[Outcome]:
    """Roles and playbooks: converge, idempotence, verify; one check for each scenario, several scenarios at a time."""
    environment = envs.main()
    program = environment / "bin" / "molecule"
    with test_cluster() as variables, ThreadPoolExecutor(AT_A_TIME) as pool:
        everything = envs.variables(environment, extra_path=[golang.binaries_folder()]) | variables

        def surroundings(scenario: str) -> dict[str, str]:
            # Molecule keeps there what it has done already.
            return everything | {"ANSIBLE_HOME": str(OUTPUT / "ansible-home" / scenario)}

        def tested(scenario: str) -> Outcome:
            command: Command = [program, "test", "--no-shared-state", "--scenario-name", scenario]
            code, printed = captured(command, cwd=ROOT, env=surroundings(scenario))
            say(f"Scenario {scenario}:\n{printed}")
            return single("molecule", f"scenario {scenario}", passed=code == 0)

        quiet([program, "create"], "Making the scenarios' namespaces", cwd=ROOT, env=surroundings("default"))
        try:
            return list(pool.map(tested, scenarios()))
        finally:
            quiet([program, "destroy"], "Removing the scenarios' namespaces", cwd=ROOT, env=surroundings("default"))


def zero_downtime(extra: Sequence[str]) -> list[Outcome]:
    """Real requests to real pods on a real node; skipped where no such node can run."""
    obstacle = node.obstacle()
    if obstacle:
        say(f"Skipped: {obstacle}.")
        return [Outcome(level="zero_downtime", passed=0, failed=0, note=f"skipped: {obstacle}")]
    environment = envs.main()
    debian.install({**debian.NODE, **debian.SAMPLES, **debian.DATABASE})
    # Not inside, where no module can be loaded, and not beside what is measured.
    ahead.all_of_them()
    measured = OUTPUT / "zero_downtime"
    shutil.rmtree(measured, ignore_errors=True)
    chosen = os.environ.get("ROLLOUT_TEST_CLUSTER") or REAL_CLUSTER
    ours = not cluster.named(chosen).is_up()
    try:
        inside = cluster.up(chosen, real=True).inside
        # Two at a time: on a machine that is busier than that nodes follow later than any preStop hook of a few seconds lasts.
        spread = ["-n", "2", "--dist", "load", "--maxschedchunk", "1"]
        variables = {"ROLLOUT_TEST_CLUSTER": chosen}
        outcome = pytest("zero_downtime", environment, ["tests/zero_downtime", *spread], extra, variables, inside)
    finally:
        if ours:
            cluster.down(chosen)
    pages = GUIDES if "--publish" in extra and not outcome.failed else ()
    everything = envs.variables(environment) | {"PYTHONPATH": os.pathsep.join((str(COLLECTIONS), str(ROOT)))}
    run([environment / "bin" / "python", "-m", "tests.zero_downtime.report", measured, *pages], cwd=ROOT, env=everything)
    return [outcome]


def mutations(extra: Sequence[str]) -> list[Outcome]:
    """Faults that are put into copies of the product: the tests that are named for each must find it."""
    environment = envs.main()
    report = OUTPUT / "junit-mutations.xml"
    report.unlink(missing_ok=True)
    command: Command = [environment / "bin" / "python", "-m", "tests.mutations.run", "--report", report, *extra]
    code = run(command, cwd=ROOT, env=envs.variables(environment))
    return [from_junit("mutations", report, code)]


def scenarios() -> list[str]:
    """Return the names of molecule's scenarios that test something; default only makes and removes what they share."""
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml") if path.parent.name != "default")


@contextmanager
def test_cluster() -> Iterator[dict[str, str]]:
    """Give the environment variables of a running cluster: the chosen one, the developer's own, or one for these tests alone."""
    own = cluster.DEFAULT_NAME if cluster.named(cluster.DEFAULT_NAME).is_up() else TEST_CLUSTER
    chosen = os.environ.get("ROLLOUT_TEST_CLUSTER") or own
    ours = not cluster.named(chosen).is_up()
    try:
        kubeconfig = str(cluster.up(chosen).kubeconfig) if ours else str(cluster.named(chosen).kubeconfig)
        ends = {"ROLLOUT_TEST_CLUSTER_ENDS": "1"} if chosen == TEST_CLUSTER else {}
        yield {"ROLLOUT_TEST_CLUSTER": chosen, "KUBECONFIG": kubeconfig, "K8S_AUTH_KUBECONFIG": kubeconfig, **ends}
    finally:
        if ours:
            cluster.down(chosen)


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks on a cluster of their own, with the environment that holds what they compare with."""
    environment = envs.rivals()
    chosen = os.environ.get("ROLLOUT_TEST_CLUSTER") or BENCH_CLUSTER
    ours = not cluster.named(chosen).is_up()
    try:
        cluster.up(chosen)
        everything = envs.variables(environment) | {
            "ROLLOUT_TEST_CLUSTER": chosen,
            "PYTHONPATH": os.pathsep.join((str(COLLECTIONS), str(ROOT))),
        }
        return run([environment / "bin" / "python", "-m", "tests.bench", *arguments], cwd=ROOT, env=everything)
    finally:
        if ours:
            cluster.down(chosen)


def awx(extra: Sequence[str]) -> list[Outcome]:
    """Jobs as AWX runs them: with ansible-runner as AWX has it and the newest one, and with each ansible-core that is supported."""
    environment = envs.main()
    variables = {f"ROLLOUT_TEST_{name}": str(path) for name, path in envs.of_awx().items()}
    try:
        debian.install(debian.JAVA)
    except Problem as problem:
        say(f"The test with ansible-rulebook is skipped. {problem}")
    with test_cluster() as reached:
        # Four at a time: each job is a few seconds of work for one core, and then waits for pods.
        spread = ["-n", "4", "--dist", "load", "--maxschedchunk", "1"]
        return [pytest("awx", environment, ["tests/awx", *spread], extra, {**reached, **variables})]


LEVELS: dict[str, tuple[Level, Callable[[], bool]]] = {
    "lint": (lint.level, lambda: True),
    "unit": (unit, (ROOT / "tests" / "unit").is_dir),
    "oldest": (oldest, lambda: True),
    "functional": (functional, lambda: True),
    "molecule": (molecule, lambda: len(scenarios()) > 0),
    "awx": (awx, lambda: True),
    "zero_downtime": (zero_downtime, lambda: True),
    "sanity": (package.sanity, package.can_build),
    "importer": (package.importer, package.can_build),
    "mutations": (mutations, lambda: True),
}
BY_NAME = ("mutations",)
"""Levels that run only when they are named: they test the tests."""


WITH_LONG_TESTS = ("functional", "awx", "zero_downtime")
"""Levels that have tests marked `long`."""
BESIDE = {"sanity": ("lint", "importer")}
"""Levels that leave a core free, and those that run meanwhile, when all levels run."""


def test(names: Sequence[str], extra: Sequence[str], *, whole: bool) -> int:
    """Run levels, each even if another failed, and sum them up; those that are named one after another. `whole`: with the long tests."""

    def measured(name: str) -> Outcome:
        started = time.monotonic()
        long = ["--all"] if whole and name in WITH_LONG_TESTS else []
        return merged(name, attempt(name, [*extra, *long]), time.monotonic() - started)

    def shown(name: str) -> Outcome:
        heading(name)
        return measured(name)

    chosen = names or [name for name, (_, exists) in LEVELS.items() if exists() and name not in BY_NAME]
    with shared_cluster(chosen):
        outcomes = [shown(name) for name in names] if names else all_of_them(chosen, measured, shown)
    return summary(outcomes)


def all_of_them(chosen: Sequence[str], measured: Callable[[str], Outcome], shown: Callable[[str], Outcome]) -> list[Outcome]:
    """Run levels, those that leave a core free beside others; their outcomes are in the order of the names."""
    prepare()
    outcomes: dict[str, Outcome] = {}
    for alone, meanwhile in BESIDE.items():
        if alone in chosen:
            with beside(alone, partial(measured, alone)) as ended:
                outcomes |= {name: shown(name) for name in meanwhile if name in chosen}
                heading(alone)
                outcomes[alone] = ended()
    outcomes |= {name: shown(name) for name in chosen if name not in outcomes}
    return [outcomes[name] for name in chosen]


def heading(name: str) -> None:
    """Begin a level's output."""
    say(f"\n===== {name}")


def prepare() -> None:
    """Make what levels that run side by side both need; what keeps it from being made is told by each level that needs it."""
    with suppress(Problem, OSError):
        envs.main()
        ahead.begin()


@contextmanager
def shared_cluster(chosen: Sequence[str]) -> Iterator[None]:
    """Keep one cluster up for all levels that need one, when there are several of them."""
    if len({"oldest", "functional", "molecule", "awx"} & set(chosen)) < 2:
        yield
        return
    try:
        context = test_cluster()
        context.__enter__()
    except (Problem, OSError) as problem:
        say(f"dev: {problem}")
        yield
        return
    try:
        yield
    finally:
        context.__exit__(None, None, None)


def attempt(name: str, extra: Sequence[str]) -> list[Outcome]:
    """Run one level; what keeps it from running is one failure."""
    try:
        return LEVELS[name][0](extra)
    except Problem as problem:
        say(f"dev: {problem}")
        return [single(name, str(problem), passed=False)]
    except OSError as error:
        say(f"dev: {explain(error)}")
        return [single(name, explain(error), passed=False)]
