# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.durations import seconds
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.numbers import in_numbers, is_duration
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("600", 600),
        (600, 600),
        (0.5, 0.5),
        ("0.1", 0.1),
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("1h", 3600),
        ("2d", 172_800),
        ("1d1h1m1s1ms", 90_061.001),
        ("100ms", 0.1),
        ("1m500ms", 60.5),
        ("1.5h", 5400),
        (" 10m ", 600),
        ("0", 0),
        ("-5", -5),
    ],
)
def test_seconds_and_units_are_read(given: Any, found: float) -> None:
    assert seconds(given, "wait_timeout") == found


@pytest.mark.parametrize(
    "given", ["", "ten minutes", "10x", "m", "5m10h", "10m5", "1h 30m", "1e3", "nan", "inf", "-10m", "٣s", True, None, ["10m"]]
)
def test_what_is_no_length_of_time_is_refused_in_one_sentence(given: Any) -> None:
    with pytest.raises(InputError) as caught:
        seconds(given, "wait_timeout")
    assert caught.value.message.startswith("wait_timeout is no length of time: ")
    assert caught.value.message.endswith("; give seconds, or a text such as 90s, 10m or 1h30m.")


@given(st.integers(0, 10**6))
def test_however_it_is_written_it_is_as_long(number: int) -> None:
    hours, rest = divmod(number, 3600)
    spelled = f"{hours}h{rest // 60}m{rest % 60}s"
    assert seconds(spelled, "x") == seconds(str(number), "x") == seconds(f"{number}s", "x") == number


def test_options_of_options_are_read_as_well() -> None:
    found = in_numbers(ARGUMENTS["rolling"].spec, {"wait_timeout": "10m", "verify": {"interval": "500ms", "url": "http://x/"}})
    assert found == {"wait_timeout": 600, "verify": {"interval": 0.5, "url": "http://x/"}}
    with pytest.raises(InputError, match=r"verify\.after is no length of time"):
        in_numbers(ARGUMENTS["rolling"].spec, {"verify": {"after": "soon"}})


@pytest.mark.parametrize("option", ["min_ready_seconds", "progress_deadline_seconds"])
def test_kubernetes_takes_whole_seconds(option: str) -> None:
    with pytest.raises(InputError, match=f"{option} must be whole seconds, not 1.5"):
        in_numbers(ARGUMENTS["rolling"].spec, {option: "1.5s"})


def test_every_default_is_a_length_of_time() -> None:
    for arguments in ARGUMENTS.values():
        for name, option in arguments.spec.items():
            if is_duration(name, option) and "default" in option:
                assert seconds(option["default"], name) >= 0
