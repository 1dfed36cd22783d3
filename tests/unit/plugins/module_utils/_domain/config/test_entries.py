# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout says of its configuration."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, ref_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, KNOWN
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import CONFIG_MAP, SECRET, Content
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.entries import (
    accompanying,
    copies_of,
    in_place,
    joined,
    kept_credentials,
    news_of,
    places,
    refuse_unused,
    renamed,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import (
    Companion,
    ConfigNews,
    CopyNames,
    ShortChange,
    Target,
    Versioned,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.changes import describe
from hypothesis import given
from hypothesis import strategies as st

COPY = "web-config-bcdfghjklm"
"""A name that looks made of content."""


def template(*names: str, **spec: JsonValue) -> JsonObject:
    sources: list[JsonValue] = [{"configMapRef": {"name": name}} for name in names]
    return {"spec": {"containers": [{"name": "web", "image": "web:1", "envFrom": sources}], **spec}}


def named(obj: JsonObject) -> list[str]:
    containers = obj["spec"]["containers"]  # type: ignore[index,call-overload]
    return [source["configMapRef"]["name"] for source in containers[0]["envFrom"]]


def target(*names: str) -> Target:
    return Target(DEPLOYMENT, Ref("Deployment", "shop", "web"), manifest={"kind": "Deployment", "spec": {"template": template(*names)}})


def companion(kind: str, name: str, **more: JsonValue) -> Companion:
    manifest: JsonObject = {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, **more}
    resource = next(resource for resource in KNOWN.values() if resource.kind == kind)
    return Companion(resource, ref_of(manifest), manifest)


ENTRY = Versioned(CONFIG_MAP, "web-config")
COUNTED = Versioned(CONFIG_MAP, "web-config", version="v41")


# --- which ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "name", "labelled", "expected"),
    [
        (ENTRY, "web-config", {}, True),
        (ENTRY, COPY, {}, True),
        (ENTRY, "web-config-v4", {}, False),
        (ENTRY, "web-config-v4", {(CONFIG_MAP, "web-config-v4"): "web-config"}, True),
        (ENTRY, COPY, {(CONFIG_MAP, COPY): "another"}, False),
        (ENTRY, "other", {}, False),
        (COUNTED, "web-config-v4", {}, True),
        (COUNTED, "web-config-4.1", {}, True),
        (COUNTED, "web-config-v41", {}, True),
        (COUNTED, "web-config-next", {}, False),
        (COUNTED, "web-config-v4", {(CONFIG_MAP, "web-config-v4"): "another"}, False),
        (Versioned(CONFIG_MAP, "web-config", version="next"), "web-config-next", {}, True),
        (Versioned(SECRET, "web-config"), "web-config", {}, False),
        (Versioned(SECRET, "web-config", version="v1"), "web-config-v1", {}, False),
    ],
)
def test_what_refers_to_an_entry(entry: Versioned, name: str, labelled: dict[tuple[str, str], str], expected: bool) -> None:
    found = template(name)
    assert bool(places(entry, found, copies_of((entry,), (found,), labelled))) is expected


def test_credentials_are_no_places() -> None:
    found: JsonObject = {"spec": {"imagePullSecrets": [{"name": "registry"}]}}
    assert places(Versioned(SECRET, "registry"), found, {}) == ()


def test_an_entry_that_nothing_refers_to_is_refused() -> None:
    web, api = Ref("Deployment", "shop", "web"), Ref("Deployment", "shop", "api")
    refuse_unused((ENTRY,), {ENTRY.key}, {web: template()})
    for templates, sentence in (
        ({web: template("other")}, "config names ConfigMap web-config, which Deployment shop/web does not refer to, .* correct the name"),
        ({web: template(), api: template()}, "Deployment shop/web, Deployment shop/api do not refer to, .* or leave it out"),
    ):
        with pytest.raises(InputError, match=sentence):
            refuse_unused((ENTRY,), (), templates)


def test_the_other_kind_is_a_likely_mistake() -> None:
    web, api = Ref("Deployment", "shop", "web"), Ref("Deployment", "shop", "api")
    entry = Versioned(SECRET, "web-config")
    with pytest.raises(InputError, match="it refers to ConfigMap web-config: write kind: ConfigMap"):
        refuse_unused((entry,), (), {web: template("web-config")})
    with pytest.raises(InputError, match=r"nor a volume; write kind: ConfigMap\."):
        refuse_unused((entry,), (), {web: template(), api: template("web-config")})
    keys: JsonObject = {"spec": {"volumes": [{"name": "keys", "secret": {"secretName": "web-config"}}]}}
    with pytest.raises(InputError, match="it refers to Secret web-config: write kind: Secret"):
        refuse_unused((ENTRY,), (), {web: keys})


# --- in its place ---------------------------------------------------------------------------------------------------------------------

NAMES = CopyNames({ENTRY.key: COPY}, {(CONFIG_MAP, "web-config-v4"): "web-config"})


def test_a_manifest_refers_to_the_copies() -> None:
    placed = in_place(target("web-config", "web-config-v4", "other"), NAMES)
    assert placed.manifest is not None
    assert named(placed.manifest["spec"]["template"]) == [COPY, COPY, "other"]  # type: ignore[index,call-overload,arg-type]
    assert in_place(placed, NAMES) == placed


def test_a_short_change_is_told_the_names_and_a_bare_target_stays() -> None:
    ref = Ref("Deployment", "shop", "web")
    changed = in_place(Target(DEPLOYMENT, ref, change=ShortChange(image="web:2")), NAMES)
    assert changed.change == ShortChange(image="web:2", config=NAMES)
    assert in_place(Target(DEPLOYMENT, ref), NAMES) == Target(DEPLOYMENT, ref)


@given(st.lists(st.sampled_from(["web-config", "web-config-v4", COPY, "other", "web-config-next"]), max_size=5))
def test_renaming_is_complete_and_idempotent_and_changes_nothing_else(names: list[str]) -> None:
    once = renamed(template(*names), NAMES)
    assert named(once) == [name if name in ("other", "web-config-next") else COPY for name in names]
    assert renamed(once, NAMES) == once
    assert renamed(template(*names), CopyNames()) == template(*names)


def test_what_comes_along() -> None:
    cron_job = companion("CronJob", "nightly", spec={"jobTemplate": {"spec": {"template": template("web-config")}}})
    source, other = companion("ConfigMap", "web-config"), companion("ConfigMap", "other")
    elsewhere = Companion(other.resource, Ref("ConfigMap", "", "other"), other.manifest)
    placed = in_place(target("web-config"), NAMES)
    found = accompanying((source, other, cron_job, elsewhere), {source.ref}, {"shop": NAMES}, (placed,))
    assert [entry.ref for entry in found] == [other.ref, cron_job.ref, elsewhere.ref], "the copy stands in for its source"
    assert named(found[1].manifest["spec"]["jobTemplate"]["spec"]["template"]) == [COPY]  # type: ignore[index,call-overload,arg-type]
    job = companion("Job", "once", spec={"template": template("web-config")})
    assert accompanying((source, job), {source.ref}, {"shop": NAMES}, ()) == (source, job), "a Job's template cannot be changed"
    bare = Target(DEPLOYMENT, Ref("Deployment", "shop", "bare"))
    assert accompanying((source,), {source.ref}, {"shop": NAMES}, (target("web-config"), bare)) == (source,), "by a target, for instance"


def test_credentials_that_stay_are_told() -> None:
    pulled: JsonObject = {"spec": {"imagePullSecrets": [{"name": "web-secret"}]}}
    names = CopyNames({(SECRET, "web-secret"): "web-secret-v2"})
    (told,) = kept_credentials([(Ref("Deployment", "shop", "web"), pulled)], names)
    assert told == "Deployment shop/web: Secret web-secret stays as it is in image pull secrets, as it is a credential of the cluster's"


# --- news -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "former", "before", "expected"),
    [
        (ENTRY, "web-config", Content(CONFIG_MAP, data={"A": b"2"}), "config web-config: A changed"),
        (ENTRY, "web-config", Content(CONFIG_MAP, data={"A": b"1"}), "config web-config: versioned"),
        (COUNTED, "web-config-v4", Content(CONFIG_MAP, data={"A": b"1"}), "config web-config: renamed"),
        (COUNTED, "web-config-v4", None, "config web-config: another version"),
        (Versioned(SECRET, "keys"), "keys", None, "secret keys: another version"),
    ],
)
def test_the_sentence_about_what_is_new(entry: Versioned, former: str, before: Content | None, expected: str) -> None:
    assert news_of(entry, former, before, Content(CONFIG_MAP, data={"A": b"1"})) == expected


def test_a_change_of_names_alone_is_told_by_its_news() -> None:
    news = joined([("config web-config: A changed", (CONFIG_MAP, "web-config"), COPY)])
    assert news == ConfigNews(("config web-config: A changed",), {(CONFIG_MAP, "web-config"): COPY})
    assert describe(template("web-config"), template(COPY), news) == "config web-config: A changed"
    assert describe(template("web-config"), template(COPY)) == "template changed"


def test_the_key_and_the_copy_of_an_entry() -> None:
    assert (ENTRY.key, ENTRY.copy) == ((CONFIG_MAP, "web-config"), "")
    assert COUNTED.copy == "web-config-v41"
