# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who we are and which cluster is meant: module parameters laid over the `K8S_AUTH_*` variables. Pure.

What counts, first match wins: the options of the task; the `K8S_AUTH_*` variables; the service account of the pod we run in; the file that
`KUBECONFIG` names, or its default. The environment is a mapping, never `os.environ`: the `environment` of a task counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._domain.base.errors import InputError

_HEADERS = ("proxy_basic_auth", "basic_auth", "user_agent")

auth_argument_spec: dict[str, dict[str, Any]] = {
    "kubeconfig": {"type": "raw"},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    # A path, not a key: said so that Ansible neither warns nor masks it.
    "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "proxy_headers": {
        "type": "dict",
        "options": {
            "proxy_basic_auth": {"type": "str", "no_log": True},
            "basic_auth": {"type": "str", "no_log": True},
            "user_agent": {"type": "str"},
        },
    },
    "persist_config": {"type": "bool"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}
"""What `_entry` merges into the argument spec of each module."""

ENVIRONMENT: Mapping[str, str] = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "username": "K8S_AUTH_USERNAME",
    "password": "K8S_AUTH_PASSWORD",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "proxy": "K8S_AUTH_PROXY",
    "no_proxy": "K8S_AUTH_NO_PROXY",
    "proxy_headers.proxy_basic_auth": "K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH",
    "proxy_headers.basic_auth": "K8S_AUTH_PROXY_HEADERS_BASIC_AUTH",
    "proxy_headers.user_agent": "K8S_AUTH_PROXY_HEADERS_USER_AGENT",
    "persist_config": "K8S_AUTH_PERSIST_CONFIG",
    "impersonate_user": "K8S_AUTH_IMPERSONATE_USER",
    "impersonate_groups": "K8S_AUTH_IMPERSONATE_GROUPS",
}
"""The variable of each option; groups are separated by commas."""

_CREDENTIALS = (("api_key",), ("username", "password"), ("client_cert", "client_key"))
_OF_A_CLUSTER = ("host", "validate_certs", "ca_cert", *(name for group in _CREDENTIALS for name in group))
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y", "t"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n", "f"), False),
}
_TLS_OFF = (
    "TLS certificates are not checked because K8S_AUTH_VERIFY_SSL is false in the environment (AWX sets that for every credential "
    "without a CA): the token can be stolen on the way; give the credential its CA, or set validate_certs: true."
)


@dataclass(frozen=True)
class ProxyHeaders:
    """What is sent to the proxy: `user:password` for either kind of basic authentication, and the user agent."""

    proxy_basic_auth: str = field(default="", repr=False)
    basic_auth: str = field(default="", repr=False)
    user_agent: str = ""


@dataclass(frozen=True)
class AuthOptions:
    """The options that count. Empty text means: not given; `validate_certs` None means: as the kubeconfig says, else true.

    `warnings` and `notes` are sentences for the person who runs the task.
    """

    kubeconfig: str | Mapping[str, Any] = field(default="", repr=False)
    context: str = ""
    host: str = ""
    api_key: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    validate_certs: bool | None = None
    ca_cert: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = field(default="", repr=False)
    no_proxy: str = ""
    proxy_headers: ProxyHeaders = ProxyHeaders()
    persist_config: bool = False
    impersonate_user: str = ""
    impersonate_groups: tuple[str, ...] = ()
    insists_on_kubeconfig: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_credentials(self) -> bool:
        """Whether the options themselves say who we are."""
        return bool(self.api_key or self.username or self.client_cert)

    @property
    def needs_no_base(self) -> bool:
        """Whether host and credentials are both given, so that no kubeconfig is read; a kubeconfig or context of the task always is."""
        return bool(self.host and self.has_credentials and not self.insists_on_kubeconfig)

    def secrets(self) -> frozenset[str]:
        """Every secret text in the options, for the masking of results: also what came from the environment, or in a kubeconfig as data."""
        found = {self.api_key, self.password, self.proxy_headers.proxy_basic_auth, self.proxy_headers.basic_auth}
        found.update(re.findall(r"://[^/@\s]*:([^/@\s]+)@", self.proxy))
        if not isinstance(self.kubeconfig, str):
            for entry in self.kubeconfig.get("users") or ():
                found.update(secrets_of_user(entry.get("user") if isinstance(entry, Mapping) else None))
        return frozenset(text for text in found if text)


def auth_options(parameters: Mapping[str, Any], *, environment: Mapping[str, str]) -> AuthOptions:
    """The options of a task, by their names or aliases, laid over the environment; `InputError` for what contradicts itself."""
    explicit = dict(_explicit(parameters))
    surrounding = {name: environment[variable] for name, variable in ENVIRONMENT.items() if environment.get(variable)}
    notes = _discard(explicit, surrounding)
    merged: dict[str, Any] = {**surrounding, **explicit}
    tls = _boolean(merged, "validate_certs", explicit)
    persist = _boolean(merged, "persist_config", explicit)
    headers = ProxyHeaders(**{name: str(merged.pop(f"proxy_headers.{name}", "")) for name in _HEADERS})
    groups = merged.pop("impersonate_groups", ())
    groups = groups.split(",") if isinstance(groups, str) else [str(group) for group in groups]
    options = AuthOptions(
        **{name: value if name in ("kubeconfig", "password") else str(value).strip() for name, value in merged.items()},
        validate_certs=tls,
        persist_config=bool(persist),
        proxy_headers=headers,
        impersonate_groups=tuple(part for part in map(str.strip, groups) if part),
        insists_on_kubeconfig="kubeconfig" in explicit or "context" in explicit,
        warnings=(_TLS_OFF,) if tls is False and "validate_certs" not in explicit else (),
        notes=notes,
    )
    options = replace(options, host=options.host.rstrip("/"))
    _check(options)
    return options


def _explicit(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The parameters that were really given; an empty text is not, for surveys send one for each question left open."""
    for name, spec in auth_argument_spec.items():
        values = (parameters.get(key) for key in (name, *spec.get("aliases", ())))
        value = next((value for value in values if value not in (None, "", [], {})), None)
        if name == "proxy_headers":
            yield from ((f"{name}.{header}", value[header]) for header in _HEADERS if value and value.get(header))
        elif value is not None:
            yield name, value


def _discard(explicit: Mapping[str, Any], surrounding: dict[str, str]) -> tuple[str, ...]:
    """Take out of the environment what belongs to another cluster or another identity than the task names; say so."""
    named = next((name for name in ("kubeconfig", "context") if name in explicit), "")
    if named:
        names = [name for name in _OF_A_CLUSTER if name in surrounding]
    elif any(name in explicit for group in _CREDENTIALS for name in group):
        groups = [group for group in _CREDENTIALS if not any(name in explicit for name in group)]
        names = [name for group in groups for name in group if name in surrounding]
    else:
        names = []
    for name in names:
        del surrounding[name]
    variables = ", ".join(ENVIRONMENT[name] for name in names)
    return (f"Not used from the environment, because the task gives its own {named or 'credentials'}: {variables}.",) if names else ()


def _boolean(merged: dict[str, Any], name: str, explicit: Mapping[str, Any]) -> bool | None:
    """Take a boolean, which may be a text, out of the merged options."""
    value = merged.pop(name, None)
    if value is None or isinstance(value, bool):
        return value
    if str(value).strip().lower() not in _BOOLEANS:
        called = name if name in explicit else ENVIRONMENT[name]
        raise InputError(f"{called} must be true or false, not {str(value)!r}.")
    return _BOOLEANS[str(value).strip().lower()]


def _check(options: AuthOptions) -> None:
    """Refuse what cannot work, with the name of the option and never with its value where that is a secret."""
    if options.host and not re.match(r"https?://[^/\s]", options.host):
        raise InputError(
            f"host {options.host!r} must begin with https:// (or http://), for example https://{options.host.split('://')[-1]}."
        )
    if "@" in options.host:
        raise InputError("host must not hold a user or a password: give them as username and password.")
    if options.proxy and "://" not in options.proxy:
        raise InputError("proxy must begin with its scheme, for example http://proxy.example:3128.")
    for first, second in (("client_cert", "client_key"), ("username", "password")):
        given = [name for name in (first, second) if getattr(options, name)]
        if len(given) == 1:
            lacking = second if given[0] == first else first
            raise InputError(f"{given[0]} is given without {lacking}: both are needed.")
    if options.impersonate_groups and not options.impersonate_user:
        raise InputError("impersonate_groups is given without impersonate_user: Kubernetes impersonates groups only together with a user.")
    headers = {"api_key": options.api_key, "impersonate_user": options.impersonate_user, **vars(options.proxy_headers)}
    headers["impersonate_groups"] = "".join(options.impersonate_groups)
    for name, value in headers.items():
        if not is_header_value(value):
            raise InputError(f"{name} holds a line break or another character that cannot be sent in a header.")


def is_header_value(value: str) -> bool:
    """Whether a text can be sent as the value of an HTTP header."""
    return value.isprintable() and all(ord(character) < 256 for character in value)


def secrets_of_user(user: object) -> frozenset[str]:
    """The secret texts of a user in a kubeconfig."""
    if not isinstance(user, Mapping):
        return frozenset()
    return frozenset(user[key] for key in ("token", "password", "client-key-data") if isinstance(user.get(key), str) and user[key])
