# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is remembered of versions that a person took back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.undone import (
    REMEMBERED,
    UNDONE,
    Undone,
    found,
    settled,
    undone_of,
    undone_text,
)

WEB = Ref("Deployment", "shop", "web")


def entry(template: str, workload: str = "Deployment/web", **more: str) -> Undone:
    return Undone(workload, template, **{"by": "alice", "why": "it was slow.", "at": "2026-05-04T12:00:00Z", **more})


def lease(*entries: Undone) -> Any:
    return {"kind": "Lease", "metadata": {"name": "rollout-web", "annotations": {UNDONE: undone_text(entries)}}}


def test_it_reads_what_it_has_written() -> None:
    entries = (entry("a"), entry("b", by=""))
    assert undone_of(lease(*entries)) == entries
    assert undone_of(None) == ()
    assert undone_text(()) == ""


@pytest.mark.parametrize("value", ["{", "[]", '{"version": 99}'])
def test_what_cannot_be_read_is_nothing(value: str) -> None:
    assert undone_of({"kind": "Lease", "metadata": {"annotations": {UNDONE: value}}}) == ()


def test_each_version_is_kept_once_and_the_oldest_are_forgotten() -> None:
    many = [entry(str(number)) for number in range(REMEMBERED + 2)]
    kept = undone_of(lease(*many, entry("5", why="again")))
    assert len(kept) == REMEMBERED
    assert kept[-1] == entry("5", why="again")
    assert [one.template for one in kept].count("5") == 1


def test_a_version_is_found_by_workload_and_template_under_any_application() -> None:
    leases = [lease(entry("a", "StatefulSet/web")), lease(entry("b"))]
    assert found(leases, WEB, "b") == entry("b")
    assert found(leases, WEB, "a") is None


def test_what_runs_again_is_forgotten() -> None:
    assert settled([entry("a"), entry("b")], back=[entry("c")], again=[("Deployment/web", "a")]) == (entry("b"), entry("c"))


def test_the_sentence_says_who_when_and_why() -> None:
    assert entry("a").sentence(WEB) == (
        "Deployment shop/web gets a version that was taken back by alice at 2026-05-04T12:00:00Z (it was slow)"
    )
    assert entry("a", by="", why="").sentence(WEB) == "Deployment shop/web gets a version that was taken back at 2026-05-04T12:00:00Z"
