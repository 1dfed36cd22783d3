# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties are checked without a time limit for each example: a busy machine is no counterexample."""

from hypothesis import settings

settings.register_profile("rules", deadline=None)
settings.load_profile("rules")
