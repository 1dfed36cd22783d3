# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fields of a workload that the server lets nobody change: which of them a refused manifest would change, and what to do.

Asked only where the server has refused a manifest for such a field: whether it is one is not ours to guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base.objects import JsonObject, JsonValue, mapping, ref_of
from ..base.quantities import quantity
from ..kinds import kind_in
from .fields import FieldSet, within

_DEFAULTS: Mapping[str, str] = {"podManagementPolicy": "OrderedReady"}
"""What comes back where such a field goes away."""


def changed_fields(live: JsonObject, manifest: JsonObject, dropped: FieldSet) -> tuple[str, ...]:
    """The names of those fields of the spec that the manifest would change, or that it lacks and that are `dropped` where it lacks them."""
    before, after = mapping(live, "spec"), mapping(manifest, "spec")
    kind = kind_in(live)
    return tuple(
        name
        for name in (kind.fixed_fields if kind is not None else ())
        if (
            _differs(name, before.get(name), after[name])
            if name in after
            else before.get(name) not in (None, _DEFAULTS.get(name)) and bool(within(dropped, "spec", name))
        )
    )


def _differs(name: str, live: JsonValue, wanted: JsonValue) -> bool:
    """As the server compares; a selector has no defaults."""
    before, after = _normal(live), _normal(wanted)
    return before != after if name == "selector" else not _covers(before, after)


def fixed_sentence(live: JsonObject, fields: Sequence[str]) -> str:
    """What is wrong with changing these fields, and what to do."""
    ref = ref_of(live)
    them = "it" if len(fields) == 1 else "them"
    names = " and ".join(filter(None, (", ".join(f"spec.{name}" for name in fields[:-1]), f"spec.{fields[-1]}")))
    be = "is" if len(fields) == 1 else "are"
    what = f"{ref}: {names} {be} not what the definition says, and Kubernetes lets nobody change {them}; give {them} the live value"
    if "selector" in fields:
        return f"{what}, or roll the definition out under another name."
    command = f"kubectl --namespace {ref.namespace} delete {ref.kind.lower()} {ref.name} --cascade=orphan"
    claims = ", existing claims stay as they are" if "volumeClaimTemplates" in fields else ""
    return f"{what}, or delete the {ref.kind} without its pods ({command}) and run the task again, which takes the pods over{claims}."


def _normal(value: JsonValue, above: str = "") -> JsonValue:
    """A value as the server compares it: without what is null or empty, and quantities as amounts."""
    if isinstance(value, Mapping):
        found = {key: _normal(item, key) for key, item in value.items()}
        return {key: item for key, item in found.items() if item not in (None, "", {}, [])}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_normal(item) for item in value]
    amount = quantity(value) if above == "storage" else None
    return value if amount is None else str(amount)


def _covers(live: JsonValue, wanted: JsonValue) -> bool:
    """What is wanted is there already; defaults may have been added to it."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(key in live and _covers(live[key], value) for key, value in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        if not isinstance(live, Sequence) or isinstance(live, str) or len(live) != len(wanted):
            return False
        return all(_covers(old, new) for old, new in zip(live, wanted, strict=True))
    return live == wanted
