# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a value of null in a manifest means: a field that is not there, an empty text in a map of texts, as the API server reads it.

Sent as it stands, server-side apply would own such a field, and would set it back to its default where somebody else had given it a
value (seen with `replicas:` left empty).

Kinds that are not Kubernetes' own keep theirs: there null may be a value, or stand for the schema's default. In lists null stays for the
server to judge, which takes some and refuses others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base.objects import JsonObject, JsonValue, text

_GROUPS = frozenset(
    {
        *("", "apps", "autoscaling", "batch", "extensions", "policy"),
        *(f"{name}.k8s.io" for name in ("coordination", "discovery", "networking", "node", "scheduling", "storage")),
        "rbac.authorization.k8s.io",
    }
)
_TEXTS = frozenset({"annotations", "labels", "matchLabels", "nodeSelector", "volumeAttributes"})
"""Maps of texts by key, wherever they stand."""
_TEXTS_OF: Mapping[str, frozenset[str]] = {
    "ConfigMap": frozenset({"data", "binaryData"}),
    "Secret": frozenset({"data", "stringData"}),
    "Service": frozenset({"selector"}),
    "ReplicationController": frozenset({"selector"}),
    "StorageClass": frozenset({"parameters"}),
    "VolumeAttributesClass": frozenset({"parameters"}),
}
"""Maps of texts that other kinds have as something else."""
_QUANTITIES = frozenset(
    {*("limits", "requests", "hard", "capacity", "overhead"), *("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")}
)


def without_nulls(manifest: JsonObject) -> JsonObject:
    """The manifest as the server understands it, without values of null; of a kind that is not Kubernetes' own only its metadata."""
    if text(manifest, "apiVersion").rpartition("/")[0] in _GROUPS:
        return _filled(manifest, _TEXTS | _TEXTS_OF.get(text(manifest, "kind"), frozenset()))
    metadata = manifest.get("metadata")
    return {**manifest, "metadata": _filled(metadata, _TEXTS)} if isinstance(metadata, Mapping) else manifest


def _filled(value: JsonObject, of_texts: frozenset[str], empty: str | None = None) -> dict[str, JsonValue]:
    """A mapping with `empty` for each null; without them where that is None."""
    found = {key: empty if item is None else _read(key, item, of_texts) for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not None}


def _read(key: str, value: JsonValue, of_texts: frozenset[str]) -> JsonValue:
    if isinstance(value, Mapping):
        return _filled(value, of_texts, "" if key in of_texts else "0" if key in _QUANTITIES else None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_filled(entry, of_texts) if isinstance(entry, Mapping) else entry for entry in value]
    return value
