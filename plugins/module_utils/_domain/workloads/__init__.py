# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads, their revisions and their pods as values, and what follows from one snapshot of them: how far a rollout is, and why it is no
further. What a kind of workload can be asked is said here (`kind`); the answers stand in `kinds`, which this package does not import.

It imports `base` and `text`.
"""
