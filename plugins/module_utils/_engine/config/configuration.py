# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration that rolls back: immutable copies of ConfigMaps and Secrets, made before the templates that refer to them.

A copy that was made and is referred to by nothing (the run was killed in between) is used by the next run with the same content, and
cleaned up by a later one otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..._domain.base.errors import ClusterError, ForbiddenError, InputError
from ..._domain.base.objects import JsonObject, Ref, flag, mapping, ref_of, replaced, text
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import KNOWN, Resource
from ..._domain.config.changes import Changes, compared
from ..._domain.config.content import Content, Key
from ..._domain.config.entries import accompanying, copies_of, in_place, joined, kept_credentials, news_of, places, refuse_unused
from ..._domain.config.naming import BASE, base_of, bases_of, copy_of, label_value, verify
from ..._domain.config.report import mutable_references
from ..._domain.request import Companion, ConfigNews, CopyNames, Target, Versioned
from ..._domain.steps.step import Apply
from ..write.writer import Planned, Writer

_TEMPLATE = ("spec", "template")


def resource_of(kind: str) -> Resource:
    """Where the API serves ConfigMaps and Secrets."""
    return KNOWN[("v1", kind)]


@dataclass(frozen=True)
class Copy:
    """One entry in one namespace: the copy as it shall be, and what is there of it."""

    entry: Versioned
    ref: Ref
    body: JsonObject | None
    """Its manifest; None where the copy that is there already stays as it is."""
    live: JsonObject | None
    former: JsonObject | None = None
    """The object that templates refer to until now."""

    @property
    def changes(self) -> Changes:
        """Which keys differ from what templates refer to until now; all are new where that is nothing."""
        if self.body is None or (self.former is not None and ref_of(self.former) == self.ref):
            return Changes()
        return compared(Content.of(self.former) if self.former is not None else None, Content.of(self.body))

    def planned(self, writer: Writer) -> Planned:
        """The write that makes it, or that makes immutable what is there and holds the same; nothing to write for a copy of ours."""
        resource = resource_of(self.ref.kind)
        live, body = self.live, self.body
        if live is not None and (body is None or (flag(live, "immutable") and base_of(live) == self.entry.name)):
            return Planned(ref=self.ref, resource=resource, write=Apply(live), before=live, after=live, route="none", body=live)
        if body is None:
            raise ValueError(f"{self.ref} is neither there nor to be made.")
        planned = writer.plan(resource, self.ref, Apply(body))
        return replace(planned, former=self.former) if planned.before is None else planned


@dataclass(frozen=True)
class Configuration:
    """The configuration of one task: the copies, and what the task is about once its templates refer to them."""

    targets: tuple[Target, ...]
    companions: tuple[Companion, ...] = ()
    copies: tuple[Copy, ...] = ()
    news: Mapping[Ref, ConfigNews] = field(default_factory=dict)
    """By workload."""
    notes: tuple[str, ...] = ()
    shelves: Mapping[str, Shelf] = field(default_factory=dict)
    """By namespace."""

    def news_of(self, ref: Ref) -> ConfigNews:
        """What of one workload's configuration is new."""
        return self.news.get(ref, ConfigNews())

    def unversioned(self, ref: Ref, template: JsonObject) -> tuple[str, ...]:
        """What else a template refers to that may change under its pods, each with the lines that would make it versioned."""
        shelf = self.shelves.get(ref.namespace)
        if shelf is None:
            return ()
        versioned = {(copy.ref.kind, copy.ref.name) for copy in self.copies if copy.ref.namespace == ref.namespace}
        found = mutable_references(template, versioned)
        return tuple(
            f"{ref}: {entry.sentence.removesuffix('.')} (`{entry.entry}` under config makes it versioned as well)"
            for entry in found
            if not shelf.is_immutable((entry.kind, entry.name))
        )


NO_CONFIGURATION = Configuration(())


class Shelf:
    """The ConfigMaps and Secrets of one namespace, read when they are asked for, and each once."""

    def __init__(self, cluster: Cluster, namespace: str, entries: Iterable[Versioned]) -> None:
        self._cluster = cluster
        self.namespace = namespace
        self._known: dict[Key, JsonObject | None] = {}
        bases: dict[str, set[str]] = {}
        for entry in entries:
            bases.setdefault(entry.kind, set()).add(label_value(entry.name))
        for kind, names in sorted(bases.items()):
            try:
                page = cluster.list(resource_of(kind), namespace, labels=f"{BASE} in ({','.join(sorted(names))})")
            except ForbiddenError:
                continue  # The right to read them one by one is enough; what is unknown is not cleaned up.
            self._known.update({(kind, ref_of(item).name): item for item in page.items})

    @property
    def labelled(self) -> dict[Key, str]:
        """Of what each copy is one."""
        return bases_of(found for found in self._known.values() if found is not None)

    def get(self, key: Key) -> JsonObject | None:
        """The object; None where it is not there."""
        if key not in self._known:
            self._known[key] = self._cluster.read(resource_of(key[0]), self.namespace, key[1])
        return self._known[key]

    def newest(self, entry: Versioned) -> JsonObject | None:
        """The copy of an entry that was made last."""
        found = [obj for obj in self._known.values() if obj is not None and (text(obj, "kind"), base_of(obj)) == entry.key]
        return max(found, key=lambda obj: text(obj, "metadata", "creationTimestamp"), default=None)

    def is_immutable(self, key: Key) -> bool:
        """It is there and may not be changed; False where it cannot be looked at, as a rollout may be done already by then."""
        try:
            return flag(self.get(key), "immutable")
        except ClusterError:
            return False


def copied(entry: Versioned, source: JsonObject, shelf: Shelf, former: JsonObject | None, *, application: str = "") -> Copy:
    """The copy of a source. Raises `InputError` for content that the API refuses and for a version that has another content already,
    `RefusedError` for a copy that somebody has changed."""
    named = replaced(replaced(source, ("metadata", "name"), entry.name), ("metadata", "namespace"), shelf.namespace)
    body = copy_of(named, application=application, name=entry.copy)
    live = shelf.get((entry.kind, ref_of(body).name))
    verify(body, live)
    return Copy(entry, ref_of(body), body, live, former)


def prepare(
    entries: tuple[Versioned, ...],
    targets: tuple[Target, ...],
    companions: tuple[Companion, ...],
    live: Callable[[Target], JsonObject | None],
    cluster: Cluster,
    *,
    application: str,
) -> Configuration:
    """What becomes of a task's targets and of what comes along when these entries are versioned. Only reads.

    `live` tells the template of a workload as it is until now. Raises `InputError` for entries that no target refers to, that have no
    content, or whose version has another content already; `RefusedError` for a copy that somebody has changed.
    """
    if not entries:
        return Configuration(targets, companions)
    used: set[Key] = set()
    found: list[_Place] = []
    for namespace in sorted({target.ref.namespace for target in targets}):
        here = tuple(target for target in targets if target.ref.namespace == namespace)
        place = _Place(namespace, entries, here, companions, {target.ref: live(target) or {} for target in here}, cluster, application)
        used |= {entry.key for entry in place.entries}
        found.append(place)
    refuse_unused(entries, used, {ref: template for place in found for ref, template in place.templates.items()})
    names = {place.namespace: place.names for place in found}
    sources = {ref for place in found for ref in place.sources}
    placed = tuple(in_place(target, names[target.ref.namespace]) for target in targets)
    return Configuration(
        targets=placed,
        companions=accompanying(companions, sources, names, placed),
        copies=tuple(copy for place in found for copy in place.copies),
        news={ref: news for place in found for ref, news in place.news.items()},
        notes=tuple(note for place in found for note in kept_credentials(place.templates.items(), place.names)),
        shelves={place.namespace: place.shelf for place in found},
    )


class _Place:
    """The entries of a task in one namespace."""

    def __init__(
        self,
        namespace: str,
        entries: tuple[Versioned, ...],
        targets: tuple[Target, ...],
        companions: tuple[Companion, ...],
        live: Mapping[Ref, JsonObject],
        cluster: Cluster,
        application: str,
    ) -> None:
        self.namespace = namespace
        self._companions = companions
        self._application = application
        self._live = live
        self.shelf = Shelf(cluster, namespace, entries)
        self.templates = {target.ref: _wanted(target, live[target.ref]) for target in targets}
        known = (*self.templates.values(), *live.values())
        self._bases = copies_of(entries, known, self.shelf.labelled)
        self.entries = tuple(
            entry for entry in entries if any(places(entry, template, self._bases) for template in self.templates.values())
        )
        self.sources: set[Ref] = set()
        self.copies = tuple(self._copy(entry) for entry in self.entries)
        self.names = CopyNames({copy.entry.key: copy.ref.name for copy in self.copies}, self._bases)
        self.news = {target.ref: joined(self._news(target.ref)) for target in targets}

    def _copy(self, entry: Versioned) -> Copy:
        formers = [name for template in self._live.values() for name in self._former(entry, template)]
        former = self.shelf.get((entry.kind, formers[0])) if formers else None
        source = self._source(entry)
        if source is None:
            if former is not None and base_of(former) == entry.name:
                # What was taken over is gone by now: its last copy stays.
                return Copy(entry, ref_of(former), None, former, former)
            raise InputError(
                f"{entry.kind} {self.namespace}/{entry.name} does not exist and config gives it no content; correct the name, or give "
                "data, files, folder, src or definition."
            )
        return copied(entry, source, self.shelf, former, application=self._application)

    def _source(self, entry: Versioned) -> JsonObject | None:
        """Its own manifest, else the one that comes along, under its own name or the copy's; else what is in the cluster."""
        if entry.source is not None:
            return entry.source
        for companion in self._companions:
            ref = companion.ref
            if ref.kind == entry.kind and ref.namespace == self.namespace and ref.name in (entry.name, entry.copy):
                self.sources.add(ref)
                return companion.manifest
        return self.shelf.get(entry.key)

    def _former(self, entry: Versioned, template: JsonObject) -> tuple[str, ...]:
        return tuple(found.name for found in places(entry, template, self._bases))

    def _news(self, ref: Ref) -> Iterable[tuple[str, Key, str]]:
        """What is new for one workload that is there already."""
        for copy in self.copies:
            for former in dict.fromkeys(self._former(copy.entry, self._live[ref])):
                if former == copy.ref.name or copy.body is None:
                    continue
                before = self.shelf.get((copy.entry.kind, former))
                sentence = news_of(copy.entry, former, Content.of(before) if before is not None else None, Content.of(copy.body))
                yield sentence, (copy.entry.kind, former), copy.ref.name


def _wanted(target: Target, live: JsonObject) -> JsonObject:
    """The template as the task writes it: of its manifest, else the one that is there."""
    return mapping(target.manifest, *_TEMPLATE) if target.manifest is not None else live
