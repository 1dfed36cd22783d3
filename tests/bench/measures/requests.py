# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests a task sends for 1, 20 and 200 workloads, from the API server's audit log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.functional.cluster import Event

from ..figures import Figure, Measure
from ..manifests import fleet, image
from ..scene import Scene, Unfit

AGENT = "rollout.kubernetes/"
READS = ("get", "list", "watch")
GOAL = 0.05
"""Lists come in pages of 250 objects, so that a few more requests for many pods are in order; one for each workload is not."""


def measure(scene: Scene) -> Measure:
    """Count for each number of workloads; a count is a count, so there are no rounds."""
    counted: dict[str, dict[int, Counter[str]]] = {}
    for count in scene.sizes.counts:
        for subject, counts in of(scene, count).items():
            counted.setdefault(subject, {})[count] = counts
    few, many = scene.sizes.counts[0], scene.sizes.counts[-1]
    figures = tuple(
        Figure(
            name=f"reads for each further workload: {subject}",
            unit="",
            values=((counts[many]["reads"] - counts[few]["reads"]) / (many - few),),
            goal=GOAL,
        )
        for subject, counts in counted.items()
    )
    details = {
        f"{subject}, {count} workloads": ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        for subject, by_count in counted.items()
        for count, counts in by_count.items()
    }
    return Measure(title="Requests", figures=figures, details=details)


def of(scene: Scene, count: int) -> Mapping[str, Counter[str]]:
    """Count the requests for so many Deployments of one pod: rolled, rolled again without a change, waited for."""
    with scene.namespace("requests") as namespace:
        subjects: dict[str, tuple[Mapping[str, Any], bool]] = {
            "rolling, changed": (rolling(namespace, count, 1), True),
            "rolling, unchanged": (rolling(namespace, count, 1), False),
            "wait, all complete": (wait(namespace), False),
        }
        scene.play(rolling(namespace, count, 0))
        found = {}
        for name, (task, changes) in subjects.items():
            mark = scene.cluster.audit_mark()
            timed = scene.play(task)
            if timed.changed != (changes,):
                raise Unfit(f"{name}: changed is {timed.changed[0]}.")
            found[name] = sorts(scene.cluster.audit_since(mark))
        return found


def rolling(namespace: str, count: int, version: int) -> Mapping[str, Any]:
    """The task that rolls them."""
    manifests = fleet(count, image=image(version), replicas=1, namespace=namespace)
    return {"name": "Roll out", "rollout.kubernetes.rolling": {"definition": manifests, "wait_timeout": 300}}


def wait(namespace: str) -> Mapping[str, Any]:
    """The task that waits for them."""
    return {"name": "Wait", "rollout.kubernetes.wait": {"kind": "Deployment", "namespace": namespace, "label_selectors": ["fleet=bench"]}}


def sorts(events: list[Event]) -> Counter[str]:
    """Count our requests by what they are: reads (by verb as well), dry runs, writes. A watch counts once, when it is opened."""
    found: Counter[str] = Counter()
    for event in events:
        if not event.user_agent.startswith(AGENT) or (event.verb == "watch" and event.stage != "ResponseStarted"):
            continue
        if event.verb in READS:
            found["reads"] += 1
            found[f"{event.verb} {event.resource}"] += 1
        else:
            found["dry runs" if event.dry_run else "writes"] += 1
    return found
