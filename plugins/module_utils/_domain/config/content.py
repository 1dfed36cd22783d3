# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a ConfigMap or Secret holds, apart from how it is written: keys and bytes.

A manifest and what the API makes of it have one content: the order of keys, `stringData` or `data`, line breaks within base64, a map
that is missing or empty do not matter. Labels and annotations are no content. The type of a Secret is, and so is whether a ConfigMap
holds a key as text or as bytes: only text may become an environment variable.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, Ref, at, ref_of, text

Key: TypeAlias = "tuple[str, str]"
"""Kind and name of an object, in the namespace that is at hand."""
CONFIG_MAP, SECRET = "ConfigMap", "Secret"
LARGEST = 1024 * 1024
"""Bytes of all values together that the API takes; keys do not count, and base64 counts decoded."""
OPAQUE = "Opaque"
LETTERS = 10
"""The length of a digest."""

_SHOWN = 3
_LONGEST_KEY = 253
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_LINE_BREAKS = str.maketrans("", "", "\r\n")
# Neither vowels nor 0, 1 and 3, so that no word of a language looks like one of these texts.
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_ROUNDS = 100_000
_SHAPE = re.compile(rf"(?P<base>.+)-[{_ALPHABET}]{{{LETTERS}}}")

_TIED: Mapping[str, str] = {
    "kubernetes.io/service-account-token": "Kubernetes fills it for one ServiceAccount",
    "bootstrap.kubernetes.io/token": "Kubernetes looks for it under its own name",
}


@dataclass(frozen=True)
class Content:
    """What a ConfigMap or Secret holds. Its text form shows no value."""

    kind: str
    type: str = ""
    """Of a Secret; empty for a ConfigMap."""
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Each key's value: text as UTF-8, of a Secret the decoded bytes."""
    binary: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """`binaryData` of a ConfigMap, decoded."""

    @classmethod
    def of(cls, obj: JsonObject) -> Content:
        """From a manifest or an object of the API; both carry their kind. Raises `InputError` for what the API would not take.

        As the API does, `stringData` goes over `data`, and a value of null is an empty one.
        """
        ref = ref_of(obj)
        if ref.kind not in (CONFIG_MAP, SECRET) or text(obj, "apiVersion") not in ("", "v1"):
            raise InputError(f"{ref} holds no configuration: only a ConfigMap or a Secret (v1) can be copied.")
        foreign = "stringData" if ref.kind == CONFIG_MAP else "binaryData"
        if at(obj, foreign):
            other = SECRET if ref.kind == CONFIG_MAP else CONFIG_MAP
            raise InputError(f"{ref} has {foreign}, which only a {other} has; write it as data.")
        if ref.kind == SECRET:
            values = {**_values(ref, obj, "data", _decoded), **_values(ref, obj, "stringData", _encoded)}
            return cls(SECRET, text(obj, "type") or OPAQUE, values)
        found = cls(CONFIG_MAP, "", _values(ref, obj, "data", _encoded), _values(ref, obj, "binaryData", _decoded))
        twice = sorted({*found.data} & {*found.binary})
        if twice:
            raise InputError(f"{ref} has {', '.join(twice)} in data and in binaryData; a key may only stand in one of them.")
        return found

    @property
    def values(self) -> dict[str, bytes]:
        """All keys with their bytes."""
        return {**self.data, **self.binary}

    @property
    def size(self) -> int:
        """Bytes as the API counts them."""
        return sum(map(len, self.values.values()))

    def fields(self) -> dict[str, JsonValue]:
        """The part of a manifest that holds it, as the API would return it: keys sorted, bytes in base64, no empty maps."""
        plain = self.kind == CONFIG_MAP
        data: dict[str, JsonValue] = {key: value.decode() if plain else _base64(value) for key, value in sorted(self.data.items())}
        binary: dict[str, JsonValue] = {key: _base64(value) for key, value in sorted(self.binary.items())}
        kept: dict[str, JsonValue] = {name: found for name, found in (("data", data), ("binaryData", binary)) if found}
        return kept if plain else {**kept, "type": self.type}

    def digest(self) -> str:
        """Ten letters and digits that are the same for the same content, on every machine and for ever.

        That of a Secret is made slow on purpose (a tenth of a second): it stands in a name that more people may read than the
        Secret, and must not invite to try out passwords. A secret that can be guessed from a handful needs an explicit name.
        """
        known = {
            name: {key: _base64(value) for key, value in part.items()} for name, part in (("data", self.data), ("binary", self.binary))
        }
        whole = json.dumps({"kind": self.kind, "type": self.type, **known}, sort_keys=True).encode()
        if self.kind == SECRET:
            whole = hashlib.pbkdf2_hmac("sha256", whole, b"rollout.kubernetes/config", _ROUNDS)
        rest, letters = int.from_bytes(hashlib.sha256(whole).digest(), "big"), ""
        for _index in range(LETTERS):
            rest, letter = divmod(rest, len(_ALPHABET))
            letters += _ALPHABET[letter]
        return letters


def checked(content: Content, ref: Ref) -> Content:
    """The content, if the API takes that much under these keys and it means something in a copy; else raises `InputError`. Messages
    name keys and sizes, never values."""
    for key in content.values:
        if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY or key == "." or key.startswith(".."):
            raise InputError(
                f"{ref} has the key {key!r}; a key is made of at most {_LONGEST_KEY} letters, digits, -, _ and ., "
                "and neither is . nor begins with .."
            )
    if content.type in _TIED:
        raise InputError(f"{ref} is of type {content.type}: {_TIED[content.type]}, so a copy of it would be of no use; leave it as it is.")
    if content.size > LARGEST:
        sizes = sorted(content.values.items(), key=lambda entry: (-len(entry[1]), entry[0]))
        biggest = ", ".join(f"{key} with {len(value):,}" for key, value in sizes[:_SHOWN])
        more = f" and {len(sizes) - _SHOWN} more" if len(sizes) > _SHOWN else ""
        raise InputError(
            f"{ref} holds {content.size:,} bytes, the API takes {LARGEST:,}: {biggest}{more}; "
            "move the biggest into another object, an image or a volume."
        )
    return content


def named_by_content(base: str, content: Content) -> str:
    """`<base>-<digest>`."""
    return f"{base}-{content.digest()}"


def base_by_shape(name: str) -> str:
    """The base of a name that looks like one made of its content, else empty. Names of kustomize's generators look the same."""
    match = _SHAPE.fullmatch(name)
    return match["base"] if match else ""


def _values(ref: Ref, obj: JsonObject, name: str, read: Callable[[str, str], bytes]) -> dict[str, bytes]:
    found = at(obj, name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise InputError(f"{ref}: {name} must map keys to texts.")
    values: dict[str, bytes] = {}
    for key, value in found.items():
        if not isinstance(key, str):
            raise InputError(f"{ref}: the key {key!r} in {name} is no text; write it in quotes.")
        if not isinstance(value, str | None):
            raise InputError(f"{ref}: the value of {key} in {name} is no text; write it in quotes.")
        values[key] = read(f"{ref}: the value of {key} in {name}", value or "")
    return values


def _encoded(what: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        # No chain of exceptions: it would carry the value.
        raise InputError(
            f"{what} is no text in UTF-8; write it in base64 (a ConfigMap's under binaryData, a Secret's under data)."
        ) from None


def _decoded(what: str, value: str) -> bytes:
    try:
        return b64decode(value.translate(_LINE_BREAKS), validate=True)
    except ValueError:
        raise InputError(f"{what} is no base64; encode it, or give a Secret's text under stringData.") from None


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")
