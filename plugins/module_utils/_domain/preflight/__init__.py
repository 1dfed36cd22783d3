# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What will cost requests in a rollout, found before it begins: in the manifests, and in what is known of the cluster.

`findings` has the values, `manifest` reads a workload's manifest, `surroundings` what stands around it, each `rules_*` is a group of
rules, and `table` is the one list of them, with `check` that asks them all.
"""
