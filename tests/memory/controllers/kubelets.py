# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduler and the kubelets: what pods go through. Annotations and image tags make them slow or fail as on the tests' simulated
nodes (tests/cluster/README.md has the words)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import NODE, POD

from ..schema import Json
from ..users import is_measuring, measure
from .base import Controller, conditions_with, controller_of, is_going, key_of
from .daemon_sets import node_of

_MARK = "simulate.rollout.kubernetes/"
_TAGS = {
    "missing": "image-pull-not-found",
    "denied": "image-pull-denied",
    "hiccup": "image-pull-hiccup",
    "crash-later": "crash-later",
    "crash": "crash-loop",
    "badconfig": "missing-config-key",
    "unready": "never-ready",
    "flapping": "flapping",
}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str) -> float:
    """A duration such as `200ms` or `1m30s`."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|s|m|h)", text))


def _mark(pod: Json, name: str, default: str = "") -> str:
    found: str = (pod["metadata"].get("annotations") or {}).get(_MARK + name, default)
    return found


def _tag_fails(image: str) -> str:
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return next((way for start, way in _TAGS.items() if tag.startswith(start)), "")


def way_of(pod: Json) -> str:
    """How a pod fails; empty when it does not."""
    tags = [way for container in pod["spec"]["containers"] if (way := _tag_fails(container["image"]))]
    return _mark(pod, "fail") or (tags[0] if tags else "")


class Kubelets(Controller):
    """Binds pods to nodes and goes through their stages. Each stage is due once, whatever else happens to the pod."""

    resource = POD

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self._stages: dict[str, str] = {}

    def reconcile(self, obj: Json) -> None:
        uid = obj["metadata"]["uid"]
        if is_going(obj):
            lasts = _mark(obj, "terminate-after", "30ms")  # another value lets its end begin anew
            self._stage(obj, f"end {lasts}", seconds_of(lasts), self._end)
        elif not obj["spec"].get("nodeName"):
            self._schedule(obj)
        elif uid not in self._stages:
            self._stage(obj, "created", 0.0, lambda pod: self._go_on(self._show(pod, "created"), "created"))

    def _stage(self, pod: Json, name: str, seconds: float, act: Callable[[Json], None]) -> None:
        """Do something with this very pod later, unless another stage has come before."""
        uid, key = pod["metadata"]["uid"], key_of(pod)
        if self._stages.get(uid) == name:
            return
        self._stages[uid] = name

        def come() -> None:
            found = self.store.get(POD, *key)
            if found is not None and found["metadata"]["uid"] == uid and self._stages.get(uid) == name:
                act(found)

        self.clock.after(seconds, come)

    def _schedule(self, pod: Json) -> None:
        wanted = pod["spec"].get("nodeSelector") or {}
        nodes = [
            node
            for node in self.store.all(NODE)
            if wanted.items() <= node["metadata"].get("labels", {}).items() and node_of(pod) in ("", node["metadata"]["name"])
        ]
        status = pod.get("status") or {}
        former = status.get("conditions") or []
        now = self.store.stamp()
        if not nodes:
            total = len(list(self.store.all(NODE)))
            message = (
                f"0/{total} nodes are available: {total} node(s) didn't match Pod's node affinity/selector. "
                "no new claims to deallocate, preemption: "
                f"0/{total} nodes are available: {total} Preemption is not helpful for scheduling."
            )
            conditions = conditions_with(former, now, "PodScheduled", "False", "Unschedulable", message)
            self.server.revise(POD, pod, status={**status, "phase": "Pending", "conditions": conditions})
            return
        node = self.clock.random.choice(nodes)["metadata"]["name"]
        scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now}
        conditions = [*(entry for entry in former if entry["type"] != "PodScheduled"), scheduled]
        self.server.revise(
            POD, pod, spec={**pod["spec"], "nodeName": node}, status={**status, "phase": "Pending", "conditions": conditions}
        )

    # --- stages ---------------------------------------------------------------------------------------------------------------

    def _go_on(self, pod: Json, doing: str) -> None:
        """What comes after this stage, and when."""
        way = way_of(pod)
        seconds, following = _AFTER.get((way, doing), _AFTER.get(("", doing), (None, "")))
        if way and way not in _SPECIAL and (way, doing) not in _AFTER:
            seconds = None
        if doing == "created" and not way:
            seconds, following = self._first(pod)
        if doing == "starting" and not way:
            seconds, following = self._readiness(pod), "ready"
        if doing == "ready" and not way:
            is_of_job = (controller_of(pod) or {}).get("kind") == "Job" and not is_measuring(pod)
            seconds, following = (0.5, "succeeded") if is_of_job else (None, "")
            if is_measuring(pod):
                measure(self.server, pod)
        for (name, stage), mark in _DURATIONS.items():
            if (way, doing) == (name, stage) and _mark(pod, mark):
                seconds = seconds_of(_mark(pod, mark))
        if seconds is not None:
            self._stage(pod, f"{following} after {doing} {self.clock.seconds}", seconds, lambda found: self._become(found, following))

    def _first(self, pod: Json) -> tuple[float, str]:
        if _mark(pod, "ready-after"):
            return self.clock.random.uniform(0.1, 0.2), "starting"
        return self.clock.random.uniform(0.1, 0.3), "ready"

    def _readiness(self, pod: Json) -> float:
        least = seconds_of(_mark(pod, "ready-after"))
        return self.clock.random.uniform(least, max(least, seconds_of(_mark(pod, "ready-after-at-most"))))

    def _become(self, pod: Json, doing: str) -> None:
        if doing == "exited" and _restarts(pod) > 0:
            doing = "crashed"
        self._go_on(self._show(pod, doing), doing)

    def _end(self, pod: Json) -> None:
        self.store.remove(POD, pod)

    # --- the status -----------------------------------------------------------------------------------------------------------

    def _show(self, pod: Json, doing: str) -> Json:
        way, only = way_of(pod), _mark(pod, "container")
        former = {entry["name"]: entry for entry in (pod.get("status") or {}).get("containerStatuses") or ()}
        shown = []
        for container in pod["spec"]["containers"]:
            fails = (only in ("", container["name"])) if _mark(pod, "fail") else bool(_tag_fails(container["image"])) or not way
            mine = doing if fails or doing in ("created", "succeeded") else "ready"
            shown.append(self._container(pod, container, former.get(container["name"], {}), mine))
        ready = all(entry["ready"] for entry in shown)
        status = {key: value for key, value in (pod.get("status") or {}).items() if key != "conditions"}
        address = int(pod["metadata"]["uid"][-6:])
        status |= {"phase": _phase(pod, doing), "containerStatuses": shown, "startTime": status.get("startTime", self.store.stamp())}
        if doing != "created":
            status["podIP"] = status.get("podIP") or f"10.{64 + address // 62500}.{address // 250 % 250}.{address % 250 + 1}"
            status["podIPs"] = [{"ip": status["podIP"]}]
        status["conditions"] = self._conditions(pod, ready=ready, ended=doing == "succeeded")
        return self.server.revise(POD, pod, status=status)

    def _conditions(self, pod: Json, *, ready: bool, ended: bool) -> list[Json]:
        names = [container["name"] for container in pod["spec"]["containers"]]
        found = list((pod.get("status") or {}).get("conditions") or ())
        now = self.store.stamp()
        for kind in ("PodReadyToStartContainers", "Initialized"):
            found = conditions_with(found, now, kind, "True", "", "")
        for kind in ("ContainersReady", "Ready"):
            reason, message = ("", "") if ready else ("ContainersNotReady", f"containers with unready status: [{' '.join(names)}]")
            found = conditions_with(found, now, kind, "True" if ready and not ended else "False", reason, message)
        return [{key: value for key, value in entry.items() if value != ""} for entry in found]

    def _container(self, pod: Json, container: Json, former: Json, doing: str) -> Json:
        restarts, last = former.get("restartCount", 0), former.get("lastState") or {}
        state: Mapping[str, Any] = former.get("state") or {}
        if doing in ("starting", "ready") and "terminated" in state:
            last, restarts = {"terminated": state["terminated"]}, restarts + 1
        elif doing in ("starting", "ready") and "waiting" in state and last:
            restarts += 1
        code = int(_mark(pod, "exit-code", "1"))
        now = self.store.stamp()
        ended = {"exitCode": code, "reason": "OOMKilled" if code == 137 else "Error", "startedAt": now, "finishedAt": now}
        if doing == "succeeded":
            ended = {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}
        if doing == "crashed":
            last = {"terminated": ended}
        running = doing in ("starting", "ready", "unready")
        if running:
            state = {"running": state.get("running") or {"startedAt": now}}
        elif doing in ("exited", "succeeded"):
            state = {"terminated": ended}
        else:
            state = {"waiting": _waiting(pod, container, doing, restarts)}
        return {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": doing == "ready",
            "started": running,
            "restartCount": restarts,
            "lastState": last,
            "state": state,
        }


def _waiting(pod: Json, container: Json, doing: str, restarts: int) -> dict[str, str]:
    namespace, name, image = pod["metadata"]["namespace"], pod["metadata"]["name"], container["image"]
    if doing == "created":
        return {"reason": "ContainerCreating"}
    if doing == "crashed":
        pause = ("10s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s")[min(6, restarts)]
        subject = f"container={container['name']} pod={name}_{namespace}({pod['metadata']['uid']})"
        return {"reason": "CrashLoopBackOff", "message": f"back-off {pause} restarting failed {subject}"}
    if doing == "config-error":
        return {"reason": "CreateContainerConfigError", "message": f"couldn't find key {_missing_key(container, namespace)}"}
    cause = _pull_error(way_of(pod), image)
    if doing == "pull-error":
        return {"reason": "ErrImagePull", "message": cause}
    return {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}": ErrImagePull: {cause}'}


def _missing_key(container: Json, namespace: str) -> str:
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("configMapKeyRef")
        if reference:
            return f"{reference['key']} in ConfigMap {namespace}/{reference['name']}"
    return f"mode in ConfigMap {namespace}/web-config"


def _pull_error(way: str, image: str) -> str:
    begin = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}"'
    if way == "image-pull-denied":
        denied = "pull access denied, repository does not exist or may require authorization"
        return f"rpc error: code = Unknown desc = {begin}: {denied}: authorization failed: no basic auth credentials"
    if way == "image-pull-hiccup":
        return f"rpc error: code = Unknown desc = {begin}: unexpected status from HEAD request to https://{image}: 503 Service Unavailable"
    return f"rpc error: code = NotFound desc = {begin}: {image}: not found"


def _phase(pod: Json, doing: str) -> str:
    if doing == "succeeded":
        return "Succeeded"
    if doing == "exited" and pod["spec"].get("restartPolicy") == "Never":
        return "Failed"
    return "Pending" if doing in ("created", "pull-error", "back-off", "config-error") else "Running"


def _restarts(pod: Json) -> int:
    return max((entry["restartCount"] for entry in pod["status"].get("containerStatuses") or () if "running" in entry["state"]), default=0)


_PULLS = ("image-pull-not-found", "image-pull-denied", "image-pull-hiccup")
_AFTER: dict[tuple[str, str], tuple[float | None, str]] = {
    **{(way, "created"): (0.2, "pull-error") for way in _PULLS},
    **{(way, "pull-error"): (0.5, "back-off") for way in _PULLS},
    **{(way, "back-off"): (10.0, "pull-error") for way in _PULLS[:2]},
    ("image-pull-hiccup", "back-off"): (3.0, "ready"),
    ("missing-config-key", "created"): (0.1, "config-error"),
    ("never-ready", "created"): (0.1, "starting"),
    ("flapping", "created"): (0.2, "ready"),
    ("flapping", "ready"): (1.5, "unready"),
    ("flapping", "unready"): (1.5, "ready"),
    ("crash-loop", "created"): (0.1, "starting"),
    ("crash-loop", "starting"): (0.3, "exited"),
    ("crash-loop", "exited"): (0.1, "starting"),
    ("crash-loop", "crashed"): (1.0, "starting"),
    ("crash-later", "created"): (0.1, "ready"),
    ("crash-later", "ready"): (3.0, "exited"),
    ("crash-later", "exited"): (0.1, "ready"),
    ("crash-later", "crashed"): (1.0, "ready"),
}
_SPECIAL = frozenset(way for way, _stage in _AFTER)
_DURATIONS = {
    ("image-pull-hiccup", "back-off"): "heal-after",
    ("crash-later", "ready"): "crash-after",
    ("crash-loop", "crashed"): "back-off",
    ("crash-later", "crashed"): "back-off",
}
