# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of many objects."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import (
    CONTROLLER_REVISION,
    DEPLOYMENT,
    POD,
    REPLICA_SET,
    Resource,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.reading import reader_of

METADATA = {"name": "web", "labels": {"app": "web"}, "ownerReferences": [{"uid": "u1"}]}
OWNERS = {"managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}]}
LISTED = json.dumps({"items": [{"metadata": {**METADATA, **OWNERS}, "spec": {"nodeName": "node-1"}}]}).encode()


@pytest.mark.parametrize("resource", [POD, REPLICA_SET, CONTROLLER_REVISION])
def test_what_controllers_make_is_read_without_its_owners_of_fields(resource: Resource) -> None:
    assert reader_of(resource)(LISTED) == {"items": [{"metadata": METADATA, "spec": {"nodeName": "node-1"}}]}


def test_of_what_is_written_here_the_owners_are_read() -> None:
    assert reader_of(DEPLOYMENT)(LISTED) == json.loads(LISTED)
