# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one tree of errors. Below `_entry` everything raises one of these; adapters translate library errors at their edge.

A message is one sentence for the person who runs the task: what was tried, on which object, what is wrong, what to do.
It never holds a secret and is shown as it stands.
"""

from __future__ import annotations

from .objects import JsonObject


class RolloutError(Exception):
    """Anything the user is told. `message` is the whole sentence. `in_doubt`: it ended a write of which nobody knows whether it was
    carried out."""

    in_doubt = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InputError(RolloutError):
    """The arguments are wrong; nothing was read or written."""


class MissingError(InputError):
    """What is to be changed does not exist."""


class RefusedError(RolloutError):
    """The request is understood and not carried out, for safety: another controller owns the workload, another run holds it."""


class HeldError(RefusedError):
    """Another task works on the same objects. `lease`: what it holds, as it was seen; `lasts`: it stays refused when that is free again."""

    def __init__(self, message: str, *, lease: JsonObject, lasts: bool = False) -> None:
        super().__init__(message)
        self.lease = lease
        self.lasts = lasts


class ClusterError(RolloutError):
    """The API answered with an error. `status` is the HTTP status, 0 when there was no answer."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class UnreachableError(ClusterError):
    """No answer: name resolution, connection, TLS, or retries used up."""


class UnauthorizedError(ClusterError):
    """401: the credentials are wrong or expired."""


class ForbiddenError(ClusterError):
    """403: the verb and resource that are missing stand in the message; an admission refusal is an `InvalidError`."""


class NotFoundError(ClusterError):
    """404: the object, its namespace or its kind is not there."""


class ConflictError(ClusterError):
    """409, or a JSON patch whose `test` did not hold: somebody else wrote between our read and our write.

    `managers` names the field managers that own what we wanted to write (server-side apply), empty otherwise.
    """

    def __init__(self, message: str, *, status: int = 409, managers: tuple[str, ...] = ()) -> None:
        super().__init__(message, status=status)
        self.managers = managers


class InvalidError(ClusterError):
    """400, 413, 415 or 422, or 403 by admission: the server understood the object and refuses it.

    `fixed`: it says that a field would change that nobody may change. `besides`: what else it says is wrong then. `said`: the server's
    own words, which are for rules to look at and not to be shown: they may quote what is secret.
    """

    def __init__(self, message: str, *, status: int = 0, fixed: bool = False, besides: str = "", said: str = "") -> None:
        super().__init__(message, status=status)
        self.fixed = fixed
        self.besides = besides
        self.said = said


class GoneError(ClusterError):
    """410: the resourceVersion of a list or watch is too old; list again."""


class ServerError(ClusterError):
    """429 or 5xx that lasted to the end of the retries."""


def causes(error: BaseException) -> list[BaseException]:
    """The exception, what caused it, what caused that, and so on; also where urllib3 keeps the cause among the arguments."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        inner = [argument for argument in (*link.args, getattr(link, "reason", None)) if isinstance(argument, BaseException)]
        link = link.__cause__ or link.__context__ or (inner[0] if inner else None)
    return chain
