# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What strategies are made of: steps and actions as values, the writes in them, which pods go together, where a wait may end, and whether
the cluster takes the pods at all; and the hash by which a plan of them is approved.

It imports all that stands below it, and nothing of `sides`.
"""
