# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts for people: secrets masked, what steers a terminal made harmless, tables, change causes; and what a scalar of YAML means.

It imports `base` alone.
"""
