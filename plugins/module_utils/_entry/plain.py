# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates that a YAML parser has made of words such as 2024-05-01, as the words that they were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any


def with_text_keys(value: Any) -> Any:
    """The same value with texts for keys that are dates."""
    if isinstance(value, Mapping):
        return {date_text(key) if isinstance(key, date) else key: with_text_keys(item) for key, item in value.items()}
    return [with_text_keys(item) for item in value] if isinstance(value, list | tuple) else value


def date_text(value: Any) -> str:
    """The text of a date as its YAML had it, and of anything else."""
    return value.isoformat() if isinstance(value, date) else str(value)
