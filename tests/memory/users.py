# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users, who reach a Service by its name: from the task's own process, and from the pod of a measuring Job."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, POD
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import Verification
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside import measurement
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.http import Outcome

from .schema import Json
from .server import Server

_SERVICE, _SLICE, _INGRESS = (
    next(resource for resource in KNOWN.values() if resource.kind == kind) for kind in ("Service", "EndpointSlice", "Ingress")
)
_CURL = {"ok": (0, 200), "unresolved": (6, 0), "refused": (7, 0)}
"""What curl ends with, and the status that it prints."""


def reached(server: Server, url: str, namespace: str = "default") -> str:
    """What comes of a request to `http://NAME.NAMESPACE/`, or to the host of an Ingress.

    It is answered as long as the Service has an endpoint that serves.
    """
    host = urlsplit(url).hostname or ""
    name, place, *_rest = _behind_ingress(server, host) or [*host.split("."), namespace]
    if server.store.get(_SERVICE, place, name) is None:
        return "unresolved"
    slices = [one for one in server.store.all(_SLICE, place) if one["metadata"]["labels"]["kubernetes.io/service-name"] == name]
    return "ok" if any(entry["conditions"]["serving"] for one in slices for entry in one["endpoints"] or ()) else "refused"


def _behind_ingress(server: Server, host: str) -> list[str]:
    """Name and namespace of the Service that an Ingress leads a host to, by its first path; nothing where none does."""
    for ingress in server.store.all(_INGRESS):
        for rule in ingress["spec"].get("rules") or ():
            if rule.get("host") == host:
                return [rule["http"]["paths"][0]["backend"]["service"]["name"], ingress["metadata"]["namespace"]]
    return []


class Probe:
    """`HttpProbe`, which asks the Services of the cluster in memory."""

    def __init__(self, server: Server, wanted: Verification) -> None:
        self._server = server
        self._url = wanted.url

    def ask(self) -> Outcome:
        """One request."""
        self._server.clock.sleep(self._server.clock.random.uniform(0.001, 0.02))
        return reached(self._server, self._url), ""

    def close(self) -> None:
        """Nothing is on its way for long."""


@contextlib.contextmanager
def reaching(server: Server) -> Iterator[None]:
    """Requests of `verify` go to the Services of this cluster for so long."""
    names = vars(measurement)
    former = names["HttpProbe"]
    names["HttpProbe"] = lambda wanted: Probe(server, wanted)
    try:
        yield
    finally:
        names["HttpProbe"] = former


def variables_of(pod: Json) -> dict[str, str]:
    """The environment of a pod's containers."""
    return {entry["name"]: entry.get("value", "") for one in pod["spec"]["containers"] for entry in one.get("env") or ()}


def is_measuring(pod: Json) -> bool:
    """Its container runs the script of `verify`."""
    return "VERIFY_URL" in variables_of(pod)


def measure(server: Server, pod: Json) -> None:
    """Run the script of `verify` in a pod, until it is told to end."""
    variables = variables_of(pod)
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    server.logs.begin(pod)

    def ask(number: int) -> None:
        found = server.store.get(POD, namespace, name)
        if found is None or found["metadata"]["uid"] != pod["metadata"]["uid"] or found["metadata"].get("deletionTimestamp"):
            return
        code, status = _CURL[reached(server, variables["VERIFY_URL"], namespace)]
        up = server.clock.seconds
        server.logs.write(pod, f"r {number} {up:.2f} {up + 0.01:.2f} curl {code} {status:03d} - -")
        server.clock.after(float(variables["VERIFY_INTERVAL"]), lambda: ask(number + 1))

    ask(0)
