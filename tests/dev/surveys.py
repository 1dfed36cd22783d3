# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The surveys and the rights in docs/examples/awx: made from surveys.yml, rights.yml, the roles and the options of their modules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

from . import rights, roles
from .paths import ROOT

SOURCE = Path(__file__).parent / "surveys.yml"
PROJECT = ROOT / "docs" / "examples" / "awx"
NAMESPACE = "shop"
_LICENCE = """\
# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
_MADE = "# ./dev docs writes this file from tests/dev/surveys.yml and from the argument specs of the role {role}.\n---\n"
_MADE_RIGHTS = """\
# ./dev docs writes this file from tests/dev/rights.yml. What the job templates of this example may do: all of it in the namespace shop,
# and to look at nodes. The token for the credential is in the Secret rollout-token:
#   kubectl apply -f rbac.yml
#   export ROLLOUT_TOKEN=$(kubectl -n shop get secret rollout-token -o jsonpath='{.data.token}' | base64 -d)
#   export ROLLOUT_CA="$(kubectl -n shop get secret rollout-token -o jsonpath='{.data.ca\\.crt}' | base64 -d)"
# For another namespace apply the Role and the RoleBinding there as well. Manifests and configuration need more:
# https://github.com/rollout/kubernetes/blob/main/docs/rights.md
"""
_MARK = re.compile(r"\b[CVOMU]\((?:rollout\.kubernetes\.)?([^()]*)\)|\bRV\(([^()]*)\)")
_LONGEST = 200


def source() -> dict[str, Any]:
    """The whole of surveys.yml."""
    found: dict[str, Any] = yaml.safe_load(SOURCE.read_text("utf-8"))
    return found


def pages() -> dict[Path, str]:
    """The file of each survey, and rbac.yml."""
    made = {PROJECT / "surveys" / f"{name}.yml": text(name, about) for name, about in source().items()}
    return {**made, PROJECT / "rbac.yml": rbac(rights.source())}


def text(name: str, about: dict[str, Any]) -> str:
    """A survey's file."""
    role = about.get("role", name)
    return _LICENCE + _MADE.format(role=role) + roles.yaml_text(survey(role, about))


def survey(role: str, about: dict[str, Any]) -> dict[str, Any]:
    """A survey as AWX takes it."""
    specs = yaml.safe_load((roles.ROLES / role / "meta" / "argument_specs.yml").read_text("utf-8"))
    described = specs["argument_specs"]["main"]["options"]
    options = ARGUMENTS[roles.source()["roles"][role]["module"]].spec
    spec = [question(f"{role}_{option}", words, described, options[option]) for option, words in about["questions"].items()]
    return {"name": about["title"], "description": specs["argument_specs"]["main"]["short_description"], "spec": spec}


def question(variable: str, words: dict[str, Any], described: dict[str, Any], option: dict[str, Any]) -> dict[str, Any]:
    """A question as AWX takes it."""
    told = described[variable]["description"]
    asked = {
        "question_name": words["ask"],
        "question_description": words.get("say") or _plain(told if isinstance(told, str) else told[0]),
        "variable": variable,
        "required": words.get("required", False),
        "default": "",
    }
    choices = ["true", "false"] if option.get("type") == "bool" else option.get("choices", [])
    # The names that choices had in an earlier version are not offered.
    offered = [choice for choice in choices if choice not in words.get("without", ())]
    if offered:
        return {**asked, "type": "multiplechoice", "choices": offered}
    return {**asked, "type": "textarea" if option.get("type") in ("dict", "list") else "text"}


def _plain(told: str) -> str:
    """The first sentence of a description, without Ansible's marks."""
    plain = _MARK.sub(lambda found: (found[1] or found[2]).partition("#module:")[2] or found[1] or found[2], told)
    first = re.split(r"(?<=[.!])\s", plain, maxsplit=1)[0]
    return first if len(first) <= _LONGEST else f"{first[: _LONGEST - 3]}..."


def rbac(told: dict[str, Any]) -> str:
    """rbac.yml: an account that may do what the modules behind the playbooks of the collection do, and its token."""
    modules = {about["module"] for about in roles.source()["roles"].values()} | {"preflight_info"}
    wanted: dict[str, set[str]] = {}
    for name in sorted(modules):
        for thing, verbs in rights.rights_of(name, told).items():
            wanted.setdefault(thing, set()).update(verbs)
    account = {"kind": "ServiceAccount", "name": "rollout", "namespace": NAMESPACE}
    granted = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "rollout"}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "rollout", "namespace": NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "rollout-token",
                "namespace": NAMESPACE,
                "annotations": {"kubernetes.io/service-account.name": "rollout"},
            },
            "type": "kubernetes.io/service-account-token",
        },
        {
            "apiVersion": granted["apiGroup"] + "/v1",
            "kind": "Role",
            "metadata": {"name": "rollout", "namespace": NAMESPACE},
            "rules": _rules(wanted),
        },
        {
            "apiVersion": granted["apiGroup"] + "/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "rollout", "namespace": NAMESPACE},
            "roleRef": granted,
            "subjects": [account],
        },
        {
            "apiVersion": granted["apiGroup"] + "/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "rollout-nodes"},
            "rules": [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}],
        },
        {
            "apiVersion": granted["apiGroup"] + "/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"rollout-nodes-{NAMESPACE}"},
            "roleRef": {**granted, "kind": "ClusterRole", "name": "rollout-nodes"},
            "subjects": [account],
        },
    ]
    return _LICENCE + _MADE_RIGHTS + "".join(f"---\n{roles.yaml_text(each)}" for each in objects)


def _rules(wanted: dict[str, set[str]]) -> list[dict[str, Any]]:
    """The rules of a Role, as those on the page of rights."""
    rules: list[dict[str, Any]] = yaml.safe_load("\n".join(rights.role("all", wanted)))["rules"]
    return rules
