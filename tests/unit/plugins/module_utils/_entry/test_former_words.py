# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that 0.1.0 took by other words."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.former_words import FORMER, in_todays_words


@pytest.mark.parametrize(("option", "former", "today"), [(option, *pair) for option, words in FORMER.items() for pair in words.items()])
def test_a_former_word_works_and_is_told_of(option: str, former: str, today: str) -> None:
    found, told = in_todays_words({option: former, "name": "web"})
    assert found == {option: today, "name": "web"}
    assert told == (f"{option}: {former} is called {option}: {today} now.",)


def test_of_todays_words_nothing_is_said() -> None:
    given = {"on_failure": "hold", "repair": "all", "name": "web"}
    assert in_todays_words(given) == (given, ())
    assert in_todays_words({"on_failure": None}) == ({"on_failure": None}, ())


def test_each_former_word_is_a_choice_where_its_option_is() -> None:
    for option, words in FORMER.items():
        modules = [arguments.spec[option]["choices"] for arguments in ARGUMENTS.values() if option in arguments.spec]
        assert any(set(words) <= set(choices) for choices in modules)
        assert all(set(words.values()) <= set(choices) for choices in modules)
