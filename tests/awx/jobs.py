# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job as AWX runs it: its private data directory, ansible-runner in one environment, ansible-playbook in another one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.functional.cluster import PATIENCE
from tests.functional.interference import eventually, family, kill_all

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "docs" / "examples" / "awx"
COLLECTIONS = ROOT / "collections"
Inventory = Literal["none", "bare", "others", "ssh", "python"]
INVENTORIES: Mapping[Inventory, dict[str, Any]] = {
    "none": {},
    "bare": {"localhost": {}},
    "others": {"localhost": {}, "elsewhere": {}},
    "ssh": {"localhost": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}},
    "python": {"localhost": {"ansible_python_interpreter": "/usr/bin/python-of-somebody"}},
}
"""What AWX's inventory says of localhost: nothing at all, its name, that among others, another connection, a Python that is not there."""


class Unsafe(str):
    """A text that is not to be rendered, as AWX marks what people and other jobs have sent."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes such texts with their mark."""


_Dumper.add_representer(Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value)))


def unsafe(value: Any) -> Any:
    """The same with all its texts marked."""
    if isinstance(value, str):
        return Unsafe(value)
    if isinstance(value, Mapping):
        return {unsafe(key) if isinstance(key, str) else key: unsafe(entry) for key, entry in value.items()}
    return [unsafe(entry) for entry in value] if isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True)
class Environments:
    """Where ansible-runner is, and where ansible-playbook and the collection's libraries are."""

    runner: Path
    core: Path


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What a credential of the type OpenShift or Kubernetes API Bearer Token gives to a job."""

    host: str = ""
    token: str = ""
    ca: str = ""

    def variables(self, folder: Path) -> dict[str, str]:
        """The environment of a job; the CA is a file in its directory."""
        if not self.host:
            return {}
        given = {"K8S_AUTH_HOST": self.host, "K8S_AUTH_API_KEY": self.token}
        if not self.ca:
            return {**given, "K8S_AUTH_VERIFY_SSL": "False"}
        path = folder / "env" / "ca.crt"
        path.write_text(self.ca)
        return {**given, "K8S_AUTH_VERIFY_SSL": "True", "K8S_AUTH_SSL_CA_CERT": str(path)}


@dataclass(kw_only=True)
class Job:
    """A job that was started."""

    number: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def artifacts_folder(self) -> Path:
        """Where ansible-runner writes."""
        return self.folder / "artifacts" / str(self.number)

    def wait(self) -> Job:
        """Wait for its end."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The job did not end within {PATIENCE} s:\n{self.stdout}") from None
        return self

    def kill(self) -> None:
        """End it with all its processes at once, as AWX ends a container."""
        with contextlib.suppress(ProcessLookupError):
            kill_all(family(self.process.pid))
        self.process.wait()

    def says(self, words: str) -> None:
        """Wait until its output has these words; the test fails where it ends without."""
        eventually(lambda: words in self.stdout or self.process.poll() is not None, f"the job says {words}")
        assert words in self.stdout, self.stdout

    @property
    def stdout(self) -> str:
        """What its page shows."""
        path = self.artifacts_folder / "stdout"
        return path.read_text() if path.exists() else (self.folder / "runner.log").read_text()

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """Its events in their order: each a row in AWX's database."""
        paths = [path for path in (self.artifacts_folder / "job_events").glob("*.json") if not path.name.endswith("-partial.json")]
        return sorted((json.loads(path.read_text()) for path in paths), key=lambda event: int(event["counter"]))

    @property
    def successful(self) -> bool:
        """Whether it is green."""
        return (self.artifacts_folder / "status").read_text() == "successful"

    @property
    def artifacts(self) -> dict[str, Any]:
        """What it leaves for later nodes of a workflow: of set_stats, in the last event."""
        found = [event["event_data"].get("artifact_data", {}) for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(found[-1]) if found else {}

    @property
    def report(self) -> dict[str, Any]:
        """The report of the role."""
        return dict(self.artifacts["rollout_report"])

    @property
    def failure(self) -> str:
        """The message of the task that has failed."""
        failed = [event["event_data"]["res"].get("msg", "") for event in self.events if event["event"] == "runner_on_failed"]
        assert failed, self.stdout
        return str(failed[-1])


@dataclass(kw_only=True)
class Awx:
    """Starts jobs as AWX does."""

    folder: Path
    environments: Environments
    credential: Credential
    started: list[Job] = field(default_factory=list)
    numbers: int = 0

    def start(
        self,
        playbook: str,
        variables: Mapping[str, Any] | None = None,
        *,
        inventory: Inventory = "bare",
        check: bool = False,
        limit: str = "",
        user: str = "alice",
        environments: Environments | None = None,
        credential: Credential | None = None,
        workflow: int = 0,
    ) -> Job:
        """Start a job with a playbook of the example project. `variables`: extra vars, those of a template as they are, others `unsafe`."""
        self.numbers += 1
        number, chosen = self.numbers, environments or self.environments
        folder = self.folder / f"job-{number}"
        for part in ("env", "inventory", "tmp"):
            (folder / part).mkdir(parents=True)
        shutil.copytree(PROJECT, folder / "project")
        extra = {**dict(variables or {}), **unsafe(_of_awx(number, user, playbook, workflow))}
        surroundings = {
            **(credential or self.credential).variables(folder),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOME": str(self.folder / "ansible-home"),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "AWX_PRIVATE_DATA_DIR": str(folder),
            "JOB_ID": str(number),
            "INVENTORY_ID": "1",
            "MAX_EVENT_RES": "700000",
            "HOME": str(folder / "tmp"),
        }
        (folder / "env" / "envvars").write_text(json.dumps(surroundings))
        (folder / "env" / "extravars").write_text(yaml.dump(extra, Dumper=_Dumper))
        (folder / "env" / "settings").write_text(json.dumps({"idle_timeout": 0, "job_timeout": 0, "pexpect_timeout": 5}))
        arguments = " ".join(["--check"] * check + [f"-l {limit}"] * bool(limit))
        (folder / "env" / "cmdline").write_text(arguments)
        _write_inventory(folder / "inventory" / "hosts", inventory)
        path = os.pathsep.join([str(chosen.core / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
        with (folder / "runner.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    str(chosen.runner / "bin" / "python"),
                    "-m",
                    "ansible_runner",
                    "run",
                    str(folder),
                    "-p",
                    playbook,
                    "--ident",
                    str(number),
                    "-q",
                ],
                cwd=folder,
                env={"PATH": path, "LANG": "C.UTF-8", "HOME": str(folder / "tmp")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        job = Job(number=number, folder=folder, process=process)
        self.started.append(job)
        return job

    def run(self, playbook: str, variables: Mapping[str, Any] | None = None, **how: Any) -> Job:
        """The same, to its end."""
        return self.start(playbook, variables, **how).wait()

    def end(self) -> None:
        """Leave nothing running."""
        for job in self.started:
            if job.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(job.process.pid, signal.SIGTERM)
                job.kill()


def _of_awx(number: int, user: str, playbook: str, workflow: int) -> dict[str, Any]:
    """The variables that AWX gives to each job, under both of its names."""
    given: dict[str, Any] = {
        "job_id": number,
        "job_launch_type": "workflow" if workflow else "manual",
        "job_template_name": playbook,
        "project_revision": "0" * 40,
        "user_name": user,
        **({"workflow_job_id": workflow} if workflow else {}),
    }
    return {f"{prefix}_{name}": value for name, value in given.items() for prefix in ("awx", "tower")}


def _write_inventory(path: Path, kind: Inventory) -> None:
    """The inventory as AWX writes it: a program that prints it."""
    hosts = INVENTORIES[kind]
    content = {"all": {"hosts": list(hosts)}, "_meta": {"hostvars": hosts}}
    path.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(content)!r})\n")
    path.chmod(0o700)
