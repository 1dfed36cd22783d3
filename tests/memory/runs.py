# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of modules on the cluster in memory: each is a party of its own, which can be killed or disturbed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context, refused, run
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import Connection
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer

from .clock import Party
from .cluster import Memory
from .requests import Request
from .rights import ADMINISTRATOR
from .wire import Wire

_ANYWHERE = {"host": "https://memory.example", "api_key": "of-the-test"}


class Run:
    """One call of a module, in a thread of its own. `wire` is its connection; `result` is there once it is `done`, unless it was killed."""

    def __init__(self, memory: Memory, module: str, *, user: str = ADMINISTRATOR, check: bool = False, **parameters: Any) -> None:
        self.memory, self.module = memory, module
        self.party = Party(f"{module} {len(memory.runs)}")
        memory.runs.append(self)
        self.wire = Wire(memory.server, party=self.party, user=user)
        self.lines: list[str] = []
        self.result: dict[str, Any] = {}
        self.done = False
        self.at_end: Callable[[], object] = lambda: None
        """Called in the moment in which it ends."""
        self._check = check
        self._parameters = self._validated(parameters)

    def _validated(self, parameters: dict[str, Any]) -> dict[str, Any]:
        arguments = ARGUMENTS[self.module]
        validated = ArgumentSpecValidator(arguments.spec, **arguments.checks).validate({**_ANYWHERE, **parameters})
        refusal = refused(self.module, validated)
        if refusal is not None:
            raise AssertionError(f"{self.module} does not take {parameters}: {refusal['msg']}")
        found: dict[str, Any] = validated.validated_parameters
        return found

    def start(self) -> Run:
        """Begin it."""
        self.memory.clock.start(self._live, party=self.party, name=self.module)
        return self

    def wait(self) -> dict[str, Any]:
        """Wait for its end; its result, empty when it was killed."""
        self.memory.clock.wait(lambda: self.done or self.party.dead)
        return self.result

    def kill(self) -> None:
        """From now on nothing of it does anything."""
        self.party.dead = True

    def dies_after_write(self, number: int) -> Run:
        """Kill it when this write of it, counted from 1, has been carried out: it never hears the answer."""
        return self.dies_after(lambda _request: len(self.wire.writes) == number)

    def dies_after(self, fits: Callable[[Request], bool]) -> Run:
        """Kill it when a request that fits has been carried out: it never hears the answer."""

        def hear(request: Request, answer: Answer) -> Answer:
            if fits(request):
                self.kill()
                self.memory.clock.refuse_dead()
            return answer

        self.wire.after.append(hear)
        return self

    def dies_in_wait(self, number: int) -> Run:
        """Kill it in this wait of it, counted from 1."""
        self.party.dies_in_wait = number
        return self

    def _live(self) -> None:
        context = Context(check=self._check, diff=True, verbose=True, progress=self.lines.append, connect=self._connect)
        answer = run(self.module, self._parameters, context)
        self.result = {**answer.result, "warnings": list(answer.warnings)}
        self.at_end()
        self.done = True

    def _connect(self, _options: Any, *, deadline_seconds: float, **_more: Any) -> Connection:
        return Connection(self.memory.client_on(self.wire, deadline_seconds), (), (), "default")


def call(memory: Memory, module: str, *, meddle: Callable[[Run], object] = lambda run: None, **parameters: Any) -> dict[str, Any]:
    """Run a module to its end and give its result; `meddle` may disturb the run before it begins."""
    one = Run(memory, module, **parameters)
    meddle(one)
    return one.start().wait()
