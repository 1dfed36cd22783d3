# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option verify on a real API server: requests go on while a rollout runs, and what they lose decides how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.gates import measuring_job
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .faults import faulty
from .interference import before, proxied
from .users import Site, once, site

SLOW = {"ready-after": "2s"}
COUNTS = {"requests", "failed", "outcomes", "failures", "longest_gap", "slowest", "skipped", "from", "url"}


@pytest.fixture
def shop() -> Iterator[Site]:
    """What users reach."""
    with site() as served:
        yield served


def roll(namespace: str, shop: Site, *, module: str = "rolling", verify: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """A task that rolls out and measures."""
    given = {"url": shop.url, "interval": 0.05, "after": 0.5, **(verify or {})}
    return {"name": "Roll out", f"rollout.kubernetes.{module}": {"namespace": namespace, "wait_timeout": 300, "verify": given, **options}}


def newer(deployment: Any, **options: Any) -> dict[str, Any]:
    """The next version."""
    found: dict[str, Any] = deployment(image="registry.example/web:2", simulate=SLOW, **options)
    return found


def updated(get: Any, at_least: int = 1) -> Callable[[], bool]:
    """The condition that a version later than the present one is on its way, and has so many pods."""
    before = get("deployment", "web")["metadata"]["generation"]

    def holds() -> bool:
        live = get("deployment", "web")
        seen = live["status"].get("observedGeneration", 0)
        return bool(seen > before and live["status"].get("updatedReplicas", 0) >= at_least)

    return holds


def images(get: Any, name: str = "web") -> list[str]:
    return [entry["image"] for entry in get("deployment", name)["spec"]["template"]["spec"]["containers"]]


def test_a_rollout_that_loses_nothing_says_so_with_counts(tried, here, namespace, deployment, shop):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    play = tried(roll(namespace, shop, definition=newer(deployment)))
    last = play.last
    assert last.changed, last.msg
    counts = last["verify"]
    assert set(counts) == COUNTS
    assert counts["failed"] == 0
    assert counts["requests"] > 20
    assert counts["outcomes"] == {"ok": counts["requests"]}
    assert (counts["from"], counts["url"]) == ("controller", shop.url)
    assert "verify: a request to" in play.stdout
    assert f"verify: {counts['requests']} requests, 0 failed" in play.stdout


def test_a_baseline_that_fails_writes_nothing(tried, here, namespace, deployment, shop, audit):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    audit.mark()
    shop.fail(502)
    last = tried(roll(namespace, shop, definition=newer(deployment), verify={"timeout": 1})).last
    assert last.failed
    assert not last.changed
    assert "fail already, before anything is changed: status 502" in last.msg
    assert shop.url in last.msg
    assert last["verify"]["outcomes"] == {"status 502": 1}
    assert audit.writes() == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/", "refused"),
        ("http://no-such-name.invalid/", "unresolved"),
    ],
)
def test_each_sort_of_failing_baseline_has_its_name(run, namespace, deployment, audit, url, words):
    result = run("rolling", fails=True, definition=deployment(), verify={"url": url, "timeout": 1})
    assert f": {words}" in result["msg"]
    assert audit.writes() == []


def test_an_answer_that_never_comes_is_a_timeout(run, namespace, deployment, audit):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        result = run("rolling", fails=True, definition=deployment(), verify={"url": url, "timeout": 0.5})
    assert ": timeout" in result["msg"]
    assert audit.writes() == []


def test_requests_lost_midway_hold_the_rollout_at_once(run, here, namespace, deployment, shop, get):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    stuck = deployment(image="registry.example/web:2", simulate={"ready-after": "1000s"})
    with once(updated(get), shop.fail):
        result = run("rolling", fails=True, definition=stuck, verify={"url": shop.url, "max_failed": "3"})
    assert "users lost requests: " in result["msg"]
    assert "3 may; the first one" in result["msg"]
    assert result["verify"]["failed"] > 3
    assert result["rollouts"][0]["phase"] == "degraded"
    assert result["rollouts"][0]["steps"][0]["state"] == "failed"
    assert images(get) == ["registry.example/web:2"]
    for thread in threading.enumerate():
        if thread.name == "rollout-verify":
            thread.join(10)
            assert not thread.is_alive()


def test_requests_lost_midway_take_the_rollout_back(run, here, namespace, deployment, shop, get):
    # The way back makes a pod, so that it takes longer than a request.
    one_less = {"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}}
    first = deployment(simulate={"ready-after": "2s"}, **one_less)
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": first}})
    stuck = deployment(image="registry.example/web:2", simulate={"ready-after": "1000s"}, **one_less)
    with once(updated(get), shop.fail):
        result = run("rolling", fails=True, definition=stuck, on_failure="rollback", verify={"url": shop.url})
    found = re.search(r"users lost requests: (\d+) of ", result["msg"])
    assert found, result["msg"]
    assert "Went back to revision 1" in result["msg"]
    assert result["rollouts"][0]["phase"] == "aborted"
    assert images(get) == ["registry.example/web:1"]
    assert result["verify"]["failed"] > int(found[1]) >= 1, "the way back is counted too, and not interrupted"


@pytest.mark.parametrize(("answer", "image", "phase"), [("rollback", 1, "aborted"), ("hold", 2, "degraded")])
def test_requests_lost_only_after_completion_count_as_well(run, namespace, deployment, shop, get, answer, image, phase):
    run("rolling", definition=deployment())

    context = Context(progress=lambda line: shop.fail() if "verify: all is complete; measuring for" in line else None)
    verify = {"url": shop.url, "after": 60}
    result = run("rolling", fails=True, definition=newer(deployment), on_failure=answer, verify=verify, context=context)
    assert f"Deployment {namespace}/web is complete, and users lost requests" in result["msg"]
    assert images(get) == [f"registry.example/web:{image}"]
    assert result["rollouts"][0]["phase"] == phase


def test_a_share_is_judged_at_the_end_at_the_latest(run, here, namespace, deployment, shop, get):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    with once(updated(get), lambda: shop.fail_for(0.3)):
        verify = {"url": shop.url, "max_failed": "90%", "interval": 0.05, "after": 1}
        result = run("rolling", definition=newer(deployment), verify=verify)
    assert 0 < result["verify"]["failed"] < result["verify"]["requests"]
    with once(updated(get), shop.fail):
        verify = {"url": shop.url, "max_failed": "0.01%", "after": 0.5}
        later = deployment(image="registry.example/web:3", simulate=SLOW)
        result = run("rolling", fails=True, definition=later, verify=verify)
    assert "0.01% may" in result["msg"]
    assert result["rollouts"][0]["steps"][0]["state"] == "failed"


def test_where_nothing_is_to_be_done_nothing_is_asked(tried, here, namespace, deployment, shop, audit):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": newer(deployment)}})
    audit.mark()
    shop.fail()
    last = tried(roll(namespace, shop, definition=newer(deployment))).last
    assert not last.failed, last.msg
    assert not last.changed
    assert "verify" not in last.data
    assert shop.requests == []
    assert audit.writes() == []


def test_check_mode_asks_nothing_and_validates(tried, namespace, deployment, shop):
    last = tried(roll(namespace, shop, definition=deployment()), check=True).last
    assert last.changed
    assert "verify" not in last.data
    assert shop.requests == []
    wrong = tried(roll(namespace, shop, definition=deployment(), verify={"max_failed": "some"}), check=True).last
    assert wrong.failed
    assert "verify.max_failed must be a count" in wrong.msg


def test_blue_green_goes_back_when_users_lose_requests(run, plain, namespace, shop, get):
    plain()
    run(image="registry.example/web:2", verify={"url": shop.url, "after": 0.2})

    def switched() -> bool:
        return bool(get("service", "web")["spec"]["selector"].get("rollout.kubernetes/colour") != before)

    before = get("service", "web")["spec"]["selector"].get("rollout.kubernetes/colour")
    with once(switched, shop.fail):
        result = run(fails=True, image="registry.example/web:3", scale_down_delay=300, verify={"url": shop.url})
    assert "Users lost requests: " in result["msg"]
    assert "Went back: " in result["msg"]
    assert result["rollouts"][0]["phase"] == "aborted"
    assert get("service", "web")["spec"]["selector"].get("rollout.kubernetes/colour") == before
    assert result["verify"]["failed"] > 0


def test_blue_green_held_and_promoted_and_aborted(run, plain, namespace, shop, get):
    plain()
    stopped = run(image="registry.example/web:2", stop_before="switch", verify={"url": shop.url})
    assert stopped["verify"]["failed"] == 0
    shop.fail()
    refused = run("promote", fails=True, verify={"url": shop.url, "timeout": 0.5})
    assert "fail already" in refused["msg"]
    given_up = run("abort", fails=True, verify={"url": shop.url, "timeout": 0.5, "after": 0.2})
    assert given_up["rollouts"][0]["phase"] == "aborted", "what helps is not kept from being done"
    assert "Users lost requests: " in given_up["msg"]


def test_blue_green_that_loses_requests_at_its_very_end_says_how_to_go_back(run, plain, namespace, shop, get):
    plain()
    run(image="registry.example/web:2")
    context = Context(progress=lambda line: shop.fail() if "verify: all is complete; measuring for" in line else None)
    result = run(fails=True, image="registry.example/web:3", verify={"url": shop.url, "after": 60}, context=context)
    assert "the module undo brings them back" in result["msg"]
    shop.heal()
    undone = run("undo", verify={"url": shop.url, "after": 0.2})
    assert undone["verify"]["failed"] == 0


def test_undo_and_restart_measure_too(run, here, namespace, deployment, shop, get):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment(simulate=SLOW)}})
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    assert run("restart", verify={"url": shop.url, "after": 0.2})["verify"]["failed"] == 0
    with once(updated(get), shop.fail):
        result = run("undo", fails=True, verify={"url": shop.url, "after": 60})
    assert "users lost requests" in result["msg"]
    assert result["rollouts"][0]["phase"] == "degraded"


def test_recreate_measures_its_outage(run, here, namespace, deployment, shop, get):
    here({"rollout.kubernetes.recreate": {"namespace": namespace, "definition": deployment()}})
    with once(lambda: get("deployment", "web")["status"].get("readyReplicas", 0) == 0, lambda: shop.fail_for(1)):
        verify = {"url": shop.url, "max_failed": "1000", "after": 0.5}
        result = run("recreate", definition=newer(deployment), verify=verify)
    assert result["verify"]["failed"] > 0
    assert result["verify"]["longest_gap"] >= 0.1


@pytest.mark.parametrize("way", ["process", "module"])
def test_headers_are_sent_and_never_seen(ansible, modules, here, namespace, deployment, shop, way):
    secret = "tr0ub4dor-and-3-that-nobody-may-see"
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    headers = {"Authorization": f"Bearer {secret}", "X-Canary": "always"}
    task = roll(namespace, shop, definition=newer(deployment), verify={"headers": headers, "url": f"{shop.url}?key={secret}"})
    run = partial(ansible, arguments=["-vvv"]) if way == "process" else modules
    play = run(task, diff=True)
    assert not play.last.failed, play.last.msg
    assert play.last["verify"]["url"] == f"{shop.url}?..."
    assert all(found["Authorization"] == f"Bearer {secret}" for found in shop.requests)
    assert secret not in play.stdout + play.stderr + json.dumps(play.last.data)
    shop.fail()
    failing = roll(namespace, shop, definition=deployment(), verify={"headers": headers, "timeout": 0.3})
    play = run(failing)
    assert play.last.failed
    assert secret not in play.stdout + play.stderr + json.dumps(play.last.data)


def test_an_address_with_a_password_is_refused_without_showing_it(ansible, modules, namespace, deployment, shop):
    url = "http://walter:c0rrect-horse@127.0.0.1/"
    for run in (partial(ansible, arguments=["-vvv"]), modules):
        play = run(roll(namespace, shop, definition=deployment(), verify={"url": url}))
        assert "verify.url holds a user or password" in play.last.msg
        assert "c0rrect-horse" not in play.stdout + play.stderr + json.dumps(play.last.data)


def test_the_result_is_the_same_each_way(tried, modules, here, namespace, deployment, shop):
    found = []
    for way, run in (("process", tried), ("module", modules)):
        here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment(f"web-{way}")}})
        last = run(roll(namespace, shop, definition=newer(deployment, name=f"web-{way}"))).last
        assert not last.failed, last.msg
        found.append(last["verify"])
    assert all(set(counts) == COUNTS and set(counts["outcomes"]) == {"ok"} for counts in found), found
    again = tried(roll(namespace, shop, definition=newer(deployment, name="web-process"))).last
    assert not again.changed


def test_a_killed_run_stops_asking(ansible, here, namespace, deployment, shop, get):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    stuck = deployment(image="registry.example/web:2", simulate={"ready-after": "1000s"})
    begun, running = updated(get), ansible.start(roll(namespace, shop, definition=stuck))
    with once(lambda: begun() and len(shop.requests) > 20, running.kill) as done:
        running.process.wait(120)
        assert done.wait(30)
    asked = -1
    while asked != len(shop.requests):  # Those that were on their way come still.
        asked = len(shop.requests)
        threading.Event().wait(1)
    threading.Event().wait(1)
    assert len(shop.requests) == asked


def test_a_role_takes_it_as_a_survey_sends_it(ansible, here, namespace, deployment, shop, get):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    survey = {"rolling_name": "web", "rolling_namespace": namespace, "rolling_image": "registry.example/web:2"}
    play = ansible("rollout.kubernetes.rolling", variables={**survey, "rolling_verify": f"url: {shop.url}\nafter: 0.2\n"})
    assert play.code == 0, play.stdout
    assert len(shop.requests) > 5
    assert "verify: a request to" in play.stdout
    assert images(get) == ["registry.example/web:2"]


# --- from a pod ---------------------------------------------------------------------------------------------------------------


def from_pod(**options: Any) -> dict[str, Any]:
    """The option for requests from a pod."""
    return {"job": {"image": "registry.example/curl:8", "url": "http://web/", **options}, "timeout": 5}


def jobs_are_gone(get: Any) -> bool:
    return not get("jobs") and not [pod for pod in get("pods") if "rollout.kubernetes/verify" in pod["metadata"]["labels"]]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold."""
    reached = threading.Event()
    with once(holds, reached.set):
        return reached.wait(60)


def test_a_pod_whose_image_is_missing_is_told_before_anything_is_written(run, here, namespace, deployment, get, audit):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment()}})
    audit.mark()
    verify = from_pod(image="registry.example/curl:missing")
    result = run("rolling", fails=True, definition=newer(deployment), verify=verify)
    assert "The requests of verify.job cannot begin: Pod " in result["msg"]
    assert "registry.example/curl:missing" in result["msg"]
    assert "Nothing was written" in result["msg"]
    assert not result["changed"]
    assert [(event.verb, event.resource) for event in audit.writes()] == [("patch", "jobs"), ("delete", "jobs")]
    assert eventually(lambda: jobs_are_gone(get)), "the Job is deleted with its pod"


def test_a_pod_that_says_nothing_of_ours_is_told_and_nothing_secret_of_its_log(run, namespace, deployment, get, monkeypatch):
    monkeypatch.setattr(measuring_job, "START_SECONDS", 20.0)  # A quarter of it is waited for a line that never comes.
    result = run("rolling", fails=True, definition=deployment(), verify=from_pod())
    assert "tells of no request, its last words are: exiting with code 1. Nothing was written" in result["msg"]
    assert "hunter2" not in json.dumps(result)
    assert get("deployment", "web") is None
    assert eventually(lambda: jobs_are_gone(get))


def test_a_pod_that_the_cluster_refuses_is_told_by_its_words(run, namespace, deployment, get, kubectl, monkeypatch):
    kubectl("create", "quota", "none", "--hard=count/jobs.batch=0")
    assert eventually(lambda: "hard" in get("resourcequota", "none").get("status", {})), "the quota is counted"
    result = run("rolling", fails=True, definition=deployment(), verify=from_pod())
    assert "the quota none of the namespace is exceeded" in result["msg"]
    assert get("deployment", "web") is None


def test_giving_up_does_not_depend_on_a_pod(run, plain, namespace, get):
    plain()
    run(image="registry.example/web:2", stop_before="switch")
    result = run("abort", fails=True, verify={**from_pod(image="registry.example/curl:missing"), "after": 0})
    assert result["rollouts"][0]["phase"] == "aborted"
    assert "broke off, so nobody knows" in result["msg"]


def test_the_job_is_where_the_workload_is_and_no_service_leads_to_it(run, namespace, deployment, get, cluster, audit):
    seen: list[dict[str, Any]] = []
    with faulty(cluster.kubeconfig) as faults:
        before(faults, lambda request: request.method == "DELETE" and "/jobs/" in request.path, lambda: seen.extend(get("jobs")))
        verify = from_pod(image="registry.example/curl:missing", run_as_user=1000)
        run("rolling", fails=True, definition=newer(deployment), verify=verify, **proxied(faults), kubeconfig=None)
    spec = seen[0]["spec"]
    assert seen[0]["metadata"]["namespace"] == namespace
    assert (spec["backoffLimit"], spec["ttlSecondsAfterFinished"]) == (0, 60)
    assert 300 < spec["activeDeadlineSeconds"] < 1200
    assert spec["template"]["spec"]["containers"][0]["securityContext"]["runAsUser"] == 1000
    assert not set(spec["template"]["metadata"]["labels"]) & {"app"}


class Kubelet:
    """Stands in for what simulated nodes lack: runs the container's own script on this machine, and tells what it prints as its log.

    `cut` breaks the connection after so many lines, once.
    """

    def __init__(self, get: Any, *, cut: int | None = None) -> None:
        self._get = get
        self._cut = cut
        self._process: subprocess.Popen[str] | None = None
        self.asked = 0

    def __call__(self) -> Iterator[str]:
        self.asked += 1
        process = self._process = self._process or self._start()
        for number, line in enumerate(process.stdout or ()):
            yield line
            if self._cut == number:
                self._cut = None
                return

    def _start(self) -> subprocess.Popen[str]:
        (job,) = self._get("jobs")
        container = job["spec"]["template"]["spec"]["containers"][0]
        variables = {entry["name"]: entry.get("value", "").replace("$$", "$") for entry in container["env"]}
        environment = {**variables, "PATH": os.environ["PATH"]}
        return subprocess.Popen(container["command"], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def stop(self) -> None:
        """End the container."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def kubelet(get: Any) -> Iterator[Kubelet]:
    """A container that really runs."""
    stand_in = Kubelet(get)
    yield stand_in
    stand_in.stop()


@contextmanager
def reached(cluster: Any, kubelet: Kubelet) -> Iterator[dict[str, Any]]:
    """The options by which a task reaches the cluster, where pods have real logs."""
    with faulty(cluster.kubeconfig) as faults:
        faults.add(matches=lambda request: request.path.endswith("/log") and "follow" in request.query, says=kubelet, times=100)
        yield {**proxied(faults), "kubeconfig": None}


def test_a_pod_measures_and_its_job_is_deleted(cluster, run, namespace, deployment, shop, get, kubelet):
    run("rolling", definition=deployment())
    with reached(cluster, kubelet) as way:
        verify = {**from_pod(url=f"{shop.url}?a=$(HOME)"), "interval": 0.1, "after": 1}
        result = run("rolling", definition=newer(deployment), verify=verify, **way)
    counts = result["verify"]
    assert set(counts) == COUNTS
    assert (counts["failed"], counts["from"], counts["url"]) == (0, "job", f"{shop.url}?...")
    assert counts["requests"] > 10
    assert 0 < counts["longest_gap"] < 30
    assert eventually(lambda: jobs_are_gone(get))


def test_what_a_pod_loses_takes_the_rollout_back_at_once(cluster, run, namespace, deployment, shop, get, kubelet):
    run("rolling", definition=deployment())
    stuck = deployment(image="registry.example/web:2", simulate={"ready-after": "1000s"})
    with reached(cluster, kubelet) as way, once(updated(get), shop.fail):
        result = run("rolling", fails=True, definition=stuck, on_failure="rollback", verify=from_pod(url=shop.url), **way)
    assert "users lost requests: " in result["msg"]
    assert "status 503" in result["msg"]
    assert images(get) == ["registry.example/web:1"]
    assert eventually(lambda: jobs_are_gone(get))


def test_a_pod_that_ends_midway_has_not_shown_that_all_is_well(cluster, run, namespace, deployment, shop, get, kubelet):
    run("rolling", definition=deployment())
    stuck = deployment(image="registry.example/web:2", simulate={"ready-after": "1000s"})
    with reached(cluster, kubelet) as way, once(updated(get), kubelet.stop):
        result = run("rolling", fails=True, definition=stuck, verify=from_pod(url=shop.url), **way)
    assert "broke off, so nobody knows whether users lose requests" in result["msg"]
    assert result["verify"]["failed"] == 0


def test_a_log_whose_connection_is_lost_goes_on(cluster, run, namespace, deployment, shop, get):
    run("rolling", definition=deployment())
    kubelet = Kubelet(get, cut=12)
    try:
        with reached(cluster, kubelet) as way:
            result = run("rolling", definition=newer(deployment), verify={**from_pod(url=shop.url), "after": 2}, **way)
    finally:
        kubelet.stop()
    assert kubelet.asked == 2
    assert result["verify"]["failed"] == 0
    assert result["verify"]["requests"] > 12


@pytest.mark.parametrize(
    ("verify", "words"),
    [
        ({}, "one of the following is required: url, job"),
        ({"url": "http://web/", "job": {"image": "x", "url": "http://web/"}}, "mutually exclusive: url|job"),
        ({"job": {"image": "x"}}, "missing required arguments: url"),
        ({**from_pod(), "headers": {"Authorization": "x"}}, "verify.headers cannot be used with verify.job"),
        ({**from_pod(), "ca_cert": "/x"}, "verify.ca_cert cannot be used with verify.job"),
        ({**from_pod(), "interval": 0.01}, "verify.interval of 0.01 s is too short"),
        (from_pod(run_as_user=0), "other than root"),
        (from_pod(namespace="Not a name"), "verify.job.namespace"),
        ({"url": "http://web/", "interval": 0}, "verify.interval must be between"),
        ({"url": "http://web/", "timeout": 0}, "verify.timeout must be"),
        ({"url": "http://web/", "after": -1}, "verify.after must be"),
        ({"url": "http://web/", "status": ["fine"]}, "verify.status must hold"),
        ({"url": "http://web/", "contains": "x", "method": "HEAD"}, "an answer to HEAD has none"),
        ({"url": "http://web/", "headers": {"a b": "x"}}, "none of a header"),
        ({"url": "http://web/", "headers": {"X": "a\nb"}}, "holds a line break"),
        ({"url": "https://web/", "ca_cert": "/no/such/file"}, "verify.ca_cert /no/such/file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(namespace, deployment, cluster, verify, words):
    refused = taken(cluster, namespace, deployment, verify)
    assert words in refused
    assert "Traceback" not in refused


def taken(cluster: Any, namespace: str, deployment: Any, verify: dict[str, Any]) -> str:
    """The message with which the module refuses."""
    try:
        result = call(cluster, "rolling", namespace=namespace, definition=deployment(), verify=verify)
    except AssertionError as refused:  # By the argument spec.
        return str(refused)
    assert result["failed"]
    return str(result["msg"])


def test_without_waiting_there_is_nothing_to_measure(run, namespace, deployment, shop):
    result = run("rolling", fails=True, definition=deployment(), wait=False, verify={"url": shop.url})
    assert "leave out wait: false, or verify" in result["msg"]
