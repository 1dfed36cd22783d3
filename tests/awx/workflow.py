# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX does with a workflow: it runs node after node, hands artifacts on, and follows the links of success and failure.

It reads docs/examples/awx/awx.yml, the very file that setup.yml makes the objects in AWX from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from .jobs import PROJECT, Awx, Job, unsafe

Decision = Callable[["Run"], bool]
"""What somebody says who is asked for an approval, True or False; he may do something before, as long as he lets it wait."""


class _Loader(yaml.SafeLoader):
    """Reads `!unsafe` as the text that it is."""


def _as_it_is(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_constructor("!unsafe", _as_it_is)


@cache
def objects() -> dict[str, Any]:
    """What awx.yml says, with the surveys in the place of the lookups that read them."""
    found: dict[str, Any] = yaml.load((PROJECT / "awx.yml").read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    for entry in (*found["controller_templates"], *found["controller_workflows"]):
        if "survey_spec" in entry:
            path = entry["survey_spec"].partition("'surveys/")[2].partition("'")[0]
            entry["survey_spec"] = yaml.safe_load((PROJECT / "surveys" / path).read_text())
    return found


def template(name: str) -> dict[str, Any]:
    """A job template by its name."""
    return next(dict(entry) for entry in objects()["controller_templates"] if entry["name"] == name)


def workflow(name: str) -> dict[str, Any]:
    """A workflow by its name."""
    return next(dict(entry) for entry in objects()["controller_workflows"] if entry["name"] == name)


def answered(survey: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """What AWX makes of the answers to a survey: it refuses some, and sends '' for a text that is left open. Raises `ValueError`."""
    variables: dict[str, Any] = {}
    unknown = set(answers) - {question["variable"] for question in survey["spec"]}
    if unknown:
        raise ValueError(f"the survey does not ask for {', '.join(sorted(unknown))}")
    for question in survey["spec"]:
        name, kind = question["variable"], question["type"]
        value = answers.get(name, "")
        if question["required"] and value == "":
            raise ValueError(f"'{name}' value missing")
        if kind == "multiplechoice":
            if value != "" and value not in question["choices"]:
                raise ValueError(f"Value {value} for '{name}' expected to be one of {question['choices']}.")
            if value == "":
                continue  # Left out where nothing was chosen.
        variables[name] = value
    return variables


@dataclass(kw_only=True)
class Run:
    """A workflow that runs, or has ended."""

    name: str
    number: int
    jobs: dict[str, Job] = field(default_factory=dict)
    artifacts: dict[str, Any] = field(default_factory=dict)
    successful: bool = True

    @property
    def path(self) -> list[str]:
        """The nodes that ran."""
        return [*self.jobs]


@dataclass
class Workflows:
    """Launches job templates and workflows."""

    awx: Awx
    numbers: int = 1000

    def job(self, name: str, answers: Mapping[str, Any] | None = None, *, artifacts: Mapping[str, Any] | None = None, **how: Any) -> Job:
        """Start a job of a template: with the answers to its survey, and with artifacts where it is a node."""
        found = template(name)
        given = answered(found["survey_spec"], answers or {}) if "survey_spec" in found else dict(answers or {})
        variables = {**found.get("extra_vars", {}), **unsafe(dict(artifacts or {})), **unsafe(given)}
        return self.awx.start(found["playbook"], variables, check=found.get("job_type") == "check", **how)

    def launch(self, name: str, answers: Mapping[str, Any], *, decide: Decision = lambda run: True, user: str = "alice") -> Run:
        """Run a workflow to its end. `decide` is asked at each approval: True approves; False denies, as its expiry does."""
        found = workflow(name)
        self.numbers += 1
        run = Run(name=name, number=self.numbers)
        given = answered(found["survey_spec"], answers)
        nodes = {node["identifier"]: node for node in found["workflow_nodes"]}
        led_to = {entry["identifier"] for node in nodes.values() for links in node.get("related", {}).values() for entry in links}
        due = [identifier for identifier in nodes if identifier not in led_to]
        while due:
            node = nodes[due.pop(0)]
            is_approval = node["unified_job_template"]["type"] == "workflow_approval"
            ended_well = decide(run) if is_approval else self._ended_well(node, run, given, user)
            after = node.get("related", {}).get("success_nodes" if ended_well else "failure_nodes", [])
            # A node that has failed fails the workflow, unless a path leads on from it.
            run.successful = run.successful and (ended_well or bool(after))
            due += [entry["identifier"] for entry in after]
        return run

    def _ended_well(self, node: Mapping[str, Any], run: Run, given: Mapping[str, Any], user: str) -> bool:
        """Run a node's job. What counts more comes later: the template, the node, what earlier nodes have left, the survey."""
        found = template(node["unified_job_template"]["name"])
        variables = {**found.get("extra_vars", {}), **node.get("extra_data", {}), **unsafe(run.artifacts), **unsafe(dict(given))}
        job = self.awx.run(found["playbook"], variables, workflow=run.number, user=user)
        run.jobs[node["identifier"]] = job
        run.artifacts |= job.artifacts
        return job.successful
