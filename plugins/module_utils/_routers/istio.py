# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Istio: `VirtualService`, whose routes of HTTP, TCP and TLS have destinations with relative weights.

Sources: istio.io/api v1.31.0-rc.0.0.20260824154656-b943409680a7, networking/v1alpha3/virtual_service.proto, networking/v1 and
meta/v1alpha1/status.proto; istio.io/istio v0.0.0-20260827124520-eed52ebb66ad, pilot/pkg/model/config.go (names),
pilot/pkg/networking/core/route/route.go (weights), pkg/config/validation/validation.go. A destination without a weight has 0; one that is
alone gets everything, whatever its weight. A host without a dot is a Service of the same namespace, any other one a whole name. A
destination without ready endpoints gets its share as errors of 503. Status is written by some versions and settings only.
"""

from __future__ import annotations

from .._domain.base.objects import JsonObject, JsonValue, at, items, mapping, text, without
from .._domain.base.resources import Resource
from .._domain.traffic.routes import ACCEPTED, WEIGHT, Acceptance, Match, Router, Rule, found_at
from .listed import Lists, inserted, without_ours, written

_PROTOCOLS = ("http", "tcp", "tls")
_ISTIOD = "istiod"


def _service(entry: JsonObject, namespace: str) -> str:
    """By its short name, or by a whole one: NAME.NAMESPACE.svc.DOMAIN."""
    name, *rest = text(entry, "destination", "host").split(".")
    return name if not rest or (rest[:2] == [namespace, "svc"] and len(rest) > 2) else ""


def _leading(entry: JsonObject, service: str) -> JsonObject:
    """Without a subset: a DestinationRule has it for the other host."""
    _name, dot, rest = text(entry, "destination", "host").partition(".")
    return {**entry, "destination": {**without(mapping(entry, "destination"), "subset"), "host": f"{service}{dot}{rest}"}}


_LISTS = Lists(tuple(("spec", protocol) for protocol in _PROTOCOLS), "route", _service, unset=0, alone=100)


def _reconciled(obj: JsonObject) -> JsonObject | None:
    return next((found for found in items(obj, "status", "conditions") if text(found, "type") == "Reconciled"), None)


def _heard(obj: JsonObject) -> frozenset[str]:
    return frozenset() if _reconciled(obj) is None else frozenset({_ISTIOD})


def _acceptance(obj: JsonObject, heard: frozenset[str]) -> Acceptance:
    """The condition tells how many proxies have it; it is not waited for where it is not, or no longer, written."""
    found = _reconciled(obj)
    if found is None or not heard:
        return ACCEPTED
    generation = _generation(at(obj, "metadata", "generation"))
    seen = at(found, "observedGeneration") or at(obj, "status", "observedGeneration")
    if seen is not None and _generation(seen) < generation:
        return Acceptance(f"{_ISTIOD} has not taken generation {generation} over yet")
    if text(found, "status") != "True":
        return Acceptance(f"{_ISTIOD} has not reconciled it yet: {text(found, 'message') or text(found, 'reason')}".rstrip(" :."))
    return ACCEPTED


def _generation(value: object) -> int:
    """A number, which Istio writes as a text."""
    spelled = str(value)
    return int(spelled) if spelled.isascii() and spelled.isdigit() else 0


def _warnings(obj: JsonObject) -> tuple[str, ...]:
    connections = [rule.name for rule in _LISTS.read(obj) if rule.place[1] != "http"]
    if not connections:
        return ()
    return (f"its rule {', '.join(connections)} divides connections: who keeps one open stays where he is",)


def _matching(obj: JsonObject, rule: Rule, service: str, match: Match) -> JsonObject:
    """The first rule that fits counts. Those of connections have no headers, and stay as they are."""
    if rule.place[1] != "http":
        return obj
    origin = found_at(obj, rule.place[:-1])
    wanted: dict[str, JsonValue] = {name.lower(): {"exact": value} for name, value in match.headers.items()}
    for pattern in match.patterns:
        wanted["cookie"] = {"regex": pattern}
    found = [{**entry, "headers": {**mapping(entry, "headers"), **wanted}} for entry in items(origin, "match") or ({},)]
    model = next(branch for branch in rule.branches if branch.service)
    destination = {key: value for key, value in _leading(model.entry, service).items() if key != WEIGHT}
    return inserted(obj, rule, {**mapping(origin), "match": found, "route": [destination]})


def _mismatch(match: Match) -> str:
    return "it takes one pattern for the header of cookies; name one cookie" if len(match.cookies) > 1 else ""


VIRTUAL_SERVICE = Router(
    name="istio",
    resource=Resource("networking.istio.io/v1", "VirtualService", "virtualservices"),
    rules=_LISTS.read,
    written=written,
    leading=_leading,
    most=1_000_000,
    fields={"f:spec": {f"f:{protocol}": {} for protocol in _PROTOCOLS}},
    warnings=_warnings,
    heard=_heard,
    acceptance=_acceptance,
    matching=_matching,
    unmatched=without_ours(("spec", "http")),
    mismatch=_mismatch,
)
