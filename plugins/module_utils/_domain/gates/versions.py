# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the placeholders of a gate stand for, as a workload shows it."""

from __future__ import annotations

from collections.abc import Mapping

from ..base.objects import Ref
from ..workloads.revisions import candidate_of, is_of
from ..workloads.workload import Snapshot
from .placeholders import one_of


def values_of(ref: Ref, snapshot: Snapshot) -> Mapping[str, str]:
    """What each placeholder stands for, by its name; an empty text where there is none. Stable is the version that was there before the
    present one, as long as it has pods."""
    candidate = candidate_of(snapshot)
    living = [pod for pod in snapshot.pods if not pod.terminating]
    new = [pod for pod in living if candidate is not None and is_of(pod, candidate)]
    old = [pod for pod in living if pod not in new]
    stable = next((revision for revision in reversed(snapshot.revisions) if any(is_of(pod, revision) for pod in old)), None)
    return {
        "namespace": ref.namespace,
        "name": ref.name,
        "stable_hash": stable.hash if stable is not None else "",
        "candidate_hash": candidate.hash if candidate is not None else "",
        "stable_pods": one_of([pod.ref.name for pod in old]),
        "candidate_pods": one_of([pod.ref.name for pod in new]),
    }
