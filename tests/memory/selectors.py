# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Label and field selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from .schema import Json

Test = Callable[[Mapping[str, str]], bool]
_SET = re.compile(r"^\s*(?P<key>\S+)\s+(?P<word>in|notin)\s+\((?P<values>[^)]*)\)\s*$")
_PARTS = re.compile(r",(?![^(]*\))")


def labels_match(selector: str) -> Callable[[Json], bool]:
    """Whether an object's labels fit a selector as it stands in a query."""
    tests = [_label_test(part) for part in _PARTS.split(selector) if part.strip()]
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def _label_test(part: str) -> Test:
    found = _SET.match(part)
    if found:
        values = {value.strip() for value in found["values"].split(",")}
        key = found["key"]
        if found["word"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if "!=" in part:
        key, value = (side.strip() for side in part.split("!=", 1))
        return lambda labels: labels.get(key) != value
    if "=" in part:
        key, _sign, value = (side.strip() for side in part.partition("="))
        value = value.removeprefix("=").strip()
        return lambda labels: labels.get(key) == value
    key = part.strip()
    if key.startswith("!"):
        return lambda labels: key[1:].strip() not in labels
    return lambda labels: key in labels


def fields_match(selector: str) -> Callable[[Json], bool]:
    """Whether an object fits a field selector; of the fields that the server knows for its kind."""
    pairs = [(part.partition("=")[0].strip("!"), part.partition("=")[2].lstrip("="), "!=" in part) for part in selector.split(",") if part]

    def match(obj: Json) -> bool:
        return all((_at(obj, path.split(".")) == value) is not negated for path, value, negated in pairs)

    return match


def _at(obj: Json, path: Sequence[str]) -> str:
    for key in path:
        obj = obj.get(key) if isinstance(obj, dict) else None
    return obj if isinstance(obj, str) else ""


def picks(selector: Json, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector object (`matchLabels`, `matchExpressions`) picks these labels; None picks nothing, an empty one all."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(entry, labels) for entry in selector.get("matchExpressions") or ())


def _expression(entry: Json, labels: Mapping[str, str]) -> bool:
    key, values = entry["key"], entry.get("values") or []
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[entry["operator"]]
