# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once: who does what, on which state, and what must be so when one of them says that it is done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from .cases import BLUE, PLAIN, Act, Case, done, ours, theirs
from .cluster import Memory, running
from .requests import Request
from .runs import Run

Task = Callable[[str], tuple[str, dict[str, Any]]]
"""A module and its options, which bring this tag."""


def _by(module: str, **options: Any) -> Task:
    return lambda tag: (module, {"name": "web", "image": f"registry.example/web:{tag}", **options})


def _without_tag(module: str, **options: Any) -> Task:
    return lambda _tag: (module, {"name": "web", **options})


STATES: Mapping[str, tuple[Act, ...]] = {
    "a Deployment of theirs": PLAIN,
    "a Deployment of ours": (ours(), ours(tag="0")),
    "a finished blue_green": (*PLAIN, done("blue_green", **BLUE)),
    "a blue_green before its switch": (*PLAIN, done("blue_green", **BLUE, stop_before="switch")),
    "a blue_green in its hold": (*PLAIN, done("blue_green", **BLUE, stop_before="hold")),
    "a StatefulSet": (theirs("StatefulSet"),),
    "a DaemonSet": (theirs("DaemonSet"),),
}
_SETS: dict[str, Task] = {
    "rolling": _by("rolling", kind="StatefulSet"),
    "partition": _by("partition", kind="StatefulSet"),
    "on_delete": _by("on_delete", kind="StatefulSet"),
    "undo": _without_tag("undo", kind="StatefulSet"),
    "restart": _without_tag("restart", kind="StatefulSet"),
}
_DAEMONS: dict[str, Task] = {
    "rolling": _by("rolling", kind="DaemonSet"),
    "on_delete": _by("on_delete", kind="DaemonSet"),
    "restart": _without_tag("restart", kind="DaemonSet"),
}
_DEPLOYMENTS: dict[str, Task] = {
    "rolling": _by("rolling"),
    "rolling, going back": _by("rolling", on_failure="rollback"),
    "recreate": _by("recreate"),
    "blue_green": _by("blue_green", scale_down_delay=0),
    "undo": _without_tag("undo"),
    "restart": _without_tag("restart"),
    "pause": _without_tag("pause"),
    "resume": _without_tag("resume"),
    "promote": _without_tag("promote"),
    "abort": _without_tag("abort"),
}


def tasks(state: str) -> dict[str, Task]:
    """Who may be at work on a state."""
    return _SETS if state == "a StatefulSet" else _DAEMONS if state == "a DaemonSet" else _DEPLOYMENTS


@dataclass(frozen=True)
class Race:
    """Two runs, and the seed that says who is when where."""

    state: str
    first: str
    second: str
    seed: int

    def __str__(self) -> str:
        return f"{self.first} and {self.second} on {self.state}, seed {self.seed}"


def faults_of(race: Race) -> list[str]:
    """What is wrong with how it went."""
    found: list[str] = []
    with running(race.seed) as memory:
        Case("", {}, STATES[race.state]).prepare(memory)
        runs = []
        for name, tag in ((race.first, "a"), (race.second, "b")):
            module, options = tasks(race.state)[name](tag)
            run = Case(module, options).run(memory)
            run.at_end = lambda run=run, name=name, tag=tag: found.extend(_untrue(memory, run.result, name, tag))  # type: ignore[misc]
            runs.append(run)
        order = Order(runs)
        at_once(memory, runs)
        found += [run.result["exception"] for run in runs if "exception" in run.result]
        return [*found, *order.faults(), *_unserved(memory)]


def at_once(memory: Memory, runs: Sequence[Run], *, within: float = 1.0) -> None:
    """Begin runs within so many seconds of each other, and wait until all have ended and the cluster has come to rest."""
    for run in runs:
        run.start()
        memory.clock.sleep(memory.clock.random.uniform(0.0, within))
    for run in runs:
        run.wait()
    memory.clock.sleep(90)


def faults_of_cases(first: Case, second: Case, seed: int) -> list[str]:
    """What is wrong with how two cases went that began at once, in what is there before the first one."""
    with running(seed) as memory:
        first.prepare(memory)
        runs = [case.run(memory) for case in (first, second)]
        order = Order(runs)
        at_once(memory, runs)
        # Copies of configuration are made by whoever is first, and never changed.
        together = [] if "versioned_config" in (first.module, second.module) else order.faults()
        return [*together, *(run.result["exception"] for run in runs if "exception" in run.result), *_unserved(memory)]


class Order:
    """Who changes something when."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._changes: list[tuple[int, Request]] = []
        for number, run in enumerate(runs):
            run.wire.before.append(partial(self._hear, number))

    def _hear(self, number: int, request: Request) -> None:
        if request.is_change and "/jobs" not in request.path:  # Those measure, and change nothing of the application.
            self._changes.append((number, request))

    def faults(self) -> list[str]:
        """Where two change the same object one works at a time: nobody changes anything once the other has begun to."""
        objects = [{request.path.removesuffix("/eviction") for number, request in self._changes if number == one} for one in (0, 1)]
        turns = [number for number, _requests in itertools.groupby(self._changes, key=itemgetter(0))]
        if not objects[0] & objects[1] or len(turns) <= len(set(turns)):
            return []
        return [f"they change things in turn: {' | '.join(f'{number} {request}' for number, request in self._changes)}"]


def _untrue(memory: Memory, result: dict[str, Any], name: str, tag: str) -> list[str]:
    """Who says that it is done has its own version running at that moment, and no other."""
    if result.get("failed") or "image" not in options_of(name, tag):
        return []
    serving = _serving(memory)
    wanted = f"registry.example/web:{tag}"
    return [] if serving == {wanted} else [f"{name} says: {result['msg']}; and there serve {sorted(serving)}"]


def options_of(name: str, tag: str) -> dict[str, Any]:
    """The options of a task, of whichever kind."""
    table = {**_DAEMONS, **_SETS, **_DEPLOYMENTS}
    return table[name](tag)[1]


def _serving(memory: Memory) -> set[str]:
    """The images of the pods that the Service picks, of all where there is none, without those on their way out."""
    service = memory.get("default", "Service", "web")
    selector = service["spec"]["selector"] if service is not None else {}
    pods = [pod for pod in memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp")]
    picked = [pod for pod in pods if selector.items() <= pod["metadata"]["labels"].items()]
    return {pod["spec"]["containers"][0]["image"] for pod in picked}


def _unserved(memory: Memory) -> list[str]:
    """A Service leads somewhere as long as there are pods, whatever happened."""
    if memory.get("default", "Service", "web") is None or _serving(memory):
        return []
    return [f"the Service leads nowhere: {memory.get('default', 'Service', 'web')['spec']['selector']}"]
