# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record how the real API server's objects are built: `./dev exec python -m tests.memory.record`, with KUBECONFIG set, writes schema.json.

Only what merging, owning and checking fields needs is kept: names, types, keys of lists. To be run again for a new Kubernetes, or a new
router: its CustomResourceDefinitions must be there (tests/dev knows where they come from).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.functional.api import ask

SCHEMA = Path(__file__).with_name("schema.json")
GROUPS = (
    "api/v1",
    "apis/apps/v1",
    "apis/autoscaling/v2",
    "apis/batch/v1",
    "apis/coordination.k8s.io/v1",
    "apis/discovery.k8s.io/v1",
    "apis/networking.k8s.io/v1",
    "apis/policy/v1",
    "apis/rbac.authorization.k8s.io/v1",
)
KINDS = (
    *("ConfigMap", "Event", "LimitRange", "Namespace", "Node", "PersistentVolumeClaim", "Pod", "ResourceQuota", "Secret", "Service"),
    *("ServiceAccount", "ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "HorizontalPodAutoscaler", "CronJob"),
    *("Job", "Lease", "EndpointSlice", "Ingress", "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding"),
)
CUSTOM = (
    *("gateway.networking.k8s.io/v1 HTTPRoute", "gateway.networking.k8s.io/v1 GRPCRoute", "networking.istio.io/v1 VirtualService"),
    *("route.openshift.io/v1 Route", "traefik.io/v1alpha1 TraefikService", "traefik.io/v1alpha1 IngressRoute"),
)
"""Kinds that CustomResourceDefinitions brought."""
_SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}


class Recorder:
    """Collects the definitions that the kinds lead to."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self.definitions: dict[str, Any] = {}
        self._custom = False
        """It is at a kind whose defaults all stand in its schema, those that are empty as well."""

    def definition(self, reference: str, *, custom: bool = False) -> str:
        """Take a definition in; its name."""
        name = reference.rpartition("/")[2]
        short = name.removeprefix("io.k8s.").removeprefix("api.").removeprefix("apimachinery.pkg.")
        if short not in self.definitions:
            self.definitions[short] = None  # It may lead to itself.
            outer, self._custom = self._custom, custom
            self.definitions[short] = self.node(self._schemas[name])
            self._custom = outer
        return short

    def node(self, schema: Mapping[str, Any]) -> Any:
        """One place of an object: a letter for a scalar, else a mapping; README.md has the keys."""
        made = self._node(schema)
        if self._custom and "default" in schema:
            made = {**(made if isinstance(made, dict) else {"scalar": made}), "default": schema["default"]}
        elif schema.get("default") not in (None, {}, "", 0):
            made = {"scalar": made, "default": schema["default"]}
        elif schema.get("default") == {} and isinstance(made, dict):
            made = {**made, "always": True}
        if schema.get("x-kubernetes-map-type") == "atomic" and isinstance(made, dict):
            made = {**made, "atomic": True}
        return made

    def _node(self, schema: Mapping[str, Any]) -> Any:
        for part in schema.get("allOf", [schema]):
            if "$ref" in part:
                return {"of": self.definition(part["$ref"])}
        if "properties" in schema:
            return {"fields": {name: self.node(field) for name, field in schema["properties"].items()}}
        if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
            return {"values": self.node(schema["additionalProperties"])}
        if schema.get("type") == "array":
            kind = schema.get("x-kubernetes-list-type", "atomic")
            keys = {"keys": schema["x-kubernetes-list-map-keys"]} if kind == "map" else {}
            return {"items": self.node(schema["items"]), "list": kind, **keys}
        is_either = schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string"
        if "oneOf" in schema or is_either:
            return "v" if is_either else "q"
        return _SCALARS.get(schema.get("type", ""), "x")


def recorded(kubeconfig: Path) -> dict[str, Any]:
    """What the server says of all kinds."""
    custom = {name.partition(" ")[0] for name in CUSTOM}
    schemas: dict[str, Any] = {}
    for group in (*GROUPS, *(f"apis/{version}" for version in sorted(custom))):
        schemas |= ask(kubeconfig, "GET", f"/openapi/v3/{group}")["components"]["schemas"]
    recorder = Recorder(schemas)
    kinds = {}
    for name, schema in sorted(schemas.items()):
        for meant in schema.get("x-kubernetes-group-version-kind", []):
            version = "/".join(filter(None, (meant["group"], meant["version"])))
            kind = f"{version} {meant['kind']}"
            if kind in CUSTOM or (meant["kind"] in KINDS and any(group.endswith(f"/{version}") for group in GROUPS)):
                kinds[kind] = recorder.definition(name, custom=kind in CUSTOM)
    served = {version: ask(kubeconfig, "GET", f"/apis/{version}")["resources"] for version in custom}
    with_status = {name: _has_status(served[name.partition(" ")[0]], name.partition(" ")[2]) for name in CUSTOM}
    return {"kinds": kinds, "custom": with_status, "definitions": recorder.definitions}


def _has_status(served: list[dict[str, Any]], kind: str) -> bool:
    """The status is a subresource of its own, which a write of the object cannot change."""
    return any(entry["kind"] == kind and entry["name"].endswith("/status") for entry in served)


def main() -> None:
    """Ask the server and write the file."""
    kubeconfig = Path(os.environ["KUBECONFIG"])
    found = recorded(kubeconfig)
    lines = [f"{json.dumps(name)}: {json.dumps(node, sort_keys=True)}" for name, node in sorted(found["definitions"].items())]
    SCHEMA.write_text(
        '{\n"server": ' + json.dumps(ask(kubeconfig, "GET", "/version")["gitVersion"]) + ',\n"kinds": '
        + json.dumps(found["kinds"], sort_keys=True) + ',\n"custom": ' + json.dumps(found["custom"], sort_keys=True)
        + ',\n"definitions": {\n' + ",\n".join(lines) + "\n}\n}\n"
    )  # fmt: skip


if __name__ == "__main__":
    main()
