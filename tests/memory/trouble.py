# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What networks, servers and other people do to one request of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer, Lost

from . import refusals
from .requests import Request
from .runs import Run


@dataclass(frozen=True)
class Trouble:
    """One kind. `fits` says which requests can meet it; `harmless`: the run goes on as if nothing had been."""

    strike: Callable[[Run, Request], Answer]
    fits: Callable[[Request], bool]
    harmless: bool = True
    carried_out: bool = False
    """The server does what it is asked, before."""


def _writes(request: Request) -> bool:
    return request.method in ("POST", "PUT", "PATCH")


def _says(code: int, reason: str, message: str, **details: Any) -> Callable[[Run, Request], Answer]:
    return lambda run, _request: run.wire.spelled(code, refusals.Refusal(code, reason, message, **details).body)


def _lose(*, sent: bool) -> Callable[[Run, Request], Answer]:
    def strike(_run: Run, _request: Request) -> Answer:
        raise Lost("the connection broke off", sent=sent)

    return strike


def _overtaken(run: Run, _request: Request) -> Answer:
    return run.wire.spelled(409, refusals.overtaken("things", "", "web").body)


def _invalid(run: Run, _request: Request) -> Answer:
    cause = refusals.Cause("spec.anything", "Invalid value: 1: must not be")
    return run.wire.spelled(422, refusals.invalid("Thing", "", "web", [cause]).body)


def _denied(run: Run, request: Request) -> Answer:
    return run.wire.spelled(403, refusals.forbidden("robot", "get", "things", "", "default", "web").body)


def _any(_request: Request) -> bool:
    return True


TROUBLES: dict[str, Trouble] = {
    "lost before it is sent": Trouble(_lose(sent=False), _any),
    "carried out and not heard": Trouble(_lose(sent=True), _writes, carried_out=True),
    "429": Trouble(_says(429, "TooManyRequests", "too many requests", retryAfterSeconds=1), _any),
    "500": Trouble(_says(500, "InternalError", "Internal error occurred: failed calling webhook"), _any),
    "503": Trouble(_says(503, "ServiceUnavailable", "apiserver is shutting down"), _any),
    "409": Trouble(_overtaken, lambda request: _writes(request) and "eviction" not in request.path, harmless=False),
    "410": Trouble(_says(410, "Expired", "too old"), lambda request: request.is_watch),
    "422": Trouble(_invalid, _writes, harmless=False),
    "403": Trouble(_denied, _any, harmless=False),
}


def meet(run: Run, number: int, trouble: Trouble) -> None:
    """Let this request of a run, counted from 1, meet trouble."""

    def before(request: Request) -> Answer | None:
        if len(run.wire.requests) == number and trouble.fits(request):
            return trouble.strike(run, request)
        return None

    def after(request: Request, answer: Answer) -> Answer:
        if len(run.wire.requests) == number and trouble.fits(request):
            return trouble.strike(run, request)
        return answer

    if trouble.carried_out:
        run.wire.after.append(after)
    else:
        run.wire.before.append(before)


def act_before(run: Run, number: int, act: Callable[[], object]) -> None:
    """Let somebody do something right before this request of a run arrives."""

    def before(_request: Request) -> None:
        if len(run.wire.requests) == number:
            act()

    run.wire.before.append(before)


def act_before_first(run: Run, fits: Callable[[Request], bool], act: Callable[[], object]) -> None:
    """Let somebody do something right before the first request of a run that fits arrives; once."""
    acted: list[Request] = []

    def before(request: Request) -> None:
        if not acted and fits(request):
            acted.append(request)
            act()

    run.wire.before.append(before)
