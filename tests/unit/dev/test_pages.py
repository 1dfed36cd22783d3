# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made from something else: it is as it is made, and a change by hand is found."""

from __future__ import annotations

import pytest
import yaml

from tests.dev import pages, results, rights, roles


@pytest.mark.parametrize("maker", pages.MAKERS, ids=lambda maker: maker.__module__)
def test_what_is_made_is_there_as_it_is_made(maker):
    assert [line for path, wanted in maker().items() for line in pages.different(path, wanted)] == []


def test_each_file_is_made_by_one():
    made = [path for maker in pages.MAKERS for path in maker()]
    assert len(made) == len(set(made))


def test_a_change_by_hand_is_shown_with_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    monkeypatch.setattr(pages, "MAKERS", (lambda: {page: "one\ntwo\n"},))
    assert pages.main(["--check"]) == 1
    assert pages.main([]) == 0
    assert pages.main(["--check"]) == 0
    page.write_text("one\n2\n")
    capsys.readouterr()
    assert pages.main(["--check"]) == 1
    assert capsys.readouterr().out.startswith("page.md is not what ./dev docs writes. Change what it is made from")
    assert page.read_text() == "one\n2\n"


def test_a_module_says_of_results_what_the_source_has_and_no_more():
    told, words = results.source(), results.texts()
    made = yaml.safe_load(results.block("partition", told, words))
    assert list(made) == ["msg", "gates", "plan_hash", "rollouts", "configs", "verify", "diff"]
    assert made["rollouts"]["contains"]["steps"]["description"] == told["otherwise"]["partition"]["steps"]["description"]
    kind = {key: value for key, value in told["entry"]["kind"].items() if key != results.ONLY_FOR_THE_SCHEMA}
    assert made["rollouts"]["contains"]["kind"] == kind


def test_a_module_of_which_the_source_says_nothing_is_named():
    with pytest.raises(ValueError, match="does not say what unheard returns"):
        results.keys("unheard", "result", results.source())


def test_a_key_that_is_described_nowhere_is_named():
    told = results.source()
    told["modules"]["wait"] = {"result": ["colour"]}
    with pytest.raises(ValueError, match="wait returns what is described nowhere: colour"):
        results.keys("wait", "result", told)


def test_a_role_says_first_what_the_option_of_its_module_says_then_what_is_special_here():
    options = {
        "kind": {"description": ["The kind.", "V(B) is rare.", "More."], "type": "str", "choices": ["A", "B"], "default": "A"},
        "src": {"description": ["A file, as O(kind) says, O(host) and O(other.module#module:kind).", "More."], "type": "path"},
    }
    about = {"module": "rolling", "options": {}}
    role = roles.Role("mine", about, options, {"src": "See O(MODULE:src)."})
    told = ["The kind. V(A) or V(B). The default is V(A).", "V(B) is rare."]
    assert role._passed("kind") == {"description": told, "type": "str", "default": ""}
    first = "A file, as O(mine_kind) says, O(rollout.kubernetes.rolling#module:host) and O(other.module#module:kind)."
    assert role._passed("src")["description"] == [first, "See O(rollout.kubernetes.rolling#module:src)."]


def test_a_table_is_put_in_the_place_of_the_one_that_is_there():
    page = f"before\n\n{roles.READ}\n|---|---|\n| `old` | old |\n\nafter\n"
    assert roles.with_table(page, roles.READ, ["| `new` | new |"]) == page.replace("old", "new")
    with pytest.raises(ValueError, match="no table"):
        roles.with_table("no page", roles.READ, [])


def test_rights_with_the_same_verbs_are_one_rule():
    found = yaml.safe_load("\n".join(rights.role("on_it", rights.together({"get list": ["a.x", "b.x", "c"]}, {"watch": ["b.x"]}))))
    assert found["metadata"]["name"] == "rollout-on-it"
    assert found["rules"] == [
        {"apiGroups": ["x"], "resources": ["a"], "verbs": ["get", "list"]},
        {"apiGroups": ["x"], "resources": ["b"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["c"], "verbs": ["get", "list"]},
    ]


def test_every_module_has_its_row_in_the_readme_and_its_role():
    modules = {path.stem for path in results.files()}
    assert set(rights.source()["modules"]) == modules == set(results.source()["modules"])
    assert modules <= set(rights.roles_of_page())
