# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight's request, and its part of the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, replaced, text
from .._domain.preflight.findings import KINDS, SEVERITIES, Finding
from .._domain.request import Limits, PreflightRequest, Selection, Severity
from .._domain.workloads.replicas import check_limits
from .._domain.workloads.shares import Share
from .._engine.tell.outcome import Outcome, Preflight
from .configs import entries_of
from .manifests import check_name
from .shares import WEIGHTS, shares_of

_FAILS_ON: Mapping[str, frozenset[Severity]] = {
    "error": frozenset({"error"}),
    "warning": frozenset({"error", "warning"}),
    "never": frozenset(),
}
_PLACED = frozenset({*KINDS, "Secret"} - {"Node"})
_WORDS: Mapping[Severity, tuple[str, str]] = {"error": ("error", "errors"), "warning": ("warning", "warnings"), "info": ("hint", "hints")}


def preflight_request(
    parameters: Mapping[str, Any], manifests: tuple[JsonObject, ...], selection: Selection | None, cluster_namespace: str
) -> PreflightRequest:
    """The request of `preflight_info`. `cluster_namespace` is empty where no cluster is asked. Raises `InputError`."""
    timeout, shutdown = parameters["wait_timeout"], parameters["shutdown_seconds"]
    if timeout is not None and timeout <= 0:
        raise InputError(f"wait_timeout must be at least 1 second, not {timeout}.")
    if shutdown is not None and shutdown < 0:
        raise InputError(f"shutdown_seconds must be 0 or more, not {shutdown}.")
    image = parameters["image"]
    if image is not None and not isinstance(image, str | Mapping):
        raise InputError(f"image must be a text, or a mapping of container to image, not {type(image).__name__}.")
    limits = Limits(
        max_surge=parameters["max_surge"],
        max_unavailable=parameters["max_unavailable"],
        min_ready_seconds=parameters["min_ready_seconds"],
        progress_deadline_seconds=parameters["progress_deadline_seconds"],
    )
    check_limits(surge=limits.max_surge, unavailable=limits.max_unavailable)
    namespace = parameters["namespace"] or cluster_namespace
    if namespace:
        check_name(namespace, "namespace")
    return PreflightRequest(
        manifests=tuple(_placed(manifest, namespace) for manifest in manifests),
        selection=selection,
        strategy=parameters["strategy"],
        image=image,
        limits=limits,
        wait_timeout=timeout,
        shutdown_seconds=shutdown,
        fails_on=_FAILS_ON[parameters["fail_on"]],
        ignore=_ignored(parameters["ignore"] or ()),
        versioned=frozenset(entry.key for entry in entries_of(parameters)),
        shares=_shares(parameters),
        least=1 if parameters["min_replicas"] is None else parameters["min_replicas"],
    )


def _shares(parameters: Mapping[str, Any]) -> tuple[Share, ...]:
    """The steps of a canary; none for other strategies. Raises `InputError` for what only a canary has."""
    if parameters["strategy"] == "canary":
        return shares_of({**parameters, "hold": 0.0}, WEIGHTS)
    given = next((option for option in ("weights", "steps", "min_replicas") if parameters[option] is not None), None)
    if given is not None:
        raise InputError(
            f"{given} says how far the steps of a canary go, and strategy is not canary; leave it out, or set strategy: canary."
        )
    return ()


def live_is_meant(parameters: Mapping[str, Any]) -> bool:
    """The task names live workloads, or says how to find them."""
    return any(parameters[option] is not None for option in ("name", "workloads", "label_selectors"))


def refuse_live(parameters: Mapping[str, Any]) -> None:
    """Raise `InputError` for options that need a cluster, where none is to be asked."""
    if live_is_meant(parameters):
        given = next(option for option in ("name", "workloads", "label_selectors") if parameters[option] is not None)
        raise InputError(
            f"{given} means a live workload, and cluster: false says that no cluster is to be asked; leave one of them out, or give a "
            "definition."
        )


def _placed(manifest: JsonObject, namespace: str) -> JsonObject:
    """A manifest in its own namespace, else in the task's."""
    if not namespace or text(manifest, "metadata", "namespace") or text(manifest, "kind") not in _PLACED:
        return manifest
    return replaced(manifest, ("metadata", "namespace"), namespace)


def _ignored(entries: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        if entry["rule"] in found:
            raise InputError(f"The rule {entry['rule']} stands in ignore twice; leave one out.")
        found[entry["rule"]] = entry["reason"]
    return found


# --- the result ---------------------------------------------------------------------------------------------------------------


def preflight_keys(outcome: Outcome, found: Preflight) -> dict[str, Any]:
    """What a result has besides what all have."""
    counts = Counter(finding.severity for finding in found.findings)
    keys: dict[str, Any] = {
        "msg": "\n".join([_summary(outcome, found), *map(_sentence, found.findings)]),
        "passed": not found.failing,
        "findings": [_entry(finding) for finding in found.findings],
        "ignored": [{"rule": rule, "reason": reason} for rule, reason in found.ignored.items()],
        "counts": {severity: counts[severity] for severity in SEVERITIES},
    }
    return keys | ({"failed": True} if found.failing else {})


def preflight_lines(found: Preflight) -> tuple[str, ...]:
    """What the terminal shows: each finding, and below it the lines that mend it."""
    return tuple(
        line for finding in found.findings for line in (_sentence(finding), *(f"    {line}" for line in finding.remedy.splitlines()))
    )


def _summary(outcome: Outcome, found: Preflight) -> str:
    if not outcome.rollouts:
        return "There is no Deployment, StatefulSet or DaemonSet to look at before a rollout."
    what = ", ".join(str(rollout.ref) for rollout in outcome.rollouts[:3])
    what += f" and {len(outcome.rollouts) - 3} more" if len(outcome.rollouts) > 3 else ""
    summary = f"The preflight of {what} found {_counted(found.findings)}"
    if found.ignored:
        summary += f" (ignored: {', '.join(found.ignored)})"
    if not found.failing:
        return f"{summary}."
    rules = ", ".join(dict.fromkeys(finding.rule for finding in found.failing))
    level = "warning" if "warning" in found.fails_on else "error"
    return (
        f"{summary}, and fails for {rules} (fail_on: {level}). Mend them by the lines given with each finding, or list the rule with a "
        "reason in ignore."
    )


def _counted(findings: tuple[Finding, ...]) -> str:
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[severity]} {_WORDS[severity][counts[severity] != 1]}" for severity in SEVERITIES if counts[severity]]
    return " and ".join([part for part in (", ".join(parts[:-1]), *parts[-1:]) if part]) or "nothing"


def _sentence(finding: Finding) -> str:
    return f"{finding.severity} {finding.rule} {finding.ref} {finding.path}: {finding.why}"


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "kind": finding.ref.kind,
        "namespace": finding.ref.namespace,
        "name": finding.ref.name,
        "path": finding.path,
        "why": finding.why,
        "lines": finding.remedy.splitlines(),
    }
