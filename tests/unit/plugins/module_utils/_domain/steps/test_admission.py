# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rollouts stop a pod before its successor is there, the pod by which the cluster is asked, and what its refusals mean."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.admission import (
    decides,
    is_a_users,
    is_hopeless,
    may_lose_pods,
    refusal,
    trial_pod,
)

from ..samples import template, workload

RECREATE: JsonObject = {"strategy": {"type": "Recreate"}}


def daemon(strategy: JsonObject) -> dict[str, JsonValue]:
    return workload("DaemonSet", spec={"updateStrategy": strategy}, status={"desiredNumberScheduled": 2})


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        pytest.param(workload(spec=RECREATE), True, id="Recreate"),
        pytest.param(workload(spec={**RECREATE, "replicas": 0}), False, id="no pods"),
        pytest.param(workload(spec={**RECREATE, "paused": True}), False, id="paused"),
        pytest.param(workload(), False, id="rolling"),
        pytest.param(workload("StatefulSet"), True, id="StatefulSet"),
        pytest.param(daemon({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}), True, id="DaemonSet"),
        pytest.param(daemon({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}), False, id="surging"),
        pytest.param(daemon({"type": "OnDelete"}), True, id="OnDelete"),
    ],
)
def test_where_a_pod_stops_before_its_successor_is_there(obj: JsonObject, expected: bool) -> None:
    assert may_lose_pods(obj, obj) is expected
    assert not may_lose_pods(workload(spec={"replicas": 0}), obj), "nothing is lost where there is nothing"


def test_the_trial_is_the_pod_of_the_template() -> None:
    pod = trial_pod(workload())
    assert at(pod, "metadata") == {"labels": {"app": "web"}, "generateName": "web-", "namespace": "shop"}
    assert at(pod, "spec") == at(workload(), "spec", "template", "spec")
    assert (at(pod, "apiVersion"), at(pod, "kind")) == ("v1", "Pod")


def test_the_trial_of_a_stateful_set_has_the_volumes_of_its_claims() -> None:
    whole = template()
    spec: JsonValue = {**mapping(whole, "spec"), "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]}
    obj = workload("StatefulSet", spec={"template": {**whole, "spec": spec}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]})
    claimed = {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}
    assert at(trial_pod(obj), "spec", "volumes") == [{"name": "tmp", "emptyDir": {}}, claimed]


QUOTA = 'pods "web-1" is forbidden: exceeded quota: q, '


@pytest.mark.parametrize(
    ("said", "hopeless"),
    [
        ('pods "web-" is forbidden: error looking up service account shop/nobody: serviceaccount "nobody" not found', True),
        ('pods "web-" is forbidden: no PriorityClass with name nope was found', True),
        ('pods "web-1" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)', True),
        ('pods "web-1" is forbidden: maximum cpu usage per Container is 1, but limit is 2', True),
        ('pods "web-1" is forbidden: failed quota: q: must specify requests.cpu for: web', True),
        (f"{QUOTA}requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1", True),
        (f"{QUOTA}requested: cpu=500m,memory=2Gi, used: cpu=0,memory=0, limited: cpu=1,memory=1Gi", True),
        (f"{QUOTA}requested: pods=1, used: pods=2, limited: pods=2", False),
        (f"{QUOTA}requested: cpu=odd,x=1zz, used: cpu=0, limited: cpu=1", False),
        ('admission webhook "x.example" denied the request: no', False),
        ("something else", False),
        ("", False),
    ],
)
def test_what_holds_for_the_controllers_too_and_when_the_old_pods_are_gone(said: str, hopeless: bool) -> None:
    assert is_hopeless(said) is hopeless


def test_what_may_be_refused_to_the_user_alone() -> None:
    assert is_a_users('admission webhook "x.example" denied the request: no')
    assert is_a_users("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no")
    assert not is_a_users('pods "web-" is forbidden: no PriorityClass with name nope was found')


def test_what_comes_along_may_decide() -> None:
    assert decides(["Service", "ServiceAccount"])
    assert not decides(["Service", "ConfigMap"])


def test_the_refusal_names_the_workload_the_cause_and_the_remedy() -> None:
    assert refusal(Ref("Deployment", "shop", "web"), 'pods "web-1" is forbidden: exceeded quota: q.') == (
        "The cluster would refuse the pods of the new template of Deployment shop/web, once old ones are stopped: exceeded quota: q; raise "
        "the ResourceQuota or free some of it. Nothing was written."
    )
