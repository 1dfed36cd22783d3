# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options that say why a template changes, and who asked for it."""

from __future__ import annotations


class ModuleDocFragment:
    """For modules that change templates; `cause.asked` for others."""

    DOCUMENTATION = r"""
options:
  change_cause:
    description:
      - Why the template changes, for C(kubectl rollout history). Written only together with a change of the template, so it never
        speaks of a version that is not its own.
      - Without it the change itself is named, the new images and variables, the revision of an undo, or the restart.
    type: str
  requested_by:
    description:
      - Who asks for the change. It stands at the end of the change cause, V(release 2.0 [by alice, job 42]).
      - If not given, jobs of AWX name their user and job, from the variables C(awx_user_name) (what follows an C(@) is left out) and
        C(awx_job_id).
    type: str
"""

    ASKED = r"""
options:
  requested_by:
    description: Who asks for it, as others see it who find the Lease held. In AWX the user and the job by default.
    type: str
"""
