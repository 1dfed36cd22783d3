# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fork does that is to be ansible-playbook, or a module."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


def play(arguments: Sequence[str], environment: Mapping[str, str], folder: str, out: str, err: str) -> None:
    """Be ansible-playbook with these arguments and this environment, in this folder, and write to these files."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for path, flags, number in ((os.devnull, os.O_RDONLY, 0), (out, writing, 1), (err, writing, 2)):
        descriptor = os.open(path, flags, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, buffering=1, closefd=False) for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")  # It was, in preloaded.py.
    sys.argv = ["ansible-playbook", *arguments]
    from ansible.cli.playbook import main

    main(sys.argv)


def module(kubeconfig: str, name: str, parameters: Mapping[str, Any], environment: Mapping[str, str], answer: Connection) -> None:
    """Do what a module does, with these parameters and this environment, and send its result."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    from tests.functional.calls import call
    from tests.functional.cluster import Cluster

    nowhere = Path(os.devnull)
    cluster = Cluster(kubeconfig=Path(kubeconfig), audit_log=nowhere, kubectl_program=nowhere)
    answer.send(call(cluster, name, **parameters))
