# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gateway API: `HTTPRoute` and `GRPCRoute`, whose rules have `backendRefs` with relative weights.

Sources: sigs.k8s.io/gateway-api v1.6.1, apis/v1/httproute_types.go, grpcroute_types.go and shared_types.go. A weight is 0 to 1,000,000,
1 where there is none. A backend without ready endpoints gets its share as errors of 503, one that does not exist as errors of 500.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .._domain.base.objects import JsonObject, JsonValue, Ref, items, mapping, number, text
from .._domain.base.resources import Resource
from .._domain.traffic.routes import WEIGHT, Acceptance, Match, Router, Rule, found_at
from .listed import Lists, inserted, without_ours, written

_GROUP = "gateway.networking.k8s.io/v1"
_WAITED_FOR = ("Accepted", "ResolvedRefs")
_REMEDIES = {
    "NotAllowedByListeners": "let the listener of the Gateway admit routes of this namespace and kind (allowedRoutes)",
    "NoMatchingListenerHostname": "give the route a hostname that a listener of the Gateway has",
    "NoMatchingParent": "name a Gateway, listener and port in parentRefs that exist",
    "UnsupportedValue": "take the field out that this Gateway does not know",
    "IncompatibleFilters": "take out one of the filters that exclude each other",
    "RefNotPermitted": "add a ReferenceGrant in the namespace of the Service",
    "BackendNotFound": "create the Service that the route names, or take it out",
    "InvalidKind": "name Services in backendRefs, which this Gateway knows",
    "UnsupportedProtocol": "give the port of the Service an appProtocol that this Gateway knows",
}
"""What to do about a reason of a condition that is not True."""


def _service(entry: JsonObject, namespace: str) -> str:
    own = text(entry, "namespace") in ("", namespace)
    return text(entry, "name") if own and not text(entry, "group") and text(entry, "kind") in ("", "Service") else ""


def _leading(entry: JsonObject, service: str) -> JsonObject:
    return {**entry, "name": service}


def _parent(entry: JsonObject) -> str:
    """Who reports: each controller on each parent, which may be one listener of a Gateway."""
    kind, namespace, name, section = (text(entry, "parentRef", part) for part in ("kind", "namespace", "name", "sectionName"))
    port = number(entry, "parentRef", "port")
    listener = f" listener {section}" if section else ""
    return f"{Ref(kind, namespace, name)}{listener}{f' port {port}' if port else ''} ({text(entry, 'controllerName')})"


def _heard(obj: JsonObject) -> frozenset[str]:
    """The conditions that were True of each parent which had accepted the route: `Accepted by Gateway gw (example.org/controller)`."""
    accepted = [entry for entry in items(obj, "status", "parents") if text(_condition(entry, "Accepted"), "status") == "True"]
    return frozenset(
        f"{kind} by {_parent(entry)}" for entry in accepted for kind in _WAITED_FOR if text(_condition(entry, kind), "status") == "True"
    )


def _condition(entry: JsonObject, kind: str) -> JsonObject:
    return next((found for found in items(entry, "conditions") if text(found, "type") == kind), {})


def _acceptance(obj: JsonObject, heard: frozenset[str]) -> Acceptance:
    """Each condition that was True before must be so for the present generation. What was wrong before is not ours to wait for."""
    generation = number(obj, "metadata", "generation")
    there = {_parent(entry): entry for entry in items(obj, "status", "parents")}
    for kind, _by, name in (found.partition(" by ") for found in sorted(heard)):
        entry = there.get(name, {})
        found, invalid = _condition(entry, kind), _condition(entry, "PartiallyInvalid")
        if number(found, "observedGeneration") < generation:
            return Acceptance(f"{name} has not taken generation {generation} over yet")
        if text(found, "status") != "True":
            return Acceptance(refused=_refusal(name, kind, found))
        if text(invalid, "status") == "True":
            return Acceptance(refused=_refusal(name, "PartiallyInvalid", invalid))
    return Acceptance()


def _refusal(name: str, kind: str, condition: JsonObject) -> str:
    reason, message = text(condition, "reason"), text(condition, "message")
    remedy = _REMEDIES.get(reason, "look at the status of the route")
    told = f": {message.rstrip('.')}" if message else ""
    return f"{name} says {kind} {text(condition, 'status')}, {reason}{told}; {remedy}"


def _warnings(obj: JsonObject) -> tuple[str, ...]:
    sticky = [
        str(position) for position, rule in enumerate(items(obj, "spec", "rules")) if isinstance(rule.get("sessionPersistence"), Mapping)
    ]
    if not sticky:
        return ()
    return (f"its rule {', '.join(sticky)} has sessionPersistence: who was served once stays where he is, whatever the weights say",)


_LISTS = Lists((("spec", "rules"),), "backendRefs", _service)


def _matching(default: JsonObject) -> Callable[[JsonObject, Rule, str, Match], JsonObject]:
    """A rule with more headers than another one comes before it, wherever it stands; else the first one does."""

    def matching(obj: JsonObject, rule: Rule, service: str, match: Match) -> JsonObject:
        origin = found_at(obj, rule.place[:-1])
        headers: list[JsonValue] = [{"type": "Exact", "name": name, "value": value} for name, value in match.headers.items()]
        headers += [{"type": "RegularExpression", "name": "Cookie", "value": pattern} for pattern in match.patterns]
        matches = [{**found, "headers": [*items(found, "headers"), *headers]} for found in items(origin, "matches") or (default,)]
        model = next(branch for branch in rule.branches if branch.service)
        # The weight as the server would put it in, so that the rule is found again as it was written.
        backend = {**_leading(model.entry, service), WEIGHT: 1}
        return inserted(obj, rule, {**mapping(origin), "matches": matches, "backendRefs": [backend]})

    return matching


def _router(kind: str, plural: str, default: JsonObject) -> Router:
    return Router(
        name="gateway_api",
        resource=Resource(_GROUP, kind, plural),
        rules=_LISTS.read,
        written=written,
        leading=_leading,
        most=1_000_000,
        fields={"f:spec": {"f:rules": {}}},
        warnings=_warnings,
        heard=_heard,
        acceptance=_acceptance,
        matching=_matching(default),
        unmatched=without_ours(("spec", "rules")),
        reports=True,
    )


HTTP_ROUTE = _router("HTTPRoute", "httproutes", {"path": {"type": "PathPrefix", "value": "/"}})
GRPC_ROUTE = _router("GRPCRoute", "grpcroutes", {})
