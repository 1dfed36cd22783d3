# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP request whose answer is judged: by its status, or by one value of its JSON."""

from __future__ import annotations

import json

from .._domain.base.objects import JsonValue
from .._domain.gates.gate import Http, Reading, Series
from .._domain.gates.json_path import at_path, parts_of
from .._domain.verification import shown_url
from .http import Answered, Exchange, Question


class Asks:
    """The request of one gate."""

    def __init__(self, source: Http) -> None:
        access = source.access
        self._source = source
        self._exchange = Exchange(
            Question(
                source.url,
                method=source.method,
                headers=access.headers,
                body=source.body,
                timeout=access.timeout,
                validate_certs=access.validate_certs,
                ca_cert=access.ca_cert,
                ca_option="http.ca_cert",
            )
        )

    def ask(self) -> Reading:
        """Return what the answer says: the value where a path is given, else whether the status is one that is wanted."""
        source, answer = self._source, self._exchange.ask()
        asked = f"{source.method} {shown_url(source.url)}"
        if not isinstance(answer, Answered):
            outcome, detail = answer
            return Reading(trouble=f"the request could not be sent: {outcome}{f' ({detail})' if detail else ''}", query=asked)
        wanted = any(low <= answer.status <= high for low, high in source.status)
        if not source.json:
            return Reading(passed=wanted, said=f"the answer has status {answer.status}", query=asked)
        if not wanted:
            # The value cannot be asked for; that is not a bad value.
            return Reading(trouble=f"the answer has status {answer.status}", query=asked)
        return _read(source, answer, asked)

    def close(self) -> None:
        """End the request that is on its way."""
        self._exchange.close()


def _read(source: Http, answer: Answered, asked: str) -> Reading:
    if not answer.whole:
        return Reading(trouble="the answer is longer than a megabyte", query=asked)
    try:
        value: JsonValue = at_path(json.loads(answer.body), parts_of(source.json, "http.json"))
    except ValueError:
        return Reading(trouble="the answer is no JSON", query=asked)
    if value is None:
        return Reading(query=asked)
    if isinstance(value, bool):
        return Reading(passed=value, said=f"{source.json} is {str(value).lower()}", query=asked)
    if isinstance(value, (int, float)):
        return Reading(series=(Series({}, float(value)),), query=asked)
    return Reading(trouble=f"{source.json} is no number and no boolean", query=asked)
