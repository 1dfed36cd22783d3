# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server says of an object that it refuses, as recorded from Kubernetes 1.36, in plainer words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, SECRET, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.served import elsewhere, gone_sentence
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.answers import Deed, error_of, is_refusal
from hypothesis import given
from hypothesis import strategies as st

TYPED = "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): "
HOOK = 'Post "https://127.0.0.1:9/?timeout=1s": dial tcp 127.0.0.1:9: connect: connection refused'


def said(message: str, reason: str = "", causes: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    listed = [{"field": field, "message": words} for field, words in causes]
    return {"kind": "Status", "message": message, "reason": reason, "details": {"causes": listed} if listed else {}}


def told(code: int, status: dict[str, Any], resource: Resource = DEPLOYMENT, sent: Any = None) -> str:
    message = error_of(code, status, deed=Deed("applied", resource, "shop", "web", sent), host="https://api").message
    return message.partition("could not be applied: ")[2]


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        (
            500,
            f"{TYPED}errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.paused: expected boolean, got &{{y}}",
            (
                ".spec.replicas is a text and must be a number; write it as a number, without quotes; .spec.paused is "
                "y and must be true or false; "
                "write true or false, without quotes"
            ),
        ),
        (
            500,
            f"{TYPED}.spec.x: expected string, got &value.valueUnstructured{{Value:map[a:1]}}",
            ".spec.x is a mapping and must be a text; write one text",
        ),
        (
            500,
            f"{TYPED}.spec.x: expected string, got &value.valueUnstructured{{Value:[1 2]}}",
            ".spec.x is a list and must be a text; write one text",
        ),
        (500, f"{TYPED}.spec.x: expected something", ".spec.x must be something; correct it"),
        (
            500,
            (
                f'{TYPED}.spec.template.spec.containers[name="a"].env[name="API_TOKEN"].value: expected string, got '
                f"&value.valueUnstructured{{Value:7654321}}"
            ),
            "the server refuses .spec.template.spec.containers[a].env[API_TOKEN].value: it must be a text; write it in quotes",
        ),
        (
            403,
            "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: use a version",
            "the ValidatingAdmissionPolicy no-latest (binding all) refuses it: use a version",
        ),
        (
            403,
            'admission webhook "check.example.com" denied the request: no limits set',
            "the admission webhook check.example.com refuses it: no limits set",
        ),
        (
            400,
            'admission webhook "check.example.com" denied the request without explanation',
            "the admission webhook check.example.com refuses it and does not say why; ask who keeps it",
        ),
        (
            500,
            f'Internal error occurred: failed calling webhook "hook.example.com": failed to call webhook: {HOOK}',
            (
                "https://api answered 500 to the end of the retries: the admission webhook hook.example.com cannot be "
                "asked (failed to call "
                f"webhook: {HOOK}); mend it, or have its configuration removed"
            ),
        ),
        (
            403,
            'pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 5',
            "maximum cpu usage per Container is 1, but limit is 5",
        ),
        (
            403,
            'pods "web" is forbidden: failed quota: small: must specify limits.cpu for: a',
            "the quota small of the namespace demands limits.cpu for: a; set them in the definition",
        ),
        (
            500,
            "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2700321 vs. 2097152)",
            "it is larger than the cluster's database takes (about 1.5 MB); make it smaller, or split it",
        ),
        (
            413,
            "Request entity too large: limit is 3145728",
            "it is larger than the API server takes (3145728 bytes); make it smaller, or split it",
        ),
        (
            500,
            (
                "failed to convert new object (shop/web; apps/v1, Kind=Deployment) to proper version: quantities must "
                "match the regular expression"
            ),
            "one of its quantities is none; write a number with a unit, such as 500m, 2 or 128Mi",
        ),
    ],
)
def test_the_words_of_the_server_become_plainer(code: int, message: str, sentence: str) -> None:
    assert told(code, said(message)) == sentence
    assert code != 500 or "failed calling" in message or is_refusal(code, said(message))


def test_a_conflict_says_what_to_do() -> None:
    modified = 'Operation cannot be fulfilled on deployments.apps "web": the object has been modified'
    assert told(409, said(modified, "Conflict")) == "somebody else changed it in the meantime; run the task again."


def test_a_struct_of_the_server_and_a_long_value_are_left_out() -> None:
    causes = (("spec.strategy", f'Invalid value: {{"a":{"[1]" * 200}}}: bad'), ("spec.x", f'Invalid value: "{"x" * 100}": too odd'))
    assert told(422, said("invalid", "Invalid", causes)) == "spec.strategy: Invalid value: bad; spec.x: Invalid value: too odd"


def test_of_a_secret_only_the_fields_are_told() -> None:
    causes = (("data", 'Invalid value: "hunter2": field is immutable when `immutable` is set'),)
    assert "hunter2" not in told(422, said("hunter2", "Invalid", causes), SECRET)
    assert told(422, said("x", "Invalid", causes), SECRET).startswith("data cannot be changed, for the live one is immutable")
    typed = f"{TYPED}.data.x: expected string, got &value.valueUnstructured{{Value:7654321}}"
    assert told(500, said(typed), SECRET, {"data": {"x": 7654321}}) == "the server refuses .data.x: it must be a text; write it in quotes"


@given(st.text(max_size=80), st.sampled_from([400, 403, 409, 413, 422, 500]))
def test_no_answer_is_too_odd(message: str, code: int) -> None:
    for prefix in ("", TYPED, "failed to convert new object quantities must match", 'x "y" is forbidden: '):
        assert isinstance(told(code, said(prefix + message), sent={"spec": [{"limits": {"cpu": "x"}}]}), str)


@pytest.mark.parametrize(
    ("api_version", "kind", "words"),
    [
        ("extensions/v1beta1", "NetworkPolicy", "write apiVersion: networking.k8s.io/v1."),
        ("networking.k8s.io/v1beta1", "IngressClass", "write apiVersion: networking.k8s.io/v1."),
        ("rbac.authorization.k8s.io/v1beta1", "Role", "write apiVersion: rbac.authorization.k8s.io/v1."),
        ("policy/v1beta1", "PodSecurityPolicy", "label the namespace with pod-security.kubernetes.io/enforce"),
        ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "demands a schema for each version"),
    ],
)
def test_versions_that_are_gone_have_a_successor(api_version: str, kind: str, words: str) -> None:
    assert words in gone_sentence(api_version, kind)


def test_a_version_that_never_was_has_none() -> None:
    assert gone_sentence("example.com/v1", "Thing") == ""
    assert gone_sentence("extensions/v1beta1", "Thing") == ""
    assert elsewhere("Thing") == ""
    assert elsewhere("Ingress") == "networking.k8s.io/v1"
