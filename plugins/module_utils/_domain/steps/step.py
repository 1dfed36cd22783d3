# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a strategy is made of: a rollout of one workload is a list of steps, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..base.objects import JsonObject, JsonValue
from ..ownership.fields import FieldSet
from ..ownership.formers import Former
from ..ownership.superseded import Wanted
from ..workloads.workload import Pod, Snapshot, Workload

StepState = Literal["pending", "running", "done", "unchanged", "failed"]
GatesWhen = Literal["none", "after", "along"]


@dataclass(frozen=True)
class Apply:
    """Bring an object to its manifest by server-side apply."""

    manifest: JsonObject
    borrows: bool = False
    """The update strategy that an earlier task has borrowed stays so: this one goes on with that."""


@dataclass(frozen=True)
class Edit:
    """Change a live object: `edit` is called with it, or with the part of it that we applied earlier. `edit` and `demand` are values
    (`_domain/steps/edits.py`), so that two plans can be compared.

    How it is written follows from who owns the fields: by apply of the same manager for what came from a definition, else by a
    JSON patch that tests what it replaces.
    """

    edit: Callable[[JsonObject], JsonObject]
    demand: Callable[[JsonObject], None] | None = None
    """Called with the live object before each plan; raises `RefusedError` when it is not any more what the edit was made for."""
    single: bool = False
    """A change that no definition makes (a pause, a restart): by JSON patch always, so that the next apply of a definition, which
    does not name it, leaves it alone."""
    tells_cause: bool = False
    """`edit` sets the change cause itself, which may be the one that is there already (a second restart)."""


@dataclass(frozen=True)
class Replace:
    """Replace one field of a live object as a whole, if it holds what is expected there: by a JSON patch that tests all of it."""

    path: tuple[str, ...]
    expected: JsonValue
    value: JsonValue


@dataclass(frozen=True)
class Disown:
    """Let go of fields that we own, and leave their values as they are: nobody's next apply then meets a conflict over them. Who owned them
    before does again, so that what is not applied any more goes."""

    fields: FieldSet
    before: tuple[Former, ...] = ()


Write: TypeAlias = "Apply | Edit | Replace | Disown"


def the_first(due: tuple[Pod, ...]) -> tuple[Pod, ...]:
    """The first of the pods that are due: one goes at a time."""
    return due[:1]


@dataclass(frozen=True)
class Replacement:
    """Pods that a step deletes so that their controller makes them anew from the present template."""

    due: Callable[[Snapshot], tuple[Pod, ...]]
    """Those still to be deleted, the next one first. What is wrong with them is no failure of the rollout."""
    free: Callable[[Snapshot], bool]
    """The one deleted before is made up for, so the next one may go; of several that go together: the first one may."""
    together: Callable[[tuple[Pod, ...]], tuple[Pod, ...]] = the_first
    """Called with those that are due. Returns those of them that go at the same time, once they are free to."""
    evicts: bool = False
    """They go by eviction, which waits for their PodDisruptionBudget; else they are deleted."""
    why: Callable[[Snapshot, Pod], str] | None = None
    """Why one is deleted, in a few words for the report; None where that is what the step is for."""
    since: Callable[[Snapshot], Replacement | None] | None = None
    """The same for what was there before the first write; None where that does not matter."""

    def told(self, snapshot: Snapshot, pods: Iterable[Pod]) -> tuple[str, ...]:
        """The names of the pods, each with the reason why it is deleted, if there is one to tell."""
        return tuple(f"{pod.ref.name} ({self.why(snapshot, pod)})" if self.why is not None else pod.ref.name for pod in pods)


@dataclass(frozen=True)
class Terms:
    """What is to be said of a write once the server has answered it by dry run. Sentences; notes are without a full stop."""

    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    replaces_pods: bool = False
    """Pods are going to be replaced."""
    gap: bool = False
    """No pod serves while they are replaced: the engine measures for how long."""


NO_TERMS = Terms()


@dataclass(frozen=True)
class Step:
    """One step: what it writes to the workload, which pods it replaces, and when it is done. Steps are taken in order."""

    name: str
    write: Write | None
    """None where the step only waits for what the write of the step before brings about. The first step has one."""
    done: Callable[[Snapshot], bool]
    """Returns whether the step is done."""
    replacement: Replacement | None = None
    """The pods that the step deletes, so that they are made anew."""
    intent: str = "rolled out"
    """What a change of the template is called in check mode: `would be ...`."""
    news: str = ""
    """What the write has done, for the report: `went back to revision 2`."""
    unchanged: str = ""
    """Why there was nothing to write."""
    before: Callable[[Snapshot, Workload], str] | None = None
    """Called before the first write with the current snapshot and the workload as it will be. Returns what must end first, for example an
    earlier rollout, in a sentence without a full stop; '' when nothing is in the way."""
    waiting_for: Callable[[Snapshot], str] | None = None
    """Returns what the step still waits for, which replaces the usual line of progress, or ''."""
    impossible: Callable[[Snapshot], str] | None = None
    """Returns why the step can never finish, which ends the wait as failed, or ''."""
    ignores_deadline: bool = False
    """An exceeded progress deadline does not fail the step: it waits for old pods, and the deadline is about new ones."""
    no_return: str = ""
    """Why a failure in the step is not answered by going back, or ''."""
    notes: tuple[str, ...] = ()
    """What the user should know of it, in the report."""
    gates: GatesWhen = "none"
    """When gates are measured: not at all, once the step is done, or beside it from the first new pod that is ready on."""
    pods: tuple[str, ...] | None = None
    """The names of the pods that the step updates, in their order, as they were when it was planned; None for steps without pods of
    their own. Empty where the step before has reached the same share."""
    nodes: tuple[str, ...] = ()
    """The nodes of these pods."""
    wants: Callable[[JsonObject | None, JsonObject], Wanted] | None = None
    """Called with the object before and after the first write. Returns what must stay in the template as it was written, for all steps.
    None where the step brings no template."""
    terms: Callable[[JsonObject | None, JsonObject], Terms] | None = None
    """Called with the object before the first write and as the server would make it. Returns what is to be said of that. Raises
    `RefusedError`."""
