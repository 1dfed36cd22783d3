# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests from a pod: the script for real, in the machine's shell with the machine's programs; its lines; the Job."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import PodProbe, Verification, statuses_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.job import (
    LABEL,
    SCRIPT,
    Line,
    complaint_of,
    line_of,
    manifest,
    variables,
)

from .faulty_server import Behaviour, Server, certificate, cut, hangs, says, serving, silent

TOOLS = [tool for tool in ("curl", "wget", "busybox") if shutil.which(tool)]
"""What this machine has; at least one of them."""


@contextmanager
def programs(folder: Path, *names: str) -> Iterator[str]:
    """A PATH with these programs alone; `busybox` brings its own wget and sleep."""
    for name in names:
        found = shutil.which(name)
        if found is None:
            raise AssertionError(f"This machine has no {name}.")
        for called in ("wget", "sleep", "sh", "timeout") if name == "busybox" else (name,):
            (folder / called).unlink(missing_ok=True)
            (folder / called).symlink_to(found)
    yield str(folder)


@contextmanager
def running(wanted: Verification, path: str) -> Iterator[Iterator[str]]:
    """The lines that the script prints, while it runs."""
    shell = str(Path(path) / "sh") if (Path(path) / "sh").exists() else "/bin/sh"
    environment = {**variables(wanted), "PATH": path, "http_proxy": "http://127.0.0.1:1"}
    process = subprocess.Popen(
        [shell, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    if process.stdout is None or process.stderr is None:
        raise AssertionError("The script says nothing.")
    try:
        yield iter(process.stdout)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        process.stderr.close()


def first_lines(wanted: Verification, path: str, number: int = 3) -> list[Line]:
    """The first lines, as they are understood."""
    with running(wanted, path) as lines:
        found = [line_of(next(lines), wanted) for _number in range(number)]
    if None in found:
        raise AssertionError(found)
    return [line for line in found if line is not None]


@pytest.fixture(params=TOOLS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A PATH with one of the tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    with programs(folder, "sleep", request.param) as found:
        yield found


def wanted(server: Server, **options: Any) -> Verification:
    """Requests in quick succession."""
    return Verification(server.url, **{"interval": 0.05, "timeout": 2, **options})


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (says(), "ok"),
        (says("404 Not Found"), "status 404"),
        (says("503 Service Unavailable"), "status 503"),
        (cut, "closed"),
    ],
)
def test_the_script_tells_what_came_of_each_request(path: str, act: Behaviour, outcome: str) -> None:
    with serving(act) as server:
        lines = first_lines(wanted(server), path)
    assert {line.outcome for line in lines} == {outcome}
    assert len({line.number for line in lines}) == 3
    assert all(line.ended >= line.began for line in lines)


def test_hanging_up_without_an_answer_is_a_failure(path: str) -> None:
    with serving(silent) as server:
        assert first_lines(wanted(server), path)[0].outcome in ("closed", "unreachable")


def test_where_nobody_listens_it_is_refused_or_unreachable(path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    assert first_lines(Verification(url, interval=0.05), path)[0].outcome in ("refused", "unreachable")


def test_an_answer_that_never_comes_stops_no_other_request(path: str) -> None:
    with serving(hangs) as server:
        lines = first_lines(wanted(server, timeout=1), path, number=4)
        assert server.peak > 1
    assert {line.outcome for line in lines} <= {"timeout", "unreachable"}
    assert all(line.ended - line.began > 0.5 for line in lines)


def test_each_request_is_sent_once_over_a_connection_of_its_own_and_through_no_proxy(path: str) -> None:
    with serving(says("503 Service Unavailable")) as server:
        lines = first_lines(wanted(server, interval=0.3), path, number=4)
        assert len(lines) <= len(server.seen) <= len(lines) + 1


def test_the_body_must_hold_what_is_asked_for(path: str) -> None:
    with serving(says(body=b'two\nlines with "quotes" and $(touch x)')) as server:
        assert first_lines(wanted(server, contains='"quotes" and $(touch x)'), path)[0].outcome == "ok"
        assert first_lines(wanted(server, contains="*"), path)[0].outcome == "wrong body"


def test_nothing_of_the_user_is_run_by_the_shell(path: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with serving(says()) as server:
        evil = f"{server.url}?a=$(/usr/bin/touch${{IFS}}{mark})`/usr/bin/touch${{IFS}}{mark}`;/usr/bin/touch${{IFS}}{mark};[1-3]&{{a,b}}"
        assert first_lines(Verification(evil, interval=0.05, contains=f"$(touch {mark})"), path)[0].outcome == "wrong body"
    assert not mark.exists()


def test_certificates_are_checked_unless_that_is_switched_off(path: str, tmp_path: Path) -> None:
    if (Path(path) / "sh").exists():
        return  # The TLS of BusyBox checks no certificate.
    context, _authority = certificate(tmp_path)
    with serving(says(), context) as server:
        assert first_lines(wanted(server), path)[0].outcome == "tls"
        assert first_lines(wanted(server, validate_certs=False), path)[0].outcome == "ok"


def test_head_is_asked_for(path: str) -> None:
    with serving(says(body=b"")) as server:
        assert first_lines(wanted(server, method="HEAD"), path)[0].outcome == "ok"
        head = "GET " if (Path(path) / "sh").exists() else "HEAD "  # BusyBox does not know the difference.
        assert all(seen.startswith(head) for seen in server.seen)


def test_an_image_without_a_client_says_so(tmp_path: Path) -> None:
    with programs(tmp_path, "sleep") as path, running(Verification("http://web/"), path) as lines:
        assert complaint_of(next(lines)) == "the image has neither curl nor wget"
    assert complaint_of("r 1 2 3 curl 0 200 - -") == ""


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("curl 0 200 - -", "ok"),
        ("curl 0 204 y -", "ok"),
        ("curl 0 200 n -", "wrong body"),
        ("curl 0 302 - -", "ok"),
        ("curl 0 500 - -", "status 500"),
        ("curl 6 0 - -", "unresolved"),
        ("curl 7 0 - -", "refused"),
        ("curl 18 200 - -", "closed"),
        ("curl 28 0 - -", "timeout"),
        ("curl 56 0 - -", "reset"),
        ("curl 60 0 - -", "tls"),
        ("curl 77 0 - -", "unreachable"),
        ("wget 0 200 - -", "ok"),
        ("wget 1 0 - refused", "refused"),
        ("wget 1 0 - unresolved", "unresolved"),
        ("wget 4 0 - -", "unreachable"),
        ("wget 1 200 - timeout", "timeout"),
        ("wget 1 200 - -", "closed"),
        ("wget 8 404 - -", "status 404"),
        ("wget 1 503 - refused", "status 503"),
    ],
)
def test_a_line_has_one_meaning(text: str, outcome: str) -> None:
    line = line_of(f"r 17 1234.56 1234.60 {text}\n", Verification("http://web/"))
    assert line is not None
    assert (line.number, line.began, line.ended, line.outcome) == (17, 1234.56, 1234.60, outcome)


def test_a_status_that_is_wanted_is_success_whatever_the_tool_thinks_of_it() -> None:
    wanting = Verification("http://web/", status=statuses_of(["404"]))
    for text in ("curl 0 404 - -", "wget 8 404 - -"):
        line = line_of(f"r 1 2 3 {text}", wanting)
        assert line is not None
        assert line.outcome == "ok", text


@pytest.mark.parametrize(
    "text", ["", "hello", "r 1 2 3 curl 0", "r x 2 3 curl 0 200 - -", "r 1 . 3 curl 0 200 - -", "E no curl", "r" * 100_000]
)
def test_other_lines_mean_nothing(text: str) -> None:
    assert line_of(text, Verification("http://web/")) is None


def job(**options: Any) -> Any:
    probe = PodProbe("registry.example/curl:8", **options)
    return manifest(Verification("http://web/?a=$(HOME)&b=$$", pod=probe), probe, namespace="shop", name="rollout-verify-1", seconds=900)


def test_the_job_ends_by_itself_and_serves_nobody() -> None:
    spec = job()["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (0, 900, 60)
    pod = spec["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["readinessGates"], "no Service ever leads to it"
    assert pod["automountServiceAccountToken"] is False
    assert set(spec["template"]["metadata"]["labels"]) == {"app.kubernetes.io/name", "app.kubernetes.io/managed-by", LABEL}


def test_what_the_user_gives_is_in_variables_alone() -> None:
    container = job()["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["sh", "-c", SCRIPT]
    assert {"name": "VERIFY_URL", "value": "http://web/?a=$$(HOME)&b=$$$$"} in container["env"], "the kubelet replaces nothing"


def test_what_the_cluster_demands_of_the_pod_can_be_said() -> None:
    pod = job(service_account="tester", image_pull_policy="Always", image_pull_secrets=("key",), run_as_user=1000)["spec"]["template"][
        "spec"
    ]
    assert (pod["serviceAccountName"], pod["imagePullSecrets"]) == ("tester", [{"name": "key"}])
    container = pod["containers"][0]
    assert container["imagePullPolicy"] == "Always"
    assert container["securityContext"]["runAsUser"] == 1000
    assert "runAsUser" not in job()["spec"]["template"]["spec"]["containers"][0]["securityContext"]
