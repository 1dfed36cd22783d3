# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restart that was killed leaves limits of its own behind; whatever comes next gives the Deployment's own ones back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.memory.cases import Case, theirs
from tests.memory.cluster import running
from tests.memory.scenes import deployment

OWN = {"maxSurge": 1, "maxUnavailable": 1}
STRATEGY = {"rollingUpdate": OWN}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("rolling", {"name": "web", "image": "registry.example/web:2"}),
        ("rolling", {"definition": deployment("2", replicas=1, strategy=STRATEGY)}),
        ("undo", {"name": "web"}),
        ("pause", {"name": "web"}),
        ("restart", {"name": "web", "key": "once"}),
    ],
    ids=["an image", "a definition", "undo", "pause", "the same restart"],
)
def test_whatever_comes_after_a_restart_that_was_killed_gives_its_limits_back(module: str, options: dict[str, Any]) -> None:
    restart, then = Case("restart", {"name": "web", "key": "once"}), Case(module, options)

    with running(1) as memory:

        def strategy() -> Any:
            return memory.get("default", "Deployment", "web")["spec"]["strategy"]["rollingUpdate"]

        theirs(replicas=1, strategy=STRATEGY)(memory)
        run = restart.run(memory).start()
        memory.clock.wait(lambda: strategy() != OWN, 30)
        run.kill()
        memory.clock.sleep(30)
        assert strategy() != OWN
        told = Case("status_info", {"name": "web"}).run(memory).start().wait()
        assert "only until a restart has ended" in told["msg"]
        result = then.run(memory).start().wait()
        assert result["changed"], result["msg"]
        assert strategy() == OWN
        annotations = memory.get("default", "Deployment", "web")["metadata"]["annotations"]
        assert '"limits"' not in annotations["rollout.kubernetes/restart"]
        assert not then.run(memory).start().wait()["changed"]
