# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns which field or object, what we take over, what is only borrowed, what nobody can change, and whether somebody else has
written meanwhile.

It imports `request` and what that may import, and nothing of definitions, configuration and traffic.
"""
