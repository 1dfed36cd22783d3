# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gates: checks that go on beside the steps of a rollout. One file a gate; none of them decides what follows from it.

May import `_domain` and the standard library.
"""
