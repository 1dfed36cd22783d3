# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example project as AWX would take it: setup.yml with the real modules of awx.awx, and what awx.yml says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.dev import roles
from tests.functional.cluster import PATIENCE

from .conftest import environment
from .controller import Controller, served
from .jobs import PROJECT
from .workflow import objects, template

RESERVED = {"strategy", "hosts", "name", "tags", "environment", "timeout", "vars", "become", "port", "collections"}
ARTIFACT = "rollout_report"
TYPES = {"text", "textarea", "password", "multiplechoice"}
"""AWX refuses an empty answer for integer and float, and has no boolean."""
WAITS = {
    "rolling.yml": 1,
    "recreate.yml": 1,
    "rollback.yml": 1,
    "blue_green.yml": 3,
    "promote.yml": 4,
    "abort.yml": 4,
    "partition.yml": 2,
    "canary.yml": 3,
}
"""The steps of a job, each of which may last for a wait_timeout."""
WAIT, LOCK, SPARE = 600, 600, 120
TEMPLATES = objects()["controller_templates"]
SURVEYED = [entry for kind in ("controller_templates", "controller_workflows") for entry in objects()[kind] if "survey_spec" in entry]


def set_up(controller: Controller, folder: Path) -> tuple[int, int]:
    """Run setup.yml against it; return how many tasks have changed something, and how many there are."""
    where = environment("COLLECTIONS")
    variables = {
        "PATH": f"{where / 'bin'}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "CONTROLLER_HOST": controller.url,
        "CONTROLLER_OAUTH_TOKEN": "of-the-test",
        "ROLLOUT_TOKEN": "of-the-cluster",
        "ROLLOUT_CA": "CERTIFICATE",
    }
    command = [str(where / "bin" / "ansible-playbook"), str(PROJECT / "setup.yml")]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    stats = json.loads(done.stdout[done.stdout.index("{") :])["stats"]["localhost"]
    return int(stats["changed"]), int(stats["ok"])


def test_awx_awx_makes_what_awx_yml_says(tmp_path):
    with served(Controller()) as controller:
        changed, tasks = set_up(controller, tmp_path)
        assert changed == tasks, "each task makes something"
        for entry in TEMPLATES:
            made = controller.named("job_templates", entry["name"])
            assert (made["playbook"], made["timeout"]) == (entry["playbook"], entry["timeout"])
            assert json.loads(made["extra_vars"]) == entry.get("extra_vars", {})
            assert made["allow_simultaneous"] is False
            assert controller.surveys.get(("job_templates", made["id"])) == entry.get("survey_spec")
        for entry in objects()["controller_workflows"]:
            made = controller.named("workflow_job_templates", entry["name"])
            assert links(controller, made["id"]) == wanted_links(entry)
        assert controller.named("credentials", "Shop cluster")["inputs"]["host"] == "https://kubernetes.example:6443"


@pytest.mark.long
def test_run_again_setup_yml_changes_nothing(tmp_path):
    with served(Controller()) as controller:
        set_up(controller, tmp_path)
        controller.writes.clear()
        set_up(controller, tmp_path)
        # awx.awx writes approvals anew each time, as it cannot look for them.
        assert [write for write in controller.writes if "approval" not in write] == []


def links(controller: Controller, workflow: int) -> dict[str, dict[str, list[str]]]:
    """Where each node of a workflow leads."""
    nodes = {
        number: node
        for number, node in controller.kinds["workflow_job_template_nodes"].items()
        if node["workflow_job_template"] == workflow
    }
    return {
        node["identifier"]: {
            way: [nodes[found]["identifier"] for found in controller.links("workflow_job_template_nodes", number, way)]
            for way in ("success_nodes", "failure_nodes")
            if controller.links("workflow_job_template_nodes", number, way)
        }
        for number, node in nodes.items()
    }


def wanted_links(entry: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """The same as awx.yml says it."""
    return {
        node["identifier"]: {way: [to["identifier"] for to in ends] for way, ends in node.get("related", {}).items()}
        for node in entry["workflow_nodes"]
    }


@pytest.mark.parametrize("entry", SURVEYED, ids=lambda entry: entry["name"])
def test_a_survey_asks_for_what_the_role_takes_and_awx_lets_through(entry):
    known = {**roles.source()["roles"]}
    fixed = set(entry.get("extra_vars", {}))
    for question in entry["survey_spec"]["spec"]:
        role, variable = next((name, question["variable"]) for name in known if question["variable"].startswith(f"{name}_"))
        option = ARGUMENTS[known[role]["module"]].spec[variable.removeprefix(f"{role}_")]
        assert question["type"] in TYPES
        assert set(question.get("choices", ())) <= {"true", "false", *option.get("choices", ())}
        assert question["default"] == "", "AWX fills a default in again that somebody has removed"
        assert variable not in {*RESERVED, ARTIFACT, *fixed}
    asked = {question["variable"].partition("_")[2]: question["required"] for question in entry["survey_spec"]["spec"]}
    assert 3 <= len(asked) <= 8


@pytest.mark.parametrize("entry", TEMPLATES, ids=lambda entry: entry["name"])
def test_a_job_template_runs_a_playbook_of_the_project_and_outlives_its_waits(entry):
    assert (PROJECT / entry["playbook"]).is_file()
    role = Path(entry["playbook"]).stem
    assert all(variable.startswith(f"{role}_") for variable in entry.get("extra_vars", {}))
    for hook in (value for key, value in entry.get("extra_vars", {}).items() if key.endswith("_preflight")):
        assert (PROJECT / hook).is_file()
    if entry["timeout"] and entry["playbook"] in WAITS:
        assert entry["timeout"] >= WAITS[entry["playbook"]] * WAIT + LOCK + SPARE - (0 if "lock_timeout" in str(entry) else LOCK)
    assert not [key for key in entry if key in ("ask_limit_on_launch", "ask_inventory_on_launch", "job_slice_count")]


def test_each_node_has_a_job_template_and_each_playbook_a_template():
    for workflow in objects()["controller_workflows"]:
        for node in workflow["workflow_nodes"]:
            if node["unified_job_template"]["type"] == "job_template":
                assert template(node["unified_job_template"]["name"])
    wrappers = {path.name for path in PROJECT.glob("*.yml") if "import_playbook" in path.read_text()}
    assert {entry["playbook"] for entry in TEMPLATES} == wrappers
    assert {Path(name).stem for name in wrappers} == {path.stem for path in (PROJECT.parents[2] / "playbooks").glob("*.yml")}


def test_a_notification_is_json_whatever_the_report_says():
    (found,) = objects()["controller_notifications"]
    said = 'Pod "web" is not ready: {reason}.'
    fields = {"job_friendly_name": "Job", "approval_node_name": 'Look at "it"', "workflow_url": "https://awx.example/#/jobs/7"}
    for artifacts in ({ARTIFACT: {"msg": said}}, {}):
        job = {"id": 7, "name": "Rolling update", "artifacts": artifacts}
        messages = found["messages"]
        bodies = [messages[end]["body"] for end in ("success", "error")] + [
            entry["body"] for entry in messages["workflow_approval"].values()
        ]
        for body in bodies:
            text = json.loads(ImmutableSandboxedEnvironment().from_string(body).render(job=job, **fields))["text"]
            assert "{{" not in text
        assert (said in json.loads(ImmutableSandboxedEnvironment().from_string(bodies[1]).render(job=job, **fields))["text"]) is bool(
            artifacts
        )
