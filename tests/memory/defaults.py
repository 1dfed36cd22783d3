# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server makes of an object before it looks at it.

Values that say nothing are dropped, quantities are spelled its way, defaults are set.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from .schema import ANY, Json, Node, is_custom, root

Dict = dict[str, Any]

_NO_POINTERS = frozenset({"minReadySeconds", "paused", "publishNotReadyAddresses", "hostNetwork", "hostPID", "hostIPC", "stdin", "tty"})
"""Fields of which 0 and false say the same as nothing."""
_EMPTY_TEXTS = frozenset({"storageClassName", "type", "clusterIP", "holderIdentity"})
"""Texts that say something when they are empty."""


def tidy(value: Json, node: Node, name: str = "") -> Json:
    """The value as the server writes it: without what is empty."""
    if node.shape == "scalar":
        return canonical(value) if node.type == "q" else value
    if node.shape in ("struct", "map") and isinstance(value, dict):
        tidied = {key: tidy(item, node.field(key) or ANY, key) for key, item in value.items()}
        if node.shape == "map":
            return {key: item for key, item in tidied.items() if item is not None}
        return {key: item for key, item in tidied.items() if not _says_nothing(key, item, node.field(key) or ANY)}
    if node.shape in ("list", "set") and isinstance(value, list):
        return [tidy(item, node.item(), name) for item in value]
    return value


def _says_nothing(name: str, value: Json, node: Node) -> bool:
    if value is None or (node.shape in ("map", "list", "set") and not value):
        return True
    if node.shape == "scalar" and value == "":
        return name not in _EMPTY_TEXTS
    return name in _NO_POINTERS and not value


_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def amount(value: Json) -> Fraction:
    """How much a quantity is."""
    spelled = str(value).strip()
    number = spelled.rstrip("KMGTPEinumk")
    suffix = spelled[len(number) :]
    if suffix in _BINARY:
        return Fraction(number) * int(2 ** (10 * _BINARY[suffix]))
    power = _DECIMAL[suffix]
    scale = int(10 ** (3 * abs(power)))
    return Fraction(number) * (Fraction(scale) if power >= 0 else Fraction(1, scale))


def canonical(value: Json) -> Json:
    """A quantity with the largest suffix that needs no fraction, of the family that it was given in."""
    if value is None or isinstance(value, bool):
        return value
    exact, given = amount(value), str(value)
    if exact == 0:
        return "0"
    if given.endswith("i"):
        for suffix, power in reversed(_BINARY.items()):
            if (exact / 1024**power).denominator == 1:
                return f"{int(exact / 1024**power)}{suffix}"
        return str(int(exact))
    for suffix, power in reversed(_DECIMAL.items()):
        if (exact / Fraction(1000) ** power).denominator == 1:
            return f"{int(exact / Fraction(1000) ** power)}{suffix}"
    return given


def _put(obj: Dict, **defaults: Json) -> None:
    for name, value in defaults.items():
        if obj.get(name) is None:
            obj[name] = value


def _pod(template: Dict) -> None:
    _put(template, metadata={})
    spec = template.setdefault("spec", {})
    _put(spec, dnsPolicy="ClusterFirst", restartPolicy="Always", schedulerName="default-scheduler", securityContext={})
    _put(spec, terminationGracePeriodSeconds=30)
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for group in ("initContainers", "containers"):
        for container in spec.get(group) or ():
            _container(container)
    for volume in spec.get("volumes") or ():
        if not set(volume) - {"name"}:
            volume["emptyDir"] = {}
        for source in ("secret", "configMap", "projected", "downwardAPI"):
            if isinstance(volume.get(source), dict):
                _put(volume[source], defaultMode=420)
        if isinstance(volume.get("hostPath"), dict):
            _put(volume["hostPath"], type="")


def _container(container: Dict) -> None:
    image = str(container.get("image") or "").rpartition("/")[2]
    tag = image.partition("@")[0].partition(":")[2]
    moving = "@" not in image and tag in ("", "latest")
    _put(container, resources={}, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    _put(container, imagePullPolicy="Always" if moving else "IfNotPresent")
    for port in container.get("ports") or ():
        _put(port, protocol="TCP")
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            _put(reference, apiVersion="v1")
    for name in ("readinessProbe", "livenessProbe", "startupProbe"):
        probe = container.get(name)
        if probe is not None:
            _put(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            _request(probe)
    for hook in (container.get("lifecycle") or {}).values():
        _request(hook)


def _request(action: Json) -> None:
    if isinstance(action, dict) and isinstance(action.get("httpGet"), dict):
        _put(action["httpGet"], path="/", scheme="HTTP")


def _deployment(obj: Dict) -> None:
    spec = obj.setdefault("spec", {})
    _put(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy={}, template={})
    _put(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        _put(spec["strategy"], rollingUpdate={})
        _put(spec["strategy"]["rollingUpdate"], maxSurge="25%", maxUnavailable="25%")
    _pod(spec["template"])


def _stateful_set(obj: Dict) -> None:
    spec = obj.setdefault("spec", {})
    _put(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady", updateStrategy={}, template={}, serviceName="")
    _put(spec, persistentVolumeClaimRetentionPolicy={})
    _put(spec["persistentVolumeClaimRetentionPolicy"], whenDeleted="Retain", whenScaled="Retain")
    _put(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _put(spec["updateStrategy"], rollingUpdate={})
        spec["updateStrategy"]["rollingUpdate"].pop("maxUnavailable", None)  # It is behind a feature gate that is off.
        _put(spec["updateStrategy"]["rollingUpdate"], partition=0)
    for claim in spec.get("volumeClaimTemplates") or ():
        _put(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        _put(claim["spec"], volumeMode="Filesystem")
    _pod(spec["template"])


def _daemon_set(obj: Dict) -> None:
    spec = obj.setdefault("spec", {})
    _put(spec, revisionHistoryLimit=10, updateStrategy={}, template={})
    _put(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _put(spec["updateStrategy"], rollingUpdate={})
        _put(spec["updateStrategy"]["rollingUpdate"], maxSurge=0, maxUnavailable=1)
    _pod(spec["template"])


def _replica_set(obj: Dict) -> None:
    _put(obj.setdefault("spec", {}), replicas=1, template={})
    _pod(obj["spec"]["template"])


def _job(obj: Dict) -> None:
    spec = obj.setdefault("spec", {})
    _put(spec, completionMode="NonIndexed", backoffLimit=6, suspend=False, manualSelector=False, podReplacementPolicy="TerminatingOrFailed")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _put(spec, parallelism=1, template={})
    _pod(spec["template"])


def _service(obj: Dict) -> None:
    spec = obj.setdefault("spec", {})
    _put(spec, type="ClusterIP", sessionAffinity="None")
    for port in spec.get("ports") or ():
        _put(port, protocol="TCP", targetPort=port.get("port"))
    if spec["type"] != "ExternalName":
        _put(spec, internalTrafficPolicy="Cluster")


def _hpa(obj: Dict) -> None:
    spec = obj.setdefault("spec", {})
    utilization = {"name": "cpu", "target": {"averageUtilization": 80, "type": "Utilization"}}
    _put(spec, minReplicas=1, metrics=[{"resource": utilization, "type": "Resource"}])


def _secret(obj: Dict) -> None:
    _put(obj, type="Opaque")
    given = obj.pop("stringData", None)
    if given:
        coded = {key: base64.b64encode(value.encode()).decode() for key, value in given.items()}
        obj["data"] = {**(obj.get("data") or {}), **coded}


def _namespace(obj: Dict) -> None:
    obj["metadata"]["labels"] = {**(obj["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": obj["metadata"]["name"]}
    _put(obj.setdefault("spec", {}), finalizers=["kubernetes"])


_BY_KIND: Mapping[str, Callable[[Dict], None]] = {
    "Pod": _pod,
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "ReplicaSet": _replica_set,
    "Job": _job,
    "Service": _service,
    "HorizontalPodAutoscaler": _hpa,
    "Secret": _secret,
    "Namespace": _namespace,
}
_WITH_STATUS = frozenset(
    {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Service", "HorizontalPodAutoscaler", "Namespace"}
    | {"PodDisruptionBudget", "ResourceQuota", "Node", "PersistentVolumeClaim"}
)


def _custom(value: Json, node: Node) -> Json:
    """A value of a custom kind with the defaults of its schema, and without nulls; what is empty stays."""
    if node.shape in ("struct", "map") and isinstance(value, dict):
        filled = {key: _custom(item, node.field(key) or ANY) for key, item in value.items() if item is not None}
        absent = {key: place for key, place in node.fields().items() if key not in filled} if node.shape == "struct" else {}
        return {**filled, **{key: _custom(place.default, place) for key, place in absent.items() if place.default is not None}}
    if node.shape in ("list", "set") and isinstance(value, list):
        return [_custom(item, node.item()) for item in value]
    return value


def completed(obj: Json) -> Json:
    """A copy of the object with the server's defaults."""
    if is_custom(obj["apiVersion"], obj["kind"]):
        node = root(obj["apiVersion"], obj["kind"])
        return {**_custom(obj, node), "metadata": tidy(obj["metadata"], node.field("metadata") or ANY)}
    tidied: Dict = tidy(obj, root(obj["apiVersion"], obj["kind"]))
    defaults = _BY_KIND.get(obj["kind"])
    if defaults is not None:
        defaults(tidied)
    if obj["kind"] in _WITH_STATUS:
        _put(tidied, status={})
    return tidied
