# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a definition says before anything is compared with the cluster: what of it does not count, which kinds it brings, in which order it
is applied.

It imports `kinds`, `workloads` and what these may import, and nothing of ownership, configuration and traffic.
"""
