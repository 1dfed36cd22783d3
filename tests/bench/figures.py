# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers, their goals, and how they are shown. Nothing here measures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Sense = Literal["at most", "at least"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number with a goal: a value for each round."""

    name: str
    unit: str
    values: tuple[float, ...]
    goal: float
    sense: Sense = "at most"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def reached(self) -> bool:
        """Whether the median is on the right side of the goal."""
        return self.median <= self.goal if self.sense == "at most" else self.median >= self.goal

    @property
    def relative(self) -> tuple[float, float, float]:
        """Lowest, median and highest as parts of the goal, turned so that 1 or less is what was wanted."""
        parts = sorted(value / self.goal if self.sense == "at most" else self.goal / value for value in self.values)
        return parts[0], statistics.median(parts), parts[-1]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What was measured itself, before any ratio: a value for each round."""

    name: str
    values: tuple[float, ...]
    unit: str = "s"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """The outcome of one measurement."""

    title: str
    figures: tuple[Figure, ...]
    subjects: tuple[Subject, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """The ratio of each round: only what was measured right after one another is compared."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def number(value: float) -> str:
    """A number with three digits that count."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def rows(measures: Sequence[Measure]) -> list[tuple[str, str, str, str, str]]:
    """The table of all figures: name, median, range, goal, reached."""
    found = []
    for measure in measures:
        for figure in measure.figures:
            lowest, highest = number(min(figure.values)), number(max(figure.values))
            median = f"{number(figure.median)} {figure.unit}".strip()
            goal = f"{figure.sense} {figure.goal:g} {figure.unit}".strip()
            found.append((figure.name, median, f"{lowest} to {highest}", goal, "yes" if figure.reached else "no"))
    return found


HEAD = ("measure", "median", "lowest to highest", "goal", "reached")


def table(measures: Sequence[Measure]) -> str:
    """The table for a terminal, and what was measured itself below it."""
    lines = [HEAD, *rows(measures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    for measure in measures:
        text += ["", f"{measure.title}:"]
        text += [f"  {line}" for line in subject_lines(measure)]
        text += [f"  {key}: {value}" for key, value in measure.details.items()]
    return "\n".join(text)


def subject_lines(measure: Measure) -> list[str]:
    """The medians and ranges of what was measured itself."""
    width = max((len(subject.name) for subject in measure.subjects), default=0)
    return [
        f"{subject.name.ljust(width)}  {number(statistics.median(subject.values))} {subject.unit}"
        f"  ({number(min(subject.values))} to {number(max(subject.values))})"
        for subject in measure.subjects
    ]


def markdown(measures: Sequence[Measure]) -> str:
    """The table of all figures as Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD), *rows(measures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(measures: Mapping[str, Measure]) -> dict[str, Any]:
    """All of it as plain data, for JSON."""
    return {
        key: {
            "title": measure.title,
            "figures": [
                {
                    "name": figure.name,
                    "unit": figure.unit,
                    "median": figure.median,
                    "values": list(figure.values),
                    "goal": figure.goal,
                    "sense": figure.sense,
                    "reached": figure.reached,
                }
                for figure in measure.figures
            ],
            "subjects": [
                {"name": subject.name, "unit": subject.unit, "median": statistics.median(subject.values), "values": list(subject.values)}
                for subject in measure.subjects
            ],
            "details": dict(measure.details),
        }
        for key, measure in measures.items()
    }
