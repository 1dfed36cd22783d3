# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about how a pod comes and goes: each finds its fault, and keeps quiet where there is none."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery

from .manifests import APP, CONTAINER, DROP, POD, container, of, paths, service, web, worker

READY = f"{CONTAINER}.readinessProbe"
STOP = f"{CONTAINER}.lifecycle.preStop"
GRACE = f"{POD}.terminationGracePeriodSeconds"
NO_PROBE = {f"{APP}.readinessProbe": DROP}
PROXY = container("proxy", ports=[{"name": "proxied", "containerPort": 9000}])
OWN_SIDECAR = {f"{POD}.initContainers": [{**container("proxy", ports=[]), "restartPolicy": "Always"}]}


def hook(*command: str, **more: Any) -> dict[str, Any]:
    """Changes: the preStop hook runs a command."""
    return {f"{APP}.lifecycle.preStop": {"exec": {"command": list(command)}}, **more}


def sleeping(seconds: Any, grace: int | None = None) -> dict[str, Any]:
    """Changes: the preStop hook sleeps natively, with a grace period."""
    return {f"{APP}.lifecycle.preStop": {"sleep": {"seconds": seconds}}, **({} if grace is None else {GRACE: grace})}


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(NO_PROBE), [READY], id="behind a Service"),
        pytest.param(worker(NO_PROBE), [READY], id="with a port, no Service is known"),
        pytest.param(web({**NO_PROBE, f"{POD}.containers.1": PROXY}), [READY], id="a probe of the container beside it is not its own"),
        pytest.param(web({**NO_PROBE, **OWN_SIDECAR}), [READY], id="a probe of a sidecar is not its own"),
        pytest.param(web({f"{APP}.startupProbe": {"exec": {"command": ["true"]}}, **NO_PROBE}), [READY], id="a startup probe is none"),
        pytest.param(web({**NO_PROBE, f"{APP}.ports": DROP}), [READY], id="the port is not declared"),
        pytest.param(web(kind="DaemonSet", changes=NO_PROBE), [READY], id="DaemonSet"),
        pytest.param(web(), [], id="with a probe"),
        pytest.param(web({f"{POD}.containers.1": {"name": "log", "image": "registry.example/log:1"}}), [], id="a helper needs none"),
        pytest.param(web({f"{POD}.initContainers": [{"name": "init"}]}), [], id="an init container needs none"),
        pytest.param(worker(NO_PROBE, live={"Service": ()}), [], id="no Service leads to it"),
        pytest.param(worker({**NO_PROBE, f"{APP}.ports": DROP}), [], id="without a port"),
        pytest.param(
            worker({**NO_PROBE, f"{APP}.ports": [{"name": "http-metrics", "containerPort": 9}]}), [], id="a port for metrics alone"
        ),
    ],
)
def test_what_answers_requests_says_when_it_can(scenery: Scenery, found: list[str]) -> None:
    assert paths("no-readiness-probe", scenery) == found


def test_the_sidecar_that_the_service_leads_to_needs_the_probe() -> None:
    front = {**container("proxy", ports=[{"name": "front", "containerPort": 80}]), "restartPolicy": "Always"}
    del front["readinessProbe"]
    changes = {f"{POD}.initContainers": [{"name": "init"}, front], **NO_PROBE}
    scenery = Scenery((*worker(changes).manifests, service(ports=[{"port": 80}])))
    assert paths("no-readiness-probe", scenery) == [f"{POD}.initContainers[1].readinessProbe"]


@pytest.mark.parametrize(
    ("ports", "probe"),
    [
        pytest.param([{"name": "http", "containerPort": 81}], {"httpGet": {"path": "/", "port": "http"}}, id="a name"),
        pytest.param([{"containerPort": 80}, {"containerPort": 81}], {"httpGet": {"path": "/", "port": 80}}, id="the first number"),
        pytest.param([{"containerPort": 8443}], {"httpGet": {"path": "/", "port": 8443, "scheme": "HTTPS"}}, id="HTTPS"),
        pytest.param(
            [{"name": "https-web", "containerPort": 1}],
            {"httpGet": {"path": "/", "port": "https-web", "scheme": "HTTPS"}},
            id="HTTPS by name",
        ),
        pytest.param([{"name": "redis", "containerPort": 6379}], {"tcpSocket": {"port": "redis"}}, id="something else"),
        pytest.param([], {"httpGet": {"path": "/", "port": 8080}}, id="none"),
    ],
)
def test_the_proposed_probe_asks_the_containers_own_port(ports: list[Any], probe: dict[str, Any]) -> None:
    remedy = of("no-readiness-probe", web({**NO_PROBE, f"{APP}.ports": ports}))[0].remedy
    assert yaml.safe_load(remedy) == {"readinessProbe": {**probe, "periodSeconds": 2}}


@pytest.mark.parametrize(
    ("live", "ready", "found"),
    [
        pytest.param({"tcpSocket": {"port": 80}}, {"tcpSocket": {"port": 80}}, True, id="the same"),
        pytest.param({"exec": {}, "periodSeconds": 10}, {"exec": {}, "failureThreshold": 3}, True, id="the same by default"),
        pytest.param({"exec": {}}, {"exec": {}, "failureThreshold": 1}, False, id="one is more patient"),
        pytest.param({"exec": {}}, DROP, False, id="only one"),
        pytest.param(DROP, {"exec": {}}, False, id="only the other"),
    ],
)
def test_two_probes_ask_two_things(live: Any, ready: Any, found: bool) -> None:
    scenery = web({f"{APP}.livenessProbe": live, f"{APP}.readinessProbe": ready})
    assert paths("readiness-equals-liveness", scenery) == [f"{CONTAINER}.livenessProbe"] * found


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web({f"{APP}.lifecycle": DROP}), [STOP], id="none"),
        pytest.param(web({f"{APP}.lifecycle": {"postStart": {"sleep": {"seconds": 1}}}}), [STOP], id="only postStart"),
        pytest.param(worker({f"{APP}.lifecycle": DROP}, live={"Service": (service(),)}), [STOP], id="behind a live Service"),
        pytest.param(web({f"{APP}.lifecycle": DROP, **OWN_SIDECAR}), [STOP], id="the hook of a sidecar is not its own"),
        pytest.param(web(), [], id="there is one"),
        pytest.param(worker({f"{APP}.lifecycle": DROP}), [], id="no Service is known"),
        pytest.param(worker({f"{APP}.lifecycle": DROP}, service(selector={"app": "other"})), [], id="a Service of others"),
        pytest.param(worker({f"{APP}.lifecycle": DROP}, service(selector=None)), [], id="endpoints by hand"),
        pytest.param(
            worker({f"{APP}.lifecycle": DROP}, service("web-pods", clusterIP="None"), kind="StatefulSet"),
            [],
            id="the Service that names a StatefulSet's pods",
        ),
    ],
)
def test_what_answers_requests_ends_after_the_last_one(scenery: Scenery, found: list[str]) -> None:
    assert paths("no-pre-stop", scenery) == found


def test_a_service_of_another_namespace_leads_elsewhere() -> None:
    elsewhere = {**service(), "metadata": {"namespace": "other", "name": "web"}}
    nowhere = {**service(), "metadata": {"name": "web"}}
    assert paths("no-pre-stop", worker({f"{APP}.lifecycle": DROP}, elsewhere)) == []
    assert paths("no-pre-stop", worker({f"{APP}.lifecycle": DROP}, nowhere)) == [STOP]


def test_the_proposed_hook_is_one_that_the_server_knows() -> None:
    changes = {f"{APP}.lifecycle": DROP}
    assert of("no-pre-stop", web(changes, server_version=(1, 29)))[0].remedy == (
        'preStop:\n  exec:\n    command:\n      - sleep\n      - "5"'
    )
    for version in (None, (1, 30)):
        assert of("no-pre-stop", web(changes, server_version=version))[0].remedy == "preStop:\n  sleep:\n    seconds: 5"


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web(sleeping(1)), [STOP], id="1 s"),
        pytest.param(web(sleeping(0)), [STOP], id="0 s"),
        pytest.param(web(hook("sleep", "0.5")), [STOP], id="half a second"),
        pytest.param(web(sleeping(2)), [], id="2 s"),
        pytest.param(web(hook("nginx", "-s", "quit")), [], id="nobody knows"),
        pytest.param(web(hook("/app/sleep-well", "1")), [], id="a program of its own"),
        pytest.param(worker(sleeping(1)), [], id="no Service is known"),
    ],
)
def test_the_hook_is_long_enough_for_the_news_to_spread(scenery: Scenery, found: list[str]) -> None:
    assert paths("pre-stop-too-short", scenery) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param(sleeping(31), True, id="longer than the default"),
        pytest.param(sleeping(20, 10), True, id="natively"),
        pytest.param(hook("sleep", "20", **{GRACE: 10}), True, id="sleep"),
        pytest.param(hook("/bin/sh", "-c", "sleep 1m && nginx -s quit"), True, id="in a shell, a minute"),
        pytest.param(hook("sh", "-c", "sleep 20; kill 1; sleep 20"), True, id="twice"),
        pytest.param({**OWN_SIDECAR, f"{POD}.initContainers.0.lifecycle.preStop": {"sleep": {"seconds": 40}}}, True, id="a sidecar's"),
        pytest.param(sleeping(30), False, id="as long as the default: another rule's"),
        pytest.param(sleeping(40, 60), False, id="shorter"),
        pytest.param(sleeping(5, 0), False, id="no grace at all is another rule's"),
        pytest.param(sleeping("40"), False, id="no number"),
        pytest.param({f"{APP}.lifecycle.preStop": {"httpGet": {"path": "/quit", "port": 80}}}, False, id="a request"),
        pytest.param({f"{APP}.lifecycle.preStop": {"exec": {"command": "sleep 40"}}}, False, id="no list"),
        pytest.param(hook("sh", "-c", "exec usleep 40"), False, id="usleep"),
    ],
)
def test_the_hook_ends_before_the_grace_period(changes: dict[str, Any], found: bool) -> None:
    assert paths("pre-stop-exceeds-grace", web(changes)) == [GRACE] * found


def test_the_proposed_grace_period_holds_the_hook_and_the_end() -> None:
    assert of("pre-stop-exceeds-grace", web(sleeping(40)))[0].remedy == "terminationGracePeriodSeconds: 70"
    assert of("pre-stop-exceeds-grace", web(sleeping(40), shutdown_seconds=7.5))[0].remedy == "terminationGracePeriodSeconds: 53"


@pytest.mark.parametrize(
    ("changes", "shutdown", "said"),
    [
        pytest.param(sleeping(30), None, "only 0 s are left", id="nothing is left"),
        pytest.param(hook("sleep", "29.5"), None, "only 0.5 s are left", id="less than a second is left"),
        pytest.param(sleeping(15), 20, "takes 15 of the 30 s", id="too little is left for this program"),
        pytest.param(sleeping(29), None, "", id="a second is left"),
        pytest.param(sleeping(15), 15, "", id="just enough"),
        pytest.param(sleeping(31), 20, "", id="more than all is another rule's"),
        pytest.param({f"{APP}.lifecycle": DROP}, 60, "", id="no hook"),
    ],
)
def test_the_program_has_time_to_end_after_the_hook(changes: dict[str, Any], shutdown: float | None, said: str) -> None:
    found = of("grace-too-short", web(changes, shutdown_seconds=shutdown))
    assert [finding.path for finding in found] == [GRACE] * bool(said)
    assert all(said in finding.why for finding in found)


@pytest.mark.parametrize(("grace", "found"), [(0, True), (1, False), (None, False)])
def test_programs_are_not_killed_at_once(grace: int | None, found: bool) -> None:
    assert paths("grace-zero", web({GRACE: grace})) == [GRACE] * found


@pytest.mark.parametrize(
    ("image", "command", "found"),
    [
        pytest.param("gcr.io/distroless/java21-debian12:nonroot", ["sh", "-c", "sleep 5"], True, id="distroless"),
        pytest.param("registry.example/shop/web:2.0-distroless", ["/bin/sh", "-c", "sleep 5"], True, id="distroless by tag"),
        pytest.param("registry.example/web-static:2.0", ["/bin/bash", "-c", "sleep 5"], True, id="static"),
        pytest.param("registry.example/web:2.0-scratch", ["sleep", "5"], True, id="scratch has no sleep"),
        pytest.param("cgr.dev/chainguard/nginx:latest", ["sh", "-c", "sleep 5"], True, id="chainguard"),
        pytest.param("cgr.dev/chainguard/nginx:latest-dev", ["sh", "-c", "sleep 5"], False, id="chainguard for developers"),
        pytest.param("gcr.io/distroless/static:debug", ["sh", "-c", "sleep 5"], False, id="distroless with a shell"),
        pytest.param("registry.example/static-files:2.0-alpine", ["sh", "-c", "sleep 5"], False, id="alpine"),
        pytest.param("gcr.io/distroless/static:nonroot", ["/web", "drain"], False, id="its own program"),
        pytest.param("nginx:1.28", ["sh", "-c", "sleep 5"], False, id="any other image"),
        pytest.param("registry.example/statics:1", ["sh", "-c", "sleep 5"], False, id="another word"),
        pytest.param("gcr.io/distroless/static:nonroot", [], False, id="no command"),
    ],
)
def test_a_hook_needs_what_it_runs(image: str, command: list[str], found: bool) -> None:
    assert paths("pre-stop-needs-shell", web(hook(*command, **{f"{APP}.image": image}))) == [STOP] * found


@pytest.mark.parametrize(
    ("changes", "version", "found"),
    [
        pytest.param({}, (1, 29), [STOP], id="1.29"),
        pytest.param({f"{APP}.lifecycle": {"postStart": {"sleep": {}}}}, (1, 28), [f"{CONTAINER}.lifecycle.postStart"], id="postStart"),
        pytest.param({}, (1, 30), [], id="1.30"),
        pytest.param({}, (2, 0), [], id="2.0"),
        pytest.param({}, None, [], id="unknown"),
        pytest.param(hook("sleep", "5"), (1, 29), [], id="a program"),
    ],
)
def test_the_native_sleep_needs_a_server_that_knows_it(changes: dict[str, Any], version: Any, found: list[str]) -> None:
    assert paths("native-sleep-unknown", web(changes, server_version=version)) == found
