# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused, and in which words: fields, values, rights, quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ForbiddenError, InvalidError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import at
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import ACCESS_REVIEW, Resource

from .bench import ME, Bench, config_map, deployment, kind, refused, row

CONFIG_MAP, DEPLOYMENT, POD, SECRET, SERVICE = (kind(name) for name in ("ConfigMap", "Deployment", "Pod", "Secret", "Service"))
QUOTA = kind("ResourceQuota")


@row
def a_misspelt_field_is_refused_by_every_verb(bench: Bench) -> None:
    wrong = {**config_map(bench), "dta": {}}
    with refused(InvalidError, ".dta: field not declared in schema"):
        bench.api.apply(CONFIG_MAP, wrong, manager=ME)
    with refused(InvalidError, 'unknown field "dta"'):
        bench.api.create(CONFIG_MAP, wrong, manager=ME)
    bench.api.create(CONFIG_MAP, config_map(bench), manager=ME)
    with refused(InvalidError, 'unknown field "dta"'):
        bench.api.update(CONFIG_MAP, wrong, manager=ME)
    with refused(InvalidError, 'unknown field "dta"'):
        bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", [Step("add", "/dta", {})], manager=ME)
    deep = deployment(bench, container={"livenesProbe": {}})
    with refused(InvalidError, "livenesProbe", "field not declared in schema"):
        bench.api.apply(DEPLOYMENT, deep, manager=ME)


@row
def a_value_of_another_type_is_refused(bench: Bench) -> None:
    wrong: Any = {**config_map(bench), "data": {"x": 5}}
    with refused(InvalidError, ".data.x"):
        bench.api.apply(CONFIG_MAP, wrong, manager=ME)


@row
def what_a_deployment_lacks_is_told_by_field(bench: Bench) -> None:
    nowhere: dict[str, Any] = {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": {"replicas": -1}}
    with refused(
        InvalidError,
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0; spec.selector: Required value",
        "spec.template.spec.containers: Required value",
    ):
        bench.api.apply(DEPLOYMENT, nowhere, manager=ME)
    other = deployment(bench)
    other["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    with refused(InvalidError, "spec.template.metadata.labels: Invalid value", "`selector` does not match template `labels`"):
        bench.api.apply(DEPLOYMENT, other, manager=ME)
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}
    with refused(InvalidError, "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"):
        bench.api.apply(DEPLOYMENT, deployment(bench, strategy=limits), manager=ME)
    noimage = deployment(bench, pod={"containers": [{"name": "web"}]})
    with refused(InvalidError, "spec.template.spec.containers[0].image: Required value"):
        bench.api.apply(DEPLOYMENT, noimage, manager=ME)


@row
def what_may_not_change_is_refused(bench: Bench) -> None:
    bench.api.apply(DEPLOYMENT, deployment(bench, replicas=0), manager=ME)
    other = deployment(bench, replicas=0)
    other["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    with refused(InvalidError, "spec.selector"):
        bench.api.apply(DEPLOYMENT, other, manager=ME)
    base = deployment(bench, replicas=0)
    bench.api.apply(kind("StatefulSet"), base, manager=ME)
    named = {**base, "spec": {**base["spec"], "podManagementPolicy": "Parallel"}}
    with refused(InvalidError, "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'"):
        bench.api.apply(kind("StatefulSet"), named, manager=ME)
    fixed: Mapping[str, Any] = {**config_map(bench, x="1"), "immutable": True}
    bench.api.apply(CONFIG_MAP, fixed, manager=ME)
    with refused(InvalidError, "data", "immutable"):
        bench.api.apply(CONFIG_MAP, {**fixed, "data": {"x": "2"}}, manager=ME)


@row
def recreate_with_limits_is_refused(bench: Bench) -> None:
    bench.api.create(DEPLOYMENT, deployment(bench, replicas=0), manager=ME)
    step = Step("replace", "/spec/strategy/type", "Recreate")
    with refused(InvalidError, "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"):
        bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", [step], manager=ME)


@row
def a_value_and_a_reference_exclude_each_other(bench: Bench) -> None:
    both = {"env": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}
    with refused(InvalidError, "env[0].valueFrom: Invalid value"):
        bench.api.apply(DEPLOYMENT, deployment(bench, container=both), manager=ME)


@row
def what_a_user_may_not_do_is_named(bench: Bench) -> None:
    bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    robot = bench.as_user((["list", "watch", "patch", "create"], "configmaps"))
    assert robot.read(CONFIG_MAP, bench.namespace, "a") is not None
    with refused(ForbiddenError, "may not list configmaps in namespace", "a Role with that verb and a RoleBinding"):
        robot.list(CONFIG_MAP, bench.namespace)
    with refused(ForbiddenError, "may not patch configmaps in namespace"):
        robot.apply(CONFIG_MAP, config_map(bench, x="2"), manager=ME, dry_run=True)
    with refused(ForbiddenError, "may not patch configmaps in namespace"):
        robot.json_patch(CONFIG_MAP, bench.namespace, "a", [Step("replace", "/data/x", "2")], manager=ME)
    with refused(ForbiddenError, "may not create configmaps in namespace"):
        robot.create(CONFIG_MAP, config_map(bench, "b"), manager=ME)
    with refused(ForbiddenError, "may not watch configmaps in namespace"):
        for _event in robot.watch(CONFIG_MAP, bench.namespace, resource_version="1"):
            raise AssertionError("an event came")


@row
def what_a_user_may_do_is_told_without_doing_it(bench: Bench) -> None:
    robot = bench.as_user((["delete"], "configmaps"), (["create"], "pods/eviction"))

    def may(verb: str, resource: str, below: str = "") -> Any:
        wanted = {"verb": verb, "resource": resource, "subresource": below, "namespace": bench.namespace, "name": "a"}
        question = {"metadata": {}, "spec": {"resourceAttributes": {key: value for key, value in wanted.items() if value}}}
        return at(robot.create(ACCESS_REVIEW, question, manager=ME, dry_run=True), "status", "allowed")

    assert [may("patch", "configmaps"), may("delete", "configmaps")] == [True, False]
    assert [may("delete", "pods"), may("create", "pods", "eviction")] == [True, False]


@row
def who_may_patch_but_not_create_makes_nothing_by_apply(bench: Bench) -> None:
    bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    robot = bench.as_user((["create"], "configmaps"))
    assert robot.apply(CONFIG_MAP, config_map(bench, y="2"), manager=ME)["data"] == {"x": "1", "y": "2"}
    with refused(ForbiddenError, "may not create configmaps in namespace"):
        robot.apply(CONFIG_MAP, config_map(bench, "b", x="1"), manager=ME)


@row
def a_quota_of_objects_is_kept(bench: Bench) -> None:
    hard: dict[str, Any] = {"metadata": {"name": "few", "namespace": bench.namespace}, "spec": {"hard": {"count/secrets": "1"}}}
    bench.api.create(QUOTA, hard, manager=ME)
    bench.until(lambda: _counted(bench, "few"), "the quota is reckoned with")
    bench.api.create(SECRET, {"metadata": {"name": "a", "namespace": bench.namespace}}, manager=ME)
    # What is used reaches the server's own view of the quota a moment later.
    bench.until(lambda: _refuses(bench, SECRET, {"metadata": {"name": "b", "namespace": bench.namespace}}), "the quota is used up")
    with refused(InvalidError, "few", "count/secrets=1"):
        bench.api.create(SECRET, {"metadata": {"name": "b", "namespace": bench.namespace}}, manager=ME)
    with refused(InvalidError, "few", "count/secrets=1"):  # Before anybody looks whether there is one of this name.
        bench.api.create(SECRET, {"metadata": {"name": "a", "namespace": bench.namespace}}, manager=ME)


def _refuses(bench: Bench, resource: Resource, obj: dict[str, Any]) -> bool:
    try:
        bench.api.create(resource, obj, manager=ME, dry_run=True)
    except InvalidError:
        return True
    return False


def _counted(bench: Bench, name: str) -> bool:
    found: Any = bench.api.read(QUOTA, bench.namespace, name)
    return bool((found.get("status") or {}).get("used"))


@row
def a_quota_of_requests_wants_them_named(bench: Bench) -> None:
    hard: dict[str, Any] = {"metadata": {"name": "cpu", "namespace": bench.namespace}, "spec": {"hard": {"requests.cpu": "1"}}}
    bench.api.create(QUOTA, hard, manager=ME)
    bench.until(lambda: _counted(bench, "cpu"), "the quota is reckoned with")

    def pod(name: str, **resources: Any) -> dict[str, Any]:
        container = {"name": "web", "image": "x:1", "resources": resources}
        return {"metadata": {"name": name, "namespace": bench.namespace}, "spec": {"containers": [container]}}

    bench.until(lambda: _refuses(bench, POD, pod("a")), "the server knows the quota")
    with refused(InvalidError, "cpu", "requests.cpu for: web"):
        bench.api.create(POD, pod("a"), manager=ME)
    bench.api.create(POD, pod("b", requests={"cpu": "600m"}), manager=ME)
    bench.until(lambda: _refuses(bench, POD, pod("c", requests={"cpu": "500m"})), "the quota is used up")
    with refused(InvalidError, "requests.cpu=500m", "requests.cpu=600m", "requests.cpu=1"):
        bench.api.create(POD, pod("c", requests={"cpu": "500m"}), manager=ME)


@row
def a_secret_is_refused_without_its_values(bench: Bench) -> None:
    def secret(**more: Any) -> dict[str, Any]:
        return {"metadata": {"name": "s", "namespace": bench.namespace}, **more}

    with refused(InvalidError, "the server refuses data[tls.key]"):
        bench.api.apply(SECRET, secret(type="kubernetes.io/tls", stringData={"tls.crt": "s3cr3t"}), manager=ME)
    with refused(InvalidError, "the server refuses .data.x"):
        bench.api.apply(SECRET, secret(data={"x": ["s3cr3t"]}), manager=ME)
