# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What gates ask by HTTP, against a real server that answers well, badly or not at all."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import (
    Access,
    Bounds,
    Gate,
    Http,
    Prometheus,
    Reading,
    Source,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.judging import judged
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from .faulty_server import cut, hangs, resets, says, serving, silent


def asked(source: Source) -> Reading:
    """What comes of one question."""
    return BY_REQUEST[type(source)](source).ask()


def prometheus(url: str, query: str = "up", **options: Any) -> Reading:
    """What comes of one query."""
    return asked(Prometheus(url, query, access=Access(timeout=2), **options))


def answers(data: Any, status: str = "200 OK", **more: Any) -> Any:
    """A server that answers as Prometheus does."""
    return says(status, json.dumps({"status": "success", "data": data, **more}).encode())


def vector(*entries: tuple[dict[str, str], str]) -> dict[str, Any]:
    """An instant vector."""
    return {"resultType": "vector", "result": [{"metric": labels, "value": [1, value]} for labels, value in entries]}


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ({"resultType": "scalar", "result": [1, "0.5"]}, [({}, 0.5)]),
        (vector(({"pod": "a"}, "1"), ({"pod": "b"}, "+Inf")), [({"pod": "a"}, 1.0), ({"pod": "b"}, math.inf)]),
        (vector(({}, "-Inf")), [({}, -math.inf)]),
        (vector(), []),
        (
            {"resultType": "matrix", "result": [{"metric": {"pod": "a"}, "values": [[1, "1"], [2, "NaN"], [3, "2"]]}]},
            [({"pod": "a"}, 1.0), ({"pod": "a"}, 2.0)],
        ),
        ({"resultType": "matrix", "result": []}, []),
    ],
)
def test_each_shape_of_answer_is_read_with_its_labels(data: Any, values: list[Any]) -> None:
    with serving(answers(data)) as server:
        found = prometheus(server.url)
    assert (found.trouble, [(dict(entry.labels), entry.value) for entry in found.series]) == ("", values)


@pytest.mark.parametrize("values", [["NaN"], ["NaN", "NaN"]])
def test_nan_stays_what_it_is(values: list[str]) -> None:
    data = {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, value] for value in values]}]}
    for shape in (data, vector(({}, "NaN"))):
        with serving(answers(shape)) as server:
            (found,) = prometheus(server.url).series
        assert found.value is not None
        assert math.isnan(found.value)


def refuses(status: str, why: str = "") -> Any:
    """A server that answers as Prometheus does where it refuses."""
    return says(status, json.dumps({"status": "error", "errorType": "bad_data", "error": why}).encode())


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (refuses("400 Bad Request", 'parse error: unexpected "}"'), 'answered 400: parse error: unexpected "}"'),
        (says("401 Unauthorized", b""), "answered 401; give bearer_token, or username and password"),
        (says("403 Forbidden", b""), "answered 403; the token or user may not ask it"),
        (says("404 Not Found", b"not here"), "answered 404; give the address that /api/v1/query is under"),
        (says("302 Found", b"", "Location: http://127.0.0.1:1/login"), "answered 302, which leads elsewhere, as a page to log in does"),
        (says("301 Moved Permanently", b"", "Location: http://127.0.0.1:1/"), "answered 301, which leads elsewhere"),
        (refuses("503 Service Unavailable", "query timed out in expression evaluation"), "answered 503: query timed out"),
        (says("200 OK", b"<html>login</html>"), "answered 200"),
        (says("200 OK", b'{"status": "success"}'), "answered without data; is it a Prometheus?"),
        (answers({"resultType": "vector", "result": [{}]}), "answered in another form than Prometheus does (KeyError)"),
        (answers({"resultType": "streams", "result": []}), "answered in another form than Prometheus does (ValueError)"),
        (answers({"resultType": "string", "result": [1, "x"]}), "the query gives a text, and a value must be a number"),
        (says("200 OK", b"x" * 1_100_000), "is longer than a megabyte; let the query give fewer series"),
        (hangs, "could not be asked: timeout"),
        (cut, "could not be asked: closed (in the middle of the answer)"),
        (silent, "could not be asked: closed (without an answer)"),
        (resets, "could not be asked: reset"),
    ],
)
def test_what_is_no_answer_is_trouble_in_a_clause_and_no_verdict(act: Any, words: str) -> None:
    with serving(act) as server:
        found = prometheus(f"{server.url}?token=hush")
    assert words in found.trouble
    assert "hush" not in found.trouble
    assert judged(Gate("errors", Prometheus("", ""), Bounds(most=1)), found, 0.0).outcome == "error"


class _Server:
    """A Prometheus that answers each query with the number of its letters, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[_Server]:
        """Serve until the end of the block."""
        kept = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                kept.append((self.path, {name: values[0] for name, values in form.items()}, dict(self.headers)))
                body = json.dumps({"status": "success", "data": vector(({}, str(len(form["query"][0]))))}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_port}"
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


def test_a_query_is_sent_as_it_is_with_the_baseline_and_the_traffic() -> None:
    with _Server().running() as server:
        source = Prometheus(
            f"{server.url}/base/", 'a{b=~"c|d"}', baseline="ab", samples="abc", access=Access({"Authorization": "Bearer x"})
        )
        found = asked(source)
    assert [form["query"] for _path, form, _headers in server.asked] == ['a{b=~"c|d"}', "ab", "abc"]
    assert {path for path, _form, _headers in server.asked} == {"/base/api/v1/query"}
    assert {headers["Authorization"] for _path, _form, headers in server.asked} == {"Bearer x"}
    assert (found.series[0].value, found.baseline[0].value, found.samples, found.query) == (11.0, 2.0, 3.0, 'a{b=~"c|d"}')


def test_a_range_ends_now_and_has_its_step() -> None:
    with _Server().running() as server:
        asked(Prometheus(server.url, "up", range=300, step=15))
    ((path, form, _headers),) = server.asked
    assert (path, form["step"], round(float(form["end"]) - float(form["start"]))) == ("/api/v1/query_range", "15", 300)


def http(url: str, **options: Any) -> Reading:
    """What comes of one request."""
    return asked(Http(url, access=Access(timeout=2), **options))


def gives(value: Any) -> Any:
    """A server that answers with JSON."""
    return says("200 OK", json.dumps({"data": {"value": value}}).encode())


@pytest.mark.parametrize(
    ("act", "options", "passed", "trouble", "values"),
    [
        (says(), {}, True, "", []),
        (says("503 Service Unavailable"), {}, False, "", []),
        (says("302 Found", b"", "Location: http://127.0.0.1:1/"), {}, False, "", []),
        (says("404 Not Found"), {"status": ((404, 404),)}, True, "", []),
        (gives(True), {"json": "$.data.value"}, True, "", []),
        (gives(False), {"json": "$.data.value"}, False, "", []),
        (gives(0.5), {"json": "$.data.value"}, None, "", [0.5]),
        (gives(None), {"json": "$.data.value"}, None, "", []),
        (gives(1), {"json": "$.other"}, None, "", []),
        (gives("well"), {"json": "$.data.value"}, None, "$.data.value is no number and no boolean", []),
        (says("200 OK", b"well"), {"json": "$.data.value"}, None, "the answer is no JSON", []),
        (says("200 OK", b"1" * 1_100_000), {"json": "$"}, None, "the answer is longer than a megabyte", []),
        (says("500 Internal Server Error", b"{}"), {"json": "$"}, None, "the answer has status 500", []),
        (hangs, {}, None, "the request could not be sent: timeout", []),
        (silent, {}, None, "the request could not be sent: closed (without an answer)", []),
    ],
)
def test_an_answer_is_judged_by_its_status_or_by_one_value(
    act: Any, options: dict[str, Any], passed: bool | None, trouble: str, values: list[float]
) -> None:
    with serving(act) as server:
        found = http(server.url, **options)
    assert (found.passed, found.trouble, [entry.value for entry in found.series]) == (passed, trouble, values)
    assert found.query.startswith("GET http://127.0.0.1:")


@pytest.mark.parametrize(
    "source", [Prometheus("https://p", "up", access=Access(ca_cert="/nowhere")), Http("https://p", access=Access(ca_cert="/nowhere"))]
)
def test_a_certificate_that_cannot_be_read_is_refused_before_anything_is_asked(source: Source) -> None:
    with pytest.raises(InputError, match=r"(prometheus|http)\.ca_cert /nowhere cannot be read: No such file or directory\."):
        BY_REQUEST[type(source)](source)


@pytest.mark.parametrize("source", [Prometheus, Http])
def test_closing_ends_a_request_that_is_on_its_way(source: type[Any]) -> None:
    begun = threading.Event()

    def act(connection: Any, head: str) -> None:
        begun.set()
        hangs(connection, head)

    with serving(act) as server:
        its = source(server.url, "up", access=Access(timeout=60)) if source is Prometheus else source(server.url, access=Access(timeout=60))
        asks = BY_REQUEST[source](its)
        found: list[Reading] = []
        thread = threading.Thread(target=lambda: found.append(asks.ask()))
        thread.start()
        assert begun.wait(10)
        asks.close()
        thread.join(10)
        assert not thread.is_alive()
    assert found[0].trouble
