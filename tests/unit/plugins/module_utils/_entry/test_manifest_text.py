# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A text of manifests is read as kubectl reads it; `tests/functional/test_texts.py` compares with kubectl itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.manifest_text import ManifestTextError, values_of

LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
CHAIN = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Scalars and keys.
        ("mac: 52:54:05:00:23:48\n10:30: x\n", [{"mac": "52:54:05:00:23:48", "10:30": "x"}]),
        ("released: 2024-05-01\n2024-05-01: 2024-13-45\n", [{"released": "2024-05-01", "2024-05-01": "2024-13-45"}]),
        ("1: a\n1.5: b\ntrue: c\nyes: d\n0x10: e\n", [{"1": "a", "1.5": "b", "true": "d", "16": "e"}]),
        ("a: =\n= : 1\n", [{"a": "=", "=": 1}]),
        ("a: ! 12\nb: !own {c: !own 1}\nc: !!set {d}\n", [{"a": "12", "b": {"c": "1"}, "c": {"d": None}}]),
        ("a: 1\na: 2\n", [{"a": 2}]),
        # Merges and aliases.
        (
            "b: &b {x: 1, z: 2}\nc: {x: 9, <<: *b}\nd: {<<: *b, x: 9}\n",
            [{"b": {"x": 1, "z": 2}, "c": {"x": 1, "z": 2}, "d": {"z": 2, "x": 9}}],
        ),
        ("d:\n  <<: [{a: 1}, {a: 2, b: 3}]\n", [{"d": {"a": 1, "b": 3}}]),
        ("d:\n  <<: []\n", [{"d": {}}]),
        ("a: <<\n'<<': 1\n!!str <<: 2\n", [{"a": "<<", "<<": 2}]),
        ("!!merge <<: {a: 1}\n", [{"a": 1}]),
        ("&k a: 1\nb: *k\n*k : 2\n", [{"a": 2, "b": "a"}]),
        # Documents.
        ("", [None]),
        ("---\n# nothing\n---\na: 1\n--- # c\n\n", [None, {"a": 1}, None]),
        ("a: 1\r\n---\r\nb: |\r\n  x\r\n", [{"a": 1}, {"b": "x\n"}]),
        ("a: 1\n...\nb: 2\n", [{"a": 1}]),
        ("\ufeffa: 1\n---\n\ufeffb: 2\n", [{"a": 1}, {"b": 2}]),
        # Blanks.
        ("a: x\ty\t# c\nb:\t1\nc: 'x'\t# c\nd: |\t# c\n  x\ne: !!str\t1\n", [{"a": "x\ty", "b": 1, "c": "x", "d": "x\n", "e": "1"}]),
        ("a: x\n  \ty\nb: x\n\n  z\nc: x\u2028  y\n", [{"a": "x y", "b": "x\nz", "c": "x\u2028y"}]),
        ("a: [\n\t1,\n\tb:c]\n", [{"a": [1, "b:c"]}]),
        ("a: {b:c, http://x: 1, d: , e}\n", [{"a": {"b:c": None, "http://x": 1, "d": None, "e": None}}]),
        ("a: |2+\n   x\n\nb: >-1\n  y\n", [{"a": " x\n\n", "b": " y"}]),
        # JSON.
        ('{\n\t"a": [\n\t\t1.0\n\t]\n}\n{"b": 1e3}{"c": 18446744073709551615}', [{"a": [1]}, {"b": 1000}, {"c": float(2**64)}]),
        ('{"a": 1}\n---\nb: 2\n', [{"a": 1}, {"b": 2}]),
        ('{"a": 1,}  # YAML\n', [{"a": 1}]),
        ('{"a": "\\ud83d\\ude80 \\ud83d", "\\ud83d": ["\\ud83d"]}', [{"a": "🚀 \ufffd", "\ufffd": ["\ufffd"]}]),
        ('{"a": NaN}', [{"a": "NaN"}]),
        ('[{"a": "\\"\\\'"}]', [[{"a": "\"'"}]]),
    ],
)
def test_what_a_text_holds(text: str, expected: Any) -> None:
    assert json.dumps(values_of(text, "web.yml"), sort_keys=True) == json.dumps(expected, sort_keys=True)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [1", "line 1, column 4", "bracket"),
        ("a: 1\nb: {c\n", "line 2, column 4", "brace"),
        ("a: 1\nb: 'x\nc: 1\n", "line 2, column 4", "quote"),
        ("a:\n\tb: 1\n", "line 2, column 1", "write spaces"),
        ("a: |\n\n  \tx\n", "line 3, column 3", "write spaces"),
        ("a: x\n\ty\n", "line 2, column 1", "write spaces"),
        ("a: 1\n---\nb: c: d\n", "line 3, column 5", "quotes"),
        ("- a\nb: 1\n", "line 2, column 1", "indentation"),
        ("a: @x\n", "line 1, column 4", "'@'"),
        ("a: [b c: d\n", "line 1, column 4", "bracket"),
        ("a: *x\n", "line 1, column 4", "*x"),
        ("a: &a [*a]\n", "line 1, column 8", "contains itself"),
        ("a: .nan\n", "line 1, column 4", "infinity"),
        ("a: 1\n~: 1\n", "line 2, column 1", "a key is nothing"),
        ("? [a]\n: 1\n", "line 1, column 3", "a key is a list"),
        ("a: !!int x\n", "line 1, column 4", "an integer"),
        ("a:\n  <<: x\n", "line 2, column 7", "<<"),
        ("s: &s x\na: {<<: *s}\n", "line 2, column 9", "<<"),
        ("a: &l [{b: 1}]\nc: {<<: *l}\n", "line 2, column 9", "<<"),
        ("a: {<<: [x]}\n", "line 1, column 10", "<<"),
        ('a: "\\ud83d\\ude80"\n', "line 1, column 4", "half a character"),
        ('a: "\\U00110000"\n', "line 1, column", "too large"),
        ("a: 1\nb: \x01\n", "line 2, column 4", "U+0001"),
        ("a: x\ud83dy\n", "line 1, column 5", "UTF-8"),
        ("a: |0\n x\n", "line 1, column 5", "1 to 9"),
        ("a: |x\n", "line 1, column 5", "below"),
        ("a: 1\n--- {b: 1}\n", "line 2, column 1", "alone"),
        ("%YAML 1.1\n---\na: 1\n", "line 1", "is not valid YAML"),
        ("%own x\n", "line 1, column 1", "%YAML"),
        ("a: " + "[" * 300, "line 1, column 20", "200 levels"),
        ('{"a":' * 250 + "1" + "}" * 250, "line 1, column 1", "200 levels"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "line 1, column 1", "200 levels"),
        (LAUGHS, "line 4", "memory"),
        (CHAIN, "line 2", "200 levels"),
        ('{"a": 1,\n "b": [}\n', "line 2, column 8", "as JSON"),
        ('{"a": 1}\n{"b": 2}\n{"c" 3}\n', "line 3, column 6", "as JSON"),
        ('{"a": 1e400}', "line 1, column 7", "1e400"),
        ("$ANSIBLE_VAULT;1.1;AES256\n61\n", "line 1", "Ansible Vault"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(ManifestTextError) as caught:
        values_of(text, "web.yml")
    assert caught.value.message.startswith("web.yml ")
    assert place in caught.value.place
    assert caught.value.place in caught.value.message or "Vault" in words
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {{ name }}\n", "Jinja"),
        ("{% if x %}\na: 1\n{% endif %}\n", "Jinja"),
        ("a:\n{%- for x in y %}\n  - {{ x }}\n{%- endfor %}\n", "Jinja"),
        ("a: {{ .Values.name }}\n", "helm template"),
        ("{{- if .Values.x }}\na: 1\n{{- end }}\n", "helm template"),
        ('a: {{ include "web.name" . }}\n', "helm template"),
    ],
)
def test_a_template_is_called_what_it_is(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        values_of(text, "web.yml")
    assert words in caught.value.message


def test_what_a_template_has_rendered_is_not_called_a_template() -> None:
    with pytest.raises(InputError) as caught:
        values_of("a: {{ name }}\n", "template web.yml.j2, as rendered,")
    assert "Jinja" not in caught.value.message
