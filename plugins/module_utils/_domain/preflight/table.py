# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rules of the preflight in one table, and the function that asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from ..base.errors import InputError
from ..request import Severity
from . import rules_canary, rules_capacity, rules_content, rules_limits, rules_pods, rules_policies, rules_services
from .findings import SEVERITIES, Fault, Finding, Scenery
from .manifest import Subject, subjects

Check: TypeAlias = Callable[[Subject, Scenery], Iterator[Fault]]


@dataclass(frozen=True)
class Rule:
    """One row."""

    name: str
    severity: Severity
    title: str
    """What is wrong, in a few words."""
    about: str
    """One sentence for the documentation: when it is said, and what it costs."""
    check: Check


RULES: tuple[Rule, ...] = (
    # How many at a time
    Rule(
        "surge-and-unavailable-zero",
        "error",
        "nothing may be added and nothing taken away",
        "maxSurge and maxUnavailable are both 0 (of a StatefulSet: maxUnavailable is), so that no pod could ever be replaced.",
        rules_limits.both_zero,
    ),
    Rule(
        "limits-refused",
        "error",
        "maxSurge or maxUnavailable is refused by Kubernetes",
        "They are no counts or percentages, above 100%, or may not be set together on a DaemonSet.",
        rules_limits.limits_refused,
    ),
    Rule(
        "unavailable-rounds-to-zero",
        "warning",
        "maxUnavailable rounds to 0 and 1 is used",
        "A percentage of few pods rounds down to 0 while no pod may be added, and Kubernetes then takes one pod away nevertheless.",
        rules_limits.rounds_to_zero,
    ),
    Rule(
        "unavailable-takes-all",
        "error",
        "all pods may go at once",
        "maxUnavailable is as large as the number of pods, so that nobody answers until the new ones are ready.",
        rules_limits.takes_all,
    ),
    Rule(
        "single-replica",
        "warning",
        "one pod alone answers",
        "A Service leads to a workload of one pod: each eviction and each crash is an outage.",
        rules_limits.single_replica,
    ),
    Rule(
        "recreate-behind-service",
        "warning",
        "Recreate on a workload that a Service leads to",
        "All pods end before the first new one starts, so that every request in between fails.",
        rules_limits.recreate_served,
    ),
    # How long
    Rule(
        "min-ready-exceeds-deadline",
        "error",
        "minReadySeconds is not less than the progress deadline",
        "A Deployment whose minReadySeconds reaches progressDeadlineSeconds is refused: no pod could become available in time.",
        rules_limits.min_ready_and_deadline,
    ),
    Rule(
        "min-ready-exceeds-timeout",
        "error",
        "minReadySeconds lasts longer than the rollout is waited for",
        "The rounds of pods times minReadySeconds reach the time that the rollout is waited for, so that it is given up half way.",
        rules_limits.min_ready_and_timeout,
    ),
    Rule(
        "startup-exceeds-deadline",
        "warning",
        "a startup probe allows more time than the progress deadline",
        "initialDelaySeconds and failureThreshold times periodSeconds of a startupProbe reach progressDeadlineSeconds, so that a slow "
        "start counts as a failed rollout.",
        rules_limits.startup_and_deadline,
    ),
    Rule(
        "start-exceeds-deadline",
        "warning",
        "pods took longer to start than the progress deadline",
        "Half of the pods that run took progressDeadlineSeconds or longer from their creation (pull of the image and start) to being "
        "ready, so that the next rollout counts as failed although nothing is wrong.",
        rules_limits.start_and_deadline,
    ),
    Rule(
        "no-history",
        "warning",
        "no revision is kept",
        "revisionHistoryLimit is 0, so that there is nothing to go back to while requests fail.",
        rules_limits.no_history,
    ),
    # How pods come and go
    Rule(
        "no-readiness-probe",
        "warning",
        "no readinessProbe",
        "A container that answers requests has no readinessProbe and gets requests before it can answer them; a probe of a sidecar "
        "does not stand in for it.",
        rules_pods.no_readiness,
    ),
    Rule(
        "readiness-equals-liveness",
        "warning",
        "readinessProbe and livenessProbe are the same",
        "A pod that is busy for a moment is restarted when it should only get no new requests.",
        rules_pods.same_probes,
    ),
    Rule(
        "no-pre-stop",
        "warning",
        "no preStop hook behind a Service",
        "A container behind a Service ends while the nodes still send it requests.",
        rules_pods.no_pre_stop,
    ),
    Rule(
        "pre-stop-too-short",
        "warning",
        "the preStop hook sleeps less than 2 s",
        "The nodes learn within about two seconds that a pod ends; requests that come after a shorter sleep are lost.",
        rules_pods.short_pre_stop,
    ),
    Rule(
        "pre-stop-exceeds-grace",
        "error",
        "the preStop hook sleeps longer than the grace period",
        "The program is killed in the middle of the hook, without having been told to end.",
        rules_pods.long_pre_stop,
    ),
    Rule(
        "grace-too-short",
        "warning",
        "the preStop hook leaves too little of the grace period",
        "What is left after the hook is less than the program needs to end (where that is not known: less than a second).",
        rules_pods.little_grace,
    ),
    Rule(
        "grace-zero",
        "warning",
        "the grace period is 0",
        "terminationGracePeriodSeconds 0 kills programs at once and runs no preStop hook.",
        rules_pods.no_grace,
    ),
    Rule(
        "pre-stop-needs-shell",
        "warning",
        "the preStop hook runs a shell in an image that has none",
        "The names of distroless, scratch and static images tell that they have no shell and no sleep, so that the hook fails.",
        rules_pods.no_shell,
    ),
    Rule(
        "native-sleep-unknown",
        "error",
        "the server does not know the native sleep",
        "A preStop or postStart hook sleeps natively, on a server before 1.30.",
        rules_pods.sleep_unknown,
    ),
    # Services
    Rule(
        "service-selects-nothing",
        "warning",
        "a Service leads to nothing",
        "A Service of the definition selects the pods of no workload that is known.",
        rules_services.selects_nothing,
    ),
    Rule(
        "service-selects-several",
        "warning",
        "a Service leads to several workloads",
        "A Service selects pods of several workloads, so that some requests reach the wrong program.",
        rules_services.selects_several,
    ),
    Rule(
        "service-loses-pods",
        "error",
        "a Service would be left without a ready pod",
        "A Service selects labels that new pods do not have, or that old ones do not have yet, or the hash of the present template.",
        rules_services.loses_pods,
    ),
    Rule(
        "service-of-one-pod",
        "warning",
        "a Service leads to one pod of a StatefulSet",
        "A Service selects the name or the ordinal of one pod of a StatefulSet, and leads to nothing while that pod is replaced.",
        rules_services.of_one,
    ),
    Rule(
        "service-publishes-unready",
        "warning",
        "a Service leads to pods that are not ready",
        "publishNotReadyAddresses is set on a Service that brings requests; the one that names a StatefulSet's pods may have it.",
        rules_services.publishes_unready,
    ),
    Rule(
        "service-traffic-local",
        "warning",
        "a Service keeps requests on the node",
        "externalTrafficPolicy or internalTrafficPolicy is Local, so that a node without a ready pod drops what reaches it.",
        rules_services.local_traffic,
    ),
    Rule(
        "service-port-missing",
        "error",
        "a Service leads to a port that no container has",
        "The name of a targetPort is the name of no port of the pods, so that none of them gets a request.",
        rules_services.port_missing,
    ),
    # Budgets and autoscalers
    Rule(
        "budget-blocks-evictions",
        "warning",
        "a PodDisruptionBudget allows no eviction",
        "As many pods must stay as there are, so that nodes can only be emptied by force.",
        rules_policies.blocks_evictions,
    ),
    Rule(
        "budget-matches-nothing",
        "warning",
        "a PodDisruptionBudget counts no pod",
        "A budget of the definition selects the pods of no workload that is known.",
        rules_policies.matches_nothing,
    ),
    Rule(
        "budget-of-daemonset",
        "error",
        "a PodDisruptionBudget cannot count the pods of a DaemonSet",
        "maxUnavailable or a percentage on pods of a DaemonSet, for which every eviction is refused for ever.",
        rules_policies.of_daemons,
    ),
    Rule(
        "budgets-overlap",
        "warning",
        "two PodDisruptionBudgets count the same pods",
        "Kubernetes answers evictions of such pods with an error.",
        rules_policies.budgets_overlap,
    ),
    Rule(
        "replicas-outside-autoscaler",
        "warning",
        "replicas are not what the autoscaler allows",
        "The manifest asks for fewer or more replicas than the HorizontalPodAutoscaler's bounds.",
        rules_policies.outside_bounds,
    ),
    Rule(
        "replicas-beside-autoscaler",
        "warning",
        "replicas are written beside an autoscaler",
        "Each rollout sets the number of pods back to the manifest's, whatever the load.",
        rules_policies.beside_autoscaler,
    ),
    Rule(
        "autoscalers-overlap",
        "warning",
        "two autoscalers scale the same workload",
        "Kubernetes stops scaling a workload that two HorizontalPodAutoscalers want to scale.",
        rules_policies.autoscalers_overlap,
    ),
    # Canaries
    Rule(
        "canary-with-recreate",
        "error",
        "a canary of a Deployment with the strategy Recreate",
        "The rollout is to be a canary, and Recreate leaves no pods beside which the candidate could run.",
        rules_canary.recreates,
    ),
    Rule(
        "canary-scaled-to-zero",
        "error",
        "a canary of a Deployment that may be scaled to 0",
        "A HorizontalPodAutoscaler with minReplicas 0, or a ScaledObject of KEDA whose minReplicaCount is 0 or not given (or whose "
        "idleReplicaCount is 0), takes the stable pods away in the middle of a canary, and all that come back run the candidate. Live "
        "ScaledObjects are looked at where KEDA has made an autoscaler.",
        rules_canary.scaled_to_zero,
    ),
    Rule(
        "canary-counted-by-autoscaler",
        "warning",
        "an autoscaler counts the pods that a canary adds",
        "An external or object metric with AverageValue is divided by all pods, so that their number may grow with each step of a canary.",
        rules_canary.counts_pods,
    ),
    Rule(
        "canary-behind-several-services",
        "info",
        "several Services lead to the pods of a canary",
        "Whoever uses any of these Services gets the candidate too.",
        rules_canary.several_services,
    ),
    # What pods are made of
    Rule(
        "image-latest",
        "warning",
        "an image has no tag, or latest",
        "Which version answers depends on when a node pulled the image.",
        rules_content.latest,
    ),
    Rule(
        "image-tag-moves",
        "warning",
        "an image's tag is moved from version to version",
        "Tags such as stable, main or nightly lead to another program tomorrow.",
        rules_content.moving_tag,
    ),
    Rule(
        "config-without-version",
        "warning",
        "a ConfigMap or Secret has one name for all versions",
        "A ConfigMap or Secret of the definition, or a live ConfigMap, that the pods use is changed in place: old pods may get the new "
        "content, and going back does not bring the old content back. Certificates and immutable ones are left out.",
        rules_content.config_without_version,
    ),
    Rule(
        "no-requests",
        "info",
        "a container asks for no processor or memory",
        "New pods are put on full nodes and are the first to be evicted.",
        rules_content.no_requests,
    ),
    # Room
    Rule(
        "quota-exceeded",
        "error",
        "a quota has no room for the new pods",
        "A ResourceQuota has less left than the pods need that must come before others may go, or than all pods need of what is new.",
        rules_capacity.quota_exceeded,
    ),
    Rule(
        "quota-needs-requests",
        "error",
        "a quota wants requests or limits that a container does not name",
        "Where a ResourceQuota counts processor or memory and no LimitRange fills them in, pods that do not name them are refused.",
        rules_capacity.quota_needs,
    ),
    Rule(
        "nodes-too-small",
        "warning",
        "the nodes have no room for the new pods",
        "The nodes that may take the pods could not hold those of the rollout even if they were empty: it stands still unless somebody, an "
        "autoscaler perhaps, adds nodes.",
        rules_capacity.nodes_too_small,
    ),
    Rule(
        "host-port-with-surge",
        "warning",
        "a port of the node is taken while a new pod needs it",
        "hostPort or hostNetwork, where new pods must start beside the old ones.",
        rules_capacity.host_port,
    ),
    Rule(
        "volume-of-one-node",
        "warning",
        "a volume that one node alone may have is shared by old and new pods",
        "A claim with ReadWriteOnce or ReadWriteOncePod alone, on a workload whose new pods start beside the old ones.",
        rules_capacity.volume_alone,
    ),
    Rule(
        "anti-affinity-blocks-surge",
        "warning",
        "required anti-affinity leaves no node for a new pod",
        "There are fewer nodes or zones than pods during the rollout, each of which wants one of its own.",
        rules_capacity.apart,
    ),
    Rule(
        "spread-blocks-surge",
        "warning",
        "topology spreading leaves no place for a new pod",
        "DoNotSchedule, while a place counts that can take no pod (a tainted node, a zone that minDomains expects).",
        rules_capacity.spread,
    ),
)


def check(scenery: Scenery, ignore: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """What all rules find in a scenery, the worst first, each thing once.

    `ignore` has rules that are not asked, with the reason why. `InputError` for a rule that does not exist, or a reason that is empty.
    """
    ignored = {} if ignore is None else ignore
    check_ignored(ignored)
    found = {
        Finding(rule.name, rule.severity, fault.ref, fault.path, fault.why, fault.remedy)
        for rule in RULES
        if rule.name not in ignored
        for subject in subjects(scenery.manifests)
        for fault in rule.check(subject, scenery)
    }
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str, str]:
    return SEVERITIES.index(finding.severity), str(finding.ref), finding.rule, finding.path, finding.why


def check_ignored(ignored: Mapping[str, str]) -> None:
    """Raise `InputError` for a rule to ignore that does not exist, and for a reason that is empty."""
    names = [rule.name for rule in RULES]
    for name, reason in ignored.items():
        if name not in names:
            meant = next(iter(get_close_matches(name, names, n=1)), "")
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(sorted(names))}."
            raise InputError(f"The preflight has no rule {name!r} to ignore: {hint}")
        if not reason.strip():
            raise InputError(f"The preflight's rule {name} is to be ignored without a reason: say why, it stands in the report.")
