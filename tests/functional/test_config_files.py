# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of configuration: mistakes with them name the entry and the file, in both ways of running, and nothing is written."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from .configs import simply
from .test_bad_input import refused
from .test_rolling import roll

GOOD = {"name": "web-config", "data": {"LOG_LEVEL": "info"}}
BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no-such-file", {"files": ["config/nothing"]}, ["config 2: file config/nothing"]),
    ("no-such-file-by-key", {"files": {"app.conf": "config/nothing"}}, ["config 2: file config/nothing"]),
    ("a-folder-as-file", {"files": ["config"]}, ["config 2: file config"]),
    ("no-such-folder", {"folder": "nowhere"}, ["config 2: folder nowhere"]),
    ("a-file-as-folder", {"folder": "config/app.conf"}, ["config 2: folder", "config/app.conf", "Not a directory"]),
    ("an-empty-folder", {"folder": "empty"}, ["config 2: folder", "empty", "holds no file"]),
    ("a-key-twice", {"files": ["config/app.conf"], "data": {"app.conf": "x"}}, ["config 2", "app.conf", "twice"]),
    ("no-such-src", {"src": "nothing.yml"}, ["src nothing.yml"]),
    ("no-manifest", {"src": "config/app.conf"}, ["config 2: src", "no manifest"]),
]


@pytest.fixture
def playbook_folder(tmp_path: Path) -> Path:
    """The folder of the playbook, with a file of configuration and a folder without any."""
    (tmp_path / "config").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "config" / "app.conf").write_text("greeting-of-the-file")
    return tmp_path


@pytest.mark.parametrize("way", ["process", "module"])
def test_mistakes_with_files_name_the_entry_and_the_file(ansible, modules, audit, namespace, deployment, apply, playbook_folder, way):
    """Ansible reads the files for the process, and a module its own."""
    apply(simply(deployment()))
    audit.mark()
    tasks = [
        {**roll(namespace, name="web", config=[GOOD, {"name": "other", **options}]), "name": case, "ignore_errors": True}
        for case, options, _words in BAD
    ]
    play = (ansible if way == "process" else modules)(tasks)
    assert [result.task for result in play.results] == [case for case, _options, _words in BAD]
    for (_case, _options, words), result in zip(BAD, play.results, strict=True):
        refused(dataclasses.replace(play, results=[result]), *words)
    assert audit.writes() == []


def test_what_is_no_list_of_mappings_or_no_file_is_told_with_what_to_do(ansible, namespace, playbook_folder):
    given: list[tuple[Any, tuple[str, ...]]] = [([{**GOOD, "files": ["config"]}], ("config 1: file config is a folder", "folder"))]
    no_list = ("config must be a list of mappings", "[{name: web-config}]")
    given += [(config, no_list) for config in ("web-config", ["web-config"], {"name": "web-config"}, 5)]
    play = ansible([{**roll(namespace, name="web", config=config), "ignore_errors": True} for config, _words in given])
    for (_config, words), result in zip(given, play.results, strict=True):
        refused(dataclasses.replace(play, results=[result]), *words)
