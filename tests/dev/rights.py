# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules in the table of README.md, and docs/rights.md with a Role for each: made from rights.yml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from .paths import ROOT

SOURCE = Path(__file__).parent / "rights.yml"
PAGE = ROOT / "docs" / "rights.md"
README = ROOT / "README.md"
Rights = Mapping[str, list[str]]
"""What may be done (verbs, by spaces), and to what: `pods`, `pods/log`, `deployments.apps`."""
_LINK = "https://github.com/rollout/kubernetes/blob/main/docs"
_TABLE = "| content | does |\n|---|---|\n"
_ROW = "| module"
_VERBS = ("get", "list", "watch", "create", "patch", "update", "delete")
_HEAD = f"""# Rights

The Role that each module needs in the namespace of the workloads. This page is made by `./dev docs`; each Role is tried on a real cluster
by a user who has nothing else. Copy it, and bind it to the user or service account of your jobs:

```
kubectl create rolebinding rollout --role=ROLE --serviceaccount=NAMESPACE:NAME
```

- Without the rights on Leases `rolling`, `undo`, `restart`, `pause` and `resume` go on with a warning that nothing keeps two tasks apart
  ([Two tasks at once]({_LINK}/guide_two_tasks_at_once.md)); the other modules that write are refused.
- Pod logs are read when a container crashes. Events, Services (which of them a new template would leave without a pod) and
  HorizontalPodAutoscalers are read where that is allowed; so are the Secrets of Helm releases, which no Role here grants.
- Where `create` on `pods` is allowed, which no Role here grants either, a pod of the new version is created in a dry run before running
  pods are stopped, to hear beforehand what would be refused.
- A right that is missing is told of before the first change.
- All kinds that a module takes are in its Role; leave out those that you have not.
- Nodes and namespaces belong to no namespace: `on_delete` with `nodes` or `batch_label` needs a ClusterRole with `list` on `nodes`, and a
  module with `all_namespaces` a ClusterRole in the place of the Role. `preflight_info` warns that it could not look at nodes.
"""


def source() -> dict[str, Any]:
    """The whole of rights.yml."""
    found: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    return found


def pages() -> dict[Path, str]:
    """Both pages."""
    told = source()
    return {PAGE: page(told), README: readme(README.read_text("utf-8"), told)}


def readme(text: str, told: dict[str, Any]) -> str:
    """README.md, with a row for each module in its table."""
    before, found, rest = text.partition(_TABLE)
    if not found:
        raise ValueError(f"{README.name} has no table of contents")
    own = [f"{_ROW} `rollout.kubernetes.{name}` | {about['does']} |\n" for name, about in told["modules"].items()]
    table, gap, after = rest.partition("\n\n")
    others = [f"{line}\n" for line in table.splitlines() if not line.startswith(_ROW)]
    return before + found + "".join([*own, *others]) + gap.removeprefix("\n") + after


def page(told: dict[str, Any]) -> str:
    """docs/rights.md."""
    return "\n".join([_HEAD, *(line for name in told["modules"] for line in _section(name, told)), *_options(told)]).rstrip("\n") + "\n"


def _section(name: str, told: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {name}", "", "```yaml", *role(name, rights_of(name, told)), "```", "")
    options = [f"[`{option}`](#with-{anchor(option)})" for option in told["modules"][name].get("options", [])]
    if options:
        yield from (f"It needs more with {', '.join(options[:-1])}{' and ' * bool(options[:-1])}{options[-1]}.", "")


def _options(told: dict[str, Any]) -> Iterator[str]:
    for option, about in told["options"].items():
        yield from (f"## With {option}", "", f"Besides, as {about['why']}:", "", "```yaml")
        yield from (*role(f"with {option}", together(about["rights"])), "```", "")


def anchor(option: str) -> str:
    """An option's name in the address of its section."""
    return option.replace(".", "")


def rights_of(name: str, told: dict[str, Any]) -> dict[str, set[str]]:
    """The verbs of a module for each thing, without those of its options."""
    about = told["modules"][name]
    return together(*(told["sets"][part] for part in about.get("sets", [])), about["rights"])


def together(*parts: Rights) -> dict[str, set[str]]:
    """The verbs for each thing."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for verbs, things in part.items():
            for thing in things:
                found.setdefault(thing, set()).update(verbs.split())
    return found


def role(name: str, rights: dict[str, set[str]]) -> list[str]:
    """The lines of a Role: a rule for all things of a group with the same verbs."""
    rules: dict[tuple[str, str], list[str]] = {}
    for thing, verbs in rights.items():
        plural, _, group = thing.partition(".")
        rules.setdefault((group, ", ".join(verb for verb in _VERBS if verb in verbs)), []).append(plural)
    lines = ["apiVersion: rbac.authorization.k8s.io/v1", "kind: Role", "metadata:"]
    lines += [f"  name: rollout-{re.sub('[^a-z]+', '-', name)}", "rules:"]
    for (group, shown), plurals in rules.items():
        lines += [f"  - apiGroups: [{group or chr(34) * 2}]", f"    resources: [{', '.join(plurals)}]", f"    verbs: [{shown}]"]
    return lines


def roles_of_page() -> dict[str, Any]:
    """The Roles as they stand on the page, each by the title of its section."""
    sections = (section.partition("\n") for section in PAGE.read_text("utf-8").split("\n## ")[1:])
    return {title: yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0]) for title, _, text in sections}
