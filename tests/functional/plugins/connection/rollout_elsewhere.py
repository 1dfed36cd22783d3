# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection that is not local by name, but reaches this very machine: it makes actions run their module."""

from __future__ import annotations

from typing import Any

from ansible.plugins.connection import ConnectionBase
from ansible.plugins.loader import connection_loader

DOCUMENTATION = """
name: rollout_elsewhere
short_description: This machine, as if it were another
description: [Runs commands and copies files here, under a name of its own, so that tests can go the way of other connections.]
options: {}
"""


class Connection(ConnectionBase):  # type: ignore[misc]
    """Hands everything to a local connection."""

    transport = "rollout_elsewhere"
    has_pipelining = False

    def __init__(self, play_context: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(play_context, *args, **kwargs)
        self._here = connection_loader.get("ansible.builtin.local", play_context, *args, **kwargs)

    def _connect(self) -> Connection:
        self._here._connect()
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        result: tuple[int, bytes, bytes] = self._here.exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return result

    def put_file(self, in_path: str, out_path: str) -> None:
        self._here.put_file(in_path, out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        self._here.fetch_file(in_path, out_path)

    def close(self) -> None:
        self._here.close()
        self._connected = False
