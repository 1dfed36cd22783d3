# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A text means to us what it means to `kubectl apply --server-side`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.manifests import manifests_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.text_files import text_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import connect

from .texts import BODIES, REFUSED, REFUSED_BODIES, WHOLE, H, J

DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "texts.texts.example"},
    "spec": {
        "group": "texts.example",
        "scope": "Namespaced",
        "names": {"kind": "Text", "plural": "texts", "singular": "text", "listKind": "TextList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
TEXT = Resource("texts.example/v1", "Text", "texts", namespaced=True)
Text = tuple[str, str]
"""A text and how it is encoded."""
TAKEN: tuple[Text, ...] = (
    *((H + body, "utf-8") for body in BODIES),
    *((whole, "utf-8") for whole in WHOLE),
    *((f"{H}a: \u00fc \U0001f680\n---\n{H}", encoding) for encoding in ("utf-8-sig", "utf-16")),
    *((f"\ufeff{H}a: \u00fc\n", encoding) for encoding in ("utf-16-be", "utf-16-le")),
    (f"\ufeff{{{J}}}", "utf-16-be"),
)
NOT_TAKEN: tuple[Text, ...] = (
    *((H + body, "utf-8") for body in REFUSED_BODIES),
    *((whole, "utf-8") for whole in REFUSED),
    *((f"{H}a: 1\n", encoding) for encoding in ("utf-16-be", "utf-16-le")),
)


@pytest.fixture(scope="session")
def texts_served(real_cluster):
    """A kind that takes whatever a text holds; it stays."""
    real_cluster.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(DEFINITION))
    real_cluster.kubectl("wait", "--for=condition=Established", "crd/texts.texts.example", "--timeout=60s")


def written(folder: Path, texts: Iterable[Text]) -> list[Path]:
    """Files with these texts, each object with a name of its own."""
    names, paths = itertools.count(1), []
    folder.mkdir()
    for number, (content, encoding) in enumerate(texts):
        paths.append(folder / f"{number:03d}.yaml")
        paths[-1].write_bytes(re.sub("NAME", lambda _found: f"n{next(names)}", content).encode(encoding))
    return paths


def of_kubectl(kubectl: Any, folder: Path) -> dict[str, Any]:
    done = kubectl("apply", "--server-side", "--dry-run=server", "--output=json", f"--filename={folder}", check=False)
    assert done.code == 0, done.stderr
    return {item["metadata"]["name"]: stripped(item) for item in done.json()["items"]}


def stripped(obj: Any) -> dict[str, Any]:
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key in ("name", "namespace")}}


def test_texts_mean_what_they_mean_to_kubectl(cluster, texts_served, namespace, kubectl, tmp_path):
    paths = written(tmp_path / "taken", TAKEN)
    api = connect(auth_options({"kubeconfig": str(cluster.kubeconfig)}, environment={}), environment={}, deadline_seconds=60).cluster
    expected = of_kubectl(kubectl, tmp_path / "taken")
    named = set()
    for path in paths:
        for manifest in manifests_of(text_of(path.read_bytes(), path.name), origin=path.name):
            name = text(manifest, "metadata", "name")
            ours = api.apply(TEXT, {**manifest, "metadata": {"name": name, "namespace": namespace}}, manager="rollout-test", dry_run=True)
            assert json.dumps(stripped(ours), sort_keys=True) == json.dumps(expected[name], sort_keys=True), path.read_bytes()
            named.add(name)
    assert named == set(expected)
    assert len(paths) >= 150


def test_texts_are_refused_where_kubectl_refuses_them(texts_served, namespace, kubectl, tmp_path):
    paths = written(tmp_path / "refused", NOT_TAKEN)
    done = kubectl("apply", "--server-side", "--dry-run=server", "--output=name", f"--filename={tmp_path / 'refused'}", check=False)
    taken = set(re.findall(r"/(n\d+)$", done.stdout, re.MULTILINE))
    for path in paths:
        names = set(re.findall(r"\b(n\d+)\b", path.read_text(errors="replace")))
        assert str(path) in done.stderr or not names & taken, path.read_bytes()
        with pytest.raises(InputError) as caught:
            print(path.read_bytes(), manifests_of(text_of(path.read_bytes(), path.name), origin=path.name))
        assert path.name in caught.value.message
        assert "\n" not in caught.value.message
