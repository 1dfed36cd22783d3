# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus' HTTP API: an instant query, or a range query that ends now.

The shapes of answers are those of https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from .._domain.gates.gate import Prometheus, Reading, Series
from .._domain.verification import shown_url
from .http import Answered, Exchange, Outcome, Question

_LONGEST = 300
"""Characters of what a server says that are told."""


class NoAnswer(Exception):
    """The question could not be asked, or the answer is none. Its text is a clause."""


class Asks:
    """The queries of one gate."""

    def __init__(self, source: Prometheus) -> None:
        self._source = source
        self._under_way: Exchange | None = None
        self._exchange("")  # Raises now for a certificate that cannot be read.

    def ask(self) -> Reading:
        """Return the values of the query, of the baseline, and how much traffic they stand on."""
        source = self._source
        try:
            series = self._asked(source.query)
            baseline = self._asked(source.baseline) if source.baseline else ()
            samples = self._asked(source.samples) if source.samples else ()
        except NoAnswer as trouble:
            return Reading(trouble=str(trouble), query=source.query)
        values = [entry.value for entry in samples if entry.value is not None and not math.isnan(entry.value)]
        return Reading(series=series, baseline=baseline, samples=sum(values) if values else None, query=source.query)

    def close(self) -> None:
        """End the request that is on its way."""
        if self._under_way is not None:
            self._under_way.close()

    def _exchange(self, query: str) -> Exchange:
        source, access = self._source, self._source.access
        now = time.time()
        asked = {"query": query, "timeout": f"{access.timeout:g}s"}
        if source.range:
            asked |= {"start": f"{now - source.range:.3f}", "end": f"{now:.3f}", "step": f"{source.step:g}"}
        else:
            asked["time"] = f"{now:.3f}"
        return Exchange(
            Question(
                f"{source.url.rstrip('/')}/api/v1/{'query_range' if source.range else 'query'}",
                method="POST",
                headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **access.headers},
                body=urlencode(asked),
                timeout=access.timeout,
                validate_certs=access.validate_certs,
                ca_cert=access.ca_cert,
                ca_option="prometheus.ca_cert",
            )
        )

    def _asked(self, query: str) -> tuple[Series, ...]:
        """Return the values of one query. Raises `NoAnswer`."""
        self._under_way = self._exchange(query)
        return read(self._under_way.ask(), shown_url(self._source.url))


def read(answer: Answered | Outcome, server: str) -> tuple[Series, ...]:
    """Return the values of an answer; none for an empty one. Raises `NoAnswer`."""
    if not isinstance(answer, Answered):
        outcome, detail = answer
        raise NoAnswer(f"{server} could not be asked: {outcome}{f' ({detail})' if detail else ''}")
    if not answer.whole:
        raise NoAnswer(f"the answer of {server} is longer than a megabyte; let the query give fewer series")
    told = _parsed(answer.body)
    if answer.status != 200 or told.get("status") != "success":
        why = str(told.get("error") or "").strip()[:_LONGEST]
        raise NoAnswer(f"{server} answered {answer.status}{f': {why}' if why else _HINTS.get(answer.status, '')}")
    data = told.get("data")
    if not isinstance(data, dict):
        raise NoAnswer(f"{server} answered without data; is it a Prometheus?")
    try:
        return tuple(_series(str(data.get("resultType")), data["result"]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise NoAnswer(f"{server} answered in another form than Prometheus does ({type(error).__name__})") from error


_HINTS = {
    301: ", which leads elsewhere; give the address where that leads",
    302: ", which leads elsewhere, as a page to log in does; give the address of the API itself",
    401: "; give bearer_token, or username and password",
    403: "; the token or user may not ask it",
    404: "; give the address that /api/v1/query is under",
}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _series(kind: str, result: Any) -> Iterator[Series]:
    if kind == "scalar":
        yield Series({}, float(result[1]))
    elif kind == "vector":
        for entry in result:
            yield Series(_labels(entry), float(entry["value"][1]))
    elif kind == "matrix":
        for entry in result:
            numbers = [float(value) for _at, value in entry["values"]]
            known = [number for number in numbers if not math.isnan(number)]
            # A point without data says nothing where the others do.
            yield from (Series(_labels(entry), number) for number in known or numbers[:1])
    elif kind == "string":
        raise NoAnswer("the query gives a text, and a value must be a number")
    else:
        raise ValueError(kind)


def _labels(entry: dict[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in entry["metric"].items()}
