# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be shown: known secret values, and what looks like a credential in foreign text such as a container's log.

Known values are found as they stand, in base64, percent-encoded and as JSON escapes; of a value of several lines each longer line
counts by itself, because logs are read line by line. Values shorter than three characters are not looked for: replacing every "1"
would hide nothing and leave no readable text. The patterns err on the side of masking.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote

MASK = "********"
SHORTEST = 3
"""Characters that a known value needs to be looked for."""
_SHORTEST_LINE = 8

_NAMES = (
    r"(?:password|passwd|passphrase|(?<![a-z])pass|(?<![a-z])pwd|secret|token|credentials?|api[-_ ]?key|access[-_ ]?key(?:[-_ ]?id)?"
    r"|secret[-_ ]?key|private[-_ ]?key|signing[-_ ]?key|encryption[-_ ]?key|account[-_ ]?key|session[-_ ]?id)"
)
# Quoted, quoted inside a quoted text, or up to the next blank or `&`. The part that is masked is the group `hide`.
_VALUE = r"""(?:"(?P<hide>(?:[^"\\\n]|\\.)+)"|'(?P<hide2>(?:[^'\\\n]|\\.)+)'|(?P<q>\\+["'])(?P<hide3>.+?)(?P=q)|(?P<hide4>[^\s&]+))"""
_HEADER = r"authorization(?:\\*[\"'])?[ \t]*[:=]"
_OPENED = r"[ \t]*(?:\\*[\"'])?"
_SCHEME = r"(?:basic|bearer|token|negotiate|ntlm|apikey)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        r"(?P<hide>-----BEGIN [^-\n]+-----(?:[^-]|-(?!----END ))*(?:-----END [^-\n]+-----)?)",
        # The tail of a block whose head was cut off.
        r"(?P<hide>(?:^[ \t]*[A-Za-z0-9+/=]{16,}[ \t\r]*\n)+[ \t]*-----END [^-\n]+-----)",
        rf"{_HEADER}{_OPENED}(?P<hide>digest\s[^\r\n]+)",
        rf"{_HEADER}{_OPENED}{_SCHEME}[ \t]+(?P<hide>[^\s\"'\\,]+)",
        rf"{_HEADER}(?!{_OPENED}{_SCHEME}\b){_OPENED}(?P<hide>[^\s\"'\\][^\r\n\"']*)",
        r"cookie(?:\\*[\"'])?\s*:\s*(?:\\*[\"'])?(?P<hide>[^\r\n\"'\\]+)",
        r"\bbearer\s+(?P<hide>(?=[^\s\"',]*\d)[\w.~+/=-]{8,})",
        r"://[^\s/:@]*:(?P<hide>[^\s/?#]+)@",
        rf"{_NAMES}(?:\\*[\"'])?\s*(?:=>|:=|[:=])[ \t]*{_VALUE}",
        rf"--?{_NAMES}[ \t]+{_VALUE}",
        rf"{_NAMES}\w*\\*[\"'],?\s*\\*[\"']?value\\*[\"']?\s*:\s*{_VALUE}",
        r"(?P<hide>\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?)",
        r"(?P<hide>\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b)",
        r"(?P<hide>\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|AIza|sha256~)[\w-]{16,})",
    )
)


def looks_secret(name: str) -> bool:
    """The name of a variable, key or header says that its value is a credential."""
    return re.search(f"{_NAMES}|authorization|cookie", name, re.IGNORECASE) is not None


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with every known value and everything that looks like a credential replaced by `MASK`; doing it again changes nothing.

    Give it the whole text, not line by line: keys and certificates span lines.
    """
    known = _forms(secrets)
    while True:
        spans = _merged(_spans(text, known))
        if not spans:
            return text
        # A mask may complete another value together with its neighbours, so look again. Every span holds a character other
        # than `*`, and none comes back: this ends.
        text = _replaced(text, spans)


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    forms: set[str] = set()
    for secret in secrets:
        whole = {secret, secret.strip()}
        for value in whole | {line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE}:
            if len(value) < SHORTEST:
                continue
            raw = value.encode("utf-8", "surrogatepass")
            forms |= {value, b64encode(raw).decode("ascii").rstrip("="), quote(raw), quote(raw, safe=""), json.dumps(value)[1:-1]}
    return tuple(sorted(form for form in forms if form.strip("*")))


def _spans(text: str, known: Iterable[str]) -> Iterator[tuple[int, int]]:
    for value in known:
        start = text.find(value)
        while start >= 0:
            yield start, start + len(value)
            start = text.find(value, start + 1)
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            for name, found in match.groupdict().items():
                if name != "q" and found is not None and found.strip("*"):
                    yield match.span(name)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _replaced(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    reached = 0
    for start, end in spans:
        parts += [text[reached:start], MASK]
        reached = end
    return "".join([*parts, text[reached:]])
