# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Side by side with kubectl: random sequences on real objects, and after each step both must say and do the same.

What they may differ in is listed in side_by_side.py and explained in docs/deviations_from_kubectl.md. One fixed sequence for each kind
runs always, in which everything happens once; random ones with --all: ROLLOUT_SIDE_BY_SIDE=50 has it try 50 for each kind, and
ROLLOUT_SIDE_BY_SIDE_SEED=7 chooses them.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .cluster import ROOT
from .interference import eventually
from .side_by_side import CHANGE_CAUSE, deviations
from .twins import NAME, SIMULATE, Pair, Tally, number, pair

SEQUENCES = int(os.environ.get("ROLLOUT_SIDE_BY_SIDE", "4"))
SEED = int(os.environ.get("ROLLOUT_SIDE_BY_SIDE_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
GOOD = ("1", "2", "3", "4")
BAD = ("missing", "crash", "unready", "hiccup")
RESTLESS = ("crash-later", "flapping")
"""Pods of these images become ready and unready for ever: the objects need not stand still while they are compared."""
TEMPERS: tuple[dict[str, str], ...] = (
    {},
    {"ready-after": "1s"},
    {"ready-after": "200ms", "ready-after-at-most": "2s"},
    {"terminate-after": "1s"},
    {"ready-after": "300ms", "ready-after-at-most": "1s", "terminate-after": "700ms"},
    {"fail": "never-ready"},
    {"fail": "crash-loop"},
)


def image(tag: str) -> str:
    return f"registry.example/web:{tag}"


def manifest(kind: str, tag: str = "1", temper: Any = None, **spec: Any) -> dict[str, Any]:
    """A workload as people write them."""
    annotations = {f"{SIMULATE}{key}": value for key, value in (temper or {}).items()}
    pod = {
        "terminationGracePeriodSeconds": 5,
        "containers": [{"name": "web", "image": image(tag), "env": [{"name": "COLOUR", "value": "blue"}]}],
    }
    template = {"metadata": {"labels": {"app": NAME}, "annotations": annotations}, "spec": pod}
    whole = {"selector": {"matchLabels": {"app": NAME}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": NAME}, "spec": whole}


CAUSES = (None, "release one", "release two", "a hotfix [by alice, job 42]")
EVENTS = (
    *("apply", "set image", "release", "undo", "undo to") * 2,
    *("scale", "strategy", "delete revision", "delete pod", "news", "pause or resume", "pause or resume", "restart", "undo to a number"),
)


class Sequence:
    """What happens to twins, one thing after the other, with a comparison after each."""

    def __init__(self, twins: Pair, chance: random.Random, bad: tuple[str, ...]) -> None:
        self.pair, self.kind, self.chance = twins, twins.kind, chance
        self.tags = (*GOOD, *GOOD, *bad)
        self.manifest: dict[str, Any] = {}

    def go(self, events: Iterator[str]) -> None:
        with self.pair.told():
            self.begin()
            self.pair.compare()
            for event in events:
                self.step(event)
                self.pair.settle()
                self.pair.compare()
            self.pair.heal(image("good"))

    def begin(self) -> None:
        chance = self.chance
        spec: dict[str, Any] = {"minReadySeconds": chance.choice((0, 0, 1))}
        if self.kind == "Deployment":
            limits = chance.choice(({}, {"maxSurge": 0, "maxUnavailable": 1}, {"maxSurge": "50%", "maxUnavailable": 0}))
            how = chance.choice(({"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": limits}, {}))
            spec |= {"progressDeadlineSeconds": chance.choice((600, 3)), "strategy": how}
        else:
            spec["updateStrategy"] = {"type": chance.choice(("OnDelete", "RollingUpdate", "RollingUpdate"))}
        if self.kind == "StatefulSet":
            spec |= {"serviceName": NAME, "podManagementPolicy": chance.choice(("Parallel", "OrderedReady"))}
        if self.kind != "DaemonSet":
            spec["replicas"] = chance.randint(1, 3)
        self.manifest = manifest(self.kind, temper=chance.choice(TEMPERS[:5]), **spec)
        self.pair.apply(self.manifest)
        self.pair.settle()

    def step(self, event: str) -> None:
        chance = self.chance
        tag = chance.choice(self.tags)
        place, flag, cause = chance.randint(0, 5), chance.random() < 0.5, chance.choice(CAUSES)
        acts: dict[str, Callable[[], None]] = {
            "apply": lambda: self._apply(tag, chance.choice((*TEMPERS, {}, {}, {})), cause, "green" if flag else "blue"),
            "set image": lambda: self.pair.set_image(image(tag)),
            "release": lambda: self.pair.set_image(image(chance.choice(GOOD)), cause or ""),
            "scale": lambda: self._scale(place),
            "strategy": lambda: self._change_strategy(other=flag),
            "delete revision": lambda: self.pair.delete_revision(place),
            "delete pod": lambda: self.pair.delete_pods(place, force=flag),
            "news": lambda: self.pair.news(1.5),
            "pause or resume": lambda: self._pause_or_partition(place, paused=flag),
            "restart": self.pair.restart,
            "undo": lambda: self.pair.undo(None),
            "undo to": lambda: self._undo_to(place),
            "undo to a number": lambda: self.pair.undo(place + 1),
        }
        acts[event]()

    def _apply(self, tag: str, temper: dict[str, str], cause: str | None, colour: str) -> None:
        new = manifest(self.kind, tag, temper)["spec"]["template"]
        new["spec"]["containers"][0]["env"][0]["value"] = colour
        self.manifest["spec"]["template"] = new
        self.manifest["metadata"]["annotations"] = {CHANGE_CAUSE: cause} if cause else {}
        self.pair.apply(self.manifest)

    def _scale(self, replicas: int) -> None:
        """A DaemonSet has as many as there are nodes."""
        if self.kind == "DaemonSet":
            self.pair.news(1.5)
        else:
            self.pair.patch({"spec": {"replicas": min(replicas, 4)}})

    def _change_strategy(self, *, other: bool) -> None:
        if self.kind == "Deployment":
            change = {"strategy": {"type": "Recreate", "rollingUpdate": None} if other else {"type": "RollingUpdate"}}
        else:
            change = {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None} if other else {"type": "RollingUpdate"}}
        self.pair.patch({"spec": change})

    def _pause_or_partition(self, place: int, *, paused: bool) -> None:
        if self.kind == "Deployment":
            self.pair.pause(paused=paused)
        elif self.kind == "StatefulSet":
            self.pair.patch({"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": min(place, 4)}}}})
        else:
            self.pair.news(1.5)

    def _undo_to(self, place: int) -> None:
        numbers = [number(revision) for revision in self.pair.ours.view().revisions]
        self.pair.undo(numbers[place % len(numbers)] if numbers else 1)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_fixed_sequence_ends_alike(cluster, kind):
    chance = random.Random(f"{kind} fixed")  # noqa: S311
    events = sorted({*EVENTS})
    chance.shuffle(events)
    tally = Tally()
    with pair(cluster, kind, tally, patient=True) as twins:
        Sequence(twins, chance, BAD).go(iter((*events, "apply", "undo")))
    print(f"\n{kind}: {tally}")
    assert (tally.moved["status"], tally.moved["history"]) == (0, 0), tally
    for what, enough in {"status": 30, "history": 3, "undo": 1}.items():
        assert tally.counted[what] >= enough, f"{what}: the sequence has too little of it: {tally}"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_random_sequences_end_alike(cluster, kind):
    tally = Tally()
    for place in range(SEQUENCES):
        chance = random.Random(f"{kind} {SEED} {place}")  # noqa: S311
        with pair(cluster, kind, tally) as twins:
            Sequence(twins, chance, (*BAD, *RESTLESS)).go(chance.choice(EVENTS) for _ in range(20))
        print(f"\n{kind} {place + 1}: {tally} (ROLLOUT_SIDE_BY_SIDE_SEED={SEED})", flush=True)
    for what, enough in {"status": 10, "history": 2, "undo": 1}.items():
        counted, moved = tally.counted[what], tally.moved[what]
        assert counted >= max(enough * SEQUENCES, moved), f"{what}: {counted} comparisons counted, {moved} did not, as the objects moved"


# --- each allowed deviation, seen ---------------------------------------------------------------------------------------------


def begin(pair: Pair, tag: str = "1", temper: Any = None, **spec: Any) -> None:
    """Twins that are done."""
    counts = {} if pair.kind == "DaemonSet" else {"replicas": 1}
    more = {"serviceName": NAME} if pair.kind == "StatefulSet" else {}
    pair.apply(manifest(pair.kind, tag, temper, **counts, **more, **spec))
    pair.settle()
    for one in (pair.ours, pair.twin):
        one.kubectl(
            "wait",
            one.ref,
            f"--for=jsonpath={{.status.{'numberReady' if pair.kind == 'DaemonSet' else 'readyReplicas'}}}",
            "--timeout=300s",
        )


def await_deviation(pair: Pair, name: str) -> None:
    """Compare until it is seen."""

    def seen() -> bool:
        if not pair.tally.deviations[name]:
            pair.compare()
        return pair.tally.deviations[name] > 0

    eventually(seen, f"{name} is seen: {pair.tally}")


def a_pause_without_replicas(pair: Pair) -> None:
    begin(pair)
    pair.pause(paused=True)
    pair.set_image(image("2"))
    pair.patch({"spec": {"replicas": 0}})


def a_deadline_of_another_revision(pair: Pair) -> None:
    begin(pair, progressDeadlineSeconds=1)
    pair.set_image(image("unready"))
    for one in (pair.ours, pair.twin):
        late = one.kubectl("rollout", "status", one.ref, "--timeout=300s", check=False)
        assert "exceeded its progress deadline" in late.stderr
    pair.pause(paused=True)
    pair.set_image(image("2"))


def min_ready_seconds(pair: Pair) -> None:
    begin(pair, minReadySeconds=60)


def a_way_back_above_a_partition(pair: Pair) -> None:
    begin(pair, "1", {"terminate-after": "8s"})
    partition = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
    for change in (lambda: pair.patch({"spec": {"replicas": 2, **partition}}), lambda: pair.set_image(image("2"))):
        change()
        for one in (pair.ours, pair.twin):
            one.kubectl("rollout", "status", one.ref, "--timeout=300s")
    pair.set_image(image("1"))


def a_deletion(pair: Pair) -> None:
    begin(pair)
    pair.patch({"metadata": {"finalizers": ["registry.example/held"]}})
    for one in (pair.ours, pair.twin):
        one.delete(one.workload(), "deployments")
    try:
        await_deviation(pair, "a_deletion_is_not_done")
    finally:
        pair.patch({"metadata": {"finalizers": None}})


def on_delete(pair: Pair) -> None:
    begin(pair, updateStrategy={"type": "OnDelete"})
    pair.compare()
    pair.set_image(image("2"))


def an_undo_of_what_is_paused(pair: Pair) -> None:
    begin(pair)
    pair.set_image(image("2"))
    pair.settle()
    pair.pause(paused=True)
    pair.undo(None)


def two_undos(pair: Pair) -> None:
    begin(pair)
    pair.set_image(image("2"))
    pair.undo(None)
    pair.undo(None)


def two_undos_to_one_number(pair: Pair) -> None:
    begin(pair)
    pair.set_image(image("2"))
    pair.undo(1)
    pair.undo(1)


def an_undo_while_old_pods_end(pair: Pair) -> None:
    begin(pair, "1", {"terminate-after": "12s"}, strategy={"type": "Recreate"})
    pair.set_image(image("2"))
    pair.settle()
    pair.undo(None)


def a_second_pause(pair: Pair) -> None:
    begin(pair)
    pair.pause(paused=False)
    pair.pause(paused=True)
    pair.pause(paused=True)


def a_restart(pair: Pair) -> None:
    begin(pair)
    pair.restart()
    pair.restart()


SCENES: dict[str, tuple[str, Callable[[Pair], None]]] = {
    "a_pause_without_replicas_is_not_done": ("Deployment", a_pause_without_replicas),
    "a_deadline_of_another_revision_is_no_failure": ("Deployment", a_deadline_of_another_revision),
    "min_ready_seconds_of_a_stateful_set_count": ("StatefulSet", min_ready_seconds),
    "a_partition_is_told_from_the_pods": ("StatefulSet", a_way_back_above_a_partition),
    "a_deletion_is_not_done": ("Deployment", a_deletion),
    "on_delete_is_told_from_the_pods": ("DaemonSet", on_delete),
    "a_paused_deployment_is_undone": ("Deployment", an_undo_of_what_is_paused),
    "an_undo_without_a_target_does_not_flip_back": ("DaemonSet", two_undos),
    "an_undo_of_what_has_no_revision_yet_goes_one_back": ("Deployment", an_undo_while_old_pods_end),
    "a_former_number_is_known": ("StatefulSet", two_undos_to_one_number),
    "the_change_cause_tells_of_the_undo": ("Deployment", two_undos),
    "last_applied_is_brought_into_line": ("StatefulSet", two_undos),
    "undos_and_restarts_are_recorded": ("Deployment", two_undos_to_one_number),
    "pause_and_resume_are_idempotent": ("Deployment", a_second_pause),
    "the_change_cause_tells_of_the_restart": ("StatefulSet", a_restart),
}


@pytest.mark.parametrize("name", sorted(deviations()))
def test_each_deviation_is_real(cluster, name):
    kind, scene = SCENES[name]
    with pair(cluster, kind, Tally()) as twins, twins.told():
        scene(twins)
        await_deviation(twins, name)


def test_the_document_lists_exactly_the_allowed_deviations():
    text = (ROOT / "docs" / "deviations_from_kubectl.md").read_text()
    assert set(re.findall(r"^### `(\w+)`$", text, re.MULTILINE)) == deviations()
