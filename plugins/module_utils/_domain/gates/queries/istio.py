# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Istio, whose proxies count on both sides of a request: https://istio.io/latest/docs/reference/config/metrics/.

The proxy of a pod that is asked is the reporter `destination`. Its series get the label `pod` from how Prometheus finds it, as in Istio's
own configuration. Of a whole Service the reporter `source` tells more: it also counts what has reached no pod.
"""

from __future__ import annotations

from .counters import Counters, Whose


def counters(whose: Whose) -> Counters:
    """Return what proxies count of the requests to the pods of a version, or to a Service."""
    if whose.service:
        place = f'reporter="source",destination_service_namespace="$namespace",destination_service_name="{whose.service}"'
    else:
        place = f'reporter="destination",destination_workload_namespace="$namespace",pod=~"${whose.version}_pods"'
    return Counters(
        requests=(f"istio_requests_total{{{place}}}",),
        failed=(f'istio_requests_total{{{place},response_code=~"5.."}}',),
        buckets=(f"istio_request_duration_milliseconds_bucket{{{place}}}",),
        unit=1000,
    )
