# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials and addresses against the real API server: what works, and the sentence for what does not."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import (
    ForbiddenError,
    InputError,
    RolloutError,
    UnauthorizedError,
    UnreachableError,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, KNOWN, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube import config as config_module
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube import transport as transport_module
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import Connection, connect

from .cluster import Cluster, Done
from .workloads import grant

REVIEW = Resource("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False)
NAMESPACE = KNOWN["v1", "Namespace"]


@pytest.fixture
def server(cluster: Cluster) -> dict[str, Any]:
    """`server` and `certificate-authority` of the cluster."""
    return dict(yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"])


@pytest.fixture
def admin(cluster: Cluster) -> dict[str, Any]:
    """`client-certificate` and `client-key` of the administrator."""
    return dict(yaml.safe_load(cluster.kubeconfig.read_text())["users"][0]["user"])


@pytest.fixture
def token(kubectl: Callable[..., Done]) -> str:
    """A token of the service account robot, which may read Deployments of its namespace."""
    kubectl("create", "serviceaccount", "robot")
    grant(kubectl, f"{_namespace(kubectl)}:robot", verbs="get,list,watch", resources="deployments")
    return kubectl("create", "token", "robot").stdout.strip()


def _namespace(kubectl: Callable[..., Done]) -> str:
    return str(kubectl("get", "serviceaccount", "default", "--output=jsonpath={.metadata.namespace}").stdout)


def connected(environment: dict[str, str] | None = None, /, **parameters: Any) -> Connection:
    surrounding = environment or {}
    return connect(auth_options(parameters, environment=surrounding), environment=surrounding, deadline_seconds=60)


def whoami(connection: Connection) -> tuple[str, set[str]]:
    review = connection.cluster.create(REVIEW, {"metadata": {}}, manager="rollout-test")
    user: Any = review["status"]["userInfo"]  # type: ignore[call-overload,index]
    return user["username"], set(user.get("groups", ()))


def kubeconfig(server: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "s", "user": "u"}}],
        "clusters": [{"name": "s", "cluster": server}],
        "users": [{"name": "u", "user": user}],
    }


def test_a_kubeconfig_may_be_a_path_a_list_of_paths_or_data(cluster: Cluster, tmp_path: Path) -> None:
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    expected = whoami(connected(kubeconfig=str(cluster.kubeconfig)))
    assert whoami(connected(kubeconfig=f"{tmp_path}/absent:{cluster.kubeconfig}")) == expected
    assert whoami(connected(kubeconfig=content)) == expected
    assert whoami(connected(kubeconfig=json.dumps(content))) == expected
    assert whoami(connected({"K8S_AUTH_KUBECONFIG": str(cluster.kubeconfig)})) == expected
    assert whoami(connected({"KUBECONFIG": str(cluster.kubeconfig)})) == expected
    assert whoami(connected({"KUBECONFIG": str(cluster.kubeconfig)}, context=content["current-context"])) == expected


def test_the_credential_of_awx_is_a_host_and_a_token(server: dict[str, Any], token: str, namespace: str) -> None:
    environment = {
        "K8S_AUTH_HOST": server["server"],
        "K8S_AUTH_API_KEY": token,
        "K8S_AUTH_VERIFY_SSL": "True",
        "K8S_AUTH_SSL_CA_CERT": server["certificate-authority"],
        "KUBECONFIG": "/does/not/count",
    }
    connection = connected(environment)
    assert whoami(connection)[0] == f"system:serviceaccount:{namespace}:robot"
    assert (connection.warnings, connection.notes) == ((), ())
    unsafe = connected({**environment, "K8S_AUTH_VERIFY_SSL": "False", "K8S_AUTH_SSL_CA_CERT": ""})
    assert whoami(unsafe)[0] == f"system:serviceaccount:{namespace}:robot"
    assert "K8S_AUTH_VERIFY_SSL is false" in unsafe.warnings[0]


def test_client_certificates_and_impersonation(server: dict[str, Any], admin: dict[str, Any]) -> None:
    files = {"client_cert": admin["client-certificate"], "client_key": admin["client-key"], "ca_cert": server["certificate-authority"]}
    assert "system:masters" in whoami(connected(host=server["server"], **files))[1]
    name, groups = whoami(connected(host=server["server"], impersonate_user="joe", impersonate_groups=["a", "b"], **files))
    assert (name, groups) == ("joe", {"a", "b", "system:authenticated"})


def test_impersonation_of_the_kubeconfig_counts_as_with_kubectl(server: dict[str, Any], admin: dict[str, Any]) -> None:
    content = kubeconfig(server, {**admin, "as": "joe", "as-groups": ["a"], "as-uid": "7"})
    assert whoami(connected(kubeconfig=content)) == ("joe", {"a", "system:authenticated"})
    assert whoami(connected(kubeconfig=content, impersonate_user="ann"))[0] == "ann"


def test_credentials_of_the_task_replace_those_of_the_kubeconfig(cluster: Cluster, token: str, namespace: str) -> None:
    assert (
        whoami(connected(kubeconfig=str(cluster.kubeconfig), api_key=f"Bearer {token}\n"))[0] == f"system:serviceaccount:{namespace}:robot"
    )


def test_missing_rights_are_named_with_verb_resource_namespace_and_user(server: dict[str, Any], token: str, namespace: str) -> None:
    api = connected(host=server["server"], api_key=token, ca_cert=server["certificate-authority"]).cluster
    assert api.read(DEPLOYMENT, namespace, "web") is None
    manifest = {"metadata": {"name": "web", "namespace": namespace}, "spec": {}}
    user = f"system:serviceaccount:{namespace}:robot"
    with pytest.raises(ForbiddenError, match=f"user {user} may not patch deployments.apps in namespace {namespace}"):
        api.apply(DEPLOYMENT, manifest, manager="rollout-test")
    with pytest.raises(ForbiddenError, match=f"user {user} may not list deployments.apps in the whole cluster"):
        api.list(DEPLOYMENT)


def test_wrong_credentials_are_told_at_once_and_never_shown(server: dict[str, Any]) -> None:
    common = {"host": server["server"], "ca_cert": server["certificate-authority"]}
    with pytest.raises(UnauthorizedError, match="the token was refused or has expired") as refused:
        whoami(connected(api_key="s3cr3t", **common))
    # Without basic authentication the API server takes the client for an anonymous one.
    with pytest.raises(ForbiddenError, match="the server knows no such credentials as were sent") as unknown:
        whoami(connected(username="joe", password="s3cr3t", **common))
    assert "s3cr3t" not in refused.value.message + unknown.value.message


def test_no_credentials_are_told(server: dict[str, Any]) -> None:
    with pytest.raises(ForbiddenError, match="give api_key, a client certificate, or a kubeconfig"):
        connected(kubeconfig=kubeconfig(server, {"username": "only"})).cluster.read(NAMESPACE, "", "kube-system")


def test_an_unknown_ca_is_told_at_once(server: dict[str, Any]) -> None:
    started = time.monotonic()
    for more in ({}, {"ca_cert": certifi.where()}):
        with pytest.raises(UnreachableError, match=r"its TLS certificate is not trusted \(.*\): set ca_cert"):
            whoami(connected(host=server["server"], api_key="t", **more))
    assert time.monotonic() - started < 30, "its deadline is 60 s"


def test_the_name_in_the_certificate_is_compared_with_tls_server_name(server: dict[str, Any], admin: dict[str, Any]) -> None:
    with pytest.raises(UnreachableError, match=r"is not trusted \(.*other\.example"):
        whoami(connected(kubeconfig=kubeconfig({**server, "tls-server-name": "other.example"}, admin)))
    assert whoami(connected(kubeconfig=kubeconfig({**server, "tls-server-name": "localhost"}, admin)))


@pytest.mark.parametrize(
    ("host", "words", "longest"),
    [
        ("https://127.0.0.1:1", r"connection refused; check that host \(or K8S_AUTH_HOST\) names the right server", 8),
        ("https://no-such-host.invalid", r"its name is not known to the name service", 12),
    ],
)
def test_a_wrong_address_is_told_within_seconds(host: str, words: str, longest: float) -> None:
    started = time.monotonic()
    with pytest.raises(UnreachableError, match=words) as caught:
        connected(host=host, api_key="s3cr3t").cluster.read(NAMESPACE, "", "default")
    assert host in caught.value.message
    assert time.monotonic() - started < longest


def test_a_black_hole_is_told_after_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        host = f"http://127.0.0.1:{full.getsockname()[1]}"
        with pytest.raises(UnreachableError, match=r"no connection within 0\.2 s"):
            connected(host=host, api_key="t").cluster.read(NAMESPACE, "", "default")


def test_tls_to_a_port_without_tls_and_the_reverse(server: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        threading.Thread(target=_greet, args=(plain,), daemon=True).start()
        with pytest.raises(UnreachableError, match="it does not speak TLS: check that the port is that of the API"):
            connected(host=f"https://127.0.0.1:{plain.getsockname()[1]}", api_key="t").cluster.read(NAMESPACE, "", "default")
    with pytest.raises(RolloutError, match="answered 400 without an explanation; is it the address of a Kubernetes API"):
        connected(host=server["server"].replace("https", "http"), api_key="t").cluster.read(NAMESPACE, "", "default")


def _greet(server: socket.socket) -> None:
    client, _address = server.accept()
    client.sendall(b"220 mail.example ESMTP\r\n")
    client.recv(1000)
    client.close()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"kubeconfig": "/absent"}, "The kubeconfig /absent does not exist"),
        ({"host": "https://h", "api_key": "t", "ca_cert": "/absent"}, "The CA certificate /absent cannot be read: No such file"),
        ({"host": "https://h", "api_key": "t", "ca_cert": "/etc/passwd"}, "The CA certificate /etc/passwd cannot be used: no certificate"),
        (
            {"host": "https://h", "client_cert": "/etc/passwd", "client_key": "/etc/passwd"},
            "The client certificate /etc/passwd with the key /etc/passwd cannot be used",
        ),
        ({"host": "https://h", "api_key": "t", "proxy": "odd://p"}, "The proxy 'odd://p' is not a URL of a proxy"),
        ({"kubeconfig": kubeconfig({"server": "api.example"}, {})}, "The server 'api.example' of the kubeconfig given as data must look"),
        ({"host": "https://h:port", "api_key": "t"}, "The server 'https://h:port' of host must look like https://name:port"),
        ({"host": f"https://{'a' * 70}.example", "api_key": "t"}, "The server's address is not a URL with a host name"),
        (
            {"kubeconfig": kubeconfig({"server": "https://h", "certificate-authority": "/absent"}, {})},
            "cannot be used: File does not exist: /absent",
        ),
        (
            {"kubeconfig": kubeconfig({"server": "https://h", "certificate-authority-data": "x"}, {"token": "s3cr3t"})},
            "The kubeconfig given as data cannot be used",
        ),
        (
            {"kubeconfig": kubeconfig({"server": "https://h"}, {"token": "s3cr3t\nx"})},
            "The token of the kubeconfig given as data holds a line",
        ),
    ],
)
def test_files_and_settings_that_cannot_work_are_named_before_anything_is_sent(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        connected(**parameters).cluster.read(NAMESPACE, "", "default")
    assert words in caught.value.message
    assert "s3cr3t" not in caught.value.message


def plugin(folder: Path, script: str) -> dict[str, Any]:
    """The user of a kubeconfig whose credentials come from a shell script."""
    path = folder / "plugin.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    version = "client.authentication.k8s.io/v1"
    return {
        "exec": {"apiVersion": version, "command": str(path), "env": [{"name": "FOLDER", "value": str(folder)}], "interactiveMode": "Never"}
    }


def answering(token: str) -> str:
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}
    return json.dumps(credential)


def test_a_credential_plugin_is_run_once_and_again_when_its_token_is_refused(
    server: dict[str, Any], token: str, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "answer").write_text(answering(token))
    user = plugin(tmp_path, 'echo run >> "$FOLDER/runs"; cat "$FOLDER/answer"')
    connection = connected(kubeconfig=kubeconfig(server, user))
    for _ in range(3):
        assert whoami(connection)[0] == f"system:serviceaccount:{namespace}:robot"
    assert (tmp_path / "runs").read_text().count("run") == 1

    (tmp_path / "answer").write_text(answering("wrong"))
    stale = connected(kubeconfig=kubeconfig(server, user))
    (tmp_path / "answer").write_text(answering(token))
    assert whoami(stale)[0] == f"system:serviceaccount:{namespace}:robot"


def test_a_credential_plugin_sees_the_environment_of_the_run(
    server: dict[str, Any], token: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answer").write_text(answering(token))
    monkeypatch.setenv("SECRET_PROFILE", str(tmp_path / "answer"))
    user = plugin(tmp_path, 'cat "$SECRET_PROFILE"')
    assert whoami(connected(dict(os.environ), kubeconfig=kubeconfig(server, user)))[0].endswith(":robot")


def test_a_credential_plugin_that_fails_is_named_with_its_words(
    server: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=r"The credential plugin \S+plugin\.sh of .* failed: .*please log in"):
        connected(kubeconfig=kubeconfig(server, plugin(tmp_path, "echo please log in >&2; exit 1")))
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "interactiveMode": "Never"}}
    with pytest.raises(InputError, match=r"The credential plugin no-such-plugin .* failed: .*No such file"):
        connected(kubeconfig=kubeconfig(server, user))
    hinted = {"exec": {**user["exec"], "installHint": "Install it by\n  pipx install no-such-plugin"}}
    with pytest.raises(InputError, match=r"failed: .*No such file.*\. Install it by pipx install no-such-plugin$"):
        connected(kubeconfig=kubeconfig(server, hinted))
    assert capfd.readouterr().err == ""


def test_a_token_file_that_was_renewed_is_read_again(server: dict[str, Any], token: str, namespace: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("expired")
    connection = connected(kubeconfig=kubeconfig(server, {"tokenFile": str(path)}))
    path.write_text(token)
    assert whoami(connection)[0] == f"system:serviceaccount:{namespace}:robot"


def test_a_pod_uses_its_service_account_before_kubeconfig(
    server: dict[str, Any], token: str, namespace: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(token)
    (tmp_path / "ca.crt").write_text(Path(server["certificate-authority"]).read_text())
    monkeypatch.setattr(config_module, "SERVICE_ACCOUNT", str(tmp_path))
    host, _colon, port = server["server"].removeprefix("https://").partition(":")
    pod = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port, "KUBECONFIG": str(cluster.kubeconfig)}
    connection = connected(pod)
    assert whoami(connection)[0] == f"system:serviceaccount:{namespace}:robot"
    assert "service account of the pod" in connection.notes[0]
    assert "KUBECONFIG does not count" in connection.notes[0]
    assert "system:masters" in whoami(connected(pod, kubeconfig=str(cluster.kubeconfig)))[1]
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(InputError, match="The pod's service account below"):
        connected(pod)


@pytest.fixture
def tunnel() -> Iterator[tuple[int, list[str]]]:
    """A proxy that opens tunnels (CONNECT) for user:secret; its port, and what it was asked for."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, asked), daemon=True).start()
        yield listener.getsockname()[1], asked


def _accept(listener: socket.socket, asked: list[str]) -> None:
    while True:
        try:
            client, _address = listener.accept()
        except OSError:
            return
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        asked.append(head.decode())
        if b"authorization: Basic dXNlcjpzZWNyZXQ=" not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            continue
        host, _colon, port = head.split()[1].decode().partition(":")
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
    except OSError:
        pass


def test_proxies_are_used_with_their_credentials_and_passed_by_on_request(
    cluster: Cluster, tunnel: tuple[int, list[str]], server: dict[str, Any]
) -> None:
    port, asked = tunnel
    path = str(cluster.kubeconfig)
    for parameters, environment in (
        ({"proxy": f"http://127.0.0.1:{port}", "proxy_headers": {"proxy_basic_auth": "user:secret", "user_agent": "me"}}, {}),
        ({"proxy": f"http://user:secret@127.0.0.1:{port}"}, {}),
        ({}, {"K8S_AUTH_PROXY": f"http://user:secret@127.0.0.1:{port}"}),
    ):
        asked.clear()
        assert whoami(connected(environment, kubeconfig=path, **parameters))
        assert asked[0].startswith(f"CONNECT {server['server'].removeprefix('https://')} ")
    asked.clear()
    for more in ({"K8S_AUTH_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}, {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}):
        assert whoami(connected(more, kubeconfig=path))
    assert asked == []


def test_a_proxy_that_refuses_or_is_not_there_is_told_without_its_password(cluster: Cluster, tunnel: tuple[int, list[str]]) -> None:
    for proxy, words in ((f"http://user:s3cr3t@127.0.0.1:{tunnel[0]}", "407"), ("http://user:s3cr3t@127.0.0.1:1", "connection refused")):
        with pytest.raises(UnreachableError, match=f"the proxy failed: .*{words}") as caught:
            whoami(connected(kubeconfig=str(cluster.kubeconfig), proxy=proxy))
        assert "s3cr3t" not in caught.value.message


def test_plain_http_to_another_machine_gives_a_warning() -> None:
    assert "without TLS" in connected(host="http://api.example", api_key="t").warnings[0]
    assert connected(host="http://127.0.0.1:1", api_key="t").warnings == ()
