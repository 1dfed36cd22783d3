# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What steps do with routes: change their weights, and wait until their routers have taken them over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .._domain.base.objects import Ref, mapping, text, texts, uid_of
from .._domain.base.resources import Resource
from .._domain.leases.claim import Claim
from .._domain.ownership.formers import given_back
from .._domain.steps.actions import Change, Removal
from .._domain.steps.step import Apply, Disown, Edit
from .._domain.traffic.routes import Match, Router
from .._domain.traffic.scenes import Scene
from .._domain.traffic.splitting import Divide, Former, ForRules, LeadMatching, Restore
from .._routers.table import ROUTERS

NOTHING = Former()


@dataclass(frozen=True)
class Route:
    """One route of a rollout."""

    ref: Ref
    router: Router
    only: str = ""
    """The name of the one rule that is meant; empty: each that names the Services."""
    former: Former = NOTHING
    """What it was like when the task began."""
    beside: str = ""
    """The name of the route without weights beside which this one is made for the rollout; empty for one that is there."""
    original: Former = NOTHING
    """What it was like before its weights were changed first, where that is to be brought back."""

    def dividing(self, weights: Mapping[str, int]) -> Divide:
        """The edit by which the Services share the requests so."""
        return Divide(self.router, weights, self.only)

    def leading(self, match: Match, service: str, services: tuple[str, ...]) -> LeadMatching:
        """The edit by which requests that match go to one of the Services."""
        return LeadMatching(self.router, match, service, services, self.only)

    def restoring(self, former: Former) -> Restore:
        """The edit that brings back what was there before."""
        return Restore(self.router, former.rules, former.services)


def routes_of(claim: Claim, namespace: str) -> tuple[Route, ...]:
    """The routes of a claim. From `HTTPRoute/web`, `wanted.rules` leads to a rule's name, `known.routes` and `wanted.originals` to what the
    route was like."""
    return tuple(_routes_of(claim, namespace))


def _routes_of(claim: Claim, namespace: str) -> Iterator[Route]:
    made = texts(claim.known, "made")
    for entry in claim.objects:
        kind, _slash, name = entry.partition("/")
        if kind in ROUTERS and f"{kind}/{name}" not in {f"{other.partition('/')[0]}/{main}" for other, main in made.items()}:
            former, original = Former.of(mapping(claim.known, "routes", entry)), Former.of(mapping(claim.wanted, "originals", entry))
            only = text(claim.wanted, "rules", entry)
            yield Route(Ref(kind, namespace, name), ROUTERS[kind], only, former, made.get(entry, ""), original)


def looked_at(routes: Iterable[Route]) -> tuple[tuple[Resource, str], ...]:
    """The routes as a view names them, also those beside which one is made."""
    return tuple((route.router.resource, name) for route in routes for name in (route.ref.name, route.beside) if name)


def gone(routes: Iterable[Route], scene: Scene) -> str:
    """Which of the routes does not exist, without a full stop, or ''."""
    there = (replace(route.ref, name=route.beside) if route.beside else route.ref for route in routes)
    return next((f"{ref} does not exist" for ref in there if ref not in scene.routes), "")


def unmade(routes: Iterable[Route], service: str, candidate: str, scene: Scene) -> tuple[Change, ...]:
    """The routes that are still to be made beside others."""
    found = []
    for route in routes:
        main = scene.routes.get(replace(route.ref, name=route.beside))
        if not route.beside or route.ref in scene.routes or main is None or route.router.beside is None:
            continue
        manifest = route.router.beside(main, service, candidate, route.ref.name)
        if manifest is not None:
            found.append(Change(route.router.resource, route.ref, Apply(manifest), f"make {route.ref}"))
    return tuple(found)


def unmatched(routes: Iterable[Route], match: Match, service: str, services: tuple[str, ...], scene: Scene) -> tuple[Change, ...]:
    """The changes that are left until requests that match go to a Service on all routes."""
    return tuple(
        Change(
            route.router.resource,
            route.ref,
            Edit(route.leading(match, service, services), single=True),
            f"{route.ref}: requests with {match} go to {service}",
        )
        for route in routes
        if not route.leading(match, service, services).is_done(scene.routes.get(route.ref, {}))
    )


def undivided(routes: Iterable[Route], weights: Mapping[str, int], scene: Scene) -> tuple[Change, ...]:
    """The changes that are left until the Services share the requests so on all routes."""
    spelled = ":".join(str(weight) for weight in weights.values())
    return tuple(
        Change(
            route.router.resource,
            route.ref,
            Edit(route.dividing(weights), ForRules(route.ref, route.dividing(weights)), single=True),
            f"{route.ref}: {', '.join(weights)} get {spelled} of the requests",
        )
        for route in routes
        if not route.dividing(weights).is_done(scene.routes.get(route.ref, {}))
    )


def unreached(routes: Iterable[Route], weights: Mapping[str, int], service: str, scene: Scene) -> tuple[Change, ...]:
    """Those of these changes by which a Service gets more than now: one that has its part already, or more, keeps it."""
    there = tuple(routes)
    less = {route.ref for route in there if not route.dividing(weights).is_reached(scene.routes.get(route.ref, {}), service)}
    return tuple(change for change in undivided(there, weights, scene) if change.ref in less)


def unrestored(routes: Iterable[Route], scene: Scene, *, originals: bool = False) -> tuple[Change | Removal, ...]:
    """What is left until all routes have the branches that they had before the task, or before all of them, and those that were made for it
    are gone."""
    there = tuple(routes)
    formers = ((route, route.original if originals else route.former) for route in there if not route.beside)
    changes = tuple(
        Change(route.router.resource, route.ref, Edit(route.restoring(former), single=True), f"{route.ref}: weights as they were before")
        for route, former in formers
        if not route.restoring(former).is_done(scene.routes.get(route.ref, {}))
    )
    made = (route for route in there if route.beside and route.ref in scene.routes)
    removals = (Removal(route.router.resource, route.ref, uid_of(scene.routes[route.ref]), f"delete {route.ref}") for route in made)
    return (*changes, *removals)


def disowned(routes: Iterable[Route]) -> tuple[Change, ...]:
    """The writes that let go of what changes of weights have made ours."""
    return tuple(
        Change(route.router.resource, route.ref, Disown(route.router.fields, route.former.owners), "")
        for route in routes
        if not route.beside
    )


def unreleased(routes: Iterable[Route], scene: Scene) -> tuple[Change, ...]:
    """The same for routes that were changed by earlier tasks, where something of them is ours still."""
    there = ((route, scene.routes.get(route.ref, {})) for route in routes)
    return tuple(
        Change(route.router.resource, route.ref, Disown(route.router.fields, route.original.owners), "")
        for route, obj in there
        if given_back(obj, route.router.fields, route.original.owners) is not None
    )


def unaccepted(routes: Iterable[Route], scene: Scene) -> str:
    """What routers have still to take over, or ''."""
    found = ((route, route.router.acceptance(scene.routes[route.ref], route.former.heard)) for route in routes if route.ref in scene.routes)
    return next((f"{route.ref}: {acceptance.lacking}" for route, acceptance in found if acceptance.lacking), "")


def refused(routes: Iterable[Route], scene: Scene) -> str:
    """Why a router will never take a route over as it stands, a sentence, or ''."""
    for route in routes:
        if route.ref in scene.routes:
            why = route.router.acceptance(scene.routes[route.ref], route.former.heard).refused
            if why:
                return f"{route.ref} is not accepted: {why}."
    return ""


def unserved(weights: Mapping[str, int], scene: Scene) -> str:
    """Which Service shall get requests and has no endpoint that is ready, or ''. A router answers its share with errors."""
    lacking = [name for name, weight in weights.items() if weight and not scene.serving(name)]
    return f"{_services(lacking)} no ready endpoint" if lacking else ""


def _services(names: Sequence[str]) -> str:
    return f"Service{'s' if len(names) > 1 else ''} {' and '.join(names)} {'have' if len(names) > 1 else 'has'}"
