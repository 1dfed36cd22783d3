# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to a usable cluster: what `_entry` and the tests call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .._domain.base.ports import Cluster
from .auth import AuthOptions
from .client import KubeCluster
from .config import load_settings
from .transport import Clock, Transport


@dataclass(frozen=True)
class Connection:
    """A cluster, and what its user should be told: nothing has been sent yet."""

    cluster: Cluster
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    namespace: str
    """Where objects are that name no namespace."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """What nobody may see of the kubeconfig that was read."""


def connect(
    options: AuthOptions,
    *,
    environment: Mapping[str, str],
    deadline_seconds: float,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """The cluster that the options and the environment name. `deadline_seconds` from now on all retries of the run end.

    Raises `InputError` for settings that cannot work and `LibraryMissingError` without the `kubernetes` library. The environment is also
    read by credential plugins and OpenSSL, from `os.environ`: the caller lays it over that for the whole run. Make the connection in the
    process that uses it, not before a fork: sockets and TLS sessions cannot be shared.
    """
    transport = Transport(lambda: load_settings(options, environment=environment), clock=clock)
    cluster = KubeCluster(transport, clock=clock, sleep=sleep, deadline=clock() + deadline_seconds)
    settings = transport.settings
    return Connection(
        cluster, (*options.warnings, *settings.warnings), (*options.notes, *settings.notes), settings.namespace, settings.secrets
    )
