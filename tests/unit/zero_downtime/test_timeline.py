# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of requests and pods."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from tests.zero_downtime.timeline import (
    FAILED,
    Bar,
    Mark,
    Picture,
    Request,
    Sample,
    bars,
    columns,
    draw,
    requests_of,
    samples_of,
    step_of,
    ticks,
)

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> Xml.Element:
    """Return the root of a picture."""
    return Xml.fromstring(svg)  # noqa: S314 - our own


RECORDS = ["start_ms,end_ms,outcome,version,pod", "0.100,2.000,ok,v1,web-1", "5.000,9.000,refused,,"]


def test_files_are_read():
    assert requests_of(RECORDS) == [Request(ms=0.1, outcome="ok", version="v1"), Request(ms=5.0, outcome="refused")]
    lines = ['{"ms": 1, "pod": "a", "version": "v1", "ready": true, "node": "n"}', "", '{"ms": 2, "pod": "a", "phase": "gone"}']
    assert samples_of(lines) == [Sample(ms=1, pod="a", version="v1", ready=True), Sample(ms=2, pod="a", phase="gone")]


def test_requests_are_counted_by_the_time_they_were_sent():
    sent = [Request(ms=ms, outcome="ok", version="v1") for ms in (0, 249, 250)] + [
        Request(ms=260, outcome="eof"),
        Request(ms=600, outcome="ok"),
    ]
    found = columns(sent, 600, 250)
    # The rest of 100 ms is no column of its own, which would look as if requests were missing.
    assert [(column.begin, column.end, dict(column.versions), column.failed) for column in found] == [
        (0, 250, {"v1": 2}, 0),
        (250, 600, {"v1": 1, "": 1}, 1),
    ]
    assert [column.total for column in found] == [2, 3]


def test_pods_go_from_sample_to_sample():
    samples = [
        Sample(ms=500, pod="new"),
        Sample(ms=-100, pod="old", ready=True),
        Sample(ms=600, pod="new"),
        Sample(ms=700, pod="new", ready=True),
        Sample(ms=800, pod="old", ready=True, terminating=True),
        Sample(ms=900, pod="old", phase="gone"),
        Sample(ms=-50, pod="past", phase="gone"),
    ]
    assert bars(samples, 1000) == {
        "old": [Bar(begin=0, end=800, state="ready"), Bar(begin=800, end=900, state="terminating")],
        "new": [Bar(begin=500, end=700, state="starting"), Bar(begin=700, end=1000, state="ready")],
    }


@pytest.mark.parametrize(("end", "step"), [(1, 250), (60_000, 250), (60_001, 500), (300_000, 2000)])
def test_columns_stay_wide_enough_to_be_seen(end, step):
    assert step_of(end) == step


@pytest.mark.parametrize(
    ("highest", "most", "values"),
    [
        (0, 4, [0]),
        (1, 4, [0, 0.5, 1]),
        (50, 4, [0, 20, 40]),
        (60, 12, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]),
        (8, 4, [0, 2, 4, 6, 8]),
    ],
)
def test_ticks_are_round(highest, most, values):
    assert ticks(highest, most) == pytest.approx(values)


def test_a_picture_shows_what_there_was():
    sent = [Request(ms=ms, outcome="ok", version="v1" if ms < 500 else "v2") for ms in range(0, 1000, 10)] + [
        Request(ms=300, outcome="reset")
    ]
    samples = [Sample(ms=0, pod="web-5d-abcde", version="v1", ready=True), Sample(ms=400, pod="web-6f-fghij", version="v2")]
    root = parsed(draw(sent, samples, [Mark(ms=400, text="<begin>")], "A & B"))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert {"v1: 50", "v2: 50", "failed: 1", "<begin>", "A & B", "seconds", "requests per 250 ms"} <= set(texts)
    names = [node.find(f"{SVG}title") for node in root.iter(f"{SVG}text")]
    assert [(name.text, name.tail) for name in names if name is not None] == [("web-5d-abcde", "abcde"), ("web-6f-fghij", "fghij")]
    red = [node for node in root.iter(f"{SVG}rect") if node.get("fill") == FAILED]
    assert len(red) == 3  # the legend, the band and the column itself


def test_one_failure_among_many_can_be_seen():
    sent = [Request(ms=ms / 100, outcome="ok") for ms in range(24_000)] + [Request(ms=100, outcome="eof")]
    red = [node for node in parsed(draw(sent, [], [], "")).iter(f"{SVG}rect") if node.get("fill") == FAILED]
    assert min(float(node.get("height", "0")) for node in red) >= 2


def test_nothing_at_all_is_a_picture_too():
    assert parsed(draw([], [], [], "Nothing")).tag == f"{SVG}svg"


def test_texts_of_marks_do_not_overlap():
    marks = [Mark(ms=ms, text="some longer text") for ms in (0, 100, 200, 5000, 9900, 9950)]
    picture = Picture([Request(ms=10_000, outcome="ok")], [], marks, "")
    spans = [(row, *picture.span(mark)) for mark, row in picture.marks]
    for row, begin, end in spans:
        assert begin >= 0
        assert end <= 880
        assert not any(other != (row, begin, end) and other[0] == row and other[1] <= end and begin <= other[2] for other in spans)
    assert [span[0] for span in spans][:4] == [2, 1, 0, 0]
