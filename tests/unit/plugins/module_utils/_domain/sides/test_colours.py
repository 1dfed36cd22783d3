# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The colours of a workload: their names, what tells their pods apart, their manifests, and the mistakes that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    at,
    replaced,
    texts,
    without,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.colours import (
    COLOUR,
    KEPT,
    base_of,
    check_manifest,
    colour_of,
    coloured,
    deployments_of,
    fingerprint,
    is_coloured,
    is_pinned,
    manifest_from,
    mark_of,
    missing_port,
    other,
    plain_manifest,
    with_template,
    workload_behind,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import CHANGE_CAUSE, Snapshot
from hypothesis import given
from hypothesis import strategies as st

from ..samples import NEW, OLD, replica_set, snapshot, template, with_metadata, workload

NAMES = st.sampled_from(["web", "web-blue", "web-green"])
LABELS = st.dictionaries(st.sampled_from(["tier", "team"]), st.sampled_from(["front", "back"]))
SERVICE = Ref("Service", "shop", "web")


def manifest(**spec: Any) -> JsonObject:
    """What somebody writes."""
    body = {"selector": {"matchLabels": {"app": "web"}}, "template": template(NEW), **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "web"}, "spec": body}


@pytest.mark.parametrize(
    ("live", "existing", "takes_over"),
    [
        pytest.param("", (), "web-blue", id="first"),
        pytest.param("web", ("web",), "web-green", id="adopted"),
        pytest.param("web-blue", ("web-blue", "web-green"), "web-green", id="blue"),
        pytest.param("web-green", ("web-blue", "web-green"), "web-blue", id="green"),
        pytest.param("web-green", ("web", "web-green"), "web", id="green beside an adopted one"),
        pytest.param("web-green", ("web", "web-blue", "web-green"), "web-blue", id="green beside all"),
        pytest.param("web-green", ("web-green",), "web-blue", id="green alone"),
    ],
)
def test_the_other_colour_takes_over(live: str, existing: tuple[str, ...], takes_over: str) -> None:
    assert other("web", live, existing) == takes_over
    assert takes_over in deployments_of("web")
    if live:
        assert colour_of("web", takes_over) != colour_of("web", live)


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        pytest.param(Snapshot(None), {}, id="missing"),
        pytest.param(snapshot(workload()), {}, id="no ReplicaSet yet"),
        pytest.param(snapshot(workload(), [replica_set(1), replica_set(2, NEW)]), {"pod-template-hash": "h2"}, id="hash"),
        pytest.param(
            snapshot(workload(spec={"template": {"metadata": {"labels": {"app": "web", COLOUR: "green"}}}})), {COLOUR: "green"}, id="colour"
        ),
    ],
)
def test_the_pods_of_a_template_are_told_apart_by_their_colour_or_hash(found: Snapshot, mark: dict[str, str]) -> None:
    assert mark_of(found) == mark
    assert is_pinned(mark) is ("pod-template-hash" in mark)
    assert base_of({"app": "web", **mark}) == {"app": "web"}


@given(NAMES, LABELS, st.none() | st.integers(0, 20))
def test_the_fingerprint_does_not_depend_on_the_colour(name: str, labels: dict[str, str], kept: int | None) -> None:
    spec = {"revisionHistoryLimit": kept} if kept is not None else {}
    plain = replaced(manifest(**spec), ("spec", "template", "metadata", "labels"), {"app": "web", **labels})
    its = at(coloured(plain, name), "spec", "template")
    assert isinstance(its, dict)
    assert is_coloured(its)
    assert fingerprint(its) == fingerprint(at(plain, "spec", "template"))  # type: ignore[arg-type]
    assert fingerprint(template(OLD)) != fingerprint(template(NEW))


@given(NAMES, LABELS, LABELS, st.none() | st.integers(0, 20))
def test_a_manifest_comes_back_from_a_live_colour(name: str, labels: dict[str, str], notes: dict[str, str], kept: int | None) -> None:
    spec = {"revisionHistoryLimit": kept} if kept is not None else {}
    metadata = {**({"labels": labels} if labels else {}), **({"annotations": notes} if notes else {})}
    written = with_metadata(manifest(replicas=3, **spec), **metadata)
    live = coloured(written, name)
    assert at(live, "metadata", "name") == name
    assert at(live, "metadata", "labels", COLOUR) == colour_of("web", name)
    assert (COLOUR in texts(live, "spec", "selector", "matchLabels")) is (name != "web")
    shown = with_metadata(
        replaced(live, ("spec", "replicas"), 2), annotations={**notes, "deployment.kubernetes.io/revision": "4", CHANGE_CAUSE: "new"}
    )
    expected = replaced(replaced(written, ("spec", "replicas"), 2), ("spec", "revisionHistoryLimit"), max(KEPT, kept or 0))
    assert manifest_from({**shown, "status": {"replicas": 3}}, "web") == expected


def test_a_live_deployment_gives_its_manifest_without_what_is_not_the_users() -> None:
    live = replaced(workload(), ("spec", "paused"), True)
    live = replaced(live, ("spec", "template", "metadata", "labels", "pod-template-hash"), "h1")
    assert manifest_from(live, "web") == manifest()


def test_what_leaves_the_colours_is_as_it_was_written() -> None:
    assert plain_manifest(manifest(replicas=3, paused=False)) == manifest(revisionHistoryLimit=KEPT)


def test_another_template_has_no_colour_whatever_it_had() -> None:
    other_template = template(OLD, **{COLOUR: "blue"})
    assert with_template(manifest(), other_template) == manifest(template=template(OLD))


# --- mistakes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        pytest.param(
            manifest(selector={"matchLabels": {"app": "web", COLOUR: "blue"}}),
            f"Deployment shop/web has the label {COLOUR} in spec.selector.matchLabels, which blue/green sets by itself; leave it out.",
            id="colour in the selector",
        ),
        pytest.param(
            manifest(template=template(NEW, **{COLOUR: "blue"})),
            f"Deployment shop/web has the label {COLOUR} in spec.template.metadata.labels, which blue/green sets by itself; leave it out.",
            id="colour in the template",
        ),
        pytest.param(
            manifest(selector={"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier"}, {"key": COLOUR}]}),
            f"Deployment shop/web selects by {COLOUR}, so that it could not take a colour; leave that expression out.",
            id="expression",
        ),
        pytest.param(
            manifest(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
            "Deployment shop/web has no spec.selector.matchLabels, so that it could not take a colour; give it labels there.",
            id="no labels",
        ),
        pytest.param(
            manifest(selector={"matchLabels": {"app": "web", "tier": "front"}}),
            "Deployment shop/web selects pods by tier=front, which its template's labels lack; add it to them.",
            id="not its own pods",
        ),
        pytest.param(
            manifest(paused=True),
            "Deployment shop/web is paused in its manifest, so nothing would be rolled out; take paused out.",
            id="paused",
        ),
    ],
)
def test_a_manifest_that_can_have_no_colours_is_refused(wrong: JsonObject, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        check_manifest(wrong)
    assert raised.value.message == sentence


def test_a_manifest_as_people_write_it_is_accepted() -> None:
    check_manifest(manifest(replicas=2, paused=False))


TEMPLATES: dict[str, JsonObject] = {
    name: {"metadata": {"labels": {"app": name, "team": "shop"}}, "spec": {"containers": []}} for name in ("web", "api")
}


def test_a_service_belongs_to_the_workload_whose_pods_it_picks() -> None:
    assert workload_behind(SERVICE, {"app": "api"}, TEMPLATES) == "api"


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        pytest.param(
            {"team": "shop"},
            "Service shop/web selects the pods of api and web alike by team=shop; give it a label that only one of them has.",
            id="several",
        ),
        pytest.param(
            {},
            "Service shop/web has no selector, so it leads to no pods of Deployment api, Deployment web; give it one, or name another "
            "Service.",
            id="no selector",
        ),
        pytest.param(
            {"app": "db"},
            "Service shop/web selects app=db, which the template's labels of Deployment api, Deployment web do not have; correct its "
            "selector, or name another Service.",
            id="none",
        ),
    ],
)
def test_a_service_that_leads_nowhere_is_refused(base: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        workload_behind(SERVICE, base, TEMPLATES)
    assert raised.value.message == sentence


def test_a_port_that_pods_do_not_have_is_found() -> None:
    ports: JsonValue = [{"name": "http", "containerPort": 80}]
    named: JsonObject = {
        "spec": {"containers": [{"name": "app", "ports": ports}], "initContainers": [{"name": "proxy", "ports": [{"name": "tls"}]}]}
    }
    assert missing_port({"http", "tls"}, named) == ""
    assert missing_port({"http", "metrics", "admin"}, named) == "admin"
    assert missing_port((), without(named, "spec")) == ""
