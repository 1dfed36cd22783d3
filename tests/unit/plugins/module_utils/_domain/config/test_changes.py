# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed between two contents, in names of keys."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.changes import Changes, cause, compared
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import Content
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.dictionaries(st.sampled_from("abcdefgh"), st.binary(max_size=2))


def config_map(**values: str) -> Content:
    return Content("ConfigMap", data={key: value.encode() for key, value in values.items()})


def secret(kind: str = "Opaque", **values: str) -> Content:
    return Content("Secret", kind, {key: value.encode() for key, value in values.items()})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            config_map(LOG_LEVEL="info", TIMEOUT="1", OLD="1"),
            config_map(TIMEOUT="2", LOG_LEVEL="debug"),
            "config web: LOG_LEVEL, TIMEOUT changed; OLD removed",
        ),
        (config_map(A="1"), config_map(A="1", C="1", B="1"), "config web: B, C added"),
        (config_map(A="1"), config_map(A="1"), ""),
        (None, config_map(A="1", B="2"), "config web: A, B added"),
        (None, config_map(), ""),
        (secret(PASSWORD="hidden"), secret(PASSWORD="hidden too", USER="hidden"), "secret web: PASSWORD changed; USER added"),
        (secret(), secret("kubernetes.io/tls"), "secret web: type Opaque became kubernetes.io/tls"),
        (secret(A="1"), secret("shop/key"), "secret web: A removed; type Opaque became shop/key"),
        (config_map(), config_map(**dict.fromkeys("gfedcba", "1")), "config web: a, b, c, d, e and 2 more added"),
        (Content("ConfigMap", data={"A": b"1"}), Content("ConfigMap", binary={"A": b"1"}), "config web: A changed"),
    ],
)
def test_a_change_is_one_sentence_without_values(before: Content | None, after: Content, said: str) -> None:
    assert cause("web", before, after) == said


@given(VALUES, VALUES)
def test_changes_are_all_that_differs(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    old, new = Content("Secret", "Opaque", before), Content("Secret", "Opaque", after)
    found = compared(old, new)
    assert {*found.added} | {*found.changed} == {key for key in after if key not in before or before[key] != after[key]}
    assert {*found.removed} == {*before} - {*after}
    assert {*found.added}.isdisjoint(before)
    assert bool(found) == bool(str(found)) == (before != after)
    back = compared(new, old)
    assert (back.added, back.removed, back.changed) == (found.removed, found.added, found.changed)


def test_without_changes_there_is_nothing_to_say() -> None:
    assert not Changes()
    assert str(Changes()) == ""
