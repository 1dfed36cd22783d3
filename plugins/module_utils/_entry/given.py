# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surveys and roles send for options, before the options are validated: empty texts, and mappings and lists as texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._domain.base.errors import InputError
from .manifests import kind_of
from .plain import date_text, with_text_keys

try:
    import yaml
except ImportError:  # Reported together with the `kubernetes` library, which brings it.
    yaml = None  # type: ignore[assignment]

GUARDS = ("expect",)
"""Options that keep a task from doing something: an empty text is a mistake there, and is refused where it is read."""
_EITHER = ("image", "template", "steps", "files")
"""Options of type raw that are a mapping or a list, or a plain text. `definition` and `kubeconfig` read their texts themselves."""
_SUCH = {"config": ", each with a name, such as [{name: web-config}]"}
_LIST = re.compile(r"\s*(?:\[|-(?:\s|$))")
_MAPPING = re.compile(r"\s*(?:\{|[\w./-]+:(?:\s|$))")
_PAIRS = re.compile(r"\s*[\w.-]+=")
"""Ansible's own way to write a mapping in one line, `key=value key=value`."""


def given(spec: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without those that are empty texts or none, and with mappings and lists where they are texts in YAML or JSON.

    An empty list, an empty mapping, 0 and false are values. What else stands in `arguments` than options stays as it is. Raises
    `InputError`, whose message has no word of the text, which may be secret.
    """
    return _given(spec, arguments, "")


def _given(spec: Mapping[str, Any], arguments: Mapping[str, Any], within: str) -> dict[str, Any]:
    options = {alias: option for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}
    found = {}
    for name, said in arguments.items():
        if name not in options or (name in GUARDS and said in ("", None)):
            found[name] = said
            continue
        value = _value(options[name], name, said, f"{within}{name}")
        if value is not None and value != "":
            found[name] = _entries(options[name]["options"], value, f"{within}{name}") if "options" in options[name] else value
    return found


def _entries(options: Mapping[str, Any], value: Any, shown: str) -> Any:
    """A mapping that has options of its own, or a list of such mappings."""
    if isinstance(value, Mapping):
        return _given(options, value, f"{shown}.")
    return [_entries(options, entry, f"{shown}[{number}]") for number, entry in enumerate(value)] if isinstance(value, list) else value


def _value(option: Mapping[str, Any], name: str, value: Any, shown: str) -> Any:
    """The value of one option, None where a text has nothing in it."""
    kind = option.get("type")
    if not isinstance(value, str) or kind not in ("dict", "list", "raw"):
        return value
    if not value.strip():
        return None if kind != "raw" else value
    if kind == "raw":
        return _read(value, shown, "a mapping or a list") if name in _EITHER and (_LIST.match(value) or _MAPPING.match(value)) else value
    if kind == "dict":
        return value if _PAIRS.match(value) else _of_type(dict, _read(value, shown, "a mapping"), shown, "a mapping")
    if option.get("elements") == "dict":
        return _of_type(list, _read(value, shown, "a list of mappings"), shown, "a list of mappings")
    # Others may be separated by commas, and some look like YAML and are none: the label selector `!legacy`.
    return _of_type(list, _read(value, shown, "a list"), shown, "a list") if _LIST.match(value) else value


def _of_type(kind: type, value: Any, shown: str, wanted: str) -> Any:
    if value is not None and not isinstance(value, kind):
        raise InputError(f"{shown} must be {wanted}{_SUCH.get(shown, '')}, also where it is a text in YAML or JSON, not {kind_of(value)}.")
    return value


def _read(text: str, shown: str, wanted: str) -> Any:
    """What a text in JSON or YAML says, in plain JSON types. JSON first: YAML takes no tabs."""
    try:
        return json.loads(text)
    except ValueError:
        if yaml is None:
            raise InputError(f"{shown} is not valid JSON; write {wanted} (YAML needs the library PyYAML).") from None
    try:
        return json.loads(json.dumps(with_text_keys(yaml.safe_load(text)), default=date_text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    except (ValueError, TypeError, RecursionError):
        where = ""
    raise InputError(f"{shown} is not valid YAML or JSON{where}; write {wanted}.")
