# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server-side apply: merging, owners, conflicts, letting go."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ConflictError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step

from .bench import ME, OTHER, Bench, config_map, deployment, kind, owners, plain, refused, row

CONFIG_MAP, DEPLOYMENT, HPA, SERVICE = (kind(name) for name in ("ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Service"))
ENV = "/spec/template/spec/containers/0/env"


def apply(bench: Bench, manifest: dict[str, Any], *, manager: str = ME, force: bool = False, dry_run: bool = False) -> Any:
    return bench.api.apply(DEPLOYMENT, manifest, manager=manager, force=force, dry_run=dry_run)


def container(obj: Any) -> Any:
    return obj["spec"]["template"]["spec"]["containers"][0]


def mine(obj: Any, manager: str = ME, operation: str = "Apply") -> Any:
    return owners(obj).get((manager, operation, ""))


@row
def a_deployment_has_these_defaults(bench: Bench) -> None:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}
    ports = [{"containerPort": 8080, "name": "http"}]
    volumes = [{"name": "data"}, {"name": "config", "configMap": {"name": "c"}}, {"name": "secret", "secret": {"secretName": "s"}}]
    more = {"readinessProbe": probe, "ports": ports, "env": [{"name": "A", "value": "1"}], "resources": {"requests": {"cpu": "0.5"}}}
    made = apply(bench, deployment(bench, replicas=None, container=more, pod={"volumes": volumes}))
    template = made["spec"].pop("template")
    assert made["spec"] == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    }
    assert template["metadata"] == {"labels": {"app": "web"}}
    (one,) = template["spec"].pop("containers")
    assert template["spec"] == {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "config", "configMap": {"name": "c", "defaultMode": 420}},
            {"name": "secret", "secret": {"secretName": "s", "defaultMode": 420}},
        ],
    }
    assert one == {
        "name": "web",
        "image": "registry.example/web:1",
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "env": [{"name": "A", "value": "1"}],
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "500m"}},
        "readinessProbe": {
            "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
            "periodSeconds": 1,
            "timeoutSeconds": 1,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
    }
    assert made["status"] == {}


@row
def a_stateful_set_and_a_daemon_set_have_these_defaults(bench: Bench) -> None:
    base = deployment(bench, replicas=None)
    made: Any = bench.api.apply(kind("StatefulSet"), base, manager=ME, dry_run=True)
    made["spec"].pop("template")
    assert made["spec"] == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "podManagementPolicy": "OrderedReady",
        "serviceName": "",
        "selector": {"matchLabels": {"app": "web"}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    }
    made = bench.api.apply(kind("DaemonSet"), base, manager=ME, dry_run=True)
    made["spec"].pop("template")
    assert made["spec"] == {
        "revisionHistoryLimit": 10,
        "selector": {"matchLabels": {"app": "web"}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
    }


@row
def other_strategies_have_no_limits(bench: Bench) -> None:
    made = apply(bench, deployment(bench, replicas=0, strategy={"type": "Recreate"}))
    assert made["spec"]["strategy"] == {"type": "Recreate"}
    base = deployment(bench, replicas=0, updateStrategy={"type": "OnDelete"})
    for name in ("StatefulSet", "DaemonSet"):
        body = {**base, "spec": {key: value for key, value in base["spec"].items() if name == "StatefulSet" or key != "replicas"}}
        found: Any = bench.api.apply(kind(name), body, manager=ME)
        assert found["spec"]["updateStrategy"] == {"type": "OnDelete"}


@row
def what_says_nothing_is_dropped(bench: Bench) -> None:
    manifest = deployment(
        bench,
        replicas=0,
        container={"env": [{"name": "A", "value": ""}], "args": [], "securityContext": {}, "command": None},
        pod={"hostNetwork": False, "tolerations": [], "nodeSelector": {}},
        annotations={"a": ""},
        minReadySeconds=0,
        paused=False,
    )
    made = apply(bench, manifest)
    assert "minReadySeconds" not in made["spec"]
    assert "paused" not in made["spec"]
    assert container(made)["env"] == [{"name": "A"}]
    assert "args" not in container(made)
    assert container(made)["securityContext"] == {}
    assert made["spec"]["template"]["metadata"]["annotations"] == {"a": ""}
    assert not {"hostNetwork", "tolerations", "nodeSelector"} & set(made["spec"]["template"]["spec"])


@row
def the_applier_owns_what_it_gave(bench: Bench) -> None:
    made = apply(bench, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]}))
    key = 'k:{"containerPort":80,"protocol":"TCP"}'
    assert owners(made) == {
        (ME, "Apply", ""): {
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:template": {
                    "f:metadata": {"f:labels": {"f:app": {}}},
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"web"}': {
                                ".": {},
                                "f:name": {},
                                "f:image": {},
                                "f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}},
                                "f:ports": {key: {".": {}, "f:containerPort": {}}},
                            }
                        }
                    },
                },
            }
        }
    }


@row
def who_creates_owns_the_defaults_too(bench: Bench) -> None:
    made: Any = bench.api.create(DEPLOYMENT, deployment(bench, replicas=0), manager=ME)
    assert owners(made) == {
        (ME, "Update", ""): {
            "f:spec": {
                "f:progressDeadlineSeconds": {},
                "f:replicas": {},
                "f:revisionHistoryLimit": {},
                "f:selector": {},
                "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
                "f:template": {
                    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"web"}': {
                                ".": {},
                                "f:name": {},
                                "f:image": {},
                                "f:imagePullPolicy": {},
                                "f:resources": {},
                                "f:terminationMessagePath": {},
                                "f:terminationMessagePolicy": {},
                            }
                        },
                        "f:dnsPolicy": {},
                        "f:restartPolicy": {},
                        "f:schedulerName": {},
                        "f:securityContext": {},
                        "f:terminationGracePeriodSeconds": {},
                    },
                },
            }
        }
    }


@row
def a_conflict_names_the_managers_and_fields(bench: Bench) -> None:
    apply(bench, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "1"}]}), manager=OTHER)
    changed = deployment(bench, replicas=1, image="registry.example/web:2", container={"env": [{"name": "A", "value": "2"}]})
    with refused(
        ConflictError,
        "somebody owns .spec.replicas, ",
        '.spec.template.spec.containers[name="web"].env[name="A"].value, ',
        '.spec.template.spec.containers[name="web"].image.',
    ):
        apply(bench, changed)
    with refused(ConflictError, "somebody owns .spec.replicas"):
        apply(bench, changed, dry_run=True)
    both = apply(bench, deployment(bench, replicas=0))
    assert mine(both) is not None, "the same values are owned together"
    assert mine(both, OTHER) is not None


@row
def force_takes_fields_from_others(bench: Bench) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]
    apply(bench, deployment(bench, replicas=0, container={"env": env}), manager=OTHER)
    forced = apply(bench, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "2"}]}), force=True)
    assert container(forced)["env"] == [{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]
    left = mine(forced, OTHER)["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"web"}']["f:env"]
    assert left == {'k:{"name":"A"}': {".": {}, "f:name": {}}, 'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}}}


@row
def what_the_applier_lets_go_of_goes_unless_somebody_else_owns_it(bench: Bench) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]
    apply(bench, deployment(bench, replicas=3, container={"env": env}, paused=True))
    apply(bench, deployment(bench, replicas=3, container={"env": [{"name": "B", "value": "1"}]}, paused=True), manager=OTHER)
    left = apply(bench, deployment(bench, replicas=None))
    assert container(left)["env"] == [{"name": "B", "value": "1"}]
    assert left["spec"]["replicas"] == 3
    alone = apply(bench, deployment(bench, replicas=None), manager=OTHER)
    assert "env" not in container(alone)
    assert alone["spec"]["replicas"] == 1, "the default comes back"
    assert "paused" not in alone["spec"]


@row
def a_patch_takes_fields_from_an_applier(bench: Bench) -> None:
    apply(bench, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "1"}]}))
    steps = [Step("replace", f"{ENV}/0/value", "2"), Step("add", f"{ENV}/-", {"name": "B", "value": "1"})]
    patched: Any = bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", steps, manager=OTHER)
    theirs = mine(patched, OTHER, "Update")["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"web"}']["f:env"]
    assert theirs == {'k:{"name":"A"}': {"f:value": {}}, 'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}}}
    ours = mine(patched)["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"web"}']["f:env"]
    assert ours == {'k:{"name":"A"}': {".": {}, "f:name": {}}}
    with refused(ConflictError, 'somebody owns .spec.template.spec.containers[name="web"].env[name="A"].value.'):
        apply(bench, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "1"}]}))
    again = apply(bench, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "1"}]}), force=True)
    assert container(again)["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]


@row
def one_manager_is_two_by_apply_and_by_patch(bench: Bench) -> None:
    apply(bench, deployment(bench, replicas=0))
    where = "/spec/template/spec/containers/0/image"
    patched: Any = bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", [Step("replace", where, "x:2")], manager=ME)
    assert {(manager, operation) for manager, operation, _below in owners(patched)} == {(ME, "Apply"), (ME, "Update")}
    with refused(ConflictError, f'{ME} owns .spec.template.spec.containers[name="web"].image.'):
        apply(bench, deployment(bench, replicas=0))


@row
def items_keep_the_order_of_whoever_applied(bench: Bench) -> None:
    def env(*names: str) -> dict[str, Any]:
        return {"env": [{"name": name, "value": "1"} for name in names]}

    def order(obj: Any) -> str:
        return "".join(entry["name"] for entry in container(obj)["env"])

    apply(bench, deployment(bench, replicas=0, container=env("A", "B", "C")), manager=OTHER)
    assert order(apply(bench, deployment(bench, replicas=0, container=env("C", "A")))) == "BCA"
    assert order(apply(bench, deployment(bench, replicas=0, container=env("D", "A", "C")))) == "BDAC"
    assert order(apply(bench, deployment(bench, replicas=0, container=env("E")))) == "BACE"


@row
def maps_merge_and_selectors_do_not(bench: Bench) -> None:
    labels = {"a": "1", "b": "1"}
    first = deployment(bench, replicas=0)
    first["metadata"]["labels"] = labels
    apply(bench, first, manager=OTHER)
    second = deployment(bench, replicas=0)
    second["metadata"]["labels"] = {"c": "1"}
    both = apply(bench, second)
    assert both["metadata"]["labels"] == {"a": "1", "b": "1", "c": "1"}
    assert mine(both)["f:metadata"] == {"f:labels": {"f:c": {}}}
    without = apply(bench, deployment(bench, replicas=0))
    assert without["metadata"]["labels"] == labels


@row
def an_apply_at_an_old_version_is_a_conflict(bench: Bench) -> None:
    made: Any = bench.api.apply(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", [Step("add", "/data/y", "1")], manager=OTHER)
    old = config_map(bench, x="2")
    old["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    with refused(ConflictError, "somebody else changed it in the meantime"):
        bench.api.apply(CONFIG_MAP, old, manager=ME, force=True)
    now: Any = bench.api.read(CONFIG_MAP, bench.namespace, "a")
    old["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"]
    assert bench.api.apply(CONFIG_MAP, old, manager=ME)["data"] == {"x": "2", "y": "1"}


def _observed(bench: Bench) -> bool:
    found: Any = bench.api.read(DEPLOYMENT, bench.namespace, "web")
    return len(found["status"].get("conditions", ())) == 2 and found["status"]["observedGeneration"] == found["metadata"]["generation"]


@row
def owners_can_be_replaced_by_a_patch(bench: Bench) -> None:
    bench.api.create(DEPLOYMENT, deployment(bench, replicas=0, container={"env": [{"name": "A", "value": "1"}]}), manager=OTHER)
    bench.until(lambda: _observed(bench), "the controllers have come to rest")
    made: Any = bench.api.read(DEPLOYMENT, bench.namespace, "web")
    kept = [entry for entry in made["metadata"]["managedFields"] if entry["manager"] != OTHER]
    moved = [{**entry, "manager": ME, "operation": "Apply"} for entry in made["metadata"]["managedFields"] if entry["manager"] == OTHER]
    steps = [
        Step("test", "/metadata/uid", made["metadata"]["uid"]),
        Step("test", "/metadata/resourceVersion", made["metadata"]["resourceVersion"]),
        Step("add", "/metadata/managedFields", [*kept, *moved]),
    ]
    patched: Any = bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", steps, manager=ME)
    assert plain(patched) == plain(made)
    assert list(owners(patched)) == [(ME, "Apply", "")]
    left = apply(bench, deployment(bench, replicas=0))
    assert "env" not in container(left), "what was taken over and is not applied goes"
    assert left["spec"]["progressDeadlineSeconds"] == 600


@row
def replicas_handed_to_a_second_manager_stay(bench: Bench) -> None:
    apply(bench, deployment(bench, replicas=4))
    held = {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": {"replicas": 4}}
    apply(bench, held, manager="holder", force=True)
    left = apply(bench, deployment(bench, replicas=None))
    assert left["spec"]["replicas"] == 4
    assert mine(left, "holder") == {"f:spec": {"f:replicas": {}}}


@row
def an_apply_of_a_part_without_what_is_required_is_merged(bench: Bench) -> None:
    apply(bench, deployment(bench, replicas=0))
    part = {
        "metadata": {"name": "web", "namespace": bench.namespace},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "x:2"}]}}},
    }
    changed = apply(bench, part, manager=OTHER, force=True)
    assert container(changed)["image"] == "x:2"
    assert changed["spec"]["template"]["metadata"]["labels"] == {"app": "web"}


@row
def an_autoscaler_has_these_defaults(bench: Bench) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    body: dict[str, Any] = {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": {"scaleTargetRef": target, "maxReplicas": 5}}
    made: Any = bench.api.apply(HPA, body, manager=ME)
    assert made["spec"] == {
        "scaleTargetRef": target,
        "maxReplicas": 5,
        "minReplicas": 1,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}],
    }
    assert "generation" not in made["metadata"]


@row
def ports_are_told_apart_by_number_and_protocol(bench: Bench) -> None:
    def ports(*pairs: tuple[int, str]) -> dict[str, Any]:
        return {"ports": [{"containerPort": number, **({"protocol": protocol} if protocol else {})} for number, protocol in pairs]}

    apply(bench, deployment(bench, replicas=0, container=ports((53, ""))), manager=OTHER)
    both = apply(bench, deployment(bench, replicas=0, container=ports((53, "UDP"))))
    assert {(port["containerPort"], port["protocol"]) for port in container(both)["ports"]} == {(53, "TCP"), (53, "UDP")}
    same = apply(bench, deployment(bench, replicas=0, container=ports((53, "TCP"))))
    assert [(port["containerPort"], port["protocol"]) for port in container(same)["ports"]] == [(53, "TCP")]


@row
def who_lets_go_of_the_last_label_keeps_the_object_as_it_is(bench: Bench) -> None:
    manifest: Any = config_map(bench)
    labelled = {**manifest, "metadata": {**manifest["metadata"], "labels": {"a": "1"}, "annotations": {"b": "2"}}}
    made: Any = bench.api.apply(CONFIG_MAP, labelled, manager=ME)
    left: Any = bench.api.apply(CONFIG_MAP, manifest, manager=ME)
    assert {"labels", "annotations"} & {*left["metadata"]} == set()
    assert [left["metadata"][key] for key in ("name", "uid")] == [made["metadata"][key] for key in ("name", "uid")]
