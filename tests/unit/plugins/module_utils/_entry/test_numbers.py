# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers out of bounds, in every number option of every module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf, nan
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context, run
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.numbers import in_numbers, is_duration


def numbers(spec: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, option in spec.items():
        if option.get("type") in ("int", "float") or is_duration(name, option):
            yield (*path, name), option["type"]
        yield from numbers(option.get("options", {}), (*path, name))


EVERY = [(module, path, kind) for module, arguments in ARGUMENTS.items() for path, kind in numbers(arguments.spec)]


LEAST = {"propagation_delay": 5}
"""What options take at least that do not take 1."""
SIGNED = ("min", "max")
"""Options that take numbers below 0 as well: bounds of a measured value."""


def given(module: str, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Arguments with that one option."""
    option, found = ARGUMENTS[module].spec, value
    kinds = []
    for name in path:
        kinds.append(option[name].get("type"))
        option = option[name].get("options", {})
    for name, kind in zip(reversed(path), reversed(kinds), strict=True):
        found = {name: [found] if kind == "list" else found}
    return dict(found)


def shown(module: str, path: tuple[str, ...]) -> str:
    """How a message names an option: `steps[0].weight` within a list."""
    option, names = ARGUMENTS[module].spec, []
    for name in path:
        names.append(f"{name}[0]" if "options" in option[name] and option[name]["type"] == "list" else name)
        option = option[name].get("options", {})
    return ".".join(names)


@pytest.mark.parametrize(("module", "path", "kind"), EVERY)
def test_what_is_out_of_bounds_is_refused_with_its_name_and_value(module: str, path: tuple[str, ...], kind: str) -> None:
    bad = [10**30, *(() if path[-1] in SIGNED else (-1,)), *((nan, inf, -inf, 1e300) if kind != "int" else ())]
    for value in bad:
        with pytest.raises(InputError) as caught:
            in_numbers(ARGUMENTS[module].spec, given(module, path, value))
        assert caught.value.message.startswith(f"{shown(module, path)} must be ")
        assert len(caught.value.message) < 160
    for value in (LEAST.get(path[-1], 1), None):
        in_numbers(ARGUMENTS[module].spec, given(module, path, value))


def test_a_weight_that_is_no_part_tells_which_step_gives_all_pods() -> None:
    with pytest.raises(InputError) as caught:
        in_numbers(ARGUMENTS["canary"].spec, {"steps": [{"weight": 20}, {"weight": 100}]})
    assert caught.value.message == (
        "steps[1].weight must be between 1 and 99 percent, not 100; all pods get the candidate in the step promote."
    )


@pytest.mark.parametrize("value", [0, -5, 10**10])
def test_it_is_refused_before_the_cluster_is_asked(value: int) -> None:
    answer = run("rolling", {"wait_timeout": value, "host": "https://127.0.0.1:1"}, Context())
    assert answer.result["failed"]
    assert not answer.result["changed"]
    assert answer.result["msg"].startswith(("wait_timeout must be at least 1 second, not", "wait_timeout must be between 1 and 31536000"))
