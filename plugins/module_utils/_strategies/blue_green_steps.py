# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a rollout by blue/green, by their names alone."""

from __future__ import annotations

FORWARD = ("prepare", "preview", "scale_up", "switch", "verify", "hold", "scale_down")
"""The names of the steps, in their order."""
GATED = ("switch", "hold")
"""Those in which gates are measured that name none."""
