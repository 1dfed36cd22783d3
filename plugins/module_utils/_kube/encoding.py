# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request bodies as the API server's readers need them. Pure.

- `as_json` writes what Go's `encoding/json` writes, since the server compares the `test` values of a JSON patch with its own
  encoding byte by byte: `&`, `<`, `>`, U+2028 and U+2029 are escaped, all else is UTF-8, and numbers have Go's form.
- `as_yaml` is the same for the server's YAML reader, which takes apply bodies: what that reader refuses or folds as a line break is
  escaped as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

from .._domain.base.errors import InputError

_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_IN_JSON = re.compile("[&<>\u2028\u2029]")
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SMALLEST, _LARGEST = 1e-6, 1e21
"""Between these two Go writes a number without an exponent."""


def as_json(value: Any) -> bytes:
    """Plain JSON as Go writes it. Raises `InputError` for a number that JSON cannot hold."""
    return _encoded(value).encode()


def as_yaml(value: Any) -> bytes:
    """JSON that a reader of YAML takes for the same value. Raises `InputError` for a number that JSON cannot hold."""
    return _NOT_IN_YAML.sub(_escape, _encoded(value)).encode()


def _encoded(value: Any) -> str:
    parts: list[str] = []
    _write(value, parts.append)
    # None of these characters stands outside of a text.
    whole = _NOT_IN_JSON.sub(_escape, "".join(parts))
    return _whole_characters(whole) if _SURROGATE.search(whole) else whole


def _write(value: Any, write: Any) -> None:
    if isinstance(value, str):
        write(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        write("null" if value is None else "true" if value else "false")
    elif isinstance(value, int):
        write(int.__repr__(value))
    elif isinstance(value, float):
        write(_number(value))
    elif isinstance(value, Mapping):
        before = "{"
        for key, item in value.items():
            write(f"{before}{encode_basestring(str(key))}:")
            _write(item, write)
            before = ","
        write("}" if value else "{}")
    else:
        before = "["
        for item in value:
            write(before)
            _write(item, write)
            before = ","
        write("]" if value else "[]")


def _number(value: float) -> str:
    """A number as Go writes a float64: the shortest digits that give it back, with an exponent only where it is very small or large."""
    if not math.isfinite(value):
        raise InputError(f"The number {value} cannot be sent to the cluster: JSON has neither infinity nor 'not a number'.")
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    digits, exponent = _digits(abs(value))
    sign = "-" if value < 0 else ""
    if not _SMALLEST <= abs(value) < _LARGEST:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{exponent:+d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _digits(value: float) -> tuple[str, int]:
    """The significant digits of a positive number, and the power of ten of the first one."""
    mantissa, _e, power = float.__repr__(value).partition("e")
    whole, _point, fraction = mantissa.partition(".")
    digits = whole + fraction
    left = digits.lstrip("0")
    exponent = int(power or 0) + len(whole) - 1 - (len(digits) - len(left))
    return left.rstrip("0"), exponent


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def _whole_characters(text: str) -> str:
    """The text with halves of characters joined to pairs; one half alone is no character and becomes U+FFFD, as Go has it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
