# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specs and defaults of the roles, and the tables of their READMEs: made from roles.yml and the modules' documentation."""

from __future__ import annotations

import functools
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.given import GUARDS
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_argument_spec

from .paths import ROOT

SOURCE = Path(__file__).parent / "roles.yml"
ROLES = ROOT / "roles"
CONVENIENT = ("kubeconfig", "context")
"""The authentication options that are variables as well; the others come from module_defaults or the environment."""
HOOKS, READ = "| task files | run |", "| variable | is |"
"""The heads of the tables that are made."""
_LICENCE = """\
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
_MADE = "# ./dev docs writes this file from tests/dev/roles.yml and from the documentation of the module.\n"
_ABOUT_TYPES = "# Surveys send texts, and '' for an answer left open. So whatever is not a text is raw here, and the module validates it.\n"
_ABOUT_DEFAULTS = "# '' is: not given. Then the module's own default counts; meta/argument_specs.yml says what it is.\n"
_WIDTH = 130
_OPTION = re.compile(r"\bO\((\w+)((?:[.=][^)]*)?)\)")
_RESULT = re.compile(r"\bRV\((?:ignore:)?([^()]*)\)")
"""A key of the module's result: the role has none of that name."""
_TEXTS = ("str", "path")
_READ_AS_BOOLEANS = {"true", "false", "on", "off", "yes", "no"}
Option = dict[str, Any]


def source() -> dict[str, Any]:
    """The whole of roles.yml."""
    found: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    return found


@functools.cache
def documented(modules: tuple[str, ...]) -> dict[str, dict[str, Option]]:
    """The options of modules, those of fragments too, as Ansible's own reader finds them."""
    reader = str(Path(sys.executable).parent / "ansible-doc")
    command = [reader, "--type", "module", "--json", *(f"rollout.kubernetes.{name}" for name in modules)]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    return {name: found[f"rollout.kubernetes.{name}"]["doc"]["options"] for name in modules}


def pages() -> dict[Path, str]:
    """All files of all roles that are made."""
    told = source()
    options = documented(tuple(sorted({about["module"] for about in told["roles"].values()})))
    made = {}
    for name, about in told["roles"].items():
        role = Role(name, about, options[about["module"]], told["more"] | about.get("more", {}))
        made[ROLES / name / "meta" / "argument_specs.yml"] = role.specs()
        made[ROLES / name / "defaults" / "main.yml"] = role.defaults()
        readme = ROLES / name / "README.md"
        made[readme] = role.readme(readme.read_text("utf-8"))
    return made


@dataclass(frozen=True)
class Role:
    """A role, what is told of it, the documentation of its module's options, and what it says besides of some of them."""

    name: str
    about: dict[str, Any]
    options: dict[str, Option]
    more: dict[str, Any]

    @property
    def module(self) -> str:
        """The whole name of its module."""
        return f"rollout.kubernetes.{self.about['module']}"

    def passed(self) -> list[str]:
        """The options of the module that are variables, in the order of the module."""
        own = [option for option in ARGUMENTS[self.about["module"]].spec if option not in auth_argument_spec]
        return [*own, *CONVENIENT]

    def specs(self) -> str:
        """The file meta/argument_specs.yml."""
        options = {f"{self.name}_{option}": self._passed(option) for option in self.passed()}
        options |= {f"{self.name}_{option}": self._own(words) for option, words in self.about["options"].items()}
        main = {
            "short_description": self.about["short_description"],
            "description": self._texts(self.about["description"]),
            "author": ["the rollout.kubernetes contributors (@rollout-kubernetes)"],
            "version_added": self.about.get("version_added", "0.1.0"),
            "options": options,
        }
        return f"{_LICENCE}\n{_MADE}{_ABOUT_TYPES}---\n{yaml_text({'argument_specs': {'main': main}})}"

    def defaults(self) -> str:
        """The file defaults/main.yml."""
        with_default = [option for option in self.passed() if option not in GUARDS]
        parts = ("".join(f'{self.name}_{option}: ""\n' for option in options) for options in (with_default, self.about["options"]))
        return f"{_LICENCE}\n{_MADE}{_ABOUT_DEFAULTS}---\n" + "\n".join(part for part in parts if part)

    def readme(self, page: str) -> str:
        """The README with its tables as they must be."""
        hooks = {f"{self.name}_{option}": words["run"] for option, words in self.about["options"].items() if "run" in words}
        hooks |= {f"{self.name}_{option}": run for option, run in self.about.get("rows", {}).items()}
        page = with_table(page, HOOKS, self._rows(hooks)) if hooks else page
        return with_table(page, READ, self._rows(self.about["read"])) if "read" in self.about else page

    def _rows(self, told: dict[str, str]) -> list[str]:
        names = {key: ", ".join(f"`{name}`" for name in key.split(", ")) for key in told}
        return [f"| {names[key]} | {text.replace('ROLE', self.name)} |" for key, text in told.items()]

    def _passed(self, option: str) -> Option:
        """A variable that is an option of the module: what that says first, and what is special here."""
        words = self.options[option]
        first, *more = _listed(words["description"])
        choices = [_shown(choice) for choice in words.get("choices", ())]
        told = [first, *(text for text in more if any(f"V({choice})" in text for choice in choices))]
        told[0] = " ".join([told[0], *self._choices(choices, " ".join(told)), *self._default(words.get("default"))])
        is_text = words["type"] in _TEXTS and not _READ_AS_BOOLEANS & {*choices}
        kind = self.about.get("types", {}).get(option, "str" if is_text else "raw")
        described = {"description": self._texts([*told, *_listed(self.more.get(option, []))]), "type": kind}
        return described if option in GUARDS else {**described, "default": ""}

    @staticmethod
    def _choices(choices: list[str], told: str) -> Iterator[str]:
        """The choices, unless the text names each of them."""
        marked = [f"V({choice})" for choice in choices]
        if len(marked) == 1:
            yield f"Only {marked[0]}."
        elif not all(mark in told for mark in marked):
            yield f"{', '.join(marked[:-1])} or {marked[-1]}."

    @staticmethod
    def _default(value: Any) -> Iterator[str]:
        if value is not None:
            yield f"The default is V({_shown(value)})."

    def _own(self, words: Option) -> Option:
        return {"description": self._texts(words["description"]), "type": words["type"], "default": ""}

    def _texts(self, told: Any) -> Any:
        """Texts with the names as they are here; one alone is no list."""
        named = [self._named(text) for text in _listed(told)]
        return named if len(named) > 1 else named[0]

    def _named(self, text: str) -> str:
        text = text.replace("MODULE:", f"{self.module}#module:").replace("MODULE", self.module).replace("ROLE_", f"{self.name}_")
        return _OPTION.sub(self._option, _RESULT.sub(r"C(\1)", text))

    def _option(self, found: re.Match[str]) -> str:
        name, rest = found[1], found[2]
        if "#" in rest:
            return found[0]
        if rest.startswith(".") or name not in {*self.passed(), *self.about["options"]}:
            return f"O({self.module}#module:{name}{rest})"
        return f"O({self.name}_{name}{rest})"


def with_table(page: str, head: str, rows: Iterable[str]) -> str:
    """The page with other rows below the head of a table."""
    before, found, rest = page.partition(f"{head}\n|---|---|\n")
    if not found:
        raise ValueError(f"There is no table that begins with: {head}")
    lines = rest.splitlines(keepends=True)
    after = itertools.dropwhile(lambda line: line.startswith("|"), lines)
    return before + found + "".join(f"{row}\n" for row in rows) + "".join(after)


def yaml_text(value: Any) -> str:
    """YAML as it stands in the files of roles."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    """Lists are indented, and an empty text is written as such."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


_Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text else '"'))


def _listed(told: Any) -> list[str]:
    return [told] if isinstance(told, str) else list(told)


def _shown(value: Any) -> str:
    """A value as it is written in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)
