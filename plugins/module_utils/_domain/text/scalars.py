# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a scalar of YAML means to kubectl: text, number, boolean or nothing. Pure.

kubectl has rules of its own (YAML 1.1, without its numbers to the base 60 and its dates), and what it reads goes through JSON: `1.0` is
the integer 1, a key is always a text.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from datetime import UTC, datetime
from decimal import Decimal

from ..base.objects import JsonValue

STR, INT, FLOAT, BOOL, NULL = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null"))
TIMESTAMP, BINARY, MERGE = (f"tag:yaml.org,2002:{name}" for name in ("timestamp", "binary", "merge"))

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))")
_BASES = (16, 8, 2, 8, 10)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_FRACTION = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_DATE = re.compile(r"(\d{4}-\d\d?-\d\d?)(?:([Tt ])(\d\d?:\d\d?:\d\d?)(?:[.,]\d+)?(Z|[-+]\d\d:\d\d)?)?", re.ASCII)
_LOWEST, _HIGHEST, _HIGHEST_UNSIGNED = -(2**63), 2**63 - 1, 2**64 - 1
_EXPONENTS_FROM = 6
"""The power of ten from which kubectl writes a key with an exponent."""
_NAMES = {STR: "a text", INT: "an integer", FLOAT: "a number", BOOL: "true or false", NULL: "null", TIMESTAMP: "a date"}


def resolved(tag: str, text: str) -> JsonValue:
    """The value of a scalar with this tag, empty for a plain one that has none. Raises `ValueError` with what is wrong.

    What is no number of JSON is left as it is (infinity), for `plain_number` to refuse: as a key it is allowed.
    """
    if tag == BINARY:
        return _binary(text)
    if tag == STR or (tag and tag not in _NAMES):
        return text
    kind, value = _meaning(text)
    if not tag or tag == kind:
        return value
    if tag == FLOAT and kind == INT and isinstance(value, int):
        return float(value)
    if tag == TIMESTAMP and _is_date(text):
        return text
    raise ValueError(f"a value is not {_NAMES[tag]}, as its tag says")


def plain_number(value: JsonValue) -> JsonValue:
    """A scalar as JSON and then kubectl have it: whole numbers are integers. Raises `ValueError` for what JSON lacks."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("neither infinity nor 'not a number' can stand in a manifest; write it in quotes if a text is meant")
    # Through JSON a number goes with its shortest digits, and what then is an integer of 64 bits is one.
    whole = int(Decimal(repr(value)))
    return whole if whole == value and _LOWEST <= whole <= _HIGHEST else float(value)


def key_text(value: JsonValue) -> str:
    """A key as kubectl has it. Raises `ValueError` for what cannot be one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and _LOWEST <= value <= _HIGHEST:
        return str(value)
    if isinstance(value, float):
        return _short(value)
    what = "nothing" if value is None else "a number that is too large" if isinstance(value, int) else "a list or a mapping"
    raise ValueError(f"a key is {what}, and must be a text; write it in quotes")


def _meaning(text: str) -> tuple[str, JsonValue]:
    if text in _WORDS:
        word = _WORDS[text]
        return NULL if word is None else BOOL if isinstance(word, bool) else FLOAT, word
    if text[:1] == ".":
        number = _decimal(text.replace("_", "")) if _FRACTION.fullmatch(text) else None
        return (FLOAT, number) if number is not None else (STR, text)
    if text[:1] not in "+-0123456789":
        return STR, text
    digits = text.replace("_", "")
    whole = _integer(digits)
    if whole is not None:
        return INT, whole
    number = _decimal(digits)
    return (FLOAT, number) if number is not None else (STR, text)


def _integer(digits: str) -> int | None:
    found = _INTEGER.fullmatch(digits)
    if found is None:
        return None
    sign, *groups = found.groups()
    number = next(int(group, base) for group, base in zip(groups, _BASES, strict=True) if group is not None)
    number = -number if sign == "-" else number
    # Beyond 64 bits it is no integer any more. An unsigned one has no sign.
    return number if _LOWEST <= number <= (_HIGHEST if sign else _HIGHEST_UNSIGNED) else None


def _decimal(digits: str) -> float | None:
    number = float(digits) if _DECIMAL.fullmatch(digits) else math.inf
    return number if math.isfinite(number) else None


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    day, separator, clock, zone = found.groups()
    if clock and (separator == " ") == bool(zone):
        return False
    try:
        datetime(*map(int, re.split("[-:]", f"{day}:{clock or '0:0:0'}")), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return False
    return True


def _binary(text: str) -> str:
    try:
        content = base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        raise ValueError("what is tagged !!binary is no base64") from None
    # Each byte that belongs to no character becomes a mark of its own.
    return re.sub("[\udc80-\udcff]", "\ufffd", content.decode(errors="surrogateescape"))


def _short(value: float) -> str:
    """A number in 32 bits, with the fewest digits that give it back: what kubectl makes of a key that is no integer."""
    stored = struct.pack("f", value)
    number = struct.unpack("f", stored)[0]
    if not math.isfinite(number):
        return ".nan" if math.isnan(number) else ".inf" if number > 0 else "-.inf"
    shortest = next(digits for length in range(9) if struct.pack("f", float(digits := f"{number:.{length}e}")) == stored)
    mantissa, _e, power = shortest.partition("e")
    exponent, decimals = int(power), len(mantissa.lstrip("-").replace(".", "")) - 1
    if not -4 <= exponent < _EXPONENTS_FROM:
        return f"{mantissa}e{exponent:+03d}"
    return f"{float(shortest):.{max(decimals - exponent, 0)}f}"
