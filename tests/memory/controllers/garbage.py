# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes with its owner, and what every namespace has."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN

from ..quota import QUOTA, status_of
from ..schema import Json
from ..server import NAMESPACE
from ..store import Change
from .base import Controller, Key, is_going, key_of

CONFIG_MAP, ACCOUNT = KNOWN["v1", "ConfigMap"], KNOWN["v1", "ServiceAccount"]


class Garbage(Controller):
    """Deletes what all owners of are gone."""

    resource = NAMESPACE

    def touched(self, change: Change) -> Iterable[Key]:
        if change.type == "DELETED":
            self.clock.after(self.clock.random.uniform(0.01, 0.2), lambda: self._collect(change.new["metadata"]["uid"]))
        return ()

    def _collect(self, gone: str) -> None:
        for resource in self.store.resources():
            for obj in list(self.store.all(resource)):
                owners = obj["metadata"].get("ownerReferences") or ()
                if any(owner["uid"] == gone for owner in owners) and not is_going(obj):
                    left = [owner for owner in owners if owner["uid"] != gone]
                    if left:
                        self.server.revise(resource, obj, ownerReferences=left)
                    else:
                        self.server.delete(resource, obj)

    def reconcile(self, obj: Json) -> None:
        """Nothing."""


class Namespaces(Controller):
    """Puts into a namespace what pods need."""

    resource = NAMESPACE

    def reconcile(self, obj: Json) -> None:
        name = obj["metadata"]["name"]
        for resource, called, more in ((CONFIG_MAP, "kube-root-ca.crt", {"data": {"ca.crt": ""}}), (ACCOUNT, "default", {})):
            if self.store.get(resource, name, called) is None:
                self.server.create(resource, {"metadata": {"name": called, "namespace": name}, **more})


class Quotas(Controller):
    """Counts what quotas count."""

    resource = QUOTA

    def touched(self, change: Change) -> Iterable[Key]:
        namespace = change.new["metadata"].get("namespace", "")
        if change.resource == QUOTA or change.type != "MODIFIED":
            yield from (key_of(quota) for quota in self.store.all(QUOTA, namespace) if namespace)

    def reconcile(self, obj: Json) -> None:
        self.server.revise(QUOTA, obj, status=status_of(self.store, obj))
