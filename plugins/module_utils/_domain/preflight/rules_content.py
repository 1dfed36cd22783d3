# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what a pod is made of: images, configuration, requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..objects import JsonObject, JsonValue, flag, items, mapping, ref_of, text
from .findings import Fault, Scenery, near, yaml_lines
from .manifest import POD, Part, Subject

_MOVING = re.compile(
    r"main|master|trunk|head|dev|devel|develop|development|test|testing|edge|nightly|daily|snapshot|unstable|stable|current|newest|"
    r"staging|prod|production|release|rc|beta|alpha|canary|(?:(?:lts|mainline|stable)-?)?(?:alpine|slim|bookworm|trixie|jammy|noble)|"
    r"lts|mainline|(?:.*[-.])?(?:SNAPSHOT|latest|nightly)"
)
_VERSIONED = re.compile(r".*[-.](?:v?\d[\w.-]*|(?=[a-z0-9]*\d)[a-z0-9]{7,}|[bcdfghkmt2456789]{10}|[0-9a-f]{7,64})")
_CERTIFICATES = re.compile(r"(?:.*[-.])?(?:tls|certs?|certificates?|ca|ca-bundle|root-ca)(?:[-.].*)?")
_BASIC = {"cpu": "100m", "memory": "128Mi"}


def latest(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """An image has no tag, or the tag latest."""
    for part in (*subject.parts, *subject.starting):
        name, tag, digest = image_parts(part.image)
        if name and not digest and tag in ("", "latest"):
            why = (
                f"The image {part.image} of container {part.name} {'has the tag latest' if tag else 'has no tag, which means latest'}: "
                "which version answers the requests depends on when a node pulled it, and going back brings back nothing."
            )
            yield _pinned(subject, part, why)


def moving_tag(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """An image has a tag that is moved to each new version."""
    for part in (*subject.parts, *subject.starting):
        _name, tag, digest = image_parts(part.image)
        if not digest and tag != "latest" and _MOVING.fullmatch(tag):
            why = (
                f"The tag {tag} of the image {part.image} of container {part.name} is moved from version to version: pods of one revision "
                "may run different programs, and going back brings back nothing."
            )
            yield _pinned(subject, part, why)


def _pinned(subject: Subject, part: Part, why: str) -> Fault:
    return Fault(subject.ref, f"{part.path}.image", why, yaml_lines("image", f"{image_parts(part.image)[0]}:<version>"))


def image_parts(image: str) -> tuple[str, str, str]:
    """The name, the tag and the digest of an image; the port of a registry is no tag."""
    rest, _at, digest = image.partition("@")
    folder, slash, last = rest.rpartition("/")
    name, _colon, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag, digest


def config_without_version(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A ConfigMap or Secret of the definition has the same name in each version."""
    coming = {
        (text(obj, "kind"), ref_of(obj).name): obj
        for obj in scenery.manifests
        if text(obj, "kind") in ("ConfigMap", "Secret") and near(ref_of(obj), subject.ref)
    }
    for path, kind, name in dict.fromkeys(_references(subject)):
        obj = coming.get((kind, name))
        if obj is None or flag(obj, "immutable") or _VERSIONED.fullmatch(name) or _is_certificate(kind, obj):
            continue
        why = (
            f"{kind} {name} comes along with the rollout under a name without a version: pods of the old version that start anew get the "
            "new content, and going back to the old version does not bring the old content back."
        )
        yield Fault(subject.ref, path, why, yaml_lines(path.rpartition(".")[2], f"{name}-v1"))


def _is_certificate(kind: str, obj: JsonObject) -> bool:
    """Certificates are renewed in place, on purpose."""
    return text(obj, "type") == "kubernetes.io/tls" or (bool(_CERTIFICATES.fullmatch(ref_of(obj).name)) and kind in ("ConfigMap", "Secret"))


def _references(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """Where ConfigMaps and Secrets are named: the path, the kind, the name."""
    for part in (*subject.parts, *subject.starting):
        for index, entry in enumerate(items(part.obj, "envFrom")):
            yield from _named(f"{part.path}.envFrom[{index}]", entry, ("configMapRef", "name"), ("secretRef", "name"))
        for index, entry in enumerate(items(part.obj, "env")):
            path = f"{part.path}.env[{index}].valueFrom"
            yield from _named(path, mapping(entry, "valueFrom"), ("configMapKeyRef", "name"), ("secretKeyRef", "name"))
    for index, volume in enumerate(items(subject.pod, "volumes")):
        path = f"{POD}.volumes[{index}]"
        yield from _named(path, volume, ("configMap", "name"), ("secret", "secretName"))
        for place, source in enumerate(items(volume, "projected", "sources")):
            yield from _named(f"{path}.projected.sources[{place}]", source, ("configMap", "name"), ("secret", "name"))


def _named(path: str, entry: JsonObject, *fields: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    for (field, key), kind in zip(fields, ("ConfigMap", "Secret"), strict=True):
        if text(entry, field, key):
            yield f"{path}.{field}.{key}", kind, text(entry, field, key)


def no_requests(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A container asks for no processor or no memory."""
    whole = mapping(subject.pod, "resources", "requests")
    for part in subject.parts:
        asked = {**mapping(part.obj, "resources", "limits"), **mapping(part.obj, "resources", "requests"), **whole}
        lacking: dict[str, JsonValue] = {name: value for name, value in _BASIC.items() if name not in asked}
        if lacking:
            why = (
                f"Container {part.name} requests no {' and no '.join(lacking)}: new pods are put on nodes that are full "
                "already, where they slow the others down, and they are the first to be evicted."
            )
            there = {name: value for name, value in mapping(part.obj, "resources", "requests").items() if name not in lacking}
            yield Fault(subject.ref, f"{part.path}.resources.requests", why, yaml_lines("requests", {**there, **lacking}))
