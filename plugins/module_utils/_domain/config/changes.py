# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two contents: names of keys only, so that it may stand in a change cause whatever the values are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .content import SECRET, Content

_NAMED = 5


@dataclass(frozen=True)
class Changes:
    """Keys that differ, each tuple sorted. As text: `LOG_LEVEL, TIMEOUT changed; OLD removed`; false when there are none."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """The type of a Secret before and after, where it differs."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.types)

    def __str__(self) -> str:
        parts = [
            f"{_listed(keys)} {what}"
            for keys, what in ((self.changed, "changed"), (self.added, "added"), (self.removed, "removed"))
            if keys
        ]
        if self.types:
            parts.append(f"type {' became '.join(self.types)}")
        return "; ".join(parts)


def compared(before: Content | None, after: Content) -> Changes:
    """What differs; without a content before, every key was added. A key that became text or bytes has changed."""
    if before is None:
        return Changes(added=tuple(sorted(after.values)))
    old, new = ({key: (key in content.binary, value) for key, value in content.values.items()} for content in (before, after))
    return Changes(
        added=tuple(sorted({*new} - {*old})),
        removed=tuple(sorted({*old} - {*new})),
        changed=tuple(sorted(key for key in {*old} & {*new} if old[key] != new[key])),
        types=(before.type, after.type) if before.type != after.type else (),
    )


def cause(base: str, before: Content | None, after: Content) -> str:
    """The sentence for a change cause: `config vweb-config: LOG_LEVEL, TIMEOUT changed; OLD removed`; empty where nothing changed."""
    changes = compared(before, after)
    word = "secret" if after.kind == SECRET else "config"
    return f"{word} {base}: {changes}" if changes else ""


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f"{', '.join(keys[:_NAMED])}{more}"
