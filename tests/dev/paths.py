# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things lie: the checkout, and the user's cache that several checkouts share."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "tests" / "requirements"
CLUSTER_SOURCES = ROOT / "tests" / "cluster"
OUTPUT = ROOT / "tests" / "output"
COLLECTIONS = ROOT / "collections"
NAMESPACE, NAME = "rollout", "kubernetes"


def clusters() -> Path:
    """Return the folder for the state of this checkout's clusters; kwokctl cannot work in one whose path holds a space."""
    if not any(letter.isspace() for letter in str(ROOT)):
        return ROOT / ".cluster"
    own = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"rollout-kubernetes-{os.getuid()}-{own}"


CLUSTERS = clusters()


def cache() -> Path:
    """Return the user's cache folder of this project; it is made when missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "rollout-kubernetes"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
