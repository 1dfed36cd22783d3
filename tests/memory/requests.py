# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests: which object and verb a path means, and what is answered in which form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

from .kinds import SERVED
from .refusals import no_such_path
from .rights import ADMINISTRATOR

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"

PLACES: Mapping[tuple[str, str], Resource] = {(resource.api_version, resource.plural): resource for resource in SERVED}


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = ""
    user: str = ADMINISTRATOR

    @property
    def is_dry(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch") == "true"

    @property
    def is_stream(self) -> bool:
        """Its answer goes on."""
        return self.is_watch or self.query.get("follow") == "true"

    @property
    def is_write(self) -> bool:
        """It can change something."""
        return self.method != "GET" and not self.is_dry

    @property
    def is_change(self) -> bool:
        """It can change something besides a Lease; a question for rights cannot."""
        return self.is_write and "/leases" not in self.path and "selfsubject" not in self.path

    @property
    def manager(self) -> str:
        return self.query.get("fieldManager") or "unknown"

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (" (dry run)" if self.is_dry else " (watch)" if self.is_watch else "")


@dataclass(frozen=True)
class Place:
    """What a path means."""

    resource: Resource
    namespace: str
    name: str
    below: str
    """The subresource."""

    @property
    def plural(self) -> str:
        """As rights name it."""
        return f"{self.resource.plural}/{self.below}" if self.below else self.resource.plural


def place_of(path: str) -> Place:
    """What a path means; raises `Refusal` for what the server has not."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    version, rest = ("/".join(parts[1:2]), parts[2:]) if parts[0] == "api" else ("/".join(parts[1:3]), parts[3:])
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource = PLACES.get((version, rest[0])) if rest else None
    if resource is None:
        raise no_such_path()
    name, below, *_more = [*rest[1:], "", ""]
    return Place(resource, namespace, name, below)


def kinds_of(version: str) -> dict[str, Any] | None:
    """What discovery says of a group version, None where there is none."""
    found = [resource for resource in SERVED if resource.api_version == version]
    if not found:
        return None
    listed = [
        {"name": resource.plural, "singularName": "", "namespaced": resource.namespaced, "kind": resource.kind, "verbs": []}
        for resource in found
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}


def read_body(body: bytes | None) -> Any:
    """The JSON that was sent."""
    return json.loads(body) if body else None


def read_query(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The query's parameters."""
    return dict(pairs)
