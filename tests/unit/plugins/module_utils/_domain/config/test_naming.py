# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies: their names, what their manifests carry, how they are known again, when a name is taken."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError, RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, replaced, text, texts
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import Content, named_by_content
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.naming import (
    APPLICATION,
    BASE,
    LONGEST_BASE,
    base_of,
    bases_of,
    copy_of,
    is_named_by_content,
    label_value,
    verify,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NAMES = st.from_regex(NAME, fullmatch=True).filter(lambda name: len(name) <= LONGEST_BASE)
MANAGED = "app.kubernetes.io/managed-by"


def config_map(name: str = "vweb-config", level: str = "info", **metadata: JsonValue) -> dict[str, JsonValue]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": "shop", "name": name, **metadata},
        "data": {"LOG_LEVEL": level},
    }


def secret(name: str = "vweb-secret", value: str = "hidden") -> dict[str, JsonValue]:
    return {"kind": "Secret", "metadata": {"namespace": "shop", "name": name}, "stringData": {"PASSWORD": value}}


# --- manifests ----------------------------------------------------------------------------------------------------------------


def test_a_copy_is_immutable_and_says_of_what() -> None:
    name = named_by_content("vweb-config", Content.of(config_map()))
    assert copy_of(config_map(), application="vweb") == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {MANAGED: "rollout.kubernetes", BASE: "vweb-config", APPLICATION: "vweb"},
            "annotations": {BASE: "vweb-config"},
        },
        "immutable": True,
        "data": {"LOG_LEVEL": "info"},
    }


def test_the_user_may_count_versions() -> None:
    copy = copy_of(secret(), application="vweb", name="vweb-secret-v4")
    assert text(copy, "metadata", "name") == "vweb-secret-v4"
    assert (base_of(copy), is_named_by_content(copy)) == ("vweb-secret", False)
    assert (copy["type"], copy["data"]) == ("Opaque", {"PASSWORD": b64encode(b"hidden").decode()})


def test_without_a_namespace_there_is_none() -> None:
    assert "namespace" not in copy_of({"kind": "ConfigMap", "metadata": {"name": "web"}}, application="vweb")["metadata"]  # type: ignore[operator]


def test_labels_and_annotations_come_along_but_not_the_marks_of_others() -> None:
    copy = copy_of(
        config_map(
            labels={"team": "shop", MANAGED: "Helm", "app.kubernetes.io/instance": "shop", "kustomize.toolkit.fluxcd.io/name": "shop"},
            annotations={
                "note": "kept",
                "kubectl.kubernetes.io/last-applied-configuration": '{"stringData": {"PASSWORD": "hidden"}}',
                "argocd.argoproj.io/tracking-id": "shop",
                "meta.helm.sh/release-name": "shop",
            },
            uid="1",
            resourceVersion="7",
            ownerReferences=[{"uid": "2"}],
            finalizers=["shop/keep"],
        ),
        application="vweb",
    )
    assert texts(copy, "metadata", "labels") == {"team": "shop", MANAGED: "rollout.kubernetes", BASE: "vweb-config", APPLICATION: "vweb"}
    assert texts(copy, "metadata", "annotations") == {"note": "kept", BASE: "vweb-config"}
    assert {*copy["metadata"]} == {"namespace", "name", "labels", "annotations"}  # type: ignore[misc]


@given(NAMES, st.sampled_from(["", "vweb", "x" * 100]))
def test_a_copy_has_a_valid_name_and_is_known_by_its_base(base: str, application: str) -> None:
    copy = copy_of(config_map(base), application=application)
    name = text(copy, "metadata", "name")
    assert len(name) <= 253
    assert NAME.fullmatch(name)
    assert base_of(copy) == base
    assert is_named_by_content(copy)
    assert all(
        re.fullmatch(r"(?=.{0,63}\Z)([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?", value)
        for value in texts(copy, "metadata", "labels").values()
    )


@given(NAMES, st.sampled_from(["", "vweb-config-v4"]))
def test_a_copy_of_a_copy_is_the_same_copy(base: str, name: str) -> None:
    copy = copy_of(config_map(base), application="vweb", name=name)
    assert copy_of({**copy, "metadata": {**copy["metadata"], "uid": "1"}}, application="vweb", name=name) == copy  # type: ignore[dict-item]


@pytest.mark.parametrize("name", ["", "Vweb", "vweb_config", "-vweb", "vweb-", "vweb..a", "vweb-.a", "vweb\n", "v" * (LONGEST_BASE + 1)])
def test_a_base_that_cannot_name_a_copy_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be copied under that name: .* at most 242 characters"):
        copy_of(config_map(name), application="vweb")


def test_with_names_of_ones_own_the_base_may_be_as_long_as_any_name() -> None:
    base = "v" * 253
    assert base_of(copy_of(config_map(base), application="vweb", name="v" * 252)) == base


@pytest.mark.parametrize("name", ["V4", "vweb_4", "v" * 254])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot name a copy of ConfigMap shop/vweb-config"):
        copy_of(config_map(), application="vweb", name=name)


def test_content_that_the_api_refuses_is_not_copied() -> None:
    with pytest.raises(InputError, match="has the key 'a b'"):
        copy_of({**config_map(), "data": {"a b": "1"}}, application="vweb")


@given(st.text(max_size=300))
def test_the_value_of_a_label_is_valid_and_stays_what_it_can_be(value: str) -> None:
    found = label_value(value)
    assert re.fullmatch(r"(?=.{0,63}\Z)([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?", found)
    assert bool(found) == bool(value)
    assert label_value(found) == found


def test_long_values_of_labels_stay_apart() -> None:
    left, right = ("v" * 100 + end for end in ("a", "b"))
    assert label_value(left) != label_value(right)
    assert label_value(left).startswith("v" * 52 + "-")
    assert label_value("___") != label_value("__")


# --- known again --------------------------------------------------------------------------------------------------------------


def marked(label: str, annotation: str = "", name: str = "web") -> dict[str, JsonValue]:
    return {"kind": "ConfigMap", "metadata": {"name": name, "labels": {BASE: label}, "annotations": {BASE: annotation}}}


@pytest.mark.parametrize(
    ("obj", "base"),
    [
        (config_map(), ""),
        (marked("web"), "web"),
        (marked("web", "web"), "web"),
        (marked("web", "other"), "web"),
        (marked("", "web"), ""),
        (marked(label_value("w" * 100), "w" * 100), "w" * 100),
    ],
)
def test_the_label_decides_of_what_an_object_is_a_copy(obj: JsonObject, base: str) -> None:
    assert base_of(obj) == base


def test_copies_are_listed_with_their_bases() -> None:
    found = bases_of([config_map(), copy_of(config_map(), application="a", name="v3"), copy_of(secret(), application="a", name="v3")])
    assert found == {("ConfigMap", "v3"): "vweb-config", ("Secret", "v3"): "vweb-secret"}


def test_a_name_made_of_the_content_belongs_to_a_copy_of_that_base() -> None:
    copy = copy_of(config_map(), application="vweb")
    assert is_named_by_content(copy)
    assert not is_named_by_content(replaced(copy, ("metadata", "labels"), {}))
    assert not is_named_by_content(replaced(copy, ("metadata", "labels", BASE), "other"))
    assert not is_named_by_content(marked("web", name="web-v4"))


# --- taken names --------------------------------------------------------------------------------------------------------------


def test_a_copy_that_is_not_there_or_holds_the_same_is_fine() -> None:
    copy = copy_of(secret(), application="vweb")
    verify(copy, None)
    verify(copy, copy)
    verify(copy, {**copy, "immutable": False, "data": {"PASSWORD": b64encode(b"hidden").decode()}})


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("vweb-config-v4", "take a new one, such as v5."),
        ("vweb-config-v09", "take a new one, such as v10."),
        ("vweb-config-v99", "take a new one, such as v100."),
        ("vweb-config-blue", "take a new one."),
    ],
)
def test_a_version_that_holds_something_else_is_refused(name: str, advice: str) -> None:
    with pytest.raises(InputError) as caught:
        verify(copy_of(config_map(), application="vweb", name=name), config_map(name, level="debug"))
    assert caught.value.message == (
        f"ConfigMap shop/{name} is there with another content (LOG_LEVEL changed), and a version never changes; {advice}"
    )


def test_values_of_secrets_stand_in_no_message() -> None:
    with pytest.raises(InputError) as caught:
        verify(copy_of(secret(), application="vweb", name="v4"), secret("v4", "hidden too"))
    assert "hidden" not in caught.value.message
    assert "PASSWORD changed" in caught.value.message


def test_a_name_made_of_the_content_that_lies_is_refused() -> None:
    copy = copy_of(config_map(), application="vweb")
    with pytest.raises(RefusedError, match=r"does not hold what its name stands for \(LOG_LEVEL changed\).*Delete it once no pod uses it"):
        verify(copy, {**copy, "data": {"LOG_LEVEL": "debug"}})


@given(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2"])),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2"])),
)
@settings(max_examples=50)
def test_a_version_is_refused_exactly_when_its_content_differs(before: dict[str, JsonValue], after: dict[str, JsonValue]) -> None:
    old, new = (copy_of({**config_map(), "data": data}, application="vweb", name="v4") for data in (before, after))
    try:
        verify(new, old)
    except InputError:
        assert before != after
    else:
        assert before == after
