# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the files of tests/cluster/stages together to the simulation's configuration."""

from __future__ import annotations

import re

from .paths import CLUSTER_SOURCES

STAGES = CLUSTER_SOURCES / "stages"


def indented(text: str, spaces: str) -> str:
    """Return text with every line but the first moved in."""
    return text.replace("\n", "\n" + spaces)


def configuration() -> str:
    """Return all stages as one YAML stream: @{mode} and @{status} are replaced by the files that hold them."""
    mode = " ".join((STAGES / "mode.jq").read_text().split())
    status = (STAGES / "status.gotpl").read_text().strip()
    documents = []
    for path in sorted(STAGES.glob("*.yaml")):
        text = path.read_text().replace("@{mode}", mode).replace("@{logs}", str(CLUSTER_SOURCES / "logs"))
        documents.append(re.sub(r"^( *)@\{status\}", lambda found: found[1] + indented(status, found[1]), text, flags=re.MULTILINE))
    return "\n---\n".join(documents)
