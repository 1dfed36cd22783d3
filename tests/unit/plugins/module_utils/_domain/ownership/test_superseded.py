# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run wrote into a template, and whether it still stands there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.owners import PATCH_MANAGER
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.superseded import (
    NOTHING_WANTED,
    Wanted,
    by_change,
    by_manifest,
    by_restart,
    by_template,
    sentence,
    values_of,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import ShortChange

WEB = Ref("Deployment", "shop", "web")
MARK = "kubectl.kubernetes.io/restartedAt"


def template(web: str = "1", side: str = "1", *, env: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    variables = [{"name": name, "value": value} for name, value in (env or {}).items()]
    ports = [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]
    first = {"name": "web", "image": f"web:{web}", "ports": ports, "command": ["run", "it"], **({"env": variables} if variables else {})}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [first, {"name": "side", "image": f"side:{side}"}], **spec}}


def live(made: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": made}}


def restarted(at: str | None, **how: Any) -> dict[str, Any]:
    made = template(**how)
    return made if at is None else {**made, "metadata": {**made["metadata"], "annotations": {MARK: at, "note": "kept"}}}


def spelled(wanted: Wanted, now: dict[str, Any]) -> list[str]:
    return [".".join(place) for place in wanted.lost(now)]


def test_values_stand_at_places_that_do_not_depend_on_the_order_of_lists() -> None:
    found = values_of(template(env={"A": "a"}))
    assert found["spec", "containers", "web", "env", "A", "value"] == "a"
    assert found["spec", "containers", "web", "ports", "80/TCP", "containerPort"] == 80
    assert found["spec", "containers", "web", "command"] == ["run", "it"]
    turned = template(env={"A": "a"})
    turned["spec"]["containers"].reverse()
    assert values_of(turned) == found


def test_a_list_of_which_two_items_are_called_alike_is_one_value() -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    assert values_of({"spec": {"env": twice}}) == {("spec", "env"): twice}


SHORT = ShortChange(image={"web": "web:2"}, env={"A": "new", "B": None}, container="web")
BEFORE, AFTER = live(template(env={"A": "old", "B": "b"})), live(template("2", env={"A": "new"}))


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (template("2", env={"A": "new"}), []),
        (template("2", "9", env={"A": "new"}), []),
        (template("2", env={"A": "new", "C": "c"}, dnsPolicy="Default"), []),
        (template("3", env={"A": "new"}), ["spec.containers.web.image"]),
        (template("2", env={"A": "else"}), ["spec.containers.web.env.A"]),
        (template("2", env={"A": "new", "B": "b"}), ["spec.containers.web.env.B"]),
        (
            template("1", env={"A": "old", "B": "b"}),
            ["spec.containers.web.image", "spec.containers.web.env.A", "spec.containers.web.env.B"],
        ),
    ],
)
@pytest.mark.parametrize("before", [BEFORE, AFTER], ids=["changed", "there already"])
def test_of_a_short_change_the_images_and_variables_that_it_names_must_stay(before: Any, now: Any, lost: list[str]) -> None:
    found = {place.removesuffix(".name").removesuffix(".value") for place in spelled(by_change(SHORT, before, AFTER), now)}
    assert found == set(lost)


def test_the_image_of_the_only_container_needs_no_name() -> None:
    alone = {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}
    wanted = by_change(ShortChange(image="web:2"), live(alone), live(alone))
    assert dict(wanted.values) == {("spec", "containers", "web", "image"): "web:2"}
    assert by_change(ShortChange(), live(alone), live(alone)) == NOTHING_WANTED


def test_of_a_definition_all_that_it_names_must_stay_and_all_that_it_has_changed() -> None:
    named = template("2", env={"A": "a"})
    del named["spec"]["containers"][1]
    before, after = live(template("1", hostname="gone")), live(template("2", env={"A": "a"}, dnsPolicy="ClusterFirst"))
    wanted = by_manifest({"spec": {"template": named}}, before, after)
    assert spelled(wanted, after["spec"]["template"]) == []
    assert spelled(wanted, template("2", "9", env={"A": "a"}, dnsPolicy="ClusterFirst")) == [], "the definition does not name that one"
    assert spelled(wanted, template("2", env={"A": "b"}, dnsPolicy="ClusterFirst")) == ["spec.containers.web.env.A.value"]
    assert spelled(wanted, template("2", env={"A": "a"}, dnsPolicy="ClusterFirst", hostname="gone")) == ["spec.hostname"]
    new = by_manifest({"spec": {"template": named}}, None, after)
    assert spelled(new, template("2", "9", env={"A": "a"})) == [], "what nobody names in a new workload is a default"


def test_a_value_that_becomes_a_map_is_no_value_that_is_gone() -> None:
    before, after = live(template(securityContext={})), live(template(securityContext={"runAsUser": 1}))
    assert spelled(by_template(before, after), after["spec"]["template"]) == []


def test_of_an_undo_what_it_has_changed_must_stay_else_the_whole_template() -> None:
    wanted = by_template(live(template("2")), live(template("1")))
    assert spelled(wanted, template("1", "9")) == []
    assert spelled(wanted, template("2")) == ["spec.containers.web.image"]
    whole = by_template(live(template("1")), live(template("1")))
    assert spelled(whole, template("1", "9")) == ["spec.containers.side.image"]


@pytest.mark.parametrize("wanted", [by_template(live(restarted("2026-01-01T10:00:00Z")), live(template("2")))])
def test_a_restart_supersedes_no_template(wanted: Wanted) -> None:
    assert spelled(wanted, restarted("2026-01-01T11:00:00Z", web="2")) == ["metadata.annotations.note"]
    assert spelled(wanted, template("2")) == []


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (restarted("2026-01-01T10:00:00Z"), False),
        (restarted("2026-01-01T10:00:00Z", web="9"), False),
        (restarted("2026-01-01T12:00:01+02:00"), False),
        (restarted("2026-01-01T11:00:00+02:00"), True),
        (restarted(None), True),
    ],
)
def test_of_a_restart_its_time_must_stay_or_a_later_one(now: dict[str, Any], lost: bool) -> None:
    wanted = by_restart(live(template()), live(restarted("2026-01-01T10:00:00Z")))
    assert bool(wanted.lost(now)) is lost


def test_a_restart_that_is_over_wants_nothing() -> None:
    assert by_restart(live(template()), live(template())) == NOTHING_WANTED


# --- the sentence -----------------------------------------------------------------------------------------------------------------


def owned(*entries: tuple[str, str, dict[str, Any]], now: dict[str, Any]) -> dict[str, Any]:
    fields = [
        {"manager": who, "operation": "Update", "time": time, "fieldsV1": {"f:spec": {"f:template": parts}}} for who, time, parts in entries
    ]
    return {**live(now), "metadata": {"managedFields": fields}}


def container(name: str, **parts: Any) -> dict[str, Any]:
    return {"f:spec": {"f:containers": {f'k:{{"name":"{name}"}}': {"f:" + key: value for key, value in parts.items()}}}}


IMAGE = Wanted({("spec", "containers", "web", "image"): "web:2"})


def told(wanted: Wanted, obj: dict[str, Any]) -> str:
    return sentence(WEB, wanted.lost(obj["spec"]["template"]), wanted, obj)


def test_the_sentence_names_the_image_and_who_set_it() -> None:
    obj = owned(
        ("kubectl-edit", "2026-01-01T10:00:09Z", container("side", image={})),
        ("kubectl-set", "2026-01-01T10:00:00Z", container("web", image={})),
        now=template("3"),
    )
    assert told(IMAGE, obj) == (
        "Deployment shop/web was given another template while this task was on its way (by kubectl-set): the image of container web is "
        "web:3 and not web:2 any more. So what this task has written is not what runs; look at who did that, and run the task again if it "
        "shall be so."
    )


def test_another_run_of_ours_is_called_that() -> None:
    obj = owned((PATCH_MANAGER, "2026-01-01T10:00:00Z", container("web", image={})), now=template("3"))
    assert "(by another run, as rollout.kubernetes-patch)" in told(IMAGE, obj)


def test_values_other_than_images_are_not_shown() -> None:
    wanted = Wanted({("spec", "containers", "web", "env", "TOKEN", "value"): "secret", ("spec", "hostname"): "old"})
    obj = owned(
        ("kubectl-patch", "2026-01-01T10:00:00Z", container("web", env={'k:{"name":"TOKEN"}': {"f:value": {}}})),
        ("kubectl-edit", "2026-01-01T10:00:01Z", {"f:spec": {"f:hostname": {}}}),
        now=template(env={"TOKEN": "hidden"}, hostname="new"),
    )
    found = told(wanted, obj)
    assert "the variable TOKEN of container web was changed and spec.template.spec.hostname was changed" in found
    assert "(by kubectl-edit, kubectl-patch)" in found
    assert "secret" not in found
    assert "hidden" not in found


def test_of_what_is_gone_who_wrote_to_the_template_last_is_named() -> None:
    wanted = Wanted({("spec", "containers", "other", "image"): "x:1", ("spec", "containers", "other", "command"): ["x"]})
    obj = owned(("kubectl-edit", "2026-01-01T10:00:00Z", container("web", image={})), now=template())
    found = told(wanted, obj)
    assert "the image of container other is gone" in found
    assert "(by kubectl-edit)" in found
    assert "(by" not in told(wanted, live(template()))


def test_a_variable_that_changed_its_form_is_named_once() -> None:
    wanted = by_template(live(template()), live(template(env={"A": "a"})))
    assert told(wanted, live(template())).count("the variable A of container web is gone") == 1


def test_many_changes_are_counted() -> None:
    wanted = Wanted({("spec", name): "x" for name in "abcde"})
    assert "spec.template.spec.c is gone and 2 more" in told(wanted, live(template()))


def test_an_image_that_was_to_be_nowhere_and_the_mark_of_a_restart_have_words() -> None:
    wanted = Wanted({("spec", "initContainers", "init", "image"): None})
    now = template(initContainers=[{"name": "init", "image": "init:1"}])
    assert "the image of container init is init:1." in told(wanted, live(now))
    assert "the annotation of the restart is gone" in told(Wanted(restarted="2026-01-01T10:00:00Z"), live(template()))


def test_a_map_that_is_owned_as_one_value_counts_for_what_is_in_it() -> None:
    wanted = Wanted({("spec", "containers", "web", "ports", "80/TCP", "hostPort"): 80, ("spec", "nodeSelector", "a"): "b"})
    port = json.dumps({"containerPort": 80, "protocol": "TCP"})
    now = template(nodeSelector={"a": "c"})
    now["spec"]["containers"][0]["ports"][0]["hostPort"] = 81
    obj = owned(
        ("one", "2026-01-01T10:00:00Z", {"f:spec": {"f:nodeSelector": {}}}),
        ("two", "2026-01-01T10:00:00Z", container("web", ports={f"k:{port}": {"f:hostPort": {}}})),
        now=now,
    )
    assert "(by one, two)" in told(wanted, obj)
