# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds that a CustomResourceDefinition brings: which, and whether the cluster serves them yet."""

from __future__ import annotations

from ..base.objects import JsonObject, at, flag, items, text
from ..base.resources import Resource

CRD = Resource("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False)


def kinds_of(definition: JsonObject) -> tuple[Resource, ...]:
    """The kinds that a CustomResourceDefinition serves, one for each version; none of another object."""
    if (text(definition, "apiVersion"), text(definition, "kind")) != (CRD.api_version, CRD.kind):
        return ()
    group, names = text(definition, "spec", "group"), at(definition, "spec", "names")
    return tuple(
        Resource(
            f"{group}/{text(version, 'name')}",
            text(names, "kind"),
            text(names, "plural"),
            namespaced=text(definition, "spec", "scope") != "Cluster",
        )
        for version in items(definition, "spec", "versions")
        if flag(version, "served")
    )


def served_kinds(live: JsonObject | None) -> tuple[Resource, ...]:
    """Those of a live CustomResourceDefinition that the cluster has begun to serve."""
    return kinds_of(live) if live is not None and _condition(live, "Established") == "True" else ()


def refusal_of(live: JsonObject) -> str:
    """Why the cluster is not going to serve it, in the server's words; empty where it may."""
    conditions = items(live, "status", "conditions")
    found = (text(condition, "message") for condition in conditions if text(condition, "type") == "NamesAccepted")
    return next(found, "") if _condition(live, "NamesAccepted") == "False" else ""


def _condition(live: JsonObject, kind: str) -> str:
    return next((text(found, "status") for found in items(live, "status", "conditions") if text(found, "type") == kind), "")
