# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of the preflight: what is known, and remedies as YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery, removal, yaml_lines
from hypothesis import given
from hypothesis import strategies as st

from .manifests import service

TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["true", "No", "null", "1.0", "1e3", "100m", "128Mi", "a: b", "- a", "nginx:1.28", "a:", "0x1"]
)
SCALARS = TEXTS | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8)


@given(key=TEXTS, value=VALUES)
def test_lines_are_yaml_that_says_the_same(key: str, value: Any) -> None:
    assert yaml.safe_load(yaml_lines(key, value)) == {key: value}


@given(value=VALUES)
def test_what_is_to_be_taken_away_is_a_comment(value: Any) -> None:
    lines = removal("field", value).splitlines()
    assert lines[0] == "# take away:"
    assert yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines[1:])) == {"field": value}


def test_lines_look_as_people_write_them() -> None:
    value: dict[str, Any] = {"httpGet": {"path": "/", "port": "http"}, "words": ["yes", "sh", {"a": 1, "b": []}], "image": "nginx:1.28"}
    assert yaml_lines("probe", value) == (
        'probe:\n  httpGet:\n    path: "/"\n    port: http\n  words:\n    - "yes"\n    - sh\n    - a: 1\n      b: []\n  image: nginx:1.28'
    )


@pytest.mark.parametrize(
    ("live", "looked_at", "names"),
    [
        pytest.param({}, False, ["web"], id="not looked at"),
        pytest.param({"Service": ()}, True, ["web"], id="there are none"),
        pytest.param({"Service": ({**service("api"), "kind": None},)}, True, ["web", "api"], id="lists need not name the kind"),
        pytest.param({"Service": (service("web", selector={}), service("api"))}, True, ["web", "api"], id="one is replaced"),
        pytest.param(
            {"Service": ({**service(), "metadata": {"namespace": "other", "name": "web"}},)},
            True,
            ["web", "web"],
            id="of another namespace",
        ),
    ],
)
def test_the_definition_replaces_what_is_live(live: dict[str, Any], looked_at: bool, names: list[str]) -> None:
    scenery = Scenery((service(), {"kind": "ConfigMap"}), live)
    assert scenery.looked_at("Service") == looked_at
    assert [obj["metadata"]["name"] for obj in scenery.known("Service")] == names  # type: ignore[index,call-overload]
    assert all(obj["kind"] == "Service" for obj in scenery.known("Service"))
    assert scenery.known("Service")[0] == service()


def test_a_manifest_without_a_namespace_is_where_the_others_are() -> None:
    bare = {**service(), "metadata": {"name": "web"}}
    assert Scenery((bare,), {"Service": (service(),)}).known("Service") == (bare,)
