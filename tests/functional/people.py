# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people do to the cluster in memory by kubectl: the commands that tests begin with or meddle by, as requests of the same manager.

No stand-in for kubectl where something is compared with it: such a test needs the real server and the real kubectl.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, Resource

from tests.memory.cluster import Memory
from tests.memory.kinds import SERVED
from tests.memory.requests import APPLY, JSON_PATCH, MERGE_PATCH, Request

from .by_hand import is_rolled_out

KINDS: Mapping[tuple[str, str], Resource] = {(resource.api_version, resource.kind): resource for resource in SERVED}

SHORT = {
    "deploy": "Deployment",
    "sts": "StatefulSet",
    "ds": "DaemonSet",
    "svc": "Service",
    "cm": "ConfigMap",
    "hpa": "HorizontalPodAutoscaler",
}
SHORT |= {"pdb": "PodDisruptionBudget", "po": "Pod", "ns": "Namespace", "rs": "ReplicaSet", "quota": "ResourceQuota"}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
REVISION = "deployment.kubernetes.io/revision"
PATIENCE = 600.0


class Refused(AssertionError):
    """The server's refusal."""


class People:
    """Does commands of kubectl in a namespace; `PermissionError` for one that it does not know."""

    def __init__(self, memory: Memory, namespace: str) -> None:
        self._memory, self._namespace = memory, namespace

    def do(self, arguments: Sequence[str], stdin: str | None) -> str:
        """Do one command and return what it prints."""
        parser = argparse.ArgumentParser(exit_on_error=False, add_help=False, allow_abbrev=False)
        parser.add_argument("--filename", "-f")
        parser.add_argument("--server-side", action="store_true")
        parser.add_argument("--force-conflicts", action="store_true")
        parser.add_argument("--field-manager", default="")
        parser.add_argument("--output", "-o", default="")
        parser.add_argument("--show-managed-fields", action="store_true")
        parser.add_argument("--replicas", type=int)
        parser.add_argument("--type", default="strategic")
        parser.add_argument("--patch", "-p")
        parser.add_argument("--overwrite", action="store_true")
        parser.add_argument("--for", dest="awaited")
        parser.add_argument("--timeout")
        parser.add_argument("--wait", default="true")
        parser.add_argument("--now", action="store_true")
        parser.add_argument("--selector", "-l", default="")
        parser.add_argument("--all", action="store_true")
        parser.add_argument("--to-revision", type=int, default=0)
        parser.add_argument("--subresource", default="")
        parser.add_argument("--watch", default="true")
        parser.add_argument("--min", type=int)
        parser.add_argument("--max", type=int)
        parser.add_argument("--raw", default="")
        given, rest = parser.parse_known_args(list(arguments))
        words = [word for word in rest if not word.startswith("--") or "=" not in word]
        unknown = [word for word in rest if word.startswith("-") and not re.fullmatch(r"[\w./-]+-", word)]
        verb = " ".join(words[:2]) if words[0] in ("rollout", "set") else words[0]
        act = getattr(self, f"_{verb.replace(' ', '_')}", None)
        if unknown or act is None:
            raise NotImplementedError(f"kubectl {' '.join(arguments)}: mark the test as one for the real server")
        printed: str = act(words[len(verb.split()) :], given, stdin) or ""
        return printed

    # --- objects --------------------------------------------------------------------------------------------------------------

    def _create(self, words: list[str], given: argparse.Namespace, stdin: str | None) -> None:
        if words or given.filename != "-":
            raise NotImplementedError(f"kubectl create {' '.join(words)}: mark the test as one for the real server")
        for obj in _objects(stdin):
            self._send("POST", obj, body=obj, manager=given.field_manager or "kubectl-create")

    def _apply(self, _words: list[str], given: argparse.Namespace, stdin: str | None) -> None:
        for obj in _objects(stdin):
            if given.server_side:
                more = {"force": "true"} if given.force_conflicts else {"force": "false"}
                self._send("PATCH", obj, body=obj, manager=given.field_manager or "kubectl", content_type=APPLY, **more)
                continue
            text = json.dumps(obj, separators=(",", ":"), sort_keys=True) + "\n"
            metadata = obj["metadata"]
            noted = {**obj, "metadata": {**metadata, "annotations": {**metadata.get("annotations", {}), LAST_APPLIED: text}}}
            live = self._live(obj)
            if live is None:
                self._send("POST", obj, body=noted, manager="kubectl-client-side-apply")
                continue
            before = json.loads(live["metadata"].get("annotations", {}).get(LAST_APPLIED, "{}"))
            merged = _merged(_without(live, before, obj), noted)
            self._send("PUT", obj, body=merged, manager="kubectl-client-side-apply")

    def _get(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> str:
        if given.selector or "?" in given.raw:
            raise NotImplementedError("kubectl get with a query: mark the test as one for the real server")
        if given.raw:
            return json.dumps(self._answer(Request("GET", given.raw)))
        resource, names = self._named(words)
        if names:
            found = self._one(resource, names[0])
        else:
            listed = self._all(resource)
            found = {"items": [{"apiVersion": resource.api_version, "kind": resource.kind, **item} for item in listed]}
        if given.output.startswith("jsonpath="):
            value = _at(found, given.output.partition("=")[2])
            return value if isinstance(value, str) else json.dumps(value) if value is not None else ""
        if given.output != "json":
            raise NotImplementedError("kubectl get prints tables on the real server only")
        return json.dumps(found)

    def _delete(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        resource, names = self._named(words)
        if given.selector:
            raise NotImplementedError("kubectl delete of several: mark the test as one for the real server")
        names = [obj["metadata"]["name"] for obj in self._all(resource)] if given.all else names
        for name in names:
            uid = self._one(resource, name)["metadata"]["uid"]
            body = {"propagationPolicy": "Background", **({"gracePeriodSeconds": 1} if given.now else {})}
            self._answer(Request("DELETE", f"{self._path(resource)}/{name}", body=body))
            if given.wait == "true":
                self._until(lambda name=name, uid=uid: self._uid(resource, name) != uid, f"{name} is gone")  # type: ignore[misc]

    def _patch(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        resource, names = self._named(words)
        change = json.loads(given.patch)
        for name in names:
            path = f"{self._path(resource)}/{name}" + (f"/{given.subresource}" if given.subresource else "")
            if given.type == "strategic":
                live = self._one(resource, name)
                self._answer(Request("PUT", path, {"fieldManager": "kubectl-patch"}, _unversioned(_merged(live, change))))
            else:
                kind = JSON_PATCH if given.type == "json" else MERGE_PATCH
                self._answer(Request("PATCH", path, {"fieldManager": "kubectl-patch"}, change, kind))

    def _annotate(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        self._mark("annotations", words, given)

    def _label(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        self._mark("labels", words, given)

    def _mark(self, what: str, words: list[str], given: argparse.Namespace) -> None:
        pairs = [word for word in words if "=" in word or word.endswith("-")]
        resource, names = self._named([word for word in words if word not in pairs])
        marks: dict[str, str | None] = {}
        for pair in pairs:
            key, given_value, value = pair.partition("=")
            marks[key if given_value else pair.removesuffix("-")] = value if given_value else None
        manager = "kubectl-label" if what == "labels" else "kubectl-annotate"
        for name in names or [obj["metadata"]["name"] for obj in self._all(resource) if given.all]:
            self._change(resource, name, {"metadata": {what: marks}}, manager)

    def _scale(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        resource, names = self._named(words)
        for name in names:
            self._change(resource, name, {"spec": {"replicas": given.replicas}}, "kubectl")

    def _set_image(self, words: list[str], _given: argparse.Namespace, _stdin: str | None) -> None:
        pairs = [word for word in words if "=" in word]
        resource, names = self._named([word for word in words if word not in pairs])
        self._edit_containers(resource, names[0], {name: {"image": image} for name, image in (pair.split("=", 1) for pair in pairs)})

    def _set_env(self, words: list[str], _given: argparse.Namespace, _stdin: str | None) -> None:
        pairs = [word for word in words if "=" in word]
        resource, names = self._named([word for word in words if word not in pairs])
        env = [{"name": name, "value": value} for name, value in (pair.split("=", 1) for pair in pairs)]
        live = self._one(resource, names[0])
        containers = live["spec"]["template"]["spec"]["containers"]
        self._edit_containers(resource, names[0], {container["name"]: {"env": env} for container in containers})

    # --- rollouts -------------------------------------------------------------------------------------------------------------

    def _autoscale(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        resource, (name,) = self._named(words)
        target = {"apiVersion": resource.api_version, "kind": resource.kind, "name": name}
        spec = {"scaleTargetRef": target, "minReplicas": given.min, "maxReplicas": given.max}
        obj = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}
        self._send("POST", obj, body=obj, manager="kubectl-autoscale")

    def _rollout_status(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> str:
        resource, (name,) = self._named(words)
        if given.watch == "false" and not is_rolled_out(self._one(resource, name)):
            return f"Waiting for {resource.kind.lower()} {name!r} to roll out"
        self._until(lambda: is_rolled_out(self._one(resource, name)), f"{resource.kind} {name} is rolled out")
        return f'{resource.kind.lower()} "{name}" successfully rolled out'

    def _rollout_pause(self, words: list[str], _given: argparse.Namespace, _stdin: str | None) -> None:
        resource, (name,) = self._named(words)
        self._change(resource, name, {"spec": {"paused": True}}, "kubectl-rollout")

    def _rollout_resume(self, words: list[str], _given: argparse.Namespace, _stdin: str | None) -> None:
        resource, (name,) = self._named(words)
        self._change(resource, name, {"spec": {"paused": None}}, "kubectl-rollout")

    def _rollout_restart(self, words: list[str], _given: argparse.Namespace, _stdin: str | None) -> None:
        resource, (name,) = self._named(words)
        marks = {RESTARTED: self._memory.clock.now().isoformat()}
        self._change(resource, name, {"spec": {"template": {"metadata": {"annotations": marks}}}}, "kubectl-rollout")

    def _rollout_undo(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        resource, (name,) = self._named(words)
        live = self._one(resource, name)
        kept = {number: template for number, template in self._templates(live) if template != live["spec"]["template"]}
        chosen = given.to_revision or max(kept, default=0)
        if chosen not in kept:
            raise Refused(f"error: no rollout history found for {resource.kind.lower()} {name!r}")
        body = _unversioned({**live, "spec": {**live["spec"], "template": kept[chosen]}})
        self._answer(Request("PUT", f"{self._path(resource)}/{name}", {"fieldManager": "kubectl-rollout"}, body))

    def _rollout_history(self, words: list[str], _given: argparse.Namespace, _stdin: str | None) -> str:
        resource, (name,) = self._named(words)
        return "\n".join(str(number) for number, _template in sorted(self._templates(self._one(resource, name))))

    def _templates(self, live: Mapping[str, Any]) -> Iterable[tuple[int, Any]]:
        uid = live["metadata"]["uid"]
        plural = "ReplicaSet" if live["kind"] == "Deployment" else "ControllerRevision"
        for obj in self._all(_resource(plural)):
            if not any(owner["uid"] == uid for owner in obj["metadata"].get("ownerReferences", ())):
                continue
            if plural == "ReplicaSet":
                template = copy.deepcopy(obj["spec"]["template"])
                template["metadata"]["labels"].pop("pod-template-hash", None)
                yield int(obj["metadata"]["annotations"][REVISION]), template
            else:
                template = {key: value for key, value in obj["data"]["spec"]["template"].items() if key != "$patch"}
                yield obj["revision"], template

    def _wait(self, words: list[str], given: argparse.Namespace, _stdin: str | None) -> None:
        resource, names = self._named(words)
        how, _, what = given.awaited.partition("=")
        if how == "delete":
            self._until(lambda: all(self._uid(resource, name) is None for name in names), f"{names} are gone")
            return
        if how != "jsonpath":
            raise NotImplementedError(f"kubectl wait --for={given.awaited}")
        path, _, value = what.partition("=")
        for name in names:
            self._until(lambda name=name: _text(_at(self._one(resource, name), path)) == value, given.awaited)  # type: ignore[misc]

    # --- requests -------------------------------------------------------------------------------------------------------------

    def _named(self, words: Sequence[str]) -> tuple[Resource, list[str]]:
        """Read `deployment/web`, `deployment web api` and `pods`."""
        if "/" in words[0]:
            pairs = [word.split("/", 1) for word in words]
            return _resource(pairs[0][0]), [name for _kind, name in pairs]
        return _resource(words[0]), list(words[1:])

    def _path(self, resource: Resource, namespace: str = "") -> str:
        root = "/api" if "/" not in resource.api_version else "/apis"
        place = f"/namespaces/{namespace or self._namespace}" if resource.namespaced else ""
        return f"{root}/{resource.api_version}{place}/{resource.plural}"

    def _answer(self, request: Request) -> Any:
        status, body = self._memory.server.answer(request)
        self._memory.clock.sleep(0.001)
        if status >= 400:
            raise Refused(f"Error from server ({(body or {}).get('reason')}): {(body or {}).get('message')}")
        return body

    def _send(self, method: str, obj: Mapping[str, Any], *, body: Any, manager: str, content_type: str = "", **query: str) -> None:
        resource = KINDS[obj["apiVersion"], obj["kind"]]
        path = self._path(resource, obj["metadata"].get("namespace", ""))
        if method == "PUT" and resource in KNOWN.values():  # As kubectl, which sends patches; of other kinds no update is taken so.
            body = _unversioned(body)
        path += "" if method == "POST" else f"/{obj['metadata']['name']}"
        self._answer(Request(method, path, {"fieldManager": manager, **query}, body, content_type))

    def _change(self, resource: Resource, name: str, change: Any, manager: str) -> None:
        self._answer(Request("PATCH", f"{self._path(resource)}/{name}", {"fieldManager": manager}, change, MERGE_PATCH))

    def _edit_containers(self, resource: Resource, name: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
        live = self._one(resource, name)
        containers = [{"name": container, **change} for container, change in changes.items()]
        body = _merged(live, {"spec": {"template": {"spec": {"containers": containers}}}})
        self._answer(Request("PUT", f"{self._path(resource)}/{name}", {"fieldManager": "kubectl-set"}, _unversioned(body)))

    def _one(self, resource: Resource, name: str) -> Any:
        return self._answer(Request("GET", f"{self._path(resource)}/{name}"))

    def _all(self, resource: Resource) -> list[Any]:
        found: list[Any] = self._answer(Request("GET", self._path(resource)))["items"]
        return found

    def _live(self, obj: Mapping[str, Any]) -> Any:
        resource = KINDS[obj["apiVersion"], obj["kind"]]
        return self._memory.server.store.get(resource, obj["metadata"].get("namespace") or self._namespace, obj["metadata"]["name"])

    def _uid(self, resource: Resource, name: str) -> str | None:
        found = self._memory.server.store.get(resource, self._namespace, name)
        return found["metadata"]["uid"] if found else None

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        clock = self._memory.clock
        late = clock.seconds + PATIENCE
        while not holds():
            if clock.seconds > late:
                raise AssertionError(f"Not within {PATIENCE:g} s of the clock: {what}")
            clock.sleep(0.05)


def _resource(word: str) -> Resource:
    """The resource that a word means: plural, kind, short name."""
    kind = SHORT.get(word.lower(), word.partition(".")[0]).lower()
    for resource in SERVED:
        if kind in (resource.kind.lower(), resource.plural):
            return resource
    raise NotImplementedError(f"kubectl with {word}: mark the test as one for the real server")


def _objects(text: str | None) -> list[Any]:
    """The objects in a JSON text, those of a List each."""
    whole = json.loads(text or "")
    return whole["items"] if whole["kind"] == "List" else [whole]


def _merged(old: Any, new: Any) -> Any:
    """Merge as a strategic merge patch does, as far as tests need it: maps by key, lists of named items by name, null removes."""
    if isinstance(old, dict) and isinstance(new, dict):
        merged = {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
        return {key: value for key, value in merged.items() if value is not None}
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(item, dict) and "name" in item for item in (*old, *new)):
        by_name = {item["name"]: item for item in old}
        return list((by_name | {item["name"]: _merged(by_name.get(item["name"], {}), item) for item in new}).values())
    return {key: _merged({}, value) for key, value in new.items() if value is not None} if isinstance(new, dict) else new


def _without(live: Any, before: Any, now: Any) -> Any:
    """Leave out what was applied before and is not any more."""
    if isinstance(live, dict) and isinstance(before, dict) and isinstance(now, dict):
        gone = set(before) - set(now)
        return {key: _without(value, before.get(key), now.get(key)) for key, value in live.items() if key not in gone}
    if (
        isinstance(live, list)
        and isinstance(before, list)
        and isinstance(now, list)
        and live
        and isinstance(live[0], dict)
        and "name" in live[0]
    ):
        olds, nows = ({item.get("name"): item for item in items} for items in (before, now))
        kept = [item for item in live if item["name"] in nows or item["name"] not in olds]
        return [_without(item, olds.get(item["name"]), nows.get(item["name"])) for item in kept]
    return live


def _unversioned(obj: Any) -> Any:
    """Leave out the version that was read: what people change by kubectl is changed whatever has happened since."""
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "resourceVersion"}}


def _at(obj: Any, path: str) -> Any:
    """The value at a path of kubectl's: `{.status.observedGeneration}`."""
    if not re.fullmatch(r"\{[.\w\[\]]+\}", path):
        raise NotImplementedError(f"the path {path}")
    for key in re.findall(r"\w+", path):
        obj = obj[int(key)] if isinstance(obj, list) else obj.get(key) if isinstance(obj, dict) else None
    return obj


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
