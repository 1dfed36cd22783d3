# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting requests, judging them, and reading what the user wants."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import (
    OK,
    Allowance,
    PodProbe,
    Reply,
    Tally,
    Verification,
    allowance_of,
    checked_url,
    loss,
    shown_url,
    statuses_of,
)
from hypothesis import given
from hypothesis import strategies as st

replies = st.builds(
    Reply,
    at=st.floats(0, 1000),
    seconds=st.floats(0, 10),
    outcome=st.sampled_from([OK, OK, "refused", "status 503", "timeout"]),
)


def counted(*found: Reply) -> Tally:
    tally = Tally()
    for reply in found:
        tally = tally.after(reply)
    return tally


def answers(good: int, bad: int) -> Tally:
    return counted(*[Reply(number, 0.1, OK) for number in range(good)], *[Reply(number, 0.1, "refused") for number in range(bad)])


@given(st.lists(replies, max_size=60))
def test_numbers_add_up_and_memory_is_bounded(found: list[Reply]) -> None:
    tally = counted(*found)
    assert tally.requests == len(found) == sum(tally.outcomes.values())
    assert tally.failed == sum(reply.failed for reply in found)
    assert len(tally.failures) == min(3, tally.failed)
    assert tally.slowest == max((reply.seconds for reply in found), default=0.0)
    if tally.failed:
        assert tally.failures[0].at == min(reply.at for reply in found if reply.failed)


@given(st.lists(replies, max_size=60), st.integers(0, 60))
def test_what_exceeds_a_count_exceeds_it_for_ever(found: list[Reply], count: int) -> None:
    exceeded = [Allowance(count).is_exceeded(counted(*found[:number])) for number in range(len(found) + 1)]
    assert exceeded == sorted(exceeded)
    assert exceeded[-1] == (sum(reply.failed for reply in found) > count)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_the_longest_gap_is_the_longest_time_between_two_good_answers(times: list[float]) -> None:
    tally = counted(*[Reply(at, 0.0, OK) for at in sorted(times)])
    moments = [0.0, *sorted(times), 200.0]
    assert tally.longest_gap(200.0) == max(later - earlier for earlier, later in itertools.pairwise(moments))


def test_answers_that_come_late_do_not_shorten_a_gap() -> None:
    tally = counted(Reply(1, 0, OK), Reply(5, 0, OK), Reply(0.5, 0.1, OK), Reply(6, 0, "refused"))
    assert tally.longest_gap(5) == 4
    assert tally.longest_gap(12) == 7


@pytest.mark.parametrize(
    ("good", "bad", "allowed", "final", "exceeded"),
    [
        (0, 0, "0", True, False),
        (9, 1, "0", False, True),
        (9, 1, "1", True, False),
        (9, 2, "1", False, True),
        # 1 %: nothing is said before the hundredth request.
        (98, 1, "1%", False, False),
        (98, 1, "1%", True, True),
        (99, 1, "1%", False, False),
        (98, 2, "1%", False, True),
        (0, 1, "100%", True, False),
        (0, 3, "0%", False, True),
    ],
)
def test_too_much_is_more_than_may(good: int, bad: int, allowed: str, final: bool, exceeded: bool) -> None:
    assert allowance_of(allowed).is_exceeded(answers(good, bad), final=final) is exceeded


@pytest.mark.parametrize(
    ("text", "words"), [("0", "none may"), ("3", "3 may"), (" 0.5% ", "0.5% may"), ("5 %", "5% may"), ("0%", "none may")]
)
def test_what_may_fail_is_a_count_or_a_share(text: str, words: str) -> None:
    assert str(allowance_of(text)) == words


@pytest.mark.parametrize("text", ["", "-1", "0.5", "101%", "some", "%", "1e3", "nan%", "٣"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"verify\.max_failed must be"):
        allowance_of(text)


def test_the_sentence_has_counts_and_the_first_failure() -> None:
    tally = counted(Reply(7.24, 0, "status 503"), Reply(4.2, 0, "refused"), Reply(9, 0, "refused"), Reply(1, 1, OK))
    assert loss(tally, Allowance(1), "http://web/") == (
        "users lost requests: 3 of 4 to http://web/ failed (2 refused, 1 status 503), 1 may; the first one 4.2 s after the measurement "
        "began: refused"
    )
    assert Reply(0, 0, "tls", "self-signed certificate").words == "tls (self-signed certificate)"


@pytest.mark.parametrize(
    ("given", "accepted", "refused"),
    [
        (["200"], [200], [199, 201, 404]),
        (["2xx", "404"], [200, 299, 404], [300, 403]),
        (["200-399"], [200, 301, 399], [400]),
        (["200 - 204", "3XX"], [204, 399], [205]),
    ],
)
def test_statuses_are_numbers_ranges_and_classes(given: list[str], accepted: list[int], refused: list[int]) -> None:
    wanted = Verification("http://web/", status=statuses_of(given))
    assert all(wanted.accepts(status) for status in accepted)
    assert not any(wanted.accepts(status) for status in refused)


@pytest.mark.parametrize("given", [[], ["600"], ["20"], ["399-200"], ["ok"], ["2x"], ["2000"], ["200,201"]])
def test_other_statuses_are_refused(given: list[str]) -> None:
    with pytest.raises(InputError, match=r"verify\.status"):
        statuses_of(given)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://web/",
        "web/",
        "http://",
        "http:///path",
        "http://web:0/",
        "http://web:99999/",
        "http://web:port/",
        "http://[::1/",
        "http://we b/",
        "http://web/\n",
        "http://web/\tx",
        "http://web\\evil/",
        "http://wéb/",
        "http://walter:secret-word@web/",
        "https://secret-word@web/",
    ],
)
def test_what_is_no_address_or_holds_a_password_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_url(url, "verify.url")
    assert "verify.url" in refused.value.message
    assert "secret-word" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example:8443/a/b?token=secret#part", "https://shop.example:8443/a/b?..."),
        ("http://web/", "http://web/"),
        ("http://walter:secret@web/x", "http://web/x"),
        ("http://[::1", "..."),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize("url", ["http://web/", "https://127.0.0.1:8443/a?b=c", "http://[::1]:80/"])
def test_addresses_are_taken_as_they_are(url: str) -> None:
    assert checked_url(url, "verify.url") == url


@pytest.mark.parametrize(("timeout", "interval", "most"), [(5, 0.1, 50), (5, 0.01, 64), (0.1, 1, 1), (2, 0.3, 7)])
def test_as_many_are_on_their_way_as_begin_in_the_time_of_one(timeout: float, interval: float, most: int) -> None:
    assert Verification("http://web/", timeout=timeout, interval=interval).at_once == most


def test_requests_come_from_here_or_from_a_pod() -> None:
    assert Verification("http://web/").origin == "controller"
    assert Verification("http://web/", pod=PodProbe("image", "shop")).origin == "job"
