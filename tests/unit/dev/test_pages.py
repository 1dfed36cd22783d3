# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made from something else: it is as it is made, and a change by hand is found."""

from __future__ import annotations

import pytest
import yaml

from tests.dev import pages, results


@pytest.mark.parametrize("maker", pages.MAKERS, ids=lambda maker: maker.__module__)
def test_what_is_made_is_there_as_it_is_made(maker):
    assert [line for path, wanted in maker().items() for line in pages.different(path, wanted)] == []


def test_each_file_that_is_made_is_made_by_one(tmp_path):
    made = [path for maker in pages.MAKERS for path in maker() if maker is not results.pages]
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
    assert list(made) == ["msg", "plan_hash", "rollouts", "configs", "verify", "diff"]
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
