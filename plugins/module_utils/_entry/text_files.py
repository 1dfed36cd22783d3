# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a file: UTF-8, or UTF-16 with its mark, as kubectl takes it."""

from __future__ import annotations

import codecs
import os

from .._domain.base.errors import InputError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_text(path: str, what: str) -> str:
    """The text of a file. Raises `InputError` with `what` it is called."""
    try:
        with open(os.path.expanduser(path), "rb") as file:
            content = file.read()
    except OSError as error:
        raise InputError(f"{what} cannot be read: {error.strerror}.") from None
    return text_of(content, what)


def text_of(content: bytes, what: str) -> str:
    """The text in the bytes of a file. Raises `InputError` with `what` it is called, and the place of the first byte that is no text."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))
    content = content[len(mark) :]
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding)
        place = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
        name = "UTF-16" if "16" in encoding else "UTF-8"
        raise InputError(
            f"{what} cannot be read: byte 0x{content[error.start]:02x} in {place} is no text of {name}; save the file as UTF-8."
        ) from None
