# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placeholders in the texts of a gate, and paths into JSON."""

from __future__ import annotations

import re

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import (
    Access,
    Gate,
    Http,
    JobRun,
    Pods,
    Prometheus,
    Source,
    asking_seconds,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.json_path import at_path, parts_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.placeholders import (
    NAMES,
    compares,
    filled,
    needed,
    one_of,
    with_values,
)

VALUES = {name: f"the-{name}" for name in NAMES}


def test_each_placeholder_is_filled_in_and_a_dollar_can_be_written() -> None:
    text = " ".join(f"${name}" for name in NAMES)
    assert filled(f"{text} $$ ${{name}}s", VALUES, "query") == f"{' '.join(VALUES.values())} $ the-names"


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("$candidate_pod", VALUES, "query holds $candidate_pod, which is not known; there are $namespace, $name,"),
        ('{pod=~"web.*$"}', VALUES, "query holds a lone $; write $$ for a dollar, or one of $namespace"),
        ("$stable_hash", {}, "query holds $stable_hash, and there is none here: no other version than the present one has pods."),
        ("$namespace", {"namespace": ""}, "query holds $namespace, and there is none here."),
        (
            "$candidate_service",
            {},
            "none here: no Service leads to the new version alone, as before a switch only preview_service does; give prometheus.service,",
        ),
    ],
)
def test_what_is_unknown_or_empty_is_refused(text: str, values: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        filled(text, values, "query")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (Prometheus("http://p", "$name", baseline="$stable_pods", samples="$namespace"), {"name", "stable_pods", "namespace"}),
        (Http("http://$name", body="$candidate_hash"), {"name", "candidate_hash"}),
        (JobRun("x", env={"TARGET": "$name"}), {"name"}),
        (Pods(), set()),
    ],
)
def test_all_texts_of_a_source_are_filled_in(source: Source, names: set[str]) -> None:
    gate = Gate("errors", source)
    assert needed(gate) == names
    new = with_values(gate, VALUES)
    assert not needed(new)
    assert all(f"the-{name}" in str(new.source) for name in names)


def test_a_query_that_nobody_has_written_is_named_by_its_metric() -> None:
    gate = Gate("errors", Prometheus("http://p", "$namespace", baseline="$stable_service", metric="error_ratio of traefik"))
    with pytest.raises(InputError, match=re.escape("baseline (error_ratio of traefik) holds $stable_service, and there is none here")):
        with_values(gate, {"namespace": "shop"})


def test_names_of_pods_become_an_expression_that_fits_them_alone() -> None:
    assert one_of(["web-1", "a.b"]) == "a[.]b|web-1"
    assert one_of([]) == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", {"a": {"b": [1, {"c d": True}]}}),
        ("$.a.b[0]", 1),
        ('$.a.b[1]["c d"]', True),
        ("$.a['b'][1]", {"c d": True}),
        ("$.a.b[7]", None),
        ("$.a.b.c", None),
        ("$.a[0]", None),
        ("$.x.y", None),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: object) -> None:
    assert at_path({"a": {"b": [1, {"c d": True}]}}, parts_of(path, "json")) == value


@pytest.mark.parametrize("path", ["", "a.b", "$.", "$..a", "$.a[x]", "$.a[*]", "$a"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="json must be a path such as"):
        parts_of(path, "json")


@pytest.mark.parametrize(("query", "does"), [("$stable_hash", True), ("$candidate_pods $stable_pods", True), ("$candidate_pods", False)])
def test_a_gate_compares_where_its_texts_speak_of_the_version_before(query: str, does: bool) -> None:
    assert compares(Gate("errors", Prometheus("http://p", query))) is does


@pytest.mark.parametrize(
    ("source", "seconds"),
    [
        (Prometheus("http://p", "a", access=Access(timeout=3)), 3),
        (Prometheus("http://p", "a", baseline="b", samples="c", access=Access(timeout=3)), 9),
        (Http("http://p", access=Access(timeout=3)), 3),
        (JobRun("x", seconds=300), 330),
        (Pods(), 0),
    ],
)
def test_a_question_has_a_longest_time(source: Source, seconds: float) -> None:
    assert asking_seconds(source) == seconds
