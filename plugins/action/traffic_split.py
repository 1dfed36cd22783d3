# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of every module, under the name of this one. Not a link, which documentation tools take for a redirect."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.plugin_utils.loading import action_of

ActionModule = action_of("traffic_split")
