# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches where a Service leads: endpoints.py NAMESPACE SERVICE, with the cluster that KUBECONFIG names, until its input ends.

It knows nothing of the collection: it reads the EndpointSlices, as what forwards requests does, and the images of the pods. It prints a
line for each change, and at the end how many pods of each image have been ready endpoints of the Service at any time, and which never.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from kubernetes import client, config, watch


class Ledger:
    """What the watches have seen so far."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._images: dict[str, str] = {}
        self._slices: dict[str, frozenset[str]] = {}
        self._ever: set[str] = set()
        self._shown = ""

    def pod(self, kind: str, pod: Any) -> None:
        """A pod was there, whatever became of it."""
        with self._lock:
            self._images[pod.metadata.name] = pod.spec.containers[0].image
            self._show()

    def endpoints(self, kind: str, found: Any) -> None:
        """A slice of the Service's endpoints has changed."""
        ready = [endpoint for endpoint in found.endpoints or () if endpoint.conditions.ready is not False and endpoint.target_ref]
        with self._lock:
            self._slices[found.metadata.name] = frozenset(endpoint.target_ref.name for endpoint in ready if kind != "DELETED")
            self._ever.update(*self._slices.values())
            self._show()

    def _show(self) -> None:
        now = frozenset[str]().union(*self._slices.values())
        if not now <= self._images.keys():
            return
        counts = Counter(self._images[name] for name in now)
        line = ", ".join(f"{count} pods of {image}" for image, count in sorted(counts.items())) or "no pods"
        if line != self._shown:
            print(f">> Service {self._service} leads to {line}", flush=True)
            self._shown = line

    def summary(self) -> str:
        """All images whose pods were seen, and whether the Service ever led to one of them."""
        with self._lock:
            served = Counter(self._images.get(name, "an image not known") for name in self._ever)
            unknown = [image for image in served if image not in self._images.values()]
            lines = [f"pods of {image}: {served[image] or 'none, ever'}" for image in sorted({*self._images.values(), *unknown})]
        return f">> Service {self._service} has led to  " + "; ".join(lines)


def follow(listing: Callable[..., Any], namespace: str, seen: Callable[[str, Any], None], **options: Any) -> None:
    """Watch until the process ends; the library lists anew when the server has forgotten where the watch was."""
    for event in watch.Watch().stream(listing, namespace, **options):
        seen(event["type"], event["object"])


def main(namespace: str, service: str) -> None:
    """Watch in the background until the input ends, then print the summary."""
    config.load_kube_config()
    ledger = Ledger(service)
    pods, slices = client.CoreV1Api().list_namespaced_pod, client.DiscoveryV1Api().list_namespaced_endpoint_slice
    chosen = {"label_selector": f"kubernetes.io/service-name={service}"}
    threading.Thread(target=follow, args=(pods, namespace, ledger.pod), daemon=True).start()
    threading.Thread(target=follow, args=(slices, namespace, ledger.endpoints), kwargs=chosen, daemon=True).start()
    sys.stdin.read()
    print(ledger.summary(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
