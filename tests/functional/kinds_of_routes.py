# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of the routers, as their projects define them, in the cluster of the tests. No router runs there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

from tests.dev.paths import cache
from tests.dev.routers import DEFINITIONS, definitions
from tests.dev.shell import lock

from .cluster import Cluster


def serve_routes(cluster: Cluster) -> None:
    """Bring the kinds of all routers into the cluster, and return when it serves them."""
    with lock(cache() / "kinds-of-routes.lock", "Waiting for another process that brings the kinds of the routers ..."):
        names = [f"crd/{router.resource.plural}.{router.resource.group}" for router in ROUTERS.values() if router.kind != "Ingress"]
        if cluster.kubectl("get", *names, check=False).code:
            cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin="\n---\n".join(_wanted()))
        cluster.kubectl("wait", "--for=condition=Established", *names, "--timeout=120s")


def _wanted() -> Iterator[str]:
    """The definitions of these kinds alone, of the many that the files have."""
    ours = re.compile(rf"^    kind: (?:{'|'.join(ROUTERS)})$", re.MULTILINE)
    for router in DEFINITIONS:
        for path in definitions(router):
            yield from (document for document in re.split(r"^---$", path.read_text(), flags=re.MULTILINE) if ours.search(document))
