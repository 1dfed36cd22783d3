# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PodDisruptionBudgets under which no pod will ever be evicted, however long one waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..base.objects import JsonObject, Ref, at, number, ref_of, text
from ..workloads.workload import Condition, condition
from .scenes import Budget


def never(budgets: Iterable[JsonObject], ref: Ref, labels: Mapping[str, str]) -> str:
    """Why the pods of a workload, which have these labels, can never be evicted, in one sentence; empty where they can, sooner or later.

    What a budget's controller has not looked at yet says nothing: it is waited for.
    """
    found = [budget for budget in budgets if isinstance(at(budget, "spec", "selector"), Mapping) and Budget.of(budget).counts(labels)]
    if len(found) > 1:
        names = " and ".join(sorted(str(ref_of(budget)) for budget in found))
        return f"The pods of {ref} are counted by {names}, and Kubernetes evicts no pod that two budgets count; let one of them count it."
    return next(filter(None, (_never(budget, ref) for budget in found)), "")


def _never(budget: JsonObject, ref: Ref) -> str:
    name = f"{ref_of(budget)} ({_rule(budget)})"
    allowed = condition(Condition.all_of(budget), "DisruptionAllowed")
    if allowed is not None and allowed.reason == "SyncFailed":
        return (
            f"{name} never lets a pod of {ref} go, as Kubernetes cannot reckon with it: {allowed.message or 'it says not why'}; use "
            "minAvailable with a count."
        )
    if number(budget, "status", "observedGeneration") < number(budget, "metadata", "generation"):
        return ""
    expected, needed = number(budget, "status", "expectedPods"), number(budget, "status", "desiredHealthy")
    if expected and needed >= expected:
        return f"{name} never lets a pod of {ref} go: it wants {needed} of {expected} pods healthy at any time; let at least one be away."
    return ""


def _rule(budget: JsonObject) -> str:
    field = "minAvailable" if at(budget, "spec", "minAvailable") is not None else "maxUnavailable"
    value = at(budget, "spec", field)
    return f"{field} {value if isinstance(value, int) else text(budget, 'spec', field) or 'not set'}"
