# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenShift: `Route`, which divides its requests between `to` and up to three `alternateBackends`.

Sources: github.com/openshift/api v0.0.0-20260501191448-a49973eaef53, route/v1/types.go; github.com/openshift/router, master of 2026,
images/router/haproxy/conf/haproxy-config.template and pkg/router/template/router.go. A weight is 0 to 256, 100 where there is none. The
status says who has admitted the route, and of which generation it does not. The router takes changes together every 5 seconds.
"""

from __future__ import annotations

from .._domain.base.objects import JsonObject, at, items, mapping, replaced, text, texts, without
from .._domain.base.resources import Resource
from .._domain.traffic.routes import WEIGHT, Acceptance, Router, Rule, fingerprint_of
from .listed import elements, read_branches

_MAIN, _MORE = "to", "alternateBackends"
_UNSET = 100
_BALANCE, _COOKIES = "haproxy.router.openshift.io/balance", "haproxy.router.openshift.io/disable_cookies"
_REMEDIES = {
    "HostAlreadyClaimed": "give the Route a host and path that no other one has",
    "RouteNotAdmitted": "ask who runs the router which routes it admits",
    "ExtendedValidationFailed": "correct the certificates of spec.tls",
    "NamespaceOwnershipDisabled": "use a host that another namespace has not claimed",
}


def _service(entry: JsonObject, _namespace: str) -> str:
    return text(entry, "name") if text(entry, "kind") in ("", "Service") else ""


def _leading(entry: JsonObject, service: str) -> JsonObject:
    return {**entry, "name": service}


def _rules(obj: JsonObject) -> tuple[Rule, ...]:
    spec = mapping(obj, "spec")
    listed = [at(spec, _MAIN), *elements(at(spec, _MORE))]
    branches = read_branches(listed, text(obj, "metadata", "namespace"), _service, _UNSET)
    return (Rule("0", ("spec",), branches, fingerprint_of(spec, _MAIN, _MORE)),) if branches else ()


def _written(obj: JsonObject, rule: Rule) -> JsonObject:
    """The first branch is `to`, unless another one leads where `to` leads now."""
    entries = [branch.entry for branch in rule.branches]
    now = without(mapping(obj, "spec", _MAIN), WEIGHT)
    main = next((entry for entry in entries if without(entry, WEIGHT) == now), entries[0])
    more = [entry for entry in entries if entry is not main]
    changed = replaced(obj, ("spec", _MAIN), main)
    if more or not elements(at(obj, "spec", _MORE)):
        return replaced(changed, ("spec", _MORE), more) if more else changed
    return without(changed, "spec", _MORE)


def _admitted(entry: JsonObject) -> JsonObject | None:
    return next((found for found in items(entry, "conditions") if text(found, "type") == "Admitted"), None)


def _heard(obj: JsonObject) -> frozenset[str]:
    found = ((entry, _admitted(entry)) for entry in items(obj, "status", "ingress"))
    return frozenset(f"router {text(entry, 'routerName')}" for entry, condition in found if text(condition, "status") == "True")


def _acceptance(obj: JsonObject, heard: frozenset[str]) -> Acceptance:
    """Every router that had admitted the route before still must; which generation it means it does not say."""
    there = {f"router {text(entry, 'routerName')}": _admitted(entry) for entry in items(obj, "status", "ingress")}
    for name in sorted(heard):
        found = there.get(name)
        if found is None:
            return Acceptance(f"{name} says nothing of it yet")
        if text(found, "status") != "True":
            reason, message = text(found, "reason"), text(found, "message")
            told = f": {message.rstrip('.')}" if message else ""
            remedy = _REMEDIES.get(reason, "look at the status of the Route")
            return Acceptance(refused=f"{name} says Admitted {text(found, 'status')}, {reason}{told}; {remedy}")
    return Acceptance()


def _warnings(obj: JsonObject) -> tuple[str, ...]:
    annotations = texts(obj, "metadata", "annotations")
    found = []
    balance = annotations.get(_BALANCE, "")
    if balance in ("leastconn", "source"):
        found.append(f"its annotation {_BALANCE} is {balance}, by which shares differ from the weights; roundrobin keeps them")
    if text(obj, "spec", "tls", "termination") != "passthrough" and annotations.get(_COOKIES, "").lower() not in ("true", "t", "1"):
        found.append(
            "its router binds clients by a cookie, so that who was served once stays where he is, also at weight 0; the annotation "
            f'{_COOKIES}: "true" divides each request by the weights'
        )
    return tuple(found)


ROUTE = Router(
    name="openshift_route",
    resource=Resource("route.openshift.io/v1", "Route", "routes"),
    rules=_rules,
    written=_written,
    leading=_leading,
    most=256,
    fields={"f:spec": {f"f:{_MAIN}": {}, f"f:{_MORE}": {}}},
    warnings=_warnings,
    heard=_heard,
    acceptance=_acceptance,
    reports=True,
)
