# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What examples suppose: objects with their history, files, variables, what lies outside of the cluster, and what was done before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.functional.in_memory import InMemory

from .found import ROOT, Page

Json = dict[str, Any]
PASSWORD = "of-the-examples"
VERSIONS = ("1.1", "1.2", "1.3", "1.4")
"""The revisions of each workload."""
REGISTRY = "registry.example"


def _workload(kind: str, name: str, image: str, **spec: Any) -> Json:
    labels = {"app": name}
    container = {"name": name, "image": image, "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}}
    pod: Json = {"containers": [container]}
    body = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": body}


def web(name: str, version: str) -> Json:
    """A Deployment that is served by a Service, and part of the shop; its pods read a ConfigMap and two Secrets."""
    found = _workload("Deployment", name, f"{REGISTRY}/{name}:{version}", replicas=3)
    found["metadata"]["labels"] = {"app.kubernetes.io/part-of": "shop"}
    (container,) = found["spec"]["template"]["spec"]["containers"]
    container["envFrom"] = [{"configMapRef": {"name": f"{name}-config"}}, *({"secretRef": {"name": f"{name}-{end}"}} for end in _SECRETS)]
    return found


_SECRETS = ("secret", "login", "tls")
SERVED = ("web", "vweb", "api")


def database(name: str, version: str, replicas: int = 3) -> Json:
    """A StatefulSet."""
    return _workload("StatefulSet", name, f"{REGISTRY}/{name}:{version}", replicas=replicas, serviceName=name)


def agent(name: str, version: str) -> Json:
    """A DaemonSet."""
    return _workload("DaemonSet", name, f"{REGISTRY}/{name}:{version}")


def portal(version: str) -> Json:
    """A Deployment of two containers."""
    found = _workload("Deployment", "portal", f"{REGISTRY}/portal:{version}", replicas=4)
    containers = found["spec"]["template"]["spec"]["containers"]
    containers[0]["name"] = "app"
    containers.append({"name": "proxy", "image": f"{REGISTRY}/proxy:{version}"})
    return found


def _service(name: str, app: str) -> Json:
    spec = {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _config(name: str) -> list[Json]:
    config: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-config"}, "data": {"LOG_LEVEL": "info"}}
    secrets = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-{end}"}, "data": {"a": "MQ=="}} for end in _SECRETS]
    return [config, *secrets]


def _ingress() -> Json:
    """How users reach the shop from outside."""
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    rule = {"host": "shop.example", "http": {"paths": [path]}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop"}, "spec": {"rules": [rule]}}


def _routes() -> list[Json]:
    """The routes of a Gateway that lead to the shop as well."""
    backend = {"backendRefs": [{"name": "web", "port": 80}]}
    rules = {"HTTPRoute": [{"name": "main", **backend}], "GRPCRoute": [backend]}
    return [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": "web"},
            "spec": {"parentRefs": [{"name": "gateway"}], "rules": listed},
        }
        for kind, listed in rules.items()
    ]


def _objects(version: str) -> Mapping[str, list[Json]]:
    """The objects of each namespace."""
    cache = database("cache", version, 5)
    return {
        "shop": [
            *(obj for name in SERVED for obj in _config(name)),
            *(_service(name, name) for name in SERVED),
            _ingress(),
            *_routes(),
            *(web(name, version) for name in SERVED),
            portal(version),
            *(database("db", version, 5), database("todo-db", version), cache, agent("agent", version), agent("gateway", version)),
        ],
        "monitoring": [agent("agent", version)],
        "logging": [agent("log-agent", version)],
        "fresh": [],
    }


def prepare(cluster: InMemory) -> None:
    """Make the cluster that examples suppose."""
    for number, zone in enumerate(("a", "b", "c", "a", "b")):
        pool = "canary" if number == 0 else "usual"
        cluster.kubectl("label", "node", f"node-{number}", f"topology.kubernetes.io/zone={zone}", f"pool={pool}")
    for namespace in _objects(""):
        cluster.memory.make_namespace(namespace)
    for version in VERSIONS:
        for namespace, objects in _objects(version).items():
            _apply(cluster, namespace, objects)
        cluster.memory.clock.sleep(60)
    cluster.kubectl("--namespace", "shop", "label", "pod", "todo-db-0", "role=primary")


def _apply(cluster: InMemory, namespace: str, objects: Sequence[Json]) -> None:
    if objects:
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        cluster.kubectl("--namespace", namespace, "apply", "--filename=-", stdin=json.dumps(listed))


def _sides(cluster: InMemory) -> None:
    """Beside what serves there is a green side of the same, made by hand."""
    for name in SERVED:
        green = web(name, VERSIONS[-1])
        green["metadata"]["name"] += "-green"
        labels = {"app": name, "colour": "green"}
        green["spec"]["selector"]["matchLabels"] = green["spec"]["template"]["metadata"]["labels"] = labels
        _apply(cluster, "shop", [green])
    cluster.memory.clock.sleep(20)


def _split(cluster: InMemory) -> None:
    """Two versions stand beside each other, each behind its Service."""
    _apply(cluster, "shop", [web("web-canary", VERSIONS[-1]), _service("web-canary", "web-canary")])
    cluster.memory.clock.sleep(20)


def _on_its_way(cluster: InMemory) -> None:
    """Somebody has just changed images."""
    for kind, name in (("deployment", "web"), ("statefulset", "db")):
        cluster.kubectl("--namespace", "shop", "set", "image", f"{kind}/{name}", f"{name}={REGISTRY}/{name}:1.5")


def _missing(cluster: InMemory) -> None:
    """Somebody has just given the database an image that is not there."""
    cluster.kubectl("--namespace", "shop", "set", "image", "statefulset/db", f"db={REGISTRY}/db:missing")


def _preview(name: str) -> Callable[[InMemory], None]:
    """There is a preview Service; without an example that names it, it would be in the way."""
    return lambda cluster: _apply(cluster, "shop", [_service(f"{name}-preview", name)])


ACTS: Mapping[str, Callable[[InMemory], None]] = {
    "service_switch": _sides,
    "docs/guide_service_switch.md": _sides,
    "traffic_split": _split,
    "wait": _on_its_way,
    "docs/guide_from_kubectl_rollout.md fails": _missing,
    "web-preview": _preview("web"),
    "vweb-preview": _preview("vweb"),
}
"""What else is supposed, by a page (one where it shows a failure has ` fails` behind it), a module, a title, or a Service that is named."""


def _task(module: str, register: str = "", **options: Any) -> Json:
    return {f"rollout.kubernetes.{module}": options, **({"register": register} if register else {})}


def _stepping(name: str) -> Json:
    return _task("partition", namespace="shop", name=name, image=f"{REGISTRY}/{name}:2.0", steps="one_by_one", stop_before=0)


_NEXT = {"name": "web", "namespace": "shop", "image": f"{REGISTRY}/web:2.0"}
_VWEB = {"name": "vweb", "namespace": "shop", "image": f"{REGISTRY}/vweb:2.0"}
_DB = {"kind": "StatefulSet", "name": "db", "namespace": "shop", "image": f"{REGISTRY}/db:2.0"}
BEFORE: Mapping[str, list[Json]] = {
    "promote": [_task("blue_green", "prepared", **_NEXT, stop_before="switch")],
    "abort": [_task("blue_green", "prepared", **_NEXT, stop_before="switch"), _stepping("todo-db"), _stepping("cache")],
    "resume": [_task("pause", namespace="shop", workloads=[{"name": name} for name in SERVED])],
}
"""Tasks before those that begin with a module."""
_APPROVED = [
    _task("blue_green", "prepared", **_NEXT, stop_before="switch"),
    {"ansible.builtin.set_fact": {"rollout_report": "{{ prepared }}"}},
]
BEFORE_EXAMPLE: Mapping[str, list[Json]] = {
    "Bring back what the route was like before": [
        _task("traffic_split", kind="HTTPRoute", name="web", namespace="shop", weights={"web": 95, "web-canary": 5})
    ],
    "One step further": [_task("canary", **_NEXT, hold=0, stop_before="weight_50")],
    "Back to one plain Deployment": [_task("blue_green", **_NEXT)],
    "blue_green_leave=true": [_task("blue_green", **_VWEB, preview_service="vweb-preview")],
    "blue_green_image=nginx:1.32-alpine": [_task("blue_green", **_VWEB, preview_service="vweb-preview", stop_before="switch")],
    "rolling_partition=0 --check": [_task("rolling", **_DB, partition=3)],
    "Give the traffic to the candidate that was approved": _APPROVED,
    "Give up the candidate that was not approved": _APPROVED,
    "promote_application, promote_namespace, promote_expect": _APPROVED,
    "rolling_expect_plan": [
        {**_task("rolling", "checked", **_VWEB), "check_mode": True},
        {"ansible.builtin.set_fact": {"rollout_report": "{{ checked }}"}},
    ],
}
"""Tasks before an example whose title has these words."""
REFUSED: Mapping[str, str] = {
    "Look at manifests without any cluster, in a merge request; warnings fail as well": "warnings and 1 hint, and fails for",
    "Give up the candidate that was not approved": "and abort_fail is set: so the job fails",
    " expect_plan=p1-": "This is another plan than the one that was approved",
}
"""Examples that are refused as they should be, although no page shows it, by words of their titles; with words of the refusal. A hash of a
plan is of the page's own cluster."""
SHOWN_ELSEWHERE = {"docs/guide_preflight.md": {"vweb.yml": "tests/demo/vweb-as-written.manifests"}}
"""Files that a page names and does not show."""

VARIABLES = {
    "vaulted_certificate": "of the test",
    "vaulted_key": "of the test",
    "vaulted_token": "of-the-test",
    "colour": "green",
    "awx_webhook_payload": {"release": {"tag_name": "2.0"}},
    "blue_green_approved": True,
    "canary_approved": True,
}


def _behind_preview(cluster: InMemory) -> str:
    (found,) = (obj for obj in cluster.memory.all("shop", "EndpointSlice") if obj["metadata"]["name"].startswith("vweb-preview"))
    return " ".join(endpoint["targetRef"]["name"] for endpoint in found["endpoints"])


ANSWERS: Mapping[str, str | Callable[[InMemory], str]] = {
    "kubectl --namespace shop exec todo-db-0 -- patronictl": json.dumps(
        [{"Member": f"todo-db-{number}", "Role": "Leader" if number == 1 else "Replica"} for number in range(3)]
    ),
    "kubectl --namespace default exec todo-db-0 -- sh /scripts/read-only.sh": "done",
    "kubectl -n shop get endpointslices -l kubernetes.io/service-name=vweb-preview ": _behind_preview,
    "helm upgrade web charts/web": "",
}
"""What programs print that tasks run; each begins so."""


def files(page: Page) -> dict[str, str]:
    """Each file that examples name, with those that their page shows."""
    elsewhere = {name: (ROOT / path).read_text("utf-8") for name, path in SHOWN_ELSEWHERE.get(page.name, {}).items()}
    manifests = [*_config("web")[:2], _service("web", "web"), web("web", "2.0")]
    task = [{"name": "Do something", "ansible.builtin.debug": {"msg": "{{ rollout_step | default('done') }}"}}]
    hooks = ("announce", "silence", "smoke_test", "drain_connections", "check_replication", "read_only", "read_write")
    shown = {
        "web.yml": _yaml(manifests),
        "web.yml.j2": _yaml(manifests),
        "vweb.yml": _yaml([*_config("vweb")[:2], _service("vweb", "vweb"), web("vweb", "2.0")]),
        "todo-db.yml": _yaml([_service("todo-db", "todo-db"), database("todo-db", "2.0")]),
        "configuration.yml": _yaml(_config("shop")),
        "web.conf": "a = 1\n",
        "config/app.properties": "a = 2\n",
        "config/v41/app.properties": "a = 41\n",
        "secrets/password.vault": _vaulted("correct horse"),
        "files/web.crt": "of the test\n",
        "files/web.key.vault": _vaulted("of the test"),
        "watch-the-agents.yml": json.dumps(task),
        **{f"hooks/{name}.yml": json.dumps(task) for name in hooks},
    }
    samples = (ROOT / "docs" / "examples" / "todo-db").iterdir()
    return {**shown, **{path.name: path.read_text("utf-8") for path in samples}, **page.files, **elsewhere}


def write(folder: Path, page: Page) -> None:
    """Write these files."""
    for name, text in files(page).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _yaml(objects: Sequence[Json]) -> str:
    return "---\n".join(f"{json.dumps(obj, indent=2)}\n" for obj in objects)


def _vaulted(text: str) -> str:
    secret = VaultSecret(PASSWORD.encode())
    encrypted: bytes = VaultLib([(DEFAULT_VAULT_ID_MATCH, secret)]).encrypt(text, secret)
    return encrypted.decode()
