# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the transport knows of the collection, and what it makes of the exceptions below it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import urllib3
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube import library
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import connect
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import VERSION, lost

ROOT = Path(__file__).resolve().parents[5]


def test_the_user_agent_names_the_version_of_the_collection() -> None:
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == VERSION


def test_a_missing_library_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MISSING", "Traceback ... No module named kubernetes")
    with pytest.raises(library.LibraryMissingError) as caught:
        connect(auth_options({}, environment={}), environment={}, deadline_seconds=1)
    assert (caught.value.library, caught.value.trace) == ("kubernetes", "Traceback ... No module named kubernetes")


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "words", "sent", "lasting"),
    [
        (tls("WRONG_VERSION_NUMBER"), "it does not speak TLS", False, True),
        (tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "it refuses the client certificate (tlsv13 alert certificate required)", False, True),
        (tls("UNEXPECTED_EOF_WHILE_READING"), "the TLS connection broke (unexpected eof while reading)", True, False),
        (tls(""), "the TLS connection broke (end of file)", True, False),
        (
            type("CertificateError", (ValueError,), {})("hostname 'a' doesn't match 'b'"),
            "its TLS certificate is not trusted (host",
            False,
            True,
        ),
        (TimeoutError(), "no answer in time", True, False),
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset by peer", True, False),
        (OSError(), "the connection broke off", True, False),
    ],
)
def test_what_may_have_been_sent_and_what_lasts(error: Exception, words: str, sent: bool, lasting: bool) -> None:
    found = lost(urllib3.exceptions.HTTPError(error))
    if isinstance(error, TimeoutError):
        found = lost(error)
    assert words in found.reason
    assert (found.sent, found.lasting) == (sent, lasting)


def test_an_address_without_a_host_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not a URL with a host name"):
        lost(urllib3.exceptions.LocationParseError("x"))
