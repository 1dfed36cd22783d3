# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects as people may see them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.masking import CHANGED, MASK
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.veils import secrets_within, veiled, veiled_pair

PLANTED = "s3cr3t-of-old"
OTHER = "an0ther-one"


def with_container(**fields: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "reg/token:1.2", **fields}]}}}}


def env(name: str, value: str) -> dict[str, Any]:
    return with_container(env=[{"name": "FIRST", "value": "1"}, {"name": name, "value": value}])


HIDING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    **{
        f"variable {name}": (env(name, PLANTED), env(name, OTHER))
        for name in (
            *("API_TOKEN", "DB_PASSWORD", "PGPASSWORD", "MYSQL_ROOT_PASSWORD", "DB_PASS", "DB_PWD", "AWS_SECRET_ACCESS_KEY", "apiKey"),
            *("STRIPE_KEY", "client-secret", "spring.datasource.password", "GITHUB_PAT", "SESSION_ID", "APP_CREDENTIALS", "JWT_SECRET"),
        )
    },
    "URL in a variable": (env("DATABASE_URL", f"postgres://u:{PLANTED}@db/x"), env("DATABASE_URL", f"postgres://u:{OTHER}@db/x")),
    "DSN of words": (env("DSN", f"host=db password={PLANTED} user=u"), env("DSN", f"host=db password={OTHER} user=u")),
    "ADO connection": (env("CONN", f"Server=db;User Id=sa;Password={PLANTED};"), env("CONN", f"Server=db;User Id=sa;Password={OTHER};")),
    "bearer": (env("HEADER", f"Bearer {PLANTED}"), env("HEADER", f"Bearer {OTHER}")),
    "argument": (with_container(args=["--verbose", f"--password={PLANTED}"]), with_container(args=["--verbose", f"--password={OTHER}"])),
    "next argument": (with_container(args=["--db-password", PLANTED]), with_container(args=["--db-password", OTHER])),
    "argument that moved": (with_container(args=[f"--token={PLANTED}", "-v"]), with_container(args=["-q", "-v", f"--token={OTHER}"])),
    "shell": (
        with_container(command=["sh", "-c", f"PGPASSWORD={PLANTED} psql -h db"]),
        with_container(command=["sh", "-c", f"PGPASSWORD={OTHER} psql -h db"]),
    ),
    "mysql": (with_container(command=["mysql", "-uroot", f"-p{PLANTED}"]), with_container(command=["mysql", "-uroot", f"-p{OTHER}"])),
    "redis": (with_container(command=["redis-cli", "-a", PLANTED, "ping"]), with_container(command=["redis-cli", "-a", OTHER, "ping"])),
    "curl": (with_container(command=["curl", "-u", f"u:{PLANTED}", "x"]), with_container(command=["curl", "-u", f"u:{OTHER}", "x"])),
    "probe": (
        with_container(livenessProbe={"httpGet": {"httpHeaders": [{"name": "Authorization", "value": f"Bearer {PLANTED}"}]}}),
        with_container(livenessProbe={"httpGet": {"httpHeaders": [{"name": "Authorization", "value": f"Bearer {OTHER}"}]}}),
    ),
    "annotation by its key": (
        {"kind": "Service", "metadata": {"annotations": {"example.com/api-token": PLANTED}}},
        {"kind": "Service", "metadata": {"annotations": {"example.com/api-token": OTHER}}},
    ),
    "annotation by its form": (
        {"kind": "Service", "metadata": {"annotations": {"dsn": f"amqp://u:{PLANTED}@mq"}}},
        {"kind": "Service", "metadata": {"annotations": {"dsn": f"amqp://u:{OTHER}@mq"}}},
    ),
    "annotation with a whole object": (
        {"kind": "Service", "metadata": {"annotations": {"original": json.dumps(env("API_TOKEN", PLANTED))}}},
        {"kind": "Service", "metadata": {"annotations": {"original": json.dumps(env("API_TOKEN", OTHER))}}},
    ),
    "ConfigMap by its key": (
        {"kind": "ConfigMap", "data": {"DB_PASSWORD": PLANTED}},
        {"kind": "ConfigMap", "data": {"DB_PASSWORD": OTHER}},
    ),
    "ConfigMap of properties": (
        {"kind": "ConfigMap", "data": {"app.properties": f"db.user=u\ndb.password={PLANTED}\n"}},
        {"kind": "ConfigMap", "data": {"app.properties": f"db.user=u\ndb.password={OTHER}\n"}},
    ),
    "ConfigMap of YAML": (
        {"kind": "ConfigMap", "data": {"app.yml": f"db:\n  password: |\n    {PLANTED}\n  port: 1\n"}},
        {"kind": "ConfigMap", "data": {"app.yml": f"db:\n  password: |\n    {OTHER}\n  port: 1\n"}},
    ),
    "ConfigMap of JSON": (
        {"kind": "ConfigMap", "data": {"app.json": json.dumps({"db": {"password": PLANTED}})}},
        {"kind": "ConfigMap", "data": {"app.json": json.dumps({"db": {"password": OTHER}})}},
    ),
    "ConfigMap of bytes": (
        {"kind": "ConfigMap", "binaryData": {"x": b64encode(f"password={PLANTED}".encode()).decode()}},
        {"kind": "ConfigMap", "binaryData": {"x": b64encode(f"password={OTHER}".encode()).decode()}},
    ),
    "Secret": ({"kind": "Secret", "data": {"a": PLANTED}}, {"kind": "Secret", "data": {"a": OTHER}}),
    "another kind": ({"kind": "Cache", "spec": {"auth": {"password": PLANTED}}}, {"kind": "Cache", "spec": {"auth": {"password": OTHER}}}),
    "a list under such a name": ({"kind": "Cache", "spec": {"tokens": [PLANTED]}}, {"kind": "Cache", "spec": {"tokens": [OTHER]}}),
}


@pytest.mark.parametrize(("before", "after"), HIDING.values(), ids=HIDING)
def test_a_secret_is_hidden_and_one_sees_that_it_changed(before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = veiled_pair(before, after)
    texts = json.dumps([old, new])
    for planted in (PLANTED, OTHER, b64encode(PLANTED.encode()).decode()[:12]):
        assert planted not in texts
    assert MASK in json.dumps(old)
    assert CHANGED not in json.dumps(old)
    assert CHANGED in json.dumps(new)
    same = veiled_pair(before, before)
    assert same[0] == same[1] == old


@pytest.mark.parametrize("obj", [before for before, _after in HIDING.values()], ids=HIDING)
def test_a_new_object_shows_no_more_than_a_changed_one(obj: dict[str, Any]) -> None:
    before, after = veiled_pair(None, obj)
    assert before == {}
    assert PLANTED not in json.dumps(after)
    assert CHANGED not in json.dumps(after)
    assert veiled(obj) == after
    assert secrets_within(obj)


@pytest.mark.parametrize(
    "obj",
    [
        with_container(),
        with_container(env=[{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "web-token", "key": "password"}}}]),
        with_container(args=["--password=$(DB_PASSWORD)", "--token-file", "/run/token", "--secret-name=web"]),
        with_container(command=["mysql", "-P", "3306", "-h", "db"]),
        env("PASSWORD_FILE", "/run/secrets/password"),
        env("TOKEN_TTL", "3600s"),
        env("PASSWORD_LOGIN", "true"),
        env("DB_PASSWORD", ""),
        env("DB_NAME", "shop"),
        env("PRIMARY_KEY", "id"),
        env("TOKENIZERS", "fast"),
        env("KEYCLOAK_URL", "https://idp.example/realms/shop"),
        {"kind": "Deployment", "metadata": {"name": "token", "namespace": "secret", "labels": {"token": "a", "password": "b"}}},
        {"kind": "Service", "spec": {"selector": {"secret": "vault"}, "ports": [{"name": "token", "port": 80}]}},
        {"kind": "Ingress", "spec": {"tls": [{"secretName": "web-tls"}]}},
        {"kind": "Secret", "metadata": {"name": "web"}, "type": "Opaque"},
        {"kind": "Prometheus", "spec": {"secrets": ["web-tls"], "maxTokens": 4096, "automountServiceAccountToken": False}},
        {"kind": "ConfigMap", "data": {"list.json": "[1, 2", "text": "{not: json}", "empty": "", "n.json": '{"a": 1}'}},
        {"kind": "ConfigMap", "data": {"odd": 1}, "binaryData": {"x": "AAEC", "y": "no base64 at all"}},
    ],
)
def test_what_only_names_things_stays(obj: dict[str, Any]) -> None:
    assert veiled(obj) == obj
    assert veiled_pair({"kind": obj["kind"]}, obj)[1] == obj
    assert secrets_within(obj) == set()


def test_what_is_known_to_be_secret_is_hidden_where_a_secret_can_stand() -> None:
    obj = {
        "kind": "ConfigMap",
        "metadata": {"name": "kn0wn-value"},
        "data": {"greeting": "say kn0wn-value", "b": b64encode(b"kn0wn-value").decode()},
    }
    shown = veiled(obj, frozenset({"kn0wn-value"}))
    assert shown["metadata"] == {"name": "kn0wn-value"}
    assert "kn0wn-value" not in json.dumps(shown["data"])


def test_items_are_compared_by_their_names_and_added_ones_are_new() -> None:
    def of(**values: str) -> dict[str, Any]:
        return with_container(env=[{"name": name, "value": value} for name, value in values.items()])

    shown: Any = veiled_pair(of(A_TOKEN="one", B_TOKEN="two"), of(NEW_TOKEN="x", B_TOKEN="two", A_TOKEN="two"))[1]
    assert [entry["value"] for entry in shown["spec"]["template"]["spec"]["containers"][0]["env"]] == [MASK, MASK, CHANGED]


def test_a_changed_part_is_marked_beside_parts_that_stayed() -> None:
    before = env("URLS", "amqp://u:p1@a,amqp://u:p2@b")
    shown = veiled_pair(before, env("URLS", "amqp://u:p1@a,amqp://u:p3@b"))[1]
    assert f"amqp://u:{MASK}@a,amqp://u:{CHANGED}@b" in json.dumps(shown)
    fewer = veiled_pair(before, env("URLS", "amqp://u:p2@b"))[1]
    assert f'"amqp://u:{MASK}@b"' in json.dumps(fewer)


def test_the_secrets_of_an_object_are_told_for_messages_that_may_quote_them() -> None:
    obj = env("DATABASE_URL", f"postgres://u:{PLANTED}@db/x")
    assert secrets_within(obj) == {PLANTED}
    assert secrets_within(with_container(command=["mysql", f"-p{PLANTED}"])) == {PLANTED}
    assert secrets_within({"kind": "ConfigMap", "data": {"a": json.dumps({"token": PLANTED, "b": 1})}}) == {PLANTED}
    assert secrets_within({"kind": "X", "spec": {"note": f"a {MASK} password=abc"}}) == {"abc"}
