# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lease of an application: who holds it, how what it remembers is read, and what that is, but for blue/green and the switch of
Services, which have theirs in `sides` and `traffic`.

It imports `kinds`, `workloads` and what these may import.
"""
