# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing but the files of the kinds tells kinds apart by their names: the code asks a `Kind` for what it can do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base import resources
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

PLUGINS = Path(__file__).resolve().parents[6] / "plugins"
FILES = sorted(path for folder in ("module_utils", "plugin_utils", "action") for path in (PLUGINS / folder).rglob("*.py"))
KINDS_OWN = PLUGINS / "module_utils" / "_domain" / "kinds"
ALLOWED = {
    "module_utils/_domain/base/resources.py": "says where the API serves each kind, which is how the files of the kinds get their names",
    "module_utils/_domain/base/served.py": "says which kinds an API group of the past had, whatever we roll out today",
    "module_utils/_engine/config/cleaning.py": "names kinds of other groups that are called alike",
}
CONSTANTS = {name for name, value in vars(resources).items() if value in WORKLOADS.values()}
"""The names by which the code knows the resources of the kinds."""


def told_apart(source: str) -> list[str]:
    """What of the source knows a kind by its name: each text that is one, and each comparison with a constant that is one."""
    tree = ast.parse(source)
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in WORKLOADS]
    return texts + [ast.unparse(node) for node in compared(tree) for part in parts(node) if is_constant(part)]


def compared(tree: ast.AST) -> Iterator[ast.AST]:
    """Whatever decides between values: comparisons, patterns, the keys of a table, the members of a set."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Compare, ast.MatchValue)):
            yield node
        elif isinstance(node, ast.Dict):
            yield from (key for key in node.keys if key is not None)
        elif isinstance(node, ast.Set):
            yield from node.elts


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """A node with what it is made of, but for what is given to calls: a `Ref` that is made of a name is another value."""
    yield node
    for child in () if isinstance(node, ast.Call) else ast.iter_child_nodes(node):
        yield from parts(child)


def is_constant(node: ast.AST) -> bool:
    """A name of a kind's resource, or `deployment.KIND` and its like."""
    return (isinstance(node, ast.Name) and node.id in CONSTANTS) or (isinstance(node, ast.Attribute) and node.attr in {"KIND", *CONSTANTS})


@pytest.mark.parametrize(
    "source",
    [
        'ref.kind == "Deployment"',
        'kind not in (None, "StatefulSet")',
        '{"DaemonSet": 1}',
        '{*("Deployment", "StatefulSet")}',
        'match kind:\n    case "Deployment":\n        pass',
        "resource is DEPLOYMENT",
        "ref.kind == STATEFUL_SET.kind",
        "{DAEMON_SET: 1}",
        "{DAEMON_SET.kind, SERVICE.kind}",
        "workload.kind is deployment.KIND",
        "resource == resources.DEPLOYMENT",
        "match resource:\n    case resources.DEPLOYMENT:\n        pass",
    ],
)
def test_a_kind_that_is_told_by_its_name_is_found(source: str) -> None:
    assert told_apart(source)


@pytest.mark.parametrize(
    "source",
    [
        "Ref(DEPLOYMENT.kind, namespace, name)",
        "{Ref(DEPLOYMENT.kind, namespace, name) for name in names}",
        "ref in {ref, Ref(DEPLOYMENT.kind, namespace, name)}",
        '"Deployments have sides"',
        '"""A Deployment."""',
        "workload.kind.keeps_ordinals",
        "kind.name in names",
        "resource == SERVICE",
    ],
)
def test_what_makes_a_name_or_asks_a_kind_is_left_alone(source: str) -> None:
    assert told_apart(source) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_only_the_files_of_the_kinds_know_them_by_their_names(path: Path) -> None:
    if KINDS_OWN in path.parents or str(path.relative_to(PLUGINS)) in ALLOWED:
        return
    assert told_apart(path.read_text()) == []


@pytest.mark.parametrize("path", ALLOWED)
def test_a_file_that_may_know_them_does(path: str) -> None:
    assert told_apart((PLUGINS / path).read_text())
