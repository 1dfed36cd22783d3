# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others are told who want to change an object that a rollout has for itself until it is done or given up."""

from __future__ import annotations

from ..base.objects import Ref
from .claim import Claim


def claimed(ref: Ref, application: str, claim: Claim, *, holder: str = "", step: str = "") -> str:
    """The sentence for who wants to change such an object by another way. `holder` is who works on the rollout now, `step` the one
    before which it stands; both may be empty."""
    by = f" by {claim.by}" if claim.by else ""
    since = f" at {claim.since}" if claim.since else ""
    begun = f", begun{by}{since}" if by or since else ""
    state = f"{holder} works on it now" if holder else "it is going back" if claim.back else f"it stands before the step {step}"
    known = f"; {state}" if holder or claim.back or step else ""
    going_on = f"the module abort (name: {application}) finishes that"
    if not claim.back:
        going_on = (
            f"go on with it by promote or {claim.strategy}, or give it up by abort (name: {application}), and run this task after that"
        )
    cause = f" ({claim.cause})" if claim.cause else ""
    return f"{ref} belongs to a {claim.way} rollout of {application} that is on its way{cause}{begun}{known}: {going_on}."
