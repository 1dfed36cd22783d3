# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API server: reads, lists, writes, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import ACCESS_REVIEW, KNOWN, Resource

from . import checks, evictions, managed, quota, refusals, schema
from .bodies import annotated, ignored, is_newer, kind, matcher, merge_patched, placed, refuse_misfits, untyped
from .clock import Clock
from .defaults import completed
from .json_patch import patched
from .logs import LogAnswer, Logs
from .requests import APPLY, JSON_PATCH, Place, Request, kinds_of, place_of
from .rights import Rights
from .schema import Json
from .store import Store
from .watches import Stream, Watches

NAMESPACE = KNOWN["v1", "Namespace"]
CONTROLLERS = "kube-controller-manager"
_GENERATION = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "PodDisruptionBudget", "Pod", "Ingress", "NetworkPolicy"}
)
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_CREATED_BY_UPDATE = ("Lease",)
_VERSION_NEEDED = ("Lease", "PodDisruptionBudget")
_NEVER_OWNED = frozenset({"Pod", "ReplicaSet", "EndpointSlice", "Event", "ControllerRevision"})
"""Kinds whose `managedFields` nobody looks at: they are left out where controllers write."""


class Server:
    """Answers requests at once; who asks has waited for the way there and back."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.store = Store(clock)
        self.watches = Watches(self.store)
        self.logs = Logs(self.store)
        self.rights = Rights()
        self.admission: list[Callable[[Resource, Json], None]] = []
        """Called with each object before it is created; raise `Refusal` to refuse it."""
        self.minor = "36"
        self._pages: dict[str, tuple[list[Json], str]] = {}
        self._addresses = 0

    # --- from outside ---------------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> tuple[int, Json]:
        """Status and body; of a refusal too."""
        try:
            return self._answered(request)
        except refusals.Refusal as refusal:
            return refusal.code, refusal.body

    def watch(self, request: Request) -> Stream:
        """A watch; raises `Refusal`."""
        place = place_of(request.path)
        self._check(request, "watch", place)
        seconds = float(request.query.get("timeoutSeconds", 300))
        version = request.query.get("resourceVersion", "")
        return self.watches.begin(place.resource, place.namespace, matcher(request.query), version, seconds)

    def follow(self, request: Request) -> LogAnswer:
        """A log that goes on; raises `Refusal`."""
        place = place_of(request.path)
        self._check(request, "get", place)
        return LogAnswer(self.logs, self._found(place))

    def _answered(self, request: Request) -> tuple[int, Json]:
        if request.path == "/version":
            return 200, {"major": "1", "minor": self.minor, "gitVersion": f"v1.{self.minor}.3"}
        parts = request.path.strip("/").split("/")
        if len(parts) == (2 if parts[0] == "api" else 3):
            found = kinds_of("/".join(parts[1:]))
            return (200, found) if found else (404, None)
        place = place_of(request.path)
        if place.below == "eviction":
            self._check(request, "create", place)
            return 201, evictions.evict(self, place, request.body)
        if place.resource == ACCESS_REVIEW:
            return 201, {**request.body, "status": {"allowed": self.rights.allow(request.user, request.body["spec"]["resourceAttributes"])}}
        return _METHODS[request.method](self, request, place)

    def _check(self, request: Request, verb: str, place: Place) -> None:
        self.rights.check(request.user, verb, place.plural, place.resource.group, place.namespace, place.name)

    # --- reading --------------------------------------------------------------------------------------------------------------

    def _get(self, request: Request, place: Place) -> tuple[int, Json]:
        if not place.name:
            self._check(request, "list", place)
            return 200, self._listed(request, place)
        self._check(request, "get", place)
        found = self._found(place)
        return 200, self.logs.tail(found, request.query) if place.below == "log" else found

    def _found(self, place: Place) -> Json:
        obj = self.store.get(place.resource, place.namespace, place.name)
        if obj is None:
            raise refusals.not_found(place.resource.plural, place.resource.group, place.name)
        return obj

    def _listed(self, request: Request, place: Place) -> Json:
        token, limit = request.query.get("continue", ""), int(request.query.get("limit", 0) or 0)
        if token:
            found, version = self._pages.pop(token)
            if int(version) < self.store.forgotten:
                raise refusals.Refusal(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")
        else:
            matches = matcher(request.query)
            found = [obj for obj in self.store.all(place.resource, place.namespace) if matches(obj)]
            version = str(self.store.version)
        page, rest = (found[:limit], found[limit:]) if limit else (found, [])
        more: dict[str, Any] = {}
        if rest:
            token = f"{version}-{len(self._pages)}-{len(rest)}"
            self._pages[token] = rest, version
            more = {"continue": token, "remainingItemCount": len(rest)}
        items = [{key: value for key, value in obj.items() if key not in ("apiVersion", "kind")} for obj in page]
        kind = {"kind": f"{place.resource.kind}List", "apiVersion": place.resource.api_version}
        return {**kind, "metadata": {"resourceVersion": version, **more}, "items": items}

    # --- writing --------------------------------------------------------------------------------------------------------------

    def _post(self, request: Request, place: Place) -> tuple[int, Json]:
        self._check(request, "create", place)
        body = placed(request.body, place)
        refuse_misfits(body, place)
        return 201, self.create(place.resource, body, manager=request.manager, dry_run=request.is_dry)

    def create(self, resource: Resource, body: Json, *, manager: str = CONTROLLERS, dry_run: bool = False) -> Json:
        """Make an object."""
        metadata = dict(body["metadata"])
        if not metadata.get("name"):
            metadata["name"] = metadata.get("generateName", "") + self.store.suffix()
        obj = completed({**body, **kind(resource), "metadata": metadata})
        blank = {"metadata": {}, **schema.blank(schema.root(resource.api_version, resource.kind))}
        return self._made(resource, self._owned(resource, blank, obj, manager), dry_run=dry_run)

    def _made(self, resource: Resource, obj: Json, *, dry_run: bool) -> Json:
        """Admit, check and store a new object."""
        metadata = obj["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        if resource.namespaced and self.store.get(NAMESPACE, "", namespace) is None:
            raise refusals.not_found("namespaces", "", namespace)
        stamped = {**metadata, "uid": self.store.uid(), "creationTimestamp": self.store.stamp()}
        custom = schema.is_custom(resource.api_version, resource.kind)
        if custom or resource.kind in _GENERATION:
            stamped["generation"] = 1
        stamped.pop("resourceVersion", None)
        obj = {**obj, "metadata": stamped}
        if custom:
            obj = obj if not _has_status(resource) else {key: value for key, value in obj.items() if key != "status"}
        elif "status" in obj and resource.kind != "Pod":
            obj["status"] = {} if resource.kind != "Namespace" else {"phase": "Active"}
        if resource.kind == "Service":
            obj = self._addressed(obj)
        causes = checks.wrong(obj)
        if causes:
            raise refusals.invalid(resource.kind, resource.group, name, causes)
        for admit in self.admission:
            admit(resource, obj)
        quota.check(self.store, resource, obj)
        if self.store.get(resource, namespace, name) is not None:
            raise refusals.exists(resource.plural, resource.group, name)
        return obj if dry_run else self.store.put(resource, obj)

    def _put(self, request: Request, place: Place) -> tuple[int, Json]:
        self._check(request, "update", place)
        body = placed(request.body, place)
        refuse_misfits(body, place)
        live = self.store.get(place.resource, place.namespace, place.name)
        if live is None and place.resource.kind in _CREATED_BY_UPDATE:
            if body["metadata"].get("uid"):
                raise refusals.precondition(place.resource.plural, place.resource.group, place.name, body["metadata"]["uid"], "")
            return 201, self.create(place.resource, body, manager=request.manager, dry_run=request.is_dry)
        live = self._found(place)
        if _needs_version(place.resource) and not body["metadata"].get("resourceVersion"):
            cause = refusals.Cause("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
            raise refusals.invalid(place.resource.kind, place.resource.group, place.name, [cause])
        return 200, self.update(place.resource, live, body, manager=request.manager, below=place.below, dry_run=request.is_dry)

    def _patch(self, request: Request, place: Place) -> tuple[int, Json]:
        self._check(request, "patch", place)
        if request.content_type == APPLY:
            return self._apply(request, place)
        live = self._found(place)
        is_json_patch = request.content_type == JSON_PATCH
        body = patched(live, request.body) if is_json_patch else merge_patched(live, request.body)
        refuse_misfits(body, place, patch=True)
        return 200, self.update(place.resource, live, body, manager=request.manager, below=place.below, dry_run=request.is_dry)

    def update(
        self, resource: Resource, live: Json, body: Json, *, manager: str = CONTROLLERS, below: str = "", dry_run: bool = False
    ) -> Json:
        """Replace an object, or its status."""
        self._refuse_overtaken(resource, live, body)
        if below == "status":
            body = {**live, "metadata": {**live["metadata"], **annotated(body)}, "status": body.get("status")}
        new = completed({**body, **kind(resource)})
        return self._changed(resource, live, self._owned(resource, live, new, manager, below), below=below, dry_run=dry_run)

    def _apply(self, request: Request, place: Place) -> tuple[int, Json]:
        resource, wanted = place.resource, placed(request.body, place)
        if wanted["metadata"].get("managedFields"):
            raise refusals.bad_request("metadata.managedFields must be nil")
        faults = list(schema.misfits(wanted, schema.root(resource.api_version, resource.kind), named=True))
        if faults:
            raise untyped(place, wanted, faults)
        live = self.store.get(resource, place.namespace, place.name)
        if live is None:
            self._check(request, "create", place)
        else:
            self._refuse_overtaken(resource, live, wanted)
        node = schema.root(resource.api_version, resource.kind)
        old = live if live is not None else {"metadata": {}, **schema.blank(node)}
        force = request.query.get("force") == "true"
        new = managed.applied(
            old,
            wanted,
            node,
            manager=request.manager,
            force=force,
            ignored=ignored(""),
            now=self.store.stamp(),
            version=resource.api_version,
        )
        new = completed({**new, **kind(resource)})
        if live is None:
            return 201, self._made(resource, new, dry_run=request.is_dry)
        return 200, self._changed(resource, live, new, below="", dry_run=request.is_dry)

    def _changed(self, resource: Resource, live: Json, new: Json, *, below: str, dry_run: bool) -> Json:
        """Check and store a changed object; nothing is written where nothing changes."""
        metadata = {**new["metadata"], **{key: live["metadata"][key] for key in _KEPT if key in live["metadata"]}}
        metadata["resourceVersion"] = live["metadata"]["resourceVersion"]
        new = {**new, "metadata": metadata}
        if not below and _has_status(resource):
            new = _with_status_of(live, new)
        if resource.kind == "Service" and not below:
            new = self._addressed(new, live)
        if "generation" in live["metadata"]:
            metadata["generation"] = live["metadata"]["generation"] + is_newer(resource.kind, live, new)
        causes = checks.changed_wrongly(live, new) if below != "status" else []
        if causes:
            raise refusals.invalid(resource.kind, resource.group, metadata["name"], causes)
        if dry_run or new == live:
            return new
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and resource.kind != "Pod":
            return self.store.remove(resource, new)
        return self.store.put(resource, new)

    def _owned(self, resource: Resource, live: Json, new: Json, manager: str, below: str = "") -> Json:
        """With its owners."""
        if manager == CONTROLLERS and resource.kind in _NEVER_OWNED:
            return new
        node = schema.root(resource.api_version, resource.kind)
        return managed.updated(
            live,
            new,
            node,
            manager=manager,
            subresource=below,
            ignored=ignored(below),
            now=self.store.stamp(),
            version=resource.api_version,
        )

    # --- by controllers -------------------------------------------------------------------------------------------------------

    def revise(self, resource: Resource, live: Json, *, manager: str = CONTROLLERS, below: str = "", **parts: Json) -> Json:
        """Write parts of an object (`spec`, `status`, `annotations`, ...) as they are; what is stored is returned."""
        metadata = {key: parts.pop(key) for key in ("annotations", "labels", "ownerReferences", "finalizers") if key in parts}
        new = {**live, **parts, "metadata": {**live["metadata"], **metadata}}
        if new == live:
            return live
        below = below or ("status" if "status" in parts else "")
        if "generation" in live["metadata"] and resource.kind != "Pod" and below != "status":
            new["metadata"]["generation"] = live["metadata"]["generation"] + is_newer(resource.kind, live, new)
        return self.store.put(resource, self._owned(resource, live, new, manager, below))

    # --- deleting -------------------------------------------------------------------------------------------------------------

    def _delete(self, request: Request, place: Place) -> tuple[int, Json]:
        self._check(request, "delete", place)
        obj = self._found(place)
        options = request.body or {}
        wanted, there = (options.get("preconditions") or {}).get("uid", ""), obj["metadata"]["uid"]
        if wanted and wanted != there:
            raise refusals.precondition(place.resource.plural, place.resource.group, place.name, wanted, there)
        if request.is_dry:
            return 200, obj
        return 200, self.delete(place.resource, obj, grace=options.get("gracePeriodSeconds"))

    def delete(self, resource: Resource, obj: Json, *, grace: int | None = None) -> Json:
        """Delete an object: a pod that runs is on its way out first, and what has a finalizer stays until that is gone."""
        metadata = obj["metadata"]
        if resource.kind == "Pod" and obj["spec"].get("nodeName") and grace != 0:
            if metadata.get("deletionTimestamp"):
                return obj
            seconds = obj["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace
            marks = {"deletionTimestamp": self.store.stamp(), "deletionGracePeriodSeconds": seconds}
            return self.store.put(resource, {**obj, "metadata": {**metadata, **marks}})
        if metadata.get("finalizers"):
            if metadata.get("deletionTimestamp"):
                return obj
            marks = {"deletionTimestamp": self.store.stamp(), "deletionGracePeriodSeconds": 0}
            return self.store.put(resource, {**obj, "metadata": {**metadata, **marks}})
        self.store.remove(resource, obj)
        details = {"name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    # --- refusals -------------------------------------------------------------------------------------------------------------

    def _refuse_overtaken(self, resource: Resource, live: Json, body: Json) -> None:
        given, there = body["metadata"], live["metadata"]
        if given.get("resourceVersion", there["resourceVersion"]) != there["resourceVersion"]:
            raise refusals.overtaken(resource.plural, resource.group, there["name"])
        if given.get("uid", there["uid"]) != there["uid"]:
            raise refusals.precondition(resource.plural, resource.group, there["name"], given["uid"], there["uid"])

    def _addressed(self, service: Json, live: Json = None) -> Json:
        """A Service with its address."""
        spec = dict(service["spec"])
        if spec.get("type") == "ExternalName":
            return service
        if live is not None:
            for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
                if name in live["spec"]:
                    spec.setdefault(name, live["spec"][name])
        elif not spec.get("clusterIP"):
            self._addresses += 1
            spec["clusterIP"] = f"10.96.{self._addresses // 250}.{self._addresses % 250 + 1}"
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        return {**service, "spec": spec, "status": service.get("status") or {"loadBalancer": {}}}


def _needs_version(resource: Resource) -> bool:
    return resource.kind in _VERSION_NEEDED or schema.is_custom(resource.api_version, resource.kind)


def _has_status(resource: Resource) -> bool:
    return schema.has_status(resource.api_version, resource.kind)


def _with_status_of(live: Json, new: Json) -> Json:
    kept = {key: value for key, value in new.items() if key != "status" or not schema.is_custom(new["apiVersion"], new["kind"])}
    return {**kept, "status": live["status"]} if "status" in live else kept


_METHODS: Mapping[str, Callable[[Server, Request, Place], tuple[int, Json]]] = {
    "GET": Server._get,
    "POST": Server._post,
    "PUT": Server._put,
    "PATCH": Server._patch,
    "DELETE": Server._delete,
}
