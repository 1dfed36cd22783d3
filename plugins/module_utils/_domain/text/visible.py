# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that come from a cluster or a user, made harmless for a terminal: what steers it is written out (`\\x1b[31m`)."""

from __future__ import annotations

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters but tabs and line breaks, separators of lines and paragraphs, what turns the direction of writing, lone surrogates."""


def visible(text: str, *, lines: bool = True) -> str:
    """The text with every control character as its escape; without `lines` also line breaks, for what is one line."""
    shown = _STEERING.sub(_escaped, text.replace("\r\n", "\n"))
    return shown if lines else shown.replace("\n", "\\n")


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] == "\r":
        return "\\r"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
