# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of kinds: how a kind is found, and what each one answers."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import KINDS, WORKLOADS, kind_of, named
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.resources import KNOWN, POD, Resource

NAMES = ["Deployment", "StatefulSet", "DaemonSet"]


def test_the_kinds_are_the_three_of_apps() -> None:
    assert [kind.name for kind in KINDS] == NAMES
    assert all(KNOWN["apps/v1", name] is resource for name, resource in WORKLOADS.items())


def test_names_alone_tell_the_kinds_apart() -> None:
    assert [named(kind.name) for kind in KINDS] == list(KINDS)
    assert len(WORKLOADS) == len(KINDS)


def test_what_is_no_kind_of_workload_has_no_answers() -> None:
    with pytest.raises(KeyError):
        named("Pod")
    assert kind_of(POD) is None


def test_a_kind_of_the_same_name_in_another_group_is_another_kind() -> None:
    assert kind_of(Resource("apps/v1", "StatefulSet", "statefulsets")) is named("StatefulSet")
    assert kind_of(Resource("apps.kruise.io/v1beta1", "StatefulSet", "statefulsets")) is None
