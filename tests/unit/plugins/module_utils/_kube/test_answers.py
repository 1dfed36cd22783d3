# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal of the API server means: answers as Kubernetes 1.36 really gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    ServerError,
    UnauthorizedError,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, KNOWN, SECRET
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.answers import (
    Deed,
    error_of,
    held_by,
    is_absent,
    is_refusal,
    seconds_asked,
    status_of,
    version_of,
)

WEB = Deed("applied", DEPLOYMENT, "shop", "web")
PASSWORD = Deed("applied", SECRET, "shop", "password")
HOST = "https://api.example"
RBAC = (
    'deployments.apps "web" is forbidden: User "system:serviceaccount:shop:robot" cannot patch resource "deployments" in API group "apps"'
)


def status(message: str, reason: str = "", **details: Any) -> dict[str, Any]:
    return {"kind": "Status", "message": message, "reason": reason, "details": details}


def cause(field: str, message: str, reason: str = "FieldValueInvalid") -> dict[str, str]:
    return {"field": field, "message": message, "reason": reason}


def error(code: int, said: dict[str, Any], deed: Deed = WEB, **more: bool) -> ClusterError:
    return error_of(code, said, deed=deed, host=HOST, **more)


@pytest.mark.parametrize(
    ("code", "said", "kind", "words"),
    [
        (401, status("Unauthorized", "Unauthorized"), UnauthorizedError, "the token was refused or has expired"),
        (401, {}, UnauthorizedError, "does not accept the credentials"),
        (
            403,
            status(f'{RBAC} in the namespace "shop"', "Forbidden"),
            ForbiddenError,
            "user system:serviceaccount:shop:robot may not patch deployments.apps in namespace shop; a Role",
        ),
        (
            403,
            status('nodes is forbidden: User "joe" cannot list resource "nodes" in API group "" at the cluster scope', "Forbidden"),
            ForbiddenError,
            "user joe may not list nodes in the whole cluster",
        ),
        (
            403,
            status('x: User "system:anonymous" cannot get resource "pods" in API group "" in the namespace "shop"', "Forbidden"),
            ForbiddenError,
            "give api_key, a client certificate, or a kubeconfig",
        ),
        (403, status('forbidden: User "joe" cannot get path "/apis"', "Forbidden"), ForbiddenError, "user joe may not get /apis"),
        (403, status('pods "web-1" is forbidden: exceeded quota: small', "Forbidden"), InvalidError, "exceeded quota: small"),
        (403, {}, ForbiddenError, "a proxy on the way may refuse it"),
        (
            404,
            status('namespaces "shop" not found', "NotFound", kind="namespaces", name="shop"),
            NotFoundError,
            "the namespace shop does not",
        ),
        (404, status('"web" not found', "NotFound", kind="deployments", name="web"), NotFoundError, "it does not exist."),
        (404, status("the server could not find the requested resource", "NotFound"), NotFoundError, "has no Deployment of apps/v1."),
        (404, {}, NotFoundError, f"the cluster at {HOST} has no Deployment of apps/v1."),
        (404, status('configmaps "c" not found', "NotFound", kind="configmaps", name="c"), NotFoundError, 'configmaps "c" not found.'),
        (409, status("exists", "AlreadyExists"), ConflictError, "it exists already."),
        (409, status("modified", "Conflict"), ConflictError, "somebody else changed it in the meantime: modified"),
        (410, status("too old", "Expired"), GoneError, "no longer keeps"),
        (422, status("the server rejected our request", "Invalid"), InvalidError, "the server rejected our request"),
        (400, status("unknown field", "BadRequest"), InvalidError, "unknown field"),
        (400, {}, ClusterError, "is it the address of a Kubernetes API?"),
        (302, {}, ClusterError, "answered 302"),
        (429, status("slow down", "TooManyRequests"), ServerError, "answered 429 to the end of the retries: slow down"),
        (503, {}, ServerError, "answered 503 to the end of the retries: without an explanation"),
        (500, status("failed calling webhook", "InternalError"), ServerError, "failed calling webhook"),
        (500, status("failed to create typed patch object (x): .spec.foo: field not declared in schema"), InvalidError, ".spec.foo: field"),
    ],
)
def test_every_answer_has_its_error_and_its_sentence(code: int, said: dict[str, Any], kind: type[ClusterError], words: str) -> None:
    found = error(code, said)
    assert found.__class__ is kind
    assert found.status == code
    assert found.message.startswith("Deployment shop/web could not be applied: ")
    assert words in found.message


def test_a_failed_test_of_a_json_patch_is_a_conflict() -> None:
    said = status("the server rejected our request due to an error in our request", "Invalid")
    assert isinstance(error(422, said, is_json_patch=True), ConflictError)
    assert isinstance(error(422, status("bad", "Invalid", causes=[cause("spec", "bad")]), is_json_patch=True), InvalidError)


def test_invalid_objects_are_listed_field_by_field() -> None:
    causes = [
        cause("spec.replicas", "Invalid value: -1"),
        cause("spec.replicas", "Invalid value: -1"),
        cause("spec.selector", "Required value"),
    ]
    found = error(422, status("long text", "Invalid", causes=causes))
    assert found.message.endswith("could not be applied: spec.replicas: Invalid value: -1; spec.selector: Required value")


def test_a_whole_object_in_a_message_is_left_out() -> None:
    causes = [cause("patch", 'Invalid value: "{\\"data\\":{}}": unknown field "dta"')]
    assert error(422, status("x", "Invalid", causes=causes)).message.endswith('patch: unknown field "dta"')


def test_long_messages_are_cut() -> None:
    assert len(error(400, status("x" * 5000, "BadRequest")).message) < 1200


def test_conflicts_of_managers_name_who_owns_what() -> None:
    causes = [
        cause(".spec.replicas", 'conflict with "kubectl" using apps/v1', "FieldManagerConflict"),
        cause(".spec.paused", 'conflict with "kubectl" using apps/v1', "FieldManagerConflict"),
        cause(".spec.template", 'conflict with "argocd"', "FieldManagerConflict"),
        cause(".spec.other", "odd words", "FieldManagerConflict"),
        cause(".spec.none", "odd words", "Other"),
    ]
    found = error(409, status("Apply failed", "Conflict", causes=causes))
    assert isinstance(found, ConflictError)
    assert found.managers == ("kubectl", "argocd", "somebody else")
    assert "kubectl owns .spec.paused, .spec.replicas; argocd owns .spec.template; somebody else owns .spec.other." in found.message


@pytest.mark.parametrize(
    ("code", "said", "fields"),
    [
        (422, status("s3cr3t", "Invalid", causes=[cause("data[x]", "Invalid value: s3cr3t")]), "data[x]"),
        (400, status("cannot unmarshal s3cr3t", "BadRequest"), "its content"),
        (500, status("failed to create typed patch object: .data.x: expected string, got s3cr3t"), ".data.x"),
        (500, status("s3cr3t", "InternalError"), "its content"),
    ],
)
def test_what_the_server_says_of_a_secret_is_left_out(code: int, said: dict[str, Any], fields: str) -> None:
    found = error(code, said, deed=PASSWORD)
    assert f"the server refuses {fields} (" in found.message
    assert "s3cr3t" not in found.message


def test_a_quota_that_refuses_a_secret_is_told() -> None:
    assert "exceeded quota" in error(403, status("exceeded quota", "Forbidden"), deed=PASSWORD).message


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (Deed("read", DEPLOYMENT, "shop", "web"), "Deployment shop/web could not be read"),
        (Deed("listed", DEPLOYMENT, "shop"), "The deployments in namespace shop could not be listed"),
        (Deed("listed", DEPLOYMENT), "The deployments could not be listed"),
        (Deed("read", KNOWN["v1", "Namespace"], "shop", "shop"), "Namespace shop could not be read"),
    ],
)
def test_a_deed_is_a_sentence(deed: Deed, words: str) -> None:
    assert str(deed) == words


def test_absence_of_the_object_differs_from_absence_of_its_namespace() -> None:
    assert is_absent(status("", "NotFound", kind="deployments", name="web"), deed=WEB)
    assert not is_absent(status("", "NotFound", kind="namespaces", name="shop"), deed=WEB)
    assert not is_absent(status("", "NotFound"), deed=Deed("listed", DEPLOYMENT, "shop"))


@pytest.mark.parametrize(
    ("header", "said", "seconds"),
    [("", {}, 0.0), ("7", {}, 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", {}, 1.0), ("", status("", "", retryAfterSeconds=3), 3.0)],
)
def test_how_long_the_server_asks_to_wait(header: str, said: dict[str, Any], seconds: float) -> None:
    assert seconds_asked(said, header) == seconds


def test_only_a_status_is_taken_as_an_explanation() -> None:
    assert status_of(json.dumps(status("x")).encode())["message"] == "x"
    assert status_of(b'{"kind": "Pod"}') == status_of(b"<html>") == status_of(b"[]") == {}


def test_a_500_about_the_object_is_a_refusal() -> None:
    assert is_refusal(500, status("failed to convert new object (x) to proper version: illegal base64 data"))
    assert not is_refusal(500, status("etcdserver: request timed out"))
    assert not is_refusal(503, status("failed to create typed patch object"))


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"major": "1", "minor": "36"}, (1, 36)),
        ({"major": "1", "minor": "30+"}, (1, 30)),
        ({"major": "1", "minor": ""}, None),
        ({"major": "", "minor": "30"}, None),
        ({}, None),
    ],
)
def test_the_version_of_the_server(answer: dict[str, str], version: tuple[int, int] | None) -> None:
    assert version_of(answer) == version


HELD: dict[str, Any] = {
    "kind": "Status",
    "message": "Cannot evict pod as it would violate the pod's disruption budget.",
    "details": {
        "causes": [{"reason": "DisruptionBudget", "message": "The disruption budget web needs 3 healthy pods and has 3 currently"}]
    },
}
TWO_BUDGETS = {
    "kind": "Status",
    "message": "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
}


def test_a_budget_that_lets_no_pod_go_is_no_busy_server() -> None:
    assert held_by(429, HELD) == "The disruption budget web needs 3 healthy pods and has 3 currently"
    assert is_refusal(429, HELD)
    assert held_by(429, {"kind": "Status", "message": "too many requests"}) == ""
    assert not is_refusal(429, {"kind": "Status", "message": "too many requests"})
    assert held_by(500, HELD) == ""
    bare = {**HELD, "details": {"causes": [{"reason": "DisruptionBudget"}]}}
    assert held_by(429, bare) == "Cannot evict pod as it would violate the pod's disruption budget"


def test_two_budgets_are_refused_for_good() -> None:
    assert is_refusal(500, TWO_BUDGETS)
    error = error_of(500, TWO_BUDGETS, deed=Deed("evicted", KNOWN[("v1", "Pod")], "shop", "web-0"), host=HOST)
    assert isinstance(error, InvalidError)
    assert error.message.startswith("Pod shop/web-0 could not be evicted: This pod has more than one PodDisruptionBudget")


@pytest.mark.parametrize(
    ("causes", "fixed", "besides"),
    [
        ([cause("spec.selector", "Invalid value: {}: field is immutable")], True, ""),
        ([cause("spec", "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden")], True, ""),
        (
            [cause("metadata.labels", "Invalid value"), cause("spec.selector", "Invalid value: {}: field is immutable")],
            True,
            "metadata.labels: Invalid value",
        ),
        ([cause("metadata.labels", "Invalid value")], False, ""),
    ],
)
def test_it_is_told_whether_the_server_keeps_a_field_as_it_is(causes: list[dict[str, str]], fixed: bool, besides: str) -> None:
    refusal = error(422, status("it is invalid", "Invalid", causes=causes))
    assert isinstance(refusal, InvalidError)
    assert (refusal.fixed, refusal.besides) == (fixed, besides)


def test_what_is_missing_where_a_role_binding_is_applied_is_its_role() -> None:
    binding = KNOWN[("rbac.authorization.k8s.io/v1", "RoleBinding")]
    absent = status('rolebindings.rbac.authorization.k8s.io "web" not found', "NotFound", name="web", kind="rolebindings")
    assert error(404, absent, Deed("applied", binding, "shop", "web")).message.endswith('its role does not exist: "web" not found.')
    assert error(404, absent, Deed("read", binding, "shop", "web")).message.endswith("it does not exist.")
