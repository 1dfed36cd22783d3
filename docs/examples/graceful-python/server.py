# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP server that loses no request when its pod is replaced. Python 3.10 or newer, standard library only."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

VERSION = os.environ.get("VERSION", "v1")
DRAIN_TIMEOUT = float(os.environ.get("DRAIN_TIMEOUT", "20"))
"""Seconds; together with the preStop hook less than terminationGracePeriodSeconds."""

stopping = threading.Event()
lock = threading.Lock()
idle: set[socket.socket] = set()
"""Connections that wait for a request."""


def no_more_requests(connection: socket.socket) -> None:
    """Let what waits for a request find the end of the connection, after what has come already; answers can still be written."""
    with contextlib.suppress(OSError):  # the client may have closed it
        connection.shutdown(socket.SHUT_RD)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after another, in a thread of its own."""

    protocol_version = "HTTP/1.1"  # connections are kept alive
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Wait for the next request and answer it."""
        with lock:
            idle.add(self.connection)
            if stopping.is_set():
                no_more_requests(self.connection)
        try:
            super().handle_one_request()
        finally:
            with lock:
                idle.discard(self.connection)

    def parse_request(self) -> bool:
        """Note that a request has come."""
        with lock:
            idle.discard(self.connection)
        return super().parse_request()

    def do_GET(self) -> None:
        """Answer a GET."""
        url = urlsplit(self.path)
        if url.path == "/slow":
            # Stands for work that takes its time: a request that a rollout must not cut off.
            time.sleep(float(parse_qs(url.query).get("ms", ["1000"])[0]) / 1000)
        body = b"ok\n" if url.path == "/healthz" else f"{VERSION} {socket.gethostname()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", VERSION)
        self.send_header("X-Pod", socket.gethostname())
        if stopping.is_set():
            self.send_header("Connection", "close")  # the client shall not send its next request on this connection
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep the log short."""


class Server(ThreadingHTTPServer):
    """One thread for each connection; server_close() waits for all of them."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128  # the five of the standard library are too few for a server under load


def main() -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code when all requests are answered."""
    server = Server(("", int(os.environ.get("PORT", "8080"))), Handler)

    def end() -> None:
        server.shutdown()  # no new connections
        with lock:
            for connection in idle:
                no_more_requests(connection)

    def stop(number: int, _frame: object) -> None:
        if stopping.is_set():
            return
        stopping.set()
        print(f"{signal.Signals(number).name}: finishing what is in flight", flush=True)
        # shutdown() waits for serve_forever(), which runs in this very thread: called here, each would wait for the other.
        threading.Thread(target=end).start()
        # Better an end with a message than SIGKILL without one.
        limit = threading.Timer(DRAIN_TIMEOUT, cut_off)
        limit.daemon = True
        limit.start()

    # As process 1 of a container, a program without a handler does not even notice SIGTERM, and is killed after the grace period.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"{VERSION} listens on port {server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()  # closes the port, and waits for the threads of all connections
    print("all requests are answered", flush=True)
    return 0


def cut_off() -> None:
    """End the program although requests are in flight."""
    print(f"requests in flight were cut off after {DRAIN_TIMEOUT:g} s", file=sys.stderr, flush=True)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
