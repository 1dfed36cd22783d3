# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References of pod templates: all are found, and get other names without anything else being touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import Content, named_by_content
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.references import (
    Reference,
    left_alone,
    new_name,
    references,
    rewritten,
)
from hypothesis import given
from hypothesis import strategies as st

DIGEST = Content("ConfigMap").digest()
OTHER_DIGEST = Content("ConfigMap", data={"a": b"1"}).digest()
NEW = {("ConfigMap", "web"): f"web-{DIGEST}", ("Secret", "web"): "web-v41", ("ConfigMap", "more"): "more-v2"}
COPIES = {("Secret", "web-v4"): "web", ("ConfigMap", "more-v1"): "more", ("ConfigMap", "else-v1"): "else"}


# --- templates made of parts, each with the reference in it -------------------------------------------------------------------

Part = tuple[str, Callable[[str], JsonObject]]
"""The kind that a part names, and the part with that name in it."""

VARIABLES: tuple[Part, ...] = (
    ("ConfigMap", lambda name: {"name": "A", "valueFrom": {"configMapKeyRef": {"name": name, "key": "web", "optional": True}}}),
    ("Secret", lambda name: {"name": "web", "valueFrom": {"secretKeyRef": {"name": name, "key": "web"}}}),
    ("", lambda name: {"name": "B", "value": name}),
    ("", lambda name: {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}),
)
SOURCES: tuple[Part, ...] = (
    ("ConfigMap", lambda name: {"prefix": name, "configMapRef": {"name": name}}),
    ("Secret", lambda name: {"secretRef": {"name": name, "optional": False}}),
)
PROJECTIONS: tuple[Part, ...] = (
    ("ConfigMap", lambda name: {"configMap": {"name": name, "items": [{"key": "web", "path": name}], "optional": True}}),
    ("Secret", lambda name: {"secret": {"name": name}}),
    ("", lambda name: {"serviceAccountToken": {"path": name, "audience": name}}),
    ("", lambda name: {"downwardAPI": {"items": [{"path": name}]}}),
    ("", lambda name: {"clusterTrustBundle": {"name": name, "path": name}}),
)
VOLUMES: tuple[Part, ...] = (
    ("ConfigMap", lambda name: {"name": name, "configMap": {"name": name, "defaultMode": 420}}),
    ("Secret", lambda name: {"name": "web", "secret": {"secretName": name, "optional": True}}),
    ("", lambda name: {"name": name, "persistentVolumeClaim": {"claimName": name}}),
    ("", lambda name: {"name": name, "emptyDir": {}}),
)
CREDENTIALS: tuple[Part, ...] = (
    ("Secret", lambda name: {"name": "csi", "csi": {"driver": "disk", "nodePublishSecretRef": {"name": name}}}),
    *(
        ("Secret", lambda name, driver=driver: {"name": driver, driver: {"secretRef": {"name": name}}})
        for driver in ("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")
    ),
    ("Secret", lambda name: {"name": "azure", "azureFile": {"secretName": name, "shareName": name}}),
)
NAMES = st.sampled_from(
    ["web", "more", "else", "web-v4", "more-v1", "else-v1", f"web-{DIGEST}", f"web-{OTHER_DIGEST}", f"else-{OTHER_DIGEST}"]
)


SLOTS = (
    *(("volumes", part) for part in VOLUMES),
    *(("projected", part) for part in PROJECTIONS),
    *(("credentials", part) for part in CREDENTIALS),
    *((group, part) for group in ("containers", "initContainers", "ephemeralContainers") for part in VARIABLES),
    *((f"{group} from", part) for group in ("containers", "initContainers", "ephemeralContainers") for part in SOURCES),
    ("imagePullSecrets", ("Secret", lambda name: {"name": name})),
)
"""Each part with the place that it has in a template."""
Drawn = tuple[JsonObject, set[tuple[str, str]], set[tuple[str, str]]]


def assembled(drawn: Sequence[tuple[tuple[str, Part], str]]) -> Drawn:
    """A template of these parts, each with a name; what its configuration refers to, and its credentials."""
    placed: dict[str, list[JsonValue]] = {}
    wanted: set[tuple[str, str]] = set()
    credentials: set[tuple[str, str]] = set()
    for (slot, (kind, part)), name in drawn:
        placed.setdefault(slot, []).append(part(name))
        if kind:
            (credentials if slot in ("credentials", "imagePullSecrets") else wanted).add((kind, name))
    spec: dict[str, JsonValue] = {"serviceAccountName": "web", "imagePullSecrets": placed.get("imagePullSecrets", [])}
    spec["volumes"] = [
        *placed.get("volumes", []),
        {"name": "web", "projected": {"sources": placed.get("projected", [])}},
        *placed.get("credentials", []),
    ]
    for group in ("containers", "initContainers", "ephemeralContainers"):
        first, second = placed.get(group, []), placed.get(f"{group} from", [])
        mounts: JsonValue = [{"name": "web", "mountPath": "/web", "subPath": "web"}]
        if first or second:
            spec[group] = [{"name": "one", "image": "web", "env": first[1:], "volumeMounts": mounts}, {"env": first[:1], "envFrom": second}]
    return {"metadata": {"labels": {"app": "web"}, "name": "web"}, "spec": spec}, wanted, credentials


def templates() -> st.SearchStrategy[Drawn]:
    return st.lists(st.tuples(st.sampled_from(SLOTS), NAMES), max_size=12).map(assembled)


def leaves(value: JsonValue, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], JsonValue]]:
    """Everything in a value that is neither a mapping nor a list, with the way to it; empty ones too."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, *path, key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, *path, index)
    else:
        yield path, value


def keys_of(template: JsonObject, *, credential: bool) -> set[tuple[str, str]]:
    return {found.key for found in references(template) if found.credential is credential}


@given(templates())
def test_every_reference_is_found_and_nothing_else(drawn: Drawn) -> None:
    template, wanted, credentials = drawn
    assert keys_of(template, credential=False) == wanted
    assert keys_of(template, credential=True) == credentials
    there = dict(leaves(template))
    assert all(there[found.path] == found.name for found in references(template))


@given(templates())
def test_rewriting_leaves_no_earlier_name(drawn: Drawn) -> None:
    template, wanted, credentials = drawn
    expected = {
        ("ConfigMap", "web"): f"web-{DIGEST}",
        ("ConfigMap", f"web-{OTHER_DIGEST}"): f"web-{DIGEST}",
        ("ConfigMap", "more"): "more-v2",
        ("ConfigMap", "more-v1"): "more-v2",
        ("Secret", "web"): "web-v41",
        ("Secret", "web-v4"): "web-v41",
        ("Secret", f"web-{DIGEST}"): "web-v41",
        ("Secret", f"web-{OTHER_DIGEST}"): "web-v41",
    }
    made = rewritten(template, NEW, COPIES)
    assert keys_of(made, credential=False) == {(kind, expected.get((kind, name), name)) for kind, name in wanted}
    assert keys_of(made, credential=True) == credentials
    assert {found.key for found in left_alone(template, NEW, COPIES)} == {key for key in credentials if key in expected}


@given(templates())
def test_rewriting_again_changes_nothing(drawn: Drawn) -> None:
    once = rewritten(drawn[0], NEW, COPIES)
    assert rewritten(once, NEW, COPIES) == once
    assert all(new_name(found, NEW, COPIES) in ("", found.name) for found in references(once))


@given(templates())
def test_rewriting_changes_nothing_else(drawn: Drawn) -> None:
    template = drawn[0]
    before, after = dict(leaves(template)), dict(leaves(rewritten(template, NEW, COPIES)))
    assert list(before) == list(after)
    assert {path for path in before if before[path] != after[path]} <= {
        found.path for found in references(template) if not found.credential
    }
    assert rewritten(template, {}) == template


@given(templates())
def test_the_way_back_brings_the_old_template(drawn: Drawn) -> None:
    template = rewritten(drawn[0], {("ConfigMap", "web"): "web-v4", ("Secret", "web"): "web-v4"})
    newer = rewritten(template, {("ConfigMap", "web-v4"): "web-v41", ("Secret", "web-v4"): "web-v41"})
    assert rewritten(newer, {("ConfigMap", "web-v41"): "web-v4", ("Secret", "web-v41"): "web-v4"}) == template


@given(templates())
def test_the_template_itself_is_not_touched(drawn: Drawn) -> None:
    template = drawn[0]
    before = repr(template)
    rewritten(template, NEW, COPIES)
    assert repr(template) == before


# --- single cases -------------------------------------------------------------------------------------------------------------


def volume(**source: JsonValue) -> JsonObject:
    return {"spec": {"volumes": [{"name": "config", **source}]}}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (
            {"spec": {"initContainers": [{"name": "init", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}]}},
            Reference(
                "Secret",
                "s",
                ("spec", "initContainers", 0, "env", 0, "valueFrom", "secretKeyRef", "name"),
                "env A of init container init",
            ),
        ),
        (
            volume(projected={"sources": ["?", {"downwardAPI": {}}, {"configMap": {"name": "c", "optional": True}}]}),
            Reference(
                "ConfigMap", "c", ("spec", "volumes", 0, "projected", "sources", 2, "configMap", "name"), "volume config", optional=True
            ),
        ),
        (
            {"spec": {"containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": "c"}}]}]}},
            Reference("ConfigMap", "c", ("spec", "containers", 0, "envFrom", 0, "configMapRef", "name"), "envFrom of container web"),
        ),
        (
            {"spec": {"imagePullSecrets": [{"name": "registry"}]}},
            Reference("Secret", "registry", ("spec", "imagePullSecrets", 0, "name"), "image pull secrets", credential=True),
        ),
    ],
)
def test_a_reference_says_where_it_stands(template: JsonObject, found: Reference) -> None:
    assert references(template) == (found,)


def test_a_place_is_written_as_people_do() -> None:
    (found,) = references(volume(projected={"sources": [{"secret": {"name": "s"}}]}))
    assert found.field == "spec.volumes[0].projected.sources[0].secret.name"


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"spec": None},
        {"spec": {"containers": "web", "volumes": {"configMap": {"name": "a"}}}},
        {"spec": {"volumes": [None, 7, "web"], "containers": [None], "imagePullSecrets": ["web"]}},
        volume(configMap={"name": ""}),
        volume(secret=None),
    ],
)
def test_where_nothing_is_named_nothing_is_found(template: JsonObject) -> None:
    assert references(template) == ()
    assert rewritten(template, NEW) == template


@pytest.mark.parametrize(
    ("name", "copies", "new"),
    [
        ("web", {}, f"web-{DIGEST}"),
        (f"web-{DIGEST}", {}, f"web-{DIGEST}"),
        (f"web-{OTHER_DIGEST}", {}, f"web-{DIGEST}"),
        (f"web-{OTHER_DIGEST}", {("ConfigMap", f"web-{OTHER_DIGEST}"): "other"}, f"web-{OTHER_DIGEST}"),
        ("web-v3", {}, "web-v3"),
        ("web-v3", {("ConfigMap", "web-v3"): "web"}, f"web-{DIGEST}"),
        ("web-v3", {("Secret", "web-v3"): "web"}, "web-v3"),
        (f"web-more-{OTHER_DIGEST}", {}, f"web-more-{OTHER_DIGEST}"),
        ("web-production", {}, "web-production"),
    ],
)
def test_earlier_copies_of_the_base_are_replaced_too(name: str, copies: Mapping[tuple[str, str], str], new: str) -> None:
    made = rewritten(volume(configMap={"name": name}), {("ConfigMap", "web"): f"web-{DIGEST}"}, copies)
    assert made == volume(configMap={"name": new})


def test_a_new_name_stays_even_if_it_looks_like_a_copy_of_another_base() -> None:
    chosen = f"web-{OTHER_DIGEST}"
    names = {("ConfigMap", "web"): f"web-{DIGEST}", ("ConfigMap", "more"): chosen}
    once = rewritten(volume(configMap={"name": "more"}), names)
    assert once == rewritten(once, names) == volume(configMap={"name": chosen})
    assert rewritten(once, names, {("ConfigMap", chosen): "web"}) == once


def test_a_base_may_keep_its_name() -> None:
    assert rewritten(volume(configMap={"name": "web-v4"}), {("ConfigMap", "web-v4"): "web-v4"}) == volume(configMap={"name": "web-v4"})


def test_kinds_are_kept_apart() -> None:
    assert rewritten(volume(secret={"secretName": "web"}), {("ConfigMap", "web"): "web-v4"}) == volume(secret={"secretName": "web"})


def test_a_new_name_that_is_replaced_itself_is_refused() -> None:
    with pytest.raises(InputError, match=r"ConfigMap web cannot be replaced by more, which is itself replaced by more-v2; give that copy"):
        rewritten({}, {("ConfigMap", "web"): "more", ("ConfigMap", "more"): "more-v2"})


def test_a_new_version_of_the_content_is_taken_up() -> None:
    versions = [Content("ConfigMap", data={"LEVEL": level}) for level in (b"info", b"debug")]
    template = volume(configMap={"name": "web"})
    for content in versions:
        name = named_by_content("web", content)
        template = rewritten(template, {("ConfigMap", "web"): name})
        assert template == volume(configMap={"name": name})
