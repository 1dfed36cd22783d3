# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the action plugins are imported in ansible-playbook: cheaply, as a play of one task spent more on that than on the task itself."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any

_OURS = tuple(f"ansible_collections.rollout.kubernetes.plugins.{folder}." for folder in ("module_utils", "plugin_utils"))


def action_of(name: str) -> Any:
    """The action plugin's class, with all imported that a task of the module `name` needs: once, and not in the fork of each task."""
    with _compiled_once(), _without_collector():
        from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.commands import command
        from ansible_collections.rollout.kubernetes.plugins.plugin_utils.action import ActionModule

        command(name)
    return ActionModule


class Compiled(MetaPathFinder):
    """Finds this collection's own libraries by Python's means, so that they are kept in compiled form in `__pycache__`, where that may be
    written and Python's settings allow it. Ansible's finder, to which all else is left, compiles a collection anew in each run."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not fullname.startswith(_OURS):
            return None
        found = (_folder(entry).find_spec(fullname, target) for entry in path or ())
        return next((spec for spec in found if spec is not None and spec.loader is not None), None)


@contextmanager
def _compiled_once() -> Iterator[None]:
    """Ours is the first finder for these imports alone: what a plugin changes in Python's import must not outlast its own."""
    finder = Compiled()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@functools.cache
def _folder(path: str) -> FileFinder:
    return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Imports make many objects and no garbage: they count as old at once, and no search for garbage goes through them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Both together move all objects to the oldest generation.
        gc.freeze()
        gc.unfreeze()
        if enabled:
            gc.enable()
