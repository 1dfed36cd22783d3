# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`$name` in the texts of a gate. An unknown or an empty one is an error: a query for `pod=~""` would find nothing, or everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import Template

from ..base.errors import InputError
from .gate import Gate, Http, JobRun, Prometheus, Source

NAMES = (
    "namespace",
    "name",
    "stable_hash",
    "candidate_hash",
    "stable_pods",
    "candidate_pods",
    "stable_service",
    "candidate_service",
)
"""What may stand there; the pods and Services are regular expressions that fit their whole names."""
SERVICES = frozenset(("stable_service", "candidate_service"))
"""What there is only where the versions have Services of their own."""


def names_in(text: str, where: str) -> tuple[str, ...]:
    """The placeholders of a text. Raises `InputError` for one that is unknown, and for a lone dollar."""
    template = Template(text)
    if not template.is_valid():
        raise InputError(f"{where} holds a lone $; write $$ for a dollar, or one of {_listed(NAMES)}.")
    found = tuple(dict.fromkeys(template.get_identifiers()))
    unknown = [name for name in found if name not in NAMES]
    if unknown:
        raise InputError(f"{where} holds ${unknown[0]}, which is not known; there are {_listed(NAMES)}, and $$ for a dollar.")
    return found


def filled(text: str, values: Mapping[str, str], where: str) -> str:
    """The text with its placeholders filled in. Raises `InputError` for one that is empty."""
    for name in names_in(text, where):
        if not values.get(name):
            raise InputError(f"{where} holds ${name}, and there is none here{_WHY.get(name, '')}.")
    return Template(text).substitute(values)


_BY_SERVICE = "; give prometheus.service, or ask for pods"
_WHY = {
    "name": ": give the workload by name",
    "stable_hash": ": no other version than the present one has pods",
    "stable_pods": ": no other version than the present one has pods",
    "candidate_hash": ": the workload has no version yet",
    "candidate_pods": ": the present version has no pods",
    "candidate_service": f": no Service leads to the new version alone, as before a switch only preview_service does{_BY_SERVICE}",
    "stable_service": f": no Service leads to the version before alone{_BY_SERVICE}",
}


def one_of(names: Sequence[str]) -> str:
    """A regular expression that fits each of these names, and no other; empty for none. It has no backslash: a query's strings take few."""
    return "|".join(name.replace(".", "[.]") for name in sorted(names))


_QUERIES = ("prometheus.query", "baseline.query", "min_samples.query")
_METRICS = ("prometheus.metric", "baseline", "min_samples")
"""The same options where the queries are made for a metric."""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"${name}" for name in names)


def needed(gate: Gate) -> frozenset[str]:
    """The placeholders that the texts of a gate hold. Raises as `names_in`."""
    return frozenset(name for text, where in _texts(gate.source) for name in names_in(text, where))


def compares(gate: Gate) -> bool:
    """Whether the texts of a gate speak of the version before."""
    return any(name.startswith("stable") for name in needed(gate))


def with_values(gate: Gate, values: Mapping[str, str]) -> Gate:
    """The gate with its placeholders filled in. Raises `InputError` for one that is empty."""
    source = gate.source
    new = {where: filled(text, values, where) for text, where in _texts(source)}
    if isinstance(source, Prometheus):
        query, baseline, samples = new.values()
        return replace(gate, source=replace(source, query=query, baseline=baseline, samples=samples))
    if isinstance(source, Http):
        return replace(gate, source=replace(source, url=new["http.url"], body=new["http.body"]))
    if isinstance(source, JobRun):
        return replace(gate, source=replace(source, env={name: new[f"job.env.{name}"] for name in source.env}))
    return gate


def _texts(source: Source) -> tuple[tuple[str, str], ...]:
    """The texts that may hold placeholders, with the names of their options."""
    if isinstance(source, Prometheus):
        told = tuple(f"{name} ({source.metric})" for name in _METRICS) if source.metric else _QUERIES
        return tuple(zip((source.query, source.baseline, source.samples), told, strict=True))
    if isinstance(source, Http):
        return (source.url, "http.url"), (source.body, "http.body")
    if isinstance(source, JobRun):
        return tuple((value, f"job.env.{name}") for name, value in source.env.items())
    return ()
