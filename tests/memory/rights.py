# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what, as far as tests say: everybody may do everything that is not taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .refusals import Refusal, forbidden

ADMINISTRATOR = "administrator"


@dataclass
class Rights:
    """Rights that users lack: `deny("robot", ["list", "watch"], "pods")`."""

    _denied: set[tuple[str, str, str, str]] = field(default_factory=set)

    def deny(self, user: str, verbs: Iterable[str], plural: str, namespace: str = "") -> None:
        """Take rights on a kind (`pods`, `pods/log`) away, everywhere without a namespace; the verb `*` stands for all."""
        self._denied |= {(user, verb, plural, namespace) for verb in verbs}

    def grant_all(self, user: str) -> None:
        """Give a user everything back."""
        self._denied = {entry for entry in self._denied if entry[0] != user}

    def check(self, user: str, verb: str, plural: str, group: str, namespace: str, name: str) -> None:
        """Raise `Refusal` for what a user may not do."""
        for meant in (verb, "*"):
            for place in ("", namespace):
                if (user, meant, plural, place) in self._denied:
                    raise forbidden(user, verb, plural, group, namespace, name)

    def allow(self, user: str, wanted: Mapping[str, str]) -> bool:
        """Answer the question of a SelfSubjectAccessReview, given its resourceAttributes."""
        plural = "/".join(part for part in (wanted["resource"], wanted.get("subresource")) if part)
        try:
            self.check(user, wanted["verb"], plural, wanted.get("group", ""), wanted.get("namespace", ""), wanted.get("name", ""))
        except Refusal:
            return False
        return True
