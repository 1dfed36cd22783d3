# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we use of urllib3 though no page documents it: the level `oldest` runs this with 1.26, the level `unit` with 2.x."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
import urllib3
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.watch import shut, socket_of

from .._gates.faulty_server import Behaviour, says, serving


def streams(*headers: str) -> Behaviour:
    """Begin an answer, and send nothing more until the other side goes."""

    def act(connection: socket.socket, _request: str) -> None:
        lines = "".join(f"{header}\r\n" for header in (*headers, "Transfer-Encoding: chunked"))
        connection.sendall(f"HTTP/1.1 200 OK\r\n{lines}\r\n2\r\nhi\r\n".encode())
        connection.recv(1)

    return act


def test_headers_of_one_name_are_sent_one_by_one() -> None:
    headers = urllib3._collections.HTTPHeaderDict({"Accept": "a"})
    headers.add("Impersonate-Group", "one")
    headers.add("Impersonate-Group", "two")
    with serving(says()) as server, urllib3.PoolManager() as pool:
        pool.urlopen("POST", server.url, body=b"{}", headers=headers)
        lines = server.seen[0].split("\r\n")
    assert [line for line in lines if line.startswith("Impersonate-Group")] == ["Impersonate-Group: one", "Impersonate-Group: two"]


@pytest.mark.parametrize("headers", [(), ("Connection: close",)])
def test_a_read_that_waits_ends_when_another_thread_shuts_its_socket(headers: tuple[str, ...]) -> None:
    with serving(streams(*headers)) as server, urllib3.PoolManager() as pool:
        response: Any = pool.urlopen("GET", server.url, preload_content=False, retries=False)
        parts = response.stream(2)
        assert next(parts) == b"hi"
        held = socket_of(response)
        assert isinstance(held, socket.socket)
        ended: list[object] = []

        def read() -> None:
            try:
                ended.append(next(parts, None))
            except (urllib3.exceptions.HTTPError, OSError) as error:
                ended.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        shut(held)
        reader.join(30)
    assert ended, "the read goes on"
