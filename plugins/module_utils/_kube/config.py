# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to connection settings, by the `kubernetes` library's own loading: kubeconfig, credential plugins, service account.

Credential plugins and OpenSSL read `os.environ`: whoever runs this lays the task's environment over it for the run.
"""

from __future__ import annotations

import base64
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from .._domain.base.errors import InputError
from .auth import AuthOptions, is_header_value, secrets_of_user
from .kubeconfig import Kubeconfig, capital, read_kubeconfig
from .library import kubernetes, require, urllib3
from .proxies import is_loopback, proxy_for, without_secrets

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
DEFAULT_KUBECONFIG = "~/.kube/config"
_POD = "the pod's service account"
_NOTHING_GIVEN = (
    f"The kubeconfig {DEFAULT_KUBECONFIG} does not exist, and nothing else says which cluster is meant: set kubeconfig to a path, or give "
    "host and api_key. In AWX a credential of the type OpenShift or Kubernetes API Bearer Token does that; the job template has none."
)


@dataclass(frozen=True)
class Settings:
    """All that is needed to reach one cluster with one identity. `source` says in messages where it comes from.

    The values are copies: the library's hook that refreshes a token also sets host, CA and the like back to what the kubeconfig says.
    """

    host: str
    source: str
    verify: bool
    ca_cert: str
    client_cert: str
    client_key: str
    server_name: str
    proxy: str = field(repr=False)
    proxy_headers: Mapping[str, str] = field(repr=False)
    impersonation: tuple[tuple[str, str], ...]
    renewable: bool
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    secrets: frozenset[str] = field(repr=False)
    """Secret texts of the kubeconfig's user, for masking."""
    namespace: str
    """Where objects are that name no namespace: the context's, in a pod the service account's, else `default`."""
    _configuration: Any = field(repr=False, compare=False)
    _options: AuthOptions = field(repr=False, compare=False)

    @property
    def server_source(self) -> str:
        """What names the server, for messages: not the kubeconfig where the option or its variable does."""
        return "host (or K8S_AUTH_HOST)" if self._options.host else self.source

    def authorization(self) -> str:
        """The value of the Authorization header, empty for none; runs the credential plugin again when its token is about to expire."""
        if self._options.api_key:
            value = f"Bearer {self._options.api_key.removeprefix('Bearer ').strip()}"
        elif self._options.username:
            pair = f"{self._options.username}:{self._options.password}"
            value = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            with _library_errors():
                value = str(self._configuration.auth_settings().get("BearerToken", {}).get("value") or "").strip()
        if not is_header_value(value):
            raise InputError(f"The token of {self.source} holds a line break or another character that cannot be sent in a header.")
        return value


def load_settings(options: AuthOptions, *, environment: Mapping[str, str]) -> Settings:
    """Read what the options name; `InputError` for what is not there or not readable, `LibraryMissingError` without the library."""
    require()
    configuration = kubernetes.client.Configuration()
    source, kubeconfig, notes = _load_base(options, configuration, environment=environment)
    if options.has_credentials:
        configuration.api_key, configuration.refresh_api_key_hook = {}, None
        configuration.cert_file, configuration.key_file = options.client_cert or None, options.client_key or None
    host = options.host or str(configuration.host or "").rstrip("/")
    _check_address(host, source=source)
    user = kubeconfig.user if kubeconfig else {}
    proxy = proxy_for(
        host,
        proxy=options.proxy or str((kubeconfig.cluster if kubeconfig else {}).get("proxy-url") or ""),
        no_proxy=options.no_proxy,
        environment=environment,
    )
    verify = bool(configuration.verify_ssl) if options.validate_certs is None else options.validate_certs
    return Settings(
        host=host,
        source=source,
        verify=verify,
        ca_cert=options.ca_cert or str(configuration.ssl_ca_cert or ""),
        client_cert=str(configuration.cert_file or ""),
        client_key=str(configuration.key_file or ""),
        server_name=str(getattr(configuration, "tls_server_name", None) or ""),
        proxy=proxy,
        proxy_headers=_proxy_headers(options, proxy),
        impersonation=_impersonation(options, user),
        renewable=not options.has_credentials,
        warnings=_clear_text(host),
        notes=notes,
        secrets=secrets_of_user(user),
        namespace=(kubeconfig.namespace if kubeconfig else _service_account_namespace() if source == _POD else "") or "default",
        _configuration=configuration,
        _options=options,
    )


def _check_address(host: str, *, source: str) -> None:
    """Refuse what is no URL of a server."""
    try:
        parts = urlsplit(host)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InputError(f"The server {without_secrets(host)!r} of {source} must look like https://name:port.")


def _load_base(
    options: AuthOptions, configuration: Any, *, environment: Mapping[str, str]
) -> tuple[str, Kubeconfig | None, tuple[str, ...]]:
    """Load what host and credentials are laid over: nothing, a kubeconfig, or the pod's service account."""
    if options.needs_no_base:
        return "host", None, ()
    named = options.kubeconfig or (environment.get("KUBECONFIG", "") or DEFAULT_KUBECONFIG if options.context else "")
    if not named and _is_in_cluster(environment):
        _load_service_account(configuration, environment=environment)
        ignored = "; KUBECONFIG does not count in a pod: set kubeconfig to use it" if environment.get("KUBECONFIG") else ""
        return _POD, None, (f"Connected with the service account of the pod that runs this{ignored}.",)
    value = named or environment.get("KUBECONFIG", "") or DEFAULT_KUBECONFIG
    if not (named or environment.get("KUBECONFIG") or os.path.exists(os.path.expanduser(DEFAULT_KUBECONFIG))):
        raise InputError(_NOTHING_GIVEN)
    kubeconfig = read_kubeconfig(value, context=options.context)
    _load_kubeconfig(kubeconfig, configuration, options=options)
    return kubeconfig.source, kubeconfig, ()


def _is_in_cluster(environment: Mapping[str, str]) -> bool:
    address = environment.get("KUBERNETES_SERVICE_HOST") and environment.get("KUBERNETES_SERVICE_PORT")
    return bool(address) and os.path.isfile(f"{SERVICE_ACCOUNT}/token")


def _service_account_namespace() -> str:
    try:
        with open(f"{SERVICE_ACCOUNT}/namespace", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def _load_service_account(configuration: Any, *, environment: Mapping[str, str]) -> None:
    loader = kubernetes.config.incluster_config.InClusterConfigLoader(
        token_filename=f"{SERVICE_ACCOUNT}/token", cert_filename=f"{SERVICE_ACCOUNT}/ca.crt", environ=environment
    )
    try:
        loader.load_and_set(configuration)
    except (kubernetes.config.ConfigException, OSError) as error:
        raise InputError(f"The pod's service account below {SERVICE_ACCOUNT} cannot be used: {error}") from None


def _load_kubeconfig(kubeconfig: Kubeconfig, configuration: Any, *, options: AuthOptions) -> None:
    common = {"context": kubeconfig.context, "client_configuration": configuration, "persist_config": options.persist_config}
    with _library_errors() as errors:
        try:
            if kubeconfig.data is not None:
                kubernetes.config.load_kube_config_from_dict(dict(kubeconfig.data), **{**common, "persist_config": False})
            else:
                # Always with a file: the library freezes KUBECONFIG when it is imported, long before the task's environment is known.
                kubernetes.config.load_kube_config(config_file=os.pathsep.join(kubeconfig.files), **common)
        except Exception as error:  # noqa: BLE001 - the library raises KeyError, ValueError, binascii.Error and more for a bad file
            # Only this message is known to hold nothing but a path; others quote the user's entry.
            is_path = str(error).startswith("File does not exist: ")
            said = str(error) if is_path else f"its context {kubeconfig.context!r} has faulty entries"
            raise InputError(f"{capital(kubeconfig.source)} cannot be used: {said}.") from None
    plugin = kubeconfig.user.get("exec")
    if isinstance(plugin, Mapping) and not (configuration.api_key or configuration.cert_file or options.has_credentials):
        reason = " ".join((errors or ["it gave no credentials"])[-1].split())[:300]
        hint = " ".join(str(plugin.get("installHint") or "").split())[:500]
        raise InputError(
            f"The credential plugin {plugin.get('command', '')} of {kubeconfig.source} failed: {reason.rstrip('.')}.{hint and ' '}{hint}"
        )


def _proxy_headers(options: AuthOptions, proxy: str) -> dict[str, str]:
    """The proxy's headers; a user in the proxy's URL counts as its basic authentication, as in curl."""
    given = {name: value for name, value in vars(options.proxy_headers).items() if value}
    address = urlsplit(proxy)
    if address.username and "proxy_basic_auth" not in given:
        given["proxy_basic_auth"] = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return dict(urllib3.util.make_headers(**given))


def _impersonation(options: AuthOptions, user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers of who we pretend to be: by option, else as the kubeconfig says (the library ignores its `as`, kubectl does not)."""
    name, groups = options.impersonate_user, list(options.impersonate_groups)
    uid = ""
    if not name:
        name, uid = str(user.get("as") or ""), str(user.get("as-uid") or "")
        groups = [str(group) for group in user.get("as-groups") or ()]
    pairs = [("Impersonate-User", name), ("Impersonate-Uid", uid), *(("Impersonate-Group", group) for group in groups)]
    return tuple((header, value) for header, value in pairs if value)


def _clear_text(host: str) -> tuple[str, ...]:
    """A warning for plain HTTP to another machine."""
    address = urlsplit(host)
    if address.scheme == "https" or is_loopback(address.hostname or ""):
        return ()
    return (f"{host} is reached without TLS: credentials and objects can be read on the way.",)


class _Collector(logging.Handler):
    """Keeps the messages that the current thread logs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.messages.append(record.getMessage())


@contextmanager
def _library_errors() -> Iterator[list[str]]:
    """What the library logs: it reports a failed credential plugin in no other way.

    A handler on the root logger also keeps `logging.error` from installing one that writes into the terminal.
    """
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    try:
        yield collector.messages
    finally:
        logging.getLogger().removeHandler(collector)
