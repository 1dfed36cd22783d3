# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Prometheus on 127.0.0.1, which reads counters five times a second: those of an application of ours, or of pods."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.dev import prometheus

PATIENCE = 60.0
"""Seconds until Prometheus must have begun."""


@dataclass
class Application:
    """What its pods have counted: requests by the pod and the status."""

    counts: dict[tuple[str, int], float] = field(default_factory=dict)
    port: int = 0

    def serve(self, pod: str, *, well: float, badly: float = 0.0) -> None:
        """So many more requests of a pod were answered well, and so many badly."""
        for code, count in ((200, well), (500, badly)):
            self.counts[pod, code] = self.counts.get((pod, code), 0.0) + count

    def text(self) -> str:
        """The counters as Prometheus reads them."""
        lines = ["# TYPE requests_total counter"]
        lines += [f'requests_total{{pod="{pod}",code="{code}"}} {count}' for (pod, code), count in sorted(self.counts.items())]
        return "\n".join([*lines, ""])


@dataclass
class Recorded:
    """Counters as somebody else's program has shown them ten times in the last minute: each by its series, and by its growth each time.

    They come with their times, so that what a query gives follows from the numbers alone.
    """

    growth: dict[str, float]
    port: int = 0
    times: list[float] = field(default_factory=lambda: [time.time() - 50 + 5 * number for number in range(10)])

    def text(self) -> str:
        """All of them as Prometheus reads them."""
        rows = [
            f"{series} {growth * (number + 1)} {at * 1000:.0f}"
            for series, growth in self.growth.items()
            for number, at in enumerate(self.times)
        ]
        return "\n".join([*rows, ""])


@dataclass
class Server:
    """The running Prometheus."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def value(self, query: str) -> list[Any]:
        """What a query gives now, asked without anything of ours."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=10)
        connection.request("GET", f"/api/v1/query?{urllib.parse.urlencode({'query': query})}")
        found = json.loads(connection.getresponse().read())
        connection.close()
        result: list[Any] = found["data"]["result"]
        return result

    def until(self, query: str, value: float) -> None:
        """Return once a query gives this one value."""
        limit = time.monotonic() + PATIENCE
        while [float(entry["value"][1]) for entry in self.value(query)] != [value]:
            assert time.monotonic() < limit, f"Prometheus gives {self.value(query)} for {query}, and not {value}"
            threading.Event().wait(0.1)

    def scrape(self, targets: Mapping[str, Mapping[str, str]]) -> None:
        """Read these from now on, and no others: addresses, each with the labels that its series get."""
        _configure(self.folder, targets)
        self.process.send_signal(signal.SIGHUP)


@dataclass
class Metrics(Server):
    """The same, with the application that it reads."""

    application: Application

    def read(self) -> None:
        """Return once Prometheus has read the present counters."""
        wanted = {(pod, str(code)): count for (pod, code), count in self.application.counts.items()}
        limit = time.monotonic() + PATIENCE
        while True:
            seen = {(entry["metric"]["pod"], entry["metric"]["code"]): float(entry["value"][1]) for entry in self.value("requests_total")}
            if seen == wanted:
                return
            assert time.monotonic() < limit, f"Prometheus has read {seen} and not {wanted}"
            threading.Event().wait(0.1)


@contextmanager
def running(folder: Path) -> Iterator[Metrics]:
    """Prometheus with its data in a folder, and an application, until the end of the block."""
    application = Application()
    with served(application), serving(folder, {f"127.0.0.1:{application.port}": {}}) as server:
        yield Metrics(server.url, server.folder, server.process, application)


@contextmanager
def serving(folder: Path, targets: Mapping[str, Mapping[str, str]]) -> Iterator[Server]:
    """Prometheus by itself, which reads these targets at first (see `Server.scrape`), until the end of the block."""
    with (folder / "prometheus.log").open("wb") as log:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        _configure(folder, targets)
        command = [
            str(prometheus.program()),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _await_ready(process, port, folder)
            yield Server(f"http://127.0.0.1:{port}", folder, process)
        finally:
            process.terminate()
            process.wait(30)


def _configure(folder: Path, targets: Mapping[str, Mapping[str, str]]) -> None:
    static = [{"targets": [address], "labels": dict(labels)} for address, labels in targets.items()]
    scrape = {"job_name": "web", "static_configs": static}
    # Whole at any time: a file that it reads half written would be refused, and the former one kept.
    whole = folder / "prometheus.yml.new"
    whole.write_text(yaml.safe_dump({"global": {"scrape_interval": "200ms"}, "scrape_configs": [scrape]}))
    whole.replace(folder / "prometheus.yml")


def _await_ready(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/-/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        assert process.poll() is None and time.monotonic() < limit, (folder / "prometheus.log").read_text()  # noqa: PT018 - one condition
        threading.Event().wait(0.05)


@contextmanager
def served(application: Application | Recorded) -> Iterator[None]:
    """Show the counters at a port of 127.0.0.1, which `port` tells, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = application.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        application.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
