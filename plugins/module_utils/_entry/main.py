# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of a module, whichever way it came: as a module in a process of its own, or in the controller's process."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.errors import UnsupportedError

from .._domain.base.errors import InputError, RolloutError
from .._domain.base.objects import JsonObject
from .._domain.base.ports import Cluster, Progress
from .._domain.definitions.exported import cleaned
from .._domain.gates.gate import Gate, Placed
from .._domain.steps.plan_hash import checked
from .._engine.hold.turn import in_turn
from .._engine.outside.approved import Approved
from .._engine.outside.gates import NO_GATES, Asks, Gates, Subject, nobody
from .._engine.outside.measurement import UNMEASURED, Measurement
from .._engine.outside.surroundings import Surroundings
from .._engine.tell.outcome import Outcome
from .._kube.auth import auth_options
from .._kube.connect import Connection, connect
from .._kube.library import LibraryMissingError, require
from .._kube.proxies import without_secrets
from .._strategies.takes import TAKES
from .arguments import ARGUMENTS
from .commands import Call, command
from .configs import config_secrets
from .former_words import in_todays_words
from .gates import gate_secrets, needs_no_cluster, redacted_gate
from .given import given
from .manifests import secrets_of
from .numbers import in_numbers
from .placed_gates import gates_in, placed_gates, warnings_of
from .preflight import preflight_lines
from .requests import given_manifests
from .results import Result, failure, gate_result, result_of
from .shares import in_full, shares_of
from .veil import Veil, without_secrets_of
from .verification import extra_seconds, measured_result, measurement_of, namespace_of, redacted_verify, verification_of, verify_secrets

_MARGIN_SECONDS = 120
"""How much longer than the wait itself a call may go on asking a cluster that does not answer: planning, writing, going back."""

_READ_ONLY = ("gate", "history_info", "preflight_info", "status_info", "wait")
"""The modules that change nothing, so that they have no diff."""


@dataclass(frozen=True)
class Context:
    """What a call needs besides its parameters. `guard` raises when this process must not write any more; `connect` makes the cluster."""

    check: bool = False
    diff: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[str], None] = lambda line: None
    guard: Callable[[], None] = lambda: None
    verbose: bool = False
    connect: Callable[..., Connection] = connect


@dataclass(frozen=True)
class Answer:
    """What a call leaves: the result, masked, and what else is to be shown. `veil` knows what was masked."""

    result: Result
    warnings: tuple[str, ...] = ()
    deprecations: tuple[str, ...] = ()
    veil: Veil = field(default_factory=Veil)


@dataclass
class _Aside:
    """What a call leaves besides its result, also when it breaks off."""

    veil: Veil
    warnings: list[str] = field(default_factory=list)
    deprecations: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    measurement: Measurement = UNMEASURED
    gates: Gates = NO_GATES
    approved: Approved = field(default_factory=Approved)


def run(name: str, parameters: Mapping[str, Any], context: Context, *, secrets: frozenset[str] = frozenset()) -> Answer:
    """Run one module with validated parameters; never raises, and nothing secret is in what it returns.

    `secrets` are texts known to be secret (the values of options with no_log).
    """
    aside, writes = _Aside(Veil(set(secrets) | verify_secrets(parameters) | _secrets_of_gates(name, parameters))), list[None]()
    veil = aside.veil
    context = replace(context, diff=context.diff and name not in _READ_ONLY)

    def guard() -> None:
        context.guard()
        aside.measurement.begin()

    try:
        require()
        parameters, aside.deprecations = in_todays_words(parameters)
        parameters = in_numbers(ARGUMENTS[name].spec, in_full(parameters, ARGUMENTS[name].spec))
        if parameters.get("expect_plan") is not None:
            aside.approved.expected = checked(parameters["expect_plan"])
        options = auth_options(parameters, environment=context.environment)
        veil.hidden |= options.secrets()
        veil.learn(parameters, ())
        manifests = given_manifests(parameters)
        veil.learn(parameters, manifests)
        veil.hidden |= secrets_of(manifests) | config_secrets(parameters)
        manifests = _wanted(manifests, aside)
        with _environment(context.environment):
            result = _call(name, parameters, context, options, manifests, guard, aside, lambda: writes.append(None))
            if result.get("failed"):
                # Also a take-over of fields, or a write whose answer was lost.
                result["changed"] = result["changed"] or bool(writes)
    except LibraryMissingError as error:
        result = failure(missing_required_lib(error.library), changed=False)
    except RolloutError as error:
        result = failure(error.message, changed=bool(writes))
    except Exception as error:  # noqa: BLE001 - the last net: a person gets a sentence, and the traceback on request.
        result = failure(f"rollout.kubernetes.{name} broke off on an error of its own, please report it: {error!r}.", changed=bool(writes))
        if context.verbose:
            result["exception"] = traceback.format_exc()
    result |= _found(aside)
    return Answer(veil.result(result), tuple(map(veil.sentence, aside.warnings)), aside.deprecations, veil)


def _found(aside: _Aside) -> Result:
    """What is known however the call ended: the plan, the verdicts of gates, what users noticed."""
    found: Result = {"plan_hash": aside.approved.found} if aside.approved.found else {}
    if aside.gates.reports:
        found["gates"] = [gate_result(report) for report in aside.gates.reports]
    measured = aside.measurement.measured
    return found if measured is None else {**found, "verify": measured_result(measured)}


def _secrets_of_gates(name: str, parameters: Mapping[str, Any]) -> set[str]:
    given = [parameters] if name == "gate" else [entry for entry, _option, _step in gates_in(parameters)]
    return set().union(*(gate_secrets(entry) for entry in given)) if given else set()


def _wanted(manifests: tuple[JsonObject, ...], aside: _Aside) -> tuple[JsonObject, ...]:
    """The manifests without what the cluster writes itself. Raises `InputError` where nothing is left."""
    found = cleaned(manifests)
    if manifests and not found.manifests:
        raise InputError(f"The definition holds nothing to apply: {', '.join(found.left_out)} is made by the cluster itself.")
    aside.warnings.extend(filter(None, (found.warning,)))
    aside.notes.extend(filter(None, (found.note,)))
    return found.manifests


def _call(
    name: str,
    parameters: Mapping[str, Any],
    context: Context,
    options: Any,
    manifests: tuple[JsonObject, ...],
    guard: Callable[[], None],
    aside: _Aside,
    wrote: Callable[[], None],
) -> Result:
    veil, warnings = aside.veil, aside.warnings
    if parameters.get("cluster") is False:
        from .commands.preflight import check_alone  # The one module that has the option; its file is for it alone, as `command` says.

        return _told(check_alone(Call(name, parameters, manifests, "", context.check)), context, veil, warnings)
    if name == "gate" and needs_no_cluster(parameters):
        from .commands.gate import measure_alone  # As above.

        return _told(measure_alone(Call(name, parameters, manifests, "", context.check), _masked(context, veil)), context, veil, warnings)
    # Giving up is the way out of trouble, so trouble must not stand in its way.
    wanted = verification_of(parameters, gives_up=name != "abort")
    # Going back has the same time once more.
    goes_back = ARGUMENTS[name].goes_back or parameters.get("on_failure") == "rollback"
    seconds = (parameters.get("wait_timeout") or 0) * (2 if goes_back else 1) * ARGUMENTS[name].waits
    patience = parameters.get("lock_timeout") or 0
    weights = ARGUMENTS[name].weights
    shares = shares_of(parameters, weights) if weights is not None else ()
    holds = [(share.name, share.hold) for share in shares]
    # preflight_info is only told of the steps, and measures nothing in them.
    measuring = parameters if "gates" in parameters else {}
    placed = placed_gates(measuring, holds)
    warnings.extend(warnings_of(measuring, placed, holds, same_names=_keeps_names(name)))
    seconds += (
        patience
        + (parameters.get("scale_down_delay") or 0)
        + sum(share.hold for share in shares)
        + (extra_seconds(wanted) if wanted is not None else 0)
    )
    connection = context.connect(options, environment=context.environment, clock=time.monotonic, deadline_seconds=seconds + _MARGIN_SECONDS)
    warnings.extend(connection.warnings)
    veil.hidden |= connection.secrets

    progress = _masked(context, veil)
    if wanted is not None and wanted.pod is not None:
        namespace = wanted.pod.namespace or namespace_of(parameters, manifests, connection.namespace)
        wanted = replace(wanted, pod=replace(wanted.pod, namespace=namespace))
    aside.measurement = measurement_of(
        wanted, cluster=connection.cluster, clock=time.monotonic, guard=context.guard, progress=progress, seconds=seconds
    )
    aside.gates = _gates(placed, name, parameters, connection.cluster, context, dict(holds))
    outside = Surroundings(
        connection.cluster, time.monotonic, progress, guard, aside.measurement, wrote, approved=aside.approved, gates=aside.gates
    )
    call, work = Call(name, parameters, manifests, connection.namespace, context.check), command(name)
    with closing(aside.measurement), closing(aside.gates):
        outcome = in_turn(lambda: work(call, outside), outside, patience, check=context.check)
    result = _told(outcome, context, veil, warnings)
    told = [] if result.get("failed") else aside.notes
    result["msg"] = " ".join([result["msg"], *told, *connection.notes])
    return result


def _keeps_names(name: str) -> bool:
    """New pods may have the names of those before them, as a StatefulSet's have."""
    return any(kind.keeps_ordinals for kind in TAKES.get(name, ()))


def _gates(
    placed: Sequence[Placed], name: str, parameters: Mapping[str, Any], cluster: Cluster, context: Context, holds: Mapping[str, float]
) -> Gates:
    """The gates of a rollout, with what asks their questions; `holds` are those of single steps."""
    hold = (parameters.get("hold") or 0.0) if "hold" in ARGUMENTS[name].spec else 0.0
    if ARGUMENTS[name].holds_by_step:
        hold, holds = 0.0, {}
    if not placed:
        return Gates((), nobody, time.monotonic, hold=hold, holds=holds)

    def make(gate: Gate, subject: Subject) -> Asks:
        from .._engine.gates.placed import asks_of  # What asks is for tasks that measure: others do not pay for its import.

        return asks_of(gate, subject, cluster=cluster, clock=time.monotonic, guard=context.guard)

    return Gates(placed, make, time.monotonic, pauses=parameters.get("on_inconclusive") == "pause", hold=hold, holds=holds)


def _told(outcome: Outcome, context: Context, veil: Veil, warnings: list[str]) -> Result:
    """The result of an outcome, when its warnings and what is for the terminal alone have gone their way."""
    warnings.extend(outcome.warnings)
    progress = _masked(context, veil)
    for line in (*outcome.table, *(preflight_lines(outcome.preflight) if outcome.preflight is not None else ())):
        progress(line)
    return result_of(outcome, diff=context.diff, check=context.check, known=veil.known)


def _masked(context: Context, veil: Veil) -> Progress:
    """Where lines of progress go, without what is to be hidden by then."""

    def progress(line: str) -> None:
        context.progress(veil.sentence(line).replace("\n", "\\n"))

    return progress


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """The task's environment in the process' own for the length of a call: exec plugins and proxies read it from there."""
    before = dict(os.environ)
    try:
        os.environ.update(wanted)
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


def redacted(parameters: Mapping[str, Any], name: str = "", veil: Veil | None = None) -> dict[str, Any]:
    """The parameters of a module as a result may show them."""
    shown = without_secrets_of(ARGUMENTS[name].spec if name else {}, parameters, veil or Veil())
    if "verify" in shown:
        shown["verify"] = redacted_verify(shown["verify"])
    if name == "gate":
        shown = redacted_gate(shown)
    shown = _with_redacted_gates(shown)
    if isinstance(shown.get("steps"), list):
        shown["steps"] = [_with_redacted_gates(step) if isinstance(step, Mapping) else step for step in shown["steps"]]
    kubeconfig = shown.get("kubeconfig")
    if kubeconfig is not None and not (isinstance(kubeconfig, str) and _is_path(kubeconfig)):
        shown["kubeconfig"] = "given"
    for option in ("host", "proxy"):
        if isinstance(shown.get(option), str):
            shown[option] = _without_user(shown[option])
    return shown


def _with_redacted_gates(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with their gates as a result may show them."""
    shown = dict(options)
    if isinstance(shown.get("gates"), list):
        shown["gates"] = [redacted_gate(entry) if isinstance(entry, Mapping) else entry for entry in shown["gates"]]
    return shown


def _without_user(address: str) -> str:
    """An address without user and password, also one that is refused because it lacks its scheme."""
    return without_secrets(address) if "://" in address else without_secrets(f"://{address}").removeprefix("://")


def _is_path(kubeconfig: str) -> bool:
    return "\n" not in kubeconfig and not kubeconfig.lstrip().startswith("{")


def refused(module: str, validated: Any) -> Result | None:
    """The result for arguments that a validator refused, in the words of AnsibleModule; None when it accepted them."""
    if not validated.error_messages:
        return None
    message = str(validated.errors.msg)
    if isinstance(validated.errors[0], UnsupportedError):
        message = f"Unsupported parameters for ({module}) module: {message}"
    return failure(message, changed=False)


class _Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule whose failures have our shape, and show nothing that is to be hidden: also those of its own validation."""

    params: dict[str, Any]
    known_as = ""
    veil = Veil()

    def _load_params(self) -> None:
        """Read the arguments, before Ansible validates them. Empty texts go here, and texts become mappings and lists."""
        super()._load_params()
        try:
            self.params = given(self.argument_spec, self.params)
        except InputError as error:
            self.params = {}
            self.fail_json(msg=error.message)

    def fail_json(self, msg: str, **others: Any) -> NoReturn:
        self.params = redacted(self.params, self.known_as, self.veil)
        super().fail_json(**{**failure(msg, changed=False), **others})
        raise SystemExit(1)  # Never reached: Ansible's method ends the process.


def main(name: str) -> None:
    """A module's whole program."""
    arguments = ARGUMENTS[name]
    # no_log: a definition may hold Secrets, and Ansible writes a module's arguments to the system's log.
    _Module.known_as = name
    module = _Module(argument_spec=arguments.spec, supports_check_mode=True, no_log=True, **arguments.checks)
    context = Context(check=module.check_mode, diff=module._diff, environment=dict(os.environ), verbose=module._verbosity >= 3)
    answer = run(name, module.params, context, secrets=frozenset(module.no_log_values))
    # All is masked by now, where a secret can stand; Ansible would mask the names of things as well.
    module.veil, module.no_log_values = answer.veil, set()
    for warning in answer.warnings:
        module.warn(warning)
    for sentence in answer.deprecations:
        module.deprecate(sentence, version="1.0.0", collection_name="rollout.kubernetes")
    if answer.result.get("failed"):
        module.fail_json(**{key: value for key, value in answer.result.items() if key != "failed"})
    module.params = redacted(module.params, name, answer.veil)
    module.exit_json(**answer.result)
