# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options count: the task's, then the environment's; and the documentation that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.doc_fragments.auth import ModuleDocFragment
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import (
    ENVIRONMENT,
    AuthOptions,
    auth_argument_spec,
    auth_options,
    secrets_of_user,
)

HOST = "https://api.example:6443"
AWX = {"K8S_AUTH_HOST": HOST, "K8S_AUTH_API_KEY": "from-awx", "K8S_AUTH_VERIFY_SSL": "False"}


def options(environment: Mapping[str, str] | None = None, /, **parameters: Any) -> AuthOptions:
    return auth_options(parameters, environment=environment or {})


def documented() -> dict[str, Any]:
    return dict(yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"])


def without_descriptions(documentation: dict[str, Any]) -> dict[str, Any]:
    bare = {}
    for name, entry in documentation.items():
        bare[name] = {key: value for key, value in entry.items() if key not in ("description", "suboptions")}
        if "suboptions" in entry:
            bare[name]["options"] = without_descriptions(entry["suboptions"])
    return bare


def without_masking(spec: dict[str, Any]) -> dict[str, Any]:
    bare = {}
    for name, entry in spec.items():
        bare[name] = {key: value for key, value in entry.items() if key != "no_log"}
        if "options" in entry:
            bare[name]["options"] = without_masking(entry["options"])
    return bare


def test_documentation_and_argument_spec_say_the_same() -> None:
    assert without_descriptions(documented()) == without_masking(auth_argument_spec)


def test_every_option_names_its_variable_in_the_documentation() -> None:
    for option, variable in ENVIRONMENT.items():
        name, _dot, header = option.partition(".")
        entry = documented()[name]
        description = " ".join((entry["suboptions"][header] if header else entry)["description"])
        assert f"E({variable})" in description


def test_secrets_are_masked_by_the_argument_spec() -> None:
    masked = {name for name, entry in auth_argument_spec.items() if entry.get("no_log")}
    headers = {name for name, entry in auth_argument_spec["proxy_headers"]["options"].items() if entry.get("no_log")}
    assert (masked, headers) == ({"api_key", "password"}, {"proxy_basic_auth", "basic_auth"})


def test_nothing_given_is_all_defaults() -> None:
    assert options() == AuthOptions()


@pytest.mark.parametrize("option", [name for name in ENVIRONMENT if name not in ("validate_certs", "persist_config")])
def test_each_variable_of_the_environment_is_read(option: str) -> None:
    partners = {"K8S_AUTH_USERNAME": "u", "K8S_AUTH_PASSWORD": "p", "K8S_AUTH_CERT_FILE": "c", "K8S_AUTH_KEY_FILE": "k"}
    value = {"host": HOST, "proxy": "http://proxy:1", "impersonate_groups": "a, b"}.get(option, "value")
    read = options({**partners, "K8S_AUTH_IMPERSONATE_USER": "who", ENVIRONMENT[option]: value})
    name, _dot, header = option.partition(".")
    found = getattr(read.proxy_headers, header) if header else getattr(read, name)
    assert found == (("a", "b") if option == "impersonate_groups" else value)


@pytest.mark.parametrize(
    ("name", "alias"), [(name, alias) for name, entry in auth_argument_spec.items() for alias in entry.get("aliases", ())]
)
def test_aliases_are_understood(name: str, alias: str) -> None:
    partners = {"client_cert": {"client_key": "k"}, "client_key": {"client_cert": "c"}}
    value = True if name == "validate_certs" else "value"
    assert getattr(options(**{alias: value}, **partners.get(name, {})), name) == value


def test_the_task_wins_over_the_environment() -> None:
    read = options(AWX, host="https://other.example", api_key="mine", validate_certs=True)
    assert (read.host, read.api_key, read.validate_certs, read.warnings) == ("https://other.example", "mine", True, ())


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_value_is_not_given(empty: str | None) -> None:
    read = options({**AWX, "K8S_AUTH_CONTEXT": ""}, api_key=empty, impersonate_groups=[], proxy_headers={}, kubeconfig=empty)
    assert (read.api_key, read.impersonate_groups, read.context, read.insists_on_kubeconfig) == ("from-awx", (), "", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True", True),
        ("true", True),
        ("yes", True),
        ("on", True),
        ("1", True),
        ("False", False),
        ("no", False),
        ("off", False),
        ("0", False),
    ],
)
def test_booleans_of_the_environment_are_texts(text: str, expected: bool) -> None:
    read = options({"K8S_AUTH_VERIFY_SSL": text, "K8S_AUTH_PERSIST_CONFIG": text})
    assert (read.validate_certs, read.persist_config) == (expected, expected)


def test_awx_switching_tls_off_gives_a_warning() -> None:
    assert "K8S_AUTH_VERIFY_SSL" in options(AWX).warnings[0]
    assert options(AWX, validate_certs=False).warnings == ()
    assert options({**AWX, "K8S_AUTH_VERIFY_SSL": "True"}).warnings == ()


@pytest.mark.parametrize(("name", "value"), [("kubeconfig", "/some/file"), ("context", "prod")])
def test_a_kubeconfig_of_the_task_discards_the_cluster_of_the_environment(name: str, value: str) -> None:
    read = options({**AWX, "K8S_AUTH_PROXY": "http://proxy:1"}, **{name: value})
    assert (read.host, read.api_key, read.validate_certs, read.warnings) == ("", "", None, ())
    assert read.proxy == "http://proxy:1"
    assert read.notes == (
        f"Not used from the environment, because the task gives its own {name}: K8S_AUTH_HOST, K8S_AUTH_VERIFY_SSL, K8S_AUTH_API_KEY.",
    )


def test_a_context_of_the_task_keeps_the_kubeconfig_of_the_environment() -> None:
    read = options({"K8S_AUTH_KUBECONFIG": "/some/file"}, context="prod")
    assert (read.kubeconfig, read.context, read.notes) == ("/some/file", "prod", ())


def test_credentials_of_the_task_replace_those_of_the_environment() -> None:
    read = options(AWX, username="u", password="p")
    assert (read.host, read.api_key, read.username) == (HOST, "", "u")
    assert "K8S_AUTH_API_KEY" in read.notes[0]


def test_a_password_is_taken_as_it_is() -> None:
    read = options(username=" u ", password=" p ")
    assert (read.username, read.password) == ("u", " p ")


def test_the_other_half_of_a_credential_may_come_from_the_environment() -> None:
    assert options({"K8S_AUTH_KEY_FILE": "/k"}, client_cert="/c").client_key == "/k"


@pytest.mark.parametrize(
    ("parameters", "complete"),
    [
        ({"host": HOST, "api_key": "t"}, True),
        ({"host": HOST, "username": "u", "password": "p"}, True),
        ({"host": HOST, "client_cert": "c", "client_key": "k"}, True),
        ({"host": HOST}, False),
        ({"api_key": "t"}, False),
        ({"host": HOST, "api_key": "t", "kubeconfig": "/some/file"}, False),
        ({"host": HOST, "api_key": "t", "context": "prod"}, False),
    ],
)
def test_a_kubeconfig_is_read_unless_host_and_credentials_say_all(parameters: dict[str, Any], complete: bool) -> None:
    assert options(**parameters).needs_no_base is complete


def test_a_kubeconfig_may_be_data() -> None:
    assert options(kubeconfig={"users": []}).kubeconfig == {"users": []}


def test_proxy_headers_are_merged_one_by_one() -> None:
    read = options(
        {"K8S_AUTH_PROXY_HEADERS_USER_AGENT": "env", "K8S_AUTH_PROXY_HEADERS_BASIC_AUTH": "a:b"}, proxy_headers={"user_agent": "own"}
    )
    assert (read.proxy_headers.user_agent, read.proxy_headers.basic_auth) == ("own", "a:b")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"host": "api.example:6443"}, "host 'api.example:6443' must begin with https://"),
        ({"host": "ftp://api.example"}, "for example https://api.example."),
        ({"host": "https://me:secret@api.example"}, "host must not hold a user"),
        ({"client_cert": "/c"}, "client_cert is given without client_key"),
        ({"client_key": "/k"}, "client_key is given without client_cert"),
        ({"username": "u"}, "username is given without password"),
        ({"password": "secret"}, "password is given without username"),
        ({"proxy": "proxy:3128"}, "proxy must begin with its scheme"),
        ({"impersonate_groups": ["g"]}, "impersonate_groups is given without impersonate_user"),
        ({"api_key": "secret\nsecond"}, "api_key holds a line break"),
        ({"api_key": "secret\u20ac"}, "api_key holds a line break or another character"),
        ({"validate_certs": "maybe"}, "validate_certs must be true or false, not 'maybe'"),
    ],
)
def test_contradictions_are_refused_by_name(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        options(**parameters)
    assert words in caught.value.message
    assert "secret" not in caught.value.message


def test_a_bad_boolean_of_the_environment_names_its_variable() -> None:
    with pytest.raises(InputError, match="K8S_AUTH_VERIFY_SSL must be true or false"):
        options({"K8S_AUTH_VERIFY_SSL": "perhaps"})


def test_secrets_are_listed_for_masking_and_absent_from_the_text_form() -> None:
    kubeconfig = {"users": [{"user": {"token": "t-1", "client-key-data": "k-1", "username": "u"}}, {"name": "odd"}, "odd"]}
    read = options(
        {"K8S_AUTH_API_KEY": "s-1"},
        kubeconfig=kubeconfig,
        proxy="http://me:s-2@proxy:1",
        proxy_headers={"proxy_basic_auth": "a:s-3", "basic_auth": "b:s-4"},
    )
    assert read.secrets() == {"t-1", "k-1", "s-2", "a:s-3", "b:s-4"}
    given = options(AWX, username="u", password="s-5")
    assert given.secrets() == {"s-5"}
    assert options(AWX).secrets() == {"from-awx"}
    for text in (repr(read), repr(given), repr(options(AWX))):
        assert not any(secret in text for secret in ("t-1", "k-1", "s-2", "s-3", "s-4", "s-5", "from-awx"))


def test_the_secrets_of_a_kubeconfigs_user_are_its_token_password_and_key() -> None:
    user = {"token": "t", "password": "p", "client-key-data": "k", "client-certificate-data": "public", "username": "me"}
    assert secrets_of_user(user) == {"t", "p", "k"}
    assert secrets_of_user({"token": "", "password": None}) == frozenset()
    assert secrets_of_user(None) == frozenset()
