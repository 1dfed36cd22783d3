# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quantities as Kubernetes writes them: the same amount has many spellings."""

from __future__ import annotations

import re
from fractions import Fraction

from .objects import JsonValue

_QUANTITY = re.compile(r"\s*(\d{1,20}(?:\.\d{0,9})?(?:[eE][+-]?\d{1,2})?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\s*", re.ASCII)
_SUFFIXES = {"": Fraction(1), "m": Fraction(1, 1000)}
_SUFFIXES |= {suffix: Fraction(1000) ** (power + 1) for power, suffix in enumerate("kMGTPE")}
_SUFFIXES |= {f"{suffix}i": Fraction(1024) ** (power + 1) for power, suffix in enumerate("KMGTPE")}


def quantity(value: JsonValue) -> Fraction | None:
    """The amount that `500m`, `1.5Gi` or 2 means; None for what is no quantity."""
    found = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    return Fraction(found[1]) * _SUFFIXES[found[2] or ""] if found is not None else None
