# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary by the annotations of ingress-nginx on the real server, by the role: what it makes, who owns what, and that all of it goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .sides import first_ingress, service
from .workloads import create, rolled_out

pytestmark = pytest.mark.server
ROUTES = '[{"kind": "Ingress", "name": "web"}]'
"""As a survey sends it."""


@pytest.fixture
def rolls(ansible, namespace, deployment, kubectl):
    """Roll the second version out by the role, its requests divided by a route."""
    create(kubectl, deployment(replicas=2), service(), first_ingress())
    rolled_out(kubectl)

    def roll(**options: object) -> Any:
        given = {"namespace": namespace, "name": "web", "image": "registry.example/web:2", "weights": [20], "hold": 0, "routes": ROUTES}
        variables = {f"canary_{name}": value for name, value in {**given, "propagation_delay": 5, **options}.items()}
        return ansible("rollout.kubernetes.canary", variables=variables)

    return roll


def own(get) -> dict[str, Any]:
    """What is the user's, with who owns what of it."""
    ingress, web = get("ingress", "web"), get("service", "web")
    names = sorted(entry["metadata"]["name"] for kind in ("ingresses", "services") for entry in get(kind))
    managers = {owner["manager"] for obj in (ingress, web) for owner in obj["metadata"]["managedFields"]}
    return {"ingress": ingress["spec"], "service": web["spec"]["selector"], "names": names, "managers": managers}


def test_it_is_promoted_and_the_next_run_changes_nothing(rolls, get, kubectl):
    before = own(get)
    play = rolls()
    assert play.code == 0, play.stdout
    after = own(get)
    assert {**after, "managers": before["managers"]} == before
    assert not rolls().last.changed
    # The user's next applies meet no conflict.
    for obj in (first_ingress(), service()):
        kubectl("apply", "--server-side", "--filename=-", "--field-manager=kubectl-create", stdin=json.dumps(obj))


def test_it_stands_before_a_step_and_is_given_up(rolls, get, ansible, namespace):
    before = own(get)
    play = rolls(stop_before="promote")
    assert play.code == 0, play.stdout
    second = get("ingress", "web-canary")
    assert second["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] == "20"
    assert second["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "web-canary"
    hashes = {get("service", name)["spec"]["selector"]["pod-template-hash"] for name in ("web", "web-canary")}
    assert len(hashes) == 2
    assert get("service", "web-canary")["metadata"]["ownerReferences"][0]["name"] == "web"
    given_up = ansible({"name": "Give it up", "rollout.kubernetes.abort": {"namespace": namespace, "application": "web"}})
    assert given_up.code == 0, given_up.stdout
    after = own(get)
    assert {**after, "managers": before["managers"]} == before
