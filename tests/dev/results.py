# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RETURN of each module, made from results.yml: each key is written there once."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .paths import ROOT

SOURCE = Path(__file__).parent / "results.yml"
MODULES = ROOT / "plugins" / "modules"
ONLY_FOR_THE_SCHEMA = "schema"
"""The part of a key that no module's documentation has."""
Texts = dict[str, Any]


def source() -> dict[str, Any]:
    """The whole of results.yml."""
    found: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    return found


def pages() -> dict[Path, str]:
    """Each module's file as it must be."""
    told, words = source(), texts()
    return {path: with_block(path.read_text("utf-8"), "RETURN", block(path.stem, told, words)) for path in files()}


def files() -> list[Path]:
    """The files of all modules."""
    return sorted(MODULES.glob("[a-z]*.py"))


def with_block(code: str, name: str, block: str) -> str:
    """The code of a module with another text between the quotes of RETURN, or of another such constant."""
    (node,) = (
        statement.value
        for statement in ast.parse(code).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and statement.targets[0].id == name
    )
    assert node.end_lineno is not None
    lines = code.splitlines()
    return "\n".join([*lines[: node.lineno], block.rstrip("\n"), *lines[node.end_lineno - 1 :], ""])


def block(module: str, told: dict[str, Any], words: Texts) -> str:
    """The text of a module's RETURN."""
    own = words["otherwise"].get(module, {})
    parts = []
    for key in keys(module, "result", told):
        parts.append(words["result"][key])
        if key == "rollouts":
            entries = [own.get(entry, words["entry"][entry]) for entry in keys(module, "entry", told)]
            parts.append(textwrap.indent("contains:\n" + textwrap.indent("".join(entries), "  "), "  "))
    return "".join(parts)


def keys(module: str, where: str, told: dict[str, Any]) -> list[str]:
    """The keys of a module's result (or of its entries of rollouts), in the order of the source."""
    if module not in told["modules"]:
        raise ValueError(f"{SOURCE.name} does not say what {module} returns")
    wanted = [*told["always"][where], *told["modules"][module].get(where, [])]
    if unknown := set(wanted) - set(told[where]):
        raise ValueError(f"{SOURCE.name}: {module} returns what is described nowhere: {', '.join(sorted(unknown))}")
    return [key for key in told[where] if key in wanted]


def texts() -> Texts:
    """The lines of each key as they are written in the source, so that they look the same in a module."""
    lines = SOURCE.read_text("utf-8").splitlines()
    root = yaml.compose("\n".join(lines))
    parts = {name: (node, last) for name, node, _first, last in _parts(root, len(lines))}
    return {
        "result": _described(lines, *parts["result"]),
        "entry": _described(lines, *parts["entry"]),
        "otherwise": {module: _described(lines, node, last) for module, node, _first, last in _parts(*parts["otherwise"])},
    }


def _described(lines: list[str], node: yaml.Node, last: int) -> dict[str, str]:
    """The text of each key of a mapping."""
    return {key: _text(lines, value, begin, end) for key, value, begin, end in _parts(node, last)}


def _text(lines: list[str], node: yaml.Node, first: int, last: int) -> str:
    """The lines of one key without what is only for the schema, and without comments and lines between keys."""
    left_out = {at for key, _value, begin, end in _parts(node, last) if key == ONLY_FOR_THE_SCHEMA for at in range(begin, end)}
    kept = [lines[at] for at in range(first, last) if at not in left_out and lines[at].strip() and not lines[at].startswith("#")]
    return textwrap.dedent("\n".join(kept)) + "\n"


def _parts(node: yaml.Node, last: int) -> Iterator[tuple[str, yaml.Node, int, int]]:
    """Each key of a mapping with its value, its first line, and the line after its last one."""
    ends = [key.start_mark.line for key, _value in node.value[1:]] + [last]
    for (key, value), end in zip(node.value, ends, strict=True):
        yield key.value, value, key.start_mark.line, end
