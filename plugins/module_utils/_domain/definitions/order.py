# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the objects of a definition are applied: each after what it needs."""

from __future__ import annotations

from collections.abc import Mapping

from ..base.resources import Resource

_ORDER = (
    ("Namespace",),
    ("CustomResourceDefinition",),
    ("PriorityClass", "StorageClass", "VolumeAttributesClass", "RuntimeClass", "IngressClass", "CSIDriver"),
    ("ResourceQuota", "LimitRange", "NetworkPolicy"),
    ("ServiceAccount",),
    ("ClusterRole", "Role"),
    ("ClusterRoleBinding", "RoleBinding"),
    ("Secret", "ConfigMap"),
    ("PersistentVolume",),
    ("PersistentVolumeClaim",),
    ("Service",),
)
_LAST = frozenset({"APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})
"""What has a say in the requests that follow, and is answered for by a workload that may come with it."""
_PLACES: Mapping[str, int] = {kind: place for place, kinds in enumerate(_ORDER) for kind in kinds}


def place_of(resource: Resource) -> int:
    """The place of a kind; kinds of one place keep the order that they were given in."""
    if "." in resource.group and not resource.group.endswith(".k8s.io"):
        return len(_ORDER)
    return len(_ORDER) + 1 if resource.kind in _LAST else _PLACES.get(resource.kind, len(_ORDER))
