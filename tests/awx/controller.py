# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's API as far as awx.awx and ansible-rulebook ask: objects with names, what is associated with them, and jobs that are launched.

It keeps what it is given and gives it back, as AWX does for what these tests are about; it checks nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]
Launch = Callable[[str, Mapping[str, Any]], bool]
"""Runs a job of a template, by its name and with extra vars, and says whether it was successful."""
ROOT = "/api/v2/"
TYPES = {"inventories": "inventory"}
VERSION = "24.6.1"
"""The AWX that was asked when this was written."""
UNIFIED = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")
THERE = {
    "credentials": [{"name": "Ansible Galaxy"}],
    "credential_types": [{"name": "OpenShift or Kubernetes API Bearer Token"}],
}
"""What a new AWX has by itself."""
SECRET = "$encrypted$"


@dataclass
class Controller:
    """The objects by their collection and number."""

    launch: Launch = lambda _name, _extra: False
    kinds: dict[str, dict[int, Json]] = field(default_factory=dict)
    associated: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    surveys: dict[tuple[str, int], Json] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    url: str = ""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        for kind, objects in THERE.items():
            for entry in objects:
                self._made(kind, entry)

    def named(self, kind: str, name: str) -> Json:
        """An object by its name."""
        return next(entry for entry in self.kinds.get(kind, {}).values() if name in (entry.get("name"), entry.get("identifier")))

    def links(self, kind: str, number: int, of: str) -> list[int]:
        """The numbers of what is associated with an object."""
        return self.associated.get((kind, number, of), [])

    def answer(self, method: str, address: str, body: Json) -> tuple[int, Json]:
        """The status and the content of an answer."""
        split = urlsplit(address)
        kind, *rest = [part for part in split.path.removeprefix(ROOT).split("/") if part] or [""]
        if kind == "config":
            return 200, {"version": VERSION}
        with self._lock:
            if method != "GET":
                self.writes.append(f"{method} {split.path}")
            if not rest:
                found = self._made(kind, body) if method == "POST" else self._listed(kind, dict(parse_qsl(split.query)))
                return (201 if method == "POST" else 200), found
            number, *part = rest
            if not part:
                entry = self.kinds[kind][int(number)]
                if method == "PATCH":
                    entry |= _stored(kind, body)
                return 200, entry
            return self._part(method, kind, int(number), part[0], body)

    def _part(self, method: str, kind: str, number: int, part: str, body: Json) -> tuple[int, Json]:
        if part == "survey_spec":
            if method == "POST":
                self.surveys[kind, number] = body
            return 200, self.surveys.get((kind, number), {})
        if part == "create_approval_template":
            made = self._made("workflow_approval_templates", body)
            self.kinds[kind][number] |= {"unified_job_template": made["id"]}
            self.kinds[kind][number]["related"]["unified_job_template"] = made["url"]
            return 201, made
        if part == "launch":
            return 201, self._launched(self.kinds[kind][number]["name"], body)
        linked = self.associated.setdefault((kind, number, part), [])
        if method == "POST":
            if body.get("disassociate"):
                linked.remove(body["id"])
            else:
                linked.append(body["id"])
            return 204, {}
        return 200, _page([{"id": found} for found in linked])

    def _launched(self, name: str, body: Json) -> Json:
        job = self._made("jobs", {"name": name, "status": "running", "artifacts": {}, "created": "2026-01-01T00:00:00Z"})
        given = body.get("extra_vars") or {}
        extra = json.loads(given) if isinstance(given, str) else given

        def run() -> None:
            job["status"] = "successful" if self.launch(name, extra) else "failed"

        threading.Thread(target=run).start()
        return {**job, "job": job["id"]}

    def _made(self, kind: str, body: Json) -> Json:
        number = sum(len(entries) for entries in self.kinds.values()) + 1
        url = f"{ROOT}{kind}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/", "launch": f"{url}launch/"}
        asks = {f"ask_{what}_on_launch": False for what in ("limit", "labels", "inventory", "variables")}
        made = {**asks, **_stored(kind, body), "id": number, "url": url, "related": related}
        made |= {"type": TYPES.get(kind, kind.removesuffix("s")), "status": body.get("status", "successful"), "scm_revision": ""}
        made["summary_fields"] = {}
        if "organization" in body:
            name = self.kinds["organizations"][body["organization"]]["name"]
            made["summary_fields"] = {"organization": {"id": body["organization"], "name": name}}
        self.kinds.setdefault(kind, {})[number] = made
        return made

    def _listed(self, kind: str, wanted: Mapping[str, str]) -> Json:
        kinds = UNIFIED if kind == "unified_job_templates" else ("jobs",) if kind == "unified_jobs" else (kind,)
        found = [entry for name in kinds for entry in self.kinds.get(name, {}).values()]
        return _page([entry for entry in found if all(_is(entry, key, value) for key, value in wanted.items())])


def _is(entry: Json, key: str, value: str) -> bool:
    if key in ("page", "page_size", "order_by"):
        return True
    if key == "id__in":
        return str(entry["id"]) in value.split(",")
    return str(entry.get(key, "")) == value


def _page(found: list[Json]) -> Json:
    return {"count": len(found), "next": None, "previous": None, "results": found}


def _stored(kind: str, body: Json) -> Json:
    """What AWX keeps of what it is sent: secrets are shown no more."""
    if kind == "credentials" and "inputs" in body:
        hidden = {key: SECRET if key == "bearer_token" else value for key, value in body["inputs"].items()}
        return {**body, "inputs": hidden}
    return dict(body)


@contextmanager
def served(controller: Controller) -> Iterator[Controller]:
    """Let it answer at `url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}") if length else {}
            try:
                status, content = controller.answer(self.command, self.path, body)
            except (KeyError, StopIteration, ValueError) as error:
                status, content = 404, {"detail": f"{self.command} {self.path}: {error!r}"}
            text = b"" if status == 204 else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PATCH = do_GET  # noqa: N815 - as the library calls them

        def log_message(self, *_words: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    controller.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield controller
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
