# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each survey is sent with the fewest answers, those that are left open as the empty texts that AWX makes of them, and with all."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.functional.sides import service
from tests.functional.workloads import create, rolled_out

from .shop import ONE, TWO
from .workflow import answered, objects

KINDS = {"abort": "StatefulSet", "on_delete": "StatefulSet", "partition": "StatefulSet"}
NAMES = {"StatefulSet": "db", "": "web"}
ALL: Mapping[str, Any] = {
    "image": TWO,
    "namespace": "",
    "kind": "Deployment",
    "change_cause": "release 2, ticket SHOP-7",
    "on_failure": "rollback",
    "lock_timeout": "60",
    "revision": "1",
    "repair": "none",
    "batch": "1",
    "order": "[1, 0]",
    "service": "web",
    "preview_service": "web-preview",
    "scale_down_delay": "0",
    "supersede": "false",
    "weights": "[50]",
    "hold": "0",
    "failure_grace": "30",
    "expect": "web-12345",
    "strategy": "rolling",
    "fail_on": "never",
}
"""An answer to each question, as a text."""
SURVEYED = [entry for kind in ("controller_templates", "controller_workflows") for entry in objects()[kind] if "survey_spec" in entry]


NAMED = tuple(entry["name"] for entry in SURVEYED)
SOME = ("Rolling update", "Node by node", "Release", "Database release")
OTHERS = tuple(sorted({*NAMED} - {*SOME}))
SENT = ((True, SOME), pytest.param(True, OTHERS, marks=pytest.mark.long), pytest.param(False, NAMED, marks=pytest.mark.long))


def playbook(entry: Mapping[str, Any]) -> str:
    """The playbook that a survey's answers reach: of a workflow that of its first node."""
    first = entry.get("workflow_nodes", [{}])[0].get("unified_job_template", {}).get("name")
    named = next((found for found in objects()["controller_templates"] if found["name"] == first), entry)
    return str(named["playbook"])


def answers(entry: Mapping[str, Any], namespace: str, *, fewest: bool) -> dict[str, Any]:
    """The answers to a survey's questions."""
    given = {}
    for question in entry["survey_spec"]["spec"]:
        role = playbook(entry).removesuffix(".yml")
        option = question["variable"].removeprefix(f"{role}_")
        kind = KINDS.get(role, "")
        own = {"namespace": namespace, "name": NAMES[kind], "application": NAMES[kind], "kind": kind or "Deployment"}
        value = {**ALL, **own}[option]
        if question["required"] or not fewest:
            given[question["variable"]] = value
    return given


@pytest.mark.parametrize(("fewest", "names"), SENT, ids=["fewest of some", "fewest", "all"])
def test_what_a_survey_sends_is_taken(fewest, names, awx, kubectl, deployment, manifest, namespace):
    """In check mode, so that they do not meet."""
    create(kubectl, deployment(image=ONE), service(), manifest("StatefulSet", name="db"))
    if not fewest:  # One that leads to the workload must be named.
        create(kubectl, service("web-preview", app="web"))
    rolled_out(kubectl, "deployment/web", "statefulset/db")

    def sent(entry: Mapping[str, Any]) -> str:
        given = answered(entry["survey_spec"], answers(entry, namespace, fewest=fewest))
        job = awx.run(playbook(entry), given, check=True)
        return "" if job.successful else f"{entry['name']}: {job.failure}"

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(sent, [entry for entry in SURVEYED if entry["name"] in names]))
    # They came as far as that there is no candidate, and no earlier revision.
    refused = [words for words in said if words and not words.startswith(("Give up a candidate: ", "Roll back: "))]
    assert refused == []
    assert [words for words in said if "argument" in words or "must be" in words or "not valid" in words] == []
