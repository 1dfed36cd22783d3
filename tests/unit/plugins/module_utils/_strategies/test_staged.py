# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a strategy need not say."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.claim import Claim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Scene, View
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.staged import Staged
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.table import STAGED


def test_a_strategy_that_says_nothing_of_before_remembers_nothing_and_has_no_action_of_its_own() -> None:
    plain: Staged[Claim] = Staged("plain", lambda claim: View(("web",)), lambda claim, namespace: (), lambda claim, namespace: ())
    assert plain.known(Claim(strategy="plain"), Scene()) == {}
    assert plain.perform == {}


def test_each_strategy_stands_in_the_table_under_its_own_name() -> None:
    assert {name: strategy.name for name, strategy in STAGED.items()} == {name: name for name in STAGED}
