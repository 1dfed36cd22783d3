# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy leads to a host."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.proxies import proxy_for, without_secrets

HOST = "https://api.example:6443"


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ("", {}, ""),
        ("http://own:1", {"https_proxy": "http://env:1"}, "http://own:1"),
        ("", {"https_proxy": "http://lower:1", "HTTPS_PROXY": "http://upper:1"}, "http://lower:1"),
        ("", {"HTTPS_PROXY": "http://upper:1"}, "http://upper:1"),
        ("", {"HTTP_PROXY": "http://plain:1"}, ""),
        ("", {"ALL_PROXY": "socks5://all:1"}, "socks5://all:1"),
        ("", {"HTTPS_PROXY": "bare:3128"}, "http://bare:3128"),
        ("", {"HTTPS_PROXY": "http://env:1", "NO_PROXY": "api.example"}, ""),
        ("", {"HTTPS_PROXY": "http://env:1"}, "http://env:1"),
    ],
)
def test_what_is_given_counts_before_the_variables(given: str, environment: dict[str, str], expected: str) -> None:
    assert proxy_for(HOST, proxy=given, no_proxy="", environment=environment) == expected


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        (HOST, "api.example", True),
        (HOST, "API.Example", True),
        (HOST, "example", True),
        (HOST, ".example", True),
        (HOST, "*.example", True),
        (HOST, "xample", False),
        (HOST, "other, api.example", True),
        (HOST, "other api.example", True),
        (HOST, "*", True),
        (HOST, "api.example:6443", True),
        (HOST, "api.example:443", False),
        (HOST, "", False),
        ("https://api.example", "api.example:443", True),
        ("http://api.example", "api.example:80", True),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3", "11.0.0.0/8", False),
        ("https://[fd00::1]:6443", "fd00::/8", True),
        ("https://[fd00::1]:6443", "[fd00::1]:6443", True),
        ("https://[fd00::1]:6443", "[fd00::1]:443", False),
    ],
)
def test_no_proxy_names_hosts_suffixes_networks_and_ports(host: str, no_proxy: str, direct: bool) -> None:
    assert (proxy_for(host, proxy="http://own:1", no_proxy=no_proxy, environment={}) == "") is direct


@pytest.mark.parametrize("host", ["https://localhost:6443", "https://127.0.0.1:6443", "https://[::1]:6443"])
def test_variables_do_not_count_for_the_machine_itself_but_the_option_does(host: str) -> None:
    assert proxy_for(host, proxy="", no_proxy="", environment={"HTTPS_PROXY": "http://env:1"}) == ""
    assert proxy_for(host, proxy="http://own:1", no_proxy="", environment={}) == "http://own:1"


def test_no_proxy_of_the_task_replaces_that_of_the_environment() -> None:
    assert proxy_for(HOST, proxy="http://own:1", no_proxy="other", environment={"NO_PROXY": "*"}) == "http://own:1"


def test_urls_are_shown_without_user_and_password() -> None:
    assert without_secrets("http://me:secret@proxy:1/x") == "http://proxy:1/x"
