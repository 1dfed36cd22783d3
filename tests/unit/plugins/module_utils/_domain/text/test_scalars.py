# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kubectl makes of a scalar of YAML."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.scalars import (
    BINARY,
    BOOL,
    FLOAT,
    INT,
    NULL,
    STR,
    TIMESTAMP,
    key_text,
    plain_number,
    resolved,
)

PLAIN: list[tuple[str, Any]] = [
    *((word, True) for word in ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")),
    *((word, False) for word in ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")),
    *((word, None) for word in ("", "~", "null", "Null", "NULL")),
    *((word, word) for word in ("yEs", "tRUE", "oN", "nUll", "t", "f", "=", "<<", "-", "+", ".", "--1", "e5", "inf", "NaN", "Infinity")),
    *((word, word) for word in ("52:54:05:00:23:48", "10:30", "1:20.5", "2024-05-01", "2024-13-45", "2001-12-14t21:59:43.10-05:00")),
    *((word, word) for word in ("1.2.3", "1,000", "12h", "5Gi", "1e", "1e400", "0x", "0b", "0b2", "0o8", "_1", "0x1p4")),
    *((word, word) for word in ("1 2", "\u0663", "\uff12")),
    *((word, word) for word in ("._5", ".5_", ".5__5", ".e5", ".5e400", "0x1FFFFFFFFFFFFFFFFF")),
    ("010", 8),
    ("08", 8),
    ("0777", 511),
    ("0o17", 15),
    ("0O7", 7),
    ("-0o7", -7),
    ("0x1F", 31),
    ("0X_1f", 31),
    ("0b11", 3),
    ("0B11", 3),
    ("-0b11", -3),
    ("+1", 1),
    ("-0", 0),
    ("00", 0),
    ("1_000", 1000),
    ("1__0_", 10),
    ("1e3", 1000),
    ("1E+3", 1000),
    ("1.", 1),
    ("1.0", 1),
    ("1.10", 1.1),
    (".5", 0.5),
    (".5_5", 0.55),
    ("+.5", 0.5),
    ("-.5e1", -5),
    ("1e-400", 0),
    ("9223372036854775807", 2**63 - 1),
    ("9223372036854775808", float(2**63)),
    ("+9223372036854775808", float(2**63)),
    ("18446744073709551615", float(2**64)),
    ("18446744073709551616", float(2**64)),
    ("0xFFFFFFFFFFFFFFFF", float(2**64)),
    ("-9223372036854775808", -(2**63)),
    ("-9223372036854775809", -float(2**63)),
    ("123456789012345678e-1", 12345678901234568),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_a_plain_scalar(text: str, expected: Any) -> None:
    value = plain_number(resolved("", text))
    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        (STR, "12", "12"),
        ("!own", "12", "12"),
        (INT, "12", 12),
        (FLOAT, "1.5", 1.5),
        (FLOAT, "2", 2),
        (BOOL, "yes", True),
        (NULL, "~", None),
        (TIMESTAMP, "2024-5-1", "2024-5-1"),
        (TIMESTAMP, "2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        (TIMESTAMP, "2001-12-14 21:59:43", "2001-12-14 21:59:43"),
        (BINARY, "aGVs\nbG8=", "hello"),
        (BINARY, "/w==", "\ufffd"),
    ],
)
def test_a_tag_says_what_is_meant(tag: str, text: str, expected: Any) -> None:
    value = plain_number(resolved(tag, text))
    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize(
    ("tag", "text", "words"),
    [
        (INT, "1.5", "an integer"),
        (FLOAT, "x", "a number"),
        (FLOAT, "yes", "a number"),
        (BOOL, "1", "true or false"),
        (NULL, "x", "null"),
        (TIMESTAMP, "secret", "a date"),
        (TIMESTAMP, "2024-13-45", "a date"),
        (TIMESTAMP, "2001-12-14T21:59:43", "a date"),
        (TIMESTAMP, "2001-12-14 21:59:43Z", "a date"),
        (BINARY, "%%", "base64"),
    ],
)
def test_what_its_tag_contradicts_is_refused_and_not_shown(tag: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        resolved(tag, text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "+.Inf", "-.INF"])
def test_what_json_lacks_is_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="infinity"):
        plain_number(resolved("", text))


@pytest.mark.parametrize("value", ["1", True, None, [1.0]])
def test_what_is_no_number_stays_as_it_is(value: Any) -> None:
    assert plain_number(value) is value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (16, "16"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (1000.0, "1000"),
        (-0.0, "-0"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (123456.7, "123456.7"),
        (1234567.8, "1.2345678e+06"),
        (100000000.5, "1e+08"),
        (-1e10, "-1e+10"),
        (1e-50, "0"),
        (1e39, ".inf"),
        (-1e39, "-.inf"),
        (math.inf, ".inf"),
        (math.nan, ".nan"),
    ],
)
def test_a_key_is_a_text(value: Any, expected: str) -> None:
    assert key_text(value) == expected


@pytest.mark.parametrize(("value", "words"), [(None, "nothing"), (2**63, "too large"), ([1], "list")])
def test_what_cannot_be_a_key(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        key_text(value)
