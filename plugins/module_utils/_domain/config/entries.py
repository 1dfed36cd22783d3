# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout says of its configuration: which templates refer to it, what is new about that, what becomes of a definition's objects."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..base.errors import InputError
from ..base.objects import JsonObject, Ref, mapping, replaced
from ..request import Companion, ConfigNews, CopyNames, Target, Versioned
from .changes import cause
from .content import CONFIG_MAP, SECRET, Content, Key, base_by_shape
from .references import Reference, left_alone, references, rewritten
from .use import in_use

_VERSION = r"v?\d[-.\w]*"
_TEMPLATE = ("spec", "template")
_CRON_JOB = ("spec", "jobTemplate", "spec", "template")


def copies_of(entries: Iterable[Versioned], templates: Iterable[JsonObject], labelled: Mapping[Key, str]) -> dict[Key, str]:
    """Of what the copies that these templates refer to are ones: as their labels say, and, where the user counts versions, also by names
    such as `<base>-v4`, which may have been made by hand."""
    patterns = [(entry, re.compile(rf"{re.escape(entry.name)}-{_VERSION}")) for entry in entries if entry.version]
    found = {
        reference.key: entry.name
        for template in templates
        for reference in references(template)
        for entry, pattern in patterns
        if reference.kind == entry.kind and pattern.fullmatch(reference.name)
    }
    return {**found, **labelled}


def places(entry: Versioned, template: JsonObject, copies: Mapping[Key, str]) -> tuple[Reference, ...]:
    """Where a template refers to the entry: by its own name or that of a copy. Credentials are left out."""

    def is_of(found: Reference) -> bool:
        own = found.name in (entry.name, entry.copy)
        return found.kind == entry.kind and (own or (copies.get(found.key) or base_by_shape(found.name)) == entry.name)

    return tuple(found for found in references(template) if not found.credential and is_of(found))


def refuse_unused(entries: Sequence[Versioned], used: Collection[Key], templates: Mapping[Ref, JsonObject]) -> None:
    """Raises `InputError` for what no workload refers to: a copy of it would change nothing. `templates` by workload."""
    for entry in entries:
        if entry.key in used:
            continue
        listed, other = ", ".join(map(str, templates)), SECRET if entry.kind == CONFIG_MAP else CONFIG_MAP
        verbs = ("does", "refers") if len(templates) == 1 else ("do", "refer")
        remedy = "correct the name or the kind, or leave it out"
        if any(found.key == (other, entry.name) for template in templates.values() for found in references(template)):
            remedy = f"it {verbs[1]} to {other} {entry.name}: write kind: {other}" if len(templates) == 1 else f"write kind: {other}"
        raise InputError(
            f"config names {entry.kind} {entry.name}, which {listed} {verbs[0]} not refer to, neither by env, envFrom nor a volume; "
            f"{remedy}."
        )


def in_place(target: Target, names: CopyNames) -> Target:
    """The target whose template refers to the copies: in its manifest, or by what its change does."""
    if target.manifest is not None:
        template = rewritten(mapping(target.manifest, *_TEMPLATE), names.names, names.copies)
        return replace(target, manifest=replaced(target.manifest, _TEMPLATE, template))
    if target.change is not None:
        return replace(target, change=replace(target.change, config=names))
    return target


def renamed(template: JsonObject, names: CopyNames) -> JsonObject:
    """The template that refers to the copies; itself where there are none."""
    return rewritten(template, names.names, names.copies) if names.names else template


def accompanying(
    companions: Sequence[Companion], sources: Collection[Ref], names: Mapping[str, CopyNames], targets: Iterable[Target]
) -> tuple[Companion, ...]:
    """What comes along with these targets, which refer to the copies already; `names` by namespace.

    CronJobs refer to the copies as well. What is the source of a copy is left out, unless something refers to it still: a Job, whose
    template cannot be changed, or a target by a credential.
    """
    changed = [_cron_job(entry, names[entry.ref.namespace]) if entry.ref.namespace in names else entry for entry in companions]
    users = [*((entry.ref, entry.manifest) for entry in changed), *((target.ref, target.manifest or {}) for target in targets)]
    left = {Ref(kind, user.namespace, name) for user, manifest in users for kind, name in in_use((manifest,))}
    return tuple(entry for entry in changed if entry.ref not in sources or entry.ref in left)


def news_of(entry: Versioned, former: str, before: Content | None, after: Content) -> str:
    """The sentence for a change cause about one that a template called `former` until now; `before` is None where that is gone."""
    word = "secret" if entry.kind == SECRET else "config"
    if before is None:
        return f"{word} {entry.name}: another version"
    return cause(entry.name, before, after) or f"{word} {entry.name}: {'versioned' if former == entry.name else 'renamed'}"


def joined(news: Iterable[tuple[str, Key, str]]) -> ConfigNews:
    """The news of one template: of each entry the sentence, the former kind and name, and the new name."""
    told = tuple(news)
    return ConfigNews(tuple(sentence for sentence, _former, _new in told), {former: new for _sentence, former, new in told})


def kept_credentials(targets: Iterable[tuple[Ref, JsonObject]], names: CopyNames) -> tuple[str, ...]:
    """What is left as it is although it is versioned elsewhere, in sentences without a full stop."""
    return tuple(
        f"{ref}: {found.kind} {found.name} stays as it is in {found.where}, as it is a credential of the cluster's"
        for ref, template in targets
        for found in left_alone(template, names.names, names.copies)
    )


def _cron_job(entry: Companion, names: CopyNames) -> Companion:
    if entry.ref.kind != "CronJob":
        return entry
    return replace(entry, manifest=replaced(entry.manifest, _CRON_JOB, renamed(mapping(entry.manifest, *_CRON_JOB), names)))
