# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that does nothing but send: the measure of what the control plane itself needs, and an independent witness of what happens."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import kubernetes.client
import kubernetes.config
import urllib3

THREADS = 8
STRATEGIC = "application/strategic-merge-patch+json"


class Api:
    """One cluster, by plain requests."""

    def __init__(self, kubeconfig: Path) -> None:
        settings = kubernetes.client.Configuration()
        kubernetes.config.load_kube_config(str(kubeconfig), client_configuration=settings)
        context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        self._host = settings.host
        self._pool = urllib3.PoolManager(maxsize=2 * THREADS, ssl_context=context, headers={"User-Agent": "kubectl-like/bench"})

    def get(self, path: str) -> Any:
        """Read an object or a list."""
        return self._answer("GET", path, None, {})

    def patch(self, path: str, change: Mapping[str, Any]) -> Any:
        """Change an object."""
        return self._answer("PATCH", path, json.dumps(change).encode(), {"Content-Type": STRATEGIC})

    def patch_all(self, patches: Mapping[str, Mapping[str, Any]]) -> None:
        """Change many objects, several at a time."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda item: self.patch(*item), patches.items()))

    def watch(self, path: str, version: str) -> Any:
        """Open a watch; the response's lines are its events."""
        response = self._pool.request(
            "GET", f"{self._host}{path}?watch=true&resourceVersion={version}&timeoutSeconds=3000", preload_content=False, timeout=3000.0
        )
        if response.status != 200:
            raise RuntimeError(f"watch {path}: {response.status}")
        return response

    def _answer(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        answer = self._pool.request(
            method, f"{self._host}{path}", body=body, headers={"User-Agent": "kubectl-like/bench", **headers}, retries=False
        )
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data[:200]!r}")
        return json.loads(answer.data)


class Witness:
    """Watches a collection from now on, and hands each event over with the time at which it came; use it as a context manager."""

    def __init__(self, api: Api, path: str, seen: Callable[[float, str, dict[str, Any]], None]) -> None:
        self._api = api
        self._path = path
        self._seen = seen
        self._closed = False
        self._response: Any = None

    def __enter__(self) -> Self:
        version = self._api.get(f"{self._path}?limit=1")["metadata"]["resourceVersion"]
        self._response = self._api.watch(self._path, version)
        threading.Thread(target=self._follow, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed = True
        self._response.shutdown()

    def _follow(self) -> None:
        rest = b""
        try:
            for chunk in self._response.stream(65_536):
                now = time.time()
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        event = json.loads(line)
                        self._seen(now, event["type"], event["object"])
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError):
            if not self._closed:
                raise


def is_complete(deployment: Mapping[str, Any]) -> bool:
    """Say whether a Deployment is rolled out, by kubectl's rule."""
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    updated = status.get("updatedReplicas", 0)
    return bool(
        deployment["metadata"]["generation"] <= status.get("observedGeneration", 0)
        and updated >= wanted
        and status.get("replicas", 0) <= updated
        and status.get("availableReplicas", 0) >= updated
    )


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Say whether a pod is ready."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
