# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What leaves a call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import redacted
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.veil import Veil

PLANTED = "s3cr3t-of-old"
ROLLOUT: dict[str, Any] = {
    "kind": "Deployment",
    "namespace": "shop",
    "name": "web",
    "phase": "complete",
    "complete": True,
    "strategy": "rolling",
    "steps": [{"name": "roll out", "state": "done", "seconds": 1.5, "pods": ["web-0"]}],
    "stable": {"revision": 2, "name": "web-6d4f", "images": {"web": "reg.example/token:1.2"}, "change_cause": "release"},
    "images": {"web": "reg.example/token:1.2"},
    "replicas": {"desired": 1234},
    "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "ok", "since": "2026"}],
    "findings": [],
    "cause": "",
}
WORDS = (
    *("shop", "web", "complete", "Deployment", "rolling", "roll out", "done", "True", "true", "None", "1234", "web-0", "web-6d4f"),
    *("reg.example/token:1.2", "token:1.2", "Available", "release", "1.5"),
)


@pytest.mark.parametrize("word", WORDS)
def test_what_only_names_things_is_never_masked(word: str) -> None:
    veil = Veil({word})
    veil.learn({"namespace": "shop", "name": "web"}, ())
    assert veil.result({"changed": True, "rollouts": [ROLLOUT]})["rollouts"] == [ROLLOUT]


def test_a_sentence_keeps_names_and_plain_words() -> None:
    veil = Veil({"shop", "complete", "web", PLANTED, "reg.example"})
    veil.learn({"namespace": "shop", "image": {"web": "reg.example/token:1.2"}}, ())
    sentence = "Deployment shop/web is complete: image web=reg.example/token:1.2."
    assert veil.sentence(sentence) == sentence
    assert veil.sentence(f"{sentence} {PLANTED}") == f"{sentence} ********"


@pytest.mark.parametrize(
    "given",
    [
        {"env": {"API_TOKEN": PLANTED}},
        {"env": {"URL": f"amqp://u:{PLANTED}@mq"}},
        {"workloads": [{"name": "web", "env": {"API_TOKEN": PLANTED}}]},
        {"change_cause": f"password={PLANTED}"},
        {"api_key": PLANTED},
        {"password": PLANTED},
        {"api_key": PLANTED, "wait_timeout": PLANTED},
        {"password": PLANTED, "name": "web", "host": f"https://me:{PLANTED}@server", "proxy_headers": {"x": [f"a {PLANTED}"]}},
        {"definition": {"data": {"a": PLANTED}}},
        {"config": [{"data": {"a": PLANTED}}]},
    ],
)
def test_neither_invocation_nor_message_shows_what_is_secret(given: dict[str, Any]) -> None:
    veil = Veil({PLANTED} if {"api_key", "password"} & given.keys() else set())
    veil.learn(given, ())
    assert PLANTED not in json.dumps(redacted(given, "blue_green", veil))
    assert "password" in ARGUMENTS["blue_green"].spec
    if "env" in given or "workloads" in given:
        assert PLANTED not in veil.sentence(f'env: Invalid value: "{PLANTED}"')


def test_a_manifest_tells_what_messages_may_not_quote() -> None:
    veil = Veil()
    container = {"name": "web", "image": "web:1", "env": [{"name": "DB_PASSWORD", "value": PLANTED}]}
    veil.learn({}, [{"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [container]}}}}])
    assert veil.sentence(f"refused: {PLANTED}") == "refused: ********"
    assert {"web", "web:1", "Deployment"} <= veil.names


def test_nothing_steers_the_terminal() -> None:
    veil = Veil()
    result = veil.result(
        {
            "msg": "image web=web:2\x1b[2J",
            "rollouts": [{"images": {"web": "web:2\n[ERROR]: x"}, "findings": [{"log": ["\x1b[31mred\x1b[0m", "password=abc"]}]}],
        }
    )
    assert result["msg"] == "image web=web:2\\x1b[2J"
    assert result["rollouts"][0]["images"] == {"web": "web:2\\n[ERROR]: x"}
    assert result["rollouts"][0]["findings"][0]["log"] == ["\\x1b[31mred\\x1b[0m", "password=********"]


def test_change_causes_and_messages_are_masked_by_form() -> None:
    shown = Veil().result({"rollouts": [{"change_cause": "release, password: swordfish", "cause": "cannot reach amqp://u:abc@mq"}]})
    assert shown["rollouts"] == [{"change_cause": "release, password: ********", "cause": "cannot reach amqp://u:********@mq"}]
