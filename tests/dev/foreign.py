# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of other people's Go modules, each built once into the user's cache from a go.mod of its own: it needs other versions than the
cluster."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

from .cached import digest, machine, made
from .golang import compiled, go_program
from .paths import cache
from .shell import say

FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Foreign:
    """One program. `name` is what its file and its cache folder are called, `title` what people call it."""

    name: str
    title: str
    sources: Path
    package: str
    minutes: int
    """How long its build takes about, on two cores."""
    tags: str = ""
    completed: Callable[[Path, str], None] | None = None
    """Adds to a copy of the sources what the build needs besides, by a given Go."""

    @property
    def flags(self) -> list[str]:
        """Return the flags of its build."""
        return [*(("-tags", self.tags) if self.tags else ()), *FLAGS]

    @property
    def folder(self) -> Path:
        """Return the cache folder of exactly these sources, flags and machine."""
        sources = sorted(path for path in self.sources.rglob("*") if path.name in ("go.mod", "go.sum") or path.suffix == ".go")
        content = [path.read_bytes() for path in sources]
        return cache() / f"{self.name}-{digest(*content, ' '.join(self.flags).encode(), machine())}"

    @property
    def is_there(self) -> bool:
        """Say whether it is built."""
        return self.folder.is_dir()

    def program(self) -> Path:
        """Return the program; it is built when it is not there yet."""
        return made(self.folder, self._build, f"Waiting for another process that builds {self.title} ...") / self.name

    def _build(self, folder: Path) -> None:
        go = go_program(self.sources / "go.mod")
        say(f"Building {self.title}, once for this machine (about {self.minutes} minutes on two cores):")
        sources, copy = self.sources, folder / "sources"
        if self.completed:
            sources = shutil.copytree(self.sources, copy)
            self.completed(sources, go)
        compiled(go, self.package, folder / self.name, f"  1 of 1: {self.name}", flags=self.flags, sources=sources)
        shutil.rmtree(copy, ignore_errors=True)
