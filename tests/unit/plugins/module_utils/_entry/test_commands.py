# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module has its command."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.commands import command


def test_each_module_does_something_of_its_own() -> None:
    found = {name: command(name) for name in ARGUMENTS}
    shared = {name for name, work in found.items() if list(found.values()).count(work) > 1}
    assert shared == {"partition", "on_delete"}, "these two differ by their strategy alone"


def test_nothing_else_does() -> None:
    with pytest.raises(KeyError):
        command("experiment")
