# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No Service is left without a ready pod by a new template: what would do that is refused before the first write, with the way out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from .calls import call
from .interference import eventually
from .sides import COLOUR, coloured, service, state
from .workloads import create, rolled_out

pytestmark = pytest.mark.memory

Roll = Callable[..., dict[str, Any]]


def versioned(deployment: Mapping[str, Any], version: str, **labels: str) -> dict[str, Any]:
    """The same with a label `version` of its pods, and others."""
    template = deployment["spec"]["template"]
    found = {**template["metadata"]["labels"], "version": version, **labels}
    relabelled = {**template, "metadata": {**template["metadata"], "labels": {key: value for key, value in found.items() if value}}}
    return {**deployment, "spec": {**deployment["spec"], "template": relabelled}}


def leading(version: str, name: str = "web") -> dict[str, Any]:
    """A Service that selects a version."""
    return service(name, selector={"app": "web", "version": version})


def patched(kubectl: Any, selector: Mapping[str, Any], name: str = "web") -> None:
    kubectl("patch", "service", name, "--type=merge", f"--patch={json.dumps({'spec': {'selector': selector}})}")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_labels_and_selectors_that_part_are_refused(roll, get, kubectl, audit, manifest, kind):
    whole = {version: versioned(manifest(kind, version, replicas=1), version) for version in ("1", "2")}
    create(kubectl, leading("1"), whole["1"])
    rolled_out(kubectl, f"{kind.lower()}/web")
    bare = versioned(manifest(kind, "2", replicas=1), "")
    audit.mark()
    for check in (True, False):
        both = roll("rolling", definition=[leading("2"), whole["2"]], check=check, fails=True)
        assert "would select app=web,version=2, which no ready pod has before the new ones of" in both["msg"]
        assert "Take version out of its selector first, so that it leads to old and new pods alike" in both["msg"]
        for definition in (whole["2"], bare, [leading("1"), whole["2"]]):
            lost = roll("rolling", definition=definition, check=check, fails=True)
            assert "selects app=web,version=1, and the new pods of" in lost["msg"]
            assert "do not have version=1: once the old ones are gone it would lead to nothing" in lost["msg"]
            assert not lost["changed"]
    assert audit.writes() == []
    if kind == "Deployment":
        assert "do not have version=1" in roll("recreate", definition=whole["2"], fails=True)["msg"]
        named = roll("blue_green", definition=[service(), whole["2"]], fails=True)
        assert "selects app=web,version=1, which the template's labels of Deployment web do not have; correct its selector" in named["msg"]
        create(kubectl, service("wide", app="web"))
        beside = roll("blue_green", definition=whole["2"], service="wide", fails=True)
        assert "which the pods of web have and the new ones do not, and would lead to nothing in the end; take version out" in beside["msg"]
        kubectl("delete", "service", "wide")
        audit.mark()
    elif kind == "StatefulSet":
        assert "do not have version=1" in roll("partition", definition=whole["2"], fails=True)["msg"]
        assert "do not have version=1" in roll("on_delete", definition=whole["2"], fails=True)["msg"]
    assert audit.writes() == []
    assert roll("rolling", definition=[service(), whole["2"]])["changed"], "the way out"


def test_what_serves_on_is_not_refused(roll, get, kubectl, manifest):
    other = manifest("Deployment", "1", name="other", replicas=1)
    template = other["spec"]["template"]
    other["spec"]["template"] = {**template, "metadata": {"labels": {"app": "other", "tier": "front"}}}
    front = service("front", selector={"tier": "front"})
    far = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "far"}, "spec": {"type": "ExternalName", "externalName": "x.org"}}
    web = {tier: versioned(manifest("Deployment", "1", replicas=1), "", tier=tier) for tier in ("front", "")}
    create(kubectl, front, far, service("bare", selector=None), web["front"])
    rolled_out(kubectl)
    assert "do not have tier=front" in roll("rolling", definition=web[""], fails=True)["msg"]
    assert roll("rolling", definition=other)["changed"]
    assert roll("rolling", definition=[service("new", selector={"app": "web"}), web[""]])["changed"], "another one serves on"
    assert roll("restart", name="web")["changed"]
    never = roll("rolling", definition=[service("newer", selector={"app": "wep"}), manifest("Deployment", "2", replicas=1)], fails=True)
    assert "would select app=wep, which no pod has, nor the new ones of Deployment" in never["msg"]
    same = roll("rolling", definition=[service("newer", selector={"app": "wep"}), web[""]], fails=True)
    assert "would select app=wep, which no pod has: it would lead to nothing" in same["msg"]
    again = roll("rolling", definition=[service("front", selector={"app": "wep"}), manifest("Deployment", "2", replicas=1)], fails=True)
    assert "would lead to nothing" in again["msg"]
    assert get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_hash_leads_to_one_template(roll, get, kubectl, manifest, kind):
    ref = f"{kind.lower()}/web"
    create(kubectl, service(), manifest(kind, "1", replicas=1))
    rolled_out(kubectl, ref)
    key = "pod-template-hash" if kind == "Deployment" else "controller-revision-hash"
    (pod,) = get("pods")
    patched(kubectl, {key: pod["metadata"]["labels"][key]})
    for module, options in (("rolling", {"image": "registry.example/web:2"}), ("restart", {})):
        refused = roll(module, name="web", kind=kind, fails=True, **options)
        assert f"once the old ones are gone it would lead to nothing. Take {key} out of its selector first" in refused["msg"]
        assert not refused["changed"]
    patched(kubectl, {key: None})
    roll("rolling", name="web", kind=kind, image="registry.example/web:2")
    # It selects the hash of what is there no more: going back to that is what makes it lead anywhere.
    patched(kubectl, {key: pod["metadata"]["labels"][key]})
    assert roll("undo", name="web", kind=kind)["changed"]


def test_a_resumed_rollout_is_looked_at_as_well(roll, kubectl, manifest):
    create(kubectl, leading("1"), versioned(manifest("Deployment", "1", replicas=1), "1"))
    rolled_out(kubectl)
    kubectl("rollout", "pause", "deployment/web")
    patch = {"spec": {"template": {"metadata": {"labels": {"version": "2"}}}}}
    kubectl("patch", "deployment", "web", f"--patch={json.dumps(patch)}")
    refused = roll("resume", name="web", fails=True)
    assert "do not have version=1: once the old ones are gone it would lead to nothing" in refused["msg"]


def test_what_leads_to_one_pod_is_told(roll, kubectl, manifest):
    alone = service("first", selector={"app": "web", "statefulset.kubernetes.io/pod-name": "web-0"})
    create(kubectl, service(), alone, manifest("StatefulSet", "1", replicas=2))
    rolled_out(kubectl, "statefulset/web")
    done = roll("rolling", name="web", kind="StatefulSet", image="registry.example/web:2")
    (warning,) = [text for text in done["warnings"] if "leads to one pod alone" in text]
    assert "(app=web,statefulset.kubernetes.io/pod-name=web-0): it leads to nothing while that pod is replaced" in warning


# --- what blue/green rolls out --------------------------------------------------------------------------------------------------------


def test_other_modules_change_what_serves_or_nothing(plain, run, roll, get, deployment):
    plain(replicas=1)
    run(image="registry.example/web:2")
    before = state(get)
    new = deployment(image="registry.example/web:3", replicas=1)
    for module, options in (
        ("rolling", {"name": "web", "image": "registry.example/web:3"}),
        ("rolling", {"definition": new}),
        ("rolling", {"definition": [service(), new]}),
        ("recreate", {"definition": new}),
        ("restart", {"name": "web"}),
    ):
        refused = roll(module, fails=True, **options)
        assert "web is a side of web that gets no requests: web is rolled out by blue/green, and web-green serves" in refused["msg"]
        assert "blue_green with leave: true" in refused["msg"]
        assert not refused["changed"]
    other = deployment("other", replicas=1)
    wide = roll("rolling", definition=[service(), other], fails=True)
    assert f"leads to one side of web (app=web,{COLOUR}=green), as blue/green has set it, and would lead to both by app=web" in wide["msg"]
    assert state(get) == before
    assert roll("restart", name="web-green")["changed"], "what serves may be restarted as it is"
    assert roll("rolling", name="web-green", image="registry.example/web:4")["changed"]
    assert state(get) == before
    run(leave=True)
    assert roll("rolling", definition=[service(), new])["changed"], "one plain Deployment is rolled out as ever"


def test_a_service_of_others_is_not_taken(cluster, namespace, plain, run, get, kubectl, deployment):
    plain(service("api", app="api"), deployment("api", replicas=1), service("idle", app="idle"), deployment("idle", replicas=0), replicas=1)
    eventually(lambda: len(get("pods")) == 2, "both have their pods")
    before = state(get)
    new = {"image": "registry.example/web:2"}
    for preview, name in (("api", "api"), ("idle", "idle")):
        refused = run(**new, preview_service=preview, fails=True)
        assert (
            f"leads to the pods of Deployment {name} (app={name}), which would lose its requests to web; name a preview" in refused["msg"]
        )
        assert state(get) == before
    create(kubectl, service("preview", app="web"))
    run(**new, preview_service="preview", stop_before="switch")
    assert "which would lose its requests" in run(**new, preview_service="api", stop_before="switch", fails=True)["msg"]
    run("promote")
    options = {"namespace": namespace, "name": "api", "service": "api", "image": "registry.example/api:2", "preview_service": "preview"}
    assert call(cluster, "blue_green", **options)["failed"]
    assert state(get)["service preview"] == coloured("green")
