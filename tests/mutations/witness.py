# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin of pytest: the run counts only if all code of the collection came from the folder in which the tests lie."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

STRANGE = 99
"""The exit code where it came from elsewhere, so that a mutated file would not have been what was tested."""
_COLLECTION = "ansible_collections.rollout."


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End with a code of its own where a module is from another folder."""
    root = session.config.rootpath.resolve()
    files = {str(getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()) if name.startswith(_COLLECTION)}
    strangers = sorted(file for file in files if file and not Path(file).resolve().is_relative_to(root))
    if strangers:
        print(f"\nThis code is not from {root}: {', '.join(strangers[:3])}")
        session.exitstatus = STRANGE
