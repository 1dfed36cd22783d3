# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are UTF-8 or UTF-16; another one is refused with the place of its first strange byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.text_files import read_text, text_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_each_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "web.yml"
    path.write_bytes("ü 🚀\r\n".encode(encoding))
    assert read_text(str(path), "src") == "ü 🚀\r\n"


def test_utf_16_with_its_large_end_first() -> None:
    assert text_of("\ufeffü".encode("utf-16-be"), "src") == "ü"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: 1\nb: für\n".encode("latin-1"), ["0xfc", "line 2, column 5", "UTF-8"]),
        (b"\xff\xfea\x00\x00\xd8", ["line 1, column 2", "UTF-16"]),
        (b"\x1f\x8b\x08", ["0x8b", "line 1, column 2"]),
    ],
)
def test_what_is_no_text(content: bytes, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        text_of(content, "src web.yml")
    for word in ("src web.yml", *words):
        assert word in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_text(str(tmp_path), f"src {tmp_path}")
    assert "directory" in caught.value.message
