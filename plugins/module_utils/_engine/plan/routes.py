# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before a task divides the requests of routes: whether it can, and what would keep requests from following."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..._domain.base.errors import MissingError, RefusedError
from ..._domain.base.objects import JsonObject, JsonValue, Ref, mapping, texts
from ..._domain.base.resources import SERVICE
from ..._domain.canary.routing import Routing, ports_of
from ..._domain.leases.claim import Claim
from ..._domain.request import Routes
from ..._domain.traffic.routes import Match, concerned, undividable
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.services import Service, picks, unswitchable
from ..._domain.traffic.splitting import Former, ForRules
from ..._domain.workloads.workload import Workload
from ..._routers.table import ROUTERS
from ..._strategies.routing import Route, gone, routes_of
from ..outside.surroundings import Surroundings


def refuse_unfit(routes: Iterable[Route], weights: Mapping[str, int], scene: Scene) -> None:
    """Raise `MissingError` or `RefusedError` for a route whose requests cannot be divided so; without weights, one that is not there or
    that nobody accepts."""
    there = tuple(routes)
    lost = gone(there, scene)
    if lost:
        raise MissingError(f"{lost}; correct kind, name and namespace, or create it first.")
    for route in there:
        _refuse(route, weights, scene.routes[route.ref])


def _refuse(route: Route, weights: Mapping[str, int], obj: JsonObject) -> None:
    why = route.router.unfit(obj)
    if why:
        raise RefusedError(f"{route.ref} {why}")
    if route.router.reports and not route.router.heard(obj):
        raise RefusedError(
            f"{route.ref} is accepted by no router, so nothing follows its weights; look at its status, and at whether its controller runs."
        )
    if not weights:
        return
    ForRules(route.ref, route.dividing(weights))(obj)
    for rule in concerned(route.router.rules(obj), weights, route.only):
        problem = undividable(rule, weights)
        if problem:
            raise RefusedError(f"The requests of {route.ref} cannot be divided: {problem}.")


def warned(routes: Iterable[Route], scene: Scene) -> Iterator[str]:
    """What would keep requests from following the weights, in sentences."""
    for route in routes:
        ref = replace(route.ref, name=route.beside or route.ref.name)
        for warning in route.router.warnings(scene.routes[ref]):
            yield f"{ref}: {warning}."


def services_behind(labels: Mapping[str, str], services: Iterable[Service], besides: str) -> tuple[Service, ...]:
    """The Services that lead to pods with these labels, without the candidate's own."""
    return tuple(service for service in services if service.ref.name != besides and picks(service.selector, labels))


def routing_of(asked: Routes, live: Workload, scene: Scene, outside: Surroundings) -> tuple[Routing, tuple[str, ...]]:
    """The Services of both versions as they are before anything is changed, and what is to be said of those that cannot be told apart.
    Raises `RefusedError` where the Service does not lead to the pods, or cannot be switched."""
    namespace, own = live.ref.namespace, scene.services.get(asked.candidate_service)
    labels = texts(live.template, "metadata", "labels")
    behind = services_behind(labels, scene.services.values(), asked.candidate_service)
    service = next((found for found in behind if found.ref.name == asked.service), None)
    if service is None:
        names = ", ".join(found.ref.name for found in behind) or "none"
        raise RefusedError(
            f"Service {namespace}/{asked.service} does not select the pods of {live.ref}; name by service the one that the routes lead to "
            f"(these select them: {names})."
        )
    for found in (service, *([own] if own is not None else [])):
        refusal = unswitchable(found)
        if refusal:
            raise RefusedError(refusal)
    if own is not None and own not in services_behind(labels, [own], ""):
        raise RefusedError(
            f"{own.ref} is there and does not select the pods of {live.ref}, so it cannot lead to the candidate; name another one by "
            "candidate_service."
        )
    manifest = outside.cluster.read(SERVICE, namespace, asked.service) or {}
    routing = Routing(
        service=asked.service,
        candidate_service=asked.candidate_service,
        delay=asked.delay,
        selectors={found.ref.name: dict(found.selector) for found in behind if not unswitchable(found)},
        former=dict(own.selector) if own is not None else {},
        ports=ports_of(manifest),
        match=match_of(asked),
        labels=texts(manifest, "metadata", "labels"),
    )
    left = [found.ref for found in behind if unswitchable(found)]
    return routing, tuple(
        f"{ref} leads to pods of both versions while the canary is on its way: its selector cannot be changed." for ref in left
    )


def match_of(asked: Routes) -> Match | None:
    """The requests that go to the candidate whatever the weights, None where none do."""
    return Match(asked.headers, asked.cookies) if asked.headers or asked.cookies else None


def routed_claim(claim: Claim, asked: Routes, routing: Routing, scene: Scene, namespace: str, former: JsonObject | None) -> Claim:
    """The claim of a canary by routes: also about these and the Services, and with what the routes are like; with what `former` knows of
    them where it takes the place of another one. Raises as `refuse_unfit`."""
    services = [f"Service/{name}" for name in (*routing.selectors, asked.candidate_service)]
    rules: dict[str, JsonValue] = {name: rule for name, rule in asked.rules.items() if rule}
    made = texts(former, "made") if former is not None else _to_be_made(asked, scene, namespace)
    objects = (*claim.objects, *services, *asked.rules, *made)
    plain: dict[str, JsonValue] = {**made}
    found = replace(claim, objects=objects, wanted={**claim.wanted, "rules": rules}, known={**claim.known, "made": plain})
    if former is not None:
        return replace(found, known={**found.known, "routes": mapping(former, "routes")})
    routes, weights = tuple(route for route in routes_of(found, namespace) if not route.beside), routing.weights(50)
    refuse_unfit(routes, weights, scene)
    _refuse_mismatch(routes_of(found, namespace), routing.match)
    seen = {route.ref.short: Former.seen(route.dividing(weights), scene.routes[route.ref]).plain() for route in routes}
    return replace(found, known={**found.known, "routes": seen})


def _refuse_mismatch(routes: Iterable[Route], match: Match | None) -> None:
    """Raise `RefusedError` for a router that cannot tell the matching requests apart."""
    for route in routes if match is not None else ():
        why = _mismatch(route, match) if match is not None else ""
        if why:
            raise RefusedError(f"match cannot be carried out on {route.ref}: {why}, or leave match out.")


def _mismatch(route: Route, match: Match) -> str:
    if route.router.matching is None:
        return f"a {route.ref.kind} cannot be told to tell requests apart; name routes of another kind"
    if route.router.beside is not None and not route.beside:
        return "its annotations are yours; say there which requests go to the candidate"
    return route.router.mismatch(match)


def beside_of(name: str) -> str:
    """What a route is called that is made beside another one for the time of a canary."""
    return f"{name}-canary"


def _to_be_made(asked: Routes, scene: Scene, namespace: str) -> dict[str, str]:
    """The routes that have the weights of others and are to be made, each with the name of that other one. Raises `RefusedError` where
    nothing of it leads to the Service, or one of that name is there."""
    found: dict[str, str] = {}
    for entry in asked.rules:
        kind, _slash, name = entry.partition("/")
        router, ref = ROUTERS[kind], Ref(kind, namespace, name)
        obj = scene.routes.get(ref)
        if router.beside is None or obj is None or not router.unfit(obj):
            continue
        own = Ref(kind, namespace, beside_of(name))
        if own in scene.routes:
            raise RefusedError(f"{own} is there already; name that one in routes, which has the weights of {ref}, or delete it.")
        if router.beside(obj, asked.service, asked.candidate_service, own.name) is None:
            raise RefusedError(f"{ref} has no path that leads to Service {asked.service}; name the one that does, or the Service.")
        found[own.short] = name
    return found


def asked_before(claim: Claim) -> Mapping[str, str]:
    """The routes of a claim, each with the rule that is meant."""
    rules = texts(claim.wanted, "rules")
    named = (replace(route.ref, name=route.beside or route.ref.name).short for route in routes_of(claim, ""))
    return {name: rules.get(name, "") for name in named}
