# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mutations fit the product as it is, and tests/README.md shows them; whether they are caught tells ./dev test mutations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.page import PAGE, parts, wanted
from tests.mutations.table import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_changes_one_place_into_other_code(mutation: Mutation) -> None:
    text = (ROOT / mutation.path).read_text("utf-8")
    assert text.count(mutation.old) == 1
    compile(text.replace(mutation.old, mutation.new), mutation.path, "exec")
    for test in mutation.tests:
        path, _colons, name = test.partition("::")
        assert not name or f"def {name.partition('[')[0]}(" in (ROOT / path).read_text("utf-8")


def test_each_has_a_name_of_its_own_and_all_layers_are_there() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names)
    assert {mutation.file.partition("/")[0] for mutation in MUTATIONS} >= {"_domain", "_engine", "_kube", "_strategies"}


def test_the_page_shows_the_table() -> None:
    assert parts(PAGE.read_text("utf-8"))[1] == wanted(), "write it by: ./dev docs"
