# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary step by step: which write follows from what there is, what is waited for, and what somebody's meddling is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.canary.course import CANARY, RELEASED, RESTORED, Canary, serving
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.canary.parking import Bounds, Park
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.claim import Claim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import ShortChange, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.colours import fingerprint
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.actions import Change, Meddling, Remember, SceneStep
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply, Disown, Edit
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Scene
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import images_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.canary import back, forward, view
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.canary_moves import first_write, gone
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.canary_plan import most_pods, rows, seconds

from .._domain.samples import NEW, OLD, pod, replica_set, snapshot, template, workload

OWN: dict[str, JsonValue] = {
    "progressDeadlineSeconds": 600,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
}
THIRD = "registry.example/web:3.0"
REF = Ref("Deployment", "shop", "web")
CHANGE = Target(DEPLOYMENT, REF, change=ShortChange(image=NEW))
NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
CANARY_ = Canary(
    ref=REF,
    wanted=fingerprint(template(NEW)),
    base=fingerprint(template(OLD)),
    stable="web-old",
    shares=(Share("weight_20", 20, None, 60), Share("weight_60", 60)),
    own=OWN,
    after=OWN,
)


def claim(canary: Canary = CANARY_, *times: str) -> Claim:
    return Claim(
        strategy=CANARY,
        objects=("Deployment/web",),
        wanted=canary.brings(),
        known=canary.found(),
        times=dict.fromkeys(times, "2026-01-01T00:00:00Z"),
    )


@dataclass(frozen=True)
class Stand:
    """What there is: `bounds` of a Deployment that stands still, None of one that does not; pods by version, and those that are ready."""

    total: int = 10
    bounds: tuple[int, int] | None = None
    old: int = 10
    new: int = 0
    ready: int | None = None
    image: str = NEW
    paused: bool = False
    since: Mapping[str, float] | None = None
    third: int = 0
    observed: int = 2

    def scene(self) -> Scene:
        spec: dict[str, JsonValue] = {"replicas": self.total, **OWN}
        if self.bounds is not None:
            parked = Park(Bounds(*self.bounds), self.total, self.paused)({"spec": spec})
            spec = dict(mapping(parked, "spec"))
        elif self.paused:
            spec["paused"] = True
        there = self.old + self.new + self.third
        updated = self.old if self.image == OLD else self.new if self.image == NEW else self.third
        status: dict[str, JsonValue] = {
            "observedGeneration": self.observed,
            "replicas": there,
            "updatedReplicas": updated,
            "readyReplicas": there,
            "availableReplicas": updated if self.bounds is None else self.old,
        }
        obj = workload(image=self.image, spec=spec, status=status)
        sets = [_set(1, OLD, "old", self.old), _set(2, NEW, "new", self.new), _set(3, THIRD, "third", self.third)]
        ready = self.new if self.ready is None else self.ready
        pods = [pod(f"old-{number}", "old") for number in range(self.old)]
        pods += [pod(f"new-{number}", "new", ready=number < ready) for number in range(self.new)]
        pods += [pod(f"third-{number}", "third") for number in range(self.third)]
        return Scene(deployments={"web": snapshot(obj, sets, pods)}, since=self.since or {}, now=NOW)


def _set(number: int, image: str, own: str, replicas: int) -> JsonObject:
    found = replica_set(number, image, own=own, replicas=replicas)
    return {**found, "spec": {**mapping(found, "spec"), "replicas": replicas}}


def named(steps: Sequence[SceneStep], name: str) -> SceneStep:
    return next(step for step in steps if step.name == name)


def done(step: SceneStep, scene: Scene) -> str:
    """What a step would write, in short."""
    told = []
    for action in step.due(scene):
        if isinstance(action, Remember):
            told.append(f"remember {action.name}")
        elif isinstance(action.write, Disown):
            told.append("disown")
        else:
            before = {"spec": {"replicas": scene.desired("web"), "template": template(OLD)}}
            after = mapping(action.write.manifest if isinstance(action.write, Apply) else action.write.edit(before), "spec")
            limits = mapping(after, "strategy", "rollingUpdate")
            image = images_of(mapping(after, "template"))["app"].rpartition(":")[2]
            paused = " paused" if after.get("paused") else ""
            starts = f"{image} " if action.starts else ""
            told.append(f"{starts}{limits.get('maxSurge')}/{limits.get('maxUnavailable')}{paused}")
    return ", ".join(told)


WEIGHT = {
    "the beginning": (Stand(image=OLD), "2.0 20%/0%", "bring the candidate of Deployment shop/web"),
    "it is not whole yet": (Stand(image=OLD, observed=1), "", "the update of the spec has not been observed by the controller yet"),
    "its pods are on their way": (Stand(bounds=(2, 0), new=2, ready=1), "", "1 of 2 pods of the candidate are ready"),
    "they serve": (Stand(bounds=(2, 0), new=2), "0%/20%", "stop 2 stable pods"),
    "stable ones are to go": (Stand(bounds=(0, 2), old=9, new=2), "", "1 stable pod still to stop"),
    "others are to go": (Stand(bounds=(0, 2), old=8, new=2, third=1), "", "1 pod of another version still to stop"),
    "it has its share": (Stand(bounds=(0, 2), old=8, new=2), "0%/20% paused", "hold Deployment shop/web"),
    "it is held": (Stand(bounds=(0, 2), old=8, new=2, paused=True), "remember weight_20", "2 of 10 pods run the candidate (20 %)"),
    "time passes": (Stand(bounds=(0, 2), old=8, new=2, paused=True, since={"weight_20": 15}), "", "held for 60 s"),
    "it is over": (Stand(bounds=(0, 2), old=8, new=2, paused=True, since={"weight_20": 61}), "", ""),
    "scaled up while held": (Stand(20, (0, 2), old=18, new=2, paused=True), "10%/10%", "start 2 pods of the candidate"),
    "scaled down while held": (Stand(5, (0, 2), old=3, new=2, paused=True), "remember weight_20", "2 of 5 pods run the candidate (40 %)"),
    "scaled while it grows": (Stand(20, (2, 0), old=20, new=2), "10%/10%", "start 2 pods of the candidate"),
    "a restart that a pause keeps back": (Stand(bounds=(0, 2), old=8, new=0, paused=True), "0%/20%", "let Deployment shop/web go on"),
    "scaled to a single pod": (Stand(1, (0, 1), old=1, new=1), "100%/0%", "keep the only stable pod"),
    "a single pod": (Stand(1, (1, 0), old=1, new=1), "100%/0% paused", "hold Deployment shop/web"),
    "two pods of three": (Stand(2, (2, 0), old=2, new=2), "0%/50%", "stop 1 stable pod"),
}


@pytest.mark.parametrize("name", WEIGHT)
def test_a_weight_is_reached_by_one_write_after_another(name: str) -> None:
    stand, written, lacking = WEIGHT[name]
    step = named(forward(claim(), "shop", CHANGE), "weight_20")
    scene = stand.scene()
    assert done(step, scene) == written
    old, new = serving(CANARY_, scene)
    assert step.lacking(scene) == (f"{old} stable, {new} new ready: {lacking}" if lacking else "")
    assert step.meddled(scene) is None
    assert step.measured(scene) is ("weight_20" in scene.since)
    assert step.recheck(scene) == (45 if name == "time passes" else None)


PROMOTE = {
    "it begins": (Stand(bounds=(0, 2), old=8, new=2, paused=True), "remember promote"),
    "the next portion": (Stand(bounds=(0, 2), old=8, new=2, paused=True, since={"promote": 1}), "30%/20%"),
    "its pods are on their way": (Stand(bounds=(3, 2), old=8, new=5, ready=3, since={"promote": 1}), ""),
    "they serve": (Stand(bounds=(3, 2), old=8, new=5, since={"promote": 1}), "30%/50%"),
    "the last portion": (Stand(bounds=(3, 5), old=5, new=8, since={"promote": 1}), "20%/80%"),
    "all are there": (Stand(bounds=(2, 8), old=2, new=10, since={"promote": 1}), "25%/25%"),
    "a single pod": (Stand(1, (1, 0), old=1, new=1, since={"promote": 1}), "25%/25%"),
    "a restart that a pause keeps back": (Stand(bounds=(0, 2), old=8, new=0, paused=True, since={"promote": 1}), "0%/20%"),
    "it ends by itself": (Stand(old=1, new=10, since={"promote": 1}), ""),
    "the fields are let go": (Stand(old=0, new=10, since={"promote": 1}), "disown, remember released"),
    "it is over": (Stand(old=0, new=10, since={"promote": 1, RELEASED: 1}), ""),
}


@pytest.mark.parametrize("name", PROMOTE)
def test_the_promotion_goes_in_portions_and_gives_the_fields_back(name: str) -> None:
    stand, written = PROMOTE[name]
    step = named(forward(claim(CANARY_, "weight_20", *(stand.since or {})), "shop"), "promote")
    assert done(step, stand.scene()) == written
    assert bool(step.lacking(stand.scene())) is (name != "it is over")
    assert step.meddled(stand.scene()) is None


BACK = {
    "from the first pods": ("bring_back", Stand(bounds=(2, 0), new=2, ready=0), "1.0 2/0"),
    "from a share": ("bring_back", Stand(bounds=(0, 6), old=4, new=6, paused=True), "1.0 6/0"),
    "from another template": ("bring_back", Stand(bounds=(0, 2), old=8, new=2, image=THIRD), "1.0 2/0"),
    "from the old template": ("bring_back", Stand(bounds=(0, 2), old=8, image=OLD, paused=True), "1.0 2/0"),
    "from a pause": ("bring_back", Stand(image=OLD, paused=True), "1.0 1/0"),
    "from the end": ("bring_back", Stand(old=0, new=10), "1.0 10/0"),
    "stable pods are on their way": ("bring_back", Stand(old=8, new=2, image=OLD), ""),
    "they serve": ("bring_back", Stand(image=OLD), ""),
    "the fields are let go": ("restore", Stand(image=OLD), "disown, remember restored"),
    "it is over": ("restore", Stand(image=OLD, since={RESTORED: 1}), ""),
}


@pytest.mark.parametrize("name", BACK)
def test_the_way_back_brings_the_stable_pods_first(name: str) -> None:
    which, stand, written = BACK[name]
    step = named(back(claim(), "shop"), which)
    assert done(step, stand.scene()) == written
    assert bool(step.lacking(stand.scene())) is (name not in ("they serve", "it is over"))
    assert step.impossible(stand.scene()) == ""


def test_the_way_back_gives_other_bounds_back() -> None:
    own: dict[str, JsonValue] = {**OWN, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 4, "maxUnavailable": 0}}}
    step = named(back(claim(replace(CANARY_, own=own)), "shop"), "restore")
    assert done(step, Stand(image=OLD).scene()) == "4/0"
    assert "give Deployment shop/web its own settings back" in step.lacking(Stand(image=OLD).scene())


def test_without_an_earlier_version_there_is_no_way_back() -> None:
    assert back(claim(replace(CANARY_, base="", stable="")), "shop") == ()


def test_the_template_to_go_back_to_may_be_lost() -> None:
    lost = replace(CANARY_, stable="web-gone")
    assert "ReplicaSet web-gone" in gone(lost, Stand(bounds=(0, 2), old=8, new=2).scene())
    assert gone(lost, Stand(image=OLD).scene()) == ""
    assert gone(CANARY_, Scene()) == ""
    held = Stand(bounds=(0, 2), old=8, new=2)
    assert done(named(back(claim(lost), "shop"), "bring_back"), held.scene()).startswith("2.0 ")


@pytest.mark.parametrize("name", ["bring_back", "restore"])
def test_of_what_was_deleted_nothing_is_brought_back(name: str) -> None:
    step = named(back(claim(), "shop"), name)
    assert step.due(Scene()) == ()
    assert step.lacking(Scene()) == ""


MEDDLED: dict[str, tuple[Stand | None, tuple[str, ...], str, str]] = {
    "deleted": (None, (), "", "was deleted"),
    "its own template again": (Stand(bounds=(0, 2), old=8, new=2, image=OLD), (), "spec.template", "given the template back"),
    "its own template again, whole": (Stand(image=OLD), ("weight_20",), "spec.template", "given the template back"),
    "a third one": (Stand(bounds=(0, 2), old=8, new=2, image=THIRD), (), "spec.template", "given another template"),
    "a third one from the beginning": (Stand(image=THIRD), (), "spec.template", "given another template"),
    "not held": (Stand(old=8, new=2), (), "spec.progressDeadlineSeconds", "lost the settings"),
    "no pods": (Stand(0, (0, 0), old=0), (), "spec.replicas", "scaled to 0"),
    "no stable pods": (Stand(bounds=(0, 2), old=0, new=10), (), "spec.replicas", "no pod of the stable version"),
}


@pytest.mark.parametrize("name", MEDDLED)
def test_what_somebody_has_done(name: str) -> None:
    stand, times, path, words = MEDDLED[name]
    step = named(forward(claim(CANARY_, *times), "shop"), "weight_60")
    found = step.meddled(stand.scene() if stand is not None else Scene())
    assert isinstance(found, Meddling)
    assert words in found.what
    assert ".".join(found.path) == path


@pytest.mark.parametrize("stand", [Stand(old=8, new=2), Stand(bounds=(3, 7), old=0, new=10)])
def test_what_the_promotion_does_itself_is_no_meddling(stand: Stand) -> None:
    assert named(forward(claim(CANARY_, "promote"), "shop"), "promote").meddled(stand.scene()) is None


def test_a_first_rollout_has_one_step_and_nothing_to_watch() -> None:
    first = replace(CANARY_, base="", stable="", shares=())
    manifest: JsonObject = {**workload(spec={"replicas": 3}), "status": {}}
    target = Target(DEPLOYMENT, REF, manifest=manifest)
    (step,) = forward(claim(first), "shop", target)
    assert step.name == "roll"
    assert step.due(Scene()) == (Change(DEPLOYMENT, REF, Apply(manifest), "bring the candidate of Deployment shop/web", starts=True),)
    assert step.meddled(Scene()) is None
    assert step.watched(Scene()) == ()
    assert step.lacking(Stand(3, old=0, new=3, since={RELEASED: 1}).scene()) == ""
    assert step.meddled(Stand(3, old=0, new=3).scene()) is None
    assert step.watched(Stand(3, old=0, new=3).scene()) == ("web",)


def test_a_deployment_without_pods_gets_the_template_at_once() -> None:
    (step,) = forward(claim(replace(CANARY_, shares=())), "shop", CHANGE)
    assert done(step, Stand(0, old=0, image=OLD).scene()) == "2.0 None/None"


def test_a_step_that_is_over_is_not_taken_again() -> None:
    steps = forward(claim(CANARY_, "weight_20", "weight_60"), "shop")
    assert [bool(step.idle) for step in steps] == [True, False, False]


def test_a_task_that_only_goes_on_brings_no_template() -> None:
    step = named(forward(claim(), "shop"), "weight_20")
    assert step.due(Stand(image=OLD).scene()) == ()
    assert "was not written yet" in step.lacking(Stand(image=OLD).scene())
    assert step.lacking(Scene()) == "0 stable, 0 new ready: Deployment shop/web does not exist"
    assert not step.measured(Scene())


def test_what_is_superseded_goes_before_the_new_candidate_comes() -> None:
    canary = replace(CANARY_, wanted=fingerprint(template(THIRD)), former=(fingerprint(template(NEW)),))
    steps = forward(claim(canary), "shop", Target(DEPLOYMENT, REF, change=ShortChange(image=THIRD)))
    assert [step.name for step in steps] == ["withdraw", "weight_20", "weight_60", "promote"]
    withdraw = steps[0]
    held = Stand(bounds=(0, 2), old=8, new=2, paused=True)
    assert done(withdraw, held.scene()) == "1.0 2/0"
    assert withdraw.watched(held.scene()) == ()
    assert withdraw.lacking(Stand(image=OLD).scene()) == ""
    assert withdraw.lacking(Stand(image=THIRD, old=0, third=10).scene()) == ""
    assert steps[1].meddled(Stand(old=8, new=2, image=NEW).scene()) is None
    assert forward(claim(canary, "weight_20"), "shop")[0].idle


def test_seconds_of_readiness_count_from_when_a_pod_is_ready() -> None:
    slow = replace(CANARY_, after={**OWN, "minReadySeconds": 90})
    step = named(forward(claim(slow), "shop"), "weight_20")
    growing = Stand(bounds=(2, 0), new=2)
    assert step.recheck(growing.scene()) == 30
    assert step.due(growing.scene()) == ()
    assert done(step, replace(growing.scene(), now=None)) == "0%/20%"


def test_a_definition_is_written_with_what_makes_it_stand_still() -> None:
    manifest: JsonObject = {"kind": "Deployment", "spec": {"replicas": 3, "template": template(NEW)}}
    write = first_write(Target(DEPLOYMENT, REF, manifest=manifest), Park(Bounds(1, 0), 3))
    assert isinstance(write, Apply)
    assert mapping(write.manifest, "spec")["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "33%", "maxUnavailable": "0%"},
    }
    short = first_write(Target(DEPLOYMENT, REF), None)
    assert isinstance(short, Edit)
    assert short.edit(manifest) == manifest


def test_a_template_comes_back_with_its_own_change_cause() -> None:
    scene = Stand(bounds=(0, 2), old=8, new=2).scene()
    (action,) = named(back(claim(), "shop"), "bring_back").due(scene)
    annotated: JsonObject = {"metadata": {"annotations": {"kubernetes.io/change-cause": "new"}}, "spec": {}}
    assert action.write.edit(annotated)["metadata"] == {"annotations": {}}
    snapshot_ = scene.snapshot("web")
    told = tuple(replace(revision, change_cause="release 1") for revision in snapshot_.revisions)
    (action,) = named(back(claim(), "shop"), "bring_back").due(replace(scene, deployments={"web": replace(snapshot_, revisions=told)}))
    assert action.write.edit(annotated)["metadata"] == {"annotations": {"kubernetes.io/change-cause": "release 1"}}


def test_it_looks_at_its_deployment() -> None:
    assert view(claim()).deployments == ("web",)
    assert serving(CANARY_, Scene()) == (0, 0)


def told(canary: Canary, total: int) -> list[tuple[str, ...]]:
    found = Stand(total, image=OLD, old=total).scene().workload("web")
    assert found is not None
    names = [*(share.name for share in canary.shares), "promote", "roll"]
    return [(row.step, row.does, row.before, row.after) for row in rows(canary, found, names)]


def test_the_plan_says_which_share_is_really_reached() -> None:
    assert told(CANARY_, 3) == [
        ("weight_20", "1 of 3 pods run the candidate (33 %, asked for 20 %), hold 60 s", "3 stable, 0 new", "2 stable, 1 new"),
        ("weight_60", "2 of 3 pods run the candidate (67 %, asked for 60 %)", "2 stable, 1 new", "1 stable, 2 new"),
        ("promote", "exchange the rest, 1 pod at a time", "1 stable, 2 new", "0 stable, 3 new"),
    ]
    assert told(CANARY_, 1)[0][1:] == (
        "1 of 2 pods run the candidate (50 %, asked for 20 %), hold 60 s",
        "1 stable, 0 new",
        "1 stable, 1 new",
    )
    assert told(CANARY_, 1)[-1][1] == "stop the stable pod"
    assert told(replace(CANARY_, shares=()), 0) == [("roll", "bring the template", "0 stable, 0 new", "0 stable, 0 new")]
    counted = replace(CANARY_, shares=(Share("replicas_2", None, 2),))
    assert told(counted, 10)[0][1] == "2 of 10 pods run the candidate (20 %)"


@pytest.mark.parametrize(("total", "most"), [(10, 4), (3, 1), (1, 1), (0, 0)])
def test_the_plan_says_how_many_more_pods_there_are_at_most(total: int, most: int) -> None:
    found = Stand(total, image=OLD, old=total).scene().workload("web")
    assert found is not None
    assert most_pods(CANARY_, found) == most
    assert seconds(CANARY_) == 60


def test_only_steps_with_something_to_do_are_told() -> None:
    found: Any = Stand(image=OLD).scene().workload("web")
    assert [row.step for row in rows(CANARY_, found, ["weight_60"])] == ["weight_60"]
