# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the option that measures whether users lose requests."""

from __future__ import annotations


class ModuleDocFragment:
    """The fragment."""

    DOCUMENTATION = r"""
options:
  verify:
    description:
      - Measure with requests of its own, while the task changes and waits, whether users lose any. As soon as more of them failed than may,
        the task has failed, and what it does then is what it does for any other failure.
      - Right before the first change some requests must succeed in a row, else the task fails and changes nothing. Where there is nothing
        to change or to wait for, and in check mode, no request is sent.
      - Each request has a connection of its own and begins when its time has come, whatever became of those before. None is repeated, no
        redirect is followed, no proxy is used.
      - While it goes back after a failure requests are sent and counted as well, but do not interrupt that. The module
        M(rollout.kubernetes.abort) is never interrupted, nor kept from beginning; it fails at its end.
    type: dict
    suboptions:
      url:
        description:
          - The address, with V(http) or V(https). It is asked from where the work is done, which is the controller for a local connection.
          - It must hold no user or password. Exactly one of this and O(verify.job) must be given.
        type: str
      job:
        description:
          - Send the requests from a pod instead, for Services that cannot be reached from where the work is done. A Job is made for that
            before anything else is written, and deleted at the end. One that a killed run leaves ends after the longest time that the
            task may take, and is removed a minute later.
          - The image needs C(sh), C(sleep) that takes fractions, and C(curl) or C(wget); that of BusyBox is enough. C(wget) follows
            redirects, and that of BusyBox checks no certificates and sends GET for HEAD. With C(curl) none of that is so.
          - No Service ever leads to the pod, which is never ready. O(verify.headers) and O(verify.ca_cert) cannot be used with it.
          - Needs the rights to create, get, patch and delete Jobs, to list and watch Pods, and to get C(pods/log).
        type: dict
        suboptions:
          image:
            description: The image with C(curl) or C(wget).
            type: str
            required: true
          url:
            description: The address as a pod sees it, for example V(http://web/healthz).
            type: str
            required: true
          namespace:
            description: Where the pod runs. If not given, the namespace of the workload.
            type: str
          service_account:
            description: The service account of the pod, which gets no token of it.
            type: str
          image_pull_policy:
            description: When the image is pulled.
            type: str
            choices: [Always, IfNotPresent, Never]
          image_pull_secrets:
            description: Names of Secrets with the credentials of the image's registry.
            type: list
            elements: str
          run_as_user:
            description:
              - The number of the user that the container runs as, where the namespace demands one that is not root. On OpenShift leave it
                out.
            type: int
      interval:
        description:
          - The time from one request to the next, from V(10ms) to V(60s).
          - Seconds, or a text such as V(500ms) or V(2s).
        type: str
        default: 100ms
      timeout:
        description:
          - How long a request may take, up to V(60s), from the look-up of the name to the last byte.
          - So many requests may be on their way at one time as begin in that time, but not more than 64. When that many wait for an answer,
            none is sent until one of them has ended; RV(verify.skipped) counts that.
          - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
        type: str
        default: 5s
      method:
        description: The method of the requests.
        type: str
        choices: [GET, HEAD]
        default: GET
      headers:
        description:
          - Headers to send, texts by name. They are not shown anywhere.
        type: dict
      status:
        description: The statuses that count as success, as numbers (V(200)), ranges (V(200-399)) or classes (V(2xx)).
        type: list
        elements: str
        default: [200-399]
      contains:
        description: A text that the body must hold, within its first MiB.
        type: str
      validate_certs:
        description: Whether the certificate of an V(https) address must be valid.
        type: bool
        default: true
      ca_cert:
        description: A file with the certificates of the authorities that are trusted, in PEM format. If not given, those of the system.
        type: path
      max_failed:
        description:
          - How many requests may fail, as a count such as V(3), or as a share of all requests such as V(0.5%).
          - A share is judged as soon as so many requests are sent that a single failure does not exceed it (200 of them for V(0.5%)), and
            at the end.
        type: str
        default: '0'
      after:
        description:
          - How long the measurement goes on once the rollout is complete, as requests are lost typically while old pods end.
          - A pod that ends leaves the EndpointSlices within about a second, and kube-proxy and its like take that over within another one;
            the default has one more. Give more if a load balancer in front learns later than that.
          - Blue/green has the end of the old pods within the task anyway.
          - Seconds, or a text such as V(90s), V(10m) or V(1h30m).
        type: str
        default: 3s
"""
