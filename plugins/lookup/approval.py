# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking on the terminal for so long. `ansible.builtin.pause` takes no answer where it is given a time."""

from __future__ import annotations

DOCUMENTATION = r"""
name: approval
author: The rollout.kubernetes contributors (@rollout)
version_added: 0.2.0
short_description: Ask on the terminal whether to go on, and wait for the answer for a time
description:
  - Shows a question on the terminal of C(ansible-playbook), and waits for a line. The roles ask by it where they have a time, such as
    C(blue_green_approve_timeout).
  - Where there is no terminal nobody can answer, so it returns at once.
options:
  _terms:
    description: The question. Without one nothing is asked, and only O(timeout) is checked.
    type: list
    elements: str
  timeout:
    description: How long to wait, in seconds or as a text such as V(90s) or V(10m).
    type: str
    required: true
seealso:
  - module: ansible.builtin.pause
"""

EXAMPLES = r"""
- name: Ask, and take no answer within ten minutes for a no
  ansible.builtin.assert:
    that: (lookup('rollout.kubernetes.approval', 'Go on? Type yes', timeout='10m')).answer == 'yes'
    fail_msg: Nobody has approved it.
"""

RETURN = r"""
_raw:
  description:
    - One dict for each question. C(answer) is the line that was typed, in small letters and without blanks around it.
    - C(outcome) is V(answered), V(late) if the time is over, V(interrupted) after ctrl+C, or V(no terminal).
  type: list
  elements: dict
"""

import math
import time
from typing import Any

from ansible.errors import AnsibleError, AnsiblePromptInterrupt, AnsiblePromptNoninteractive
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.durations import seconds

_YEAR = 365 * 24 * 60 * 60


class LookupModule(LookupBase):  # type: ignore[misc]
    """Asks questions, one after the other."""

    def run(self, terms: Any, variables: Any = None, **kwargs: Any) -> list[dict[str, str]]:
        """Return the answers."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            limit = seconds(self.get_option("timeout"), "timeout")
        except InputError as error:
            raise AnsibleError(error.message) from error
        if not 1 <= limit <= _YEAR:
            raise AnsibleError(f"timeout must be at least 1 second and at most a year, not {limit:g}.")
        return [_asked(str(question), math.ceil(limit)) for question in terms]


def _asked(question: str, limit: int) -> dict[str, str]:
    began = time.monotonic()
    try:
        # A person sees what is typed; the line ends it.
        typed = Display().prompt_until(f"{question}:", private=False, seconds=limit, complete_input=(b"\r", b"\n"))
    except AnsiblePromptInterrupt:
        return {"answer": "", "outcome": "interrupted"}
    except AnsiblePromptNoninteractive:
        return {"answer": "", "outcome": "no terminal"}
    if time.monotonic() - began >= limit:
        # Half a line is no answer.
        return {"answer": "", "outcome": "late"}
    return {"answer": typed.decode(errors="replace").strip().lower(), "outcome": "answered"}
