# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small changes of a workload as pure functions: what they make of the object, how a JSON patch writes them, how a person sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, Ref, at, containers, items, mapping, replaced, text, thaw, without
from ..base.ports import PatchOperation
from ..config.references import rewritten
from ..request import ConfigNews
from ..text.veils import veiled_pair
from ..workloads.kind import Kind
from ..workloads.replicas import resolve
from ..workloads.workload import images_of

_NO_NEWS = ConfigNews()
_OPTIONS: Mapping[str, str] = {"maxSurge": "max_surge", "maxUnavailable": "max_unavailable", "partition": "partition"}
"""The options of a task by what manifests call them."""
_BY_THE_SERVER = (
    ("status",),
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
    ("metadata", "uid"),
    ("metadata", "creationTimestamp"),
    ("metadata", "selfLink"),
    # Which tool applied last is not content; it goes when we take the object over.
    ("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"),
    # Written by the server and the controllers on each rollout.
    ("metadata", "annotations", "deprecated.daemonset.template.generation"),
    ("metadata", "annotations", "deployment.kubernetes.io/revision"),
)


# --- the short way ------------------------------------------------------------------------------------------------------------


def set_images(template: JsonObject, image: str | Mapping[str, str], *, ref: Ref) -> dict[str, JsonValue]:
    """The pod template with other images: a text for the only container, a mapping of container to image for several.

    Raises `InputError` when a text meets several containers, or when a container is not there.
    """
    names = [text(container, "name") for container in items(template, "spec", "containers")]
    if isinstance(image, str):
        if len(names) != 1:
            raise InputError(f"{ref} has the containers {_listed(names)}; say which by image: {{container: image}}.")
        image = {names[0]: image}
    _check_containers(template, image, ref=ref)
    return _with_containers(template, lambda name, container: {**container, "image": image[name]} if name in image else container)


def set_env(template: JsonObject, env: Mapping[str, str | None], *, container: str | None, ref: Ref) -> dict[str, JsonValue]:
    """The pod template with these environment variables of one container set to values; None takes a variable away.

    A variable keeps its place, also one that came from elsewhere (`valueFrom`), as with `kubectl set env`; new ones come last, so that
    they may refer to those before them. Raises `InputError` when the container is not there, or not named although there are several.
    """
    names = [text(entry, "name") for entry in items(template, "spec", "containers")]
    if container is None and len(names) != 1:
        raise InputError(f"{ref} has the containers {_listed(names)}; say by container which of them env is for.")
    chosen = container or names[0]
    _check_containers(template, (chosen,), ref=ref)
    return _with_containers(template, lambda name, entry: _with_env(entry, env) if name == chosen else entry)


def set_limits(
    spec: JsonObject,
    *,
    kind: Kind,
    max_surge: int | str | None,
    max_unavailable: int | str | None,
    partition: int | None = None,
    min_ready_seconds: int | None,
    progress_deadline_seconds: int | None,
) -> dict[str, JsonValue]:
    """A workload's spec with these settings; None leaves what is there.

    Raises `InputError` for what the kind or its update strategy does not have, and for bounds under which no pod could be replaced.
    """
    field = kind.strategy_field
    found: JsonObject = spec
    given: dict[str, JsonValue] = {}
    for name, value in (("maxSurge", max_surge), ("maxUnavailable", max_unavailable), ("partition", partition)):
        if value is not None:
            # A count that came as a text is still a count; the API tells them apart.
            given[name] = int(value) if str(value).strip().isdigit() else str(value).strip()
    if given:
        for name, option in _OPTIONS.items():
            if name in given and not kind.takes(name):
                raise InputError(f"{option} does not exist for a {kind.name}; leave it out.")
        update = text(spec, field, "type") or "RollingUpdate"
        if update != "RollingUpdate":
            options = " and ".join(_OPTIONS[name] for name in kind.limits)
            raise InputError(f"{options} belong to RollingUpdate, and this {kind.name} has the update strategy {update}.")
        bounds = {**mapping(spec, field, "rollingUpdate"), **given}
        check_bounds(bounds, kind=kind)
        found = replaced(found, (field,), {**mapping(spec, field), "type": update, "rollingUpdate": bounds})
    if min_ready_seconds is not None:
        found = replaced(found, ("minReadySeconds",), min_ready_seconds)
    if progress_deadline_seconds is not None:
        if not kind.has_deadline:
            raise InputError(f"progress_deadline_seconds does not exist for a {kind.name}; leave it out.")
        found = replaced(found, ("progressDeadlineSeconds",), progress_deadline_seconds)
    return dict(found)


def check_bounds(bounds: JsonObject, *, kind: Kind) -> None:
    """`InputError` for a `rollingUpdate` that the server refuses for this kind, whatever the number of pods."""
    resolve(kind, 0, surge=_amount(bounds.get("maxSurge")), unavailable=_amount(bounds.get("maxUnavailable")))


def _amount(value: JsonValue) -> int | str | None:
    return value if isinstance(value, int | str) else None


def _check_containers(template: JsonObject, wanted: Sequence[str] | Mapping[str, str], *, ref: Ref) -> None:
    names = [text(container, "name") for _group, container in containers(template)]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InputError(f"{ref} has no container {_listed(missing)}; it has {_listed(names)}.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _with_containers(template: JsonObject, change: Callable[[str, JsonObject], JsonObject]) -> dict[str, JsonValue]:
    result = dict(template)
    for group in ("containers", "initContainers"):
        if items(template, "spec", group):
            changed: JsonValue = [change(text(entry, "name"), entry) for entry in items(template, "spec", group)]
            result = replaced(result, ("spec", group), changed)
    return result


def _with_env(container: JsonObject, env: Mapping[str, str | None]) -> JsonObject:
    there = [
        {"name": text(entry, "name"), "value": env[text(entry, "name")]} if text(entry, "name") in env else entry
        for entry in items(container, "env")
    ]
    known = {text(entry, "name") for entry in there}
    added = [{"name": name, "value": value} for name, value in env.items() if name not in known]
    gone = {name for name, value in env.items() if value is None}
    left: list[JsonValue] = [entry for entry in (*there, *added) if text(entry, "name") not in gone]
    return {**container, "env": left} if left or "env" in container else container


# --- JSON patch ---------------------------------------------------------------------------------------------------------------


def patch_between(before: JsonObject, after: JsonObject) -> tuple[PatchOperation, ...]:
    """The JSON patch that makes `after` of `before`.

    What is replaced or removed is tested first, and an item of a list together with its name, so that a position cannot have come to
    mean another one. A list whose items have names is changed item by item, and longer at its end; another one as a whole.
    """
    return tuple(_patch(before, after, ""))


def _patch(before: JsonValue, after: JsonValue, path: str) -> Iterator[PatchOperation]:
    if _same(before, after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _patch_key(before, after, key, f"{path}/{_escaped(key)}")
    elif _grows(before, after):
        for index, (old, new) in enumerate(zip(_list(before), _list(after), strict=False)):
            if not _same(old, new):
                yield PatchOperation("test", f"{path}/{index}/name", at(old, "name"))
                yield from _patch(old, new, f"{path}/{index}")
        for new in _list(after)[len(_list(before)) :]:
            yield PatchOperation("add", f"{path}/-", new)
    else:
        yield PatchOperation("test", path, before)
        yield PatchOperation("replace", path, after)


def _patch_key(before: JsonObject, after: JsonObject, key: str, path: str) -> Iterator[PatchOperation]:
    if key not in after:
        yield PatchOperation("test", path, before[key])
        yield PatchOperation("remove", path)
    elif key not in before:
        yield PatchOperation("add", path, after[key])
    else:
        yield from _patch(before[key], after[key], path)


def _grows(before: JsonValue, after: JsonValue) -> bool:
    """Both are lists of named items, and the first has the same ones in the same order as the second begins with."""
    old, new = ([at(item, "name") for item in _list(side)] for side in (before, after))
    return bool(old) and new[: len(old)] == old and all(isinstance(name, str) for name in new)


def _list(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _same(left: JsonValue, right: JsonValue) -> bool:
    """Equal as JSON, where 1 is not true."""
    return left is right or json.dumps(thaw(left), sort_keys=True) == json.dumps(thaw(right), sort_keys=True)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


# --- for people ---------------------------------------------------------------------------------------------------------------


def news_of(before: JsonObject, after: JsonObject) -> str:
    """What a plan says of two pod templates: `image 1.1 → 1.2; env web: LOG_LEVEL`; '' where images and environment stay."""
    old, new = images_of(before), images_of(after)
    changed = {name: _versions(old[name], image) for name, image in new.items() if old.get(name, image) != image}
    images = [f"image of {name} {versions}" if len(new) > 1 else f"image {versions}" for name, versions in changed.items()]
    return "; ".join((*images, *_changed_env(before, after)))


def _versions(old: str, new: str) -> str:
    """Both images, without what they have in common before the tag."""
    repository, _colon, tag = new.rpartition(":")
    if repository and "/" not in tag and "@" not in new and old.startswith(f"{repository}:") and "@" not in old:
        return f"{old.removeprefix(f'{repository}:')} → {tag}"
    return f"{old} → {new}"


def _changed_env(before: JsonObject, after: JsonObject) -> Iterator[str]:
    """By container the names of the variables that differ."""
    old, new = _env(before), _env(after)
    for name in (name for name in new if name in old):
        changed = [key for key in {**old[name], **new[name]} if old[name].get(key) != new[name].get(key)]
        if changed:
            yield f"env {name}: {', '.join(sorted(changed))}"


def describe(before: JsonObject, after: JsonObject, news: ConfigNews = _NO_NEWS) -> str:
    """What changed between two pod templates, for a change cause that nobody gave: images with their values, the environment by the
    names of its variables only, the configuration by `news`, and everything else as "template changed"."""
    before = rewritten(before, news.names) if news.names else before
    old, new = images_of(before), images_of(after)
    parts = [f"image {name}={image}" for name, image in new.items() if old.get(name) != image]
    return "; ".join((*parts, *_changed_env(before, after), *news.sentences)) or "template changed"


def _env(template: JsonObject) -> dict[str, dict[str, JsonObject]]:
    return {text(entry, "name"): {text(item, "name"): item for item in items(entry, "env")} for _group, entry in containers(template)}


def diff_pair(
    before: JsonObject | None, after: JsonObject, known: frozenset[str] = frozenset()
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Both sides of a diff, the first one empty for a new object; of what is secret it shows that it came, went or changed. `known` are
    texts that are secret wherever they stand."""
    return veiled_pair(content(before or {}), content(after), known)


def content(obj: JsonObject) -> dict[str, JsonValue]:
    """The object without what the server and its controllers keep for themselves; an empty map of annotations counts as none."""
    found = dict(obj)
    for path in _BY_THE_SERVER:
        found = without(found, *path)
    return found if mapping(found, "metadata", "annotations") else without(found, "metadata", "annotations")
