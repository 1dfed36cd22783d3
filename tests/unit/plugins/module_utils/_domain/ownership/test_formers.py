# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owned fields before they were changed for a time, and gets them back."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.fields import FieldSet
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.formers import Former, applied, formers, given_back

FIELDS: FieldSet = {"f:spec": {"f:minReadySeconds": {}, "f:paused": {}, "f:strategy": {"f:type": {}}}}
READY: FieldSet = {"f:spec": {"f:minReadySeconds": {}}}
TYPE: FieldSet = {"f:spec": {"f:strategy": {"f:type": {}}}}
PAUSED: FieldSet = {"f:spec": {"f:paused": {}}}
TEMPLATE: FieldSet = {"f:spec": {"f:template": {}}}
VERSION = "apps/v1"


def with_template(fields: FieldSet) -> FieldSet:
    spec = fields["f:spec"]
    assert isinstance(spec, dict)
    return {"f:spec": {**spec, "f:template": {}}}


def entry(manager: str, fields: FieldSet, operation: str = "Apply", **more: str) -> JsonObject:
    return {"manager": manager, "operation": operation, "apiVersion": VERSION, "fieldsV1": fields, **more}


def live(*entries: JsonObject) -> JsonObject:
    return {"apiVersion": VERSION, "metadata": {"namespace": "shop", "name": "web", "managedFields": list(entries)}}


KUBECTL = entry("kubectl", with_template(READY), time="2026-01-01T00:00:00Z")
BARE = entry("kubectl", TEMPLATE, time="2026-01-01T00:00:00Z")
PATCHED = entry("kubectl-patch", PAUSED, "Update")
OURS = entry("rollout.kubernetes", with_template(TYPE))
PARK = entry("rollout.kubernetes-patch", FIELDS, "Update")


def test_only_what_is_about_the_fields_is_remembered() -> None:
    found = formers(live(KUBECTL, PATCHED, entry("kube-controller-manager", TEMPLATE, "Update")), FIELDS)
    assert [(former.entry["manager"], former.fields, former.whole) for former in found] == [
        ("kubectl", READY, False),
        ("kubectl-patch", PAUSED, True),
    ]
    assert tuple(Former.of(json.loads(json.dumps(former.plain()))) for former in found) == found
    assert formers({}, FIELDS) == ()


BEFORE = formers(live(KUBECTL, PATCHED), FIELDS)
EDITED = entry("kubectl-edit", READY, "Update")
TAKEN = entry("rollout.kubernetes", TEMPLATE)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ([BARE, PARK], [KUBECTL, PATCHED]),
        ([KUBECTL, PATCHED], None),
        ([KUBECTL, PATCHED, TAKEN], None),
        ([BARE, PARK, EDITED], [BARE, EDITED, PATCHED]),
        (
            [BARE, PATCHED, entry("rollout.kubernetes-patch", with_template(READY), "Update")],
            [KUBECTL, PATCHED, PARK | {"fieldsV1": TEMPLATE}],
        ),
        ([PARK, TAKEN, PATCHED], [entry("rollout.kubernetes", with_template(READY)), PATCHED]),
        ([PARK, PATCHED], [PATCHED]),
    ],
    ids=[
        "given back",
        "nothing was changed",
        "ours has none of them",
        "somebody else has written one meanwhile",
        "what else we own stays ours",
        "it was taken over by what we apply",
        "it was taken over and nobody applies",
    ],
)
def test_the_fields_are_theirs_again_and_not_ours(now: list[JsonObject], then: list[JsonObject] | None) -> None:
    found = given_back(live(*now), FIELDS, BEFORE)
    assert found == (None if then is None else tuple(then))
    if found is not None:
        assert given_back(live(*found), FIELDS, BEFORE) is None


def test_what_we_own_by_a_subresource_is_left_alone() -> None:
    scaled = entry("rollout.kubernetes", READY, "Update", subresource="scale")
    assert given_back(live(BARE, PATCHED, scaled), FIELDS, BEFORE) == (KUBECTL, PATCHED, scaled)


def test_without_anybody_before_we_only_let_go() -> None:
    assert given_back(live(OURS, PARK), FIELDS, ()) == (entry("rollout.kubernetes", TEMPLATE),)
    assert given_back(live(entry("rollout.kubernetes", TEMPLATE)), FIELDS, ()) is None


def owned(before: tuple[Former, ...], named: FieldSet, *, take_ownership: bool = False) -> tuple[dict[str, FieldSet], FieldSet]:
    """By manager what is owned once a definition is applied, and what is removed."""
    found = applied(before, named, VERSION, take_ownership=take_ownership)
    return {str(former.entry["manager"]): former.fields for former in found.owners}, found.removed


def test_a_definition_takes_from_who_applies_and_removes_what_it_does_not_name() -> None:
    before = formers(live(KUBECTL, OURS), FIELDS)
    # Of the strategy nothing is anybody's any more, so it goes as a whole.
    assert owned(before, PAUSED) == ({"rollout.kubernetes": PAUSED}, {"f:spec": {"f:minReadySeconds": {}, "f:strategy": {}}})
    assert owned(before, {}) == ({}, {"f:spec": {"f:minReadySeconds": {}, "f:strategy": {}}})


def test_a_definition_removes_what_ours_has_named_and_nobody_else_owns() -> None:
    before = formers(live(OURS), FIELDS)
    assert owned(before, TYPE) == ({"rollout.kubernetes": TYPE}, {})
    assert owned(before, READY) == ({"rollout.kubernetes": READY}, {"f:spec": {"f:strategy": {}}})
    shared = formers(live(OURS, entry("my-tool", with_template(TYPE))), FIELDS)
    assert owned(shared, READY) == ({"my-tool": TYPE, "rollout.kubernetes": READY}, {})


def test_what_is_nobodys_tool_keeps_its_fields() -> None:
    before = formers(live(entry("argocd-controller", with_template(READY))), FIELDS)
    assert owned(before, {}) == ({"argocd-controller": READY}, {})
    assert owned(before, {}, take_ownership=True) == ({}, READY)
    assert owned((), READY) == ({"rollout.kubernetes": READY}, {})
