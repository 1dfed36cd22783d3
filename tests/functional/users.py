# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users reach: an HTTP server on 127.0.0.1 whose answers a test changes when the cluster shows something."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .cluster import PATIENCE


class Site:
    """`status` and `body` are what it answers from now on; `requests` has the headers of all requests so far."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b"welcome"
        self.requests: list[dict[str, str]] = []
        self.url = ""

    def fail(self, status: int = 503) -> None:
        """Answer with errors from now on."""
        self.status = status

    def fail_for(self, seconds: float) -> None:
        """Answer with errors for so long."""
        self.fail()
        threading.Timer(seconds, self.heal).start()

    def heal(self) -> None:
        """Answer well again."""
        self.status = 200


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def site() -> Iterator[Site]:
    """A server for the length of a test."""
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(dict(self.headers.items()))
            with suppress(ConnectionError):
                self.send_response(served.status)
                self.send_header("Content-Length", str(len(served.body)))
                self.end_headers()
                self.wfile.write(served.body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}/shop"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def once(happens: Callable[[], bool], act: Callable[[], object]) -> Iterator[threading.Event]:
    """Inside, do something as soon as the cluster shows something; the event says that it was done."""
    done, ended = threading.Event(), threading.Event()

    def look() -> None:
        limit = time.monotonic() + PATIENCE
        while not ended.wait(0.1) and time.monotonic() < limit:
            if happens():
                act()
                done.set()
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield done
    finally:
        ended.set()
        thread.join()
