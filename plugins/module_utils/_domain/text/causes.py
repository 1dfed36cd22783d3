# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change causes: what stands in the annotation `kubernetes.io/change-cause`, why and by whom.

An undo's cause names the revision that it brought back and that one's own reason, a restart's its key, so that they are true of what
runs and of how it came to run. Kubernetes keeps the cause with the revision; `reason_of` gets the reason back from it, however often it
was undone.
"""

from __future__ import annotations

import re

_BY = re.compile(r"(?:^| )\[by [^\[\]]*\]\Z")
_AGAIN = re.compile(r"^(?:undo to revision \d+|restart(?: for [^:]*)?)(?:: |\Z)")


def signed(why: str, by: str) -> str:
    """`release 2.0 [by alice, job 42]`; the reason alone when nobody is named, or when it is signed already."""
    who = re.sub(r"[\[\]\s]+", " ", by).strip()
    return f"{why} [by {who}]" if who and not _BY.search(why) else why


def reason_of(cause: str) -> str:
    """The reason without who gave it; of an undo or a restart the reason of the template that it brought back or started anew."""
    while True:
        shorter = _AGAIN.sub("", _BY.sub("", cause))
        if shorter == cause:
            return cause
        cause = shorter


def undo_cause(number: int, cause: str) -> str:
    """The cause of a revision that an undo brings back: `undo to revision 2: release 2.0`."""
    reason = reason_of(cause)
    return f"undo to revision {number}{f': {reason}' if reason else ''}"


def restart_cause(key: str, cause: str) -> str:
    """The cause of a revision that only starts the same once more: `restart for 2026-11-21: release 2.0`."""
    reason = reason_of(cause)
    said = re.sub(r"[:\[\]\s]+", " ", key).strip()
    what = f"restart for {said}" if said else "restart"
    return f"{what}{f': {reason}' if reason else ''}"
