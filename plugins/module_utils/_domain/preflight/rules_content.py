# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what a pod is made of: images, configuration, requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..base.objects import JsonObject, JsonValue, flag, mapping, ref_of, text
from ..config.references import references
from ..config.report import mutable_references
from .findings import Fault, Scenery, near, yaml_lines
from .manifest import Part, Subject

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
    """A ConfigMap or Secret has the same name in each version: one of the definition, or a live ConfigMap."""
    around = (*scenery.known("ConfigMap"), *scenery.known("Secret"))
    known = {(text(obj, "kind"), ref_of(obj).name): obj for obj in around if near(ref_of(obj), subject.ref)}
    template = mapping(subject.obj, "spec", "template")
    # What nobody has looked at may well be immutable.
    settled = scenery.versioned | {found.key for found in references(template) if _is_settled(known.get(found.key), found.name)}
    for found in mutable_references(template, settled):
        path = f"spec.template.{found.places[0].field}"
        yield Fault(subject.ref, path, found.sentence, "\n".join(found.lines()))


def _is_settled(obj: JsonObject | None, name: str) -> bool:
    """Its content stays as it is, or is changed in place on purpose, as that of certificates is."""
    if obj is None or flag(obj, "immutable") or _VERSIONED.fullmatch(name):
        return True
    return text(obj, "type") == "kubernetes.io/tls" or bool(_CERTIFICATES.fullmatch(name))


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
