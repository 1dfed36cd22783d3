# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surveys send: empty texts are not given, and mappings and lists may be texts, for every option of every module."""

from __future__ import annotations

import io
import json

import pytest
from ansible.module_utils import basic
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry import main
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.given import GUARDS, given

NAMED = "each with a name, such as [{name: web-config}]"
OPTIONS = [(module, name) for module, arguments in ARGUMENTS.items() for name in arguments.spec]


@pytest.mark.parametrize("nothing", ["", None])
def test_empty_texts_and_none_are_not_given(nothing):
    for module, name in OPTIONS:
        for spelled in (name, *ARGUMENTS[module].spec[name].get("aliases", ())) if name not in GUARDS else ():
            assert given(ARGUMENTS[module].spec, {spelled: nothing}) == {}, (module, spelled)


@pytest.mark.parametrize("value", [0, False, [], {}])
def test_zero_false_and_what_holds_nothing_are_values(value):
    for module, name in OPTIONS:
        assert given(ARGUMENTS[module].spec, {name: value}) == {name: value}, (module, name)


def test_an_empty_guard_is_kept_and_refused_where_it_is_read():
    assert given(ARGUMENTS["promote"].spec, {"expect": ""}) == {"expect": ""}
    assert given(ARGUMENTS["promote"].spec, {"expect": "- web-1\n- web-2"}) == {"expect": ["web-1", "web-2"]}


def test_what_is_no_option_stays():
    arguments = {"_ansible_tmpdir": None, "_ansible_check_mode": False, "nmae": ""}
    assert given(ARGUMENTS["rolling"].spec, arguments) == arguments


@pytest.mark.parametrize(
    ("module", "name", "text", "value"),
    [
        ("rolling", "env", "LEVEL: debug\nEMPTY: ''\nGONE: null", {"LEVEL": "debug", "EMPTY": "", "GONE": None}),
        ("rolling", "env", '{"LEVEL": "debug"}', {"LEVEL": "debug"}),
        ("rolling", "env", '{\n\t"LEVEL": "debug"\n}', {"LEVEL": "debug"}),
        ("rolling", "env", "LEVEL=debug OTHER=1", "LEVEL=debug OTHER=1"),
        ("rolling", "env", "SINCE: 2026-01-02", {"SINCE": "2026-01-02"}),
        ("rolling", "config", "- name: web-config\n  keep: 2", [{"name": "web-config", "keep": 2}]),
        ("rolling", "config", "[]", []),
        ("rolling", "verify", "{url: http://web, after: 3}", {"url": "http://web", "after": 3}),
        ("rolling", "image", "registry.example/web:1", "registry.example/web:1"),
        ("rolling", "image", "1.10", "1.10"),
        ("rolling", "image", "web: registry.example/web:1\nlog: registry.example/log:2", None),
        ("rolling", "image", '{"web": "registry.example/web:1"}', {"web": "registry.example/web:1"}),
        ("rolling", "template", "web.yml.j2", "web.yml.j2"),
        ("rolling", "template", "[web.yml.j2, db.yml.j2]", ["web.yml.j2", "db.yml.j2"]),
        ("rolling", "template", "- path: web.yml.j2\n  trim_blocks: false", [{"path": "web.yml.j2", "trim_blocks": False}]),
        ("rolling", "definition", "[not, ours]", "[not, ours]"),
        ("rolling", "kubeconfig", "{a: b}", "{a: b}"),
        ("rolling", "max_surge", "25%", "25%"),
        ("rolling", "wait_timeout", "300", "300"),
        ("partition", "steps", "[1, 50%]", [1, "50%"]),
        ("partition", "steps", "- 1\n- 50%", [1, "50%"]),
        ("partition", "steps", "one_by_one", "one_by_one"),
        ("partition", "ordinals", "[4, 2, 0]", [4, 2, 0]),
        ("partition", "ordinals", "4,2,0", "4,2,0"),
        ("on_delete", "order", "web-3", "web-3"),
        ("wait", "label_selectors", "app=web,!legacy", "app=web,!legacy"),
        ("wait", "label_selectors", "!legacy", "!legacy"),
        ("wait", "label_selectors", "- app in (web, db)", ["app in (web, db)"]),
        ("undo", "workloads", "- {name: web, namespace: ''}\n- {name: db, kind: StatefulSet}", None),
        ("versioned_config", "files", "[a.conf, b.conf]", ["a.conf", "b.conf"]),
        ("versioned_config", "files", "a.conf", "a.conf"),
        ("service_switch", "services", "[{name: web, selector: 'app: web'}]", [{"name": "web", "selector": {"app": "web"}}]),
    ],
)
def test_mappings_and_lists_may_be_texts(module, name, text, value):
    others = {
        "image": {"web": "registry.example/web:1", "log": "registry.example/log:2"},
        "workloads": [{"name": "web"}, {"name": "db", "kind": "StatefulSet"}],
    }
    assert given(ARGUMENTS[module].spec, {name: text}) == {name: others[name] if value is None else value}


@pytest.mark.parametrize("text", [" \n", "# Nothing yet", "null"])
def test_a_text_with_nothing_in_it_is_not_given(text):
    assert given(ARGUMENTS["rolling"].spec, {"env": text, "config": text}) == {}


def test_options_of_options_take_the_same():
    asked = {"config": [{"name": "web-config", "data": "a: b", "version": "", "keep": None, "definition": "a: b"}], "env": {"A": ""}}
    expected = {"config": [{"name": "web-config", "data": {"a": "b"}, "definition": "a: b"}], "env": {"A": ""}}
    assert given(ARGUMENTS["rolling"].spec, asked) == expected


@pytest.mark.parametrize(
    ("module", "name", "text", "said"),
    [
        ("rolling", "env", "A: [s3cret", "env is not valid YAML or JSON in line 1, column 11; write a mapping."),
        ("rolling", "env", "s3cret", "env must be a mapping, also where it is a text in YAML or JSON, not a text."),
        ("rolling", "env", "- s3cret", "env must be a mapping, also where it is a text in YAML or JSON, not a list."),
        ("undo", "workloads", "s3cret", "workloads must be a list of mappings, also where it is a text in YAML or JSON, not a text."),
        (
            "rolling",
            "config",
            "s3cret",
            f"config must be a list of mappings, {NAMED}, also where it is a text in YAML or JSON, not a text.",
        ),
        (
            "rolling",
            "config",
            "[{name: a, data: s3cret}]",
            "config[0].data must be a mapping, also where it is a text in YAML or JSON, not a text.",
        ),
        ("rolling", "image", "{web: s3cret", "image is not valid YAML or JSON in line 1, column 13; write a mapping or a list."),
        ("rolling", "verify", "!!python/name:s3cret {}", "verify is not valid YAML or JSON in line 1, column 1; write a mapping."),
        ("partition", "ordinals", "[s3cret", "ordinals is not valid YAML or JSON in line 1, column 8; write a list."),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_name_of_the_option(module, name, text, said):
    with pytest.raises(InputError) as refused:
        given(ARGUMENTS[module].spec, {name: text})
    assert refused.value.message == said
    assert "s3cret" not in said


def module_says(monkeypatch, capsys, arguments):
    """What the module `rolling` answers when it is run alone."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit):
        main.main("rolling")
    return json.loads(capsys.readouterr().out)


def test_a_module_alone_says_the_same(monkeypatch, capsys):
    refused = module_says(monkeypatch, capsys, {"name": "web", "env": "A: [s3cret"})
    assert refused["msg"] == "env is not valid YAML or JSON in line 1, column 11; write a mapping."
    assert refused["failed"]
    assert refused["rollouts"] == []
    assert "s3cret" not in json.dumps(refused)


def test_a_module_alone_takes_empty_texts_as_not_given(monkeypatch, capsys):
    arguments = {"name": "", "definition": "", "wait_timeout": "", "on_failure": None, "env": ""}
    assert "one of the following is required" in module_says(monkeypatch, capsys, arguments)["msg"]
