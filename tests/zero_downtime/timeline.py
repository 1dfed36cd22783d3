# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A picture of a rollout: what became of the requests, above what became of the pods, on one time axis.

python -m tests.zero_downtime.timeline RECORDS PODS RESULT PICTURE --title TEXT

RECORDS: the CSV of the load generator. PODS: JSON lines as Sample. RESULT: the JSON that the load generator printed, for its marks.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

WIDTH, LEFT, RIGHT = 880, 64, 16
UPPER = 170
"""Height of the requests' part."""
ROW, BAR = 20, 14
"""Height of a pod's row and of its bar."""
LINE = 15
"""Height of a line of text."""
LETTER = 6.1
"""Width of a letter, about: nothing here can measure text."""
COLOURS = ("#2f7ed8", "#3a9d4a", "#9b59d0", "#c98a14", "#1f9e9e")
FAILED = "#e03131"
STYLE = (
    "text{fill:#444}.axis{stroke:#888;stroke-width:1}.grid{stroke:#888;stroke-width:.5;opacity:.35}"
    ".mark{stroke:#444;stroke-width:1;stroke-dasharray:3 3}.state{fill:#888;stroke:#888}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}.mark{stroke:#ccc}}"
)
STATES = {"starting": "not ready", "ready": "ready", "terminating": "terminating"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: when it was sent (ms), its outcome (ok or how it failed) and the version that answered, empty if none did."""

    ms: float
    outcome: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a pod is from this moment (ms, on the requests' clock) to its next sample, or to the end; phase "gone": it is no more."""

    ms: float
    pod: str
    version: str = ""
    phase: str = "Running"
    ready: bool = False
    terminating: bool = False

    @property
    def state(self) -> str:
        """One of STATES, or gone."""
        if self.phase == "gone":
            return "gone"
        if self.terminating:
            return "terminating"
        return "ready" if self.ready else "starting"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A moment (ms) and what happened."""

    ms: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A time (ms) in which a pod was in one state."""

    begin: float
    end: float
    state: str


@dataclass(frozen=True, kw_only=True)
class Column:
    """The requests that were sent in a time (ms): how many each version answered, and how many failed."""

    begin: float
    end: float
    versions: Counter[str]
    failed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.versions.total() + self.failed


def requests_of(lines: Iterable[str]) -> list[Request]:
    """Return the requests in the records of the load generator."""
    return [Request(ms=float(row["start_ms"]), outcome=row["outcome"], version=row["version"]) for row in csv.DictReader(lines)]


def samples_of(lines: Iterable[str]) -> list[Sample]:
    """Return the samples in JSON lines; other keys than those of Sample do no harm."""
    fields = ("ms", "pod", "version", "phase", "ready", "terminating")
    documents = [json.loads(line) for line in lines if line.strip()]
    return [Sample(**{key: value for key, value in document.items() if key in fields}) for document in documents]


def columns(requests: Sequence[Request], end: float, step: float) -> list[Column]:
    """Return the requests by the time they were sent; a rest shorter than half a step belongs to the last column."""
    count = max(1, round(end / step))
    parts = [Column(begin=i * step, end=(i + 1) * step if i + 1 < count else end, versions=Counter(), failed=0) for i in range(count)]
    failed = [0] * count
    for request in requests:
        place = min(int(request.ms / step), count - 1)
        if request.outcome == "ok":
            parts[place].versions[request.version] += 1
        else:
            failed[place] += 1
    return [Column(begin=part.begin, end=part.end, versions=part.versions, failed=lost) for part, lost in zip(parts, failed, strict=True)]


def bars(samples: Sequence[Sample], end: float) -> dict[str, list[Bar]]:
    """Return what each pod went through, within 0 and the end; pods in the order of their first samples."""
    result: dict[str, list[Bar]] = {}
    for pod in dict.fromkeys(sample.pod for sample in sorted(samples, key=lambda sample: sample.ms)):
        own = sorted((sample for sample in samples if sample.pod == pod), key=lambda sample: sample.ms)
        found: list[Bar] = []
        for now, later in pairwise([*own, Sample(ms=end, pod=pod, phase="gone")]):
            begin, until = max(now.ms, 0.0), min(later.ms, end)
            if now.state == "gone" or until <= begin:
                continue
            if found and found[-1].state == now.state and found[-1].end == begin:
                begin = found.pop().begin
            found.append(Bar(begin=begin, end=until, state=now.state))
        if found:
            result[pod] = found
    return result


def step_of(end: float) -> float:
    """Return how long a column is: 250 ms, or more where there would be too many of them."""
    step = 250.0
    while end / step > 240:
        step *= 2
    return step


def ticks(highest: float, most: int) -> list[float]:
    """Return round numbers from 0 to the highest, no more of them than `most` beside 0."""
    if highest <= 0:
        return [0.0]
    unit = 10.0 ** math.floor(math.log10(highest / most))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit * most >= highest * (1 - 1e-9))
    return [step * number for number in range(int(highest / step + 1e-9) + 1)]


def draw(requests: Sequence[Request], samples: Sequence[Sample], marks: Sequence[Mark], title: str) -> str:
    """Return the picture as SVG; it begins at 0 ms and ends with what is last of all."""
    return "\n".join(Picture(requests, samples, marks, title).lines()) + "\n"


class Picture:
    """The parts of the picture, and where they lie."""

    def __init__(self, requests: Sequence[Request], samples: Sequence[Sample], marks: Sequence[Mark], title: str) -> None:
        self.requests, self.title = requests, title
        self.end = max([1.0, *(request.ms for request in requests), *(sample.ms for sample in samples), *(mark.ms for mark in marks)])
        self.step = step_of(self.end)
        self.columns = columns(requests, self.end, self.step)
        self.bars = bars(samples, self.end)
        self.version_of = {sample.pod: sample.version for sample in samples if sample.version}
        answered = dict.fromkeys(request.version for request in requests if request.outcome == "ok")
        self.versions = list(dict.fromkeys([*answered, *(self.version_of.get(pod, "") for pod in self.bars)]))
        self.marks = self.placed(sorted(marks, key=lambda mark: mark.ms))
        self.top = 4 * LINE + LINE * max((row + 1 for _, row in self.marks), default=0)
        self.lower = self.top + UPPER + 2 * LINE
        self.bottom = self.lower + ROW * len(self.bars)

    def x(self, ms: float) -> float:
        """Return where a moment lies."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ms / self.end, 2)

    def colour(self, version: str) -> str:
        """Return the colour of a version: in the order in which they appear."""
        return COLOURS[self.versions.index(version) % len(COLOURS)]

    def placed(self, marks: Sequence[Mark]) -> list[tuple[Mark, int]]:
        """Return each mark with its line of text, counted upwards from the requests.

        No two texts overlap; from right to left, those to the left are above, so that the lines to the right begin below their texts.
        """
        taken: list[float] = []
        result = []
        for mark in reversed(marks):
            begin, end = self.span(mark)
            row = next((number for number, since in enumerate(taken) if since > end), len(taken))
            taken[row : row + 1] = [begin]
            result.append((mark, row))
        return result[::-1]

    def span(self, mark: Mark) -> tuple[float, float]:
        """Return where a mark's text begins and ends: to the right of its line, or to the left where there is no room."""
        at, width = self.x(mark.ms), LETTER * len(mark.text) + 8
        return (at, at + width) if at + width <= WIDTH else (at - width, at)

    def lines(self) -> Iterator[str]:
        """Return the SVG line by line."""
        height = self.bottom + 3 * LINE
        yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11" role="img">'
        yield f"<title>{escape(self.title)}</title>"
        yield f"<style>{STYLE}</style>"
        yield from self.patterns()
        yield f'<text x="{LEFT}" y="{LINE + 3}" font-size="15" font-weight="bold">{escape(self.title)}</text>'
        yield from self.legend()
        yield from self.request_part()
        yield from self.pod_part()
        yield from self.time_axis()
        yield from self.mark_lines()
        yield "</svg>"

    def patterns(self) -> Iterator[str]:
        """Return the stripes of pods that terminate, in each colour."""
        yield "<defs>"
        for name, colour in [*((f"s{number}", self.colour(version)) for number, version in enumerate(self.versions)), ("s", "#888")]:
            shape = f'<path d="M0 0V6" stroke="{colour}" stroke-width="4"/>'
            yield f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">{shape}</pattern>'
        yield "</defs>"

    def legend(self) -> Iterator[str]:
        """Return the line below the title: the versions and failures with their numbers, then the states of pods."""
        y, x = 2 * LINE + 12, float(LEFT)
        answered = Counter(request.version for request in self.requests if request.outcome == "ok")
        failed = len(self.requests) - answered.total()
        entries = [(f"{version or 'no version'}: {answered[version]:,}", f'fill="{self.colour(version)}"') for version in self.versions]
        entries.append((f"failed: {failed:,}", f'fill="{FAILED}"'))
        for text, paint in entries:
            yield f'<rect x="{x:g}" y="{y - 9}" width="10" height="10" {paint}/><text x="{x + 15:g}" y="{y}">{escape(text)}</text>'
            x += 15 + LETTER * len(text) + 14
        if not self.bars:
            return
        x = WIDTH - RIGHT - sum(29 + LETTER * len(f"pod {text}") + 8 for text in STATES.values())
        for state, text in STATES.items():
            yield f'{box(x, y - 9, 24, 10, state, "#888", "s")}<text x="{x + 29:g}" y="{y}">pod {text}</text>'
            x += 29 + LETTER * len(f"pod {text}") + 8

    def request_part(self) -> Iterator[str]:
        """Return the columns of requests: answered ones by version from below, failed ones on top, with a faint band behind them."""
        floor = self.top + UPPER
        highest = max(column.total * self.step / (column.end - column.begin) for column in self.columns)
        scale = (UPPER - 10) / max(highest, 1)
        for value in ticks(max(highest, 1), 4):
            y = round(floor - value * scale, 2)
            yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/><text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>'
        middle = self.top + UPPER / 2
        what = f"requests per {self.step:g} ms" if self.step < 1000 else f"requests per {self.step / 1000:g} s"
        yield f'<text transform="translate(14 {middle:g}) rotate(-90)" text-anchor="middle">{what}</text>'
        for column in self.columns:
            x, width = self.x(column.begin), round(self.x(column.end) - self.x(column.begin), 2)
            if column.failed:
                yield f'<rect x="{x}" y="{self.top}" width="{width}" height="{UPPER}" fill="{FAILED}" opacity=".25"/>'
            each, y = scale * self.step / (column.end - column.begin), float(floor)
            for version in self.versions:
                if high := column.versions[version] * each:
                    y -= high
                    yield rectangle(x, y, width, high, self.colour(version))
            if column.failed:
                high = max(column.failed * each, 2)  # one among many would be hard to see
                yield rectangle(x, y - high, width, high, FAILED)
        yield f'<path class="axis" d="M{LEFT} {floor}H{WIDTH - RIGHT}"/>'

    def pod_part(self) -> Iterator[str]:
        """Return one row for each pod, with the end of its name."""
        for row, (pod, found) in enumerate(self.bars.items()):
            version = self.version_of.get(pod, "")
            y = self.lower + row * ROW + (ROW - BAR) / 2
            name = escape(pod.rsplit("-", 1)[-1][-8:])
            yield f'<text x="{LEFT - 6}" y="{y + BAR - 3:g}" text-anchor="end"><title>{escape(pod)}</title>{name}</text>'
            for bar in found:
                x, width = self.x(bar.begin), max(self.x(bar.end) - self.x(bar.begin), 1)
                yield box(x, y, width, BAR, bar.state, self.colour(version), f"s{self.versions.index(version)}")

    def time_axis(self) -> Iterator[str]:
        """Return the axis of seconds, with lines through both parts."""
        yield f'<path class="axis" d="M{LEFT} {self.bottom}H{WIDTH - RIGHT}"/>'
        for value in ticks(self.end / 1000, 12):
            x = self.x(value * 1000)
            yield f'<path class="grid" d="M{x} {self.top}V{self.bottom + 4}"/>'
            yield f'<text x="{x}" y="{self.bottom + LINE + 1}" text-anchor="middle">{value:g}</text>'
        yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{self.bottom + 2 * LINE + 3}" text-anchor="middle">seconds</text>'

    def mark_lines(self) -> Iterator[str]:
        """Return the marks: a line through both parts each, its text above."""
        for mark, row in self.marks:
            x, y = self.x(mark.ms), self.top - 5 - row * LINE
            to_the_right = self.span(mark)[0] == x
            where = f'x="{x + 3 if to_the_right else x - 3:g}" y="{y}"' + ("" if to_the_right else ' text-anchor="end"')
            yield f'<path class="mark" d="M{x} {y - 9}V{self.bottom}"/><text {where}>{escape(mark.text)}</text>'


def rectangle(x: float, y: float, width: float, height: float, colour: str) -> str:
    """Return a filled rectangle without gaps to its neighbours."""
    return f'<rect x="{x:g}" y="{y:.2f}" width="{width:g}" height="{height:.2f}" fill="{colour}" shape-rendering="crispEdges"/>'


def box(x: float, y: float, width: float, height: float, state: str, colour: str, stripes: str) -> str:
    """Return a pod's bar: hollow while it is not ready, full while it is, striped while it terminates."""
    fill = {"starting": f'fill="{colour}" fill-opacity=".15"', "ready": f'fill="{colour}"', "terminating": f'fill="url(#{stripes})"'}[state]
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {fill} stroke="{colour}"/>'


def main() -> None:
    """Draw what the files say."""
    parser = argparse.ArgumentParser(prog="timeline", description="Draw requests and pods of a rollout on one time axis, as SVG.")
    for name, what in (("records", "CSV of the load generator"), ("pods", "JSON lines"), ("result", "JSON of the load generator")):
        parser.add_argument(name, type=Path, help=what)
    parser.add_argument("picture", type=Path, help="the SVG to write")
    parser.add_argument("--title", default="Requests and pods")
    given = parser.parse_args()
    marks = [Mark(ms=mark["ms"], text=mark["text"]) for mark in json.loads(given.result.read_text())["marks"]]
    requests, samples = requests_of(given.records.read_text().splitlines()), samples_of(given.pods.read_text().splitlines())
    given.picture.write_text(draw(requests, samples, marks, given.title))


if __name__ == "__main__":
    main()
