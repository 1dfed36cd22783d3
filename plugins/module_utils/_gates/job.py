# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests from a pod: the Job, the script that its container runs, and the lines that it prints.

What the user gives reaches the script by variables alone, and is never part of its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._domain.base.objects import JsonObject, JsonValue, Ref
from .._domain.verification import OK, PodProbe, Verification
from .http import Outcome
from .one_pod import job_of, literal

CONTAINER = "verify"
LABEL = "rollout.kubernetes/verify"
"""The Job's name, on its pod: so that no selector of an application finds it, and we do."""

SCRIPT = r"""
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
LC_ALL=C
export LC_ALL
trap 'exit 0' TERM INT
nl='
'
if command -v curl >/dev/null 2>&1; then
  tool=curl
elif command -v wget >/dev/null 2>&1; then
  tool=wget
else
  echo 'E the image has neither curl nor wget'
  exit 1
fi
# Not each wget has -T, and some that have not break down when they find it; and it ends no answer that comes drop by drop.
if timeout 1 sleep 0 2>/dev/null; then limited=y; else limited=; fi
if ! sleep "$VERIFY_INTERVAL" 2>/dev/null; then
  echo 'E sleep in the image takes no fraction of a second'
  exit 1
fi
if ! read -r up rest </proc/uptime; then
  echo 'E there is no /proc/uptime'
  exit 1
fi

ask() {
  read -r up rest </proc/uptime
  began=$up
  word=-
  if [ "$tool" = curl ]; then
    set -- -q -g -s -m "$VERIFY_TIMEOUT" --retry 0 -w "$nl%{http_code}"
    [ -n "$VERIFY_CONTAINS" ] || set -- "$@" -o /dev/null
    [ "$VERIFY_METHOD" != HEAD ] || set -- "$@" -I
    [ -z "$VERIFY_INSECURE" ] || set -- "$@" -k
    out=$(curl "$@" -- "$VERIFY_URL" 2>/dev/null)
    code=$?
    status=${out##*"$nl"}
  else
    set -- wget -q -S -t 1
    if [ -n "$limited" ]; then set -- timeout "$VERIFY_WHOLE_TIMEOUT" "$@"; else set -- "$@" -T "$VERIFY_WHOLE_TIMEOUT"; fi
    if [ "$VERIFY_METHOD" = HEAD ]; then set -- "$@" --spider
    elif [ -n "$VERIFY_CONTAINS" ]; then set -- "$@" -O -
    else set -- "$@" -O /dev/null; fi
    [ -z "$VERIFY_INSECURE" ] || set -- "$@" --no-check-certificate
    out=$("$@" -- "$VERIFY_URL" 2>&1)
    code=$?
    status=${out#*HTTP/[0-9].[0-9] }
    if [ "$status" = "$out" ]; then status=0; else status=${status%%[!0-9]*}; fi
    case $out in
      *refused*) word=refused ;;
      *"bad address"* | *"nable to resolve"* | *"ame or service not known"*) word=unresolved ;;
      *"timed out"* | *"timeout"*) word=timeout ;;
      *ertificate* | *TLS* | *SSL*) word=tls ;;
      *reset*) word=reset ;;
    esac
    # What timeout ends with, when it had to end the other.
    case $code in 124 | 143) word=timeout ;; esac
  fi
  body=-
  if [ -n "$VERIFY_CONTAINS" ]; then
    case $out in
      *"$VERIFY_CONTAINS"*) body=y ;;
      *) body=n ;;
    esac
  fi
  read -r up rest </proc/uptime
  printf 'r %s %s %s %s %s %s %s %s\n' "$n" "$began" "$up" "$tool" "$code" "${status:-0}" "$body" "$word"
}

n=0
while :; do
  (ask &)
  n=$((n + 1))
  sleep "$VERIFY_INTERVAL"
done
"""

_LINE = re.compile(r"r ([0-9]{1,12}) ([0-9.]{1,20}) ([0-9.]{1,20}) (curl|wget) ([0-9]{1,3}) ([0-9]{1,3}) ([yn-]) ([a-z-]{1,20})")
_CURL: dict[int, Outcome] = {
    6: ("unresolved", "the name has no address"),
    7: ("refused", ""),
    18: ("closed", "in the middle of the answer"),
    28: ("timeout", ""),
    35: ("tls", "no handshake"),
    52: ("closed", "without an answer"),
    56: ("reset", ""),
    60: ("tls", "the certificate is not trusted"),
    1: ("no http", ""),
}
"""By the code that curl ends with."""
_WGET: dict[int, Outcome] = {4: ("unreachable", ""), 5: ("tls", "")}
"""By the code that GNU wget ends with, where it says nothing."""


@dataclass(frozen=True)
class Line:
    """One request as the pod tells it; times are seconds on a clock of its node."""

    number: int
    began: float
    ended: float
    outcome: str
    detail: str


def line_of(text: str, wanted: Verification) -> Line | None:
    """What a line of the log says; None for one that is not the script's."""
    found = _LINE.fullmatch(text.strip())
    if found is None:
        return None
    number, began, ended, tool, code, status, body, word = found.groups()
    outcome, detail = _outcome(tool, int(code), int(status), body, word, wanted)
    try:
        return Line(int(number), float(began), float(ended), outcome, detail)
    except ValueError:
        return None


def complaint_of(text: str) -> str:
    """Why the script cannot work in this image; empty for other lines."""
    return text.strip()[2:] if text.startswith("E ") else ""


def _outcome(tool: str, code: int, status: int, body: str, word: str, wanted: Verification) -> Outcome:
    # wget fails for statuses as well; what it says of the connection counts only where there was no answer.
    if code and tool == "curl":
        return _CURL.get(code, ("unreachable", f"curl ended with {code}"))
    if code and (not status or wanted.accepts(status)) and status < 400:
        if word != "-":
            return word, ""
        return ("closed", "in the middle of the answer") if status else _WGET.get(code, ("unreachable", f"wget ended with {code}"))
    if not wanted.accepts(status):
        return f"status {status}", ""
    if body == "n":
        return "wrong body", "verify.contains is not in it"
    return OK, ""


def variables(wanted: Verification) -> dict[str, str]:
    """What the script reads."""
    return {
        "VERIFY_URL": wanted.url,
        "VERIFY_INTERVAL": f"{wanted.interval:g}",
        "VERIFY_TIMEOUT": f"{wanted.timeout:g}",
        "VERIFY_WHOLE_TIMEOUT": str(max(1, round(wanted.timeout))),
        "VERIFY_METHOD": wanted.method,
        "VERIFY_CONTAINS": wanted.contains,
        "VERIFY_INSECURE": "" if wanted.validate_certs else "yes",
    }


def manifest(wanted: Verification, pod: PodProbe, *, namespace: str, name: str, seconds: int) -> JsonObject:
    """The Job that measures; see `job_of` for its end."""
    labels: dict[str, JsonValue] = {
        "app.kubernetes.io/name": "rollout-verify",
        "app.kubernetes.io/managed-by": "rollout.kubernetes",
        LABEL: name,
    }
    security: dict[str, JsonValue] = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if pod.run_as_user is not None:
        security |= {"runAsNonRoot": True, "runAsUser": pod.run_as_user}
    container: dict[str, JsonValue] = {
        "name": CONTAINER,
        "image": pod.image,
        "command": ["sh", "-c", SCRIPT],
        "env": [{"name": key, "value": literal(value)} for key, value in variables(wanted).items()],
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        "securityContext": security,
    }
    spec: dict[str, JsonValue] = {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 1}
    return job_of(pod, container, spec, Ref("Job", namespace, name), labels=labels, seconds=seconds)
