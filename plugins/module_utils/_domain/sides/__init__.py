# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two sides of blue/green: their names and labels, the claim and the history in the Lease, which side serves, what was approved.

It imports `traffic` and what stands below it; `steps` knows nothing of it, nor it of `steps`.
"""
