# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/preflight_rules.md, made from the table of the rules and from samples: ./dev docs writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Finding, Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.table import RULES, Rule, check

from .paths import ROOT

PAGE = ROOT / "docs" / "preflight_rules.md"
SAMPLES = ROOT / "tests" / "unit" / "plugins" / "module_utils" / "_domain" / "preflight" / "samples"
"""Named .manifests and not .yml: each file holds several documents, as kubectl takes them."""
IN_THE_CLUSTER = "# In the cluster:\n"
"""What stands below this line in a sample is live; all kinds count as looked at that have an object there."""
_OPTIONS = re.compile(r"^# Options: (\{.*\})$", re.MULTILINE)
_LINK = "https://github.com/rollout/kubernetes/blob/main"
_SAMPLES = f"{_LINK}/tests/unit/plugins/module_utils/_domain/preflight/samples"
_HEAD = f"""# The rules of the preflight

What `preflight_info` and the preflight of the roles look for.
[Before you roll out]({_LINK}/docs/guide_preflight.md) shows how they are used.
This page is made from the rules themselves by `./dev docs`; the examples are what they say of
[manifests as people write them]({_SAMPLES}).

| severity | means |
|---|---|
| error | Kubernetes refuses it, the rollout cannot come to its end, or all pods are away at the same time |
| warning | it costs requests, in each rollout or as soon as something else goes wrong |
| info | it costs none by itself |

A rule says nothing about what it cannot know: what was not looked at in the cluster is not taken for absent.
"""


def samples() -> list[Path]:
    """All samples, those that need no cluster first."""
    return sorted(SAMPLES.glob("*.manifests")) + sorted((SAMPLES / "live").glob("*.manifests"))


def scenery_of(path: Path) -> Scenery:
    """A sample as the rules see it."""
    text = path.read_text("utf-8")
    coming, _, there = text.partition(IN_THE_CLUSTER)
    live: dict[str, list[Any]] = {}
    for obj in documents(there):
        live.setdefault(obj["kind"], []).append(obj)
    found = _OPTIONS.search(coming)
    options: dict[str, Any] = json.loads(found[1]) if found else {}
    if "server_version" in options:
        options["server_version"] = tuple(options["server_version"])
    return Scenery(tuple(documents(coming)), live=live, **options)


def documents(text: str) -> list[dict[str, Any]]:
    """The objects in a text of YAML documents."""
    return [document for document in yaml.safe_load_all(text) if document]


def examples() -> dict[str, tuple[Path, Finding]]:
    """For each rule the first sample in which it finds something."""
    found: dict[str, tuple[Path, Finding]] = {}
    for path in samples():
        for finding in check(scenery_of(path)):
            found.setdefault(finding.rule, (path, finding))
    return found


def page() -> str:
    """The whole page."""
    shown = examples()
    return "\n".join([_HEAD, *_contents(), *(line for rule in RULES for line in _section(rule, *shown[rule.name]))])


def _contents() -> Iterator[str]:
    yield "| rule | severity | what is wrong |"
    yield "|---|---|---|"
    for rule in RULES:
        yield f"| [{rule.name}](#{rule.name}) | {rule.severity} | {rule.title} |"
    yield ""


def _section(rule: Rule, path: Path, finding: Finding) -> Iterator[str]:
    yield from (f"## {rule.name}", "", f"{rule.severity.capitalize()}: {rule.title}. {rule.about}", "")
    sample = path.relative_to(SAMPLES)
    yield f"Of [{sample.stem}]({_LINK}/{path.relative_to(ROOT)}) it says: {finding.why}"
    yield from ("", f"What mends it, at `{finding.path}` of {finding.ref}:", "", "```yaml", finding.remedy, "```", "")


def pages() -> dict[Path, str]:
    """The page, for ./dev docs."""
    return {PAGE: page()}
