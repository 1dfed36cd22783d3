# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a canary tells its two versions apart for routers: a Service for each, by the hash of the pods' template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from ..base.objects import JsonObject, JsonValue, Ref, items, mapping, text, texts
from ..traffic.routes import Match
from ..traffic.services import Selector
from ..workloads.workload import TEMPLATE_HASH


@dataclass(frozen=True)
class Routing:
    """The Services of a canary whose requests are divided by routes."""

    service: str
    """The Service that the routes lead to. On the way it selects the stable version alone."""
    candidate_service: str
    """The one that selects the candidate alone."""
    delay: float = 10.0
    """Seconds between a change of weights and the end of pods that had requests: routers follow that late."""
    selectors: Mapping[str, Selector] = field(default_factory=dict)
    """Those of all Services that lead to the pods, before anything was changed."""
    former: Selector = field(default_factory=dict)
    """That of the candidate's Service, where it is the user's own; empty: the rollout makes it, and deletes it in the end."""
    ports: tuple[JsonObject, ...] = ()
    """The ports of the Service, for the one that the rollout makes."""
    match: Match | None = None
    """The requests that go to the candidate whatever the weights."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Its labels, likewise."""

    @classmethod
    def of(cls, wanted: JsonObject, known: JsonObject) -> Self | None:
        """From a claim; None for a canary that has no routes."""
        if not wanted:
            return None
        found = mapping(known, "selectors")
        delay = wanted.get("delay")
        return cls(
            service=text(wanted, "service"),
            candidate_service=text(wanted, "candidate_service"),
            delay=float(delay) if isinstance(delay, int | float) else 0.0,
            selectors={name: texts(found, name) for name in found},
            former=texts(known, "former"),
            ports=items(known, "ports"),
            match=Match(texts(wanted, "match", "headers"), texts(wanted, "match", "cookies")) if mapping(wanted, "match") else None,
            labels=texts(known, "labels"),
        )

    def brings(self) -> dict[str, JsonValue]:
        """What the claim says of it that the task has asked for."""
        found: dict[str, JsonValue] = {"service": self.service, "candidate_service": self.candidate_service, "delay": self.delay}
        if self.match is not None:
            found["match"] = {"headers": dict(self.match.headers), "cookies": dict(self.match.cookies)}
        return found

    def found(self) -> dict[str, JsonValue]:
        """What the claim says of it that was there before."""
        selectors: dict[str, JsonValue] = {name: dict(selector) for name, selector in self.selectors.items()}
        return {"selectors": selectors, "former": dict(self.former), "ports": list(self.ports), "labels": dict(self.labels)}

    def leading(self, template_hash: str) -> dict[str, Selector]:
        """The selectors of the Services that lead to one version alone."""
        return {name: {**selector, TEMPLATE_HASH: template_hash} for name, selector in self.selectors.items()}

    def to_candidate(self, template_hash: str) -> Selector:
        """The selector of the candidate's Service."""
        return {**(self.former or self.selectors.get(self.service, {})), TEMPLATE_HASH: template_hash}

    def manifest(self, workload: Ref, uid: str, template_hash: str) -> JsonObject:
        """The candidate's Service. It goes with its Deployment, should that be deleted."""
        owner = {"apiVersion": "apps/v1", "kind": workload.kind, "name": workload.name, "uid": uid}
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": self.candidate_service,
                "namespace": workload.namespace,
                "labels": dict(self.labels),
                "ownerReferences": [owner],
            },
            "spec": {"selector": dict(self.to_candidate(template_hash)), "ports": list(self.ports)},
        }

    def weights(self, percent: int) -> dict[str, int]:
        """The weights of both Services that give the candidate so many percent."""
        return {self.service: 100 - percent, self.candidate_service: percent}


def ports_of(service: JsonObject) -> tuple[JsonObject, ...]:
    """The ports of a Service as another one may have them: without those of the nodes."""
    return tuple({key: value for key, value in port.items() if key != "nodePort"} for port in items(service, "spec", "ports"))
