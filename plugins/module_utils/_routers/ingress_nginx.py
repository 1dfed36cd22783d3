# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ingress-nginx: a second `Ingress` with the annotation `canary`, whose `canary-weight` is the share that leaves the first one.

Sources: kubernetes/ingress-nginx controller v1.15.1, docs/user-guide/nginx-configuration/annotations.md, and
internal/ingress/annotations/canary/main.go; github.com/traefik/traefik/v3 v3.7.13, pkg/provider/kubernetes/ingress-nginx/build.go, which
reads the same annotations. The weight is of `canary-weight-total`, which is 100 where there is none and never counts for less; it is cut
to 0 at the one end and to the total at the other, and what is no number is 0. The Service of the first Ingress gets the rest, and
everything while the canary's has no endpoints. Nothing is told in the status. ingress-nginx takes changes over within about 5 seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._domain.base.objects import JsonObject, JsonValue, items, mapping, replaced, text, texts, without
from .._domain.base.resources import KNOWN
from .._domain.traffic.routes import WEIGHT, Branch, Match, Router, Rule, fingerprint_of

_PREFIX = "nginx.ingress.kubernetes.io/"
_CANARY, _SHARE, _TOTAL = f"{_PREFIX}canary", f"{_PREFIX}canary-weight", f"{_PREFIX}canary-weight-total"
_PLACE = ("metadata", "annotations")
_LEAST_TOTAL = 100
_YES = frozenset({"1", "t", "T", "true", "True", "TRUE"})
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_CLASS = "kubernetes.io/ingress.class"
_HEADER, _VALUE, _COOKIE = (f"{_PREFIX}canary-by-{name}" for name in ("header", "header-value", "cookie"))
_REST = "rest"
"""Marks the entry of the branch that stands for the Service of the first Ingress."""


def _services(obj: JsonObject) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, _named(obj))))


def _named(obj: JsonObject) -> Iterator[str]:
    yield text(obj, "spec", "defaultBackend", "service", "name")
    for rule in items(obj, "spec", "rules"):
        for path in items(rule, "http", "paths"):
            yield text(path, "backend", "service", "name")


def _counted(value: str) -> int:
    return int(value) if _NUMBER.fullmatch(value) else 0


def _rules(obj: JsonObject) -> tuple[Rule, ...]:
    services = _services(obj)
    if _unfit(obj) or not services:
        return ()
    annotations = texts(obj, *_PLACE)
    total = max(_LEAST_TOTAL, _counted(annotations.get(_TOTAL, "")))
    weight = min(total, max(0, _counted(annotations.get(_SHARE, ""))))
    canary = Branch(services[0], weight, {"service": services[0], WEIGHT: annotations.get(_SHARE)})
    rest = Branch("", total - weight, {_REST: True, WEIGHT: annotations.get(_TOTAL)})
    return (Rule("canary", _PLACE, (canary, rest), fingerprint_of(mapping(obj, "spec")), open=True),)


def _written(obj: JsonObject, rule: Rule) -> JsonObject:
    """A weight that is a number is a new one, so the total follows from both; a text is what the annotation was."""
    entries = [branch.entry for branch in rule.branches]
    rest = next((entry[WEIGHT] for entry in entries if _REST in entry), None)
    canary = next((entry[WEIGHT] for entry in entries if _REST not in entry), texts(obj, *_PLACE).get(_SHARE))
    if isinstance(canary, int) and isinstance(rest, int):
        rest = _total(canary + rest, texts(obj, *_PLACE).get(_TOTAL))
    return _annotated(_annotated(obj, _SHARE, canary), _TOTAL, rest)


def _total(total: int, spelled: str | None) -> str | None:
    """The annotation that says this total; the one that is there where it does."""
    return spelled if max(_LEAST_TOTAL, _counted(spelled or "")) == total else str(total)


def _annotated(obj: JsonObject, name: str, value: JsonValue) -> JsonObject:
    if texts(obj, *_PLACE).get(name) == value:
        return obj
    return without(obj, *_PLACE, name) if value is None else replaced(obj, (*_PLACE, name), str(value))


def _leading(entry: JsonObject, service: str) -> JsonObject:
    return {**entry, "service": service}


def _unfit(obj: JsonObject) -> str:
    if texts(obj, *_PLACE).get(_CANARY, "") not in _YES:
        return (
            f'has no annotation {_CANARY}: "true", so no weight stands in it; name the Ingress of the same host and path that has it, and '
            "leads to the candidate's Service."
        )
    services = _services(obj)
    if len(services) > 1:
        return f"leads to the Services {', '.join(services)}, which share one weight; make an Ingress for each of them."
    return ""


def _warnings(obj: JsonObject) -> tuple[str, ...]:
    annotations = texts(obj, *_PLACE)
    found = [
        f"its annotation {_PREFIX}{name} comes before the weight"
        for name in ("canary-by-header", "canary-by-cookie")
        if annotations.get(f"{_PREFIX}{name}")
    ]
    if annotations.get(f"{_PREFIX}affinity") == "cookie" and annotations.get(f"{_PREFIX}affinity-canary-behavior") != "legacy":
        found.append(f"its annotation {_PREFIX}affinity binds clients by a cookie: who was served once stays where he is")
    return tuple(found)


def _beside(obj: JsonObject, service: str, candidate: str, name: str) -> JsonObject | None:
    """The second Ingress, of the same hosts and paths. Other settings it takes from the first one, as both are one location for NGINX."""
    rules = [{**rule, "http": {"paths": paths}} for rule in items(obj, "spec", "rules") if (paths := _paths(rule, service, candidate))]
    if not rules:
        return None
    classes = {key: value for key, value in texts(obj, *_PLACE).items() if key == _CLASS}
    spec = {key: value for key, value in mapping(obj, "spec").items() if key == "ingressClassName"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": text(obj, "metadata", "namespace"),
            "annotations": {**classes, _CANARY: "true", _SHARE: "0"},
        },
        "spec": {**spec, "rules": rules},
    }


def _paths(rule: JsonObject, service: str, candidate: str) -> list[JsonValue]:
    """The paths of a rule that lead to a Service, led to the candidate's."""
    found = (path for path in items(rule, "http", "paths") if text(path, "backend", "service", "name") == service)
    return [replaced(path, ("backend", "service", "name"), candidate) for path in found]


def _matching(obj: JsonObject, _rule: Rule, _service: str, match: Match) -> JsonObject:
    """By annotations of the second Ingress, which come before its weight."""
    for name, value in match.headers.items():
        obj = replaced(replaced(obj, (*_PLACE, _HEADER), name), (*_PLACE, _VALUE), value)
    for name in match.cookies:
        obj = replaced(obj, (*_PLACE, _COOKIE), name)
    return obj


def _mismatch(match: Match) -> str:
    if len(match.headers) > 1 or len(match.cookies) > 1 or (match.headers and match.cookies):
        return "its annotations take one header or one cookie; name one"
    if any(value != "always" for value in match.cookies.values()):
        return "a cookie counts with the value always alone; give it that"
    return ""


INGRESS = Router(
    name="ingress_nginx",
    resource=KNOWN["networking.k8s.io/v1", "Ingress"],
    rules=_rules,
    written=_written,
    leading=_leading,
    most=1_000_000,
    fields={"f:metadata": {"f:annotations": {f"f:{_SHARE}": {}, f"f:{_TOTAL}": {}}}},
    unfit=_unfit,
    warnings=_warnings,
    beside=_beside,
    matching=_matching,
    mismatch=_mismatch,
)
