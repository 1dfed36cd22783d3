# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing a context, and one sentence for each fault of a kubeconfig, without its secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube import config
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.config import load_settings
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.kubeconfig import read_kubeconfig

TOKEN = "s3cr3t-token"


def content(*contexts: str, current: str = "one", **changes: Any) -> dict[str, Any]:
    whole = {
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}} for name in contexts],
        "clusters": [{"name": f"{name}-cluster", "cluster": {"server": f"https://{name}.example"}} for name in contexts],
        "users": [{"name": f"{name}-user", "user": {"token": TOKEN}} for name in contexts],
    }
    return {**whole, **changes}


def stored(path: Path, data: Any) -> str:
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return str(path)


def test_the_current_context_is_used_unless_another_is_named() -> None:
    assert read_kubeconfig(content("one", "two"), context="").cluster["server"] == "https://one.example"
    assert read_kubeconfig(content("one", "two"), context="two").user == {"token": TOKEN}


def test_text_is_read_like_data() -> None:
    text = json.dumps(content("one"))
    assert read_kubeconfig(text, context="").data == content("one")
    assert read_kubeconfig(text.replace(",", ",\n"), context="").source == "the kubeconfig given as text"


def test_of_several_files_the_first_wins_and_absent_ones_are_passed_over(tmp_path: Path) -> None:
    first = stored(tmp_path / "a", content("one"))
    second = stored(
        tmp_path / "b", content("one", "two", current="two", clusters=[{"name": "two-cluster", "cluster": {"server": "https://2"}}])
    )
    chosen = read_kubeconfig(f"{tmp_path}/absent:{first}:{second}", context="")
    assert (chosen.context, chosen.files) == ("one", (first, second))
    assert read_kubeconfig(f"{first}:{second}", context="two").cluster["server"] == "https://2"


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    stored(tmp_path / "config", content("one"))
    assert read_kubeconfig("~/config", context="").files == (f"{tmp_path}/config",)


@pytest.mark.parametrize(
    ("data", "context", "words"),
    [
        (content("one", "two"), "three", "has no context 'three': it has one, two."),
        (content(), "three", "has no context 'three': it has none."),
        (content("one", current=""), "", "has no current context: set context (it has one)."),
        (content("one", current="gone"), "", "names as its current context one that it lacks: 'gone': it has one."),
        (content("one", clusters=[]), "", "has no server for the cluster 'one-cluster' of its context 'one'."),
        (content("one", clusters="odd"), "", "has no server for the cluster 'one-cluster'"),
        (content("one", clusters=["odd", {"name": "one-cluster", "cluster": None}]), "", "has no server for the cluster"),
        (content("one", users=[]), "", "has no user 'one-user', which its context 'one' names."),
        ("just words", "", "does not hold a kubeconfig."),
        ("", "", "does not hold a kubeconfig."),
        (f"users:\n- token: {TOKEN}\n  bad: [", "", "is not valid YAML (line 3, column 9)"),
        (f"users:\n- token: {TOKEN}\n  until: 2024-13-45\n", "", "is not valid YAML."),
        ("a: \x01", "", "is not valid YAML."),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162", "", "is encrypted by Ansible Vault"),
    ],
)
def test_each_fault_has_its_sentence(tmp_path: Path, data: Any, context: str, words: str) -> None:
    path = stored(tmp_path / "config", data)
    with pytest.raises(InputError) as caught:
        read_kubeconfig(path, context=context)
    assert words in caught.value.message
    assert caught.value.message.startswith(f"The kubeconfig {path} ")
    assert TOKEN not in caught.value.message


def test_a_context_without_user_is_allowed() -> None:
    assert read_kubeconfig(content("one", contexts=[{"name": "one", "context": {"cluster": "one-cluster"}}]), context="").user == {}


def test_where_nothing_says_which_cluster_is_meant_the_credential_of_awx_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DEFAULT_KUBECONFIG", "/absent/config")
    with pytest.raises(InputError, match="a credential of the type OpenShift or Kubernetes API Bearer Token does that"):
        load_settings(auth_options({}, environment={}), environment={})
    for told in ({"kubeconfig": "/absent/other"}, {"context": "one"}):
        with pytest.raises(InputError, match=r"^The kubeconfig /absent/\w+ does not exist: set kubeconfig"):
            load_settings(auth_options(told, environment={}), environment={})


def test_absent_and_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The kubeconfig \S+absent does not exist: set kubeconfig"):
        read_kubeconfig(f"{tmp_path}/absent", context="")
    with pytest.raises(InputError, match=r"The kubeconfig \S+a, \S+b do not exist"):
        read_kubeconfig(f"{tmp_path}/a:{tmp_path}/b", context="")
    with pytest.raises(InputError, match=r"cannot be read: Is a directory\."):
        read_kubeconfig(str(tmp_path), context="")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"cannot be read: it is not a text\."):
        read_kubeconfig(f"{tmp_path}/binary", context="")
