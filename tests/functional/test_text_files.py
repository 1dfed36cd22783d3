# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that Ansible finds, opens and renders for a task: each is told by its name when it cannot be read, whichever way it goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

CONFIG = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "NAME"}, "data": {"text": "ü 🚀 & 10:30"}}'
WRONG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [}\n"
TASKS: tuple[tuple[str, str, dict[str, Any], tuple[str, ...]], ...] = (
    ("src-wrong", "rolling", {"src": "wrong.yml"}, ("wrong.yml", "line 3, column 19")),
    ("src-latin", "rolling", {"src": "latin.yml"}, ("latin.yml", "line 2, column 5", "UTF-8")),
    ("src-helm", "rolling", {"src": "helm.yml"}, ("helm.yml", "helm template")),
    ("src-jinja", "rolling", {"src": "web.yml.j2"}, ("web.yml.j2", "Jinja", "template")),
    ("src-kustomize", "blue_green", {"src": "kustomization.yaml"}, ("kustomization.yaml", "kubectl kustomize")),
    ("src-compose", "preflight_info", {"src": "compose.yml"}, ("compose.yml", "Compose")),
    ("src-vaulted", "rolling", {"src": "vaulted.yml"}, ("vaulted.yml", "line 3, column 19")),
    ("template-wrong", "rolling", {"template": "wrong.yml"}, ("template wrong.yml", "line 3, column 19")),
    ("template-second", "recreate", {"template": ["good.yml", "wrong.yml"]}, ("template wrong.yml", "line 3, column 19")),
    ("template-undefined", "rolling", {"template": "web.yml.j2"}, ("template web.yml.j2", "nobody_knows_it")),
    ("template-syntax", "rolling", {"template": "syntax.yml.j2"}, ("template syntax.yml.j2",)),
    ("template-latin", "rolling", {"template": "latin.yml"}, ("template latin.yml", "line 2, column 5")),
    ("template-empty", "rolling", {"template": "empty.yml"}, ("template empty.yml", "no manifest")),
    ("template-folder", "rolling", {"template": "folder"}, ("folder",)),
    ("config-wrong", "versioned_config", {"src": "wrong.yml"}, ("wrong.yml", "line 3, column 19")),
    ("config-template", "versioned_config", {"template": "wrong.yml"}, ("wrong.yml", "line 3, column 19")),
    (
        "entry-wrong",
        "rolling",
        {"name": "web", "image": "registry.example/web:2", "config": [{"src": "wrong.yml"}]},
        ("config 1", "wrong.yml", "line 3, column 19"),
    ),
)
ON_THE_CONTROLLER = ("src-vaulted", "template-", "config-template")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Files beside the playbook."""
    texts = {
        "wrong.yml": WRONG,
        "helm.yml": "a:\n  {{- if .Values.x }}\n  b: 1\n  {{- end }}\n",
        "web.yml.j2": "kind: {{ nobody_knows_it }}\n",
        "syntax.yml.j2": "{% if %}\n",
        "kustomization.yaml": "resources: [web.yml]\n",
        "compose.yml": "services: {web: {image: nginx}}\n",
        "empty.yml": "# nothing\n",
        "good.yml": CONFIG.replace("NAME", "good"),
        "vaulted.yml": VaultLib([("default", VaultSecret(b"open sesame"))]).encrypt(WRONG).decode(),
        "vault-password": "open sesame\n",
        "folder/web.yml": CONFIG,
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "latin.yml").write_bytes("a: 1\nb: für\n".encode("latin-1"))
    return tmp_path


@pytest.mark.parametrize("way", ["process", "module"])
def test_what_cannot_be_read_is_told_by_its_name_and_place(ansible, namespace, files, way):
    wanted = [task for task in TASKS if way == "process" or task[0].startswith(ON_THE_CONTROLLER[1:])]
    tasks = [
        {"name": name, f"rollout.kubernetes.{module}": {"namespace": namespace, **options}, "ignore_errors": True}
        for name, module, options, _words in wanted
    ]
    play = ansible(tasks, way=way, arguments=["--vault-password-file", str(files / "vault-password")])
    assert [result.task for result in play.results] == [task[0] for task in wanted], play.stdout + play.stderr
    for (name, _module, _options, words), result in zip(wanted, play.results, strict=True):
        assert result.failed, name
        for word in words:
            assert word in result.msg, (name, result.msg)
        assert "\n" not in result.msg.strip(), (name, result.msg)
        assert "rollouts" in result.data, (name, json.dumps(result.data))


def test_files_of_each_encoding_and_dates_of_ansible_are_written(ansible, namespace, files, deployment, get):
    for encoding in ("utf-8-sig", "utf-16"):
        (files / f"{encoding}.yml").write_bytes(CONFIG.replace("NAME", encoding).encode(encoding))
    (files / "both.yml").write_text(f"{CONFIG.replace('NAME', 'one')}\n{CONFIG.replace('NAME', 'two')}\n", encoding="utf-8")
    (files / "web.json").write_text(json.dumps(deployment(replicas=0)))
    dated = deployment(replicas=0)
    templates = ["utf-8-sig.yml", "utf-16.yml", "both.yml", "empty.yml", "web.json"]
    book = (
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n"
        f"  - rollout.kubernetes.rolling: {{namespace: {namespace}, wait: false, template: {json.dumps(templates)}}}\n"
        f"  - rollout.kubernetes.rolling:\n      namespace: {namespace}\n      wait: false\n      definition:\n"
        f"      - apiVersion: v1\n        kind: ConfigMap\n        metadata:\n          name: dated\n"
        "          annotations: {released: 2024-05-01, 2024-05-02: at}\n"
        f"      - {json.dumps(dated)}\n"
    )
    (files / "book.yml").write_text(book)
    play = ansible(str(files / "book.yml"))
    assert not play.last.failed, play.last.msg
    assert {
        entry["metadata"]["name"]: entry["data"]["text"] for entry in get("configmap") if "data" in entry and "text" in entry["data"]
    } == dict.fromkeys(("utf-8-sig", "utf-16", "one", "two"), "ü 🚀 & 10:30")
    annotations = get("configmap", "dated")["metadata"]["annotations"]
    assert (annotations["released"], annotations["2024-05-02"]) == ("2024-05-01", "at")
