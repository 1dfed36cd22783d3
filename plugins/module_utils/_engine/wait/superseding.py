# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking whether the template that a run waits for is still the one that it wrote."""

from __future__ import annotations

from ..._domain.base.errors import ClusterError
from ..._domain.base.objects import mapping
from ..._domain.base.ports import Cluster
from ..._domain.ownership.superseded import NOTHING_WANTED, Wanted, sentence
from ..._domain.steps.step import Step
from ..._domain.workloads.workload import Snapshot
from ..write.writer import Planned


def wanted_of(step: Step, written: Planned) -> Wanted:
    """What must stay as the step's write has left it."""
    return step.wants(written.before, written.after) if step.wants is not None else NOTHING_WANTED


class Superseded:
    """Answers to a snapshot with a sentence when somebody has written another template; else with an empty text.

    Who that was stands in the object alone, which is read only then.
    """

    def __init__(self, cluster: Cluster, written: Planned, wanted: Wanted) -> None:
        self._cluster = cluster
        self._written = written
        self._wanted = wanted
        self._fine = 0
        """The generation that was looked at last, and was as it should be."""

    def __call__(self, snapshot: Snapshot) -> str:
        workload = snapshot.workload
        if workload is None or workload.generation == self._fine:
            return ""
        lost = self._wanted.lost(workload.template)
        if not lost:
            self._fine = workload.generation
            return ""
        ref = self._written.ref
        try:
            live = self._cluster.read(self._written.resource, ref.namespace, ref.name)
        except ClusterError:
            live = None  # Then nobody is named.
        if live is None:
            return sentence(ref, lost, self._wanted, {"spec": {"template": workload.template}})
        lost = self._wanted.lost(mapping(live, "spec", "template"))
        # Whoever wrote it may have taken it back by now.
        return sentence(ref, lost, self._wanted, live) if lost else ""
