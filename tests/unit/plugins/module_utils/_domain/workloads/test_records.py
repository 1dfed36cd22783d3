# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of undos and restarts: read back as they were written, and believed only while they are true."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, text, texts
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.records import RESTART, UNDO, RestartRecord, UndoRecord
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from hypothesis import given
from hypothesis import strategies as st

from ..samples import NEW, OLD, controller_revision, replica_set, snapshot, workload

TEXTS = st.text(max_size=20)
LIMITS = st.dictionaries(st.sampled_from(["maxSurge", "maxUnavailable"]), st.integers(0, 9) | st.sampled_from(["25%", "100%"]))


def kept(obj: JsonObject) -> dict[str, str]:
    return texts(obj, "metadata", "annotations")


@given(to=TEXTS, newest=st.integers(0, 99), numbers=st.dictionaries(TEXTS, TEXTS))
def test_the_record_of_an_undo_is_read_back_as_it_was_written(to: str, newest: int, numbers: dict[str, str]) -> None:
    record = UndoRecord(to, newest, numbers)
    written = record.into(workload(annotations={"team": "shop"}))
    assert UndoRecord.of(kept(written)) == record
    assert kept(written)["team"] == "shop"
    assert record.into(written) == written


@given(key=TEXTS, at=TEXTS, limits=LIMITS)
def test_the_record_of_a_restart_is_read_back_as_it_was_written(key: str, at: str, limits: dict[str, JsonValue]) -> None:
    record = RestartRecord(key, at, limits)
    written = record.into(workload(annotations={"team": "shop"}))
    assert RestartRecord.of(kept(written)) == record
    assert kept(written)["team"] == "shop"
    assert record.into(written) == written


def test_a_restart_of_which_there_is_nothing_to_say_leaves_no_record() -> None:
    written = RestartRecord("monday", "2026-01-01T00:00:00Z").into(workload())
    assert kept(RestartRecord().into(written)) == {}


@pytest.mark.parametrize(
    "value", ["", "no json", "[1]", "3", "null", '"text"', '{"to": 3, "newest": "x", "numbers": [], "key": 1, "at": {}}']
)
def test_what_cannot_be_read_is_no_record(value: str) -> None:
    assert UndoRecord.of({UNDO: value}) == UndoRecord()
    assert RestartRecord.of({RESTART: value}) == RestartRecord()


def test_a_record_nested_too_deeply_is_no_record() -> None:
    assert UndoRecord.of({UNDO: "[" * 100_000}) == UndoRecord()


# --- does it hold -------------------------------------------------------------------------------------------------------------


def undone(*owned: JsonObject, wants: str = OLD) -> Snapshot:
    """A Deployment with these ReplicaSets; what is wanted is the image `wants`."""
    return snapshot(workload(image=wants), owned)


BEFORE = undone(replica_set(1, OLD), replica_set(2, NEW), wants=NEW)
RECORD = UndoRecord().after(BEFORE, BEFORE.revisions[0])


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        pytest.param(undone(replica_set(1, OLD), replica_set(2, NEW)), True, id="just written: the number has not moved yet"),
        pytest.param(undone(replica_set(2, NEW), replica_set(3, OLD, own="h1")), True, id="the number has moved"),
        pytest.param(undone(replica_set(3, OLD, own="h1")), True, id="the other one was pruned"),
        pytest.param(undone(replica_set(2, NEW), replica_set(3, OLD, own="h1"), wants=NEW), False, id="rolled out again, not seen yet"),
        pytest.param(undone(replica_set(3, OLD, own="h1"), replica_set(4, NEW, own="h2"), wants=NEW), False, id="rolled out again"),
        pytest.param(
            undone(replica_set(4, NEW, own="h2"), replica_set(5, OLD, own="h1")), False, id="rolled out again, and back by something else"
        ),
        pytest.param(undone(replica_set(4, "v3"), replica_set(5, OLD, own="h1")), False, id="another was rolled out meanwhile"),
        pytest.param(undone(replica_set(2, NEW), replica_set(3, OLD, own="h1"), wants="v3"), False, id="another template is wanted"),
        pytest.param(undone(), False, id="nothing is known"),
        pytest.param(Snapshot(None), False, id="nothing is there"),
    ],
)
def test_an_undo_holds_while_its_template_is_wanted_and_nothing_newer_was_rolled_out(now: Snapshot, holds: bool) -> None:
    assert RECORD.holds(now) is holds


def test_no_record_holds_for_nothing() -> None:
    assert not UndoRecord().holds(undone(replica_set(1, OLD), replica_set(2, NEW)))


@pytest.mark.parametrize(
    ("before", "newest"),
    [
        pytest.param(undone(replica_set(1, "v1"), replica_set(2, OLD), replica_set(3, NEW), wants=NEW), 3, id="it has its number"),
        pytest.param(undone(replica_set(1, NEW), replica_set(2, "v2"), replica_set(3, OLD), wants=NEW), 4, id="rolled out once more"),
        pytest.param(undone(replica_set(1, "v1"), replica_set(2, "v2"), replica_set(3, OLD), wants=NEW), 4, id="not made yet"),
        pytest.param(
            snapshot(workload(image=NEW, spec={"paused": True}), [replica_set(1, "v1"), replica_set(2, OLD)]), 1, id="never made: paused"
        ),
    ],
)
def test_what_was_wanted_before_counts_with_the_number_that_it_is_about_to_get(before: Snapshot, newest: int) -> None:
    target = next(revision for revision in before.revisions if OLD in revision.images.values())
    assert UndoRecord().after(before, target) == UndoRecord(target.name, newest)


# --- former numbers -----------------------------------------------------------------------------------------------------------


def test_deployments_keep_their_former_numbers_themselves() -> None:
    assert UndoRecord("web-h1", 2) == RECORD


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_the_numbers_of_controller_revisions_are_kept_as_long_as_those_exist(kind: str) -> None:
    before = snapshot(workload(kind, image="v4"), [controller_revision(number, f"v{number}", kind=kind) for number in (2, 3, 4)])
    earlier = UndoRecord("web-h3", 9, {"1": "web-h2", "0": "web-gone"})
    assert earlier.after(before, before.revisions[1]) == UndoRecord("web-h3", 4, {"1": "web-h2", "3": "web-h3"})


def test_the_only_revision_has_no_other_beside_it() -> None:
    alone = undone(replica_set(1, OLD))
    assert UndoRecord().after(alone, alone.revisions[0]) == UndoRecord("web-h1", 0)
    assert UndoRecord().after(Snapshot(None), alone.revisions[0]) == UndoRecord("web-h1", 0)


def test_records_stand_in_annotations_as_json() -> None:
    written = UndoRecord("web-h1", 2).into(workload())
    assert json.loads(text(written, "metadata", "annotations", UNDO)) == {"newest": 2, "to": "web-h1"}
