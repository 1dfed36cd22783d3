# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What values of options were called in 0.1.0: they work, and are told of as deprecated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMER: Mapping[str, Mapping[str, str]] = {
    "on_failure": {"abort": "rollback"},
    "repair": {"true": "blocking", "false": "none"},
}
"""The value that each former one means today, by the option's name."""


def in_todays_words(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the parameters with today's values, and a sentence for each former one that was given."""
    given = {option: str(parameters[option]) for option in FORMER if parameters.get(option) is not None}
    found = {option: words[given[option]] for option, words in FORMER.items() if given.get(option) in words}
    return {**parameters, **found}, tuple(f"{option}: {given[option]} is called {option}: {value} now." for option, value in found.items())
