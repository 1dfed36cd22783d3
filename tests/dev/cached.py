# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of the user's cache whose names say what they hold: made once, whole or not at all, whoever else asks meanwhile."""

from __future__ import annotations

import hashlib
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from .paths import cache
from .shell import lock


def digest(*parts: bytes) -> str:
    """Return a short hash of the parts."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def machine() -> bytes:
    """Return what programs are built for."""
    return f"{platform.system()}-{platform.machine()}".encode()


def made(folder: Path, fill: Callable[[Path], None], waiting: str) -> Path:
    """Return a folder `KIND-DIGEST` of the cache. Where it is not there, `fill` gets a temporary one, which becomes it once it is whole.

    One process at a time makes folders of a kind; the others say that they wait.
    """
    if not folder.is_dir():
        kind = folder.name.rpartition("-")[0]
        with lock(cache() / f"{kind}.lock", waiting):
            if not folder.is_dir():
                _make(folder, kind, fill)
    return folder


def _make(folder: Path, kind: str, fill: Callable[[Path], None]) -> None:
    for left_over in cache().glob(f"making-{kind}-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=f"making-{kind}-", dir=cache()))
    try:
        fill(temporary)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
