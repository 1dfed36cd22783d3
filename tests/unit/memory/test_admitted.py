# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known before the first write of pods that the cluster would refuse, and of Services that would lead to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD

from tests.memory.cases import Case, done, made, theirs
from tests.memory.cluster import Memory, running
from tests.memory.refusals import Refusal, not_admitted
from tests.memory.runs import Run
from tests.memory.scenes import deployment, manifest, service

NEW = {"name": "web", "image": "registry.example/web:2", "wait_timeout": 60}


def admitting(memory: Memory, refuse: Callable[[Any], Refusal | None]) -> None:
    """The cluster has something that looks at each pod."""

    def admit(resource: Any, obj: Any) -> None:
        refusal = refuse(obj) if resource == POD else None
        if refusal is not None:
            raise refusal

    memory.server.admission.append(admit)


def image_of(pod: Any) -> str:
    found: str = pod["spec"]["containers"][0]["image"]
    return found.rpartition(":")[2]


def tag(memory: Memory, kind: str = "Deployment") -> str:
    return image_of(memory.get("default", kind, "web")["spec"]["template"])


def lacks_account(pod: Any) -> Refusal | None:
    why = 'error looking up service account default/nobody: serviceaccount "nobody" not found'
    return not_admitted("pods", "", pod["metadata"]["name"], why) if pod["spec"].get("serviceAccountName") == "nobody" else None


def webhook_fails(pod: Any) -> Refusal | None:
    message = 'Internal error occurred: failed calling webhook "policy.example.org": no endpoints available'
    return Refusal(500, "InternalError", message) if image_of(pod) == "2" else None


def denies(pod: Any) -> Refusal | None:
    """A webhook that lets nobody but controllers make such pods."""
    why = 'admission webhook "policy.example.org" denied the request: only controllers make pods'
    return None if pod["metadata"].get("ownerReferences") else not_admitted("pods", "", pod["metadata"]["name"], why)


def refused_pods() -> dict[str, Any]:
    found = deployment("2")
    found["spec"]["template"]["spec"]["serviceAccountName"] = "nobody"
    return found


def test_pods_without_their_account_are_told_of_before_the_old_ones_stop() -> None:
    with running() as memory:
        theirs()(memory)
        admitting(memory, lacks_account)
        run = Case("recreate", {"definition": refused_pods()}).run(memory)
        result = run.start().wait()
        assert result["failed"]
        assert 'serviceaccount "nobody" not found; create the service account' in result["msg"], result["msg"]
        assert run.wire.changes == []


def test_an_account_that_comes_along_may_let_the_pods_in() -> None:
    with running() as memory:
        theirs()(memory)
        admitting(memory, lambda pod: lacks_account(pod) if memory.get("default", "ServiceAccount", "nobody") is None else None)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody"}}
        result = Case("recreate", {"definition": [account, refused_pods()]}).run(memory).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_a_webhook_that_is_out_of_order_is_told_of_before_the_old_ones_stop() -> None:
    with running() as memory:
        theirs()(memory)
        admitting(memory, webhook_fails)
        result = Case("recreate", NEW).run(memory).start().wait()
        assert result["failed"]
        assert 'failed calling webhook "policy.example.org"' in result["msg"]
        assert tag(memory) == "1"


def test_who_may_not_make_pods_finds_out_by_waiting() -> None:
    with running() as memory:
        theirs()(memory)
        memory.server.rights.deny("robot", ["create"], "pods")
        result = Case("recreate", NEW).run(memory, user="robot").start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_a_policy_that_refuses_the_person_alone_is_not_in_the_way() -> None:
    with running() as memory:
        theirs()(memory)
        asked: list[str] = []

        def admit(pod: Any) -> Refusal | None:
            refusal = denies(pod)
            asked.extend([image_of(pod)] if refusal is not None else [])
            return refusal

        admitting(memory, admit)
        result = Case("recreate", NEW).run(memory).start().wait()
        assert not result.get("failed"), result["msg"]
        assert asked == ["2", "1"], "the pods of both templates are refused"


# --- Services -----------------------------------------------------------------------------------------------------------------------------


def versioned(version: str, kind: str = "Deployment") -> dict[str, Any]:
    found = manifest(kind, version)
    found["spec"]["template"]["metadata"]["labels"] = {"app": "web", "version": version}
    return found


def rolls(memory: Memory, *definition: dict[str, Any], **options: Any) -> Run:
    return Case("rolling", {"definition": list(definition)}).run(memory, **options)


def test_who_may_not_list_services_is_told_of_those_that_the_definition_brings_alone() -> None:
    leads = service(app="web", version="1")
    with running() as memory:
        for act in (done("rolling", definition=versioned("1")), made("Service", leads)):
            act(memory)
        assert "do not have version=1" in rolls(memory, versioned("2")).start().wait()["msg"]
        memory.server.rights.deny("robot", ["list"], "services")
        assert "do not have version=1" in rolls(memory, leads, versioned("2"), user="robot").start().wait()["msg"]
        result = rolls(memory, versioned("2"), user="robot").start().wait()
        assert not result.get("failed"), result["msg"]


def test_who_may_not_list_pods_is_told_what_the_templates_tell() -> None:
    with running() as memory:
        for act in (done("rolling", definition=versioned("1")), made("Service", service(app="web", version="1"))):
            act(memory)
        memory.server.rights.deny("robot", ["list"], "pods")
        result = rolls(memory, versioned("2"), user="robot").start().wait()
        assert result["failed"]
        assert "do not have version=1" in result["msg"], result["msg"]


def test_a_service_that_gets_a_selector_leads_to_what_is_there() -> None:
    with running() as memory:
        done("rolling", definition=versioned("1"))(memory)
        bare = service()
        bare["spec"].pop("selector")
        made("Service", bare)(memory)
        result = rolls(memory, service(), versioned("2")).start().wait()
        assert not result.get("failed"), result["msg"]
        assert memory.get("default", "Service", "web")["spec"]["selector"] == {"app": "web"}


@pytest.mark.parametrize("kind", ["Pod", "CronJob", "DaemonSet that may not be listed"])
def test_a_service_may_lead_to_pods_that_others_make(kind: str) -> None:
    labels = {"app": "other"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x:1"}], "restartPolicy": "Never"}}
    brings: dict[str, dict[str, Any]] = {
        "Pod": {"apiVersion": "v1", "kind": "Pod", **pod, "metadata": {"name": "other", "labels": labels}},
        "CronJob": {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "other"},
            "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": pod}}},
        },
    }
    with running() as memory:
        done("rolling", definition=deployment())(memory)
        turned = service(app="other")
        refused = rolls(memory, turned, deployment("2")).start().wait()
        assert "Service default/web would select app=other, which no pod has" in refused["msg"]
        if kind not in brings:
            memory.server.rights.deny("robot", ["list"], "daemonsets")
        definition = [brings[kind]] if kind in brings else []
        result = rolls(memory, turned, *definition, deployment("2"), user="robot").start().wait()
        assert not result.get("failed"), result["msg"]


@pytest.mark.parametrize(("number", "warns"), [(0, True), (7, False)])
def test_a_service_of_one_pod_is_told_where_that_pod_is_replaced(*, number: int, warns: bool) -> None:
    alone = service(app="web", **{"statefulset.kubernetes.io/pod-name": f"web-{number}"})
    with running() as memory:
        for act in (done("rolling", definition=manifest("StatefulSet")), made("Service", alone)):
            act(memory)
        result = rolls(memory, manifest("StatefulSet", "2")).start().wait()
        assert not result.get("failed"), result["msg"]
        assert any("leads to nothing while that pod is replaced" in warning for warning in result["warnings"]) is warns, result["warnings"]
