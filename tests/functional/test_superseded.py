# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody gives a workload another template while a task rolls it out: it does not end as complete, and what is theirs is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .interference import eventually
from .workloads import create

pytestmark = pytest.mark.memory

UNREADY = "registry.example/web:unready"
THREE = "registry.example/web:3"
SET_IMAGE = ("set", "image", "{}/web", f"web={THREE}")
UNDO = ("rollout", "undo", "{}/web")
SLOW = {"ready-after": "1s"}


@pytest.fixture
def meddled(cluster, namespace, kubectl) -> Callable[..., dict[str, Any]]:
    """meddled(module, commands, **options): run a module, and these commands of kubectl as soon as it waits."""

    def run(module: str, commands: Sequence[Sequence[str]], **options: Any) -> dict[str, Any]:
        left = list(commands)

        def progress(line: str) -> None:
            while left and "new ready" in line:
                # The controller may not have made the revision that an undo leaves: Recreate makes it when the old pods are gone.
                eventually(lambda: kubectl(*left[0], check=False).code == 0, " ".join(left[0]))
                del left[0]

        chosen = {"namespace": namespace, "wait_timeout": 120, **options}
        result = call(cluster, module, context=Context(verbose=True, progress=progress), **chosen)
        assert not left, "nothing was waited for"
        return result

    return run


def commands(kind: str, *whole: Sequence[str]) -> list[list[str]]:
    return [[word.format(kind.lower()) for word in command] for command in whole]


def image_of(live: dict[str, Any], container: int = 0) -> str:
    image: str = live["spec"]["template"]["spec"]["containers"][container]["image"]
    return image


@pytest.mark.parametrize("meddling", [SET_IMAGE, UNDO], ids=["set_image", "undo"])
@pytest.mark.parametrize(
    ("module", "kind"), [("rolling", "Deployment"), ("rolling", "StatefulSet"), ("rolling", "DaemonSet"), ("recreate", "Deployment")]
)
def test_what_somebody_else_rolls_out_is_not_our_success(meddled, manifest, kubectl, get, module, kind, meddling):
    create(kubectl, manifest(kind, replicas=2))
    kubectl("rollout", "status", f"{kind}/web")
    given = {} if module == "recreate" else {"kind": kind}
    # A short change and a definition in turn, with a way back and without.
    how = {"name": "web", "image": UNREADY, **given} if meddling is UNDO else {"definition": manifest(kind, "unready", replicas=2)}
    last = meddled(module, commands(kind, meddling), **how, on_failure="rollback" if meddling is SET_IMAGE else "hold")
    assert last["failed"], last["msg"]
    assert "was given another template" in last["msg"]
    expected = THREE if meddling is SET_IMAGE else "registry.example/web:1"
    assert f"the image of container web is {expected} and not {UNREADY} any more" in last["msg"]
    assert "(by kubectl" in last["msg"]
    assert last["rollouts"][0]["phase"] != "complete"
    assert image_of(get(f"{kind.lower()}s", "web")) == expected, "what is not ours any more is left alone"
    assert last["changed"]


def test_a_partition_is_superseded_as_well(meddled, manifest, kubectl, get):
    create(kubectl, manifest("StatefulSet", "1", replicas=2))
    kubectl("rollout", "status", "statefulset/web")
    definition = manifest("StatefulSet", "unready", replicas=2)
    last = meddled("partition", commands("StatefulSet", SET_IMAGE), definition=definition, on_failure="rollback")
    assert last["failed"]
    assert "was given another template" in last["msg"]
    assert image_of(get("statefulsets", "web")) == THREE


@pytest.mark.server
@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
def test_an_undo_is_superseded_as_well(meddled, manifest, kubectl, get, kind):
    create(kubectl, manifest(kind, "unready", replicas=1))
    kubectl("rollout", "history", f"{kind}/web")
    kubectl("set", "image", f"{kind}/web", "web=registry.example/web:2")
    kubectl("rollout", "status", f"{kind}/web")
    last = meddled("undo", commands(kind, SET_IMAGE), name="web", kind=kind)
    assert last.get("failed"), last["msg"]
    assert f"the image of container web is {THREE} and not {UNREADY} any more" in last["msg"]
    assert image_of(get(f"{kind.lower()}s", "web")) == THREE


def test_on_delete_evicts_nothing_into_a_foreign_template(meddled, manifest, kubectl, get, tags):
    create(kubectl, manifest("StatefulSet", simulate=SLOW))
    kubectl("rollout", "status", "statefulset/web")
    definition = manifest("StatefulSet", 2, simulate=SLOW)
    last = meddled("on_delete", commands("StatefulSet", SET_IMAGE), definition=definition, batch=1)
    assert last["failed"]
    assert f"is {THREE} and not registry.example/web:2 any more" in last["msg"]
    assert image_of(get("statefulsets", "web")) == THREE
    assert "1" in tags().values()


def test_a_restart_that_is_taken_back_is_not_complete(meddled, deployment, kubectl):
    create(kubectl, deployment(replicas=1))
    kubectl("rollout", "status", "deployment/web")
    last = meddled("restart", commands("Deployment", UNDO), name="web")
    assert last["failed"]
    assert "the annotation of the restart is gone" in last["msg"]


def test_another_containers_image_a_restart_and_a_scaling_supersede_nothing(meddled, deployment, kubectl, get):
    whole = deployment(replicas=1, simulate=SLOW)
    (first,) = whole["spec"]["template"]["spec"]["containers"]
    whole["spec"]["template"]["spec"]["containers"].append({**first, "name": "sidecar"})
    create(kubectl, whole)
    kubectl("rollout", "status", "deployment/web")
    meddling = [
        ["set", "image", "deployment/web", f"sidecar={THREE}"],
        ["rollout", "restart", "deployment/web"],
        ["scale", "deployment/web", "--replicas=2"],
    ]
    last = meddled("rolling", meddling, name="web", image={"web": "registry.example/web:2"})
    assert not last.get("failed"), last["msg"]
    live = get("deployment", "web")
    assert (image_of(live), image_of(live, 1)) == ("registry.example/web:2", THREE)
