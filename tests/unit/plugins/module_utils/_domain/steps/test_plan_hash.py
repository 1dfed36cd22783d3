# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan has one hash however it is written, each aspect in which it is another is found, and no secret comes out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.plan_hash import (
    ASPECTS,
    MARK,
    UNKNOWN,
    Aspect,
    bare_manifest,
    bare_template,
    checked,
    differing,
    images_in_words,
    other_plan,
    plan_hash,
    sealed,
    settings_in_words,
    settings_of,
    words_of,
)
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PLANS = st.fixed_dictionaries(dict.fromkeys(ASPECTS, VALUES))
WEB = Ref("Deployment", "shop", "web")


def plan(values: dict[str, Any]) -> dict[str, Aspect]:
    """The aspects with these values."""
    return {name: Aspect(value, f"words of {name}") for name, value in values.items()}


def turned(value: Any) -> Any:
    """The same, with all keys in the other order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(PLANS)
def test_the_order_of_keys_does_not_matter(values: dict[str, Any]) -> None:
    assert plan_hash(plan(values)) == plan_hash(plan(turned(values)))
    assert differing(plan_hash(plan(values)), plan(turned(values))) == ()


@given(PLANS, st.sets(st.sampled_from(ASPECTS)))
def test_each_aspect_that_is_another_is_found_and_no_other(values: dict[str, Any], others: set[str]) -> None:
    changed = {name: [value, "else"] if name in others else value for name, value in values.items()}
    assert set(differing(plan_hash(plan(values)), plan(changed))) == others


@given(PLANS)
def test_a_hash_is_short_and_is_taken(values: dict[str, Any]) -> None:
    found = plan_hash(plan(values))
    assert len(found) < 120
    assert found.startswith(f"{MARK}-")
    assert checked(f" {found}\n") == found


@given(PLANS, st.sets(st.sampled_from(ASPECTS)))
def test_what_is_not_known_any_more_is_compared_with_nothing(values: dict[str, Any], unknown: set[str]) -> None:
    left = {**plan(values), **dict.fromkeys(unknown, UNKNOWN)}
    assert differing(plan_hash(plan(values)), left) == ()
    # What was approved when nothing was on its way is no approval of what is.
    assert set(differing(plan_hash(left), plan(values))) == unknown


def test_an_aspect_that_is_left_out_is_empty() -> None:
    assert plan_hash({}) == plan_hash({"goal": Aspect()})
    assert differing(plan_hash({}), {"steps": Aspect(["roll"])}) == ("steps",)


@pytest.mark.parametrize("given", ["", "yes", "p1", f"{plan_hash({})}-", plan_hash({})[:-1], plan_hash({}).upper(), "p1-" + "x" * 400])
def test_what_is_no_hash_is_one_sentence(given: str) -> None:
    with pytest.raises(InputError, match="which is no plan_hash; give that of the task's result in check mode, as a whole") as error:
        checked(given)
    assert len(error.value.message) < 500


@pytest.mark.parametrize("given", [plan_hash({}).replace(MARK, "p2", 1), plan_hash({}) + "-01234567"])
def test_the_hash_of_another_version_is_told_as_such(given: str) -> None:
    with pytest.raises(InputError, match=r"was made by another version of rollout\.kubernetes"):
        checked(given)


def test_a_hash_of_parts_that_do_not_belong_together_is_none() -> None:
    mixed = f"{MARK}-{'0' * 20}-{plan_hash({}).split('-', 2)[2]}"
    assert checked(mixed) == mixed
    with pytest.raises(InputError, match="its parts do not belong together"):
        differing(mixed, {})


def test_a_refusal_names_what_differs_with_what_is_wanted_now() -> None:
    found = {"templates": Aspect({}, "Deployment shop/web with image web=web:3"), "steps": Aspect([], "roll")}
    assert other_plan(("templates", "steps"), found) == (
        "This is another plan than the one that was approved (expect_plan): it differs in templates and steps. What would be done now has "
        "templates: Deployment shop/web with image web=web:3; steps: roll. Nothing was written; run what was approved, or look at this "
        "plan in check mode and approve its plan_hash."
    )
    assert "it differs in companions. What would be done now has companions: none." in other_plan(("companions",), {})


def test_words_have_an_end() -> None:
    assert words_of([]) == "none"
    assert words_of(["a", "b"]) == "a, b"
    assert words_of(["x" * 239, "y", "z"]) == f"{'x' * 239}, y and 1 more"
    assert words_of(["x" * 241]) == f"{'x' * 240}..."


# --- what stands in a hash ------------------------------------------------------------------------------------------------------


def test_a_template_is_the_same_whenever_its_pods_were_started() -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    marks = {"kubectl.kubernetes.io/restartedAt": "2026-11-30T06:00:00Z"}
    labels = {"app": "web", "pod-template-hash": "abc"}
    assert bare_template({**template, "metadata": {"labels": labels, "annotations": marks, "creationTimestamp": None}}) == template
    assert images_in_words(WEB, template) == "Deployment shop/web with image web=web:1"
    assert images_in_words(WEB, {}) == "Deployment shop/web"


def test_a_manifest_is_the_same_for_another_cause_and_shows_no_secret() -> None:
    cause = {"kubernetes.io/change-cause": "release 2", "rollout.kubernetes/undo": "{}"}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": []}}
    assert bare_manifest({**service, "metadata": {"name": "web", "annotations": cause}, "status": {}}) == service
    kept = {"name": "web", "annotations": {"team": "shop"}}
    assert bare_manifest({**service, "metadata": {"name": "web", "annotations": {**cause, "team": "shop"}}})["metadata"] == kept
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "type": "Opaque"}
    assert bare_manifest({**secret, "data": {"key": "aHVudGVyMg=="}, "stringData": {"other": "hunter2"}}) == secret
    # Somebody else's kind of that name keeps what the user calls data.
    other = {"apiVersion": "vault.example/v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"path": "kv/db"}}
    assert bare_manifest(other) == other


def test_a_secret_is_sealed_by_its_content_however_that_is_written() -> None:
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}}
    found = sealed([{**secret, "stringData": {"key": "hunter2"}}])
    assert found == sealed([{**secret, "data": {"key": "aHVudGVyMg=="}}])
    assert found != sealed([{**secret, "stringData": {"key": "hunter3"}}])
    assert found != sealed([{**secret, "metadata": {"name": "other", "namespace": "shop"}, "stringData": {"key": "hunter2"}}])
    assert sealed([]) == ""


def test_replicas_count_where_the_manifest_names_them() -> None:
    scaled = {"replicas": 7, "minReadySeconds": 5, "template": {"spec": {}}, "selector": {"matchLabels": {"app": "web"}}}
    rest = {"minReadySeconds": 5, "selector": {"matchLabels": {"app": "web"}}}
    assert settings_of(None, scaled) == {"spec": rest}
    manifest = {"metadata": {"labels": {"team": "shop"}, "annotations": {"kubernetes.io/change-cause": "x"}}, "spec": {"replicas": 3}}
    found = settings_of(manifest, scaled)
    assert found == {"labels": {"team": "shop"}, "annotations": {}, "replicas": 3, "spec": rest}
    assert settings_in_words(WEB, found) == "Deployment shop/web with minReadySeconds 5, replicas 3, labels team"
    assert settings_in_words(WEB, {"spec": {}}) == "Deployment shop/web"


def test_an_update_strategy_is_the_same_with_the_defaults_of_the_server_and_without() -> None:
    plain = {"spec": {"updateStrategy": {"type": "RollingUpdate"}}}
    assert settings_of(None, {"updateStrategy": {"rollingUpdate": {"partition": 0}}}) == plain
    assert settings_of(None, {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}}) == plain
    stepped = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
    assert settings_of(None, stepped) == {"spec": stepped}
    assert settings_of(None, stepped, steps_partition=True) == plain
