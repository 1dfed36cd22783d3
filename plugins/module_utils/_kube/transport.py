# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request, sent once: connection pool, TLS, proxy, headers. What was lost on the way is told apart from what was answered."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlencode

from .._domain.base.errors import InputError, causes
from .config import Settings
from .library import urllib3
from .proxies import without_secrets

VERSION = "0.1.0"
"""The collection's version, as galaxy.yml has it (a test compares both): galaxy.yml is not there where a module runs."""

CONNECT_SECONDS = 10.0
READ_SECONDS = 65.0
"""A little more than the 60 s after which the API server gives up a request by itself."""

_HEADER_SECONDS = 10.0
"""How long an Authorization header is used again before the library is asked for one: some credential plugins run each time."""

Clock = Callable[[], float]


class Lost(Exception):
    """No answer. `sent` says that the server may have carried out the request, `lasting` that trying again is in vain."""

    def __init__(self, reason: str, *, sent: bool, lasting: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.lasting = lasting


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """The connection to one cluster; safe for threads. `load` reads the settings, now and again when the server refuses the credentials."""

    def __init__(self, load: Callable[[], Settings], *, clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._authorization = ("", float("-inf"))
        self._renewed = float("-inf")
        self.settings = load()
        self._pool = _pool(self.settings)

    @property
    def host(self) -> str:
        """The server's address without secrets, for messages."""
        return without_secrets(self.settings.host)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str = "",
        accept: str = "application/json",
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """One request and its whole answer, whatever its status; `Lost` when there is none."""
        try:
            response = self._open(method, path, query, body, content_type, accept, read_seconds, preload_content=True)
            return Answer(int(response.status), response.headers, bytes(response.data))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise lost(error) from error

    def stream(self, path: str, *, query: Sequence[tuple[str, str]], read_seconds: float, accept: str = "application/json") -> Any:
        """A GET whose body is still to be read: urllib3's response."""
        try:
            return self._open("GET", path, query, None, "", accept, read_seconds, preload_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise lost(error) from error

    def renew(self, *, since: float) -> bool:
        """Read the settings again (a rotated token or certificate, a new answer of the plugin); whether there are other credentials
        than those of a request that began at `since`: several threads are refused at once, and one of them comes first."""
        with self._lock:
            if not self.settings.renewable:
                return False
            if self._renewed >= since:
                return True
            fresh = self._load()
            before, after = self.settings, (fresh.authorization(), fresh.client_cert, fresh.client_key)
            changed = (self._authorization[0], before.client_cert, before.client_key) != after
            self._authorization = (after[0], self._clock())
            self.settings, self._pool = fresh, _pool(fresh)
            self._renewed = self._clock() if changed else self._renewed
            return changed

    def _open(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        body: bytes | None,
        content_type: str,
        accept: str,
        read_seconds: float,
        *,
        preload_content: bool,
    ) -> Any:
        url = f"{self.settings.host}{path}" + (f"?{urlencode(query)}" if query else "")
        # It keeps several groups to impersonate apart; urllib3 1.26, which many execution environments have, exports it nowhere else.
        headers = urllib3._collections.HTTPHeaderDict({"Accept": accept, "User-Agent": f"rollout.kubernetes/{VERSION}"})
        if content_type:
            headers["Content-Type"] = content_type
        authorization = self._authorize()
        if authorization:
            headers["Authorization"] = authorization
        for name, value in self.settings.impersonation:
            headers.add(name, value)
        # Not request(): with urllib3 1.26 it makes a plain dict of the headers when there is a body.
        return self._pool.request_encode_url(
            method,
            url,
            body=body,
            headers=headers,
            # Repeating is the client's task, which knows what may be repeated; a redirect away from the API is an error.
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds),
            preload_content=preload_content,
        )

    def _authorize(self) -> str:
        with self._lock:
            value, since = self._authorization
            if self._clock() - since > _HEADER_SECONDS:
                value = self.settings.authorization()
                self._authorization = (value, self._clock())
            return value


def _pool(settings: Settings) -> Any:
    """A pool of connections for these settings."""
    options: dict[str, Any] = {"maxsize": 16, "retries": False, "socket_options": _socket_options()}
    if settings.host.startswith("https:"):
        options["ssl_context"] = _tls(settings)
        options["cert_reqs"] = "CERT_REQUIRED" if settings.verify else "CERT_NONE"
        if settings.server_name:
            options["server_hostname"] = settings.server_name
        if not settings.verify:
            # It would be printed for each request; whoever switched the check off knows, or got a warning of ours.
            warnings.filterwarnings("ignore", category=urllib3.exceptions.InsecureRequestWarning)
    if not settings.proxy:
        return urllib3.PoolManager(**options)
    try:
        if settings.proxy.lower().startswith("socks"):
            from urllib3.contrib.socks import SOCKSProxyManager

            return SOCKSProxyManager(settings.proxy, headers=dict(settings.proxy_headers), **options)
        return urllib3.ProxyManager(settings.proxy, proxy_headers=dict(settings.proxy_headers), **options)
    except ImportError:
        raise InputError("A SOCKS proxy needs the Python library PySocks, which is not installed.") from None
    except (urllib3.exceptions.HTTPError, ValueError):
        raise InputError(f"The proxy {without_secrets(settings.proxy)!r} is not a URL of a proxy (http, https, socks5).") from None


def _tls(settings: Settings) -> Any:
    """The TLS context, with each file named that cannot be loaded.

    From Python 3.13 on, urllib3 asks for strict RFC 5280 (VERIFY_X509_STRICT), which refuses the CAs of many running clusters; kubectl
    accepts them.
    """
    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if settings.verify else ssl.CERT_NONE)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if settings.verify and settings.ca_cert:
        _loading("CA certificate", settings.ca_cert, lambda: context.load_verify_locations(settings.ca_cert))
    elif settings.verify:
        context.load_default_certs()
    if settings.client_cert:
        files = f"{settings.client_cert} with the key {settings.client_key}"
        # An empty password, or OpenSSL would ask for one on the terminal.
        _loading("client certificate", files, lambda: context.load_cert_chain(settings.client_cert, settings.client_key, password=""))
    return context


def _loading(what: str, where: str, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        said = (error.reason or "not a PEM file").replace("_", " ").lower()
        raise InputError(f"The {what} {where} cannot be used: {said}.") from None
    except OSError as error:
        raise InputError(f"The {what} {where} cannot be read: {error.strerror}.") from None


def _socket_options() -> list[tuple[int, int, int]]:
    """Keepalive: a peer that vanished is noticed after about 35 s, also by a watch on which nothing happens."""
    wanted = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 35_000}
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    return options + [(socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in wanted.items() if hasattr(socket, name)]


def lost(error: BaseException) -> Lost:
    """What an exception of urllib3 or of a socket means; the texts name no header and no user."""
    kinds = urllib3.exceptions
    if isinstance(error, kinds.LocationValueError):
        _refuse_address()
    if isinstance(error, kinds.ProxyError):
        inner = getattr(error, "original_error", None) or error
        return Lost(f"the proxy failed: {_reason(inner)}", sent=False, lasting="Tunnel connection failed: 4" in str(inner))
    # Where urllib3 compares the names itself (always, in 1.26) it has an exception of its own, which is no SSLError.
    cause = next((link for link in causes(error) if isinstance(link, ssl.SSLError) or type(link).__name__ == "CertificateError"), None)
    if cause is not None:
        return _tls_failure(cause)
    if isinstance(error, kinds.ConnectTimeoutError) and not isinstance(error, kinds.NewConnectionError):
        return Lost(f"no connection within {CONNECT_SECONDS:g} s", sent=False)
    if isinstance(error, kinds.NewConnectionError):
        return Lost(_reason(error), sent=False)
    if isinstance(error, (kinds.ReadTimeoutError, TimeoutError)):
        return Lost("no answer in time", sent=True)
    return Lost(_reason(error), sent=True)


def _refuse_address() -> NoReturn:
    raise InputError("The server's address is not a URL with a host name: check host, or the server in the kubeconfig.")


def _tls_failure(error: BaseException) -> Lost:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrusted(error.verify_message)
    if not isinstance(error, ssl.SSLError):
        return _distrusted(str(error))
    reason = error.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"):
        return Lost("it does not speak TLS: check that the port is that of the API, and https or http", sent=False, lasting=True)
    if "ALERT" in reason and "CERTIFICATE" in reason:
        return Lost(f"it refuses the client certificate ({reason.replace('_', ' ').lower()})", sent=False, lasting=True)
    return Lost(f"the TLS connection broke ({(reason or 'end of file').replace('_', ' ').lower()})", sent=True)


def _distrusted(why: str) -> Lost:
    remedy = "set ca_cert to the file of the CA that signed it (validate_certs: false would send the credentials to anybody)"
    return Lost(f"its TLS certificate is not trusted ({why}): {remedy}", sent=False, lasting=True)


def _reason(error: BaseException) -> str:
    """The innermost cause that has words of its own."""
    for link in reversed(causes(error)):
        if isinstance(link, socket.gaierror):
            return "its name is not known to the name service"
        if str(link).startswith("Tunnel connection failed: "):
            return f"it answers {str(link).removeprefix('Tunnel connection failed: ')}"
        if isinstance(link, OSError) and link.strerror:
            return link.strerror[:1].lower() + link.strerror[1:]
    return "the connection broke off"
