# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record how the real API server's objects are built: `./dev exec python -m tests.memory.record`, with KUBECONFIG set, writes schema.json.

Only what merging, owning and checking fields needs is kept: names, types, keys of lists. To be run again for a new Kubernetes.
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
_SCALARS = {"string": "s", "integer": "i", "number": "n", "boolean": "b"}


class Recorder:
    """Collects the definitions that the kinds lead to."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self.definitions: dict[str, Any] = {}

    def definition(self, reference: str) -> str:
        """Take a definition in; its name."""
        name = reference.rpartition("/")[2]
        short = name.removeprefix("io.k8s.").removeprefix("api.").removeprefix("apimachinery.pkg.")
        if short not in self.definitions:
            self.definitions[short] = None  # It may lead to itself.
            self.definitions[short] = self.node(self._schemas[name])
        return short

    def node(self, schema: Mapping[str, Any]) -> Any:
        """One place of an object: a letter for a scalar, else a mapping; README.md has the keys."""
        made = self._node(schema)
        if schema.get("default") not in (None, {}, "", 0):
            made = {"scalar": made, "default": schema["default"]}
        elif schema.get("default") == {} and isinstance(made, dict):
            made = {**made, "always": True}
        if schema.get("x-kubernetes-map-type") == "atomic" and isinstance(made, dict):
            made = {**made, "atomic": True}
        return made

    def _node(self, schema: Mapping[str, Any]) -> Any:
        for part in schema.get("allOf", [schema] if "$ref" in schema else []):
            return {"of": self.definition(part["$ref"])}
        if "properties" in schema:
            return {"fields": {name: self.node(field) for name, field in schema["properties"].items()}}
        if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
            return {"values": self.node(schema["additionalProperties"])}
        if schema.get("type") == "array":
            kind = schema.get("x-kubernetes-list-type", "atomic")
            keys = {"keys": schema["x-kubernetes-list-map-keys"]} if kind == "map" else {}
            return {"items": self.node(schema["items"]), "list": kind, **keys}
        if "oneOf" in schema:
            return "v" if schema.get("format") == "int-or-string" else "q"
        return _SCALARS.get(schema.get("type", ""), "x")


def main() -> None:
    """Ask the server and write the file."""
    kubeconfig = Path(os.environ["KUBECONFIG"])
    schemas: dict[str, Any] = {}
    for group in GROUPS:
        schemas |= ask(kubeconfig, "GET", f"/openapi/v3/{group}")["components"]["schemas"]
    recorder = Recorder(schemas)
    kinds = {}
    for name, schema in sorted(schemas.items()):
        for meant in schema.get("x-kubernetes-group-version-kind", []):
            version = "/".join(filter(None, (meant["group"], meant["version"])))
            if meant["kind"] in KINDS and any(group.endswith(f"/{version}") for group in GROUPS):
                kinds[f"{version} {meant['kind']}"] = recorder.definition(name)
    lines = [f"{json.dumps(name)}: {json.dumps(node, sort_keys=True)}" for name, node in sorted(recorder.definitions.items())]
    SCHEMA.write_text(
        '{\n"server": ' + json.dumps(ask(kubeconfig, "GET", "/version")["gitVersion"]) + ',\n"kinds": '
        + json.dumps(kinds, sort_keys=True) + ',\n"definitions": {\n' + ",\n".join(lines) + "\n}\n}\n"
    )  # fmt: skip


if __name__ == "__main__":
    main()
