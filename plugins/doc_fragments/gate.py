# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the options of a gate."""

from __future__ import annotations

from textwrap import indent

_ACCESS = r"""
bearer_token:
  description: A token, sent as C(Authorization).
  type: str
username:
  description: A user, sent with O({source}.password) as C(Authorization).
  type: str
password:
  description: The password of O({source}.username).
  type: str
headers:
  description: Headers of the request. Their values are not shown.
  type: dict
timeout:
  description: How long one request may take.
  type: str
  default: 10s
validate_certs:
  description: Whether the server must show a certificate that is trusted.
  type: bool
  default: true
ca_cert:
  description: A file with the certificates of the authorities that are trusted, if not given those of the system.
  type: path
"""

_ENTRY = r"""
options:
  name:
    description: What the gate is called in messages and results.
    type: str
    required: true
  prometheus:
    description:
      - A query to Prometheus, or to what has its API. It gives a number, or several series, each with its labels.
      - NaN and an empty answer are no data, and never pass. An infinite value is a value.
    type: dict
    suboptions:
      url:
        description: The address of the server, without C(/api/v1).
        type: str
        required: true
      query:
        description:
          - The query. V($namespace), V($name), V($candidate_hash), V($candidate_pods), V($stable_hash) and V($stable_pods) stand for what
            the workload has; the pods are regular expressions, so write V(pod=~"$candidate_pods"). A dollar is V($$).
          - V($candidate_service) and V($stable_service) stand for the Services that lead to one version alone, which there are in a rollout
            by blue/green; they are regular expressions too.
          - An unknown placeholder, and one that stands for nothing, is an error before anything is asked.
        type: str
      metric:
        description:
          - A query that need not be written, of the requests to the new version. V(error_ratio) is the part of them that was answered by a
            status of 500 to 599, such as 0.01. V(p95) is how many seconds 95 of 100 took at most. Without requests there is no data.
          - O(baseline) and O(min_samples) then need no query. They ask for the same of the version before, and for the number of requests.
        type: str
        choices: [error_ratio, p95]
      source:
        description:
          - Who has counted the requests of O(prometheus.metric).
          - V(traefik) counts by Service, in C(traefik_service_requests_total) and C(traefik_service_request_duration_seconds_bucket). So
            the version must have a Service of its own, or O(prometheus.service) is given.
          - V(istio) counts in the proxies of the pods, in C(istio_requests_total) and C(istio_request_duration_milliseconds_bucket). The
            series must have the label C(pod).
        type: str
        choices: [traefik, istio]
      service:
        description: Ask for all requests to this Service, whichever version answers. If not given, for those to the new version.
        type: str
      window:
        description:
          - How far O(prometheus.metric) looks back. If not given, V(1m). Prometheus must have read the counters twice in that time.
        type: str
      range:
        description: Ask for all values of so long a time until now, instead of the value of now. Each of them is judged.
        type: str
      step:
        description: How far apart these values are. If not given, a twentieth of O(prometheus.range).
        type: str
@PROMETHEUS@
  http:
    description:
      - A request whose answer is judged, by its status or by one value of its JSON. No redirect is followed, no proxy is used.
      - A request without an answer says nothing of the version, nor does a status that is not wanted where a value is asked for.
    type: dict
    suboptions:
      url:
        description: The address. It may hold placeholders, as O(prometheus.query).
        type: str
        required: true
      method:
        description: The method of the request.
        type: str
        choices: [GET, HEAD, POST, PUT]
        default: GET
      body:
        description: The body of the request, for V(POST) and V(PUT). It may hold placeholders.
        type: str
      status:
        description: The statuses that pass, as numbers, ranges such as V(200-399) or classes such as V(2xx).
        type: list
        elements: str
        default: [2xx]
      json:
        description:
          - Where the value stands in the answer, such as V($.data.items[0].ok). A boolean passes if it is true, a number within O(min) and
            O(max). Null, or nothing there, is no data.
        type: str
@HTTP@
  job:
    description:
      - A Job in the cluster. It is made for each measurement, passes when its pod ends with 0, and is deleted. The end of its log stands in
        the message.
      - A pod that does not start, or is not done in time, says nothing of the version. No Service ever leads to it, as it is never ready.
    type: dict
    suboptions:
      image:
        description: The image of its container.
        type: str
        required: true
      command:
        description: What runs instead of the image's entry point.
        type: list
        elements: str
      args:
        description: The arguments of that.
        type: list
        elements: str
      env:
        description: Variables of the container. They may hold placeholders. Everybody who may read Jobs can read them.
        type: dict
      namespace:
        description: Where the Job is made. If not given, the namespace of the workload.
        type: str
      service_account:
        description: The service account of the pod, which gets its token. Without it the pod gets none.
        type: str
      image_pull_policy:
        description: When the image is pulled.
        type: str
        choices: [Always, IfNotPresent, Never]
      image_pull_secrets:
        description: Names of Secrets for the registry of the image.
        type: list
        elements: str
      wait_timeout:
        description: How long one Job may take.
        type: str
        default: 5m
  pods:
    description: The pods of the version that the workload asks for now.
    type: dict
    suboptions:
      restarts:
        description: How often their containers may restart, all together, from the first look on.
        type: int
        default: 0
      ready:
        description: Whether all of them must be ready.
        type: bool
        default: true
  min:
    description: The least value that passes.
    type: float
  max:
    description: The greatest value that passes. O(prometheus) needs one of O(min), O(max) and O(baseline).
    type: float
  baseline:
    description:
      - Compare with the value of another query, as a rule of the stable pods. Of several series those with the same labels are compared.
      - A baseline without a finite value is no data.
    type: dict
    suboptions:
      query:
        description: The query, with placeholders as O(prometheus.query). Only with O(prometheus.metric) it may be left out.
        type: str
      max_ratio:
        description: The value may be at most so many times that of the baseline.
        type: float
      max_difference:
        description: The value may be at most so much above that of the baseline.
        type: float
  each:
    description: Of several series V(all) must pass, or V(any) one of them.
    type: str
    choices: [all, any]
    default: all
  interval:
    description: How far apart the measurements are, from the beginning of one to that of the next.
    type: str
    default: 10s
  count:
    description: How many measurements there are. One that could not be asked does not count.
    type: int
    default: 1
  initial_delay:
    description: How long to wait before the first one. A query over C([5m]) tells of the time before as well, unless that is waited for.
    type: str
    default: "0"
  failure_limit:
    description: How many measurements may fail.
    type: int
    default: 0
  error_limit:
    description: How many questions in a row may find no answer. One more, and the verdict is V(inconclusive).
    type: int
    default: 4
  inconclusive_limit:
    description: How many measurements may find no data. One more, and the verdict is V(inconclusive).
    type: int
    default: 3
  on_no_data:
    description:
      - What a measurement without data counts as. V(ignore) passes over it.
      - In no case it is a pass, so that O(min_count) of the others must have passed.
    type: str
    choices: [inconclusive, fail, ignore]
    default: inconclusive
  min_count:
    description: How many measurements must have passed, or the verdict is V(inconclusive).
    type: int
    default: 1
  min_samples:
    description: How much traffic the value must stand on. With less there is no data.
    type: dict
    suboptions:
      query:
        description:
          - The query for that, with placeholders as O(prometheus.query). The values of several series are added. Only with
            O(prometheus.metric) it may be left out.
        type: str
      min:
        description: The least that it must give.
        type: float
        required: true
  dry_run:
    description: Measure and tell, without consequences.
    type: bool
    default: false
"""


_GATES = r"""
options:
  on_inconclusive:
    description:
      - What follows from a gate that does not know. V(same) does what O(on_failure) says; without a controller in the cluster nobody may be
        looking.
      - V(pause) stops before the step and does not fail. Go on by M(rollout.kubernetes.promote), which measures anew, or give up by
        M(rollout.kubernetes.abort).
    type: str
    choices: [same, pause]
    default: same
  gates:
    description:
      - What is measured before the rollout goes on, each entry as in M(rollout.kubernetes.gate). Gates of one step are measured side by
        side. One that fails is what O(on_failure) says.
      - A task that goes on with a rollout measures the gates that are given to it, not those of the task before.
    type: list
    elements: dict
    suboptions:
      before:
        description:
          - The steps before which it must pass. V(switch) measures when all pods of the candidate are ready, and no user reaches them.
          - V(scale_down) measures while both versions are there and the users are at the candidate, for as long as
            O(rollout.kubernetes.blue_green#module:scale_down_delay) lasts, and longer where that is not enough. There O(gates[].count) only
            matters where nothing passes.
          - Both are the default, and of a canary each step before the promotion.
        type: list
        elements: str
        choices: [switch, scale_down]
"""


_BETWEEN = r"""
options:
  hold:
    description:
      - How long to wait after each step that has updated pods, before the next one begins. The gates are measured all that time.
      - With O(weights), or O(steps) that have a C(weight) or C(replicas), how long to wait after each of those that name none of their own,
        and not after the last step of all.
    type: str
    default: "0"
  on_inconclusive:
    description:
      - What follows from a gate that does not know. V(same) fails the step, as a gate that fails does.
      - V(pause) stops before the next step and does not fail. The same task again measures anew before it updates further pods. After the
        last step all pods have the new version, and the same task again has nothing left to do.
    type: str
    choices: [same, pause]
    default: same
  gates:
    description:
      - What must pass after each step that has updated pods, each entry as in M(rollout.kubernetes.gate). Gates are measured side by side,
        C(count) times and as long as O(hold) lasts. With O(hold) C(count) only matters where nothing passes.
      - One that fails, fails the step, so that no further pod gets the new version.
      - A task that goes on with a rollout measures anew before it updates further pods.
      - With O(weights), or O(steps) that have a C(weight) or C(replicas), nothing is measured after the last step, as of a canary nothing
        is after its promotion.
    type: list
    elements: dict
    suboptions:
"""


_COURSE = r"""
options:
  steps:
    description:
      - Instead of O(weights), steps that differ in more than their weight. They are called V(weight_10), or V(replicas_2), and
        V(weight_10_2) where one comes again.
    type: list
    elements: dict
    suboptions:
      weight:
        description: The share of the pods that run the candidate, from 1 to 99 percent. It rises from step to step.
        type: int
      replicas:
        description: How many pods run the candidate, instead of C(weight).
        type: int
      hold:
        description: How long this step lasts. The default is O(rollout.kubernetes.canary#module:hold).
        type: str
      gates:
        description: What must pass in this step, besides O(rollout.kubernetes.canary#module:gates).
        type: list
        elements: dict
        suboptions:
@ENTRY@
"""


_SHARES = r"""
options:
  weights:
    description:
      - The share of the pods that run the new template after each step, from 1 to 99 percent, as of M(rollout.kubernetes.canary). They
        rise. The steps are called V(weight_10), then comes V(promote), the rest of the pods, and O(primary) alone after it.
      - What whole pods can be is nearest to that; of 3 pods 10 percent are 1 pod. At least one pod is left for V(promote), unless there is
        only one. Of a DaemonSet they are shares of the nodes that it has a pod on.
      - The plan of check mode says which share is really reached.
    type: list
    elements: int
"""


_OR_COUNTS = """\
      - Or, as an older way, how many pods run the template when each step is done, a list of counts and percentages that rise
        (C([1, 50%])). A percentage is rounded up. What is left of the pods is one more step. V(one_by_one) makes a step of each pod.
      - Without it, O(weights) and O(ordinals) the pod with the highest ordinal is the first step, and all others are the second.
    type: raw
"""


_STEPS = r"""
options:
  hold:
    description:
      - How long each step lasts before the next one begins, counted from when the pods of the candidate have its share of the requests. It
        comes on top of O(wait_timeout).
      - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
    type: str
    default: 60s
  on_inconclusive:
    description:
      - What follows from a gate that does not know. V(same) does what O(on_failure) says; without a controller in the cluster nobody may be
        looking.
      - V(pause) stops in the step and does not fail. Go on by M(rollout.kubernetes.promote), which measures anew, or give up by
        M(rollout.kubernetes.abort).
    type: str
    choices: [same, pause]
    default: same
@COURSE@
  gates:
    description:
      - What must pass in each step before the promotion, each entry as in M(rollout.kubernetes.gate). It is measured from when the
        candidate has its share, as long as O(hold) lasts, and longer where that is not enough. Gates are measured side by side.
      - One that fails is what O(on_failure) says.
      - A task that goes on with a canary measures the gates that are given to it, and measures the step anew in which it stands.
    type: list
    elements: dict
    suboptions:
"""


_ALONG = r"""
options:
  hold:
    description: How long to wait after the last pod, before the rollout is done. The gates are measured all that time.
    type: str
    default: "0"
  on_inconclusive:
    description:
      - What follows from a gate that does not know. V(same) does what O(on_failure) says.
      - V(pause) does not fail. The rolling update goes on to its end, since nothing in the cluster knows of gates; then the phase is
        V(paused) and a warning says why. The same task again has nothing left to do.
    type: str
    choices: [same, pause]
    default: same
  gates:
    description:
      - What is measured while the pods are replaced, each entry as in M(rollout.kubernetes.gate). Gates are measured side by side, from the
        first new pod that is ready until the last one is, once more then, as long as O(hold) lasts, and at least C(count) times.
      - One that fails is what O(on_failure) says, at once. With V(hold) the cluster goes on to replace the pods.
      - Of several workloads each is measured by itself.
      - Without a new version, and in check mode, nothing is asked. O(wait) must be true.
    type: list
    elements: dict
    suboptions:
"""


def _entry() -> str:
    found = _ENTRY
    for source in ("prometheus", "http"):
        found = found.replace(f"@{source.upper()}@\n", indent(_ACCESS.lstrip("\n").replace("{source}", source), " " * 6))
    return found


class ModuleDocFragment:
    """What a gate is, for the module `gate`; `gate.gates` has the list of a rollout by blue/green, `gate.between`
    that of one step by step, `gate.along` that of a rolling update, `gate.steps` those of a canary, `gate.shares` the same steps of a
    rollout pod by pod, `gate.shares_or_counts` those of one that has steps of another kind as well."""

    def __init__(self) -> None:
        """The suboptions are the options of the module."""
        self.DOCUMENTATION = _entry()
        entry = indent(_entry().removeprefix("\noptions:\n").replace("O(", "O(gates[]."), "    ")
        self.GATES, self.BETWEEN, self.ALONG = _GATES + entry, _BETWEEN + entry, _ALONG + entry
        within = indent(entry.replace("O(gates[]", "O(steps[].gates[]"), "    ").rstrip("\n")
        self.COURSE = _COURSE.replace("@ENTRY@", within)
        own = self.COURSE.removeprefix("\noptions:\n").replace("O(rollout.kubernetes.canary#module:", "O(")
        self.SHARES = _SHARES + own
        # Of what is no list for sure nothing within can be referred to.
        elsewhere = own.replace("O(steps[]", "O(rollout.kubernetes.canary#module:steps[]")
        self.SHARES_OR_COUNTS = _SHARES + elsewhere.replace("    type: list\n    elements: dict\n", _OR_COUNTS, 1)
        self.STEPS = _STEPS.replace("@COURSE@", self.COURSE.removeprefix("\noptions:\n").rstrip("\n")) + entry
