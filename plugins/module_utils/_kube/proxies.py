# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy leads to a host: the rules of the `*_proxy` variables, the same for every version of the libraries below. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit


def proxy_for(host: str, *, proxy: str, no_proxy: str, environment: Mapping[str, str]) -> str:
    """The proxy's URL for a server's URL, empty for none. What is given counts before the variables, lower case before upper case.

    As with kubectl, a value without a scheme is taken as http, and the variables do not count for the machine itself.
    """
    parts = urlsplit(host)
    found = proxy
    if not found and not is_loopback(parts.hostname or ""):
        found = _variable(environment, f"{parts.scheme}_proxy") or _variable(environment, "all_proxy")
    if not found or _is_exempt(host, no_proxy or _variable(environment, "no_proxy")):
        return ""
    return found if "://" in found else f"http://{found}"


def without_secrets(url: str) -> str:
    """A URL without user and password, for messages."""
    return re.sub(r"://[^/@\s]*@", "://", url)


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def is_loopback(name: str) -> bool:
    """Whether a host name or address is the machine itself."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_exempt(host: str, no_proxy: str) -> bool:
    """Whether a list of names, `.suffixes`, addresses and networks, each with an optional port, or `*`, names the host."""
    parts = urlsplit(host)
    name = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return any(_matches(entry, name, port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def _matches(entry: str, name: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass
    bare, _colon, of_port = entry.rpartition(":")
    if bare and of_port.isdigit() and ("]" in bare or ":" not in bare):
        if int(of_port) != port:
            return False
        entry = bare.strip("[]")
    entry = entry.removeprefix("*").removeprefix(".")
    return name == entry or name.endswith(f".{entry}")
