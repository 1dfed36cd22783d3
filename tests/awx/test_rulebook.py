# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An alert about the candidate gives it up: Alertmanager's message, the real ansible-rulebook, the job that it launches, the cluster."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.functional.calls import call
from tests.functional.interference import eventually, family, kill_all
from tests.functional.sides import claim_of

from .conftest import environment
from .controller import Controller, served
from .jobs import PROJECT, Job
from .shop import ONE, THREE, TWO, serving, web
from .workflow import template

TOKEN = "of-the-alertmanager"
RULEBOOK = PROJECT / "rulebooks" / "give_up_candidate.yml"


def alert(namespace: str, candidate: str, status: str = "firing") -> dict[str, Any]:
    """An alert as docs/guide_awx.md defines it."""
    labels = {"alertname": "CandidateFails", "application": "web", "namespace": namespace, "candidate": candidate}
    return {"status": status, "labels": labels, "annotations": {"summary": "it answers 500"}, "startsAt": "2026-01-01T00:00:00Z"}


def post(port: int, *alerts: Mapping[str, Any], token: str = TOKEN) -> int:
    """What Alertmanager sends to a webhook; return the status of the answer."""
    content = {"version": "4", "status": "firing", "receiver": "rollouts", "alerts": alerts}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/alerts", json.dumps(content).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - a URL of ours
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def is_open(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def listening(controller: Controller, folder: Path) -> Iterator[int]:
    """ansible-rulebook with the rulebook of the example; the port of its webhook."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "vars.yml").write_text(json.dumps({"webhook_host": "127.0.0.1", "webhook_port": port, "webhook_token": TOKEN}))
    program = environment("RULEBOOK") / "bin" / "ansible-rulebook"
    command = [
        str(program),
        "--rulebook",
        str(RULEBOOK),
        "--vars",
        "vars.yml",
        "--controller-url",
        controller.url,
        "--controller-token",
        "x",
    ]
    variables = {"PATH": f"{program.parent}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.2"}
    with (folder / "rulebook.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        eventually(lambda: process.poll() is not None or is_open(port), "ansible-rulebook listens")
        assert process.poll() is None, (folder / "rulebook.log").read_text()
        yield port
    finally:
        kill_all(family(process.pid))
        process.wait()


@pytest.mark.skipif(not shutil.which("java"), reason="ansible-rulebook needs Java (Debian: default-jre-headless)")
def test_an_alert_gives_up_the_candidate_that_it_is_about_and_no_other(workflows, kubectl, deployment, get, cluster, namespace, tmp_path):
    web(kubectl, deployment)
    begun = call(cluster, "blue_green", name="web", namespace=namespace, image=TWO, stop_before="switch")
    (first,) = (rollout["candidate"]["name"] for rollout in begun["rollouts"])
    jobs: list[Job] = []

    def launch(name: str, extra: Mapping[str, Any]) -> bool:
        asked = {question["variable"] for question in template(name)["survey_spec"]["spec"]}
        jobs.append(workflows.job(name, {key: value for key, value in extra.items() if key in asked}).wait())
        return jobs[-1].successful

    controller = Controller(launch)
    shop = controller.answer("POST", "/api/v2/organizations/", {"name": "Shop"})[1]["id"]
    controller.answer("POST", "/api/v2/job_templates/", {"name": "Give up a candidate", "organization": shop})
    with served(controller), listening(controller, tmp_path) as port:
        assert post(port, alert(namespace, first), token="guessed") == 401
        assert post(port, alert(namespace, first, "resolved"), alert(namespace, first)) == 200
        eventually(lambda: len(jobs) == 1, "the alert has launched a job")
        assert jobs[0].successful, jobs[0].stdout
        assert (serving(get), claim_of(get)) == (ONE, "")

        call(cluster, "blue_green", name="web", namespace=namespace, image=THREE, stop_before="switch")
        assert post(port, {**alert(namespace, first), "startsAt": "2026-01-01T00:05:00Z"}) == 200
        eventually(lambda: len(jobs) == 2, "the alert has launched another job")
    # It was given up already, which is what the alert that comes late asks for.
    assert (jobs[1].successful, jobs[1].report["changed"]) == (True, False), jobs[1].stdout
    assert claim_of(get) != "", "the candidate that is on its way by now stays"
