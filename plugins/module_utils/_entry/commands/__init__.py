# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each module does, once its arguments are valid: one function a module, what belongs together in one file."""

from __future__ import annotations

from .call import Call, Command

__all__ = ["Call", "Command", "command"]


def command(name: str) -> Command:
    """What the module of this name does.

    Each file is imported for its own modules alone, with the engines that only these need: all of them together cost a process that
    runs `rolling` a fifth of its imports. Whoever forks calls this before, so that it is not each fork that imports them.
    No `match`: when Ansible packs a module, it does not see what is imported there.
    """
    if name in ("rolling", "pause", "resume", "restart"):
        from .rolling import COMMANDS
    elif name == "recreate":
        from .recreate import COMMANDS
    elif name in ("partition", "on_delete"):
        from .pod_by_pod import COMMANDS
    elif name in ("wait", "status_info", "history_info"):
        from .looking import COMMANDS
    elif name == "preflight_info":
        from .preflight import COMMANDS
    elif name == "service_switch":
        from .switch import COMMANDS
    elif name in ("blue_green", "canary", "traffic_split", "promote", "abort", "undo"):
        from .staged import COMMANDS
    elif name == "gate":
        from .gate import COMMANDS
    elif name == "versioned_config":
        from .versioned_config import COMMANDS
    else:
        raise KeyError(name)
    return COMMANDS[name]
