# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of a ConfigMap or Secret: immutable, named by their content or by the user, labelled with what they are a copy of.

A pod template refers to a copy, so that a revision of the workload has its configuration for ever: going back to it brings the old
configuration back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from ..base.errors import InputError, RefusedError
from ..base.objects import JsonObject, JsonValue, ref_of, text, texts
from .changes import compared
from .content import LETTERS, Content, Key, base_by_shape, checked, named_by_content

BASE = "rollout.kubernetes/config"
"""The label of a copy that says of what, for selecting; the annotation of the same name says it where the label had to be cut."""
APPLICATION = "rollout.kubernetes/application"
"""The label of a copy that says for which application it was made."""

_MANAGED_BY = "app.kubernetes.io/managed-by"
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
LONGEST_BASE = _LONGEST_NAME - LETTERS - 1
"""Characters that a name may have to leave room for the digest."""
_PART = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_VERSION = re.compile(r"(?P<before>(?:.*\D)?)(?P<number>\d{1,9})")
# By these other tools find what is theirs, and remove what they do not know; a copy is not theirs. The first holds the values once more,
# the second is Argo CD's mark where it tracks by label.
_THEIRS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "app.kubernetes.io/instance",
    "argocd.argoproj.io/",
    "meta.helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
)


def copy_of(source: JsonObject, *, application: str = "", name: str = "") -> dict[str, JsonValue]:
    """The manifest of the immutable copy of a ConfigMap or Secret, named by its content, or `name` where the user counts versions.

    Of the source count its content, its labels and annotations and its namespace. A copy that is copied stays a copy of the same base.
    Raises `InputError` for content that the API refuses, and for names that are none.
    """
    ref = ref_of(source)
    content = checked(Content.of(source), ref)
    base = base_of(source) or ref.name
    longest = _LONGEST_NAME if name else LONGEST_BASE
    if not _NAME.fullmatch(base) or len(base) > longest:
        raise InputError(
            f"{ref.kind} {base!r} cannot be copied under that name: it must be made of lower case letters, digits, - and ., begin and end "
            f"with a letter or digit, and have at most {longest} characters."
        )
    if name and (not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME):
        raise InputError(
            f"{name!r} cannot name a copy of {ref}: a name is made of lower case letters, digits, - and ., begins and ends with a letter "
            f"or digit, and has at most {_LONGEST_NAME} characters."
        )
    labels = {**_kept(texts(source, "metadata", "labels")), _MANAGED_BY: "rollout.kubernetes", BASE: label_value(base)}
    if application:
        labels[APPLICATION] = label_value(application)
    annotations = {**_kept(texts(source, "metadata", "annotations")), BASE: base}
    metadata: dict[str, JsonValue] = {"name": name or named_by_content(base, content), "labels": labels, "annotations": annotations}
    if ref.namespace:
        metadata["namespace"] = ref.namespace
    return {"apiVersion": "v1", "kind": ref.kind, "metadata": metadata, "immutable": True, **content.fields()}


def label_value(value: str) -> str:
    """A name as the value of a label: itself where that is possible, else cut, with a digest instead of the rest."""
    if not value or (len(value) <= _LONGEST_LABEL and _LABEL.fullmatch(value)):
        return value
    mark = hashlib.sha256(value.encode()).hexdigest()[:LETTERS]
    cut = re.sub(r"[^-A-Za-z0-9_.]", "-", value)[: _LONGEST_LABEL - LETTERS - 1].strip("-_.")
    return f"{cut}-{mark}".strip("-")


def base_of(obj: JsonObject) -> str:
    """Of what an object is a copy, as its label and annotation say; empty if it is none of ours."""
    label = texts(obj, "metadata", "labels").get(BASE, "")
    whole = texts(obj, "metadata", "annotations").get(BASE, "")
    return whole if label and label_value(whole) == label else label


def bases_of(objects: Iterable[JsonObject]) -> dict[Key, str]:
    """The base of each copy among these objects, which carry their kind."""
    return {(text(obj, "kind"), text(obj, "metadata", "name")): base_of(obj) for obj in objects if base_of(obj)}


def is_named_by_content(obj: JsonObject) -> bool:
    """It is a copy of ours whose name was made of its content, rather than chosen."""
    return bool(base_of(obj)) and base_by_shape(text(obj, "metadata", "name")) == base_of(obj)


def verify(copy: JsonObject, live: JsonObject | None) -> None:
    """Raises where an object of the copy's name is there and holds something else: `InputError` for a name that the user chose, to take
    another one; `RefusedError` for one made of the content, which somebody has changed or put there."""
    if live is None:
        return
    ref, changes = ref_of(copy), compared(Content.of(live), Content.of(copy))
    if not changes:
        return
    if is_named_by_content(copy):
        raise RefusedError(
            f"{ref} does not hold what its name stands for ({changes}): somebody made or changed it; "
            "nothing was written. Delete it once no pod uses it, or give the copy a name of your own."
        )
    raise InputError(f"{ref} is there with another content ({changes}), and a version never changes; take a new one{_next(copy)}.")


def _next(copy: JsonObject) -> str:
    """The next version after one that is counted, as the user writes it: without the base."""
    match = _VERSION.fullmatch(ref_of(copy).name.removeprefix(f"{base_of(copy)}-"))
    return f", such as {match['before']}{int(match['number']) + 1:0{len(match['number'])}}" if match else ""


def _kept(found: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in found.items() if not key.startswith(_THEIRS)}
