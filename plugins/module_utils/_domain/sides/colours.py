# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The colours of blue/green: what their Deployments are called, what tells their pods apart, what their manifests are.

A workload `web` has the colours `web-blue` and `web-green`. A Deployment `web` that was there before is adopted: it keeps its name and is
the colour blue. A Deployment's selector cannot be changed, and a new label in its template would restart its pods; so the pods that an
adopted Deployment had on that day are told apart by the hash of their template, and it stays paused as long as a Service names that
hash. From its next version on it has the label of its colour as all others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, Ref, at, items, mapping, number, ref_of, replaced, text, texts, without
from ..base.resources import DEPLOYMENT
from ..traffic.services import Selector, picks, spelled
from ..workloads.records import RECORDS
from ..workloads.revisions import candidate_of
from ..workloads.workload import CHANGE_CAUSE, COLOUR, TEMPLATE_HASH, Snapshot, normal, plain

KEPT = 10
"""How many promotions can be gone back to at least."""
_LABELS = ("spec", "template", "metadata", "labels")
_NOT_OURS = ("deployment.kubernetes.io/", "kubectl.kubernetes.io/last-applied-configuration", CHANGE_CAUSE, *RECORDS)


def deployments_of(workload: str) -> tuple[str, str, str]:
    """The names of all Deployments that a workload may have."""
    return workload, f"{workload}-blue", f"{workload}-green"


def colour_of(workload: str, deployment: str) -> str:
    """The colour of one of the workload's Deployments: blue or green."""
    return "green" if deployment == f"{workload}-green" else "blue"


def other(workload: str, live: str, existing: Collection[str]) -> str:
    """The Deployment that takes over from `live` (empty: none is live yet)."""
    blue = f"{workload}-blue"
    if live == f"{workload}-green":
        return workload if workload in existing and blue not in existing else blue
    return f"{workload}-green" if live else blue


# --- telling pods apart -------------------------------------------------------------------------------------------------------


def base_of(selector: Selector) -> dict[str, str]:
    """A selector without what tells the colours apart."""
    return {key: value for key, value in selector.items() if key not in (COLOUR, TEMPLATE_HASH)}


def mark_of(snapshot: Snapshot) -> dict[str, str]:
    """The label by which the pods of a Deployment's present template are told from all others; empty while it is not known."""
    if snapshot.workload is None:
        return {}
    colour = texts(snapshot.workload.template, "metadata", "labels").get(COLOUR, "")
    if colour:
        return {COLOUR: colour}
    revision = candidate_of(snapshot)
    return {TEMPLATE_HASH: revision.hash} if revision is not None and revision.hash else {}


def is_coloured(template: JsonObject) -> bool:
    """The pods of this template have the label of a colour."""
    return bool(texts(template, "metadata", "labels").get(COLOUR, ""))


def is_pinned(selector: Selector) -> bool:
    """A Service with this selector leads to one template of an adopted Deployment, which must not get another one meanwhile."""
    return TEMPLATE_HASH in selector


def fingerprint(template: JsonObject) -> str:
    """Short text that is equal for equal templates, whatever their colour."""
    bare = normal(without(template, "metadata", "labels", COLOUR))
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:16]


# --- manifests ----------------------------------------------------------------------------------------------------------------


def coloured(manifest: JsonObject, deployment: str) -> dict[str, JsonValue]:
    """The manifest of a workload as that of one of its colours.

    How many replicas there are is decided by the rollout, which scales it; so is whether it is paused. What it can be gone back to are
    its revisions: it keeps enough of them.
    """
    workload = text(manifest, "metadata", "name")
    colour = colour_of(workload, deployment)
    found = replaced(manifest, ("metadata", "name"), deployment)
    found = replaced(found, ("metadata", "labels", COLOUR), colour)
    found = replaced(found, (*_LABELS, COLOUR), colour)
    if deployment != workload:
        found = replaced(found, ("spec", "selector", "matchLabels", COLOUR), colour)
    return _governed(found)


def plain_manifest(manifest: JsonObject) -> dict[str, JsonValue]:
    """The manifest of a workload as that of the Deployment of its own name without a colour, as before blue/green."""
    return _governed(manifest)


def _governed(manifest: JsonObject) -> dict[str, JsonValue]:
    found = without(without(manifest, "spec", "replicas"), "spec", "paused")
    kept = number(found, "spec", "revisionHistoryLimit", default=KEPT)
    return replaced(found, ("spec", "revisionHistoryLimit"), max(kept, KEPT))


def manifest_from(live: JsonObject, workload: str) -> dict[str, JsonValue]:
    """What somebody would have written to get a live Deployment of this workload: without what its colour, the cluster or we added."""
    metadata: dict[str, JsonValue] = {"name": workload, "namespace": text(live, "metadata", "namespace")}
    labels = _without_colour(texts(live, "metadata", "labels"))
    annotations = {key: value for key, value in texts(live, "metadata", "annotations").items() if not key.startswith(_NOT_OURS)}
    metadata |= {name: found for name, found in (("labels", labels), ("annotations", annotations)) if found}
    spec = {**mapping(live, "spec"), "template": plain(mapping(live, "spec", "template"))}
    bare: JsonObject = {"apiVersion": DEPLOYMENT.api_version, "kind": DEPLOYMENT.kind, "metadata": metadata, "spec": spec}
    bare = without(without(bare, *_LABELS, COLOUR), "spec", "selector", "matchLabels", COLOUR)
    return without(bare, "spec", "paused")


def with_template(manifest: JsonObject, template: JsonObject) -> dict[str, JsonValue]:
    """The manifest with another template, whatever colour that was of."""
    return replaced(manifest, ("spec", "template"), without(template, "metadata", "labels", COLOUR))


def _without_colour(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key != COLOUR}


# --- mistakes -----------------------------------------------------------------------------------------------------------------


def check_manifest(manifest: JsonObject) -> None:
    """Raise `InputError` where no colour can be made of a Deployment's manifest."""
    ref = ref_of(manifest)
    chosen = texts(manifest, "spec", "selector", "matchLabels")
    labels = texts(manifest, *_LABELS)
    for where, found in (("spec.selector.matchLabels", chosen), ("spec.template.metadata.labels", labels)):
        if COLOUR in found:
            raise InputError(f"{ref} has the label {COLOUR} in {where}, which blue/green sets by itself; leave it out.")
    for expression in items(manifest, "spec", "selector", "matchExpressions"):
        if text(expression, "key") in (COLOUR, TEMPLATE_HASH):
            raise InputError(f"{ref} selects by {text(expression, 'key')}, so that it could not take a colour; leave that expression out.")
    if not chosen:
        raise InputError(f"{ref} has no spec.selector.matchLabels, so that it could not take a colour; give it labels there.")
    missing = sorted(key for key, value in chosen.items() if labels.get(key) != value)
    if missing:
        raise InputError(f"{ref} selects pods by {missing[0]}={chosen[missing[0]]}, which its template's labels lack; add it to them.")
    if at(manifest, "spec", "paused") is True:
        raise InputError(f"{ref} is paused in its manifest, so nothing would be rolled out; take paused out.")


def workload_behind(service: Ref, base: Selector, templates: Mapping[str, JsonObject]) -> str:
    """The workload whose pods a Service picks, by the workloads' templates. Raises `InputError` for none or several."""
    chosen = sorted(name for name, template in templates.items() if picks(base, texts(template, "metadata", "labels")))
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f"Deployment {name}" for name in sorted(templates))
    if chosen:
        both = " and ".join(chosen)
        raise InputError(f"{service} selects the pods of {both} alike by {spelled(base)}; give it a label that only one of them has.")
    if not base:
        raise InputError(f"{service} has no selector, so it leads to no pods of {names}; give it one, or name another Service.")
    raise InputError(
        f"{service} selects {spelled(base)}, which the template's labels of {names} do not have; correct its selector, or name another "
        "Service."
    )


def missing_port(named: Collection[str], template: JsonObject) -> str:
    """A port of the pods that a Service calls by a name that they do not have; empty when there is none."""
    there = {
        text(port, "name")
        for group in ("containers", "initContainers")
        for entry in items(template, "spec", group)
        for port in items(entry, "ports")
    }
    return next((name for name in sorted(named) if name not in there), "")
