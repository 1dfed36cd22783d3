# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of other tools that are taken for manifests by mistake: what they are, and how to make manifests of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .._domain.base.objects import JsonObject, JsonValue, at, containers, mapping, text

_HELM = re.compile(r"\{\{-|-\}\}|\{\{\s*(?:\.|\$|(?:if|else|end|with|range|include|define|template|block|toYaml|tpl|default|quote)\b)")
_JINJA = re.compile(r"\{\{|\{%|\{#")
_A_CHART = "this is a template of a Helm chart; make manifests of it first: helm template RELEASE CHART"
_A_TEMPLATE = "this is a Jinja template; give it as template, not as src"
_OF_KUSTOMIZE = "this is a file of Kustomize; make manifests of it first: kubectl kustomize FOLDER"
_KUSTOMIZE = frozenset(
    {
        "resources",
        "bases",
        "components",
        "patches",
        "patchesStrategicMerge",
        "patchesJson6902",
        "configMapGenerator",
        "secretGenerator",
        "generatorOptions",
        "namePrefix",
        "nameSuffix",
        "commonLabels",
        "commonAnnotations",
        "helmCharts",
        "replacements",
        "transformers",
    }
)


def foreign_advice(whole: str, origin: str) -> str:
    """What to add to a parser's complaint: a sentence if the text is a template of another tool, else nothing."""
    if _HELM.search(whole):
        return f" It looks like {_A_CHART.removeprefix('this is ')}."
    if _JINJA.search(whole) and not origin.startswith("template "):
        return f" It looks like {_A_TEMPLATE.removeprefix('this is ')}."
    return ""


def foreign_kind(value: JsonValue) -> str:
    """What a value is if it is no manifest but another tool's file, with the remedy; empty where it may be a manifest."""
    if isinstance(value, Mapping):
        return _nameless(value) if not text(value, "kind") else _kind(value)
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        return ""
    plays = all(isinstance(item, Mapping) and ("hosts" in item or "import_playbook" in item) for item in value)
    return "this is an Ansible playbook, not a manifest" if plays else ""


def _kind(value: JsonObject) -> str:
    version, kind = text(value, "apiVersion"), text(value, "kind")
    if version.startswith("kustomize.config.k8s.io/"):
        return _OF_KUSTOMIZE
    if kind == "Config" and version == "v1" and "clusters" in value:
        return "this is a kubeconfig, not a manifest; give it as kubeconfig"
    return _template(value)


def _nameless(value: JsonObject) -> str:
    version = text(value, "apiVersion")
    if version.startswith("kustomize.config.k8s.io/") or (not version and "name" not in value and value.keys() & _KUSTOMIZE):
        return _OF_KUSTOMIZE
    if not version and isinstance(value.get("services"), Mapping):
        return "this is a Compose file, not a manifest; make manifests of it first: kompose convert"
    if version in ("v1", "v2") and text(value, "name") and "version" in value:
        return f"this is the Chart.yaml of a Helm chart; {_A_CHART.partition('; ')[2]}"
    return _template(value)


def _template(manifest: JsonObject) -> str:
    """Whether braces are left where a manifest never has any: in names, the namespace, the kind, and images."""
    places = [at(manifest, *path) for path in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))]
    spec = mapping(manifest, "spec")
    for template in (mapping(spec, "template"), mapping(spec, "jobTemplate", "spec", "template"), {"spec": spec}):
        places += [container.get("image") for _group, container in containers(template)]
    named = [place for place in places if isinstance(place, str)]
    if any(_HELM.search(place) for place in named):
        return _A_CHART
    return _A_TEMPLATE if any("{{" in place or "{%" in place for place in named) else ""
