# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a kubeconfig and choosing its context, so that each fault of the file gets a sentence; the `kubernetes` library then loads it.

The library's own messages are not shown: they may quote a user's entry with its token.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._domain.base.errors import InputError
from .library import yaml

_FORMS = "set kubeconfig to a path, several paths joined by ':', or the content as a dictionary"


@dataclass(frozen=True)
class Kubeconfig:
    """One context of one kubeconfig. `source` names it in messages; `files` is empty when it came as data."""

    source: str
    context: str
    cluster: Mapping[str, Any] = field(repr=False)
    user: Mapping[str, Any] = field(repr=False)
    files: tuple[str, ...] = ()
    data: Mapping[str, Any] | None = field(default=None, repr=False)
    namespace: str = ""


def read_kubeconfig(value: str | Mapping[str, Any], *, context: str) -> Kubeconfig:
    """The kubeconfig that a path, a list of paths joined as in `KUBECONFIG`, a text or a mapping stands for.

    As kubectl does: of a list, files that do not exist are passed over, and the first file wins that names something.
    """
    if isinstance(value, Mapping):
        return _choose([value], context=context, source="the kubeconfig given as data", data=value)
    if "\n" in value or value.lstrip().startswith("{"):
        content = _parse(value, source="the kubeconfig given as text")
        return _choose([content], context=context, source="the kubeconfig given as text", data=content)
    paths = [os.path.expanduser(path) for path in value.split(os.pathsep) if path]
    files = tuple(path for path in paths if os.path.exists(path))
    if not files:
        what = "does not exist" if len(paths) == 1 else "do not exist"
        raise InputError(f"The kubeconfig {', '.join(paths) or repr(value)} {what}: {_FORMS}, or give host and api_key.")
    source = f"the kubeconfig {os.pathsep.join(files)}"
    return _choose([_read(path) for path in files], context=context, source=source, files=files)


def _read(path: str) -> Mapping[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise InputError(f"The kubeconfig {path} cannot be read: {reason}.") from None
    return _parse(text, source=f"the kubeconfig {path}")


def _parse(text: str, *, source: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a word that looks like a date and is none.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        # Without the parser's own words, which quote the line, and that may hold a token; without the cause for the same reason.
        raise InputError(f"{capital(source)} is not valid YAML{where}.") from None
    if not isinstance(content, Mapping):
        hint = ": it is encrypted by Ansible Vault, which only the controller can open" if text.startswith("$ANSIBLE_VAULT;") else ""
        raise InputError(f"{capital(source)} does not hold a kubeconfig{hint}.")
    return content


def _choose(
    contents: Sequence[Mapping[str, Any]], *, context: str, source: str, files: tuple[str, ...] = (), data: Mapping[str, Any] | None = None
) -> Kubeconfig:
    contexts, clusters, users = (_named(contents, key) for key in ("context", "cluster", "user"))
    current = next((str(content["current-context"]) for content in contents if content.get("current-context")), "")
    chosen = context or current
    there = f"it has {', '.join(sorted(contexts))}" if contexts else "it has none"
    if not chosen:
        raise InputError(f"{capital(source)} has no current context: set context ({there}).")
    if chosen not in contexts:
        named = "has no context" if context else "names as its current context one that it lacks:"
        raise InputError(f"{capital(source)} {named} {chosen!r}: {there}.")
    cluster, user = str(contexts[chosen].get("cluster") or ""), str(contexts[chosen].get("user") or "")
    if not clusters.get(cluster, {}).get("server"):
        raise InputError(f"{capital(source)} has no server for the cluster {cluster!r} of its context {chosen!r}.")
    if user and user not in users:
        raise InputError(f"{capital(source)} has no user {user!r}, which its context {chosen!r} names.")
    namespace = str(contexts[chosen].get("namespace") or "")
    return Kubeconfig(source, chosen, clusters[cluster], users.get(user, {}), files, data, namespace)


def _named(contents: Sequence[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    """The entries of one kind by name; the first of a name wins."""
    found: dict[str, Mapping[str, Any]] = {}
    for content in contents:
        entries = content.get(f"{key}s")
        for entry in entries if isinstance(entries, Sequence) and not isinstance(entries, str) else ():
            if isinstance(entry, Mapping) and isinstance(entry.get(key), Mapping):
                found.setdefault(str(entry.get("name", "")), entry[key])
    return found


def capital(sentence: str) -> str:
    """A sentence with its first letter as it begins."""
    return sentence[:1].upper() + sentence[1:]
