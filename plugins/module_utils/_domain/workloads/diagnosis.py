# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a rollout does not get on: the causes that the cluster shows, each with what to do about it and whether waiting can help.

Only what belongs to the candidate counts: its pods, its ReplicaSet, the workload's own conditions. What an old pod suffers from is
no reason to fail a new version. The messages that are matched are those of the kubelet, containerd, CRI-O, cri-dockerd, of the
common registries and of the API server's admission; what no rule knows may heal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ..base.objects import Ref
from ..text.masking import mask
from .completion import standing
from .revisions import candidate_of, is_of
from .workload import Container, Pod, Revision, Snapshot, Workload, condition

Outlook = Literal["permanent", "may_heal", "crash_loop"]

CRASH_LIMIT = 3
"""The restart at which a crash loop counts as failed."""
_LONGEST = 300
"""Characters of a foreign message that are shown."""


@dataclass(frozen=True)
class Finding:
    """One cause. `permanent` fails at once, `may_heal` after a grace, `crash_loop` at the restart count that the caller sets."""

    ref: Ref
    container: str
    """Empty where the cause is not one container's."""
    reason: str
    """One word, Kubernetes' own where it has one: ImagePullBackOff, CrashLoopBackOff, Unschedulable, FailedCreate, ..."""
    message: str
    remedy: str
    outlook: Outlook
    restarts: int = 0
    init: bool = False

    @property
    def starting(self) -> bool:
        """Every start looks like that for a while: count a grace for each pod by itself, not for the rollout."""
        return self.reason in ("NotReady", "Initializing")

    @property
    def cause(self) -> str:
        """Object, reason and message, without the remedy."""
        container = f", {'init ' if self.init else ''}container {self.container}" if self.container else ""
        return f"{self.ref}{container}: {self.reason}: {self.message}"

    @property
    def sentence(self) -> str:
        """`Pod shop/web-6d4f, container app: ImagePullBackOff: image registry.example/web:2.0 not found; check ...`."""
        return f"{self.cause}; {self.remedy}"


@dataclass(frozen=True)
class _Rule:
    """What a message that matches `pattern` means; `says` may use `{image}` and `{said}`, the message as it was."""

    pattern: re.Pattern[str]
    outlook: Outlook
    says: str
    remedy: str


def _rule(pattern: str, outlook: Outlook, says: str, remedy: str) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), outlook, says, remedy)


_NO_PULL = "image {image} could not be pulled: {said}"
_PULL = (
    _rule("errimageneverpull", "permanent", "image {image} is not on the node and imagePullPolicy is Never", "correct imagePullPolicy"),
    _rule("invalidimagename|invalid reference format|couldn't parse image", "permanent", "{image} is no valid image name", "correct it"),
    _rule(
        r"toomanyrequests|too many requests|rate limit|\b429\b|pull qps exceeded",
        "may_heal",
        _NO_PULL,
        "the limit of pulls is reached: authenticate by imagePullSecrets or use a mirror",
    ),
    _rule(
        "no such host|name resolution|server misbehaving",
        "may_heal",
        _NO_PULL,
        "check the registry's host name and the name resolution of the nodes",
    ),
    _rule("x509|http response to https", "may_heal", _NO_PULL, "check the registry's certificate and the trust of the nodes in it"),
    _rule(
        r"i/o timeout|timed? ?out|deadline ?exceeded|tls handshake|connection (refused|reset)|no route to host|unreachable|\beof\b"
        r"|registryunavailable|proxyconnect|\b5\d\d (internal|bad|service|gateway)|status( ?code)?:? 5\d\d|use of closed network",
        "may_heal",
        _NO_PULL,
        "check that the nodes reach the registry",
    ),
    _rule(
        "no match for platform|no matching manifest for|no image found in .* for architecture|cannot be used on this platform",
        "permanent",
        "image {image} has no variant for the node's platform",
        "build it for that platform or select other nodes",
    ),
    _rule(
        "signaturevalidationfailed|signature",
        "permanent",
        "image {image} is not signed as the nodes demand",
        "sign it or correct the policy",
    ),
    _rule(
        "does not exist or may require|may not exist",
        "permanent",
        "image {image} does not exist or may not be pulled",
        "check the image's name and tag, and imagePullSecrets",
    ),
    _rule(
        r"denied|unauthorized|not authorized|authorization (failed|status)|insufficient_scope|forbidden"
        r"|unauthenticated|authentication required|basic auth"
        r"|\b40[13]\b",
        "permanent",
        "image {image} may not be pulled: the registry refuses the credentials or their absence",
        "check imagePullSecrets and the rights on the repository",
    ),
    _rule(
        r"not ?found|manifest[ _]unknown|name[ _]unknown|does not exist|not known to registry|no such image|\b404\b"
        r"|failed to fetch from request",
        "permanent",
        "image {image} not found",
        "check the image's name and tag",
    ),
    _rule("", "may_heal", _NO_PULL, "look at the pod's events"),
)
_IMAGE_REASONS = frozenset(
    ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable")
) | {"SignatureValidationFailed"}

_CONFIG = (
    _rule("timed out|failed to sync|not yet been read", "may_heal", "{said}", "the node's copy is late; wait"),
    _rule(
        r"""(configmap|secret)s? "[^"]*" not found|couldn't find key|references non-existent""",
        "permanent",
        "{said}",
        "create it or correct the reference in the template",
    ),
    _rule(
        "runasnonroot|non-root|nonroot",
        "permanent",
        "{said}",
        "set securityContext.runAsUser to a number other than 0 or use an image that does not run as root",
    ),
    _rule("", "may_heal", "{said}", "look at the pod's events and volumes"),
)
_CREATE = (
    _rule("no command specified", "permanent", "{said}", "set a command in the template or an entrypoint in the image"),
    _rule("", "may_heal", "{said}", "look at the pod's events and the container runtime of the node"),
)
_START = (
    _rule(
        "oom-killed|memory limit too low", "crash_loop", "{said}", "the memory limit is too small to start: raise resources.limits.memory"
    ),
    _rule("exec format error", "crash_loop", "{said}", "the program is built for another platform, or a script lacks its first line"),
    _rule("permission denied", "crash_loop", "{said}", "the command may not be executed: check its mode and the container's user"),
    _rule("not found|no such file", "crash_loop", "{said}", "the command is not in the image: check command, args and the image"),
    _rule("", "crash_loop", "{said}", "check command, args, mounts and securityContext"),
)
_OTHER = (_rule("", "may_heal", "{said}", "look at the pod's events"),)
_WAITING: Mapping[str, tuple[_Rule, ...]] = {
    "CreateContainerConfigError": _CONFIG,
    "CreateContainerError": _CREATE,
    "RunContainerError": _START,
    "PostStartHookError": (_rule("", "crash_loop", "{said}", "look at lifecycle.postStart and the container's log"),),
    **dict.fromkeys(_IMAGE_REASONS, _PULL),
}
_STARTING = frozenset(("ContainerCreating", "PodInitializing"))
_NEVER_RAN = frozenset(("StartError", "ContainerCannotRun"))

_CREATION = (
    _rule("exceeded quota", "may_heal", "{said}", "raise the ResourceQuota or free some of it"),
    _rule("failed quota", "permanent", "{said}", "set the requests and limits that the ResourceQuota demands"),
    _rule("denied the request", "permanent", "{said}", "correct the template as the admission webhook demands"),
    _rule("failed calling|failed to call", "may_heal", "{said}", "look at the admission webhook: it does not answer"),
    _rule("violates podsecurity", "permanent", "{said}", "correct securityContext or the Pod Security level of the namespace"),
    _rule(
        "security context constraint",
        "permanent",
        "{said}",
        "correct securityContext or grant the service account a constraint that allows it",
    ),
    _rule("error looking up service account", "may_heal", "{said}", "create the service account"),
    _rule("forbidden|is invalid", "permanent", "{said}", "correct the template: the API server refuses its pods"),
    _rule("", "may_heal", "{said}", "look at its events"),
)

_EXITS: Mapping[int, tuple[str, str]] = {
    0: ("the process ended by itself", "its containers have to keep running: check command and args"),
    126: ("the command could not be executed", "check its mode, and that it is a program for the node's platform"),
    127: ("the command was not found", "check command, args and the image"),
    137: ("killed by SIGKILL", "look for a failing livenessProbe, or a node that is short of memory"),
    139: ("segmentation fault", "look at the container's log, and at the libraries in the image"),
    143: ("ended by SIGTERM", "look for a failing livenessProbe or startupProbe"),
}


def creation_remedy(said: str) -> str:
    """What to do where the server refuses a pod with these words."""
    return _first(_CREATION, said).remedy


def diagnose(snapshot: Snapshot, *, pull_errors: Mapping[tuple[str, str], str] | None = None) -> tuple[Finding, ...]:
    """The causes that keep the snapshot's rollout from being done, the worst first; none is no promise that all is well.

    `pull_errors` maps (UID of a pod, name of a container) to the last message of its Events, which tell the cause where the pod's
    status does not: a failed pull (see `needs_pull_error`), or a volume that cannot be mounted while it is ContainerCreating.
    """
    workload = snapshot.workload
    if workload is None:
        return ()
    candidate = candidate_of(snapshot)
    found = [*_of_conditions(workload, candidate), *_of_refusal(workload, snapshot)]
    for pod in _candidate_pods(snapshot, candidate):
        found += _of_pod(pod, pull_errors or {})
    found.sort(key=_badness)
    if standing(snapshot).failed:
        found.insert(0, _of_deadline(workload, found))
    return tuple(found)


def diagnose_pod(pod: Pod) -> Finding | None:
    """What is wrong with one pod, the worst of it; None where nothing is."""
    return min(_of_pod(pod, {}), key=_badness, default=None)


def is_hopeless(pod: Pod) -> bool:
    """The pod will not become ready by itself, as far as its status tells: something permanent, or it crashes again and again."""
    return any(found.outlook == "permanent" or found.restarts >= CRASH_LIMIT for found in _of_pod(pod, {}) if found.outlook != "may_heal")


def needs_pull_error(snapshot: Snapshot) -> tuple[tuple[Pod, Container], ...]:
    """The candidate's containers whose image is not pulled and whose status does not say why; the pod's Events do.

    Kubelets before 1.32 replace the cause by "Back-off pulling image" after the first attempts.
    """
    return tuple(
        (pod, container)
        for pod in _candidate_pods(snapshot, candidate_of(snapshot))
        for container in pod.containers
        if container.waiting in ("ErrImagePull", "ImagePullBackOff") and not _pull_cause(container)
    )


def _candidate_pods(snapshot: Snapshot, candidate: Revision | None) -> Iterator[Pod]:
    for pod in snapshot.pods:
        if candidate is not None and is_of(pod, candidate) and not pod.terminating and not pod.ready:
            yield pod


def _badness(finding: Finding) -> tuple[int, bool, int, Ref, str]:
    return (
        ("permanent", "crash_loop", "may_heal").index(finding.outlook),
        finding.starting,
        -finding.restarts,
        finding.ref,
        finding.container,
    )


def _of_conditions(workload: Workload, candidate: Revision | None) -> Iterator[Finding]:
    failure = condition(candidate.conditions, "ReplicaFailure") if candidate is not None else None
    if candidate is not None and failure is not None and failure.status == "True":
        rule = _first(_CREATION, failure.message)
        ref = Ref(workload.kind.revisions.kind, workload.ref.namespace, candidate.name)
        yield Finding(ref, "", failure.reason, _short(failure.message), rule.remedy, rule.outlook)
    progress = condition(workload.conditions, "Progressing")
    if progress is not None and progress.reason == "ReplicaSetCreateError":
        rule = _first(_CREATION, progress.message)
        yield Finding(workload.ref, "", progress.reason, _short(progress.message), rule.remedy, rule.outlook)


def _of_refusal(workload: Workload, snapshot: Snapshot) -> Iterator[Finding]:
    """What a refusal says is only a trouble while a pod is missing."""
    if snapshot.refusal and sum(not pod.terminating for pod in snapshot.pods) < workload.desired:
        rule = _first(_CREATION, snapshot.refusal)
        yield Finding(workload.ref, "", "FailedCreate", _short(snapshot.refusal), rule.remedy, rule.outlook)


def _of_deadline(workload: Workload, others: list[Finding]) -> Finding:
    seconds = workload.progress_deadline_seconds
    message = "no progress" if seconds is None else f"no progress within {seconds} s"
    if not others:
        return Finding(workload.ref, "", "ProgressDeadlineExceeded", message, "look at the pods' events and logs", "permanent")
    worst = others[0]
    return replace(
        worst,
        ref=workload.ref,
        container="",
        reason="ProgressDeadlineExceeded",
        message=f"{message}: {worst.cause}",
        outlook="permanent",
        init=False,
    )


def _of_pod(pod: Pod, pull_errors: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    scheduled = condition(pod.conditions, "PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        # What preemption could not do either is the same list of nodes again.
        message = _short(scheduled.message.partition(" preemption:")[0])
        remedy = "add capacity or correct requests, nodeSelector, affinity, tolerations and volumes"
        yield Finding(pod.ref, "", scheduled.reason or "Unschedulable", message, remedy, "may_heal")
    for container in pod.containers:
        event = pull_errors.get((pod.uid, container.name), "")
        finding = None if container.ready else _of_container(pod.ref, container, event)
        if finding is not None:
            yield finding
    ready = condition(pod.conditions, "Ready")
    if ready is not None and ready.reason == "ReadinessGatesNotReady":
        remedy = "look at what sets the pod's readiness gates"
        yield Finding(pod.ref, "", ready.reason, _short(ready.message), remedy, "may_heal")


def _of_container(ref: Ref, container: Container, event: str) -> Finding | None:
    if container.waiting in _STARTING:
        return _by_rule(ref, container, _CONFIG, event) if event else None
    if container.waiting in _IMAGE_REASONS:
        return _by_rule(ref, container, _PULL, _pull_cause(container) or event)
    if container.waiting == "CrashLoopBackOff" or (container.terminated and not _is_finished_init(container)):
        return _of_crash(ref, container)
    if container.waiting:
        return _by_rule(ref, container, _WAITING.get(container.waiting, _OTHER), container.waiting_message)
    return _of_running(ref, container) if container.running else None


def _is_finished_init(container: Container) -> bool:
    return container.init and container.last_exit == 0


def _by_rule(ref: Ref, container: Container, rules: tuple[_Rule, ...], said: str) -> Finding:
    matched = f"{container.waiting}: {_anonymous(said, container.image)}" if rules is _PULL else said
    rule = _first(rules, matched)
    message = rule.says.format(image=_short(container.image), said=_short(said) or "no cause is given")
    return Finding(ref, container.name, container.waiting, message, rule.remedy, rule.outlook, container.restarts, container.init)


def _of_crash(ref: Ref, container: Container) -> Finding:
    reason = container.waiting or container.terminated
    message, remedy = last_run(container)
    restarted = "" if not container.restarts else f"restarted {container.restarts} time{'s' if container.restarts > 1 else ''}, "
    return Finding(ref, container.name, reason, restarted + message, remedy, "crash_loop", container.restarts, container.init)


def last_run(container: Container) -> tuple[str, str]:
    """How the run of a container ended that ended last, and what to do about it."""
    # A termination message is often the end of the log.
    said = _short(mask(container.last_message)) if container.last_message != container.last_reason else ""
    if container.last_reason == "OOMKilled":
        return "the last run was killed for want of memory (OOMKilled)", "the memory limit is too small: raise resources.limits.memory"
    if container.last_reason in _NEVER_RAN:
        return f"it could not be started: {said or container.last_reason}", _first(_START, said).remedy
    if container.last_exit is None:
        return "nothing is known of the last run", "look at the container's log"
    meaning, remedy = _EXITS.get(container.last_exit, ("", "look at the container's log"))
    meaning = ", ".join(part for part in (meaning, said) if part)
    return f"the last run ended with exit code {container.last_exit}" + (f" ({meaning})" if meaning else ""), remedy


def _of_running(ref: Ref, container: Container) -> Finding:
    if container.init:
        reason, message, remedy = "Initializing", "it has not finished yet", "look at what the init container waits for"
    elif container.restarts:
        reason = "NotReady"
        last, remedy = last_run(container)
        message = f"it runs and is not ready; {last}"
    elif container.started:
        reason, message, remedy = (
            "NotReady",
            "it runs and its readinessProbe does not pass",
            "look at readinessProbe and the container's log",
        )
    else:
        reason, message, remedy = "NotReady", "it runs and its startupProbe has not passed", "look at startupProbe and the container's log"
    return Finding(ref, container.name, reason, message, remedy, "may_heal", container.restarts, container.init)


def _pull_cause(container: Container) -> str:
    """What a waiting message says beyond `Back-off pulling image "x"`; newer kubelets append `: ErrImagePull: <cause>`."""
    return re.sub(r'^Back-off pulling image "[^"]*"(: (ErrImagePull|ImagePullBackOff))?:? ?', "", container.waiting_message).strip()


def _anonymous(said: str, image: str) -> str:
    """A message without names: images and addresses may hold any word (`shop/denied:not-found`) and must not be matched."""
    plain = re.sub(r'\\?"[^"\s]*"', " ", said.replace(image, " ") if image else said)
    return " ".join(word for word in plain.split() if "/" not in word or word == "i/o")


def _first(rules: Iterable[_Rule], said: str) -> _Rule:
    return next(rule for rule in rules if rule.pattern.search(said))


def _short(said: str) -> str:
    """One line without the gRPC wrapping, without a full stop at its end, at most `_LONGEST` characters."""
    line = re.sub(r"rpc error: code = \w+ desc = ", "", " ".join(said.split())).rstrip(". ")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
