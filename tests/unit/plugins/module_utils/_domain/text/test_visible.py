# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts made harmless for a terminal."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, with ümläuts and 🚀", "plain text, with ümläuts and 🚀"),
        ("red \x1b[31malert\x1b[0m", "red \\x1b[31malert\\x1b[0m"),
        ("title \x1b]0;x\x07", "title \\x1b]0;x\\x07"),
        ("8-bit \x9b31m", "8-bit \\x9b31m"),
        ("over\rwritten", "over\\rwritten"),
        ("back\x08space\x7f", "back\\x08space\\x7f"),
        ("turned \u202eround", "turned \\u202eround"),
        ("a line\u2028more", "a line\\u2028more"),
        ("half \ud83d a pair", "half \\ud83d a pair"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("written\r\non Windows", "written\non Windows"),
        ("nul\0", "nul\\x00"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_what_is_one_line_stays_one() -> None:
    assert visible("web:2\n[ERROR]: all is lost", lines=False) == "web:2\\n[ERROR]: all is lost"
