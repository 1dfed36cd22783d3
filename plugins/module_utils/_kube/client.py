# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The port `Cluster`: plain JSON at fixed paths, retries, and the domain's errors."""

from __future__ import annotations

import builtins
import copy
import difflib
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from .._domain.base.errors import ClusterError, ConflictError, GoneError, InputError, NotFoundError, RolloutError, UnreachableError
from .._domain.base.objects import JsonObject, items, text
from .._domain.base.ports import Keep, Page, PatchOperation, whole
from .._domain.base.resources import KNOWN, POD, Resource
from .._domain.base.served import elsewhere, gone_sentence
from .answers import Deed, error_of, held_by, is_absent, is_refusal, seconds_asked, status_of, version_of
from .encoding import as_json, as_yaml
from .log import LogStream
from .outcome import holds, is_repeatable, patch_holds
from .reading import reader_of
from .retry import Attempts, is_transient
from .transport import READ_SECONDS, Answer, Clock, Lost, Transport
from .watch import Watch

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
_CHUNK = 250
"""What is read of a page and not yet taken apart is the most memory that a task needs; kubectl takes 500."""
_RESTARTS = 3
_LOG_BYTES = 65_536
_DATE_LETTERS = len("Sat, 21 Nov 2026 21:12:41 GMT")


class KubeCluster:
    """`Cluster` over HTTP. `deadline` is the end of all retries, in seconds on `clock`; `sleep` waits so many seconds."""

    def __init__(self, transport: Transport, *, clock: Clock, sleep: Callable[[float], None], deadline: float) -> None:
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._deadline = deadline
        self._reached = False
        self._discovered: dict[str, dict[str, Resource]] = {}
        self._dated = ("", 0.0)
        self._hurry: float | None = None
        self._fence: Callable[[], float] | None = None

    @property
    def host(self) -> str:
        return self._transport.host

    def patience(self, seconds: float) -> None:
        self._deadline = self._clock() + seconds

    def hurried(self, seconds: float) -> KubeCluster:
        other = copy.copy(self)
        other._hurry = seconds
        other._fence = None
        return other

    def fence(self, fence: Callable[[], float] | None) -> None:
        self._fence = fence

    def now(self) -> datetime:
        said, at = self._dated
        try:
            # The first one, where something on the way adds another.
            return parsedate_to_datetime(said[:_DATE_LETTERS]).replace(tzinfo=UTC) + timedelta(seconds=self._clock() - at)
        except ValueError:  # Nothing was asked yet, or something on the way takes the header out.
            return datetime.now(UTC)

    def version(self) -> tuple[int, int] | None:
        deed = Deed("read", Resource("v1", "Version", "version", namespaced=False))
        return version_of(self._parse(self._send("GET", "/version", deed=deed), deed))

    def resolve(self, api_version: str, kind: str) -> Resource:
        known = KNOWN.get((api_version, kind))
        if known:
            return known
        if kind not in self._discovered.get(api_version, {kind: None}):
            del self._discovered[api_version]  # It may have come since that was asked.
        gone = gone_sentence(api_version, kind)
        try:
            served = self._discover(api_version)
        except InputError:
            raise (InputError(gone) if gone else _unserved(api_version, kind)) from None
        if kind not in served:
            if gone:
                raise InputError(gone)
            close = difflib.get_close_matches(kind, served, n=3, cutoff=0.6)
            here = elsewhere(kind)
            hint = f"; did you mean {' or '.join(close)}?" if close else f"; write apiVersion: {here}." if here else "."
            raise InputError(f"The cluster has no kind {kind} in apiVersion {api_version}{hint}")
        return served[kind]

    def read(self, resource: Resource, namespace: str, name: str) -> JsonObject | None:
        deed = Deed("read", resource, namespace, name)
        answer = self._send("GET", resource.path(namespace, name), deed=deed)
        if answer.status == 404 and is_absent(status_of(answer.body), deed=deed):
            return None
        return self._parse(answer, deed)

    def list(self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = "", keep: Keep = whole) -> Page:
        return self._list(resource, namespace, _selectors(labels, fields), keep=keep, sleep=self._sleep)

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        resource_version: str = "",
        opened: Callable[[], None] = lambda: None,
        keep: Keep = whole,
    ) -> Watch:
        return Watch(
            transport=self._transport,
            path=resource.path(namespace),
            query=_selectors(labels, fields),
            resource_version=resource_version,
            relist=lambda sleep: self._list(resource, namespace, _selectors(labels, fields), keep=keep, sleep=sleep),
            keep=keep,
            deed=Deed("watched", resource, namespace),
            attempts=self._attempts,
            clock=self._clock,
            opened=opened,
        )

    def apply(self, resource: Resource, obj: JsonObject, *, manager: str, force: bool = False, dry_run: bool = False) -> JsonObject:
        path, deed = _place(resource, obj, done="applied")
        body = as_yaml({**obj, "apiVersion": resource.api_version, "kind": resource.kind})
        query = [*_writing(manager, dry_run), ("force", "true" if force else "false")]
        return self._write("PATCH", path, deed=deed, query=query, body=body, content_type=APPLY, happened=lambda live: holds(live, obj))

    def json_patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Iterable[PatchOperation],
        *,
        manager: str,
        dry_run: bool = False,
    ) -> JsonObject:
        steps = tuple(operations)
        return self._write(
            "PATCH",
            resource.path(namespace, name),
            deed=Deed("patched", resource, namespace, name),
            query=_writing(manager, dry_run),
            body=as_json([_operation(step) for step in steps]),
            content_type=JSON_PATCH,
            happened=lambda live: patch_holds(live, steps),
            repeatable=dry_run or is_repeatable(steps),
            is_json_patch=True,
        )

    def create(self, resource: Resource, obj: JsonObject, *, manager: str, dry_run: bool = False) -> JsonObject:
        path, deed = _place(resource, obj, done="created", collection=True)
        return self._write(
            "POST",
            path,
            deed=deed,
            query=_writing(manager, dry_run),
            body=as_json({**obj, "apiVersion": resource.api_version, "kind": resource.kind}),
            content_type="application/json",
            happened=lambda live: holds(live, obj),
            # With a name there is one object at most; with generateName a second request would make a second object.
            repeatable=dry_run or bool(deed.name),
        )

    def update(self, resource: Resource, obj: JsonObject, *, manager: str, dry_run: bool = False) -> JsonObject:
        path, deed = _place(resource, obj, done="updated")
        return self._write(
            "PUT",
            path,
            deed=deed,
            query=_writing(manager, dry_run),
            body=as_json({**obj, "apiVersion": resource.api_version, "kind": resource.kind}),
            content_type="application/json",
            happened=lambda live: holds(live, obj),
        )

    def delete(self, resource: Resource, namespace: str, name: str, *, uid: str) -> bool:
        deed = Deed("deleted", resource, namespace, name)
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        answer = self._send("DELETE", resource.path(namespace, name), deed=deed, body=as_json(options), content_type="application/json")
        if answer.status == 409 or (answer.status == 404 and is_absent(status_of(answer.body), deed=deed)):
            return False  # The precondition did not hold, or there is nothing: that very object is gone either way.
        self._parse(answer, deed)
        return True

    def evict(self, namespace: str, name: str, *, uid: str) -> str:
        deed = Deed("evicted", POD, namespace, name)
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        answer = self._send("POST", POD.path(namespace, name, "eviction"), deed=deed, body=as_json(body), content_type="application/json")
        held = held_by(answer.status, status_of(answer.body))
        if held:
            return held
        if answer.status == 409 or (answer.status == 404 and is_absent(status_of(answer.body), deed=deed)):
            return ""  # The precondition did not hold, or there is nothing: that very pod is gone either way.
        self._parse(answer, deed)
        return ""

    def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> str:
        query = [("container", container), ("tailLines", str(lines)), ("limitBytes", str(_LOG_BYTES))]
        query += [("previous", "true")] if previous else []
        try:
            # Tried once: the log decorates a message, and a kubelet that does not answer must not delay it.
            answer = self._transport.send("GET", POD.path(namespace, pod, "log"), query=query, accept="*/*", read_seconds=10.0)
        except Lost:
            return ""
        if answer.status in (401, 403):
            raise self._error(answer, Deed("read", replace(POD, plural="pods/log"), namespace, pod))
        return answer.body.decode(errors="replace") if answer.status == 200 else ""

    def follow(self, namespace: str, pod: str, container: str) -> LogStream:
        return LogStream(transport=self._transport, namespace=namespace, pod=pod, container=container, clock=self._clock)

    def _attempts(self) -> Attempts:
        deadline = self._deadline if self._hurry is None else self._clock() + self._hurry
        return Attempts(clock=self._clock, chance=random.random, deadline=deadline, reached=self._reached)

    def _write(
        self,
        method: str,
        path: str,
        *,
        deed: Deed,
        query: Sequence[tuple[str, str]],
        body: bytes,
        content_type: str,
        happened: Callable[[JsonObject], bool],
        repeatable: bool = True,
        is_json_patch: bool = False,
    ) -> JsonObject:
        """A write; where a repeated one is refused, `happened` says of the live object whether the lost one had gone through."""
        doubtful: builtins.list[str] = []
        try:
            answer = self._send(
                method, path, deed=deed, query=query, body=body, content_type=content_type, repeatable=repeatable, doubtful=doubtful
            )
            return self._parse(answer, deed, is_json_patch=is_json_patch)
        except ConflictError:
            live = self.read(deed.resource, deed.namespace, deed.name) if doubtful and deed.name else None
            if live is not None and happened(live):
                return live
            raise

    def _send(
        self,
        method: str,
        path: str,
        *,
        deed: Deed,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str = "",
        repeatable: bool = True,
        doubtful: builtins.list[str] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> Answer:
        """A request, repeated while that may help; `doubtful` takes a line for each attempt that may have gone through unseen."""
        attempts, renewed, in_doubt, sleep = self._attempts(), False, False, sleep or self._sleep
        reading = READ_SECONDS if self._hurry is None else min(READ_SECONDS, self._hurry)
        changes = method != "GET" and not any(name == "dryRun" for name, _value in query)
        while True:
            if changes and self._fence is not None:
                reading = min(reading, _allowed(self._fence, in_doubt=in_doubt or bool(doubtful)))
            asked, status, began = 0.0, 0, self._clock()
            try:
                answer = self._transport.send(method, path, query=query, body=body, content_type=content_type, read_seconds=reading)
            except Lost as lost:
                may_repeat, in_doubt = not lost.lasting and (repeatable or not lost.sent), lost.sent
                final: ClusterError = self._unreachable(lost, deed, seconds=attempts.seconds, written=method != "GET" and lost.sent)
            else:
                status = answer.status
                self._dated = (answer.headers.get("Date", ""), self._clock())
                if status == 401 and not renewed and self._transport.renew(since=began):
                    renewed = True
                    continue
                said = status_of(answer.body)
                if not is_transient(status) or is_refusal(status, said):
                    self._reached = True
                    return answer
                asked = seconds_asked(said, answer.headers.get("Retry-After", ""))
                # 429 is said before anything is done; after a 5xx nobody knows.
                may_repeat, in_doubt = repeatable or status == 429, status != 429
                final = self._error(answer, deed)
            pause = attempts.pause(status=status, asked=asked) if may_repeat else None
            if pause is None:
                final.in_doubt = changes and (in_doubt or bool(doubtful))
                raise final
            if in_doubt and doubtful is not None:
                doubtful.append(f"{deed} ({status})")
            sleep(pause)

    def _parse(self, answer: Answer, deed: Deed, *, is_json_patch: bool = False, read: Callable[[bytes], Any] = json.loads) -> JsonObject:
        if answer.status >= 300:
            raise self._error(answer, deed, is_json_patch=is_json_patch)
        try:
            parsed = read(answer.body)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise ClusterError(
                f"{deed}: {self.host} did not answer with JSON; is it the address of a Kubernetes API, and not of its console?",
                status=answer.status,
            )
        return parsed

    def _error(self, answer: Answer, deed: Deed, *, is_json_patch: bool = False) -> ClusterError:
        return error_of(answer.status, status_of(answer.body), deed=deed, host=self.host, is_json_patch=is_json_patch)

    def _unreachable(self, lost: Lost, deed: Deed, *, seconds: float, written: bool) -> UnreachableError:
        source = self._transport.settings.server_source
        advice = "" if lost.lasting else f"; check that {source} names the right server, and that the way to it is open"
        tried = f" (tried for {seconds:.0f} s)" if seconds >= 1 else ""
        doubt = " Whether it was carried out is not known; run the task again." if written else ""
        return UnreachableError(f"{deed}: the cluster at {self.host} cannot be used: {lost.reason}{advice}{tried}.{doubt}")

    def _list(
        self, resource: Resource, namespace: str, selectors: Sequence[tuple[str, str]], *, keep: Keep, sleep: Callable[[float], None]
    ) -> Page:
        """All pages; from the beginning again when the snapshot behind them is compacted (after five minutes): only that is consistent."""
        deed = Deed("listed", resource, namespace)
        for _restart in range(_RESTARTS):
            try:
                return self._pages(resource.path(namespace), selectors, deed=deed, keep=keep, sleep=sleep)
            except GoneError:
                continue
        return self._pages(resource.path(namespace), selectors, deed=deed, keep=keep, sleep=sleep)

    def _pages(self, path: str, selectors: Sequence[tuple[str, str]], *, deed: Deed, keep: Keep, sleep: Callable[[float], None]) -> Page:
        found: builtins.list[JsonObject] = []
        token = ""
        while True:
            query = [*selectors, ("limit", str(_CHUNK)), *([("continue", token)] if token else [])]
            page = self._parse(self._send("GET", path, deed=deed, query=query, sleep=sleep), deed, read=reader_of(deed.resource))
            # The items of a list lack what the list says for all of them.
            common = {"apiVersion": deed.resource.api_version, "kind": deed.resource.kind}
            found += [keep({**common, **item}) for item in items(page, "items")]
            token = text(page, "metadata", "continue")
            if not token:
                return Page(tuple(found), text(page, "metadata", "resourceVersion"))

    def _discover(self, api_version: str) -> Mapping[str, Resource]:
        """What the cluster serves in one group version, asked for once."""
        if api_version not in self._discovered:
            group = Resource(api_version, "APIResourceList", "")
            deed = Deed("discovered", replace(group, plural=f"kinds of {api_version}"))
            try:
                answer = self._parse(self._send("GET", group.path(), deed=deed), deed)
            except NotFoundError:
                raise InputError(f"The cluster has no apiVersion {api_version}: check its spelling, or install what defines it.") from None
            self._discovered[api_version] = {
                text(entry, "kind"): Resource(api_version, text(entry, "kind"), text(entry, "name"), entry.get("namespaced") is True)
                for entry in items(answer, "resources")
                if "/" not in text(entry, "name")
            }
        return self._discovered[api_version]


def _allowed(fence: Callable[[], float], *, in_doubt: bool) -> float:
    """How long an answer to a write may take. Raises what the fence raises."""
    try:
        return fence()
    except RolloutError as error:
        error.in_doubt = in_doubt
        raise


def _unserved(api_version: str, kind: str) -> InputError:
    here = elsewhere(kind)
    way = f"write {here} for a {kind}" if here else "check its spelling, or install what defines it"
    return InputError(f"The cluster has no apiVersion {api_version}: {way}.")


def _selectors(labels: str, fields: str) -> builtins.list[tuple[str, str]]:
    return [(name, value) for name, value in (("labelSelector", labels), ("fieldSelector", fields)) if value]


def _writing(manager: str, dry_run: bool) -> builtins.list[tuple[str, str]]:
    # Strict: a misspelt field is an error, as in kubectl, not dropped in silence.
    return [("fieldManager", manager), ("fieldValidation", "Strict"), *([("dryRun", "All")] if dry_run else [])]


def _place(resource: Resource, obj: JsonObject, *, done: str, collection: bool = False) -> tuple[str, Deed]:
    """Where an object is written, by its own name and namespace."""
    namespace, name = text(obj, "metadata", "namespace"), text(obj, "metadata", "name")
    if resource.namespaced and not namespace:
        raise InputError(f"{resource.kind} {name} has no namespace: set namespace.")
    if not name and not collection:
        raise InputError(f"A {resource.kind} in namespace {namespace} has no metadata.name.")
    return resource.path(namespace, "" if collection else name), Deed(done, resource, namespace, name, obj)


def _operation(step: PatchOperation) -> dict[str, Any]:
    return {"op": step.op, "path": step.path} | ({} if step.op == "remove" else {"value": step.value})
