# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One loop for every strategy: observe → plan → apply → wait. The only place that writes to the cluster, and only through its port.

Imports `_strategies` and `_domain`; the cluster comes in as a port (`_domain.base.ports.Cluster`).
"""
