# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strategy rolling: one step, by the manifest or by a change of what is there."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError, RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping, text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS, workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Limits, ShortChange, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply, Edit, Step, Terms
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import STRATEGIES
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.rolling import with_limits

MANIFEST = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "registry.example/web:1"}]}}},
}
REF = Ref("Deployment", "shop", "web")
STEPS = STRATEGIES["rolling"]


def test_a_manifest_without_limits_is_applied_as_it_is() -> None:
    (step,) = STEPS(Target(DEPLOYMENT, REF, manifest=MANIFEST), Limits())
    assert step.name == "roll"
    assert step.write == Apply(MANIFEST)
    assert not step.done(Snapshot(None))


def test_limits_go_into_the_manifest() -> None:
    limits = Limits(max_surge="25%", max_unavailable=0, min_ready_seconds=5, progress_deadline_seconds=60)
    (step,) = STEPS(Target(DEPLOYMENT, REF, manifest=MANIFEST), limits)
    assert isinstance(step.write, Apply)
    spec = step.write.manifest["spec"]
    assert at(spec, "strategy") == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}
    assert (at(spec, "minReadySeconds"), at(spec, "progressDeadlineSeconds")) == (5, 60)


def test_bad_limits_are_refused_when_the_steps_are_made() -> None:
    with pytest.raises(InputError):
        STEPS(Target(DEPLOYMENT, REF, manifest=MANIFEST), Limits(max_surge=0, max_unavailable=0))


def test_a_short_change_edits_what_is_there_and_nothing_else() -> None:
    change = ShortChange(image="registry.example/web:2", env={"GREETING": "hello"})
    (step,) = STEPS(Target(DEPLOYMENT, REF, change=change), Limits(min_ready_seconds=5))
    assert isinstance(step.write, Edit)
    live = {**MANIFEST, "status": {"replicas": 3}}
    edited = step.write.edit(live)
    container = {"name": "app", "image": "registry.example/web:2", "env": [{"name": "GREETING", "value": "hello"}]}
    assert edited == {**live, "spec": {"minReadySeconds": 5, "template": {"spec": {"containers": [container]}}}}
    assert step.write.edit(edited) == edited


def test_limits_alone_leave_the_template() -> None:
    (step,) = STEPS(Target(DEPLOYMENT, REF), Limits(min_ready_seconds=5))
    assert isinstance(step.write, Edit)
    assert step.write.edit(MANIFEST)["spec"] == {**MANIFEST["spec"], "minReadySeconds": 5}


# --- the other kinds ----------------------------------------------------------------------------------------------------------


def of_kind(kind: str, image: str = "registry.example/web:1", **spec: JsonValue) -> dict[str, JsonValue]:
    """A manifest of another kind, of three pods."""
    status: dict[str, JsonValue] = {"desiredNumberScheduled": 3, "observedGeneration": 1}
    template = {"spec": {"containers": [{"name": "app", "image": image}]}}
    whole: dict[str, JsonValue] = {**({} if kind == "DaemonSet" else {"replicas": 3}), "template": template, **spec}
    return {**MANIFEST, "kind": kind, "metadata": {**mapping(MANIFEST, "metadata"), "generation": 1}, "spec": whole, "status": status}


def step_of(manifest: JsonObject, limits: Limits | None = None) -> Step:
    kind = text(manifest, "kind")
    (step,) = STEPS(Target(WORKLOADS[kind], Ref(kind, "shop", "web"), manifest=manifest), limits or Limits())
    return step


def terms_of(step: Step, before: JsonObject | None, after: JsonObject) -> Terms:
    assert step.terms is not None
    return step.terms(before, after)


@pytest.mark.parametrize(
    ("kind", "limits", "sentence"),
    [
        ("StatefulSet", Limits(max_surge=1), "StatefulSet shop/web: max_surge does not exist for a StatefulSet"),
        ("DaemonSet", Limits(partition=0), "DaemonSet shop/web: partition does not exist for a DaemonSet"),
        ("DaemonSet", Limits(max_surge=1), "DaemonSet shop/web: .* both above 0"),
    ],
)
def test_a_refused_limit_names_the_workload(kind: str, limits: Limits, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        step_of(of_kind(kind), limits)


def test_bounds_of_the_manifest_itself_are_looked_at_too() -> None:
    both: JsonValue = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    with pytest.raises(InputError, match=r"DaemonSet shop/web: .* both above 0"):
        step_of(of_kind("DaemonSet", updateStrategy=both))
    step_of(of_kind("DaemonSet", updateStrategy={"type": "OnDelete", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}))


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_the_pace_is_said_of_a_new_template_and_of_nothing_else(kind: str) -> None:
    old, new = of_kind(kind), of_kind(kind, "registry.example/web:2")
    step = step_of(new)
    terms = terms_of(step, old, new)
    assert terms.replaces_pods
    assert terms.notes == (
        f"{kind} shop/web: {'one pod at a time, from web-2 down to web-0' if kind == 'StatefulSet' else '1 of 3 nodes at a time'}",
    )
    assert terms_of(step, new, new) == terms_of(step, None, new) == Terms()


def test_of_what_has_no_pods_there_is_no_pace() -> None:
    old, new = (of_kind("StatefulSet", image, replicas=0) for image in ("registry.example/web:1", "registry.example/web:2"))
    assert terms_of(step_of(new), old, new) == Terms(replaces_pods=True)


def test_a_warning_of_the_bounds_is_passed_on() -> None:
    old, new = (
        of_kind("Deployment", image, strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "10%"}})
        for image in ("registry.example/web:1", "registry.example/web:2")
    )
    (warning,) = terms_of(step_of(new), old, new).warnings
    assert "rounds to 0" in warning


def test_who_keeps_the_old_template_is_said_also_where_nothing_changes() -> None:
    held = of_kind("StatefulSet", updateStrategy={"rollingUpdate": {"partition": 2}})
    assert terms_of(step_of(held), {**held, "status": {"updatedReplicas": 1}}, held).notes == (
        "StatefulSet shop/web: web-0 and web-1 keep the old template (partition 2)",
    )
    assert terms_of(step_of(held), {**held, "status": {"updatedReplicas": 3}}, held).notes == ()


def test_a_cluster_that_drops_max_unavailable_is_told_of() -> None:
    plain = of_kind("StatefulSet")
    ignored = terms_of(step_of(plain, Limits(max_unavailable=2)), None, plain).warnings
    (sentence,) = ignored
    assert sentence.startswith("StatefulSet shop/web: this cluster ignores maxUnavailable of StatefulSets (feature gate Max")
    assert sentence.endswith(", pods are replaced one at a time.")
    asked = of_kind("StatefulSet", updateStrategy={"rollingUpdate": {"maxUnavailable": 2}})
    assert terms_of(step_of(asked), plain, plain).warnings == ignored
    assert terms_of(step_of(asked), plain, asked).warnings == ()
    assert terms_of(step_of(plain), plain, plain).warnings == ()


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_template_that_nothing_would_roll_out_is_refused(kind: str) -> None:
    old, new = (of_kind(kind, image, updateStrategy={"type": "OnDelete"}) for image in ("registry.example/web:1", "registry.example/web:2"))
    step = step_of(new)
    with pytest.raises(RefusedError, match=r"OnDelete, .* no pod gets a new template by itself; set updateStrategy to type: RollingUpdate"):
        terms_of(step, old, new)
    assert terms_of(step, None, new) == terms_of(step, new, new) == Terms()


@pytest.mark.parametrize(("updated", "words"), [(0, "2 of its 2 pods stay .* deletes them"), (1, "1 of its 2 pods stays .* deletes it")])
def test_pods_that_only_somebody_can_replace_are_not_waited_for(updated: int, words: str) -> None:
    held = of_kind("StatefulSet", updateStrategy={"type": "OnDelete"})
    held["status"] = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": updated}
    with pytest.raises(RefusedError, match=words):
        terms_of(step_of(held), held, held)
    unseen = {**held, "status": {**mapping(held, "status"), "observedGeneration": 0}}
    assert terms_of(step_of(held), unseen, held) == Terms()


def test_waiting_ends_once_it_turns_out_to_be_in_vain() -> None:
    """The controller had not observed the template yet when the plan was made."""
    held = of_kind("DaemonSet", updateStrategy={"type": "OnDelete"})
    demand = step_of(held).impossible
    assert demand is not None

    def said(observed: int, updated: int) -> str:
        counts = {"observedGeneration": observed, "currentNumberScheduled": 3, "updatedNumberScheduled": updated}
        return demand(Snapshot(workload_of({**held, "status": counts})))

    assert "3 of its 3 pods stay on an older template until somebody deletes them" in said(1, 0)
    assert said(0, 0) == said(1, 3) == demand(Snapshot(None)) == ""


def test_only_a_stateful_set_needs_pods_deleted() -> None:
    assert step_of(of_kind("StatefulSet")).replacement is not None
    assert step_of(of_kind("DaemonSet")).replacement is None
    assert step_of(of_kind("Deployment")).replacement is None


def test_repair_says_which_pods_and_changes_nothing_of_the_workload() -> None:
    live = of_kind("StatefulSet")
    assert with_limits(Target(WORKLOADS["StatefulSet"], REF, manifest=live), Limits(repair="all"), live) is live
    every, none = step_of(live, Limits(repair="all")), step_of(live, Limits(repair="none"))
    assert every.replacement is not None
    assert every.replacement.since is not None
    assert none.replacement is None
    assert none.waiting_for is not None
    assert step_of(of_kind("Deployment"), Limits(repair="none")).waiting_for is None
    assert Limits(repair="all").set_nothing
    assert not Limits(repair="all", partition=0).set_nothing
