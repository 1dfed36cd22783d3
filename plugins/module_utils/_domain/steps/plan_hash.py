# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hash of a plan: a short text by which somebody approves what a task is going to do, and which tells what is another by now.

A plan is described by aspects, each a plain value and a few words for people. The text has a mark of its format, a digest of all values
together, and a short one for each aspect, so that those that differ can be named although the approved values are not known any more.
The mark must be changed whenever other values are put in.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, Ref, mapping, ref_of, text, thaw, without
from ..config.content import SECRET, Content
from ..ownership.owners import unrestarted
from ..workloads.records import RECORDS
from ..workloads.workload import CHANGE_CAUSE, images_of, normal

ASPECTS = ("goal", "objects", "templates", "settings", "companions", "configuration", "services", "steps")
"""In the order of their digests."""
MARK = "p1"
_WHOLE, _EACH = 20, 8
_SHAPE = re.compile(rf"(?P<mark>p[1-9][0-9]*)-[0-9a-f]{{{_WHOLE}}}(?:-[0-9a-f]{{{_EACH}}})+")
_ROUNDS = 100_000
_LONGEST = 240
"""Characters of the words for one aspect."""
_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
_SINGLE: Mapping[str, JsonValue] = {"partition": 0, "maxSurge": 0, "maxUnavailable": 1}
"""What the server puts into an update strategy that says nothing."""


@dataclass(frozen=True)
class Aspect:
    """One aspect of a plan: what it wants there, and that in a few words. Where it is not `known` any more, since nothing of it is left to
    be done, it is compared with nothing."""

    value: JsonValue = None
    words: str = "none"
    known: bool = True


Aspects: TypeAlias = Mapping[str, Aspect]
UNKNOWN = Aspect(known=False)
NONE = Aspect()


def digest(value: JsonValue) -> str:
    """The digest of a plain value, whatever the order of keys in it."""
    return hashlib.sha256(json.dumps(thaw(value), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plan_hash(aspects: Aspects) -> str:
    """The hash of a plan; an aspect that is left out is empty."""
    values = {name: _value(aspects.get(name, NONE)) for name in ASPECTS}
    return "-".join((MARK, digest(values)[:_WHOLE], *(digest([name, value])[:_EACH] for name, value in values.items())))


def checked(expected: str) -> str:
    """The hash that a task expects. Raises `InputError` for what is none, or one of another version of this collection."""
    expected = expected.strip()
    found = _SHAPE.fullmatch(expected)
    if found is None:
        shown = json.dumps(expected if len(expected) <= _LONGEST else f"{expected[:_LONGEST]}...")
        raise InputError(f"expect_plan is {shown}, which is no plan_hash; give that of the task's result in check mode, as a whole.")
    if found["mark"] != MARK or len(_each(expected)) != len(ASPECTS):
        raise InputError(
            f"expect_plan {expected} was made by another version of rollout.kubernetes, which describes plans otherwise; run the task in "
            "check mode with this version, and approve that plan_hash."
        )
    return expected


def differing(expected: str, aspects: Aspects) -> tuple[str, ...]:
    """The aspects that are not what was approved by `expected`, which is `checked`; none of those that are not known any more.

    Raises `InputError` for a hash whose parts do not belong together.
    """
    found = plan_hash(aspects)
    pairs = zip(ASPECTS, _each(expected), _each(found), strict=True)
    names = tuple(name for name, approved, its in pairs if aspects.get(name, NONE).known and approved != its)
    if not names and expected != found and all(aspects.get(name, NONE).known for name in ASPECTS):
        raise InputError(
            f"expect_plan {expected} is no plan_hash, as its parts do not belong together; give that of the task's result in check mode, "
            "as a whole."
        )
    return names


def other_plan(names: Collection[str], aspects: Aspects) -> str:
    """The sentences for a plan that is another one than was approved, in these aspects: what it wants there now."""
    wanted = "; ".join(f"{name}: {aspects.get(name, NONE).words}" for name in names)
    return (
        f"This is another plan than the one that was approved (expect_plan): it differs in {_listed(names)}. What would be done now has "
        f"{wanted}. Nothing was written; run what was approved, or look at this plan in check mode and approve its plan_hash."
    )


def words_of(parts: Iterable[str]) -> str:
    """A few words from many: as many parts as there is room for, and how many more there are."""
    first, *others = [*parts] or ["none"]
    shown = first if len(first) <= _LONGEST else f"{first[:_LONGEST]}..."
    for index, part in enumerate(others):
        if len(shown) + len(part) > _LONGEST:
            return f"{shown} and {len(others) - index} more"
        shown = f"{shown}, {part}"
    return shown


# --- what stands in a hash ------------------------------------------------------------------------------------------------------


def bare_template(template: JsonObject) -> JsonObject:
    """A pod template without what says when its pods were started, and what the cluster adds."""
    return normal(unrestarted(template))


def images_in_words(ref: Ref, template: JsonObject) -> str:
    """A workload with its images."""
    images = ", ".join(f"{name}={image}" for name, image in images_of(template).items())
    return f"{ref} with image {images}" if images else str(ref)


def bare_manifest(manifest: JsonObject) -> JsonObject:
    """A manifest without why and by whom, and without the content of a Secret."""
    metadata: dict[str, JsonValue] = dict(mapping(manifest, "metadata"))
    annotations = _bare_annotations(mapping(metadata, "annotations"))
    metadata = {**without(metadata, "annotations"), **({"annotations": annotations} if annotations else {})}
    bare: JsonObject = {**without(manifest, "status"), "metadata": metadata}
    return without(without(bare, "data"), "stringData") if is_secret(bare) else bare


def is_secret(manifest: JsonObject) -> bool:
    """Its content is nobody's business."""
    return text(manifest, "kind") == SECRET and text(manifest, "apiVersion") == "v1"


def sealed(objects: Iterable[JsonObject]) -> str:
    """The digest of what ConfigMaps and Secrets hold, however that is written; empty for none. It is slow on purpose, and one for all of
    them: a hash may be read by more people than the Secrets, and must not invite to try out passwords."""
    held: list[JsonValue] = [[str(ref_of(obj)), Content.of(obj).fields()] for obj in objects]
    return hashlib.pbkdf2_hmac("sha256", digest(held).encode(), b"rollout.kubernetes/plan", _ROUNDS).hex() if held else ""


def settings_of(manifest: JsonObject | None, spec: JsonObject, *, steps_partition: bool = False) -> JsonObject:
    """What a workload is to have besides its pod template: its spec as it is to be, and what its manifest names of metadata and replicas.

    Replicas that no manifest names are decided by somebody else, and so is the partition of a strategy that steps it.
    """
    shown: dict[str, JsonValue] = {key: value for key, value in spec.items() if key not in ("template", "replicas", "updateStrategy")}
    update = mapping(spec, "updateStrategy")
    if update:
        limits = {
            key: value
            for key, value in mapping(update, "rollingUpdate").items()
            if value is not None and value != _SINGLE.get(key) and not (steps_partition and key == "partition")
        }
        shown["updateStrategy"] = {"type": text(update, "type") or "RollingUpdate", **({"rollingUpdate": limits} if limits else {})}
    return {**_named_by(manifest), "spec": shown} if manifest is not None else {"spec": shown}


def settings_in_words(ref: Ref, settings: JsonObject) -> str:
    """A workload with its settings, and the names of its labels and annotations."""
    spec = mapping(settings, "spec")
    parts = [f"{key} {json.dumps(thaw(value), sort_keys=True)}" for key, value in sorted(spec.items()) if key != "selector"]
    replicas = settings.get("replicas")
    parts += [f"replicas {replicas}"] if replicas is not None else []
    parts += [f"{what} {' '.join(sorted(mapping(settings, what)))}" for what in ("labels", "annotations") if mapping(settings, what)]
    return f"{ref} with {', '.join(parts)}" if parts else str(ref)


def _named_by(manifest: JsonObject) -> dict[str, JsonValue]:
    labels, annotations = mapping(manifest, "metadata", "labels"), _bare_annotations(mapping(manifest, "metadata", "annotations"))
    return {"labels": labels, "annotations": annotations, "replicas": mapping(manifest, "spec").get("replicas")}


def _bare_annotations(annotations: JsonObject) -> JsonObject:
    return {key: value for key, value in annotations.items() if key not in (CHANGE_CAUSE, _KUBECTL, *RECORDS)}


def _value(aspect: Aspect) -> JsonValue:
    return aspect.value if aspect.known else {"known": False}


def _each(given: str) -> Sequence[str]:
    return given.split("-")[2:]


def _listed(names: Collection[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
