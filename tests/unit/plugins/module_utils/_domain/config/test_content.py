# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of ConfigMaps and Secrets: what counts, what does not, what is refused."""

from __future__ import annotations

import json
import re
from base64 import b64encode, encodebytes
from collections.abc import Mapping
from random import Random

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import (
    LARGEST,
    LETTERS,
    Content,
    base_by_shape,
    checked,
    named_by_content,
)
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = st.text("abcXYZ019-_.", min_size=1, max_size=8).filter(lambda key: key != "." and not key.startswith(".."))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
DATA = st.dictionaries(KEYS, TEXTS, max_size=5)
BINARY = st.dictionaries(KEYS, st.binary(max_size=20), max_size=5)
REF = Ref("ConfigMap", "shop", "web")


def base64(value: bytes) -> str:
    return b64encode(value).decode()


def config_map(**more: JsonValue) -> dict[str, JsonValue]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "web"}, **more}


def secret(**more: JsonValue) -> dict[str, JsonValue]:
    return {**config_map(**more), "kind": "Secret"}


def from_api(obj: JsonObject) -> JsonObject:
    """What the API would return of it: stringData merged into data, a type, sorted keys, no empty maps; by way of JSON."""
    made = {key: value for key, value in obj.items() if value}
    if obj["kind"] == "Secret":
        data, added = made.get("data") or {}, made.pop("stringData", {})
        assert isinstance(data, Mapping)
        assert isinstance(added, Mapping)
        data = {**data, **{key: base64(str(value).encode()) for key, value in added.items()}}
        made = {"type": "Opaque", **made, **({"data": data} if data else {})}
    found: JsonObject = json.loads(json.dumps(made, sort_keys=True))
    return {**found, "metadata": {"uid": "1", "resourceVersion": "2", "creationTimestamp": "2026-01-01T00:00:00Z"}}


def shuffled(values: Mapping[str, JsonValue], seed: int) -> dict[str, JsonValue]:
    entries = list(values.items())
    Random(seed).shuffle(entries)  # noqa: S311
    return dict(entries)


# --- what counts --------------------------------------------------------------------------------------------------------------


@given(DATA, BINARY, st.integers())
def test_a_config_map_has_one_name_however_it_is_written(data: dict[str, str], raw: dict[str, bytes], seed: int) -> None:
    binary = {key: base64(value) for key, value in raw.items() if key not in data}
    name = named_by_content("web", Content.of(config_map(data=data, binaryData=binary)))
    for again in (
        config_map(binaryData=shuffled(binary, seed), data=shuffled(data, seed), immutable=True),
        config_map(data=data or None, binaryData=binary or None),
        config_map(data=data, binaryData={key: encodebytes(raw[key]).decode() + "\r\n" for key in binary}),
        from_api(config_map(data=data, binaryData=binary)),
    ):
        assert named_by_content("web", Content.of(again)) == name


@given(DATA, BINARY, st.integers())
@settings(max_examples=10)  # each example stretches five digests
def test_a_secret_has_one_name_however_it_is_written(texts: dict[str, str], raw: dict[str, bytes], seed: int) -> None:
    data = {key: base64(value) for key, value in raw.items()}
    name = named_by_content("web", Content.of(secret(stringData=texts, data=data)))
    merged = {**data, **{key: base64(value.encode()) for key, value in texts.items()}}
    for again in (
        secret(data=shuffled(data, seed), stringData=shuffled(texts, seed), type=""),
        secret(data=shuffled(merged, seed), type="Opaque", immutable=True),
        secret(stringData=texts or None, data=data or None),
        from_api(secret(stringData=texts, data=data)),
    ):
        assert named_by_content("web", Content.of(again)) == name


@given(DATA, BINARY, DATA, BINARY)
def test_contents_are_equal_exactly_when_their_digests_are(
    data: dict[str, str], raw: dict[str, bytes], other: dict[str, str], more: dict[str, bytes]
) -> None:
    left = Content.of(config_map(data=data, binaryData={key: base64(value) for key, value in raw.items() if key not in data}))
    right = Content.of(config_map(data=other, binaryData={key: base64(value) for key, value in more.items() if key not in other}))
    assert (left == right) == (left.digest() == right.digest())


@given(DATA, BINARY)
def test_the_fields_of_a_manifest_hold_the_content(data: dict[str, str], raw: dict[str, bytes]) -> None:
    binary = {key: value for key, value in raw.items() if key not in data}
    for content in (
        Content.of(config_map(data=data, binaryData={key: base64(value) for key, value in binary.items()})),
        Content.of(secret(stringData=data, data={key: base64(value) for key, value in binary.items()}, type="shop/key")),
    ):
        assert content.values == {**{key: value.encode() for key, value in data.items()}, **binary}
        made: JsonObject = {"kind": content.kind, **content.fields()}
        assert Content.of(made) == content
        assert {"metadata": {}, **made}.keys() == from_api(made).keys()


def test_names_stay_the_same_for_ever() -> None:
    assert named_by_content("web", Content.of(config_map(data={"a": "1"}, binaryData={"b": "Ag=="}))) == "web-kpvqg9cwxb"
    assert named_by_content("web", Content.of(secret(stringData={"a": "1"}))) == "web-rrmz58b9ll"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(config_map(data={"a": "1"}), config_map(data={"a": "2"}), id="value"),
        pytest.param(config_map(data={"a": "1"}), config_map(data={"b": "1"}), id="key"),
        pytest.param(config_map(data={"a": "1"}), config_map(binaryData={"a": base64(b"1")}), id="text or bytes"),
        pytest.param(config_map(data={"a": ""}), config_map(), id="an empty value is one"),
        pytest.param(secret(type="Opaque"), secret(type="kubernetes.io/tls"), id="type of a Secret"),
        pytest.param(config_map(data={"a": "1"}), secret(stringData={"a": "1"}), id="kind"),
    ],
)
def test_what_pods_can_tell_apart_has_two_names(left: JsonObject, right: JsonObject) -> None:
    assert Content.of(left).digest() != Content.of(right).digest()


def test_labels_and_annotations_do_not_count() -> None:
    metadata: JsonObject = {"name": "other", "labels": {"a": "b"}, "annotations": {"c": "d"}}
    assert Content.of(config_map(data={"a": "1"}, metadata=metadata)) == Content.of(config_map(data={"a": "1"}))


def test_null_is_an_empty_value_as_for_the_api() -> None:
    assert Content.of(config_map(data={"a": None})).data == {"a": b""}
    assert Content.of(secret(data={"a": None}, stringData={"b": None})).data == {"a": b"", "b": b""}


def test_string_data_goes_over_data() -> None:
    assert Content.of(secret(data={"a": base64(b"old"), "b": base64(b"kept")}, stringData={"a": "new"})).data == {"a": b"new", "b": b"kept"}


def test_a_digest_has_the_shape_by_which_it_is_known_again() -> None:
    digests = {Content.of(config_map(data={"a": str(number)})).digest() for number in range(200)}
    assert len(digests) == 200
    assert all(re.fullmatch(rf"[a-z0-9]{{{LETTERS}}}", digest) for digest in digests)
    assert {base_by_shape(f"web-config-{digest}") for digest in digests} == {"web-config"}


@pytest.mark.parametrize(
    "name", ["web", "web-config-v4", "web-production", "web-4567892456x", "web-456789245", "-4567892456", "4567892456"]
)
def test_other_names_have_no_base(name: str) -> None:
    assert base_by_shape(name) == ""


# --- what is refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        ({"kind": "Deployment", "metadata": {"name": "web"}}, "Deployment web holds no configuration: only a ConfigMap or a Secret"),
        (config_map(apiVersion="shop/v1"), "ConfigMap shop/web holds no configuration"),
        (config_map(stringData={"a": "1"}), "ConfigMap shop/web has stringData, which only a Secret has; write it as data."),
        (secret(binaryData={"a": "MQ=="}), "Secret shop/web has binaryData, which only a ConfigMap has; write it as data."),
        (config_map(data={"a": "1", "b": "", "c": ""}, binaryData={"b": "", "a": ""}), "has a, b in data and in binaryData"),
        (config_map(data=["a"]), "ConfigMap shop/web: data must map keys to texts."),
        (config_map(data={"PORT": 8080}), "ConfigMap shop/web: the value of PORT in data is no text; write it in quotes."),
        (secret(stringData={"ON": True}), "Secret shop/web: the value of ON in stringData is no text; write it in quotes."),
        (config_map(data={8080: "web"}), "the key 8080 in data is no text"),  # type: ignore[dict-item]
        (config_map(data={"a": "hidden\udcff"}), "the value of a in data is no text in UTF-8; write it in base64"),
        (secret(data={"a": "hidden"}), "the value of a in data is no base64; encode it, or give a Secret's text under stringData."),
        (secret(data={"a": "hiddén"}), "the value of a in data is no base64"),
        (secret(data={"a": "aGlk!ZGVu"}), "the value of a in data is no base64"),
    ],
)
def test_what_the_api_would_not_take_is_refused_in_words(obj: JsonObject, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Content.of(obj)
    assert said in caught.value.message
    assert "hidd" not in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("key", ["", "a b", "a/b", "..", ".", "..data", "a\n", "ä", "k" * 254])
def test_keys_that_cannot_be_files_are_refused(key: str) -> None:
    with pytest.raises(InputError, match="has the key"):
        checked(Content.of(config_map(data={key: "1"})), REF)


@pytest.mark.parametrize("key", [".a", "a..b", ".env", "k" * 253, "A-b_c.1"])
def test_other_keys_are_taken(key: str) -> None:
    content = Content.of(config_map(data={key: "1"}))
    assert checked(content, REF) is content


@pytest.mark.parametrize("kind", ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"])
def test_secrets_that_count_under_their_own_name_only_are_refused(kind: str) -> None:
    with pytest.raises(InputError, match=rf"Secret shop/web is of type {kind}: .*; leave it as it is"):
        checked(Content.of(secret(type=kind)), Ref("Secret", "shop", "web"))


def test_as_much_as_the_api_takes_is_taken() -> None:
    half = LARGEST // 2
    full = Content.of(config_map(data={"a" * 200: "x" * half}, binaryData={"b": base64(b"\xff" * half)}))
    assert checked(full, REF).size == LARGEST


def test_more_than_the_api_takes_is_refused_with_the_biggest_keys() -> None:
    data = {"a": "x", "small": "s" * 10, "big.json": "é" * 500_000, "other": "o" * 48_566}
    with pytest.raises(InputError) as caught:
        checked(Content.of(secret(stringData=data)), Ref("Secret", "shop", "web"))
    assert caught.value.message == (
        "Secret shop/web holds 1,048,577 bytes, the API takes 1,048,576: big.json with 1,000,000, other with 48,566, small with 10 "
        "and 1 more; move the biggest into another object, an image or a volume."
    )
    with pytest.raises(InputError, match="takes 1,048,576: a with 1,048,577; move"):
        checked(Content.of(config_map(data={"a": "x" * 1_048_577})), REF)


def test_no_value_stands_in_the_text_form() -> None:
    assert "hidden" not in repr(Content.of(secret(stringData={"a": "hidden"})))
    assert "hidden" not in str(Content.of(config_map(data={"a": "hidden"}, binaryData={"b": base64(b"hidden")})))
