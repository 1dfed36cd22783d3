# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each example of the documentation runs, and ends as its page says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dev.paths import ROOT
from tests.dev.rights import roles_of_page
from tests.examples.found import Example, Page, page_of, pages
from tests.examples.runs import Theatre, complaint

pytestmark = pytest.mark.matrix
PAGES = pages()
EXAMPLES = [pytest.param(page, example, id=str(example)) for page in PAGES for example in page.examples]


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    found = Theatre()
    yield found
    found.close()


@pytest.mark.parametrize(("page", "example"), EXAMPLES)
def test_an_example_ends_as_its_page_says(page: Page, example: Example, theatre: Theatre, tmp_path: Path) -> None:
    wrong = complaint(theatre, page, example, tmp_path)
    assert not wrong, wrong


def test_rights_that_a_page_shows_stand_in_the_roles() -> None:
    granted = {right for role in roles_of_page().values() for rule in role["rules"] for right in _rights(rule)}
    shown = {right for page in PAGES for rule in page.rules for right in _rights(rule)}
    assert shown
    assert shown <= granted


def _rights(rule: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(group, resource, verb) for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]}


def test_results_that_a_page_shows_are_what_the_schema_says() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "docs" / "result_schema.json").read_text("utf-8"))
    shown = [config for page in PAGES for config in page.configs]
    assert shown
    whole = {**schema["$defs"]["modules"]["rolling"], "$defs": schema["$defs"]}
    jsonschema.Draft202012Validator(whole).validate({"changed": True, "msg": "", "rollouts": [], "invocation": {}, "configs": shown})


# --- what is wrong is found ---------------------------------------------------------------------------------------------------------------

TASK = """
```yaml
- rollout.kubernetes.rolling:
    namespace: shop
    name: web
    image: registry.example/web:2.0
```
"""
COMMAND = """
```
$ ansible-playbook rollout.kubernetes.rolling -e rolling_namespace=shop -e rolling_name=web -e rolling_image=web:2
```
"""
ROLE = """
```yaml
- hosts: localhost
  roles:
    - role: rollout.kubernetes.rolling
      rolling_name: web
```
"""
BROKEN = {
    "an option that does not exist": (TASK, "image:", "picture:", "Unsupported parameters"),
    "a workload that does not exist": (TASK, "name: web", "name: wbe", "does not exist"),
    "a module that does not exist": (TASK, "rolling:", "roling:", "roling"),
    "nothing to change": (TASK, "web:2.0", "web:1.4", "changes nothing"),
    "a failure that does not come": (TASK, "```\n", "```\n```\n[ERROR]: Task failed\n```\n", "should fail"),
    "a command with a workload that does not exist": (COMMAND, "name=web", "name=wbe", "does not exist"),
    "a command with a variable that does not exist": (COMMAND, "rolling_image", "rolling_picture", "No role knows rolling_picture"),
    "a role with a variable that does not exist": (ROLE, "rolling_name", "rolling_nmae", "No role knows rolling_nmae"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_example_is_found(what: str, theatre: Theatre, tmp_path: Path) -> None:
    text, right, wrong, words = BROKEN[what]
    before, _right, after = text.rpartition(right)
    page = page_of("docs/guide_broken.md", before + wrong + after)
    (example,) = page.examples
    assert words in complaint(theatre, page, example, tmp_path)


def test_a_block_of_an_unknown_form_is_found() -> None:
    with pytest.raises(ValueError, match=r"docs/guide_broken.md:1: of a block of this form is not known how it is run: colour"):
        page_of("docs/guide_broken.md", "```yaml\ncolour: green\n```\n")
