# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API, the credentials or the object go away while a task waits: it goes on where it can, and ends in time with a sentence where not.

What the client does about each fault is shown in test_kube_watch.py and test_kube_client.py, conflicts of writes in test_conflicts.py.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from .cluster import Cluster
from .control_plane import ControlPlane, control_plane
from .faults import Faults, Request, faulty
from .interference import eventually, is_change, is_write, through
from .plays import Ansible, Running
from .test_conflicts import BROKEN, BUSY, GONE, TROUBLE
from .test_rolling import kubectl_says_done, roll
from .workloads import create, grant, images, is_watched, labelled, observed, of_kind, rolled_out, set_image, task

ANSIBLE_SECONDS = 180
"""What ansible-playbook may need to start and to end besides its task, on a busy machine: less than what a task would wait in vain."""


def is_watch(request: Request) -> bool:
    return request.is_watch


def seconds_of(started: float) -> float:
    return time.monotonic() - started


# --- the API has a bad day ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_wait_goes_on_through_trouble_with_its_lists_and_watches(tried, faults, namespace, deployment, apply, kubectl, trouble):
    apply(deployment(image="registry.example/web:unready"))
    for status in (429, 500, 503):
        faults.add(matches=lambda request: request.is_list, status=status, body={**BUSY, "code": status})
    faults.add(matches=is_watch, **TROUBLE[trouble])
    started = tried.start(task("wait", namespace), environment=through(faults))
    is_watched(faults)
    set_image(kubectl, "2")
    last = started.wait().last
    assert not last.failed, last.msg
    assert last["rollouts"][0]["replicas"]["available"] == 3
    assert kubectl_says_done(kubectl)


def bad_day(faults: Faults) -> None:
    """Each kind of request fails in each way once; the first write that goes through is not heard of."""
    faults.add(matches=lambda request: request.is_list, status=429, body=BUSY)
    faults.add(matches=lambda request: request.method == "GET" and not request.is_watch, status=503, body={**BROKEN, "code": 503})
    faults.add(matches=is_change, status=500, body=BROKEN)
    faults.add(matches=is_change, unsent=True)
    faults.add(matches=is_change, unheard=True)
    faults.add(matches=is_watch, status=500, body=BROKEN)
    faults.add(matches=is_watch, status=410, body=GONE)
    faults.add(matches=is_watch, lines=1, part=20, times=3)


@pytest.mark.parametrize("module", ["undo", "restart", "resume", "pause"])
def test_an_operation_survives_a_bad_day_and_is_carried_out_once(tried, faults, namespace, deployment, apply, kubectl, get, module):
    apply(deployment(simulate={"ready-after": "1s"}))
    rolled_out(kubectl)
    set_image(kubectl, "2")
    rolled_out(kubectl)
    if module == "resume":
        kubectl("rollout", "pause", "deployment/web")
        set_image(kubectl, "3")
    observed(kubectl)
    before = get("deployment", "web")
    bad_day(faults)
    last = tried(task(module, namespace), environment=through(faults)).last
    assert not last.failed, last.msg
    assert last.changed
    after = get("deployment", "web")
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1, "what was sent again has changed nothing any more"
    assert len(get("replicasets")) == {"undo": 2, "restart": 3, "resume": 3, "pause": 2}[module]
    wanted = {"undo": "1", "restart": "2", "resume": "3", "pause": "2"}[module]
    assert images(get) == [f"registry.example/web:{wanted}"]
    assert kubectl_says_done(kubectl)


def test_watches_that_say_nothing_hold_nobody_past_the_deadline(tried, faults, namespace, deployment, apply):
    apply(deployment(image="registry.example/web:unready"))
    faults.add(matches=is_watch, hang=True, times=1000)
    started = time.monotonic()
    play = tried(task("wait", namespace, wait_timeout=3), environment=through(faults))
    assert seconds_of(started) < 3 + ANSIBLE_SECONDS
    assert play.last.failed
    assert "wait_timeout of 3 s is over" in play.last.msg
    assert "Traceback" not in play.stdout + play.stderr


def test_a_server_that_goes_away_for_good_is_told_at_the_deadline(tried, cluster, namespace, deployment, apply):
    apply(deployment(image="registry.example/web:unready"))
    with faulty(cluster.kubeconfig) as proxy:
        started = tried.start(task("wait", namespace, wait_timeout=6), environment=through(proxy))
        is_watched(proxy)
    gone = time.monotonic()
    play = started.wait()
    assert seconds_of(gone) < 6 + ANSIBLE_SECONDS
    assert play.last.failed
    assert f"Deployment {namespace}/web did not finish" in play.last.msg
    assert "(wait_timeout of 6 s is over)" in play.last.msg
    assert "the cluster did not answer (connection refused), so what was seen last may be outdated" in play.last.msg
    assert "NotReady" not in play.last.msg, "which may have nothing to do with it"
    assert "Traceback" not in play.stdout + play.stderr


# --- the API server is restarted ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_control_plane() -> Iterator[ControlPlane]:
    """A cluster that nobody else uses, whose API server may be killed."""
    with control_plane("restarted") as started:
        yield started


@pytest.mark.long
def test_tasks_go_on_when_the_api_server_is_killed_and_comes_back(own_control_plane, tmp_path, deployment):
    """SIGKILL in mid-wait, some seconds of nothing, the same server again; meanwhile nobody gives up, and nobody is done."""
    cluster = own_control_plane.cluster
    ansible = Ansible(cluster=cluster, folder=tmp_path)
    create(cluster.kubectl, *(deployment(name, image="registry.example/web:unready") for name in ("web", "rolled")))
    stateful = labelled(deployment(image="registry.example/web:unready"), app="stateful")
    create(cluster.kubectl, of_kind("StatefulSet", stateful, podManagementPolicy="Parallel"))
    both = [{"name": "web"}, {"kind": "StatefulSet", "name": "web"}]
    rolled = roll("default", name="rolled", image="registry.example/web:unready-2", wait_timeout=300)
    starts: dict[str, Callable[[], Running]] = {
        "wait": lambda: ansible.start(task("wait", "default", workloads=both, wait_timeout=300)),
        "module": lambda: ansible.start(task("wait", "default", wait_timeout=300), way="module"),
        "rolling": lambda: ansible.start(rolled),
    }
    plays: dict[str, Running] = {}
    try:
        for name, start in starts.items():  # One after the other: a task may watch pods more than once.
            mark = cluster.audit_mark()
            plays[name] = start()
            eventually(lambda: _are_pods_watched(cluster, mark), f"{name} watches its pods")  # noqa: B023 - called at once
        own_control_plane.kill_api_server()
        time.sleep(2)  # Nobody answers; all have noticed.
        assert all(play.process.poll() is None for play in plays.values()), "nobody has given up"
        own_control_plane.start_api_server()
        for name in ("deployment/web", "statefulset/web", "deployment/rolled"):
            set_image(cluster.kubectl, "2", name)
            eventually(lambda: _is_observed(own_control_plane, name), "the controllers work again")  # noqa: B023 - called at once
        # An unready StatefulSet is stuck. The pods of the Deployments stay: what is complete is not to become incomplete.
        cluster.kubectl("delete", "pods", "--selector=app=stateful", "--grace-period=0", "--force", "--wait=false")
        eventually(lambda: _have_ended(own_control_plane, plays), "all tasks have ended")
        lasts = {name: play.wait().last for name, play in plays.items()}
    finally:
        for play in plays.values():
            play.kill()
    for name, last in lasts.items():
        assert not last.failed, f"{name}: {last.msg}"
        assert {rollout["phase"] for rollout in last["rollouts"]} == {"complete"}
        assert {rollout["replicas"]["available"] for rollout in last["rollouts"]} == {3}


def _have_ended(plane: ControlPlane, plays: Mapping[str, Running]) -> bool:
    plane.revive()
    return all(play.process.poll() is not None for play in plays.values())


def _is_observed(plane: ControlPlane, name: str) -> bool:
    """Whether the controller has seen what the workload asks for."""
    plane.revive()
    found = plane.cluster.kubectl("get", name, "--output=json").json()
    return bool(found["status"].get("observedGeneration", 0) >= found["metadata"]["generation"])


def _are_pods_watched(cluster: Cluster, mark: int) -> bool:
    return any(
        event.verb == "watch" and event.resource == "pods" and event.stage == "ResponseStarted" and event.user_agent.startswith("rollout")
        for event in cluster.audit_since(mark)
    )


# --- the credentials expire -----------------------------------------------------------------------------------------------------------


def a_token(kubectl: Callable[..., Any], namespace: str, account: str) -> str:
    """A token of a service account that may do all that a rollout needs in its namespace."""
    kubectl("create", "serviceaccount", account)
    grant(kubectl, f"{namespace}:{account}", cluster_role="admin")
    return str(kubectl("create", "token", account).stdout.strip())


def test_a_token_that_expires_in_mid_wait_ends_the_task_with_a_sentence(tried, cluster, namespace, deployment, apply, kubectl, tmp_path):
    """The service account is deleted: from then on the real server answers 401, which ends everybody but the one who has a new token."""
    apply(deployment(image="registry.example/web:unready"))
    token, fresh = a_token(kubectl, namespace, "robot"), a_token(kubectl, namespace, "successor")
    renewed = tmp_path / "token"
    renewed.write_text(token)
    with faulty(cluster.kubeconfig, as_administrator=False) as proxy:
        environment = {"K8S_AUTH_HOST": proxy.url, "K8S_AUTH_API_KEY": token}
        plays = {
            "wait": tried.start(task("wait", namespace), environment=environment),
            "rolling": tried.start(roll(namespace, name="web", image="registry.example/web:unready-2"), environment=environment),
        }
        heir = tried.start(task("wait", namespace), kubeconfig=_with_token_file(tmp_path, proxy.url, renewed))
        eventually(lambda: _opened(proxy) >= len(plays) + 1, "all tasks watch their pods")
        kubectl("delete", "serviceaccount", "robot")
        renewed.write_text(fresh)
        # The server remembers for some seconds that it has seen the token.
        eventually(lambda: "Unauthorized" in _answer(cluster, token), "the server refuses the token")
        proxy.drop_all()
        refused = time.monotonic()
        for way, started in plays.items():
            play = started.wait()
            assert play.last.failed, way
            assert "does not accept the credentials (401): the token was refused or has expired" in play.last.msg, way
            assert "log in again, or give a new api_key" in play.last.msg
            everything = play.stdout + play.stderr + json.dumps(play.last.data)
            assert "Traceback" not in everything, everything
            assert token not in everything
            assert token.split(".")[2] not in everything
        assert seconds_of(refused) < ANSIBLE_SECONDS, "nothing is tried again in vain"
        set_image(kubectl, "2")
        survivor = heir.wait()
        assert not survivor.last.failed, survivor.last.msg
        assert fresh not in survivor.stdout


def _with_token_file(folder: Path, url: str, token: Path) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "s", "user": "u"}}],
        "clusters": [{"name": "s", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"tokenFile": str(token)}}],
    }
    path = folder / "with-token-file"
    path.write_text(yaml.safe_dump(content))
    return path


def _opened(faults: Faults) -> int:
    return sum(request.is_watch and request.path.endswith("/pods") for request in list(faults.requests))


def _answer(cluster: Cluster, token: str) -> str:
    """What the server says to the token itself, shown without a client certificate."""
    server = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    nothing = ["--kubeconfig=/dev/null", f"--server={server['server']}", f"--certificate-authority={server['certificate-authority']}"]
    return cluster.kubectl(*nothing, f"--token={token}", "get", "--raw=/api", check=False).stderr


# --- the object goes away -------------------------------------------------------------------------------------------------------------


def test_a_deletion_in_mid_wait_is_an_error_and_the_others_are_reported(tried, faults, namespace, deployment, apply, kubectl):
    apply(
        deployment("gone", image="registry.example/web:unready"),
        deployment("web"),
        of_kind("DaemonSet", deployment("agent", simulate={"ready-after": "1s"})),
    )
    wanted = [{"name": "gone"}, {"name": "web"}, {"kind": "DaemonSet", "name": "agent"}]
    started = tried.start(task("wait", namespace, workloads=wanted, wait_timeout=300), environment=through(faults))
    is_watched(faults)
    kubectl("delete", "deployment", "gone")
    deleted = time.monotonic()
    last = started.wait().last
    assert seconds_of(deleted) < ANSIBLE_SECONDS, "at once"
    assert last.failed
    assert f"Deployment {namespace}/gone was deleted" in last.msg
    assert "web" not in last.msg.replace(namespace, "")
    phases = {rollout["name"]: rollout["phase"] for rollout in last["rollouts"]}
    assert phases == {"gone": "degraded", "web": "complete", "agent": "complete"}


@pytest.mark.parametrize("module", ["undo", "restart", "resume"])
def test_a_deletion_while_an_operation_waits_is_an_error(tried, faults, namespace, deployment, apply, kubectl, get, module):
    apply(deployment(image="registry.example/web:unready"))
    observed(kubectl)  # Else its controller may see both templates at once, and make one revision of them.
    set_image(kubectl, "unready-2")
    observed(kubectl)
    if module == "resume":
        kubectl("rollout", "pause", "deployment/web")
    eventually(lambda: len(get("replicasets")) == 2, "both revisions are there")
    started = tried.start(task(module, namespace), environment=through(faults))
    eventually(lambda: any(map(is_change, faults.requests)), "the write was sent")
    is_watched(faults)
    kubectl("delete", "deployment", "web")
    last = started.wait().last
    assert last.failed
    assert f"Deployment {namespace}/web was deleted" in last.msg


class Blindfold:
    """While it is on, no client behind the proxy learns anything; afterwards it watches on from where it was, or has to list again."""

    def __init__(self, faults: Faults, *, forgotten: bool) -> None:
        self._on = threading.Event()
        self._faults = faults
        self._forgotten = forgotten
        self._told: set[str] = set()
        faults.add(matches=self._hides, status=503, body={**BROKEN, "code": 503}, times=10_000)

    def _hides(self, request: Request) -> bool:
        return self._on.is_set() and not is_write(request)

    def _goes_on(self, request: Request) -> bool:
        """Each watch is told once, not one of them in the place of another."""
        if not is_watch(request) or request.path in self._told:
            return False
        self._told.add(request.path)
        return True

    def __enter__(self) -> None:
        self._on.set()
        self._faults.drop_all()

    def __exit__(self, *exception: object) -> None:
        if self._forgotten:
            self._faults.add(matches=self._goes_on, status=410, body=GONE, times=10_000)
        self._on.clear()


def replaced_by(kubectl: Callable[..., Any], manifest: dict[str, Any]) -> None:
    """Delete the deployment web, and when it is gone make another one."""
    kubectl("delete", "deployment", "web", "--cascade=foreground")
    create(kubectl, manifest)


@pytest.mark.parametrize("seen", ["seen", "unseen", "forgotten"])
@pytest.mark.parametrize("on_deletion", ["wait", "fail"])
def test_deletion_and_creation_in_mid_wait(tried, faults, namespace, deployment, apply, kubectl, on_deletion, seen):
    """Whether the deletion itself was seen makes no difference: another object is another object, by its UID."""
    apply(deployment(image="registry.example/web:unready"))
    blindfold = Blindfold(faults, forgotten=seen == "forgotten")
    started = tried.start(task("wait", namespace, on_deletion=on_deletion), environment=through(faults))
    is_watched(faults)
    another = labelled(deployment(image="registry.example/web:2", replicas=2, simulate={"ready-after": "1s"}), app="web", tier="new")
    if seen == "seen":
        replaced_by(kubectl, another)
    else:
        with blindfold:
            replaced_by(kubectl, another)
    last = started.wait().last
    if on_deletion == "fail":
        assert last.failed
        assert f"Deployment {namespace}/web was deleted" in last.msg
        # A watch that goes on tells of the deletion first, and may be believed before it tells of the other one.
        if seen == "forgotten":
            assert "and made anew" in last.msg
    else:
        assert not last.failed, last.msg
        (rollout,) = last["rollouts"]
        assert (rollout["phase"], rollout["complete"], rollout["revision"]) == ("complete", True, 1)
        assert (rollout["replicas"]["available"], rollout["images"]) == (2, {"web": "registry.example/web:2"})


def test_what_was_created_anew_under_other_labels_fails_early_with_its_cause(tried, faults, namespace, deployment, apply, kubectl):
    """Its pods are found by what it selects now, not by what its predecessor selected."""
    apply(deployment(image="registry.example/web:unready"))
    started = tried.start(task("wait", namespace, on_deletion="wait", wait_timeout=300), environment=through(faults))
    is_watched(faults)
    replaced_by(kubectl, labelled(deployment(image="registry.example/web:crash"), tier="new"))
    created = time.monotonic()
    last = started.wait().last
    assert last.failed
    assert "CrashLoopBackOff" in last.msg
    assert seconds_of(created) < ANSIBLE_SECONDS


def test_a_workload_that_is_not_there_yet_is_waited_for_on_request(tried, faults, namespace, deployment, apply):
    started = tried.start(task("wait", namespace, on_deletion="wait"), environment=through(faults))
    eventually(lambda: any(map(is_watch, faults.requests)), "the task watches")
    apply(deployment(simulate={"ready-after": "1s"}))
    last = started.wait().last
    assert not last.failed, last.msg
    assert last["rollouts"][0]["replicas"] | {"desired": 3, "available": 3, "new": 3} == last["rollouts"][0]["replicas"]


def test_a_workload_that_never_comes_is_an_error_at_the_deadline(tried, namespace):
    started = time.monotonic()
    last = tried(task("wait", namespace, on_deletion="wait", wait_timeout=2)).last
    assert seconds_of(started) < 2 + ANSIBLE_SECONDS
    assert last.failed
    assert "wait_timeout of 2 s is over" in last.msg
    assert "does not exist" in last.msg


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_rollout_whose_object_is_replaced_unseen_says_so(tried, faults, namespace, deployment, apply, kubectl, forgotten):
    apply(deployment())
    rolled_out(kubectl)
    blindfold = Blindfold(faults, forgotten=forgotten)
    task_of_ours = roll(namespace, name="web", image="registry.example/web:unready", wait_timeout=300)
    started = tried.start(task_of_ours, environment=through(faults))
    eventually(lambda: any(map(is_change, faults.requests)), "the write was sent")
    is_watched(faults)
    with blindfold:
        replaced_by(kubectl, deployment())
    there = time.monotonic()
    last = started.wait().last
    assert seconds_of(there) < ANSIBLE_SECONDS, "not only at the deadline"
    assert last.failed
    assert f"Deployment {namespace}/web was deleted while its rollout was waited for" in last.msg
    # A server that remembers tells of the deletion first, and then of the new object: perhaps too late for the sentence.
    assert ", and made anew" in last.msg or not forgotten
