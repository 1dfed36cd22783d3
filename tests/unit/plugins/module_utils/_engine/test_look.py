# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait for a revision demands."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonValue, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.read.look import _demand

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, controller_revision, replica_set, snapshot, workload

OWNED = [replica_set(2, NEW), replica_set(3, OLD)]


def deployment(number: str = "", generation: int = 2) -> Snapshot:
    annotations: dict[str, JsonValue] = {"deployment.kubernetes.io/revision": number} if number else {}
    return snapshot(workload(annotations=annotations, generation=generation), OWNED)


@pytest.mark.parametrize(
    ("seen", "number", "refused"),
    [
        pytest.param(deployment(), None, False, id="none is named"),
        pytest.param(deployment(), 2, False, id="it is wanted"),
        pytest.param(deployment(), 3, True, id="another is wanted"),
        pytest.param(deployment("2"), 3, True, id="as the Deployment says itself"),
        pytest.param(deployment("4"), 4, False, id="an undo gave it a number, and the news of its ReplicaSet is late"),
        pytest.param(deployment("4"), 2, True, id="its former number"),
        pytest.param(deployment("3", generation=3), 2, False, id="the controller has not seen the template yet"),
        pytest.param(snapshot(workload(image="v9"), OWNED), 2, False, id="the revision is not made yet"),
        pytest.param(snapshot(workload("DaemonSet"), [controller_revision(2, NEW, kind="DaemonSet")]), 2, False, id="another kind"),
        pytest.param(
            snapshot(workload("DaemonSet"), [controller_revision(2, NEW, kind="DaemonSet")]), 1, True, id="another kind, another one"
        ),
        pytest.param(Snapshot(None), 2, False, id="nothing is there"),
    ],
)
def test_another_revision_than_the_named_one_ends_the_wait(seen: Snapshot, number: int | None, refused: bool) -> None:
    kind = seen.workload.ref.kind if seen.workload is not None else "Deployment"
    sentence = _demand(Ref(kind, "shop", "web"), number)(seen)
    assert bool(sentence) is refused
    if refused:
        assert f"and not {number}, which was to be waited for" in sentence
