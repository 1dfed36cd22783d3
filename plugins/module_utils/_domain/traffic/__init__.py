# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services and what stands behind them: who serves, who would be left without pods, how Services are switched, which budgets hold.

It imports `leases`, `kinds`, `workloads` and what these may import, and nothing of definitions, ownership and configuration.
"""
