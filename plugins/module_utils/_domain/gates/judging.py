# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a gate: of one measurement, and of all of them.

NaN, null and an empty answer are no data, never a pass; an infinite value is a value. A question that could not be asked says nothing of
the version: enough of them in a row are inconclusive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .gate import Bounds, Gate, Prometheus, Reading, Series, Verdict

Outcome: TypeAlias = Literal["pass", "fail", "no_data", "error"]
KEPT = 10
"""So many measurements are told, the last ones."""


@dataclass(frozen=True)
class Measurement:
    """One question and what came of it, `at` so many seconds after the gate began."""

    at: float
    outcome: Outcome
    said: str
    """Why, in a clause: `0.21 is more than 0.01 (pod="web-1")`."""
    value: float | None = None
    """The value that decided."""
    query: str = ""


@dataclass(frozen=True)
class Standing:
    """All measurements so far."""

    passed: int = 0
    failed: int = 0
    inconclusive: int = 0
    ignored: int = 0
    errors: int = 0
    errors_in_a_row: int = 0
    last: tuple[Measurement, ...] = ()
    """The last ones, oldest first."""
    decisive: Measurement | None = None
    """The last one that was no pass."""

    @property
    def total(self) -> int:
        """How many were measured, errors included."""
        return self.passed + self.failed + self.inconclusive + self.ignored + self.errors

    def after(self, gate: Gate, found: Measurement) -> Standing:
        """The standing with one measurement more."""
        kept = replace(
            self,
            last=(*self.last, found)[-KEPT:],
            decisive=self.decisive if found.outcome == "pass" else found,
            errors_in_a_row=self.errors_in_a_row + 1 if found.outcome == "error" else 0,
        )
        if found.outcome == "error":
            return replace(kept, errors=kept.errors + 1)
        if found.outcome == "pass":
            return replace(kept, passed=kept.passed + 1)
        if found.outcome == "fail" or gate.limits.no_data == "fail":
            return replace(kept, failed=kept.failed + 1)
        if gate.limits.no_data == "ignore":
            return replace(kept, ignored=kept.ignored + 1)
        return replace(kept, inconclusive=kept.inconclusive + 1)

    def verdict(self, gate: Gate, *, over: bool) -> Verdict | None:
        """The verdict, or None while it goes on. `over`: there is no time for another measurement."""
        limits = gate.limits
        if self.failed > limits.failures:
            return "fail"
        if self.inconclusive > limits.inconclusive or self.errors_in_a_row > limits.errors:
            return "inconclusive"
        if not over:
            return None
        return "pass" if self.passed >= max(1, limits.least) else "inconclusive"

    def is_counted_out(self, gate: Gate) -> bool:
        """Whether as many were measured as are wanted; errors do not count."""
        return self.total - self.errors >= gate.limits.count


def judged(gate: Gate, reading: Reading, at: float) -> Measurement:
    """Judge one answer."""
    outcome, said, value = _judged(gate, reading)
    return Measurement(at, outcome, said, value, reading.query)


def _judged(gate: Gate, reading: Reading) -> tuple[Outcome, str, float | None]:
    if reading.trouble:
        return "error", reading.trouble, None
    if reading.passed is not None:
        return ("pass" if reading.passed else "fail"), reading.said, None
    source = gate.source
    if isinstance(source, Prometheus) and source.samples and not (reading.samples or 0.0) >= source.least_samples:
        amount = "no data" if reading.samples is None else spelled(reading.samples)
        return "no_data", f"min_samples.query gave {amount}, and the value needs at least {spelled(source.least_samples)}", None
    return _of_series(gate.bounds, reading)


def _of_series(bounds: Bounds, reading: Reading) -> tuple[Outcome, str, float | None]:
    if not reading.series:
        return "no_data", "the answer holds no value", None
    if not bounds.are_there:
        return "error", "the value is a number, and no bound is given for it", reading.series[0].value
    found = [_one(bounds, series, reading.baseline) for series in reading.series]
    order: tuple[Outcome, ...] = ("fail", "no_data", "pass") if bounds.all_series else ("pass", "no_data", "fail")
    return min(found, key=lambda entry: order.index(entry[0]))


def _one(bounds: Bounds, series: Series, baseline: tuple[Series, ...]) -> tuple[Outcome, str, float | None]:
    value, where = series.value, labelled(series)
    if value is None or math.isnan(value):
        return "no_data", f"the value is no number{where}", None
    if bounds.least is not None and value < bounds.least:
        return "fail", f"{spelled(value)} is less than {spelled(bounds.least)}{where}", value
    if bounds.most is not None and value > bounds.most:
        return "fail", f"{spelled(value)} is more than {spelled(bounds.most)}{where}", value
    if bounds.is_relative:
        base = _base(series, baseline)
        if base is None:
            return "no_data", f"the baseline has no value{where}", value
        for most, how in _relative(bounds, base):
            if value > most:
                return "fail", f"{spelled(value)} is more than {how} the baseline's {spelled(base)}{where}", value
    return "pass", f"{spelled(value)}{where}", value


def _relative(bounds: Bounds, base: float) -> list[tuple[float, str]]:
    found = []
    if bounds.ratio is not None:
        found.append((base * bounds.ratio, f"{spelled(bounds.ratio)} times"))
    if bounds.difference is not None:
        found.append((base + bounds.difference, f"{spelled(bounds.difference)} above"))
    return found


def _base(series: Series, baseline: tuple[Series, ...]) -> float | None:
    """The value to compare with: the only one, or that with the same labels. Nothing is to be compared with an infinite one."""
    same = baseline if len(baseline) == 1 else tuple(entry for entry in baseline if dict(entry.labels) == dict(series.labels))
    value = same[0].value if len(same) == 1 else None
    return value if value is not None and math.isfinite(value) else None


def labelled(series: Series) -> str:
    """The labels of a series as PromQL writes them, in parentheses; empty without any."""
    pairs = ", ".join(f'{name}="{value}"' for name, value in sorted(series.labels.items()))
    return f" ({pairs})" if pairs else ""


def spelled(value: float) -> str:
    """A number as people write it."""
    return f"{value:.6g}"


def sentence(gate: Gate, standing: Standing, verdict: Verdict, seconds: float) -> str:
    """What a gate has found, in a sentence: the verdict, the value and its bound, the question, how often and how long."""
    counts = f"measured {standing.total} {'time' if standing.total == 1 else 'times'} in {seconds:.0f} s"
    extra = ", a dry run that does not count" if gate.dry_run else ""
    if verdict == "pass":
        return f"Gate {gate.name} passes: {standing.last[-1].said}; {counts}{extra}."
    found = standing.decisive
    said = found.said if found is not None else "nothing was measured"
    asked = f"; the query was {found.query}" if found is not None and found.query else ""
    if verdict == "fail":
        allowed = f", {standing.failed} failed ({gate.limits.failures} may)" if standing.total > 1 or gate.limits.failures else ""
        return f"Gate {gate.name} fails: {said}{asked}; {counts}{allowed}{extra}."
    least = max(1, gate.limits.least)
    short = f", {standing.passed} passed of the {least} that are needed" if standing.passed < least else ""
    return f"Gate {gate.name} is inconclusive: {said}{asked}; {counts}{short}{extra}. That says nothing of the version."
