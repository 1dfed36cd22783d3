# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request against a real server, for each way in which servers and networks fail."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import Verification, statuses_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.http import HttpProbe

from .faulty_server import (
    Behaviour,
    babbles,
    certificate,
    cut,
    cut_chunks,
    drips,
    hangs,
    resets,
    says,
    serving,
    silent,
)


def ask(url: str, **options: Any) -> tuple[str, str]:
    """What comes of one request."""
    return HttpProbe(Verification(url, **{"timeout": 5, **options})).ask()


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (says(), "ok"),
        (says("204 No Content", b""), "ok"),
        (says("302 Found", b"", "Location: http://127.0.0.1:1/"), "ok"),
        (says("404 Not Found"), "status 404"),
        (says("503 Service Unavailable"), "status 503"),
        (cut, "closed"),
        (cut_chunks, "closed"),
        (silent, "closed"),
        (resets, "reset"),
        (babbles, "no http"),
    ],
)
def test_each_way_to_answer_has_its_name(act: Behaviour, outcome: str) -> None:
    with serving(act) as server:
        assert ask(server.url)[0] == outcome


@pytest.mark.parametrize("act", [hangs, drips])
def test_a_request_has_one_deadline_however_slowly_something_comes(act: Behaviour) -> None:
    with serving(act) as server:
        began = time.monotonic()
        assert ask(server.url, timeout=0.5) == ("timeout", "")
        assert time.monotonic() - began >= 0.5


def test_where_nobody_listens_it_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/") == ("refused", "")


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 64 + ".invalid"])
def test_a_name_without_address_is_unresolved(host: str) -> None:
    assert ask(f"http://{host}/")[0] == "unresolved"


def test_the_body_must_hold_what_is_asked_for() -> None:
    with serving(says(body="grüß Gott".encode())) as server:
        assert ask(server.url, contains="grüß")[0] == "ok"
        assert ask(server.url, contains="hello") == ("wrong body", "verify.contains is not in it")


def test_only_the_statuses_that_are_wanted_count() -> None:
    with serving(says("302 Found", b"")) as server:
        assert ask(server.url, status=statuses_of(["2xx"]))[0] == "status 302"
        assert ask(server.url, status=statuses_of(["302"]))[0] == "ok"


def test_the_request_is_what_was_asked_for_and_has_a_connection_of_its_own() -> None:
    with serving(says()) as server:
        probe = HttpProbe(Verification(f"{server.url}/a b?q=ü&x=%20", headers={"Authorization": "Bearer x", "host": "shop.example"}))
        assert [probe.ask()[0], probe.ask()[0]] == ["ok", "ok"]
        assert len(server.seen) == 2, "a connection each"
        line, *headers = server.seen[0].split("\r\n")
        assert line == "GET /shop/a%20b?q=%C3%BC&x=%20 HTTP/1.1"
        assert {"Authorization: Bearer x", "host: shop.example", "Connection: close"} <= set(headers)
        assert len([header for header in headers if header.lower().startswith("host:")]) == 1


def test_head_takes_no_body() -> None:
    def answer(connection: socket.socket, _request: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

    with serving(answer) as server:
        assert ask(server.url, method="HEAD")[0] == "ok"
        assert server.seen[0].startswith("HEAD /shop ")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(says()) as server:
        assert ask(server.url)[0] == "ok"


def test_certificates_are_checked_unless_that_is_switched_off(tmp_path: Path) -> None:
    context, authority = certificate(tmp_path)
    with serving(says(), context) as server:
        assert ask(server.url) == ("tls", "self-signed certificate")
        assert ask(server.url, ca_cert=str(authority))[0] == "ok"
        other = server.url.replace("127.0.0.1", "localhost")
        assert ask(other, ca_cert=str(authority)) == ("tls", "the certificate is for another name")
        assert ask(server.url, validate_certs=False)[0] == "ok"


def test_what_speaks_no_tls_is_told() -> None:
    with serving(babbles) as server:
        assert ask(server.url.replace("http:", "https:"))[0] == "tls"


def test_a_handshake_that_never_ends_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert ask(f"https://127.0.0.1:{mute.getsockname()[1]}/", timeout=0.3) == ("timeout", "")


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file or directory"), ("no certificate", "it holds no certificate")])
def test_authorities_that_cannot_be_read_are_refused(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=reason):
        HttpProbe(Verification("https://shop.example/", ca_cert=str(path)))


def test_closing_ends_what_is_on_its_way() -> None:
    with serving(hangs) as server:
        probe, found = HttpProbe(Verification(server.url, timeout=60)), []
        thread = threading.Thread(target=lambda: found.append(probe.ask()), daemon=True)
        thread.start()
        while not server.seen:
            time.sleep(0.01)
        probe.close()
        thread.join(30)
        assert not thread.is_alive()
        assert found[0][0] != "ok"
        assert probe.ask()[0] != "ok", "and nothing begins any more"


def test_a_name_service_that_does_not_answer_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, told = threading.Event(), threading.Event()

    def look_up(*_arguments: object, **_options: object) -> list[Any]:
        asked.set()
        told.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert ask("http://shop.example/", timeout=0.3) == ("timeout", "")
    assert asked.is_set()
    told.set()
