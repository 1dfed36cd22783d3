# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about how a pod comes and goes: probes, preStop hooks, the grace period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..base.objects import JsonValue, at, mapping, number, text
from .findings import Fault, Scenery, yaml_lines
from .manifest import POD, Part, Subject, needs_files, pre_stops, slept, whole
from .surroundings import answering, served_by, serving

PAUSE = 5
"""Seconds of the preStop hook that is proposed."""
SHORTEST = 2
"""Seconds that the news of a pod's end needs to reach all nodes: kube-proxy follows the EndpointSlices once a second."""
NATIVE_SLEEP = (1, 30)
"""The first version whose servers take preStop.sleep without a feature gate."""
_HTTP = frozenset({80, 443, 3000, 5000, 8000, 8080, 8443, 8888, 9000})
"""Ports that are for HTTP as a rule."""
_SHELLLESS = re.compile(r"(?:^|[/:._-])(?:distroless|scratch|static)(?:$|[/:@._-])|^(?:cgr\.dev/chainguard|ko\.local)/")
_HAS_SHELL = re.compile(r":[^/]*(?:debug|dev|busybox|alpine|shell)")


def no_readiness(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A container that answers requests has no readinessProbe. One of a sidecar is none of the container beside it."""
    for part in answering(subject, scenery):
        if not part.has("readinessProbe"):
            why = (
                f"Container {part.name} has no readinessProbe: it gets requests as soon as its process exists, before it can answer "
                "them, and the rollout goes on to the next pod."
            )
            yield Fault(subject.ref, f"{part.path}.readinessProbe", why, yaml_lines("readinessProbe", _probe(part)))


def _probe(part: Part) -> dict[str, JsonValue]:
    """A request where the first port looks like one for HTTP, else a connection."""
    first = next((port for port in part.ports), {"containerPort": 8080})
    name, port = text(first, "name"), number(first, "containerPort", default=8080)
    where: JsonValue = name or port
    if not ("http" in name or "web" in name or port in _HTTP):
        return {"tcpSocket": {"port": where}, "periodSeconds": 2}
    secure: dict[str, JsonValue] = {"scheme": "HTTPS"} if "https" in name or port in (443, 8443) else {}
    return {"httpGet": {"path": "/", "port": where, **secure}, "periodSeconds": 2}


def same_probes(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """readinessProbe and livenessProbe are the same."""
    for part in subject.parts:
        live, ready = _settled(part, "livenessProbe"), _settled(part, "readinessProbe")
        if live and live == ready:
            why = (
                f"The livenessProbe of container {part.name} is its readinessProbe once more: a pod that is only busy is restarted "
                "when it should just get no new requests for a while, and all that it works on is lost."
            )
            patient = {**mapping(part.obj, "livenessProbe"), "periodSeconds": 10, "failureThreshold": 6}
            yield Fault(subject.ref, f"{part.path}.livenessProbe", why, yaml_lines("livenessProbe", patient))


def _settled(part: Part, name: str) -> dict[str, JsonValue]:
    """A probe with its defaults; empty where there is none."""
    probe = mapping(part.obj, name)
    return {"periodSeconds": 10, "failureThreshold": 3, "initialDelaySeconds": 0, "timeoutSeconds": 1, **probe} if probe else {}


def no_pre_stop(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A container behind a Service ends at once."""
    names = [service.ref.name for service, _obj in served_by(subject, scenery)]
    for part in serving(subject, scenery):
        if not part.has("lifecycle", "preStop"):
            why = (
                f"Container {part.name} is behind Service {names[0]} and has no preStop hook: it is told to end at the same time as the "
                "nodes are told to send it nothing any more, and what they still send is lost."
            )
            remedy = yaml_lines("preStop", _pause(scenery))
            yield Fault(subject.ref, f"{part.path}.lifecycle.preStop", why, remedy)


def _pause(scenery: Scenery) -> Mapping[str, JsonValue]:
    if scenery.server_version is not None and scenery.server_version < NATIVE_SLEEP:
        return {"exec": {"command": ["sleep", str(PAUSE)]}}
    return {"sleep": {"seconds": PAUSE}}


def short_pre_stop(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A preStop hook sleeps too short a time for the news to spread."""
    behind = {part.path for part in serving(subject, scenery)}
    for part, hook in pre_stops(subject):
        seconds = slept(hook)
        if seconds is not None and seconds < SHORTEST and part.path in behind:
            why = (
                f"The preStop hook of container {part.name} sleeps {whole(seconds)} s, and the nodes may go on sending requests for about "
                f"{SHORTEST} s: those that come after the sleep are lost."
            )
            yield Fault(subject.ref, f"{part.path}.lifecycle.preStop", why, yaml_lines("preStop", _pause(scenery)))


def long_pre_stop(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A preStop hook sleeps longer than the grace period."""
    for part, hook in pre_stops(subject):
        seconds = slept(hook)
        if seconds is not None and seconds > subject.grace > 0:
            why = (
                f"The preStop hook of container {part.name} sleeps {whole(seconds)} s, longer than the grace period of {subject.grace} s: "
                "the program is killed without having been told to end, with all requests that it works on."
            )
            yield _longer_grace(subject, why, seconds + _ending(scenery))


def little_grace(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """What the preStop hook leaves of the grace period is less than the program needs to end."""
    for part, hook in pre_stops(subject):
        seconds = slept(hook)
        least = 1 if scenery.shutdown_seconds is None else scenery.shutdown_seconds
        if seconds is not None and seconds <= subject.grace < seconds + least:
            why = (
                f"The preStop hook of container {part.name} takes {whole(seconds)} of the {subject.grace} s of the grace period: only "
                f"{whole(subject.grace - seconds)} s are left for the program to end, and then it is killed with the requests that it "
                "works on."
            )
            yield _longer_grace(subject, why, seconds + _ending(scenery))


def _ending(scenery: Scenery) -> float:
    return 30 if scenery.shutdown_seconds is None else scenery.shutdown_seconds + 5


def _longer_grace(subject: Subject, why: str, seconds: float) -> Fault:
    remedy = yaml_lines("terminationGracePeriodSeconds", -int(-seconds // 1))
    return Fault(subject.ref, f"{POD}.terminationGracePeriodSeconds", why, remedy)


def no_grace(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The grace period is zero."""
    if subject.grace == 0:
        why = "terminationGracePeriodSeconds 0 kills the programs at once, with all requests that they work on; no preStop hook runs."
        yield Fault(subject.ref, f"{POD}.terminationGracePeriodSeconds", why, yaml_lines("terminationGracePeriodSeconds", PAUSE + 30))


def no_shell(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A preStop hook needs a shell in an image that has none."""
    for part, hook in pre_stops(subject):
        program = needs_files(mapping(hook))
        if program and _SHELLLESS.search(part.image) and not _HAS_SHELL.search(part.image):
            why = (
                f"The preStop hook of container {part.name} runs {program}, which the image {part.image} does not seem to have: the hook "
                "fails, and the program is told to end at once."
            )
            yield Fault(subject.ref, f"{part.path}.lifecycle.preStop", why, yaml_lines("preStop", {"sleep": {"seconds": PAUSE}}))


def sleep_unknown(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The server does not know the native sleep yet."""
    if scenery.server_version is None or scenery.server_version >= NATIVE_SLEEP:
        return
    for part in subject.parts:
        for hook in ("preStop", "postStart"):
            if at(part.obj, "lifecycle", hook, "sleep") is not None:
                seconds = number(part.obj, "lifecycle", hook, "sleep", "seconds", default=PAUSE)
                shown = ".".join(map(str, scenery.server_version))
                why = (
                    f"The {hook} hook of container {part.name} uses the native sleep, which Kubernetes knows from 1.30 and this server "
                    f"({shown}) does not: the manifest is refused, or there is no hook."
                )
                remedy = yaml_lines(hook, {"exec": {"command": ["sleep", str(seconds)]}})
                yield Fault(subject.ref, f"{part.path}.lifecycle.{hook}", why, remedy)
