# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versioned ConfigMaps and Secrets: content, names, references, and which copies something still needs.

It imports `request` and what that may import, and nothing of definitions, ownership and traffic.
"""
