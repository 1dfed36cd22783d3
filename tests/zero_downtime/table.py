# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: one row for each way to change an application, and for each a control that goes without the safeguard.

A new strategy adds rows here, and is covered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

from tests.functional.plays import Play

from .scene import Pods, Scene, until
from .traffic import Mode, Seen

Act = Callable[[Scene], None]


AS_ADVISED = Pods()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One scenario. `act` is all that is done while requests come in; before, `web:v1` serves."""

    name: str
    strategy: str
    """The module that it is about; several words where kubectl alone acts."""
    act: Act
    promise: Literal["zero", "some lost"] = "zero"
    ends: str = "v2"
    """The version that serves at the end."""
    never: str = ""
    """A version that must not answer at all."""
    switches: bool = False
    """The versions do not mix: once the new one has answered, the old one gets no request that begins later."""
    pods: Pods = AS_ADVISED
    mode: Mode = "new"
    control: str = ""
    """Of a control: the row that has the safeguard."""
    finding: str = ""
    """The rule of the preflight that says so before; empty where nothing in the manifests shows it."""
    long: bool = False
    """Whether it is measured with --all only: another row has the same promise, or lacks the same safeguard."""
    picture: str = ""
    """The name of its picture in the documentation, where it has one."""
    before: Act = lambda scene: None
    """What is done before requests come in."""
    check: Callable[[Scene, Seen], None] = lambda scene, seen: None
    """What else must hold at the end."""


NO_PRE_STOP = Pods(pre_stop=0)
BARE = Pods(pre_stop=0, probe=False, on_term="exit", env={"START_DELAY": "1s"})
SINGLE = Pods(replicas=1)
STATEFUL = Pods(kind="StatefulSet")
DAEMON = Pods(kind="DaemonSet", spec={"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}})
SINGLE_AT_ONCE = Pods(replicas=1, env={"START_DELAY": "6s"}, spec={"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}})
"""One pod that goes before the next comes, which takes longer than preStop."""


def roll(image: str = "web:v2", **options: Any) -> Act:
    """The playbook `rolling`."""

    def act(scene: Scene) -> None:
        scene.role("rolling", kind=scene.pods.kind, image=image, **options)

    return act


def soon_given_up(scene: Scene) -> None:
    """A short progress deadline, so that a broken candidate is given up soon."""
    scene.kubectl("patch", "deployment/web", "--patch", '{"spec": {"progressDeadlineSeconds": 15}}')


def roll_broken(image: str) -> Act:
    """The same with a candidate that does not work: it fails, and goes back."""

    def act(scene: Scene) -> None:
        scene.role("rolling", kind=scene.pods.kind, image=image, on_failure="rollback", failure_grace=5, fails=True)

    return act


def beside(image: str = "web:v2", **options: Any) -> Act:
    """The playbook `blue_green`; the old pods go at once."""

    def act(scene: Scene) -> None:
        scene.role("blue_green", image=image, **{"scale_down_delay": 0, **options})

    return act


def leave(scene: Scene) -> None:
    """The playbook `blue_green` on the way out: one plain Deployment at the end."""
    scene.role("blue_green", leave=True, scale_down_delay=0)


def beside_broken(image: str) -> Act:
    """The same with a candidate that does not work."""

    def act(scene: Scene) -> None:
        scene.role("blue_green", image=image, failure_grace=5, fails=True)

    return act


def abort_before(step: str) -> Act:
    """A blue/green rollout that has come up to a step, and is brought back from there."""

    def act(scene: Scene) -> None:
        beside(stop_before=step)(scene)
        scene.task("abort")

    return act


def in_order(*acts: Act) -> Act:
    """One after the other."""

    def act(scene: Scene) -> None:
        for each in acts:
            each(scene)

    return act


def undo(scene: Scene) -> None:
    """The task `undo`."""
    scene.task("undo")


def restart(scene: Scene) -> None:
    """The task `restart`."""
    scene.task("restart", kind=scene.pods.kind)


def recreate(image: str) -> Act:
    """The playbook `recreate`."""

    def act(scene: Scene) -> None:
        scene.role("recreate", image=image)

    return act


def step_by_step(image: str = "web:v2", **options: Any) -> Act:
    """The playbook `partition`, one pod a step."""

    def act(scene: Scene) -> None:
        scene.role("partition", image=image, **{"steps": "one_by_one", **options})

    return act


def given_up_half_way(scene: Scene) -> None:
    """The same up to the last pod, and back from there by the task `abort`."""
    step_by_step(stop_before="web-0")(scene)
    scene.task("abort", kind=scene.pods.kind)


def one_after_the_other(image: str = "web:v2", **options: Any) -> Act:
    """The playbook `on_delete`."""

    def act(scene: Scene) -> None:
        scene.role("on_delete", kind=scene.pods.kind, image=image, **options)

    return act


def delete_all_pods(scene: Scene) -> None:
    """What people do in the place of the task `on_delete`: the template, and all pods deleted without waiting for any."""
    scene.kubectl("patch", "statefulset/web", "--patch", '{"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}')
    scene.kubectl("set", "image", "statefulset/web", "web=web:v2")
    scene.kubectl("delete", "pods", "--selector=app=web")
    scene.kubectl("wait", "statefulset/web", "--for=jsonpath={.status.updatedReplicas}=3", "--timeout=120s")
    scene.kubectl("wait", "statefulset/web", "--for=jsonpath={.status.readyReplicas}=3", "--timeout=120s")


def outage_as_announced(scene: Scene, seen: Seen) -> None:
    """The former outage is what is announced, and requests are lost for no longer than this one is told to be: from the beginning of
    preStop, which still serves, until a pod is ready, which kube-proxy follows within some seconds."""
    former, outage = (_outage(play) for play in (scene.plays[0], scene.plays[-1]))
    assert outage["expected_seconds"] == former["seconds"] > 0, (former, outage)
    assert 0 < seen.gap <= outage["seconds"] + 4, (seen.gap, outage)


def _outage(play: Play) -> dict[str, float]:
    found: dict[str, float] = next(result["rollouts"][0]["outage"] for result in reversed(play.results) if result.data.get("rollouts"))
    return found


HELD = 10
"""Seconds that a canary is held where its share is counted."""


def canary(image: str = "web:v2", **options: Any) -> Act:
    """The task `canary`: one of three pods, then all."""

    def act(scene: Scene) -> None:
        scene.task("canary", image=image, **{"weights": [33], "hold": 1, **options})

    return act


def canary_given_up(scene: Scene) -> None:
    """The same with two of three pods, and back from there by the task `abort`."""
    canary(weights=[66], stop_before="promote")(scene)
    scene.task("abort")


def canary_killed(scene: Scene) -> None:
    """The same, killed when the first pod of the candidate is there, and run again."""
    options = {"namespace": scene.namespace, "name": scene.name, "image": "web:v2", "weights": [33, 66], "hold": 60}
    begun = scene.ansible.start({"name": "Call canary", "rollout.kubernetes.canary": options})
    until(lambda: len({pod["spec"]["containers"][0]["image"] for pod in scene.get("pods")}) == 2, "the candidate has a pod")
    begun.kill()
    begun.process.communicate()
    canary(weights=[33, 66], lock_timeout=60)(scene)


def has_its_share(_scene: Scene, seen: Seen) -> None:
    """While one of three pods runs the candidate, that answers a third of the new connections, within four standard deviations. The window
    lies within the hold: the stable pod whose place it takes has gone by its beginning."""
    first = min(request.end for request in seen.requests if request.version == "v2")
    held = [request.version for request in seen.requests if first + 4000 <= request.begin <= first + HELD * 1000]
    share = 1 / 3
    assert abs(held.count("v2") - len(held) * share) <= 4 * (len(held) * share * (1 - share)) ** 0.5, (held.count("v2"), len(held))


def promote(scene: Scene) -> None:
    """The task `promote`."""
    scene.task("promote")


def paused(scene: Scene) -> None:
    """A rolling update that is paused while it goes on, looked at, and resumed."""
    scene.kubectl("set", "image", "deployment/web", "web=web:v2")
    scene.task("pause")
    scene.task("resume")


def second_version(scene: Scene) -> None:
    """Another Deployment beside the first, which no Service leads to."""
    scene.create(scene.pods.manifest("web-next", "web:v2"))


def switch(scene: Scene) -> None:
    """The task `service_switch`."""
    scene.task("service_switch", selector={"app": "web-next"})


def careless_switch(scene: Scene) -> None:
    """The same by hand: the new pods are started and the Service is pointed at them."""
    scene.kubectl("scale", "deployment/web-next", "--replicas=3")
    scene.kubectl("patch", "service", "web", "--patch", '{"spec": {"selector": {"app": "web-next"}}}')
    scene.kubectl("rollout", "status", "deployment/web-next")


def dormant_version(scene: Scene) -> None:
    """The second version without pods."""
    second_version(scene)
    scene.kubectl("scale", "deployment/web-next", "--replicas=0")


def kubectl_restart(scene: Scene) -> None:
    """What people do in the place of the task `restart`."""
    scene.kubectl("rollout", "restart", "deployment/web")
    scene.kubectl("rollout", "status", "deployment/web")


def delete_the_pod(scene: Scene) -> None:
    """What else they do."""
    scene.kubectl("delete", "pods", "--selector=app=web")
    scene.kubectl("rollout", "status", "deployment/web")


def delete_the_candidate(scene: Scene) -> None:
    """What else they do in the place of the task `abort`, after the switch."""
    beside(stop_before="hold")(scene)
    scene.kubectl("delete", "deployment/web-green", "--cascade=foreground", "--wait=true")
    scene.task("abort")


ROWS: tuple[Row, ...] = (
    Row(name="rolling", strategy="rolling", act=roll(), picture="requests_rolling"),
    Row(name="rolling, kept connections", strategy="rolling", act=roll(), mode="keepalive"),
    Row(name="rolling, StatefulSet", strategy="rolling", act=roll(), pods=STATEFUL),
    Row(name="rolling, DaemonSet", strategy="rolling", act=roll(), pods=DAEMON),
    Row(
        name="rolling, candidate crashes", strategy="rolling", before=soon_given_up, act=roll_broken("web:crash"), ends="v1", never="crash"
    ),
    Row(
        name="rolling, candidate never ready",
        long=True,
        strategy="rolling",
        before=soon_given_up,
        act=roll_broken("web:unready"),
        ends="v1",
        never="unready",
    ),
    Row(name="rolling, image missing", long=True, strategy="rolling", before=soon_given_up, act=roll_broken("web:missing"), ends="v1"),
    Row(name="partition", strategy="partition", act=step_by_step(), pods=STATEFUL),
    Row(
        name="partition, candidate never ready",
        long=True,
        strategy="partition",
        act=step_by_step("web:unready", on_failure="rollback", failure_grace=5, wait_timeout=30, fails=True),
        ends="v1",
        never="unready",
        pods=STATEFUL,
    ),
    Row(name="partition, aborted half-way", strategy="abort", act=given_up_half_way, ends="v1", pods=STATEFUL),
    Row(name="on_delete", strategy="on_delete", act=one_after_the_other(), pods=STATEFUL),
    Row(name="pause and resume", strategy="pause", act=paused),
    Row(name="undo", long=True, strategy="undo", act=in_order(roll(), undo), ends="v1"),
    Row(name="restart", long=True, strategy="restart", act=restart, ends="v1"),
    Row(name="restart, single replica", long=True, strategy="restart", act=restart, ends="v1", pods=SINGLE),
    Row(name="restart, single replica that may go at once", strategy="restart", act=restart, ends="v1", pods=SINGLE_AT_ONCE),
    Row(name="service_switch", strategy="service_switch", before=second_version, act=switch, switches=True),
    Row(name="blue_green", strategy="blue_green", act=beside(), switches=True, picture="requests_blue_green"),
    Row(name="blue_green, kept connections", long=True, strategy="blue_green", act=beside(), mode="keepalive"),
    Row(
        name="blue_green, second promotion",
        long=True,
        strategy="blue_green",
        before=beside(),
        act=beside("web:v3"),
        ends="v3",
        switches=True,
    ),
    Row(
        name="blue_green, candidate crashes",
        strategy="blue_green",
        before=soon_given_up,
        act=beside_broken("web:crash"),
        ends="v1",
        never="crash",
    ),
    Row(
        name="blue_green, candidate never ready",
        long=True,
        strategy="blue_green",
        before=soon_given_up,
        act=beside_broken("web:unready"),
        ends="v1",
        never="unready",
    ),
    Row(name="canary", strategy="canary", act=canary(hold=HELD), check=has_its_share, picture="requests_canary"),
    Row(name="canary, aborted", strategy="canary", act=canary_given_up, ends="v1"),
    Row(name="canary, killed and resumed", strategy="canary", act=canary_killed),
    Row(
        name="canary, superseded",
        long=True,
        strategy="canary",
        act=in_order(canary(stop_before="promote"), canary("web:v3", supersede=True)),
        ends="v3",
    ),
    Row(name="canary, single replica", long=True, strategy="canary", act=canary(), pods=SINGLE),
    Row(
        name="canary, candidate crashes",
        long=True,
        strategy="canary",
        act=canary("web:crash", failure_grace=5, fails=True),
        ends="v1",
        never="crash",
    ),
    Row(name="promote", strategy="promote", act=in_order(beside(stop_before="switch"), promote), switches=True),
    *(
        Row(name=f"abort before {step}", strategy="abort", act=abort_before(step), ends="v1", long=step != "hold")
        for step in ("preview", "scale_up", "switch", "verify", "hold", "scale_down")
    ),
    Row(name="undo, old pods still there", long=True, strategy="undo", act=in_order(beside(keep_old=True), undo), ends="v1"),
    Row(name="undo, old pods gone", strategy="undo", act=in_order(beside(), undo), ends="v1"),
    Row(name="leave blue_green", strategy="blue_green", before=beside(), act=leave, ends="v2"),
    # Controls: the same without the safeguard.
    Row(
        name="rolling without preStop",
        picture="requests_without_pre_stop",
        strategy="rolling",
        act=roll(),
        promise="some lost",
        pods=NO_PRE_STOP,
        control="rolling",
        finding="no-pre-stop",
    ),
    Row(
        name="rolling without probe, preStop and draining",
        strategy="rolling",
        act=roll(),
        promise="some lost",
        pods=BARE,
        control="rolling",
        finding="no-readiness-probe",
    ),
    Row(
        name="undo without preStop",
        long=True,
        strategy="undo",
        act=in_order(roll(), undo),
        promise="some lost",
        ends="v1",
        pods=NO_PRE_STOP,
        control="undo",
        finding="no-pre-stop",
    ),
    Row(
        name="StatefulSet without preStop",
        long=True,
        strategy="rolling",
        act=roll(),
        promise="some lost",
        pods=dataclasses.replace(NO_PRE_STOP, kind="StatefulSet"),
        control="rolling, StatefulSet",
        finding="no-pre-stop",
    ),
    Row(
        name="DaemonSet without surge",
        strategy="rolling",
        # The preflight would refuse it.
        act=roll(preflight_fail_on="never"),
        promise="some lost",
        pods=Pods(kind="DaemonSet"),
        control="rolling, DaemonSet",
        finding="unavailable-takes-all",
    ),
    Row(
        name="partition without probe, preStop and draining",
        long=True,
        strategy="partition",
        act=step_by_step(preflight_fail_on="never"),
        promise="some lost",
        pods=dataclasses.replace(BARE, kind="StatefulSet"),
        control="partition",
        finding="no-readiness-probe",
    ),
    Row(
        name="all pods deleted by hand, without waiting",
        strategy="kubectl delete",
        act=delete_all_pods,
        promise="some lost",
        pods=STATEFUL,
        control="on_delete",
    ),
    Row(
        name="kubectl rollout restart, single replica that may go at once",
        strategy="kubectl rollout restart",
        act=kubectl_restart,
        promise="some lost",
        ends="v1",
        pods=SINGLE_AT_ONCE,
        control="restart, single replica that may go at once",
        finding="single-replica",
    ),
    Row(
        name="recreate",
        strategy="recreate",
        before=recreate("web:v2"),
        act=recreate("web:v3"),
        promise="some lost",
        ends="v3",
        control="rolling",
        finding="recreate-behind-service",
        check=outage_as_announced,
    ),
    Row(
        name="pod deleted by hand, single replica that starts for longer than preStop",
        long=True,
        strategy="kubectl delete",
        act=delete_the_pod,
        promise="some lost",
        ends="v1",
        pods=Pods(replicas=1, env={"START_DELAY": "6s"}),
        control="restart, single replica",
        finding="single-replica",
    ),
    Row(
        name="Service pointed by hand at pods that start",
        strategy="kubectl patch",
        before=dormant_version,
        act=careless_switch,
        promise="some lost",
        pods=Pods(env={"READY_DELAY": "2s"}),
        control="service_switch",
    ),
    Row(
        name="candidate deleted by hand after the switch",
        strategy="kubectl delete",
        act=delete_the_candidate,
        promise="some lost",
        ends="v1",
        control="abort before hold",
    ),
)
