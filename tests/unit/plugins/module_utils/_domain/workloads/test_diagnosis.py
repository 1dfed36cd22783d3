# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a rollout does not get on: one row a rule, with the messages that kubelets, runtimes, registries and admission really give."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.diagnosis import (
    Finding,
    Outlook,
    diagnose,
    diagnose_pod,
    needs_pull_error,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from hypothesis import example, given
from hypothesis import strategies as st

from ..samples import NEW, OLD, UID, container, controller_revision, ended, pod, replica_set, snapshot, waiting, workload

WRAPPED = f'rpc error: code = Unknown desc = failed to pull and unpack image "{NEW}": failed to resolve reference "{NEW}": '


def failing(*statuses: JsonObject) -> Snapshot:
    """A rollout to NEW with one pod of it that is not ready."""
    return snapshot(workload(), [replica_set(1, OLD), replica_set(2, NEW)], [pod("web-new", "h2", ready=False, statuses=statuses)])


def only(seen: Snapshot, **more: dict[tuple[str, str], str]) -> Finding:
    (finding,) = diagnose(seen, **more)
    return finding


PULL_MESSAGES = [
    # not found
    pytest.param(
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{NEW}": {NEW}: not found', "not found", id="containerd"
    ),
    pytest.param(f"{WRAPPED}{NEW}: not found", "not found", id="containerd, ECR"),
    pytest.param(
        "rpc error: code = Unknown desc = reading manifest 2.0 in registry.example/web: manifest unknown", "not found", id="CRI-O"
    ),
    pytest.param("reading manifest 2.0 in quay.io/shop/web: name unknown: repository not found", "not found", id="CRI-O, Quay"),
    pytest.param(
        f"Error response from daemon: manifest for {NEW} not found: manifest unknown: manifest unknown", "not found", id="cri-dockerd"
    ),
    pytest.param('{"errors":[{"code":"NAME_UNKNOWN"}]} repository name not known to registry', "not found", id="distribution"),
    pytest.param('Error response from daemon: {"message":"manifest unknown"}', "not found", id="the cause in quotes"),
    pytest.param('Failed to fetch "2.0" from request "/v2/shop/web/manifests/2.0".', "not found", id="GCR"),
    pytest.param(
        "unexpected status from HEAD request to https://r.example/v2/web/manifests/2.0: 404 Not Found", "not found", id="plain 404"
    ),
    # refused
    pytest.param(
        WRAPPED + "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope",
        "does not exist or may not be pulled",
        id="Docker Hub",
    ),
    pytest.param(
        'denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/x" (or it may not exist)',
        "does not exist or may not be pulled",
        id="Artifact Registry",
    ),
    pytest.param('Head "https://ghcr.io/v2/shop/web/manifests/2.0": denied: denied', "may not be pulled", id="GHCR"),
    pytest.param(
        WRAPPED
        + "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r.example/t: 403 Forbidden",
        "may not be pulled",
        id="GHCR anonymous",
    ),
    pytest.param("unauthorized: access to the requested resource is not authorized", "may not be pulled", id="Quay"),
    pytest.param('Get "https://1.dkr.ecr.example/v2/web/manifests/2.0": no basic auth credentials', "may not be pulled", id="ECR"),
    pytest.param("denied: Your authorization token has expired. Reauthenticate and try again.", "may not be pulled", id="ECR expired"),
    pytest.param(WRAPPED + "failed to authorize: unexpected status: 401 Unauthorized", "may not be pulled", id="ACR"),
    # other permanent causes
    pytest.param(
        "no match for platform in manifest sha256:abc: not found", "has no variant for the node's platform", id="platform, containerd"
    ),
    pytest.param(
        "choosing an image from manifest list docker://r.example/web:2.0: no image found in image index for architecture arm64, variant v8",
        "has no variant for the node's platform",
        id="platform, CRI-O",
    ),
    pytest.param("SignatureValidationFailed: Source image rejected: A signature was required", "is not signed", id="signature"),
]

HICCUPS = [
    pytest.param('Head "https://r.example/v2/web/manifests/2.0": dial tcp 192.0.2.7:443: i/o timeout', "reach the registry", id="timeout"),
    pytest.param('Get "https://r.example/v2/": net/http: TLS handshake timeout', "reach the registry", id="TLS handshake"),
    pytest.param("dial tcp 192.0.2.7:443: connect: connection refused", "reach the registry", id="connection refused"),
    pytest.param("read tcp 192.0.2.1:5->192.0.2.7:443: read: connection reset by peer", "reach the registry", id="connection reset"),
    pytest.param("failed to copy: httpReadSeeker: failed open: unexpected EOF", "reach the registry", id="cut off"),
    pytest.param("rpc error: code = DeadlineExceeded desc = context deadline exceeded", "reach the registry", id="deadline"),
    pytest.param("net/http: request canceled while waiting for connection (Client.Timeout exceeded)", "reach the registry", id="cancelled"),
    pytest.param("unexpected status from HEAD request to https://r.example/v2/: 503 Service Unavailable", "reach the registry", id="503"),
    pytest.param("received unexpected HTTP status: 502 Bad Gateway", "reach the registry", id="502"),
    pytest.param("failed to fetch anonymous token: unexpected status: 500", "reach the registry", id="token service 500"),
    pytest.param("RegistryUnavailable: image pull failed", "reach the registry", id="unavailable"),
    pytest.param(
        "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit", "limit of pulls", id="429"
    ),
    pytest.param("pull QPS exceeded", "limit of pulls", id="the kubelet's own limit"),
    pytest.param("dial tcp: lookup r.example on 192.0.2.53:53: no such host", "host name", id="DNS"),
    pytest.param("lookup r.example: Temporary failure in name resolution", "host name", id="DNS late"),
    pytest.param("failed to authorize: dial tcp: lookup auth.example: no such host", "host name", id="DNS of the token service"),
    pytest.param("tls: failed to verify certificate: x509: certificate signed by unknown authority", "certificate", id="certificate"),
    pytest.param("http: server gave HTTP response to HTTPS client", "certificate", id="plain HTTP"),
    pytest.param("write /var/lib/containerd/x: no space left on device", "events", id="what no rule knows"),
]


@pytest.mark.parametrize(("said", "says"), PULL_MESSAGES)
@pytest.mark.parametrize("shape", ["ErrImagePull", "ImagePullBackOff", "event"])
def test_an_image_that_cannot_be_had_is_permanent(said: str, says: str, shape: str) -> None:
    back_off = f'Back-off pulling image "{NEW}"'
    messages = {"ErrImagePull": said, "ImagePullBackOff": f"{back_off}: ErrImagePull: {said}", "event": back_off}
    seen = failing(waiting("ErrImagePull" if shape == "ErrImagePull" else "ImagePullBackOff", messages[shape]))
    errors = {("pod-web-new", "app"): f'Failed to pull image "{NEW}": {said}'} if shape == "event" else {}
    found = only(seen, pull_errors=errors)
    assert found.outlook == "permanent"
    assert found.message.startswith(f"image {NEW} {says}")


@pytest.mark.parametrize(("said", "remedy"), HICCUPS)
def test_a_hiccup_of_the_registry_may_heal(said: str, remedy: str) -> None:
    found = only(failing(waiting("ErrImagePull", said)))
    assert found.outlook == "may_heal"
    assert found.message.startswith(f"image {NEW} could not be pulled: ")
    assert remedy in found.remedy


@pytest.mark.parametrize("name", ["denied", "not-found", "unauthorized", "403"])
@pytest.mark.parametrize("said", ['dial "{0}": i/o timeout', "{0}: i/o timeout", "https://{0}: i/o timeout", "lookup {0}: surprising"])
def test_words_in_an_images_name_are_no_cause(name: str, said: str) -> None:
    image = f"registry.example/{name}:{name}"
    assert only(failing(waiting("ErrImagePull", said.format(image), image=image))).outlook == "may_heal"


def test_the_sentence_names_pod_container_cause_and_remedy() -> None:
    found = only(failing(waiting("ImagePullBackOff", f'Back-off pulling image "{NEW}": ErrImagePull: {NEW}: not found')))
    assert found.ref == Ref("Pod", "shop", "web-new")
    assert found.sentence == f"Pod shop/web-new, container app: ImagePullBackOff: image {NEW} not found; check the image's name and tag"


@pytest.mark.parametrize(
    ("status", "outlook", "message", "remedy"),
    [
        pytest.param(
            waiting("InvalidImageName", 'couldn\'t parse image name "Web:": invalid reference format', image="Web:"),
            "permanent",
            "Web: is no valid image name",
            "correct it",
            id="invalid image name",
        ),
        pytest.param(waiting("ErrImageNeverPull", "not present"), "permanent", "is not on the node", "imagePullPolicy", id="never pull"),
        pytest.param(waiting("ImageInspectError", ""), "may_heal", "no cause is given", "events", id="image cannot be inspected"),
        pytest.param(
            waiting("CreateContainerConfigError", 'configmap "web-v5" not found'),
            "permanent",
            'configmap "web-v5" not found',
            "create it",
            id="ConfigMap",
        ),
        pytest.param(
            waiting("CreateContainerConfigError", 'secret "db" not found'), "permanent", 'secret "db" not found', "create it", id="Secret"
        ),
        pytest.param(
            waiting("CreateContainerConfigError", "couldn't find key color in ConfigMap shop/web-v5"),
            "permanent",
            "key color",
            "create it",
            id="key",
        ),
        pytest.param(
            waiting("CreateContainerConfigError", "failed to sync configmap cache: timed out waiting for the condition"),
            "may_heal",
            "timed out",
            "wait",
            id="late cache",
        ),
        pytest.param(
            waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
            "permanent",
            "root",
            "runAsUser",
            id="root",
        ),
        pytest.param(
            waiting("CreateContainerConfigError", 'cannot find volume "x"'), "may_heal", "volume", "volumes", id="config, unknown"
        ),
        pytest.param(
            waiting("CreateContainerError", "Error response: no command specified"), "permanent", "no command", "command", id="no command"
        ),
        pytest.param(waiting("CreateContainerError", "context deadline exceeded"), "may_heal", "deadline", "runtime", id="create, unknown"),
        pytest.param(
            waiting("RunContainerError", 'exec: "serve": executable file not found in $PATH'),
            "crash_loop",
            "serve",
            "not in the image",
            id="no program",
        ),
        pytest.param(
            waiting("RunContainerError", "exec /serve: exec format error"), "crash_loop", "format", "platform", id="wrong platform"
        ),
        pytest.param(waiting("RunContainerError", "exec: permission denied"), "crash_loop", "denied", "mode", id="not executable"),
        pytest.param(
            waiting("RunContainerError", "container init was OOM-killed (memory limit too low?)"),
            "crash_loop",
            "OOM",
            "memory",
            id="no memory",
        ),
        pytest.param(waiting("RunContainerError", "mount failed"), "crash_loop", "mount", "mounts", id="run, unknown"),
        pytest.param(waiting("PostStartHookError", "exit 1"), "crash_loop", "exit 1", "postStart", id="postStart"),
        pytest.param(waiting("SomethingNew", "of a later release."), "may_heal", "of a later release", "events", id="unknown reason"),
        pytest.param(waiting("CrashLoopBackOff"), "crash_loop", "nothing is known", "log", id="no last run"),
        pytest.param(
            waiting("CrashLoopBackOff", last=ended(1)), "crash_loop", "the last run ended with exit code 1", "log", id="exit code 1"
        ),
        pytest.param(
            waiting("CrashLoopBackOff", last=ended(1, message="no\n such table")),
            "crash_loop",
            "exit code 1 (no such table)",
            "log",
            id="last words",
        ),
        pytest.param(waiting("CrashLoopBackOff", last=ended(137, "OOMKilled")), "crash_loop", "OOMKilled", "limits.memory", id="OOMKilled"),
        pytest.param(
            waiting("CrashLoopBackOff", last=ended(0, "Completed")), "crash_loop", "ended by itself", "keep running", id="exit code 0"
        ),
        pytest.param(waiting("CrashLoopBackOff", last=ended(126)), "crash_loop", "could not be executed", "mode", id="126"),
        pytest.param(waiting("CrashLoopBackOff", last=ended(127)), "crash_loop", "command was not found", "image", id="127"),
        pytest.param(waiting("CrashLoopBackOff", last=ended(137)), "crash_loop", "SIGKILL", "livenessProbe", id="137"),
        pytest.param(waiting("CrashLoopBackOff", last=ended(139)), "crash_loop", "segmentation fault", "libraries", id="139"),
        pytest.param(waiting("CrashLoopBackOff", last=ended(143)), "crash_loop", "SIGTERM", "startupProbe", id="143"),
        pytest.param(
            waiting("CrashLoopBackOff", last=ended(128, "StartError", "exec: no such file or directory")),
            "crash_loop",
            "could not be started: exec: no such file",
            "not in the image",
            id="never started",
        ),
        pytest.param(
            waiting("CrashLoopBackOff", last=ended(128, "ContainerCannotRun")),
            "crash_loop",
            "ContainerCannotRun",
            "securityContext",
            id="cannot run",
        ),
        pytest.param(container({"terminated": ended(2)}), "crash_loop", "exit code 2", "log", id="ended just now"),
        pytest.param(
            container({"running": {}}, started=True), "may_heal", "its readinessProbe does not pass", "readinessProbe", id="not ready"
        ),
        pytest.param(container({"running": {}}), "may_heal", "its startupProbe has not passed", "startupProbe", id="not started"),
        pytest.param(container({"running": {}}, restarts=2, last=ended(1)), "may_heal", "exit code 1", "log", id="between two crashes"),
    ],
)
def test_each_state_of_a_container_has_its_cause_and_remedy(status: JsonObject, outlook: Outlook, message: str, remedy: str) -> None:
    found = only(failing(status))
    assert (found.outlook, found.container) == (outlook, "app")
    assert message in found.message
    assert remedy in found.remedy


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(waiting("ContainerCreating"), id="being created"),
        pytest.param(waiting("PodInitializing"), id="waiting for init containers"),
        pytest.param(container({}), id="not seen by the kubelet"),
        pytest.param(container({"running": {}}, ready=True), id="ready, while another container is not"),
    ],
)
def test_a_container_on_its_way_has_no_finding(status: JsonObject) -> None:
    assert diagnose(failing(status)) == ()


@pytest.mark.parametrize(
    ("event", "outlook"),
    [
        ('MountVolume.SetUp failed for volume "config" : configmap "web-v5" not found', "permanent"),
        ('MountVolume.SetUp failed for volume "config" : references non-existent config key: color', "permanent"),
        ("Unable to attach or mount volumes: timed out waiting for the condition", "may_heal"),
    ],
)
def test_a_volume_that_cannot_be_mounted_is_told_by_an_event(event: str, outlook: Outlook) -> None:
    found = only(failing(waiting("ContainerCreating")), pull_errors={("pod-web-new", "app"): event})
    assert (found.reason, found.message, found.outlook) == ("ContainerCreating", event, outlook)


@pytest.mark.parametrize(
    ("restarts", "message"), [(0, "the last run"), (1, "restarted 1 time, the last run"), (3, "restarted 3 times, the last run")]
)
def test_a_crash_loop_counts_its_restarts(restarts: int, message: str) -> None:
    found = only(failing(waiting("CrashLoopBackOff", restarts=restarts, last=ended(1))))
    assert found.restarts == restarts
    assert found.message.startswith(message)


def test_the_last_words_of_a_container_are_masked() -> None:
    found = only(failing(waiting("CrashLoopBackOff", last=ended(1, message="cannot reach postgres://web:hunter2@db"))))
    assert "postgres://web:********@db" in found.message


def with_init(*init: JsonObject) -> Snapshot:
    started = pod("web-new", "h2", ready=False, init=init, statuses=[waiting("PodInitializing")])
    return snapshot(workload(), [replica_set(2, NEW)], [started])


def test_an_init_container_that_fails_is_named_as_one() -> None:
    found = only(with_init(container({"terminated": ended(1)}, name="migrate")))
    assert found.outlook == "crash_loop"
    assert found.sentence.startswith("Pod shop/web-new, init container migrate: Error: ")


def test_an_init_container_that_ended_well_is_no_cause() -> None:
    assert diagnose(with_init(container({"terminated": ended(0, "Completed")}, name="migrate"))) == ()


def test_an_init_container_that_runs_may_come_to_an_end() -> None:
    found = only(with_init(container({"running": {}}, name="wait")))
    assert (found.reason, found.outlook) == ("Initializing", "may_heal")


def test_an_unschedulable_pod_may_heal() -> None:
    said = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    seen = snapshot(workload(), [replica_set(2, NEW)], [pod("web-new", "h2", ready=False, conditions=[condition])])
    found = only(seen)
    assert (found.reason, found.outlook) == ("Unschedulable", "may_heal")
    assert found.cause == "Pod shop/web-new: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu"


def test_a_readiness_gate_that_is_not_passed_may_heal() -> None:
    waits = {"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady", "message": 'gate "lb" is not "True"'}
    shown = pod("web-new", "h2", ready=False, statuses=[container({"running": {}}, ready=True)])
    status = shown["status"]
    assert isinstance(status, dict)
    found = only(snapshot(workload(), [replica_set(2, NEW)], [{**shown, "status": {**status, "conditions": [waits]}}]))
    assert (found.reason, found.outlook, found.message) == ("ReadinessGatesNotReady", "may_heal", 'gate "lb" is not "True"')


def with_failure(message: str, status: str = "True", number: int = 2) -> Snapshot:
    condition: JsonObject = {"type": "ReplicaFailure", "status": status, "reason": "FailedCreate", "message": message}
    owned = [replica_set(1, OLD), replica_set(2, NEW)]
    owned[number - 1]["status"] = {"conditions": [condition]}
    return snapshot(workload(), owned)


CREATION = [
    pytest.param(
        'pods "web-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3', "may_heal", "raise", id="quota"
    ),
    pytest.param(
        'pods "web-x" is forbidden: failed quota: q: must specify limits.cpu', "permanent", "requests and limits", id="quota without limits"
    ),
    pytest.param(
        'admission webhook "policy.example" denied the request: no latest tag', "permanent", "webhook demands", id="webhook denies"
    ),
    pytest.param(
        'Internal error occurred: failed calling webhook "policy.example": context deadline exceeded',
        "may_heal",
        "does not answer",
        id="webhook is down",
    ),
    pytest.param('pods "web-x" is forbidden: violates PodSecurity "restricted:latest"', "permanent", "Pod Security", id="Pod Security"),
    pytest.param(
        'pods "web-x" is forbidden: unable to validate against any security context constraint',
        "permanent",
        "constraint",
        id="OpenShift's constraints",
    ),
    pytest.param(
        'pods "web-x" is forbidden: error looking up service account shop/web: not found',
        "may_heal",
        "service account",
        id="service account",
    ),
    pytest.param('pods "web-x" is forbidden: maximum memory usage per Container is 1Gi', "permanent", "refuses", id="LimitRange"),
    pytest.param('Pod "web-x" is invalid: spec.containers[0].image: Required value', "permanent", "refuses", id="invalid"),
    pytest.param("the server is currently unable to handle the request", "may_heal", "events", id="unknown"),
]


@pytest.mark.parametrize(("said", "outlook", "remedy"), CREATION)
def test_a_refused_pod_is_told_by_the_candidates_replica_set(said: str, outlook: Outlook, remedy: str) -> None:
    found = only(with_failure(said))
    assert found.ref == Ref("ReplicaSet", "shop", "web-h2")
    assert (found.reason, found.message, found.outlook) == ("FailedCreate", said, outlook)
    assert remedy in found.remedy


def test_the_failure_of_an_older_replica_set_does_not_count() -> None:
    assert diagnose(with_failure("exceeded quota", number=1)) == ()


def test_a_failure_that_is_over_does_not_count() -> None:
    assert diagnose(with_failure("exceeded quota", status="False")) == ()


def progressing(reason: str, message: str, **spec: JsonValue) -> dict[str, JsonValue]:
    condition: JsonObject = {"type": "Progressing", "status": "False", "reason": reason, "message": message}
    return workload(spec=spec, status={"conditions": [condition]})


def test_a_replica_set_that_could_not_be_made_is_told_by_the_workload() -> None:
    obj = progressing("ReplicaSetCreateError", 'replicasets.apps "web-x" is forbidden: exceeded quota: q')
    found = only(snapshot(obj, [replica_set(1, OLD)]))
    assert (found.ref, found.outlook) == (Ref("Deployment", "shop", "web"), "may_heal")


EXPIRED = progressing("ProgressDeadlineExceeded", 'ReplicaSet "web-h2" has timed out progressing.')


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_refusal_to_make_a_pod_counts_while_one_is_missing(kind: str) -> None:
    refusal = 'create Pod web-1 in StatefulSet web failed error: pods "web-1" is forbidden: violates PodSecurity "restricted:latest"'
    whole = workload(kind, spec={"replicas": 2}, status={"desiredNumberScheduled": 2})
    pods = [pod("web-0", "h2", by=UID), pod("web-1", "h2", by=UID, terminating=True)]
    seen = replace(snapshot(whole, [controller_revision(2, NEW, kind=kind)], pods), refusal=refusal)
    (found,) = diagnose(seen)
    assert (str(found.ref), found.reason, found.outlook) == (f"{kind} shop/web", "FailedCreate", "permanent")
    assert found.message == refusal
    all_there = [pod("web-0", "h2", by=UID), pod("web-1", "h2", by=UID)]
    assert diagnose(replace(seen, pods=snapshot(whole, pods=all_there).pods)) == ()
    assert diagnose(replace(seen, refusal="")) == ()


def test_an_exceeded_deadline_is_permanent_and_of_the_workload() -> None:
    found = only(snapshot(EXPIRED, [replica_set(2, NEW)]))
    assert found.outlook == "permanent"
    assert found.cause == "Deployment shop/web: ProgressDeadlineExceeded: no progress within 600 s"


def test_an_exceeded_deadline_stands_first_and_names_the_worst_other_cause() -> None:
    broken = pod("web-new", "h2", ready=False, statuses=[waiting("CrashLoopBackOff", restarts=4, last=ended(1))])
    first, second = diagnose(snapshot(EXPIRED, [replica_set(2, NEW)], [broken]))
    assert (first.reason, second.reason) == ("ProgressDeadlineExceeded", "CrashLoopBackOff")
    assert (first.outlook, first.remedy, first.container) == ("permanent", second.remedy, "")
    assert first.message == f"no progress within 600 s: {second.cause}"


def test_a_deadline_that_is_switched_off_meanwhile_is_not_counted_in_seconds() -> None:
    obj = progressing("ProgressDeadlineExceeded", "", progressDeadlineSeconds=2**31 - 1)
    assert only(snapshot(obj, [replica_set(2, NEW)])).message == "no progress"


def test_the_deadline_of_an_earlier_revision_is_no_finding() -> None:
    obj = progressing("ProgressDeadlineExceeded", 'ReplicaSet "web-h1" has timed out progressing.')
    assert diagnose(snapshot(obj, [replica_set(1, OLD), replica_set(2, NEW)])) == ()


BROKEN = [waiting("CrashLoopBackOff", restarts=9, last=ended(1))]


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(pod("web-old", "h1", ready=False, statuses=BROKEN), id="of an older revision"),
        pytest.param(pod("web-new", "h2", ready=False, terminating=True, statuses=BROKEN), id="terminating"),
        pytest.param(pod("web-new", "h2", ready=True, statuses=BROKEN), id="ready"),
    ],
)
def test_only_pods_of_the_candidate_that_shall_serve_count(shown: JsonObject) -> None:
    assert diagnose(snapshot(workload(), [replica_set(1, OLD), replica_set(2, NEW)], [shown])) == ()


def test_without_a_candidate_no_pod_counts() -> None:
    shown = pod("web-old", "h1", ready=False, statuses=BROKEN)
    assert diagnose(snapshot(workload(), [replica_set(1, OLD)], [shown])) == ()


def test_without_a_workload_there_is_nothing_to_find() -> None:
    assert diagnose(Snapshot(None)) == ()
    assert needs_pull_error(Snapshot(None)) == ()


def test_the_worst_stands_first_whatever_the_order_of_the_pods() -> None:
    states = {
        "a": container({"running": {}}, started=True),
        "b": waiting("ErrImagePull", "i/o timeout"),
        "c": waiting("CrashLoopBackOff", restarts=1, last=ended(1)),
        "d": waiting("CrashLoopBackOff", restarts=5, last=ended(1)),
        "e": waiting("ErrImagePull", "manifest unknown"),
    }
    pods = [pod(name, "h2", ready=False, statuses=[status]) for name, status in states.items()]
    found = diagnose(snapshot(workload(), [replica_set(2, NEW)], pods))
    assert [finding.ref.name for finding in found] == ["e", "d", "c", "b", "a"]
    assert diagnose(snapshot(workload(), [replica_set(2, NEW)], pods[::-1])) == found


@pytest.mark.parametrize(
    ("reason", "said", "needed"),
    [
        ("ImagePullBackOff", f'Back-off pulling image "{NEW}"', True),
        ("ImagePullBackOff", f'Back-off pulling image "{NEW}": ErrImagePull: ', True),
        ("ErrImagePull", "", True),
        ("ImagePullBackOff", f'Back-off pulling image "{NEW}": ErrImagePull: {NEW}: not found', False),
        ("ErrImagePull", "manifest unknown", False),
        ("CrashLoopBackOff", "", False),
    ],
)
def test_events_are_asked_for_only_where_the_status_hides_the_cause(reason: str, said: str, needed: bool) -> None:
    found = needs_pull_error(failing(waiting(reason, said)))
    assert [(shown.ref.name, entry.name) for shown, entry in found] == ([("web-new", "app")] if needed else [])


def test_a_hidden_cause_may_heal_until_the_event_tells() -> None:
    found = only(failing(waiting("ImagePullBackOff", f'Back-off pulling image "{NEW}"')))
    assert (found.outlook, found.message) == ("may_heal", f"image {NEW} could not be pulled: no cause is given")


@given(
    st.sampled_from(["ErrImagePull", "CreateContainerConfigError", "RunContainerError", "Unheard", "CrashLoopBackOff"]),
    st.text(),
    st.text(),
)
@example("ErrImagePull", "", "\n")
def test_any_message_makes_one_short_line(reason: str, said: str, image: str) -> None:
    found = only(failing(waiting(reason, said, image=image[:100], last=ended(1, message=said))))
    assert "\n" not in found.message
    assert len(found.message) < 600


def test_a_pod_alone_is_told_the_worst_of_it() -> None:
    seen = failing(waiting("ContainerCreating", ""), waiting("InvalidImageName", "couldn't parse image name"))
    found = diagnose_pod(seen.pods[-1])
    assert found is not None
    assert found.outlook == "permanent"
    assert diagnose_pod(replace(seen.pods[-1], containers=(), conditions=())) is None
