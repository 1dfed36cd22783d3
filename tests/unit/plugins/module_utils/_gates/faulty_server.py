# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on 127.0.0.1 that fails as servers and networks do."""

from __future__ import annotations

import contextlib
import datetime
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Behaviour = Callable[[socket.socket, str], None]
"""What it does with a connection, and the request that came over it."""


class Server:
    """`act` is what it does from now on; `seen` has the requests, `peak` the most connections at one time."""

    def __init__(self, act: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.act = act
        self.seen: list[str] = []
        self.peak = 0
        self._now = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}/shop"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _secured(self, plain: socket.socket) -> socket.socket:
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_side=True)

    def _serve(self, plain: socket.socket) -> None:
        with self._lock:
            self._now += 1
            self.peak = max(self.peak, self._now)
        with contextlib.suppress(OSError), plain, self._secured(plain) as connection:
            connection.settimeout(30)
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(65_536)
                head += part
                if not part or not head[:1].isalpha():  # The last is a greeting of TLS.
                    break
            head, _end, body = head.partition(b"\r\n\r\n")
            announced = re.search(rb"(?i)content-length: (\d+)", head)
            while announced and len(body) < int(announced[1]):
                body += connection.recv(65_536)
            self.seen.append(head.decode("latin-1") + "\r\n\r\n")
            self.act(connection, self.seen[-1])
        with self._lock:
            self._now -= 1


@contextlib.contextmanager
def serving(act: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(act, tls)
    try:
        yield server
    finally:
        server.close()


def says(status: str = "200 OK", body: bytes = b"welcome", *headers: str) -> Behaviour:
    lines = "".join(f"{header}\r\n" for header in (*headers, f"Content-Length: {len(body)}"))
    return lambda connection, _request: connection.sendall(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)


def cut(connection: socket.socket, _request: str) -> None:
    """Promise more than comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nwel")


def cut_chunks(connection: socket.socket, _request: str) -> None:
    """End before the last chunk."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwel\r\n")


def silent(_connection: socket.socket, _request: str) -> None:
    """Hang up without an answer."""


def resets(connection: socket.socket, _request: str) -> None:
    """Break the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs(connection: socket.socket, _request: str) -> None:
    """Answer nothing until the other side goes."""
    connection.recv(1)


def drips(connection: socket.socket, _request: str) -> None:
    """Send a byte at a time for ever: no single read takes long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b".")
        time.sleep(0.02)


def babbles(connection: socket.socket, _request: str) -> None:
    """Speak something else."""
    connection.sendall(b"220 mail.example ESMTP\r\n")


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS for 127.0.0.1, and the self-signed certificate that it shows."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, folder / "server.key")
    return context, pem
