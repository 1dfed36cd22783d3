# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Prometheus that says what the test wants, in the place of the one that a gate asks by HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Prometheus, Reading, Series

Answer = Callable[[str], Reading]


def value(number: float | None) -> Reading:
    """An answer with one value."""
    return Reading(series=(Series({}, number),))


class Answers:
    """A Prometheus that says what the test wants; `asked` has the queries as they came."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _query: value(0)
        self.asked: list[str] = []

    def begin(self, source: Prometheus) -> Answers._Ask:
        return Answers._Ask(self, source.query)

    class _Ask:
        def __init__(self, answers: Answers, query: str) -> None:
            self._answers, self._query = answers, query

        def ask(self) -> Reading:
            self._answers.asked.append(self._query)
            return replace(self._answers.answer(self._query), query=self._query)

        def close(self) -> None:
            """Return at once."""


def gate(name: str = "errors", query: str = "errors", **options: Any) -> dict[str, Any]:
    """An entry of the option `gates`."""
    return {"name": name, "prometheus": {"url": "http://prometheus", "query": query}, "max": 0.01, **options}
