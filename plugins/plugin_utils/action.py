# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin under the name of every module of this collection (`plugins/action/` has a file for each name).

With a local connection the work is done in the controller's process: nothing is packed, no interpreter is started, and progress is
live. For any other connection, with become or async, or where the controller's Python lacks `kubernetes`, the module is run.
Both ways share validation, run and result (`module_utils/_entry`).
"""

from __future__ import annotations

import base64
import ctypes
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import yaml
from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.action import ActionBase
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RolloutError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.configs import files_of, quiet_manifests
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.given import given
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Answer, Context, redacted, refused, run
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.manifests import manifests_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.plain import date_text, with_text_keys
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.screen import Screen
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.text_files import text_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.veil import Veil
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.library import MISSING

_Reader = Callable[[str, str, bool], Sequence[Any]]
"""Makes manifests of a text and the name of its file; the third says whether there may be none."""
_DEFINITION = ("definition", "resource_definition", "inline")
_SHORT = ("name", "image", "env", "container")
_PATHS = ("ca_cert", "ssl_ca_cert", "client_cert", "cert_file", "client_key", "key_file")
_HUMAN_CALLBACKS = ("default", "minimal", "debug", "yaml", "awx_display", "dense", "profile_tasks", "unixy")
_FAILS_LATER = "rollout_fails_later"
"""The variable by which our roles say that they tell a failure themselves, by their last task, after the report."""
_PR_SET_PDEATHSIG = 1


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs one module of this collection."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        result = self._result(task_vars)
        if result.get("failed") and boolean(self._templar.template(task_vars.get(_FAILS_LATER, False)), strict=False):
            return _left_to_the_role(result)
        return result

    def _result(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        name = str(self._task.action).rpartition(".")[2]
        try:
            arguments = self._localise(name, _given(name, self._task.args), task_vars, _instead_of_manifests(name))
            arguments |= self._asked_by(name, arguments, task_vars)
        except AnsibleError as error:
            return self._failure(str(error))
        if self._needs_module(task_vars):
            return dict(
                self._execute_module(
                    module_name=f"rollout.kubernetes.{name}",
                    module_args=arguments,
                    task_vars=task_vars,
                    wrap_async=self._task.async_val and not self._connection.has_native_async,
                )
            )
        return self._run_here(name, arguments, task_vars)

    # --- which way ------------------------------------------------------------------------------------------------------------

    def _needs_module(self, task_vars: Mapping[str, Any]) -> bool:
        if self._connection.transport != "local" or self._connection.become is not None or self._task.async_val or MISSING:
            return True
        if self._task.delegate_to:
            task_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})
        interpreter = task_vars.get("ansible_python_interpreter")
        # A person who names another Python than ours wants that one: its libraries, its rights.
        return bool(interpreter) and not _is_this_python(str(self._templar.template(interpreter)))

    # --- arguments ------------------------------------------------------------------------------------------------------------

    def _localise(self, module: str, arguments: dict[str, Any], task_vars: Mapping[str, Any], instead: tuple[str, ...]) -> dict[str, Any]:
        """Make the arguments independent of where the work is done: files of the controller become contents or absolute paths.
        `instead` has what excludes manifests."""
        _refuse_other_than_entries(arguments.get("config"))
        if "template" in arguments:
            others = [key for key in (*_DEFINITION, "src", *instead) if key in arguments]
            if others:
                raise AnsibleActionFail(f"parameters are mutually exclusive: template|{others[0]}")
            arguments["definition"] = self._render(arguments.pop("template"), task_vars, _reader(module))
        if self._connection.transport != "local":
            return arguments
        if isinstance(arguments.get("src"), str) and not any(key in arguments for key in (*_DEFINITION, *instead)):
            self._localise_src(arguments, _reader(module))
        for where, entry in _config_entries(arguments):
            self._localise_config(entry, where)
        kubeconfig = arguments.get("kubeconfig")
        if isinstance(kubeconfig, str) and os.pathsep not in kubeconfig and "\n" not in kubeconfig:
            arguments["kubeconfig"] = self._kubeconfig(kubeconfig)
        for name in _PATHS:
            if isinstance(arguments.get(name), str):
                arguments[name] = self._loader.get_real_file(self._find(arguments[name], "files", name), decrypt=True)
        verify = arguments.get("verify")
        if isinstance(verify, dict) and isinstance(verify.get("ca_cert"), str):
            verify["ca_cert"] = self._loader.get_real_file(self._find(verify["ca_cert"], "files", "verify.ca_cert"), decrypt=True)
        return arguments

    def _find(self, path: str, folder: str, option: str) -> str:
        """A file as a role or playbook names it; else as a person in a shell does, from the folder of invocation."""
        path = os.path.expanduser(path)
        try:
            return str(self._find_needle(folder, path))
        except AnsibleError:
            here = os.path.abspath(path)
            if os.path.isfile(here) or (option.endswith("folder") and os.path.isdir(here)):
                return here
            raise AnsibleActionFail(
                f"{option} {path} was not found: not beside the role or playbook, and not in {os.getcwd()}; give its path."
            ) from None  # Ansible's own message lists every folder, in lines of their own.

    def _localise_src(self, arguments: dict[str, Any], read: _Reader) -> None:
        """The path made absolute, so that messages name the file; its manifests where only this process and user may read it."""
        path = arguments["src"]
        found = self._find(path, "files", "src")
        real = self._loader.get_real_file(found, decrypt=True)
        arguments["src"] = found
        if real != found or self._connection.become is not None:
            content = self._content(path, "src")
            try:
                arguments["definition"] = list(read(text_of(content, f"src {path}"), f"src {path}", False))
            except RolloutError as error:
                raise AnsibleActionFail(error.message) from None
            del arguments["src"]

    def _localise_config(self, entry: dict[str, Any], where: str) -> None:
        """The files of an entry of configuration become inline data, so that each may lie beside the role or playbook, and be vaulted.

        `where` is what messages call the entry.
        """
        if where != _OWN and isinstance(entry.get("src"), str):
            self._localise_src(entry, lambda text, origin, empty: quiet_manifests(text, f"{where}: {origin}", may_be_empty=empty))
        if isinstance(entry.get("folder"), str):
            entry["folder"] = self._find(entry["folder"], "files", f"{where}: folder")
        try:
            files = list(files_of(entry, where))
        except RolloutError as error:
            raise AnsibleActionFail(error.message) from None
        plain, binary = dict(entry.get("data") or {}), dict(entry.get("binary_data") or {})
        for key, path in files:
            if key in plain or key in binary:
                raise AnsibleActionFail(f"{where} has the key {key} twice; leave one out.")
            content = self._content(path, f"{where}: file")
            try:
                plain[key] = content.decode()
            except UnicodeDecodeError:
                binary[key] = base64.b64encode(content).decode()
        if files:
            left = {name: value for name, value in entry.items() if name not in ("files", "folder")}
            entry.clear()
            entry.update({**left, "data": plain, "binary_data": binary})

    def _content(self, path: str, what: str, folder: str = "files") -> bytes:
        """The bytes of a file, decrypted. Raises `AnsibleActionFail` with `what` it is called."""
        found = self._find(path, folder, what)
        if os.path.isdir(found):
            remedy = "the files in it, or give it as folder" if what.endswith("file") else "one file in it"
            raise AnsibleActionFail(f"{what} {path} is a folder; give {remedy}.")
        try:
            with open(self._loader.get_real_file(found, decrypt=True), "rb") as file:
                return file.read()
        except OSError as error:
            raise AnsibleActionFail(f"{what} {path} cannot be read: {error.strerror}.") from None

    def _kubeconfig(self, path: str) -> Any:
        """The path made absolute; the content where the file is vaulted, as a decrypted copy would not outlive this process."""
        found = self._find(path, "files", "kubeconfig")
        real = self._loader.get_real_file(found, decrypt=True)
        if real == found:
            return found
        try:
            return yaml.safe_load(text_of(self._content(path, "kubeconfig"), f"kubeconfig {path}"))
        except RolloutError as error:
            raise AnsibleActionFail(error.message) from None
        except (yaml.YAMLError, ValueError) as error:  # Without the parser's own words, which quote the line, and that may hold a token.
            mark = getattr(error, "problem_mark", None)
            where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            raise AnsibleActionFail(f"The kubeconfig {path} is not valid YAML{where}.") from None

    def _render(self, template: Any, task_vars: Mapping[str, Any], read: _Reader) -> list[Any]:
        """The manifests of one or several template files: a path, a dict with path, or a list of these."""
        entries = template if isinstance(template, list) else [template]
        manifests: list[Any] = []
        for entry in entries:
            options = {"path": entry} if isinstance(entry, str) else dict(entry) if isinstance(entry, Mapping) else {}
            path = options.pop("path", None)
            unknown = sorted(set(options) - set(_TEMPLATE_OPTIONS))
            if not isinstance(path, str) or unknown:
                wrong = f"unknown {', '.join(unknown)}" if unknown else "it lacks the path"
                raise AnsibleActionFail(f"template must be a path, a mapping with path, or a list of these: {wrong}.")
            try:
                manifests += read(self._rendered(path, options, task_vars), f"template {path}, as rendered,", len(entries) > 1)
            except RolloutError as error:
                raise AnsibleActionFail(error.message) from None
        return manifests

    def _rendered(self, path: str, options: dict[str, Any], task_vars: Mapping[str, Any]) -> str:
        source = self._find(path, "templates", "template")
        overrides = {name: options[name] for name in _TEMPLATE_OPTIONS if options.get(name) is not None}
        overrides.setdefault("trim_blocks", True)
        overrides.setdefault("lstrip_blocks", False)
        overrides["newline_sequence"] = {"\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}.get(
            overrides.get("newline_sequence", "\n"), overrides.get("newline_sequence", "\n")
        )
        content = text_of(self._content(path, "template", "templates"), f"template {path}")
        templar = self._templar.copy_with_new_env(searchpath=self._search_path(source, task_vars), available_variables=dict(task_vars))
        try:
            return str(templar.template(_trusted(content), escape_backslashes=False, overrides=overrides))
        except AnsibleError as error:
            raise AnsibleActionFail(f"template {path} cannot be rendered: {_told(error)}") from None

    def _search_path(self, source: str, task_vars: Mapping[str, Any]) -> list[str]:
        folders = [os.path.dirname(source)]
        for folder in task_vars.get("ansible_search_path", []):
            folders += [os.path.join(folder, "templates"), folder]
        return folders

    def _asked_by(self, name: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, str]:
        """The user and the job of AWX, for a change cause that says who asked; nothing where the task says it, or outside of AWX."""
        if "requested_by" not in ARGUMENTS[name].spec or arguments.get("requested_by") is not None:
            return {}
        user, job = (self._templar.template(task_vars.get(variable)) for variable in ("awx_user_name", "awx_job_id"))
        asked_by = _asked_by(user, job)
        return {"requested_by": asked_by} if asked_by else {}

    # --- in this process ------------------------------------------------------------------------------------------------------

    def _run_here(self, name: str, arguments: dict[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        parent = _die_with_parent()
        validator = ArgumentSpecValidator(ARGUMENTS[name].spec, **ARGUMENTS[name].checks)
        validated = validator.validate(arguments)
        secrets = frozenset(str(value) for value in validated._no_log_values)
        parameters = validated.validated_parameters
        environment = {**os.environ, **self._task_environment()}
        context = Context(
            check=self._task.check_mode,
            diff=self._task.diff,
            environment=environment,
            progress=self._progress(parameters.get("progress", "auto"), environment, task_vars, parent),
            guard=_parent_lives(parent),
            verbose=self._display.verbosity >= 3,
        )
        refusal = refused(str(self._task.action), validated)
        veil = Veil(set(secrets))
        answer = Answer(veil.result(refusal), veil=veil) if refusal else run(name, parameters, context, secrets=secrets)
        result = dict(answer.result)
        if _wants_invocation(task_vars):
            result["invocation"] = {"module_args": redacted(parameters, name, answer.veil)}
        for sentence in answer.deprecations:
            self._display.deprecated(sentence, version="1.0.0", collection_name="rollout.kubernetes")
        warnings = [*_said_by(validated, self._display), *answer.warnings]
        if warnings:
            result["warnings"] = warnings
        return result

    def _failure(self, message: str) -> dict[str, Any]:
        return {"failed": True, "changed": False, "msg": message, "rollouts": []}

    def _task_environment(self) -> dict[str, str]:
        collected: dict[str, Any] = {}
        self._compute_environment_string(collected)
        return {str(key): str(value) for key, value in collected.items()}

    def _progress(self, wanted: str, environment: Mapping[str, str], task_vars: Mapping[str, Any], parent: int) -> Callable[[str], None]:
        """Lines on the terminal (and so in a job's output), where a person reads them and nothing is to be hidden."""
        if wanted == "off" or not boolean(environment.get("ROLLOUT_PROGRESS") or "true", strict=False) or self._task.no_log:
            return lambda line: None
        if str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2] not in _HUMAN_CALLBACKS:
            return lambda line: None
        host = str(task_vars.get("inventory_hostname", "localhost"))
        show = _shown_by_the_parent(type(self._display).display)
        return Screen(parent, lambda line: show(self._display, f"{host}: {line}")).line


_TEMPLATE_OPTIONS = (
    "newline_sequence",
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "trim_blocks",
    "lstrip_blocks",
)


_OWN = "versioned_config"


def _refuse_other_than_entries(config: Any) -> None:
    """Ansible's own message for a list of names speaks of dictionaries and JSON, and does not say of which option."""
    if config is not None and not (isinstance(config, list) and all(isinstance(entry, dict) for entry in config)):
        raise AnsibleActionFail("config must be a list of mappings, each with a name, such as [{name: web-config}].")


def _config_entries(arguments: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Whatever in the arguments is an entry of configuration, with what messages call it: those of `config`, or all of
    `versioned_config`."""
    given = arguments.get("config")
    nested = [(f"config {number}", entry) for number, entry in enumerate(given or (), start=1)]
    return [*nested, (_OWN, arguments)] if {"files", "folder"} & set(arguments) else nested


def _reader(module: str) -> _Reader:
    """For configuration the reader says nothing of the text, which may be secret."""
    read = quiet_manifests if module == _OWN else manifests_of
    return lambda text, origin, empty: read(text, origin=origin, may_be_empty=empty)


def _shown_by_the_parent(display: Callable[..., Any]) -> Callable[..., Any]:
    """The method that displays a line, without what ansible-runner's callback lays around it, which is for the parent alone.

    Before ansible-runner 2.4.2 (AWX 24 has 2.4.0) it writes the marks of an event in each worker too, right to its standard output. From
    core 2.19 on that is a warning after each task; before, each line is an empty event. The parent, to which Ansible hands the line, marks
    it anyway.
    """
    code = getattr(display, "__code__", None)
    within = getattr(display, "__wrapped__", None)
    return within if within is not None and code is not None and os.path.basename(code.co_filename) == "awx_display.py" else display


def _told(error: AnsibleError) -> str:
    """What an error of Ansible's says, in one line with one full stop."""
    return " ".join(str(error).split()).rstrip(".") + "."


def _instead_of_manifests(module: str) -> tuple[str, ...]:
    """The options of the short way, where a module takes that or manifests and never both."""
    exclusive = ARGUMENTS[module].checks.get("mutually_exclusive", ())
    return _SHORT if any("src" in group and "name" in group for group in exclusive) else ()


def _left_to_the_role(result: dict[str, Any]) -> dict[str, Any]:
    """A failure as a role wants it: the task does not fail, and the result says that it would have."""
    return {**{key: value for key, value in result.items() if key != "exception"}, "failed": False, "rollout_failed": True}


def _given(module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a task as plain JSON types, without those that are empty. Raises `AnsibleActionFail`."""
    try:
        return given(ARGUMENTS[module].spec, _plain(arguments))
    except RolloutError as error:
        raise AnsibleActionFail(error.message) from None


def _plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as plain JSON types: later cores tag their strings, earlier ones wrap vaulted values. A date becomes its text."""
    try:
        encoded = json.dumps(arguments, cls=AnsibleJSONEncoder, vault_to_text=True, preprocess_unsafe=False)
    except TypeError:
        encoded = json.dumps(with_text_keys(arguments), default=date_text)
    plain: dict[str, Any] = json.loads(encoded)
    return plain


def _asked_by(user: Any, job: Any) -> str:
    """`alice, job 42`, in one line. Some sign in by an address; what follows the @ is nobody's business in a cluster."""
    name = " ".join(str(user or "").partition("@")[0].split())
    number = " ".join(str(job or "").split())
    return ", ".join(part for part in (name, f"job {number}" if number else "") if part)


def _trusted(content: str) -> Any:
    """A template file's text, marked as one that may be rendered (from core 2.19 on, where it must be)."""
    try:
        from ansible.template import trust_as_template
    except ImportError:
        return content
    return trust_as_template(content)


def _is_this_python(interpreter: str) -> bool:
    """Whether a path names the Python that runs this: the same folder (environments share the program itself) and the same program."""
    if interpreter.startswith("auto"):
        return True
    theirs, ours = os.path.abspath(os.path.expanduser(interpreter)), os.path.abspath(sys.executable)
    return os.path.dirname(theirs) == os.path.dirname(ours) and os.path.realpath(theirs) == os.path.realpath(ours)


def _said_by(validated: Any, display: Any) -> list[str]:
    """What the validator has to say, as AnsibleModule says it: the warnings; deprecations are displayed."""
    for entry in validated._deprecations:
        display.deprecated(entry["msg"], **{key: entry.get(key) for key in ("version", "date", "collection_name")})
    return [f"Both option {entry['option']} and its alias {entry['alias']} are set." for entry in validated._warnings]


def _wants_invocation(task_vars: Mapping[str, Any]) -> bool:
    """Whether results hold the arguments: always before core 2.21, which has a setting for it."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=dict(task_vars)))
    except AnsibleError:
        return True


def _die_with_parent() -> int:
    """Be killed when ansible-playbook is: its workers are in sessions of their own, where no signal to its group reaches them.

    The parent's process id: as the fork knows it, for by now it may have died already, and another have taken us over.
    """
    with suppress(OSError, AttributeError):  # Where there is no prctl, the check before each write is what is left.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    return os.getppid() if parent is None or parent.pid is None else parent.pid


def _parent_lives(parent: int) -> Callable[[], None]:
    def guard() -> None:
        if os.getppid() != parent:
            raise RolloutError("ansible-playbook has ended, so nothing more is written; run it again to go on.")

    return guard
