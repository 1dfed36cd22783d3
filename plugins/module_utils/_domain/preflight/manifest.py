# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A workload's manifest as the rules read it, with the defaults that the server would fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..base.objects import JsonObject, JsonValue, Ref, at, items, mapping, number, ref_of, text, texts
from ..kinds import WORKLOADS, named
from ..workloads.kind import Kind

POD = "spec.template.spec"
"""The path of the pod's spec."""
GRACE = 30
"""Seconds of terminationGracePeriodSeconds where nothing is written."""
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "busybox"})
_SLEEP = re.compile(r"(?<![\w./-])sleep\s+(\d+(?:\.\d+)?)([smh]?)(?![\w.])")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Part:
    """A container that runs as long as its pod: one of `containers`, or an init container that goes on as a sidecar."""

    name: str
    path: str
    obj: JsonObject
    sidecar: bool

    @property
    def ports(self) -> tuple[JsonObject, ...]:
        """The ports that it declares."""
        return items(self.obj, "ports")

    @property
    def image(self) -> str:
        """The image's whole name."""
        return text(self.obj, "image")

    def has(self, *path: str) -> bool:
        """Something is written at a path."""
        return bool(at(self.obj, *path))


@dataclass(frozen=True)
class Subject:
    """A Deployment, StatefulSet or DaemonSet of the definition."""

    obj: JsonObject
    ref: Ref

    @property
    def kind(self) -> Kind:
        """What is known of its kind."""
        return named(self.ref.kind)

    @cached_property
    def pod(self) -> JsonObject:
        """The pod's spec."""
        return mapping(self.obj, "spec", "template", "spec")

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels of its pods."""
        return texts(self.obj, "spec", "template", "metadata", "labels")

    @property
    def counted(self) -> bool:
        """It has replicas, and not a pod on each node."""
        return not self.kind.per_node

    @property
    def replicas(self) -> int | None:
        """The replicas that are written; None where nothing is."""
        found = at(self.obj, "spec", "replicas")
        return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None

    @property
    def strategy_path(self) -> str:
        """Where its strategy stands."""
        return f"spec.{self.kind.strategy_field}"

    @property
    def strategy(self) -> JsonObject:
        """Its strategy."""
        return mapping(self.obj, *self.strategy_path.split("."))

    @property
    def update_type(self) -> str:
        """RollingUpdate, Recreate or OnDelete."""
        return text(self.strategy, "type") or "RollingUpdate"

    @property
    def min_ready(self) -> int:
        """Seconds that a pod must be ready before it counts."""
        return number(self.obj, "spec", "minReadySeconds")

    @property
    def deadline(self) -> int | None:
        """Seconds of its progress deadline; None where there is none."""
        return self.kind.deadline(mapping(self.obj, "spec"))

    @property
    def grace(self) -> int:
        """Seconds from the beginning of a pod's end to SIGKILL."""
        return number(self.pod, "terminationGracePeriodSeconds", default=GRACE)

    @cached_property
    def main(self) -> tuple[Part, ...]:
        """Its containers without those of `initContainers`."""
        return tuple(
            Part(text(container, "name"), f"{POD}.containers[{index}]", container, False)
            for index, container in enumerate(items(self.pod, "containers"))
        )

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All containers that run as long as the pod. An init container that ends is none: it has neither probes nor hooks."""
        return self.main + tuple(
            Part(text(container, "name"), f"{POD}.initContainers[{index}]", container, True)
            for index, container in enumerate(items(self.pod, "initContainers"))
            if text(container, "restartPolicy") == "Always"
        )

    @cached_property
    def starting(self) -> tuple[Part, ...]:
        """The init containers that must end before the others start."""
        return tuple(
            Part(text(container, "name"), f"{POD}.initContainers[{index}]", container, False)
            for index, container in enumerate(items(self.pod, "initContainers"))
            if text(container, "restartPolicy") != "Always"
        )


def subjects(manifests: tuple[JsonObject, ...]) -> tuple[Subject, ...]:
    """The workloads of a definition."""
    return tuple(subject_of(obj) for obj in manifests if text(obj, "kind") in WORKLOADS)


def subject_of(obj: JsonObject) -> Subject:
    """A workload by its manifest or its live object."""
    return Subject(obj, ref_of(obj))


def script_of(action: JsonObject) -> tuple[str, ...]:
    """The command of an exec hook or probe."""
    command = at(action, "exec", "command")
    return tuple(str(word) for word in command) if isinstance(command, (list, tuple)) else ()


def program_of(action: JsonObject) -> str:
    """The file name of the program that an exec hook runs; empty where it runs none."""
    return next(iter(script_of(action)), "").rpartition("/")[2]


def needs_files(action: JsonObject) -> str:
    """The shell or sleep program that an exec hook needs in the image, else empty."""
    program = program_of(action)
    return program if program in _SHELLS or program == "sleep" else ""


def slept(action: JsonObject) -> float | None:
    """Seconds that a hook sleeps, as far as can be read: natively, by `sleep`, or in a shell script; None where nothing can."""
    native = at(action, "sleep", "seconds")
    if isinstance(native, int) and not isinstance(native, bool):
        return native
    naps = _SLEEP.findall(" ".join(script_of(action)))
    return sum(float(count) * _UNITS[unit] for count, unit in naps) if naps else None


def probe_budget(probe: JsonObject) -> int:
    """Seconds that a startup probe gives a container at most."""
    period = number(probe, "periodSeconds", default=10)
    return number(probe, "initialDelaySeconds") + number(probe, "failureThreshold", default=3) * period


def pre_stops(subject: Subject) -> Iterator[tuple[Part, JsonObject]]:
    """The containers that have a preStop hook, with it."""
    for part in subject.parts:
        if part.has("lifecycle", "preStop"):
            yield part, mapping(part.obj, "lifecycle", "preStop")


def whole(value: float) -> JsonValue:
    """A number without a fraction that says nothing."""
    return int(value) if value == int(value) else value
