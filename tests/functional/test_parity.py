# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whichever way a task goes - in the controller's process, as a module, asynchronously - it says and shows the same."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import itemgetter
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

from .plays import Play, Result
from .sides import second_ingress, service
from .workloads import of_kind, rolled_out

TOKEN = "t0ken-that-nobody-may-see"
SECRET = "correct-horse-battery-staple"
OLD_SECRET = "the-value-that-was-there-before"
PASSWORD = "passw0rd-that-nobody-may-see"
OF_ASYNC = ("ansible_job_id", "results_file", "started", "finished", "stdout", "stdout_lines", "stderr", "stderr_lines")
OF_THE_WAY = ("failed", "invocation", "exception", "ansible_facts", *OF_ASYNC)
"""What the way itself leaves in a result, or what Ansible shows only on request."""


def task(case: str, **arguments: Any) -> dict[str, Any]:
    """A task of the module rolling under the name of its case; a failure does not end the play."""
    return {"name": case, "rollout.kubernetes.rolling": arguments, "ignore_errors": True}


def comparable(results: Sequence[Result], name: str) -> dict[str, dict[str, Any]]:
    """Results by case, without what must differ: times, the names of pods and ReplicaSets, and of the way's own Deployment."""
    found = {}
    for result in results:
        kept = {key: value for key, value in result.data.items() if key not in OF_THE_WAY and not key.startswith("_ansible")}
        text = json.dumps({**kept, "outcome": result.outcome}, sort_keys=True).replace(name, "NAME")
        text = re.sub(r"\bp1(-[0-9a-f]{8,20})+", "PLAN", text)  # It is about the objects by their names.
        text = re.sub(r"\b10(\.\d+){3}\b", "ADDRESS", text)
        text = re.sub(r"node-\d{6}", "NODE", text)
        text = re.sub(r"NAME-[a-z0-9]{6,10}-[a-z0-9]{5}\b", "POD", text)
        text = re.sub(r"NAME(-[a-z]+)?-[a-f0-9]{6,10}\b", r"REPLICASET\1", text)
        text = re.sub(r'"(seconds|terminating|old|age)": [0-9.]+', r'"\1": 0', text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "THEN", text)
        text = re.sub(r'"since": "[^"]*"', '"since": "THEN"', text)
        text = re.sub(r"(after|outage of) [0-9.]+ s", r"\1 N s", text)
        text = re.sub(r"(did not finish revision \d+): [^.;]*", r"\1: SO FAR", text)
        text = re.sub(r"(pod-template-hash\W+)[a-z0-9]+", r"\1HASH", text)
        text = text.replace("ImagePullBackOff", "ErrImagePull")  # Whichever of the two was seen first.
        text = text.replace('Created new replica set \\"REPLICASET\\"', 'ReplicaSet \\"REPLICASET\\" is progressing.')
        text = text.replace("NewReplicaSetCreated", "ReplicaSetUpdated")  # How far the controller had come by then.
        text = re.sub(r"Valid booleans include: [^\"]*", "Valid booleans", text)  # A set, in any order.
        found[result.task] = json.loads(text, object_hook=in_order)
    return found


def in_order(data: dict[str, Any]) -> dict[str, Any]:
    """The same with conditions by type: a controller adds them in the order in which it comes to them."""
    if isinstance(data.get("conditions"), list):
        data["conditions"] = sorted(data["conditions"], key=itemgetter("type"))
    return data


def differences(plays: Mapping[str, Play]) -> list[str]:
    """Where the ways differ from the first of them."""
    results = {way: comparable(play.results, f"web-{way}") for way, play in plays.items()}
    first, *others = results
    return [f"{way}: {line}" for way in others for line in unequal(results[first], results[way])]


def unequal(expected: Any, found: Any, path: str = "") -> list[str]:
    """The places at which two values of JSON differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        common = sorted(expected.keys() & found.keys())
        lines = [f"{path}.{key}: {'not there' if key in expected else 'too much'}" for key in sorted(expected.keys() ^ found.keys())]
        return lines + [line for key in common for line in unequal(expected[key], found[key], f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for index, (one, other) in pairs for line in unequal(one, other, f"{path}[{index}]")]
    return [] if expected == found else [f"{path}: {found!r} instead of {expected!r}"]


def shown(play: Play) -> str:
    """All that anybody sees: the terminal, and the results."""
    return play.stdout + play.stderr + json.dumps([result.data for result in play.results])


def each_module(name: str, namespace: str, deployment: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """A task of each module there is, in an order in which each has something to do, and one that fails after it wrote."""
    one = deployment(name, replicas=1)
    one["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-config"}, "data": {"key": "value"}}
    first = {"definition": [config, service(name), second_ingress(name), one], "change_cause": "first", "wait_timeout": 300}
    stateful = of_kind("StatefulSet", deployment(f"{name}-set", replicas=1))
    web, rest = {"name": name}, {"kind": "StatefulSet", "name": f"{name}-set", "wait_timeout": 300}
    rolled = {**web, "wait_timeout": 300}
    tasks: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("copied", "versioned_config", {"name": f"{name}-copied", "data": {"key": "value"}}, {"diff": True}),
        ("would be measured", "gate", {"name": "smoke", "job": {"image": "registry.example/smoke:1"}}, {"check_mode": True}),
        ("looked at", "preflight_info", {"definition": [one, service(name)]}, {}),
        ("would be created", "rolling", {"definition": one}, {"check_mode": True, "diff": True}),
        ("created", "rolling", first, {"diff": True}),
        ("divided", "traffic_split", {"kind": "Ingress", "name": name, "weights": {name: 1, f"{name}-second": 0}}, {"diff": True}),
        ("in part", "canary", {**rolled, "image": "registry.example/web:4", "weights": [50], "hold": 0}, {"diff": True}),
        ("made anew", "recreate", {**rolled, "image": "registry.example/web:2"}, {"diff": True}),
        ("paused", "pause", web, {}),
        ("resumed", "resume", rolled, {}),
        ("restarted", "restart", {**rolled, "key": "once"}, {}),
        ("undone", "undo", {**rolled, "revision": 1}, {"diff": True}),
        ("waited", "wait", rolled, {}),
        ("shown", "status_info", web, {}),
        ("listed", "history_info", {**web, "revision": 1, "compare_to": 2}, {}),
        ("switched", "service_switch", {**rolled, "selector": {"app": name, "tier": "front"}}, {"diff": True}),
        ("went back", "rolling", {**rolled, "image": "registry.example/web:missing", "on_failure": "rollback"}, {"diff": True}),
        ("stopped", "blue_green", {**rolled, "image": "registry.example/web:3", "stop_before": "switch"}, {"diff": True}),
        ("promoted", "promote", rolled, {"diff": True}),
        ("given up", "abort", rolled, {}),
        ("by ordinals", "partition", {"definition": stateful, "wait_timeout": 300}, {"diff": True}),
        ("by deletion", "on_delete", {**rest, "image": "registry.example/web:2"}, {"diff": True}),
    ]
    assert {module for _case, module, _options, _keywords in tasks} == set(ARGUMENTS), "each module is here"
    common = {"ignore_errors": True}
    return [
        {"name": case, f"rollout.kubernetes.{module}": {"namespace": namespace, **options}, **common, **keywords}
        for case, module, options, keywords in tasks
    ]


@pytest.mark.oldest
def test_each_module_says_the_same_each_way(ansible, modules, namespace, deployment):
    with ThreadPoolExecutor(2) as pool:  # each spends most of its time on waiting
        ways = {"process": ansible, "module": modules}
        going = {way: pool.submit(run, each_module(f"web-{way}", namespace, deployment)) for way, run in ways.items()}
    plays = {way: play.result() for way, play in going.items()}
    process = {result.task: result for result in plays["process"].results}
    assert [(name, result.msg) for name, result in process.items() if result.failed and name != "went back"] == []
    assert (process["went back"].failed, process["went back"].changed) == (True, True)
    unchanged = [name for name, result in process.items() if not result.changed]
    assert unchanged == ["would be measured", "looked at", "waited", "shown", "listed", "given up"]
    assert differences(plays) == []


@pytest.mark.oldest
def test_packed_and_asynchronously_it_says_the_same(ansible, tried, namespace, deployment):
    """As Ansible packs and sends a module; a rollout that is done, and one that fails after it wrote."""
    plays = {}
    for way, run in (("process", tried), ("module", partial(ansible, way="module")), ("async", partial(ansible, way="async"))):
        good, missing = (deployment(f"web-{way}", replicas=1, image=f"registry.example/web:{tag}") for tag in ("1", "missing"))
        common = {"namespace": namespace, "wait_timeout": 300}
        tasks = [task("good", **common, definition=good), task("failed", **common, definition=missing, on_failure="rollback")]
        plays[way] = run(tasks, diff=True)
    assert [result.failed for result in plays["process"].results] == [False, True]
    assert differences(plays) == []


REFUSED: dict[str, dict[str, Any]] = {
    "unknown option": {"name": "web", "image": "registry.example/web:2", "colour": "red"},
    "unknown option and another mistake": {"colour": "red", "wait_timeout": "soon"},
    "wrong type": {"name": "web", "image": "registry.example/web:2", "wait_timeout": "soon"},
    "wrong choice": {"name": "web", "image": "registry.example/web:2", "on_failure": "panic"},
    "wrong boolean": {"name": "web", "image": "registry.example/web:2", "wait": "perhaps"},
    "wrong type of a header": {"name": "web", "image": "registry.example/web:2", "proxy_headers": {"colour": "red"}},
    "both ways": {"definition": {}, "name": "web"},
    "nothing": {},
    "empty texts": {"name": "", "image": "", "src": ""},
    "lacks its name": {"image": "registry.example/web:2"},
    "alias and name": {"name": "web", "image": "registry.example/web:2", "timeout": 5, "wait_timeout": 0},
    "no time": {"name": "web", "image": "registry.example/web:2", "timeout": -1},
    "no such workload": {"name": "wep", "image": "registry.example/web:2"},
    "no valid name": {"name": "a/b", "image": "registry.example/web:2"},
    "not YAML": {"definition": "a: [1"},
    "nothing but text": {"definition": "words"},
    "no such context": {"name": "web", "image": "registry.example/web:2", "context": "nowhere"},
    "no such kind": {"definition": {"apiVersion": "v1", "kind": "Colour", "metadata": {"name": "red"}}},
    "bad proxy": {"name": "web", "image": "registry.example/web:2", "proxy": f"somebody:{PASSWORD}@proxy"},
    "user without password": {"name": "web", "image": "registry.example/web:2", "username": "somebody"},
}


@pytest.mark.oldest
def test_refusals_have_the_same_words_each_way(ansible, modules, audit, namespace):
    tasks = [task(case, namespace=namespace, **arguments) for case, arguments in REFUSED.items()]
    bare = [entry for entry in tasks if entry["name"] != "empty texts"]  # Which no module sees.
    plays = {"process": ansible(tasks, environment={"ANSIBLE_INJECT_INVOCATION": "true"}), "module": modules(bare)}
    results = plays["process"].results
    del results[list(REFUSED).index("empty texts")]
    assert differences(plays) == []
    for result in results:
        assert result.outcome == "ignored", result.task
        assert result["rollouts"] == []
        assert result["changed"] is False
        assert "broke off" not in result.msg
    for play in plays.values():
        assert PASSWORD not in shown(play)
    assert audit.writes() == []


def test_warnings_are_the_same_and_are_shown(ansible, namespace, deployment, apply, kubectl):
    apply(deployment())
    rolled_out(kubectl)
    look = {"namespace": namespace, "name": "web"}
    named = {**look, "kubeconfig": "{{ lookup('env', 'K8S_AUTH_KUBECONFIG') }}"}
    elsewhere = {"K8S_AUTH_HOST": "https://elsewhere.example", "K8S_AUTH_API_KEY": TOKEN}
    tasks = [
        {"name": "TLS off", "rollout.kubernetes.status_info": look, "environment": {"K8S_AUTH_VERIFY_SSL": "False"}},
        {"name": "TLS off by the task", "rollout.kubernetes.status_info": {**look, "verify_ssl": False}},
        task("both names", namespace=namespace, definition=deployment(), inline=deployment(), wait=False),
        task("both names, refused", namespace=namespace, name="web", timeout=5, wait_timeout=0),
        {"name": "not used", "rollout.kubernetes.status_info": named, "environment": elsewhere},
    ]
    plays = {"process": ansible(tasks), "module": ansible([tasks[0], tasks[3]], way="module")}
    results = {result.task: result for result in plays["process"].results}
    of_both = [results[result.task] for result in plays["module"].results]
    assert differences({**plays, "process": dataclasses.replace(plays["process"], results=of_both)}) == []
    assert "K8S_AUTH_VERIFY_SSL" in " ".join(map(str, results["TLS off"]["warnings"]))
    assert "warnings" not in results["TLS off by the task"].data
    assert "Both option definition and its alias inline are set." in " ".join(map(str, results["both names"]["warnings"]))
    assert "K8S_AUTH_HOST" in results["not used"].msg
    for play in plays.values():
        flat = " ".join((play.stdout + play.stderr).split())
        assert "K8S_AUTH_VERIFY_SSL is false" in flat
        assert "its alias" in flat
        assert TOKEN not in shown(play)


@pytest.mark.oldest
@pytest.mark.parametrize("way", ["process", "program", "module", "async"])
def test_nothing_secret_is_shown_however_it_ends(ansible, modules, namespace, deployment, apply, get, cluster, way):
    """`program` is what a module writes by itself; `module` is that with what Ansible shows of it."""
    encoded, old = (base64.b64encode(value.encode()).decode() for value in (SECRET, OLD_SECRET))
    apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"key": OLD_SECRET, "gone": OLD_SECRET}})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"key": SECRET}}
    by_data = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "data"}, "data": {"key": encoded}}
    echo = deployment(image="registry.example/web:unready", env=[{"name": "COPY", "value": SECRET}])
    both = [secret, by_data, deployment()]
    server = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    foreign = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "there",
        "contexts": [{"name": "there", "context": {"cluster": "there", "user": "me"}}],
        "clusters": [{"name": "there", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "me", "user": {"token": TOKEN}}],
    }
    where = {"namespace": namespace, "wait_timeout": 300}
    tasks = [
        task("created", **where, definition=both),
        task("text", **where, definition="\n---\n".join(map(json.dumps, both))),
        task("copied into a template", **{**where, "wait_timeout": 2}, definition=[secret, echo]),
        task("unknown option", **where, definition=both, colour="red"),
        task("mutually exclusive", **where, definition=both, name="web"),
        task("wrong type", **where, definition=both, wait=PASSWORD, password=PASSWORD, username="me"),
        task("no manifest behind it", **where, definition=[secret, {"kind": "Deployment"}]),
        task("faulty Secret", **where, definition=[{**secret, "type": [SECRET]}, deployment()]),
        task("undecodable Secret", **where, definition=[{**by_data, "data": {"key": f"{encoded}!"}}, deployment()]),
        task("kubeconfig as data", **where, definition=both, kubeconfig=foreign),
        task("kubeconfig as text", **where, definition=both, kubeconfig=yaml.safe_dump(foreign)),
        task("kubeconfig and a mistake", **where, kubeconfig=foreign, colour="red"),
        task("kubeconfig as text and a mistake", **where, kubeconfig=yaml.safe_dump(foreign), colour="red"),
        task("token", **where, definition=both, host=server, api_key=TOKEN, validate_certs=False),
        task("token and a mistake", **{**where, "wait_timeout": TOKEN}, host=server, api_key=TOKEN, validate_certs=False),
        task("token in the wrong option", **where, definition=both, host=f"https://me:{PASSWORD}@127.0.0.1", api_key=TOKEN),
        task("password", **where, definition=both, host=server, username="me", password=PASSWORD, validate_certs=False),
        task(
            "proxy", **where, definition=both, proxy=f"http://me:{PASSWORD}@127.0.0.1:9", host="https://kubernetes.example", api_key=TOKEN
        ),
        task("headers", **where, definition=both, proxy_headers={"basic_auth": f"me:{PASSWORD}", "colour": "red"}),
        task("line break", **where, definition=both, host=server, api_key=f"{TOKEN}\nagain"),
    ]
    some = {
        "module": ("created", "kubeconfig as text and a mistake", "token and a mistake"),
        "async": ("created", "token and a mistake"),
    }
    if way in some:  # What happens to the others is the same code.
        tasks = [entry for entry in tasks if entry["name"] in some[way]]
    else:
        tasks.insert(0, {**task("would be created", **where, definition=both), "check_mode": True})
    for entry in tasks:
        entry["diff"] = True
    # Without pipelining Ansible keeps arguments out of its own words at -vvv; the environment is another matter, so none is given here.
    if way == "program":
        play = modules(tasks)
    else:
        play = ansible(tasks, way=way, arguments=["-vvv"], environment={"ANSIBLE_INJECT_INVOCATION": "true"})
    assert [result.task for result in play.results] == [entry["name"] for entry in tasks]
    for value in (SECRET, OLD_SECRET, encoded, old, TOKEN, PASSWORD):
        for result in play.results:
            assert value not in json.dumps(result.data), (result.task, value)
        assert value not in play.stdout + play.stderr, value
    for result in play.results:
        given = result["invocation"]["module_args"]
        assert given.get("definition") in (None, "given"), result.task
    assert SECRET not in get("deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"]


def test_a_fault_of_our_own_is_told_without_secrets(ansible, modules, namespace, deployment):
    """A kubeconfig that no check foresees and a Secret that is not one: whatever happens, the values stay hidden."""
    metadata = {"name": "web", "labels": SECRET}
    strange = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"key": SECRET}, "data": [SECRET]}
    kubeconfig = {"users": [{"name": "me", "user": {"token": TOKEN}}], "contexts": TOKEN, "clusters": [TOKEN]}
    tasks = [
        task("strange Secret", namespace=namespace, definition=[strange, deployment()]),
        task("strange kubeconfig", namespace=namespace, definition=deployment(), kubeconfig=kubeconfig),
    ]
    for run in (partial(ansible, arguments=["-vvv"], environment={"ANSIBLE_INJECT_INVOCATION": "true"}), modules):
        play = run(tasks, diff=True)
        assert [result.failed for result in play.results] == [True, True]
        for value in (SECRET, TOKEN, base64.b64encode(SECRET.encode()).decode()):
            assert value not in shown(play)
