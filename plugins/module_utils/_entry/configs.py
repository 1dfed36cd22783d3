# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what users give as configuration to entries: inline data, files, a folder, or a manifest. Messages name keys, never values."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, JsonValue, ref_of, text
from .._domain.config.content import CONFIG_MAP, SECRET, Content, checked
from .._domain.request import Versioned
from .manifest_text import ManifestTextError
from .manifests import NoTextError, check_name, kind_of, manifests_of, secrets_of
from .text_files import text_of

ENTRY = {
    "kind": {"type": "str", "choices": [CONFIG_MAP, SECRET]},
    "name": {"type": "str"},
    "version": {"type": "str"},
    "data": {"type": "dict"},
    "binary_data": {"type": "dict"},
    "files": {"type": "raw"},
    "folder": {"type": "path"},
    "type": {"type": "str"},
    "keep": {"type": "int", "default": 0},
    "remove_original": {"type": "bool", "default": False},
}
"""The options of one entry, besides its manifest."""
_SOURCES = ("data", "binary_data", "files", "folder", "type")
_VAULTED = b"$ANSIBLE_VAULT;"


def entries_of(parameters: Mapping[str, Any]) -> tuple[Versioned, ...]:
    """The entries of the option `config` of a strategy. Raises `InputError`."""
    return _once([entry for number, given in enumerate(parameters.get("config") or (), 1) for entry in _entries(given, f"config {number}")])


def own_entries(parameters: Mapping[str, Any]) -> tuple[Versioned, ...]:
    """The entries of the module `versioned_config`, whose options are those of an entry. Raises `InputError`."""
    return _once(list(_entries(parameters, "versioned_config")))


def config_secrets(parameters: Mapping[str, Any]) -> set[str]:
    """Every value of every Secret that is given as configuration, encoded and decoded, that is long enough to be told from words.

    Raises `InputError` for what is wrong with it.
    """
    entries = own_entries(parameters) if "binary_data" in parameters else entries_of(parameters)
    return secrets_of([entry.source for entry in entries if entry.source is not None])


def _entries(given: Mapping[str, Any], where: str) -> Iterator[Versioned]:
    manifests = _manifests(given, where)
    own = [name for name in _SOURCES if given.get(name)]
    if manifests and own:
        raise InputError(f"{where} has {own[0]} besides a manifest; give one of them.")
    if len(manifests) > 1 and (given.get("name") or given.get("version")):
        raise InputError(f"{where} has {len(manifests)} manifests, which name and version cannot be for; give each an entry of its own.")
    for manifest in manifests or (None,):
        yield _entry(given, manifest, where)


def _manifests(given: Mapping[str, Any], where: str) -> tuple[JsonObject, ...]:
    if given.get("definition") is not None:
        return quiet_manifests(given["definition"], f"{where}: definition")
    if given.get("src") is not None:
        what = f"{where}: src {given['src']}"
        return quiet_manifests(text_of(_read(given["src"], what), what), what)
    return ()


def quiet_manifests(definition: Any, origin: str, *, may_be_empty: bool = False) -> tuple[JsonObject, ...]:
    """The manifests of an entry. Raises `InputError` that says where it comes from, and no word of it: it may be a password."""
    try:
        return manifests_of(definition, origin=origin, may_be_empty=may_be_empty)
    except NoTextError:
        raise
    except InputError as error:
        place = f" (look at {error.place})" if isinstance(error, ManifestTextError) else ""
        raise InputError(
            f"{origin} is no manifest of a ConfigMap or Secret with apiVersion, kind and metadata.name in valid YAML{place}; "
            "correct it, or give a file's content by files."
        ) from None


def _entry(given: Mapping[str, Any], manifest: JsonObject | None, where: str) -> Versioned:
    kind = given.get("kind") or (text(manifest, "kind") if manifest is not None else CONFIG_MAP)
    name = given.get("name") or (ref_of(manifest).name if manifest is not None else "")
    if not name:
        raise InputError(f"{where} lacks the name; say what templates call it.")
    check_name(name, f"{where}: name")
    if manifest is not None and text(manifest, "kind") != kind:
        raise InputError(f"{where} is to be a {kind}, and its manifest is a {text(manifest, 'kind') or 'thing without a kind'}.")
    version, keep = given.get("version") or "", given.get("keep") or 0
    if version:
        check_name(version, f"{where}: version")
    if keep < 0:
        raise InputError(f"{where}: keep must be 0 or more, not {keep}.")
    source = manifest if manifest is not None else _source(given, kind, name, where)
    if source is not None:
        checked(Content.of(source), ref_of(source))
    return Versioned(kind, name, version, source, keep, bool(given.get("remove_original")))


def _source(given: Mapping[str, Any], kind: str, name: str, where: str) -> JsonObject | None:
    """A manifest of inline data and files; None where nothing of that is given."""
    if not any(given.get(option) is not None for option in _SOURCES):
        return None
    if given.get("type") and kind != SECRET:
        raise InputError(f"{where}: type is for Secrets; {kind} {name} has none.")
    plain = {key: _plain(key, value, where) for key, value in (given.get("data") or {}).items()}
    binary = {key: _bytes(key, value, where) for key, value in (given.get("binary_data") or {}).items()}
    for key, content in contents(given, where, _read):
        if key in plain or key in binary:
            raise InputError(f"{where} has the key {key} twice; leave one out.")
        try:
            plain[key] = content.decode()
        except UnicodeDecodeError:
            binary[key] = content
    twice = sorted(plain.keys() & binary.keys())
    if twice:
        raise InputError(f"{where} has the key {twice[0]} in data and in binary_data; leave one out.")
    raw: dict[str, JsonValue] = {key: base64.b64encode(value).decode() for key, value in binary.items()}
    metadata: JsonObject = {"name": name}
    if kind == SECRET:
        data: JsonObject = {**{key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}, **raw}
        typed: JsonObject = {"type": given["type"]} if given.get("type") else {}
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data, **typed}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": dict[str, JsonValue](plain), "binaryData": raw}


def contents(given: Mapping[str, Any], where: str, read: Callable[[str, str], bytes]) -> Iterator[tuple[str, bytes]]:
    """Key and content of each file that `files` and `folder` of an entry name; `read` takes a path and what to call it in messages."""
    for key, path in files_of(given, where):
        yield key, read(path, f"{where}: file {path}")


def files_of(given: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Key and path of each file of an entry. Raises `InputError`."""
    files = given.get("files") or ()
    if isinstance(files, str):
        files = [files]
    paths: list[Any] = list(files.values()) if isinstance(files, Mapping) else list(files) if isinstance(files, Sequence) else [None]
    if not all(isinstance(path, str) and path for path in paths):
        raise InputError(f"{where}: files must be a list of paths, or a mapping of keys to paths.")
    if isinstance(files, Mapping):
        yield from ((str(key), str(path)) for key, path in files.items())
    else:
        yield from ((os.path.basename(path), path) for path in paths)
    if given.get("folder"):
        yield from _in_folder(given["folder"], where)


def _in_folder(folder: str, where: str) -> Iterator[tuple[str, str]]:
    """The files directly in a folder; those that begin with a point are left out, as a shell does."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(f"{where}: folder {folder} cannot be read: {error.strerror}.") from error
    paths = [(name, os.path.join(folder, name)) for name in names if not name.startswith(".")]
    found = [(name, path) for name, path in paths if os.path.isfile(path)]
    if not found:
        raise InputError(f"{where}: folder {folder} holds no file; correct the path.")
    yield from found


def _read(path: str, what: str) -> bytes:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            content = file.read()
    except OSError as error:
        raise InputError(f"{what} cannot be read: {error.strerror}.") from error
    if content.startswith(_VAULTED):
        raise InputError(
            f"{what} is encrypted by Ansible Vault, which is opened on the controller only: use a local connection, or give data."
        )
    return content


def _plain(key: Any, value: Any, where: str) -> str:
    """A text; of numbers only whole ones, since 1.10 is 1.1 by now."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        what = "a number with a fraction" if isinstance(value, float) else kind_of(value)
        raise InputError(f"{where}: the value of {key} in data is {what} and no text; write it in quotes.")
    return value


def _bytes(key: Any, value: Any, where: str) -> bytes:
    if not isinstance(value, str | None):
        raise InputError(f"{where}: the value of {key} in binary_data is {kind_of(value)} and no text; write base64 in quotes.")
    try:
        return base64.b64decode(value or "", validate=True)
    except ValueError:
        raise InputError(f"{where}: the value of {key} in binary_data is no base64; encode it, or give a file.") from None


def _once(entries: list[Versioned]) -> tuple[Versioned, ...]:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.key in seen:
            raise InputError(f"config has {entry.kind} {entry.name} twice; leave one out.")
        seen.add(entry.key)
    return tuple(entries)
