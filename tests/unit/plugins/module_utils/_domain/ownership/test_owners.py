# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose field is whose, what is handed over, and what is refused. The entries have the form that API server 1.36 writes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    items,
    mapping,
    text,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.fields import (
    FieldSet,
    difference,
    intersection,
    is_empty,
    remove,
    union,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.owners import (
    APPLY_MANAGER,
    HANDOVER_MANAGER,
    NO_TAKEOVER,
    PATCH_MANAGER,
    Takeover,
    applied_fields,
    assumed_answer,
    conflict_sentence,
    forced_notes,
    handover,
    last_writer,
    owners,
    restart_only,
    scaled_by,
    takeover,
)
from hypothesis import given
from hypothesis import strategies as st

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
APP, ENV_A, ENV_B = 'k:{"name":"app"}', 'k:{"name":"A"}', 'k:{"name":"B"}'
ITEM: FieldSet = {".": {}, "f:name": {}, "f:value": {}}
REPLICAS: FieldSet = {"f:spec": {"f:replicas": {}}}
MIN_READY: FieldSet = {"f:spec": {"f:minReadySeconds": {}}}
LABEL: FieldSet = {"f:metadata": {"f:labels": {"f:app": {}}}}


def entry(
    manager: str,
    fields: FieldSet,
    operation: str = "Update",
    *,
    subresource: str = "",
    version: str = "apps/v1",
    time: str = "2026-01-01T00:00:00Z",
) -> JsonObject:
    more = {"subresource": subresource} if subresource else {}
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def ours(fields: FieldSet) -> JsonObject:
    return entry(APPLY_MANAGER, fields, "Apply", time="2026-02-02T00:00:00Z")


def live(*entries: JsonObject, kind: str = "Deployment", spec: Mapping[str, JsonValue] | None = None, **metadata: JsonValue) -> JsonObject:
    found = {"managedFields": list(entries)} if entries else {}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"namespace": "shop", "name": "web", **metadata, **found},
        "spec": {"replicas": 3, **(spec or {})},
    }


def container(fields: FieldSet) -> FieldSet:
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": {APP: fields}}}}}


def annotation(name: str) -> FieldSet:
    return {"f:metadata": {"f:annotations": {f"f:{name}": {}}}}


def template_annotation(name: str) -> FieldSet:
    return {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {f"f:{name}": {}}}}}}


def union_of(*sets: FieldSet) -> FieldSet:
    result: FieldSet = {}
    for fields in sets:
        result = union(result, fields)
    return result


IMAGE = container({"f:image": {}})
ENV = container({"f:env": {ENV_A: ITEM}})
NAMED = union_of(LABEL, container({".": {}, "f:name": {}, "f:image": {}}))
STATUS: FieldSet = {"f:status": {"f:replicas": {}}}


def after(taken: Takeover) -> dict[str, FieldSet]:
    """What each manager owns after the takeover, one manager's entries together."""
    found: dict[str, FieldSet] = {}
    for item in taken.managed_fields or ():
        found[text(item, "manager")] = union(found.get(text(item, "manager"), {}), mapping(item, "fieldsV1"))
    return found


@pytest.mark.parametrize(
    ("manager", "kind"),
    [
        (APPLY_MANAGER, "ours"),
        (PATCH_MANAGER, "ours"),
        (HANDOVER_MANAGER, "ours"),
        ("kubectl-client-side-apply", "person"),
        ("kubectl", "person"),
        ("kubectl.exe", "person"),
        ("kubectl-create", "person"),
        ("kubectl-something-new", "person"),
        ("OpenAPI-Generator", "person"),
        ("Mozilla", "person"),
        ("before-first-apply", "person"),
        ("kube-controller-manager", "controller"),
        ("argocd-controller", "controller"),
        ("argocd-application-controller", "controller"),
        ("kustomize-controller", "controller"),
        ("helm", "controller"),
        ("vpa-updater", "controller"),
        ("pulumi-kubernetes", "controller"),
        ("acme-operator", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_manager_is_known_by_its_name(manager: str, kind: str) -> None:
    (owner,) = owners(live(entry(manager, LABEL, subresource="scale")))
    assert (owner.manager, owner.operation, owner.subresource, owner.fields, owner.kind) == (manager, "Update", "scale", LABEL, kind)


@pytest.mark.parametrize("manager", ["kubectl-client-side-apply", "kubectl", "kubectl-create", "kubectl-replace", "OpenAPI-Generator"])
def test_tools_that_apply_whole_manifests_hand_over_all_of_their_content(manager: str) -> None:
    content = union_of(LABEL, annotation(LAST_APPLIED), annotation("team"), ENV, IMAGE, MIN_READY, {"f:data": {}})
    finalizers: FieldSet = {'v:"x"': {}}
    kept = union_of(STATUS, {"f:metadata": {"f:finalizers": finalizers, "f:ownerReferences": {}}})
    taken = takeover(live(entry(manager, union(content, kept))), NAMED)
    assert after(taken) == {manager: kept, APPLY_MANAGER: content}
    assert taken.removed == union_of(
        {"f:metadata": {"f:annotations": {}}},
        container({"f:env": {}}),
        {"f:spec": {"f:minReadySeconds": {}}, "f:data": {}},
    )


@pytest.mark.parametrize(
    "manager", ["kubectl-edit", "kubectl-set", "kubectl-patch", "kubectl-label", "Mozilla", "k9s", "curl", PATCH_MANAGER]
)
def test_tools_for_single_changes_hand_over_the_template_and_what_the_definition_names(manager: str) -> None:
    own: FieldSet = {"f:spec": {"f:minReadySeconds": {}}, "f:metadata": {"f:labels": {"f:mine": {}}}}
    taken = takeover(live(entry(manager, union_of(own, LABEL, ENV))), NAMED)
    assert after(taken) == {manager: own, APPLY_MANAGER: union(LABEL, ENV)}
    assert taken.removed == container({"f:env": {}})


def test_who_made_the_map_of_labels_hands_it_over_with_the_label_that_the_definition_names() -> None:
    taken = takeover(live(entry("kubectl-label", {"f:metadata": {"f:labels": {".": {}, "f:mine": {}}}})), LABEL)
    assert after(taken) == {"kubectl-label": {"f:metadata": {"f:labels": {"f:mine": {}}}}, APPLY_MANAGER: {"f:metadata": {"f:labels": {}}}}
    assert is_empty(taken.removed)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(entry("kube-controller-manager", union_of(IMAGE, ENV, LABEL)), id="a controller"),
        pytest.param(entry("argocd-controller", union_of(IMAGE, ENV), "Apply"), id="GitOps"),
        pytest.param(entry("helm", union_of(IMAGE, ENV)), id="Helm"),
        pytest.param(entry("acme-operator", union_of(IMAGE, ENV)), id="an unknown manager"),
        pytest.param(entry("kubectl-edit", STATUS, subresource="status"), id="a subresource"),
        pytest.param(entry("kubectl-client-side-apply", STATUS), id="the status"),
        pytest.param(entry("kubectl-client-side-apply", LABEL, version="extensions/v1beta1"), id="another version of the API"),
        pytest.param(entry("kubectl-annotate", annotation("note")), id="what the definition does not name"),
        pytest.param(ours(NAMED), id="what is ours"),
    ],
)
def test_nothing_is_taken_over_from(found: JsonObject) -> None:
    assert takeover(live(found), NAMED) == NO_TAKEOVER


def test_entries_that_nothing_is_taken_from_stay_as_they_are() -> None:
    controller = entry("kube-controller-manager", STATUS, subresource="status", time="2026-03-03T00:00:00Z")
    taken = takeover(live(controller, entry("kubectl-set", IMAGE), ours(LABEL)), NAMED)
    assert taken.managed_fields == (controller, ours(union(LABEL, IMAGE)))
    assert taken.removed == {}


def test_a_new_entry_of_ours_has_the_latest_time_of_those_that_hand_over() -> None:
    old, new = entry("kubectl-set", IMAGE, time="2026-01-01T00:00:00Z"), entry("kubectl-edit", ENV, time="2026-01-02T00:00:00Z")
    taken = takeover(live(new, old), NAMED)
    assert taken.managed_fields == (entry(APPLY_MANAGER, union(IMAGE, ENV), "Apply", time="2026-01-02T00:00:00Z"),)


def test_a_time_that_is_unknown_is_left_out() -> None:
    timeless = {key: value for key, value in entry("kubectl", REPLICAS, subresource="scale").items() if key != "time"}
    (made,) = takeover(live(timeless), REPLICAS).managed_fields or ()
    assert "time" not in made


def test_what_others_still_own_is_not_removed() -> None:
    taken = takeover(live(entry("kubectl-client-side-apply", ENV), entry("acme-operator", ENV)), NAMED)
    assert after(taken) == {"acme-operator": ENV, APPLY_MANAGER: ENV}
    assert is_empty(taken.removed)


def test_what_we_applied_before_and_another_tool_changed_is_removed_with_it() -> None:
    changed = container({"f:env": {ENV_A: {"f:value": {}}}})
    taken = takeover(live(ours(union(NAMED, difference(ENV, changed))), entry("kubectl-set", changed)), NAMED)
    assert taken.removed == container({"f:env": {}})


def test_the_note_names_fields_object_and_manager() -> None:
    many = union_of(IMAGE, ENV, LABEL, REPLICAS, annotation("a/b"), {"f:data": {"f:x": {}}, "f:spec": {"f:minReadySeconds": {}}})
    taken = takeover(live(entry("kubectl-set", IMAGE), entry("kubectl-client-side-apply", many)), union(NAMED, REPLICAS))
    parts = "data.x, metadata.annotations, metadata.labels, spec.minReadySeconds, spec.replicas, spec.template"
    assert taken.notes == (
        "took over spec.template.spec.containers[app].image of Deployment shop/web from kubectl-set",
        f"took over {parts} of Deployment shop/web from kubectl-client-side-apply",
    )


def test_a_long_note_names_top_fields_that_are_a_list() -> None:
    rules: FieldSet = {f"f:{name}": {"i:0": {}} for name in "abcde"}
    (note,) = takeover(live(entry("kubectl-create", rules)), {}).notes
    assert note == "took over a, b, c, d, e of Deployment shop/web from kubectl-create"


# --- what is special --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "holder",
    [
        entry("kubectl-client-side-apply", REPLICAS),
        entry("kubectl-create", REPLICAS),
        entry("kubectl", REPLICAS, "Apply"),
        entry("kubectl-patch", REPLICAS),
        entry("kubectl", REPLICAS, subresource="scale"),
        entry("kubectl.exe", REPLICAS, subresource="scale"),
        entry(HANDOVER_MANAGER, REPLICAS, "Apply"),
    ],
)
def test_replicas_are_handed_over_only_when_the_definition_names_them(holder: JsonObject) -> None:
    assert takeover(live(holder), NAMED) == NO_TAKEOVER
    named = takeover(live(holder), union(NAMED, REPLICAS))
    assert after(named) == {APPLY_MANAGER: REPLICAS}
    assert is_empty(named.removed)


def test_replicas_of_an_autoscaler_are_handed_over_only_when_it_is_surely_gone() -> None:
    scaled = live(entry("kube-controller-manager", REPLICAS, subresource="scale"))
    assert takeover(scaled, REPLICAS) == NO_TAKEOVER
    assert takeover(scaled, REPLICAS, autoscaled=True) == NO_TAKEOVER
    assert after(takeover(scaled, REPLICAS, autoscaled=False)) == {APPLY_MANAGER: REPLICAS}


@pytest.mark.parametrize(
    "name", ["deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation", "pv.kubernetes.io/bind-completed"]
)
def test_annotations_in_which_controllers_keep_state_stay_where_they_are(name: str) -> None:
    assert takeover(live(entry("kubectl-client-side-apply", annotation(name))), NAMED) == NO_TAKEOVER
    assert after(takeover(live(entry("kubectl-client-side-apply", annotation(name))), annotation(name))) == {
        APPLY_MANAGER: annotation(name)
    }


@pytest.mark.parametrize("name", [RESTARTED, "openshift.openshift.io/restartedAt", "cattle.io/timestamp"])
@pytest.mark.parametrize("manager", ["kubectl-rollout", PATCH_MANAGER, "kubectl-client-side-apply"])
def test_a_restart_annotation_is_part_of_the_template_unless_kept(name: str, manager: str) -> None:
    made: FieldSet = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {".": {}, f"f:{name}": {}}}}}}
    found = live(entry(manager, union(made, {"f:status": {}})))
    gone = takeover(found, NAMED)
    assert after(gone)[APPLY_MANAGER] == made
    assert gone.removed == {"f:spec": {"f:template": {"f:metadata": {}}}}
    assert takeover(found, NAMED, keep_restart=True) == NO_TAKEOVER
    assert after(takeover(live(entry(manager, union(made, ENV))), NAMED, keep_restart=True)) == {manager: made, APPLY_MANAGER: ENV}


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        ({}, {}, False),
        ({RESTARTED: "1"}, {RESTARTED: "1"}, False),
        ({RESTARTED: "1"}, {}, True),
        ({RESTARTED: "1", "a": "b"}, {"a": "b"}, True),
        ({RESTARTED: "1"}, {RESTARTED: "2"}, True),
        ({RESTARTED: "1", "a": "b"}, {}, False),
    ],
)
def test_only_a_restart_annotation_differs(before: JsonObject, then: JsonObject, expected: bool) -> None:
    one, other = (live(spec={"template": {"metadata": {"annotations": value, "labels": {"app": "web"}}}}) for value in (before, then))
    assert restart_only(one, other) is expected


def test_an_object_without_managed_fields_is_taken_over_by_the_entry_that_the_dry_run_shows() -> None:
    answer = live(ours(NAMED), entry("before-first-apply", ENV))
    assert takeover(live(), NAMED) == NO_TAKEOVER
    taken = takeover(live(), NAMED, answer=answer)
    assert after(taken) == {APPLY_MANAGER: union(NAMED, ENV)}
    assert taken.removed == container({"f:env": {}})


@pytest.mark.parametrize(("exists", "expected"), [(None, False), (True, False), (False, True)])
def test_helm_hands_over_once_its_release_is_gone(exists: bool | None, expected: bool) -> None:
    taken = takeover(live(entry("helm", union(ENV, LABEL))), NAMED, helm_release_exists=exists)
    assert (taken != NO_TAKEOVER) is expected
    assert takeover(live(entry("argocd-controller", ENV)), NAMED, helm_release_exists=False) == NO_TAKEOVER


@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller", "helm", "Terraform"])
def test_taking_ownership_includes_what_gitops_applied(manager: str) -> None:
    assert after(takeover(live(entry(manager, ENV, "Apply")), NAMED, take_ownership=True)) == {APPLY_MANAGER: ENV}


def test_taking_ownership_leaves_to_controllers_what_the_definition_does_not_name() -> None:
    assert takeover(live(entry("acme-operator", ENV), entry("kubelet", ENV)), NAMED, take_ownership=True) == NO_TAKEOVER


@pytest.mark.parametrize(("kind", "name", "type_"), [("Deployment", "strategy", "Recreate"), ("StatefulSet", "updateStrategy", "OnDelete")])
def test_default_parameters_of_a_rolling_update_are_claimed_where_the_type_has_none(kind: str, name: str, type_: str) -> None:
    spec: JsonObject = {name: {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "partition": 0}}}
    surge: FieldSet = {"f:spec": {f"f:{name}": {"f:rollingUpdate": {"f:maxSurge": {}}}}}
    found, answer = live(ours(NAMED), kind=kind, spec=spec), live(kind=kind, spec={name: {"type": type_}})
    whole: FieldSet = {"f:spec": {f"f:{name}": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:partition": {}}}}}
    applied = union(NAMED, {"f:spec": {f"f:{name}": {"f:type": {}}}})
    taken = takeover(found, applied, answer=answer)
    assert after(taken) == {APPLY_MANAGER: union(NAMED, whole)}
    assert taken.removed == {"f:spec": {f"f:{name}": {"f:rollingUpdate": {}}}}
    patched = takeover(live(entry("kubectl-patch", surge), kind=kind, spec=spec), applied, answer=answer)
    assert after(patched) == {APPLY_MANAGER: whole}
    assert takeover(found, applied, answer=found) == NO_TAKEOVER


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["kubectl-client-side-apply", "kubectl-set", "kubectl-label", "helm", "acme", APPLY_MANAGER, PATCH_MANAGER, "kubectl"]
            ),
            st.sampled_from(["", "", "scale", "status"]),
            st.lists(st.sampled_from([IMAGE, ENV, LABEL, REPLICAS, STATUS, annotation("x"), template_annotation(RESTARTED)]), max_size=5),
        ),
        max_size=5,
        unique_by=lambda item: item[:2],
    ),
    st.booleans(),
)
def test_no_field_loses_its_owner_and_nobody_gains_one_but_us(entries: list[tuple[str, str, list[FieldSet]]], keep: bool) -> None:
    made = [
        entry(manager, union_of(*sets), "Apply" if manager == APPLY_MANAGER else "Update", subresource=sub)
        for manager, sub, sets in entries
    ]
    found = live(*[item for item in made if item["fieldsV1"]])
    taken = takeover(found, NAMED, keep_restart=keep)
    if taken.managed_fields is None:
        assert taken == NO_TAKEOVER
        return
    assert union_of(*after(taken).values()) == union_of(*(union({}, owner.fields) for owner in owners(found)))
    before = {(owner.manager, owner.operation, owner.subresource): owner.fields for owner in owners(found)}
    for owner in owners({"metadata": {"managedFields": taken.managed_fields}}):
        if (owner.manager, owner.operation) != (APPLY_MANAGER, "Apply"):
            assert is_empty(difference(owner.fields, before[owner.manager, owner.operation, owner.subresource]))
            assert is_empty(intersection(owner.fields, taken.removed)) or is_empty(owner.fields)
    again = takeover({**found, "metadata": {**mapping(found, "metadata"), "managedFields": taken.managed_fields}}, NAMED, keep_restart=keep)
    assert again == NO_TAKEOVER


# --- what the server cannot answer ------------------------------------------------------------------------------------------------


def test_an_answer_is_assumed_where_the_server_refuses_the_mix() -> None:
    env: JsonValue = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    template: JsonObject = {"spec": {"containers": [{"name": "app", "image": "web:1", "env": env}]}}
    both = container({".": {}, "f:name": {}, "f:image": {}, "f:env": {ENV_A: ITEM, ENV_B: ITEM}})
    found = live(entry("kubectl-client-side-apply", both), entry("acme", IMAGE), ours(LABEL), spec={"template": template})
    wanted: JsonObject = {
        "name": "app",
        "image": "web:2",
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
    }
    manifest: JsonObject = {"metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [wanted]}}}}
    answer = assumed_answer(found, manifest)
    taken = takeover(found, applied_fields(answer), answer=answer)
    expected: JsonObject = {"containers": [wanted]}
    assert mapping(remove(answer, taken.removed), "spec", "template", "spec") == expected
    sentence = conflict_sentence(found, answer)
    assert sentence is not None
    assert "spec.template.spec.containers[app].image (by acme)" in sentence


# --- what is refused --------------------------------------------------------------------------------------------------------------


def test_a_controllers_field_with_another_value_is_refused_by_name() -> None:
    scale = entry("kube-controller-manager", REPLICAS, subresource="scale")
    found = live(entry("acme-operator", union(IMAGE, ENV)), scale)
    answer = live(ours(union_of(NAMED, REPLICAS)), entry("acme-operator", ENV))
    assert conflict_sentence(found, answer) == (
        "The definition contradicts what other managers set on Deployment shop/web: spec.template.spec.containers[app].image "
        "(by acme-operator) and spec.replicas (by kube-controller-manager); change it there, leave it out of the definition, "
        "or set take_ownership: true to take it over."
    )
    assert "kube-controller-manager" not in (conflict_sentence(found, answer, autoscaled=False) or "")


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        pytest.param([entry("acme", IMAGE)], [entry("acme", IMAGE), ours(NAMED)], id="the same value"),
        pytest.param([entry("kubectl-set", IMAGE)], [ours(NAMED)], id="a person's field, which is taken over"),
        pytest.param([ours(union(NAMED, ENV))], [ours(NAMED)], id="our own"),
        pytest.param([entry("acme", STATUS)], [ours(NAMED)], id="a status that changed meanwhile"),
    ],
)
def test_nothing_is_contradicted_by(found: list[JsonObject], answer: list[JsonObject]) -> None:
    assert conflict_sentence(live(*found), live(*answer)) is None


def test_a_release_that_is_gone_contradicts_nothing() -> None:
    found, answer = live(entry("helm", IMAGE)), live(ours(NAMED))
    assert conflict_sentence(found, answer) is not None
    assert conflict_sentence(found, answer, helm_release_exists=False) is None


def test_a_persons_field_at_another_version_of_the_api_is_refused() -> None:
    found = live(entry("kubectl-set", IMAGE, version="extensions/v1beta1"))
    assert "kubectl-set" in (conflict_sentence(found, live(ours(NAMED))) or "")


def test_a_forced_apply_tells_what_it_takes_from_whom() -> None:
    found, answer = live(entry("image-updater", IMAGE), entry("kubectl-set", IMAGE)), live(ours(NAMED))
    (note,) = forced_notes(found, answer)
    assert note.startswith("took over spec.template.spec.containers")
    assert note.endswith("from image-updater")
    assert forced_notes(live(ours(NAMED)), answer) == ()


# --- autoscalers ------------------------------------------------------------------------------------------------------------------


def hpa(namespace: str = "shop", kind: str = "Deployment", name: str = "web") -> JsonObject:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    return {"metadata": {"namespace": namespace, "name": "scaler"}, "spec": {"scaleTargetRef": target}}


def test_an_autoscaler_is_found_by_its_target() -> None:
    others = [hpa(namespace="other"), hpa(kind="StatefulSet"), hpa(name="api")]
    assert scaled_by([*others, hpa()], Ref("Deployment", "shop", "web")) == hpa()
    assert scaled_by(others, Ref("Deployment", "shop", "web")) is None


def test_replicas_that_only_we_own_are_handed_over_before_they_are_dropped() -> None:
    assert handover(live(ours(union(NAMED, REPLICAS)), entry("acme", IMAGE))) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"replicas": 3},
    }


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(live(ours(NAMED)), id="nobody owns them"),
        pytest.param(
            live(ours(REPLICAS), entry("kube-controller-manager", REPLICAS, subresource="scale")), id="an autoscaler owns them too"
        ),
        pytest.param(live(entry(HANDOVER_MANAGER, REPLICAS, "Apply")), id="they were handed over"),
        pytest.param(live(ours(REPLICAS), spec={"replicas": None}), id="there are none"),
    ],
)
def test_replicas_need_no_handover_where(found: JsonObject) -> None:
    assert handover(found) is None


def test_who_wrote_a_field_last_is_told() -> None:
    whole: FieldSet = {"f:spec": {"f:selector": {}}}
    part: FieldSet = {"f:spec": {"f:selector": {"f:app": {}}}}
    entries = [
        entry("early", whole),
        entry("late", part, time="2026-01-02T00:00:00Z"),
        entry("other", MIN_READY, time="2026-01-03T00:00:00Z"),
    ]
    assert last_writer({"metadata": {"managedFields": entries}}, "spec", "selector") == "late"
    assert last_writer({"metadata": {"managedFields": entries}}, "spec", "replicas") == ""


def test_what_our_apply_owns_is_read_from_its_entry() -> None:
    assert (
        applied_fields(live(entry(APPLY_MANAGER, ENV), entry(APPLY_MANAGER, STATUS, "Apply", subresource="status"), ours(NAMED))) == NAMED
    )
    assert applied_fields(live()) == {}
    assert not items(live(), "metadata", "managedFields")
