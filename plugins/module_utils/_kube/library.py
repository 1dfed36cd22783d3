# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The third-party libraries, imported once and guarded: a machine that lacks them gets one sentence, not a traceback."""

from __future__ import annotations

import traceback

from .._domain.base.errors import RolloutError

__all__ = ["MISSING", "LibraryMissingError", "kubernetes", "require", "urllib3", "yaml"]

MISSING = ""
"""The traceback of the failed import, empty when everything is there."""

try:
    import kubernetes
    import kubernetes.client
    import kubernetes.config
    import kubernetes.config.incluster_config
    import urllib3
    import urllib3.exceptions
    import yaml
except ImportError:
    MISSING = traceback.format_exc()
    kubernetes = urllib3 = yaml = None  # type: ignore[assignment]


class LibraryMissingError(RolloutError):
    """The Python that runs this lacks `kubernetes`; `library` and `trace` are what Ansible's `missing_required_lib` wants."""

    def __init__(self) -> None:
        super().__init__("The Python library kubernetes (29 or newer) is not installed for the Python that runs this task.")
        self.library = "kubernetes"
        self.trace = MISSING


def require() -> None:
    """Raise `LibraryMissingError` unless the libraries are there."""
    if MISSING:
        raise LibraryMissingError
