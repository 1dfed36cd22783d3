# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the API server by the standard library: what fixtures ask for takes a tenth of what kubectl needs to start."""

from __future__ import annotations

import functools
import http.client
import json
import ssl
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

USER_AGENT = "fixtures"
IN_MEMORY: dict[Path, Any] = {}
"""The cluster in memory, while a test has one, by what stands for its kubeconfig."""
_CONNECTIONS = threading.local()
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Refused(AssertionError):
    """The server did not do what a fixture needs."""


@functools.cache
def _server(kubeconfig: Path) -> tuple[str, ssl.SSLContext]:
    """Where the API server listens, and the administrator's certificates."""
    content = yaml.safe_load(kubeconfig.read_text())
    server, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    context = ssl.create_default_context(cafile=server["certificate-authority"])
    context.load_cert_chain(user["client-certificate"], user["client-key"])
    return urllib.parse.urlsplit(server["server"]).netloc, context


def ask(
    kubeconfig: Path,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | Sequence[Any] | None = None,
    accept: str = "application/json",
    content_type: str = "application/json",
    agent: str = USER_AGENT,
    absent: bool = False,
) -> Any:
    """Return the answer's JSON. Where absent is allowed, what is not there (404) is None; everything else that fails ends the test."""
    if kubeconfig in IN_MEMORY:
        return IN_MEMORY[kubeconfig].asked(method, path, body=body, absent=absent)
    headers = {"User-Agent": agent, "Accept": accept, "Content-Type": content_type}
    status, content = _answer(kubeconfig, method, path, json.dumps(body) if body is not None else None, headers)
    if status == 404 and absent:
        return None
    if status >= 400:
        raise Refused(f"{method} {path} was answered with {status}: {content.strip()}")
    return json.loads(content)


def _answer(kubeconfig: Path, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, str]:
    """Ask on this thread's connection, or on a new one where that has ended meanwhile."""
    open_ones: dict[Path, http.client.HTTPSConnection] = _CONNECTIONS.__dict__.setdefault("by_kubeconfig", {})
    while True:
        known = open_ones.pop(kubeconfig, None)
        address, context = _server(kubeconfig)
        connection = known or http.client.HTTPSConnection(address, context=context, timeout=480)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read().decode()
        except (http.client.HTTPException, OSError):
            connection.close()
            if known is None:
                raise
            continue
        open_ones[kubeconfig] = connection
        return answer.status, content


@functools.cache
def _kinds(kubeconfig: Path) -> dict[str, tuple[str, str, str]]:
    """What people call a namespaced kind (plural, singular, short) to where it is asked for, its apiVersion and its kind."""
    found: dict[str, tuple[str, str, str]] = {}
    for root in ("/api", "/apis"):
        for group in ask(kubeconfig, "GET", root, accept=DISCOVERY)["items"]:
            version = group["versions"][0]
            api = "/".join(part for part in (group["metadata"].get("name", ""), version["version"]) if part)
            for entry in version["resources"]:
                kind = entry["responseKind"]["kind"]
                names = (entry["resource"], entry.get("singularResource") or kind.lower(), *entry.get("shortNames", ()))
                if entry["scope"] == "Namespaced":
                    for name in names:
                        found.setdefault(name, (f"{root}/{api}/namespaces/{{}}/{entry['resource']}", api, kind))
    return found


def path_of(kubeconfig: Path, namespace: str, kind: str) -> str:
    """Return where a namespaced kind is asked for; `KeyError` for one that was not there when we first looked."""
    return _kinds(kubeconfig)[kind.lower()][0].format(namespace)


def get(kubeconfig: Path, namespace: str, kind: str, name: str | None = None) -> Any:
    """Return one object (None: not there), or the list of all, as `kubectl get --output=json --show-managed-fields` shows them."""
    path, version, singular = _kinds(kubeconfig)[kind.lower()]
    if name is not None:
        return ask(kubeconfig, "GET", f"{path.format(namespace)}/{name}", absent=True)
    return [{"apiVersion": version, "kind": singular, **item} for item in ask(kubeconfig, "GET", path.format(namespace))["items"]]
