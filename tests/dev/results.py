# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RETURN of each module and the schema of their results, made from results.yml: each key is written there once."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from .paths import ROOT

SOURCE = Path(__file__).parent / "results.yml"
MODULES = ROOT / "plugins" / "modules"
ONLY_FOR_THE_SCHEMA = "schema"
"""The part of a key that no module's documentation has."""
SCHEMA = ROOT / "docs" / "result_schema.json"
Texts = dict[str, Any]
Schema = dict[str, Any]
_WIDTH = 140
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}


def source() -> dict[str, Any]:
    """The whole of results.yml."""
    found: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    return found


def pages() -> dict[Path, str]:
    """Each module's file as it must be, and the schema."""
    told, words = source(), texts()
    made = {path: with_block(path.read_text("utf-8"), "RETURN", block(path.stem, told, words)) for path in files()}
    return {**made, SCHEMA: json_text(schema(told)) + "\n"}


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
    assert root is not None
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
    left_out = set(_schemas(node, last))
    kept = [lines[at] for at in range(first, last) if at not in left_out and lines[at].strip() and not lines[at].startswith("#")]
    return textwrap.dedent("\n".join(kept)) + "\n"


def _schemas(node: yaml.Node, last: int) -> Iterator[int]:
    """The lines that are only for the schema, at any depth."""
    for key, value, begin, end in _parts(node, last):
        if key == ONLY_FOR_THE_SCHEMA:
            yield from range(begin, end)
        elif isinstance(value, yaml.MappingNode) and value.value:
            yield from _schemas(value, end)


def _parts(node: yaml.Node, last: int) -> Iterator[tuple[str, yaml.Node, int, int]]:
    """Each key of a mapping with its value, its first line, and the line after its last one."""
    ends = [key.start_mark.line for key, _value in node.value[1:]] + [last]
    for (key, value), end in zip(node.value, ends, strict=True):
        yield key.value, value, key.start_mark.line, end


# --- the schema ---------------------------------------------------------------------------------------------------------------


def schema(told: dict[str, Any]) -> Schema:
    """The JSON Schema of the results: that of any module, and below `$defs/modules` that of each."""
    always = told["always"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The result of a module of rollout.kubernetes",
        "description": "One of those below $defs/modules. Ansible adds keys of its own where a task says until, loop or async.",
        "anyOf": [{"$ref": f"#/$defs/modules/{module}"} for module in told["modules"]],
        "$defs": {
            "modules": {module: _of_module(module, told) for module in told["modules"]},
            "every_result": {
                **_named("ansible", told["ansible"], ["changed"]),
                "allOf": [_named("result", always["result"], always["result"])],
            },
            "every_entry": _named("entry", always["entry"], always["entry"]),
            **{where: {key: _of_key(words) for key, words in told[where].items()} for where in ("ansible", "result", "entry")},
        },
    }


def _named(where: str, names: Iterable[str], needed: list[str]) -> Schema:
    """An object with keys that are described in one place."""
    return {"type": "object", "properties": {key: {"$ref": f"#/$defs/{where}/{key}"} for key in names}, "required": needed}


def _of_module(module: str, told: dict[str, Any]) -> Schema:
    """What one module returns besides what all return, with what it says otherwise than others."""
    result, entry = (
        {key: {"$ref": f"#/$defs/{where}/{key}"} for key in told["modules"][module].get(where, [])} for where in ("result", "entry")
    )
    entry |= {key: _of_key({**told["entry"][key], **words}) for key, words in told["otherwise"].get(module, {}).items()}
    entries = {"$ref": "#/$defs/every_entry", "properties": entry, "unevaluatedProperties": False}
    return {
        "$ref": "#/$defs/every_result",
        "properties": {**result, "rollouts": {"items": entries}},
        "unevaluatedProperties": False,
    }


def _of_key(words: dict[str, Any]) -> Schema:
    """The schema of one key, from what is told of it."""
    found: Schema = {"description": _plain(words["description"])}
    if words["type"] in _TYPES:
        found["type"] = _TYPES[words["type"]]
    inside: Schema = {}
    if words.get("elements") in _TYPES:
        inside["type"] = _TYPES[words["elements"]]
    if "contains" in words:
        inside |= _closed({key: _of_key(part) for key, part in words["contains"].items()}, list(words["contains"]))
    if words["type"] == "list":
        found |= {"items": inside} if inside else {}
    else:
        found |= inside
    return _merged(found, _finished(words.get(ONLY_FOR_THE_SCHEMA, {})))


def _closed(parts: dict[str, Schema], needed: list[str]) -> Schema:
    """An object with these keys and no others."""
    return {"type": "object", "properties": parts, "required": needed, "additionalProperties": False}


def _finished(given: Schema) -> Schema:
    """A part of the source as JSON Schema has it: an object whose keys are named has no others, and all that are not optional."""
    found = {key: value for key, value in given.items() if key != "optional"}
    if "properties" in given:
        parts = {key: _finished(part) for key, part in given["properties"].items()}
        needed = [key for key in parts if key not in given.get("optional", ())]
        found = {**_closed(parts, needed), **{key: value for key, value in found.items() if key != "properties"}}
    if "items" in given:
        found["items"] = _finished(given["items"])
    return found


def _merged(base: Schema, more: Schema) -> Schema:
    """Both, item for item; what is told later wins."""
    inside = {"items": {**base["items"], **more["items"]}} if "items" in base and "items" in more else {}
    return {**base, **more, **inside}


def _plain(words: str | list[str]) -> str:
    """A description without Ansible's marks."""
    return re.sub(r"\b[CVOM]\(([^()]*)\)", r"\1", words if isinstance(words, str) else " ".join(words))


def json_text(value: Any, indent: str = "", before: int = 0) -> str:
    """JSON as a person reads it: what fits into a line stands in one. `before`: how much of the line is taken."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + before + len(flat) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        heads = [f"{json.dumps(key)}: " for key in value]
        lines = [head + json_text(part, deeper, len(head)) for head, part in zip(heads, value.values(), strict=True)]
    else:
        lines = [json_text(part, deeper) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n" + ",\n".join(deeper + line for line in lines) + f"\n{indent}{closing}"
