# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what the documentation shows to be run: EXAMPLES of modules, blocks of YAML and commands on pages. No list names them.

A block is told by its form. One of which no form is known is a failure: whoever writes it says here how it is run.
"""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise, zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "roles/*/README.md", "docs/guide_*.md")
OURS = "rollout.kubernetes."
LOCALLY = {"hosts": "localhost", "connection": "local", "gather_facts": False}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`([\w./-]+\.yml)`")
_NAMED_LAST = re.compile(r"`([\w./-]+\.yml)`:$")
_NAMED_FIRST = re.compile(r"# ([\w./-]+\.yml)\b")
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)
_FAILURE = "[ERROR]"
MODULE_OF = {"rollback": "undo", "status": "status_info", "preflight": "preflight_info"}
"""The modules of roles that are called otherwise."""
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.name != "common")
Tasks = list[dict[str, Any]]


def _variables() -> Iterator[str]:
    """The variables of all roles, and those of AWX."""
    for role in ROLES:
        spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text("utf-8"))
        yield from spec["argument_specs"]["main"]["options"]
    yield from ("awx_user_name", "awx_job_id")


VARIABLES = {*_variables()}


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of a page: what stands in it, before it and, printed, behind it."""

    page: str
    line: int
    language: str
    text: str
    before: str = ""
    printed: str = ""

    @property
    def value(self) -> Any:
        """What the YAML means; several documents are a list."""
        found = list(yaml.safe_load_all(textwrap.dedent(self.text)))
        return found[0] if len(found) == 1 else found

    @property
    def file(self) -> str:
        """The file that it is, '' where it is none."""
        found = _NAMED_LAST.search(self.paragraph) or _NAMED_FIRST.match(self.text)
        return found[1] if found else ""

    @property
    def paragraph(self) -> str:
        """The last paragraph before it."""
        return self.before.rstrip().rpartition("\n\n")[2]


@dataclass(frozen=True, kw_only=True)
class Example:
    """Something to be run: plays, or the words of a command."""

    page: str
    line: int
    title: str
    plays: Sequence[Any] = ()
    command: Sequence[str] = ()
    fails: bool = False
    """The page shows a failure behind it."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.title[:90]}"

    @property
    def tasks(self) -> Tasks:
        """The tasks of its plays that stand in the example."""
        return [task for play in self.plays for task in play.get("tasks", ())]


@dataclass(kw_only=True)
class Page:
    """A page: what is to be run of it, and the files that it shows."""

    name: str
    text: str = ""
    examples: list[Example] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    rules: list[Any] = field(default_factory=list)
    """Rights that it shows."""
    configs: list[Any] = field(default_factory=list)
    """Parts of results that it shows."""


def pages() -> list[Page]:
    """All pages and modules."""
    found = [_module(name) for name in ARGUMENTS]
    return found + [page_of(str(path.relative_to(ROOT)), path.read_text("utf-8")) for glob in PAGES for path in sorted(ROOT.glob(glob))]


def _module(name: str) -> Page:
    """A module's EXAMPLES: each task is an example, with those after it that read what it has registered, or that are not ours."""
    page = Page(name=f"plugins/modules/{name}.py")
    text = import_module(f"ansible_collections.rollout.kubernetes.plugins.modules.{name}").EXAMPLES
    for number, tasks in enumerate(_groups(yaml.safe_load(text)), start=1):
        page.examples.append(Example(page=page.name, line=number, title=_title(tasks), plays=[{**LOCALLY, "tasks": tasks}]))
    return page


def _groups(tasks: Tasks) -> list[Tasks]:
    found: list[Tasks] = []
    registered: list[str] = []
    for task in tasks:
        reads = any(re.search(rf"\b{name}(\.| is | \|)", json.dumps(task)) for name in registered)
        if not found or (module_of(task) and not reads):
            found.append([])
        found[-1].append(task)
        registered += [task["register"]] if "register" in task else []
    return found


def module_of(task: dict[str, Any]) -> str:
    """The module of ours that a task calls, or ''."""
    return next((key.removeprefix(OURS) for key in task if key.startswith(OURS)), "")


def page_of(name: str, text: str) -> Page:
    """What a page shows."""
    page = Page(name=name, text=text)
    for block in _blocks(name, text):
        if block.language == "yaml":
            _take(page, block)
        elif not block.language:
            page.examples += _commands(block)
    return page


def _blocks(name: str, text: str) -> Iterator[Block]:
    found = list(_BLOCK.finditer(text))
    for match, following in zip_longest(found, found[1:]):
        follows = following is not None and not text[match.end() : following.start()].strip() and not following[1]
        printed = following[2] if follows and following is not None and not following[2].startswith("$ ") else ""
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page=name, line=line, language=match[1], text=match[2], before=text[: match.start()], printed=printed)


def _take(page: Page, block: Block) -> None:
    """Take a block of YAML for what its form says it is."""
    value = block.value
    listed = value if isinstance(value, list) else [value]
    first = listed[0]
    for fits, take in FORMS:
        if fits(first):
            take(page, block, listed)
            return
    raise ValueError(f"{page.name}:{block.line}: of a block of this form is not known how it is run: {', '.join(map(str, first))}")


def _manifests(page: Page, block: Block, listed: list[Any]) -> None:
    file = block.file or (_FILE.findall(block.paragraph) or [""])[-1]
    _show(page, block, [{**LOCALLY, "tasks": [_rolled(listed)]}], f"{file or 'a manifest'}, rolled out")
    _keep(page, block, file)


def _plays(page: Page, block: Block, listed: list[Any]) -> None:
    if not block.file:  # Else a command on the page runs it.
        _show(page, block, [_imported(play) for play in listed], _title(listed))
    _keep(page, block, block.file)


def _tasks(page: Page, block: Block, listed: list[Any]) -> None:
    if not block.file:
        _show(page, block, [{**LOCALLY, "tasks": listed}], _title(listed))
    elif not re.search(rf"^\$ .*={re.escape(block.file)}", page.text, re.MULTILINE):  # Else that command runs it.
        _show(page, block, [{**LOCALLY, "roles": [_role_with(block.file, page)]}], block.file)
    _keep(page, block, block.file)


def _play_parts(page: Page, block: Block, listed: list[Any]) -> None:
    (part,) = listed
    tasks = {} if "roles" in part else {"tasks": [_change({"verify": None})]}
    _show(page, block, [{**LOCALLY, **tasks, **part}], " and ".join(part))


def _options(page: Page, block: Block, listed: list[Any]) -> None:
    _show(page, block, [{**LOCALLY, "tasks": [_change(*listed)]}], " and ".join(*listed))


def _role_variables(page: Page, block: Block, listed: list[Any]) -> None:
    _show(page, block, [{**LOCALLY, "roles": [_role(*listed)]}], ", ".join(*listed))


def _pod(page: Page, block: Block, listed: list[Any]) -> None:
    (part,) = listed
    _show(page, block, [{**LOCALLY, "tasks": [_rolled([_with_pods(part["spec"])])]}], "a pod, rolled out")


def _rules(page: Page, _block: Block, listed: list[Any]) -> None:
    page.rules += listed[0].get("rules", listed)


def _configs(page: Page, _block: Block, listed: list[Any]) -> None:
    page.configs += listed[0]["configs"]


FORMS: Sequence[tuple[Callable[[Any], bool], Callable[[Page, Block, list[Any]], None]]] = (
    (lambda first: {"apiVersion", "kind"} <= {*first}, _manifests),
    (lambda first: bool({"hosts", "ansible.builtin.import_playbook"} & {*first}), _plays),
    (lambda first: any(key.startswith((OURS, "ansible.builtin.")) for key in first), _tasks),
    (lambda first: {*first} <= {"roles", "module_defaults"}, _play_parts),
    (lambda first: {*first} <= {"config", "verify"}, _options),
    (lambda first: {*first} <= VARIABLES, _role_variables),
    (lambda first: "containers" in first.get("spec", ()), _pod),
    (lambda first: bool({"apiGroups", "rules"} & {*first}), _rules),
    (lambda first: {*first} == {"configs"}, _configs),
)
"""What the first entry of a block is like, and how the block is taken then; the first form that fits counts."""


def _keep(page: Page, block: Block, file: str) -> None:
    if file:
        page.files[file] = textwrap.dedent(block.text)


def _show(page: Page, block: Block, plays: Sequence[Any], title: str) -> None:
    page.examples.append(Example(page=page.name, line=block.line, title=title, plays=plays, fails=_FAILURE in block.printed))


def _commands(block: Block) -> Iterator[Example]:
    """The commands of Ansible in a block, each with what it prints up to the next one."""
    parts = _COMMAND.split(block.text)
    for command, printed in zip(parts[1::2], parts[2::2], strict=True):
        words = shlex.split(command, comments=True)
        if words and words[0] in ("ansible-playbook", "ansible"):
            title, fails, plays = " ".join(words[1:]), _FAILURE in printed, _as_task(words[1:])
            yield Example(page=block.page, line=block.line, title=title, plays=plays, command=() if plays else words, fails=fails)


def unknown_variables(example: Example) -> list[str]:
    """What an example gives to roles and playbooks of ours that none of them knows: Ansible says nothing of it."""
    given = [key for play in example.plays for role in play.get("roles", ()) for key in role if key != "role"]
    if any(word.startswith(OURS) for word in example.command[1:2]):
        texts = [word for before, word in pairwise(example.command) if before == "-e"]
        given += [name for text in texts for name in (json.loads(text) if text.startswith("{") else [text.partition("=")[0]])]
    return sorted({*given} - VARIABLES)


def _as_task(words: Sequence[str]) -> list[Any]:
    """A play with the task that a playbook of ours comes to, which takes a fifth of the time; nothing where a role does more than that."""
    role = words[0].removeprefix(OURS)
    if role not in ROLES:
        return []
    given = [word.split("=", 1) for before, word in pairwise(words) if before == "-e" and not word.startswith("{")]
    options = {variable.removeprefix(f"{role}_"): value for variable, value in given}
    module = MODULE_OF.get(role, role)
    others = {*words[1:]} - {"-e", "--check", "--diff", *("=".join(pair) for pair in given)}
    if others or not {*options} <= {*ARGUMENTS[module].spec}:
        return []
    modes = {"check_mode": "--check" in words, "diff": "--diff" in words}
    return [{**LOCALLY, "tasks": [{f"{OURS}{module}": options, **modes}]}]


def _title(tasks: Sequence[Any]) -> str:
    return str(tasks[0].get("name") or next(iter(tasks[0])))


def _rolled(manifests: list[Any]) -> dict[str, Any]:
    """A task that applies manifests as they are shown, with a workload where they have none."""
    workloads = () if any(manifest["kind"] in WORKLOADS for manifest in manifests) else (_behind(manifests[0]),)
    return {f"{OURS}rolling": {"namespace": "fresh", "definition": [*manifests, *workloads]}}


def _behind(service: dict[str, Any]) -> dict[str, Any]:
    """A workload with pods that a Service selects."""
    return _with_pods({"containers": [{"name": "any"}]}, service["spec"]["selector"])


def _with_pods(pod: dict[str, Any], labels: Any = MappingProxyType({"app": "any"})) -> dict[str, Any]:
    """A workload with such pods, whose containers get an image."""
    image = {"image": "registry.example/any:1"}
    template = {"metadata": {"labels": {**labels}}, "spec": {**pod, "containers": [{**image, **one} for one in pod["containers"]]}}
    spec = {"selector": {"matchLabels": {**labels}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "any"}, "spec": spec}


def _imported(play: dict[str, Any]) -> dict[str, Any]:
    """A play; one that imports a playbook of ours with what that asks for."""
    name = str(play.get("ansible.builtin.import_playbook", "")).removeprefix(OURS)
    return {**play, "vars": _subject(name)} if name else play


def _subject(role: str) -> dict[str, Any]:
    """Variables of a role by which it rolls another image out; those that it has."""
    given = {"name": "vweb", "namespace": "shop", "image": "registry.example/vweb:2.0"}
    return {f"{role}_{option}": value for option, value in given.items() if f"{role}_{option}" in VARIABLES}


def _change(options: dict[str, Any]) -> dict[str, Any]:
    """A task that has these options, and without them would change an image."""
    subject = "vweb" if "config" in options else "web"
    return {f"{OURS}rolling": {"namespace": "shop", "name": subject, "image": f"registry.example/{subject}:2.0", **options}}


def _role(variables: dict[str, Any]) -> dict[str, Any]:
    """A role with these variables of it, which rolls another image out."""
    (role,) = {role for role in ROLES if all(name.startswith(f"{role}_") for name in variables)}
    return {"role": f"{OURS}{role}", **_subject(role), **variables}


def _role_with(file: str, page: Page) -> dict[str, Any]:
    """A role with a task file, by the variable that the page names for it."""
    variable = re.search(rf"(\w+)={re.escape(file)}", page.text)
    if variable is None:
        raise ValueError(f"{page.name} does not say which variable of which role names the task file {file}.")
    return _role({variable[1]: file})
