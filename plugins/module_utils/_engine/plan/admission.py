# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the cluster, by a dry run, whether it takes the pods of a new template, where old ones stop before new ones are there."""

from __future__ import annotations

from ..._domain.base.errors import ClusterError, InvalidError, RefusedError, ServerError
from ..._domain.base.objects import JsonObject
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import POD
from ..._domain.ownership.owners import APPLY_MANAGER
from ..._domain.steps.admission import decides, is_a_users, is_hopeless, may_lose_pods, refusal, trial_pod
from ..outside.parallel import side_by_side
from .plan import Plan, PlannedTarget


def demand_admission(plan: Plan, cluster: Cluster) -> None:
    """Raise `RefusedError` where the new pods would be refused. Who may not create pods finds that out by waiting."""
    if decides(planned.ref.kind for planned in plan.companions if planned.changed):
        return
    sentences = side_by_side(lambda entry: _sentence(entry, cluster), plan.targets)
    if any(sentences):
        raise RefusedError("\n".join(sentence for sentence in sentences if sentence))


def _sentence(entry: PlannedTarget, cluster: Cluster) -> str:
    write = entry.write
    if write.before is None or not write.template_changed or not may_lose_pods(write.before, write.after):
        return ""
    said = _refused(write.after, cluster)
    if is_a_users(said):
        # Where the template that runs would be refused as well, the answer is for us and not for the controllers.
        return "" if _refused(write.before, cluster) else refusal(write.ref, said)
    return refusal(write.ref, said) if is_hopeless(said) else ""


def _refused(workload: JsonObject, cluster: Cluster) -> str:
    """What the cluster says of a pod of the workload; empty where it takes it, or where we may not ask."""
    try:
        cluster.create(POD, trial_pod(workload), manager=APPLY_MANAGER, dry_run=True)
    except InvalidError as error:
        return error.said
    except ServerError as error:
        return error.message.partition(" could not be created: ")[2]
    except ClusterError:
        return ""
    return ""
