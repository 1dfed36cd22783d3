# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that leaves a call, as people may see it: secrets masked where one can stand, control characters made visible.

What only names things is never masked, nor is a number or a truth value: a password that is also the namespace's name would hide that.
For the same reason a known value that is a plain word is not looked for in sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._domain.base.objects import JsonObject, at, containers, mapping, text
from .._domain.text.masking import is_ordinary, mask
from .._domain.text.veils import secrets_within, veiled
from .._domain.text.visible import visible

_NAMING = frozenset(
    {
        *(
            "kind",
            "namespace",
            "name",
            "copy_name",
            "phase",
            "strategy",
            "state",
            "type",
            "status",
            "reason",
            "since",
            "object",
            "container",
        ),
        *(
            "images",
            "image",
            "replicas",
            "steps",
            "steps_left",
            "next_step",
            "pods",
            "nodes",
            "revision",
            "current",
            "created",
            "changes",
            "config",
        ),
        *("selector", "previous_selector", "sides", "traffic", "plan", "plan_hash", "application"),
        *("rule", "severity", "path", "from"),
        *("container", "before_header", "after_header", "outcomes", "outcome"),
    }
)
"""Keys of a result under which only names, numbers and words of ours stand."""
_DONE = frozenset({"diff", "template", "difference"})
"""Keys whose values were masked as objects, where one knows what a value is."""
_SENTENCES = frozenset({"msg", "cause", "message", "remedy", "why", "warnings"})
_GIVEN = ("definition", "resource_definition", "inline", "config", "data", "binary_data")


@dataclass
class Veil:
    """What is secret in a call, and what only has a name that looks like it. Both grow while the call learns more."""

    hidden: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    @property
    def known(self) -> frozenset[str]:
        """The texts that are masked wherever a secret can stand."""
        return frozenset(value for value in self.hidden if not is_ordinary(value) and value.strip() not in self.names)

    def learn(self, parameters: Mapping[str, Any], manifests: Sequence[JsonObject]) -> None:
        """Take the secrets and the names out of what the task gives."""
        self.names |= {*_names_in(parameters), *(name for manifest in manifests for name in _names_of(manifest))}
        for manifest in manifests:
            self.hidden |= secrets_within(manifest)
        for entry in (parameters, *(entry for entry in parameters.get("workloads") or () if isinstance(entry, Mapping))):
            env = entry.get("env")
            if isinstance(env, Mapping):
                self.hidden |= secrets_within({"annotations": {str(key): str(value) for key, value in env.items() if value is not None}})

    def sentence(self, line: str) -> str:
        """A sentence of ours, or what a server says, in several lines perhaps."""
        return visible(mask(line, self.known, self._images(), sentence=True))

    def result(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """A whole result."""
        self.names |= set(_images_in(result))
        known, images = self.known, self._images()
        return {key: self._shown(key, value, known, images) for key, value in result.items()}

    def _images(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if ":" in name)

    def _shown(self, key: str, value: Any, known: frozenset[str], images: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            return {name: self._shown(key if key in _NAMING | _DONE else str(name), item, known, images) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return _log(value, known) if key == "log" else [self._shown(key, item, known, images) for item in value]
        return _text(key, value, known, images) if isinstance(value, str) else value


def _log(lines: Sequence[str], known: frozenset[str]) -> list[str]:
    """Masked as a whole, for keys and certificates go over several lines."""
    return visible(mask("\n".join(lines), known)).split("\n") if lines else []


def _text(key: str, value: str, known: frozenset[str], images: tuple[str, ...]) -> str:
    if key in _DONE:
        return visible(value)
    return visible(value, lines=False) if key in _NAMING else visible(mask(value, known, images, sentence=key in _SENTENCES))


def without_secrets_of(spec: Mapping[str, Any], parameters: Mapping[str, Any], veil: Veil) -> dict[str, Any]:
    """The parameters as a result may show them: a definition and configuration as given, since they may hold Secrets and are long."""
    shown = dict(parameters)
    for name, option in spec.items():
        for known_as in (name, *option.get("aliases", ())):
            if option.get("no_log") and shown.get(known_as) is not None:
                shown[known_as] = "given"
    for name in _GIVEN:
        if shown.get(name) is not None:
            shown[name] = "given"
    if shown.get("workloads"):
        shown["workloads"] = [_without_env(entry, veil) for entry in shown["workloads"]]
    known = veil.known
    for name in ("change_cause", "requested_by", "to", "key"):
        if isinstance(shown.get(name), str):
            shown[name] = visible(mask(shown[name], known))
    return {name: _without_known(value, known) for name, value in _without_env(shown, veil).items()}


def _without_known(value: Any, known: frozenset[str]) -> Any:
    """What is known as a secret is masked wherever it was written, also in an option where it does not belong."""
    if isinstance(value, Mapping):
        return {key: _without_known(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_known(item, known) for item in value]
    return mask(value, known) if isinstance(value, str) and any(secret in value for secret in known) else value


def _without_env(entry: Any, veil: Veil) -> Any:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("env"), Mapping):
        return entry
    return {**entry, "env": veiled({"annotations": {str(key): value for key, value in entry["env"].items()}}, veil.known)["annotations"]}


def _names_in(parameters: Mapping[str, Any]) -> Iterator[str]:
    """What the options name: objects, namespaces, images."""
    for option in ("name", "namespace", "application", "service", "preview_service", "container", "kind"):
        value = parameters.get(option)
        if isinstance(value, str):
            yield value
    image = parameters.get("image")
    yield from _parts_of([image] if isinstance(image, str) else image.values() if isinstance(image, Mapping) else ())
    for option in ("workloads", "services"):
        for entry in parameters.get(option) or ():
            if isinstance(entry, Mapping):
                yield from _names_in(entry)


def _names_of(manifest: JsonObject) -> Iterator[str]:
    """What a manifest names: itself, its namespace, its containers and their images."""
    yield from filter(None, (text(manifest, "metadata", "name"), text(manifest, "metadata", "namespace"), text(manifest, "kind")))
    for _group, container in containers(mapping(manifest, "spec", "template")):
        yield text(container, "name")
        yield from _parts_of([at(container, "image")])


def _images_in(result: Any) -> Iterator[str]:
    if isinstance(result, Mapping):
        for key, value in result.items():
            if key == "images" and isinstance(value, Mapping):
                yield from _parts_of(value.values())
            elif key not in _DONE:
                yield from _images_in(value)
    elif isinstance(result, list | tuple):
        for item in result:
            yield from _images_in(item)


def _parts_of(images: Iterable[Any]) -> Iterator[str]:
    """Images, and the last parts of them, by which they are known as well."""
    for image in images:
        if isinstance(image, str):
            yield image
            yield image.rpartition("/")[2]
