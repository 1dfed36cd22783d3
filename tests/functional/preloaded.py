# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a play spends most of its time on importing, for the process that plays are forked from."""

import importlib
from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

ACTIONS = Path(__file__).resolve().parents[2] / "plugins" / "action"

init_plugin_loader()  # It knows the collections' folder from the environment of the first play; all plays have the same.
for name in (
    "ansible.cli.playbook",
    "ansible.executor.playbook_executor",
    "ansible.plugins.callback.default",
    "ansible.plugins.strategy.linear",
    *(f"ansible_collections.rollout.kubernetes.plugins.action.{file.stem}" for file in ACTIONS.glob("*.py")),
    "kubernetes.client.api.version_api",
    "kubernetes.config",
    "kubernetes.dynamic",
):
    importlib.import_module(name)
