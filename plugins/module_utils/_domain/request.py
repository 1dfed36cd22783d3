# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one frozen value that arguments become; nothing below `_entry` sees an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .base.objects import JsonObject, Ref
from .base.resources import Resource
from .kinds import named
from .leases.lease import user_of
from .workloads.kind import Kind
from .workloads.replicas import Amount
from .workloads.shares import Share

OnFailure = Literal["rollback", "hold"]
Goal = Literal["complete", "progressing", "paused", "healthy"]
OnDeletion = Literal["fail", "wait"]
Repair = Literal["none", "blocking", "all"]
LastApplied = Literal["align", "leave"]
Severity = Literal["error", "warning", "info"]
"""`error`: Kubernetes refuses it, the rollout cannot come to its end, or all pods are away at the same time. `warning`: it costs
requests, in each rollout or as soon as something else goes wrong. `info`: it costs none by itself."""
Way = Literal["rolling", "recreate", "blue_green", "canary"]
"""How the pods are replaced."""


@dataclass(frozen=True)
class Waiting:
    """How a wait ends. Times are seconds."""

    wait: bool = True
    timeout: float = 600
    failure_grace: float | None = None
    """How long what may heal by itself may last; None leaves it to the cluster's own progress deadline."""
    log_lines: int = 5
    on_failure: OnFailure = "hold"
    on_deletion: OnDeletion = "fail"
    """A workload that goes away ends the wait, or its re-creation is waited for."""


@dataclass(frozen=True)
class ConfigNews:
    """Changes of a workload's configuration to mention in the change cause, and renamed copies that are no change of the template."""

    sentences: tuple[str, ...] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The new name by kind and former name."""


@dataclass(frozen=True)
class Cause:
    """What is to stand in the change cause of a new template: why (empty: a description of the change), and by whom."""

    why: str = ""
    by: str = ""
    news: ConfigNews = ConfigNews()


@dataclass(frozen=True)
class Limits:
    """Settings of the workload that a task may set besides its template; None leaves what is there."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None
    partition: int | None = None
    min_ready_seconds: int | None = None
    progress_deadline_seconds: int | None = None
    repair: Repair = "blocking"
    """Which pods of a stuck StatefulSet are deleted: no setting of the workload."""

    @property
    def set_nothing(self) -> bool:
        """The workload stays as it is."""
        return replace(self, repair="blocking") == Limits()


@dataclass(frozen=True)
class Versioned:
    """A ConfigMap or Secret that is versioned: templates refer to immutable copies of it."""

    kind: str
    name: str
    """What templates call it as they are written, and what its copies' names begin with."""
    version: str = ""
    """What a copy's name ends with; empty: its content says it."""
    source: JsonObject | None = None
    """Its manifest; None where it comes along in the definition, or is taken over as it is in the cluster."""
    keep: int = 0
    """How many copies stay although nothing refers to them."""
    remove_original: bool = False
    """The object of that very name is deleted once nothing refers to it."""

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name."""
        return self.kind, self.name

    @property
    def copy(self) -> str:
        """The copy's name where the user has chosen it; else empty."""
        return f"{self.name}-{self.version}" if self.version else ""


@dataclass(frozen=True)
class CopyNames:
    """By which names the configuration of one namespace's templates goes."""

    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The copy's name by kind and name of what is copied."""
    copies: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The name of the original, by kind and name of an earlier copy."""


@dataclass(frozen=True)
class ShortChange:
    """The short way to change a live workload, without a manifest."""

    image: str | Mapping[str, str] | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    """Values by name; None takes a variable away."""
    container: str | None = None
    config: CopyNames = CopyNames()


@dataclass(frozen=True)
class Target:
    """One workload that shall reach its desired template: by its manifest, or by a short change of what is there."""

    resource: Resource
    ref: Ref
    manifest: JsonObject | None = None
    change: ShortChange | None = None

    @property
    def kind(self) -> Kind:
        """What is known of its kind."""
        return named(self.resource.kind)


@dataclass(frozen=True)
class Companion:
    """An object that comes along in the definition and is applied before the workloads."""

    resource: Resource
    ref: Ref
    manifest: JsonObject


@dataclass(frozen=True)
class Primary:
    """The pod that is updated last: by its name, ordinal or node, or by labels that it alone has. Empty: none is."""

    pod: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """There is one."""
        return bool(self.pod or self.labels)


@dataclass(frozen=True)
class Partitioning:
    """Which pods of a StatefulSet are updated together: up to how many in all, or down to which pods; else the highest one first and then
    all others."""

    counts: tuple[Amount, ...] = ()
    one_by_one: bool = False
    lowest: tuple[str, ...] = ()
    """Pods by name or ordinal."""
    primary: Primary = Primary()
    stop_before: str = ""
    """The step that is not taken any more, by its name or its first pod; empty: all are."""
    shares: tuple[Share, ...] = ()
    """Instead of these ways, named steps after which a share of the pods is updated; the rest follows in one of its own."""


ONE_POD = Amount(1)


@dataclass(frozen=True)
class Batching:
    """Which pods of a workload are deleted together, and in which order."""

    size: Amount = ONE_POD
    label: str = ""
    """The node label whose values tell which pods go together; empty: `size` does."""
    order: tuple[str, ...] = ()
    """Pods by name or ordinal, or nodes, that go first."""
    nodes: str = ""
    """A label selector of the nodes whose pods go before all others; empty: none."""
    shares: tuple[Share, ...] = ()
    """As in `Partitioning`; within a step so many pods go together as `size` or `label` says."""
    primary: Primary = Primary()
    stop_before: str = ""
    """As in `Partitioning`; or `rest` for what is not on `nodes`."""


@dataclass(frozen=True)
class Ours:
    """Under which name a task holds what it works on."""

    application: str
    """Empty where it has none: the first workload's."""
    holder: str
    """Who it is, as others see it; unique to this very process."""

    @property
    def user(self) -> str:
        """Who it is, whichever process of theirs."""
        return user_of(self.holder)


@dataclass(frozen=True)
class RolloutRequest:
    """One task that rolls workloads out."""

    strategy: str
    targets: tuple[Target, ...]
    companions: tuple[Companion, ...] = ()
    limits: Limits = Limits()
    cause: Cause = Cause()
    take_ownership: bool = False
    waiting: Waiting = Waiting()
    config: tuple[Versioned, ...] = ()
    grouping: Partitioning | Batching | None = None
    """Of the strategies that go pod by pod; those take one target."""
    refuse_undone: bool = False
    """A version that a person took back is refused."""
    supersede: bool = False
    """Another rollout of the workload that goes pod by pod and stands between two steps ends with this one."""


@dataclass(frozen=True)
class ConfigRequest:
    """One task that makes copies of ConfigMaps and Secrets, for workloads that somebody else changes."""

    namespace: str
    """Where those are whose source names none."""
    config: tuple[Versioned, ...]
    cleans: bool = True
    take_ownership: bool = False


@dataclass(frozen=True)
class Selection:
    """Which workloads a task is about: those that it names, or those of some kinds that a label selector finds."""

    targets: tuple[Target, ...] = ()
    resources: tuple[Resource, ...] = ()
    """The kinds to search; empty where the workloads are named."""
    labels: str = ""
    namespace: str = ""
    """Where to search; empty means everywhere."""
    may_be_empty: bool = False
    """Workloads that are not there are left out, also when none is left."""


@dataclass(frozen=True)
class WatchRequest:
    """One task that only looks at workloads, once or until they are where the task wants them."""

    selection: Selection
    waiting: Waiting = Waiting()
    until: Goal = "complete"
    revision: int | None = None
    """The number that the wanted revision must have."""
    old_pods_gone: bool = False


@dataclass(frozen=True)
class HistoryRequest:
    """One task that reads the revisions of workloads."""

    selection: Selection
    revision: int | None = None
    """The one whose template is asked for."""
    compare_to: int | None = None
    """The one to show the difference from."""


@dataclass(frozen=True)
class Undo:
    """Bring an earlier revision back: a number, or an image or change cause (`to`); without either the one before."""

    revision: int | None = None
    to: str = ""
    resume: bool = False
    repair: Repair = "blocking"
    last_applied: LastApplied = "align"
    cause: Cause = Cause()
    remember: bool = True
    """The version counts as one that a person took back."""


@dataclass(frozen=True)
class Abort:
    """Give up what is on its way: the template that serves comes back to the pods that have left it."""

    repair: Repair = "blocking"
    cause: Cause = Cause()
    remember: bool = True
    """The version counts as one that a person took back."""


@dataclass(frozen=True)
class Restart:
    """Replace all pods by equal ones. `at` is the time that is written into the template (RFC 3339)."""

    at: str
    key: str = ""
    """The same key as that of the last restart asks for none."""
    waited_for: bool = True
    """The task stays until the end, so that what was changed for the restart can be set back."""
    cause: Cause = Cause()


@dataclass(frozen=True)
class Pause:
    """Hold a rollout (`paused`), or go on with it."""

    paused: bool


Operation: TypeAlias = "Undo | Abort | Restart | Pause"


@dataclass(frozen=True)
class SwitchRequest:
    """One task that points Services of one namespace at other pods, all of them or none."""

    namespace: str
    wanted: Mapping[str, Mapping[str, str]]
    """The selectors that shall be, by the Services' names."""
    application: str
    """Whose Lease is the lock."""
    holder: str
    """Who works on it: unique to this very process."""
    minimum: int = 1
    """How many ready pods each selector must pick."""
    minimums: Mapping[str, int] = field(default_factory=dict)
    """How many for single Services, where that differs."""
    partial: bool = False
    """Pods that are not ready may be among those picked: for what serves already, or served just before."""
    mixed: bool = False
    """Pods of several workloads may stand behind one Service."""
    take_ownership: bool = False
    timeout: float = 60
    """Seconds for the EndpointSlices to follow."""

    def minimum_of(self, service: str) -> int:
        """How many ready pods the new selector of a Service must pick."""
        return self.minimums.get(service, self.minimum)


@dataclass(frozen=True)
class Colours:
    """How a rollout by blue/green goes. `services` lead to the names of their preview Services, empty where there is none."""

    services: Mapping[str, str]
    preview_replicas: int | None = None
    delay: float = 30
    """Seconds that the old pods stay after the switch."""
    keep_old: bool = False
    leaves: bool = False
    """Back to one plain Deployment."""


@dataclass(frozen=True, kw_only=True)
class StagedRequest:
    """One task of a rollout that may last over several tasks: it begins one, goes on with it, or gives it up.

    `goal` says what for: a new version, the end of what is on its way, giving that up, or an earlier version.
    """

    strategy: str
    goal: Literal["roll", "promote", "abort", "undo"]
    namespace: str
    application: str
    """Whose Lease holds the claim."""
    holder: str
    objects: tuple[str, ...] = ()
    """What the rollout has for itself, as `Deployment/web`; empty where the claim says it."""
    wanted: JsonObject = field(default_factory=dict)
    """What it shall bring, in the strategy's own words; empty where the claim says it."""
    stop_before: str = ""
    """The step that is not taken any more; empty: all are."""
    supersede: bool = False
    """Another rollout that is on its way gives way to this one."""
    expect: frozenset[str] | None = None
    """The names of the candidates that `promote` and `abort` are meant for; None: whatever is on its way."""
    cause: Cause = Cause()
    take_ownership: bool = False
    waiting: Waiting = Waiting(on_failure="rollback")
    remember: bool = True
    """What `abort` and `undo` take back counts as taken back by a person."""


@dataclass(frozen=True, kw_only=True)
class ColourRequest(StagedRequest):
    """One task that rolls workloads of one namespace out by blue/green, or goes on with that. Its Lease holds the history as well."""

    strategy: str = "blue_green"
    targets: tuple[Target, ...] = ()
    companions: tuple[Companion, ...] = ()
    colours: Colours | None = None
    """None where the claim says it all."""
    revision: int | None = None
    """The promotion to go back to."""
    to: str = ""
    config: tuple[Versioned, ...] = ()
    refuse_undone: bool = False
    """A version that a person took back is refused."""


@dataclass(frozen=True)
class Routes:
    """The routes whose weights divide the requests of a canary, and the Services of both versions."""

    rules: Mapping[str, str]
    """From `HTTPRoute/web` to the name of the one rule that is meant, or ''."""
    service: str
    candidate_service: str
    delay: float = 10
    """Seconds that routers have to follow."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Requests with these headers and cookies go to the candidate whatever the weights."""
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CanaryRequest(StagedRequest):
    """One task that rolls a Deployment out by a canary inside it. To go on with one, or to give it up, a `StagedRequest` is enough."""

    strategy: str = "canary"
    target: Target
    companions: tuple[Companion, ...] = ()
    shares: tuple[Share, ...] = ()
    """The steps before the promotion."""
    least: int = 1
    """How many pods run the candidate at least."""
    routes: Routes | None = None
    """None where each pod gets an equal part of the requests."""
    config: tuple[Versioned, ...] = ()
    refuse_undone: bool = False
    """A version that a person took back is refused."""


@dataclass(frozen=True)
class OperationRequest:
    """One task that changes live workloads and brings no template of its own."""

    operation: Operation
    selection: Selection
    waiting: Waiting = Waiting()
    take_ownership: bool = False


@dataclass(frozen=True)
class PreflightRequest:
    """One task that asks what would cost requests in a rollout: of manifests, of live workloads, or of both."""

    manifests: tuple[JsonObject, ...] = ()
    """Each in its namespace, as far as that is known."""
    selection: Selection | None = None
    strategy: Way | None = None
    """None leaves it to each workload."""
    image: str | Mapping[str, str] | None = None
    """What the short way is going to change in the live workloads."""
    limits: Limits = Limits()
    """What the rollout is going to set besides the template."""
    wait_timeout: float | None = None
    shutdown_seconds: float | None = None
    fails_on: frozenset[Severity] = frozenset()
    ignore: Mapping[str, str] = field(default_factory=dict)
    """Rules that are not asked, with the reason why."""
    versioned: frozenset[tuple[str, str]] = frozenset()
    """Kind and name of the configuration that the rollout is going to version."""
    shares: tuple[Share, ...] = ()
    """The steps of a canary."""
    least: int = 1
    """How many pods run the candidate at least in each of them."""
