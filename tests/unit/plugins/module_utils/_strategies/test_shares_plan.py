# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of a rollout pod by pod, by the shares of its steps."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Batching
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.groups import batches, by_shares
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.tables import Row
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import Amount
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share, named
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.shares_plan import rows

PODS = ("web-4", "web-3", "web-2", "web-1", "web-0")
SHARES = named([Share("", 10, hold=60), Share("", None, 2), Share("", 40)])


def test_each_step_says_which_share_it_really_reaches() -> None:
    groups = by_shares(PODS, SHARES, "web-0")
    assert rows(groups, {group.name for group in groups}) == (
        Row("weight_10", "1 of 5 pods run the candidate (20 %, asked for 10 %), hold 60 s", "5 stable, 0 new", "4 stable, 1 new"),
        Row("replicas_2", "2 of 5 pods run the candidate (40 %)", "4 stable, 1 new", "3 stable, 2 new"),
        Row("weight_40", "2 of 5 pods run the candidate (40 %)", "3 stable, 2 new", "3 stable, 2 new"),
        Row("promote", "exchange the rest", "3 stable, 2 new", "1 stable, 4 new"),
        Row("web-0", "exchange the primary", "1 stable, 4 new", "0 stable, 5 new"),
    )


def test_only_what_is_left_is_shown_and_how_many_go_together() -> None:
    groups = batches(Ref("DaemonSet", "shop", "web"), PODS, Batching(size=Amount(2), shares=SHARES))
    assert rows(groups, {"promote"}) == (Row("promote", "exchange the rest, 2 pods at a time", "3 stable, 2 new", "0 stable, 5 new"),)
    assert rows(groups, ()) == ()
