# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a text of manifests to the values in it, as `kubectl apply -f` finds them: JSON objects in a row, or YAML documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonValue
from .._domain.text.scalars import plain_number
from .foreign_text import foreign_advice
from .yaml_reader import DEEPEST, YamlError, read_document

_VAULTED = "$ANSIBLE_VAULT;"
_HALF = re.compile("[\ud800-\udfff]")
_SPACES = " \t\n\v\f\r\x85\xa0"
"""What kubectl skips while it looks whether a text begins as JSON."""
_PEEKED = 4096


class ManifestTextError(InputError):
    """A text that cannot be read. `place` is line and column, which may be told where the text itself must not be."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(message)
        self.place = place


def values_of(text: str, origin: str) -> list[JsonValue]:
    """The values of all objects or documents in a text, None for an empty document; `origin` says in messages where the text is from.

    Raises `ManifestTextError`.
    """
    if text.startswith(_VAULTED):
        raise ManifestTextError(
            f"{origin} is encrypted by Ansible Vault, which is opened on the controller only; use a local connection.", "line 1"
        )
    half = _HALF.search(text)
    if half is not None:
        line, column = text.count("\n", 0, half.start()) + 1, half.start() - text.rfind("\n", 0, half.start())
        place = f"line {line}, column {column}"
        raise ManifestTextError(f"{origin} is not UTF-8 in {place}; save it as UTF-8.", place)
    text = text.removeprefix("\ufeff")
    try:
        return list(_values(text))
    except YamlError as error:
        place = f"line {error.line}, column {error.column}"
        raise ManifestTextError(f"{origin} is not valid YAML in {place}: {error.problem}.{foreign_advice(text, origin)}", place) from None


def _values(text: str) -> Iterator[JsonValue]:
    begun, failure = 0, None
    if text[:_PEEKED].lstrip(_SPACES).startswith("{"):
        found, begun, failure = _json_values(text)
        yield from found
        if failure is None:
            return
        if len(found) > 1:
            raise failure
        begun = _past_the_line(text, begun)
    try:
        for line, chunk in _chunks(text, begun):
            yield _document(chunk, line)
    except YamlError:
        # A text that begins as JSON is meant as JSON.
        if failure is not None:
            raise failure from None
        raise


def _document(chunk: str, line: int) -> JsonValue:
    try:
        return read_document(chunk)
    except YamlError as error:
        raise YamlError(error.problem, error.line + line, error.column) from None


def _chunks(text: str, begun: int) -> Iterator[tuple[int, str]]:
    """The documents of a text with the number of lines before each: lines that begin with `---` stand between them."""
    lines: list[str] = []
    before = first = text.count("\n", 0, begun)
    for number, line in enumerate(text[begun:].split("\n"), first):
        if line.startswith("---"):
            rest = line[3:].strip()
            if rest and not rest.startswith("#"):
                raise YamlError("'---' must stand alone in its line, or before a comment", number + 1, 1)
            if lines:
                yield before, "".join(lines)
                lines, before = [], number + 1
                continue
        lines.append(f"{line.removesuffix(chr(13))}\n")
    if lines and lines[-1] == "\n":
        lines.pop()  # What is behind the last line break is no line.
    yield before, "".join(lines)


def _past_the_line(text: str, begun: int) -> int:
    """Where YAML begins behind a JSON object: after the blanks that follow, up to a line break."""
    while begun < len(text) and text[begun].isspace():
        begun += 1
        if text[begun - 1] == "\n":
            break
    return begun


def _json_values(text: str) -> tuple[list[JsonValue], int, YamlError | None]:
    """The JSON values at the beginning of a text, where what is left begins, and what is wrong with that."""
    found: list[JsonValue] = []
    end = 0
    while True:
        begun = end
        while begun < len(text) and text[begun] in " \t\r\n":
            begun += 1
        if begun == len(text):
            return found, end, None
        try:
            value, end = _DECODER.raw_decode(text, begun)
            deep = _is_deeper(value, DEEPEST)
        except json.JSONDecodeError as error:
            return found, end, YamlError(f"as JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.lineno, error.colno)
        except _NumberError as error:
            at = text.find(error.word, begun)
            failure = YamlError(str(error), text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
            if error.word[-1].isdigit():
                raise failure from None  # JSON, and no manifest: it is not to be read as YAML.
            return found, end, failure
        except RecursionError:
            value, deep = None, True
        if deep:
            raise YamlError(f"it is nested more than {DEEPEST} levels deep", text.count("\n", 0, begun) + 1, 1)
        found.append(_whole(value) if "\\u" in text else value)


class _NumberError(Exception):
    """A number that JSON or a manifest cannot hold."""

    def __init__(self, word: str) -> None:
        super().__init__(f"{word[:20]} is no number that a manifest can hold")
        self.word = word


def _number(digits: str) -> JsonValue:
    try:
        return plain_number(int(digits))
    except (ValueError, OverflowError):
        return _fraction(digits)


def _fraction(digits: str) -> JsonValue:
    try:
        return plain_number(float(digits))
    except ValueError:
        raise _NumberError(digits) from None


def _is_deeper(value: JsonValue, levels: int) -> bool:
    below = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_deeper(item, levels - 1) for item in below)


def _no_number(word: str) -> NoReturn:
    raise _NumberError(word)


def _whole(value: JsonValue) -> JsonValue:
    """A value whose texts have no half of a character, which JSON can escape: kubectl has U+FFFD instead."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_HALF.sub("\ufffd", key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, Sequence) else value


_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_fraction, parse_constant=_no_number)
