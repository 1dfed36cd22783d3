# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests do in the place of kubectl leaves the same objects, with the same managers of their fields, as kubectl itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .workloads import applied, create, grant, observed, of_kind, rolled_out, set_image


def left(get: Any, kind: str, name: str) -> tuple[dict[str, Any], list[Any]]:
    """An object without what must differ, and who manages its fields."""
    found = json.loads(json.dumps(get(kind, name)).replace(name, "NAME"))
    metadata = found["metadata"]
    for key in ("uid", "resourceVersion", "creationTimestamp"):
        metadata.pop(key)
    fields = [
        (entry["manager"], entry["operation"], entry["fieldsV1"]) for entry in metadata.pop("managedFields") if "subresource" not in entry
    ]
    return {"metadata": metadata, "spec": found["spec"]}, sorted(fields, key=str)


@pytest.mark.parametrize("how", [create, applied])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_objects_and_managers_are_the_same(kubectl, get, deployment, kind, how):
    def by_kubectl(*arguments: str, **more: Any) -> Any:
        return kubectl(*arguments, **more)  # Without the place that `kubectl` has, helpers start the program.

    for name, by in (("by-program", by_kubectl), ("by-request", kubectl)):
        manifest = deployment(name, replicas=2, env=[{"name": "A", "value": "<ü> & 'x'"}])
        how(by, manifest if kind == "Deployment" else of_kind(kind, manifest))
        rolled_out(by, f"{kind.lower()}/{name}")
        set_image(by, "2", f"{kind.lower()}/{name}")
        observed(by, f"{kind.lower()}/{name}")
        rolled_out(by, f"{kind.lower()}/{name}")
    assert left(get, kind, "by-program") == left(get, kind, "by-request")


def test_what_is_there_is_applied_by_kubectl_and_rights_are_granted(kubectl, get, apply, deployment):
    apply(deployment(env=[{"name": "A", "value": "1"}]))
    apply(deployment(image="registry.example/web:2"))
    (container,) = get("deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert (container["image"], "env" in container) == ("registry.example/web:2", False)
    namespace = get("deployment", "web")["metadata"]["namespace"]
    grant(kubectl, "somebody", verbs="get,list", resources="pods,deployments.apps")
    grant(kubectl, f"{namespace}:default", cluster_role="view")
    account = f"--as=system:serviceaccount:{namespace}:default"
    asked = [("list", "deployments.apps", "--as=somebody"), ("get", "pods", account), ("delete", "pods", "--as=somebody")]
    assert [kubectl("auth", "can-i", *words, check=False).code for words in asked] == [0, 0, 1]
