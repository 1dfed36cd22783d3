# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request bodies: byte by byte what Go's encoding/json writes, and what a YAML reader takes."""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.encoding import as_json, as_yaml

HALF = "\ud83d"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("fix A & B", '"fix A \\u0026 B"'),
        ("<a>", '"\\u003ca\\u003e"'),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ("ü 🚀 \u00e9", '"ü 🚀 é"'),
        ("\x7f\x80\x85\ufeff\uffff", '"\x7f\x80\x85\ufeff\uffff"'),
        ("\x00\x1f\b\f\n\r\t", '"\\u0000\\u001f\\b\\f\\n\\r\\t"'),
        ('"\\/', '"\\"\\\\/"'),
        (HALF, '"\ufffd"'),
        (f"{HALF}\ude80 {HALF}x\ude80", '"🚀 \ufffdx\ufffd"'),
        ({"a&b": [1, True, False, None, {}, []]}, '{"a\\u0026b":[1,true,false,null,{},[]]}'),
        (MappingProxyType({"b": (1, 2), "a": 0}), '{"b":[1,2],"a":0}'),
        (2**70, "1180591620717411303424"),
    ],
)
def test_a_body_is_what_go_writes(value: Any, expected: str) -> None:
    assert as_json(value) == expected.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (1e3, "1000"),
        (123.456, "123.456"),
        (1e16, "10000000000000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e22, "1.25e+22"),
        (1e-6, "0.000001"),
        (1.5e-5, "0.000015"),
        (1e-7, "1e-7"),
        (-1.25e-10, "-1.25e-10"),
        (0.05, "0.05"),
        (1e100, "1e+100"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (4294967295.5, "4294967295.5"),
    ],
)
def test_a_number_has_the_form_that_go_gives_it(value: float, expected: str) -> None:
    assert as_json(value) == expected.encode()
    assert float(expected) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_lacks_is_refused(value: float) -> None:
    with pytest.raises(InputError) as caught:
        as_json({"a": [value]})
    assert str(value) in caught.value.message


def test_a_yaml_reader_takes_an_apply_body_for_the_same_value() -> None:
    every = "".join(map(chr, (*range(0x300), *range(0x2000, 0x2100), 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F680, 0x10FFFF)))
    body = as_yaml({"ü&\x85": [every, 1.5, None, True]}).decode()
    assert json.loads(body) == yaml.safe_load(body) == {"ü&\x85": [every, 1.5, None, True]}
    assert "🚀" not in re.findall(r"\\u....", body)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", body)
    assert "🚀" in body
    assert not re.search(r"\\ud[89a-f]", body)
