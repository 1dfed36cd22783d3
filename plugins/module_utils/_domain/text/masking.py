# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not be shown: known secret values, and what looks like a credential in a text such as a container's log.

Known values are found as they stand, in base64, percent-encoded and as JSON escapes; of a value of several lines each longer line
counts by itself, because logs are read line by line. Values shorter than three characters are not looked for: replacing every "1"
would hide nothing and leave no readable text. The patterns err on the side of masking. Each takes a time that grows with the text, and
no faster.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

MASK = "********"
CHANGED = f"{MASK} (changed)"
"""In the place of a value that is not the one that was there before."""
SHORTEST = 3
"""Characters that a known value needs to be looked for."""
_SHORTEST_LINE = 8

_NAMES = (
    r"(?:password|passwd|passwort|passphrase|passcode|(?<![a-z])pass|(?<![a-z])pwd|secret|token|credentials?|api[-_. ]?key"
    r"|access[-_. ]?key(?:[-_. ]?id)?|(?:secret|private|signing|encryption|account|master|license|ssh|deploy|session|auth)[-_. ]?key"
    r"|session[-_. ]?id|requirepass|masterauth|pgpass)"
)
# Quoted, quoted inside a quoted text, or up to the next blank or `&`. The part that is masked is the group `hide`.
_VALUE = (
    r"""(?:"(?P<hide>(?:[^"\\\n]|\\.)+)"|'(?P<hide2>(?:[^'\\\n]|\\.)+)'|(?P<q>\\{1,9}["'])(?P<hide3>.{1,4096}?)(?P=q)"""
    r"""|(?P<hide4>[^\s&]+))"""
)
_HEADER = r"authorization(?:\\*[\"'])?[ \t]*[:=]"
_OPENED = r"[ \t]*(?:\\*[\"'])?"
_SCHEME = r"(?:basic|bearer|token|negotiate|ntlm|apikey)"
_BLOCK = r"[\"']?:[ \t]*[|>][-+0-9]*[ \t]*\n(?P<hide>(?P=at)[ \t]+[^\n]*(?:\n(?P=at)[ \t]+[^\n]*)*)"
"""What is indented below its key, in YAML."""
_TOKENS = (
    r"gh[pousr]_|github_pat_|glpat-|glrt-|xox[abeprs]-|xapp-|AIza|sha256~|sk_(?:live|test)_|rk_live_|sk-|whsec_|npm_|pypi-|hf_|dckr_pat_"
    r"|dop_v1_|shpat_|hvs\.|ya29\.|SG\.|AGE-SECRET-KEY-"
)
_CLIENTS = r"(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mariadb-admin)"
_SPOKEN = ("pass", "pwd", "secret", "token", "credential", "key", "session", "masterauth")
_PATTERNS = tuple(
    (needed, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for needed, pattern in (
        (("-----begin",), r"(?P<hide>-----BEGIN [^-\n]+-----(?:[^-]|-(?!----END ))*(?:-----END [^-\n]+-----)?)"),
        (("authorization",), rf"{_HEADER}{_OPENED}(?P<hide>digest\s[^\r\n]+)"),
        (("authorization",), rf"{_HEADER}{_OPENED}{_SCHEME}[ \t]+(?P<hide>[^\s\"'\\,]+)"),
        (("authorization",), rf"{_HEADER}(?!{_OPENED}{_SCHEME}\b){_OPENED}(?P<hide>[^\s\"'\\][^\r\n\"']*)"),
        (("cookie",), r"cookie(?:\\*[\"'])?\s*:\s*(?:\\*[\"'])?(?P<hide>[^\r\n\"'\\]+)"),
        (("bearer",), r"\bbearer\s+(?P<hide>(?=[^\s\"',]*\d)[\w.~+/=-]{8,})"),
        (("://",), r"://[^\s/:@]*:(?P<hide>[^\s/?#]+)@"),
        (("://",), r"://(?P<hide>(?=[^\s/:@]*\d)[^\s/:@]{16,})@"),
        (("://",), r"://hooks\.slack\.com/services/(?P<hide>[^\s\"']+)"),
        (("/api/webhooks/",), r"/api/webhooks/\d+/(?P<hide>[\w-]+)"),
        (("?", "&"), r"[?&](?:sig|signature|x-amz-signature|x-amz-security-token)=(?P<hide>[^\s&\"']+)"),
        (_SPOKEN, rf"^(?P<at>[ \t]*)[^\s#][^\n:]*{_NAMES}{_BLOCK}"),
        (_SPOKEN, rf"^(?P<at>[ \t]*){_NAMES}{_BLOCK}"),
        (_SPOKEN, rf"{_NAMES}(?:\\*[\"'])?\s*(?:=>|:=|[:=])[ \t]*(?![|>][-+0-9]*[ \t]*$){_VALUE}"),
        (_SPOKEN, rf"(?<![\w.-])--?(?:[a-z0-9]{{1,30}}[-_.]){{0,5}}{_NAMES}[ \t]+{_VALUE}"),
        (_SPOKEN, rf"{_NAMES}\w{{0,64}}(?:\\*[\"'])?,?\s*\\*[\"']?value\\*[\"']?\s*:\s*{_VALUE}"),
        (("-u", "--user"), r"(?<!\S)(?:-u|--user)[ \t=]+[^\s:=]+:(?P<hide>[^\s\"']+)"),
        (("mysql", "mariadb"), rf"\b{_CLIENTS}\b(?:[ \t]+(?!(?-i:-p))[^\s|;&]+){{0,20}}?[ \t]+(?-i:-p)(?P<hide>[^\s\"']+)"),
        (("sshpass",), r"\bsshpass[ \t]+(?-i:-p)[ \t]*(?P<hide>[^\s\"']+)"),
        (("redis-cli",), r"\bredis-cli\b(?:[ \t]+(?!-a\b)[^\s|;&]+){0,20}?[ \t]+(?-i:-a)[ \t]+(?P<hide>[^\s\"']+)"),
        (("eyj",), r"(?<![\w-])(?P<hide>eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?)"),
        (("akia", "asia", "aroa", "aida"), r"(?P<hide>\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b)"),
        ((), rf"(?<![\w-])(?P<hide>(?:{_TOKENS})[\w-]{{16,}})"),
    )
)
"""Each with texts in small letters, one of which must be there before it is worth looking; none for always."""
_END = re.compile(r"-----END [^-\n]+-----")
_BODY = re.compile(r"[ \t]*[A-Za-z0-9+/=]{16,}[ \t\r]*")
_REFERENCE = re.compile(r"\$\(\w+\)|\$\{\w+\}|\$\w+")
_WORD = re.compile(r"[a-z]{1,12}|[A-Z][a-z]{1,11}|[A-Z]{1,12}|\d{1,5}")
_KEYS = re.compile(r"[\w.-]{1,253}(?:, [\w.-]{1,253}){0,8}(?: and \d+ more)? (?:changed|added|removed)\b")
"""What a change cause of ours says of a Secret: `secret web-secret: password, token changed`."""
_SPEAKING = re.compile(
    r"password|passwd|passwort|passphrase|passcode|pgpass|requirepass|masterauth|netrc|dockercfg|dockerconfigjson|secret(?!ar)"
    r"|token(?!i[sz])|credential|authorization|cookie|bearer"
    r"|(?:api|access|secret|private|signing|encryption|account|master|license|ssh|deploy|session|auth)[-_. ]?key|session[-_. ]?id",
    re.IGNORECASE,
)
_SPEAKING_WORDS = frozenset({"pass", "pwd", "pw", "creds", "cred", "psk", "pat", "otp", "jwt", "hmac"})
_PUBLIC_KEYS = re.compile(
    r"primary|foreign|partition|sort|row|cache|hash|group|public|routing|object|map|topology|shard|index|lookup|unique|sub|config|label"
    r"|annotation|selector|sorting|metric|dictionary|hot|idempotency|dedup"
)
_NAMING_WORD = re.compile(
    r"files?|paths?|dir|directory|folder|names?|hosts?|port|ttl|timeout|expiry|expires|expiration|lifetime|age|length|len|size|count|limit"
    r"|min|max|enabled?|disabled?|required|policy|headers?|issuer|audience|type|kind|algorithm|alg|algo|method|mode|version|format|prefix"
    r"|suffix|ref|class|provider|url|uri|endpoint|location|mount|volume|rotation|interval|seconds|minutes|hours|days|store|manager|backend"
    r"|field|column|parameter|scopes?|username|user|login|email|rounds|cost|regex|pattern|validity|budget|bucket"
)
"""With one of these at its end a name is that of something about a credential, as `PASSWORD_FILE`."""


def looks_secret(name: str) -> bool:
    """The name of a variable, key or header says that its value is a credential."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    if not words or (len(words) > 1 and _NAMING_WORD.fullmatch(words[-1])):
        return False
    if _SPEAKING.search(name) or not _SPEAKING_WORDS.isdisjoint(words):
        return True
    return len(words) > 1 and words[-1] == "key" and not _PUBLIC_KEYS.fullmatch(words[-2])


def says_nothing(value: str) -> bool:
    """A value that no secret can be, whatever its name: empty, a truth value, or a reference to another variable."""
    return value.strip().lower() in ("", "true", "false", "yes", "no", "on", "off", "null", "none") or bool(_REFERENCE.fullmatch(value))


def is_ordinary(value: str) -> bool:
    """A known value that is a plain word or a small number: looked for everywhere it would hide the names of things, and our own words."""
    return len(value.strip()) < 4 or _WORD.fullmatch(value.strip()) is not None


def mask(text: str, secrets: Iterable[str] = (), names: Iterable[str] = (), *, sentence: bool = False) -> str:
    """`text` with every known value and everything that looks like a credential replaced by `MASK`; doing it again changes nothing.

    Give it the whole text, not line by line: keys and certificates span lines. What is among `names` (images, objects) stays. In a
    `sentence` a plain word after a colon is taken for a word: `data.password: must be a text`.
    """
    known, kept = _forms(secrets), [name for name in names if name in text]
    while True:
        spans = _merged(_spans(text, known, sentence=sentence))
        if kept:
            spans = _outside(spans, _merged(_places(text, kept)))
        if not spans:
            return text
        # A mask may complete another value together with its neighbours, so look again. Every span holds a character other
        # than `*`, and none comes back: this ends.
        text = _replaced(text, spans, lambda _index, _part: MASK)


def hidden_parts(text: str, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """What `mask` would hide of a text at first sight, in its order."""
    return tuple(text[start:end] for start, end in _merged(_spans(text, _forms(secrets))))


def mask_changed(text: str, before: str, secrets: Iterable[str] = ()) -> str:
    """As `mask`; a part that is another one than in the text before is marked with `CHANGED`, so that one sees that it changed."""
    former = hidden_parts(before, secrets)
    spans = _merged(_spans(text, _forms(secrets)))
    aligned = len(spans) == len(former)

    def mark(index: int, part: str) -> str:
        return MASK if (former[index] == part if aligned else part in former) else CHANGED

    return mask(_replaced(text, spans, mark), secrets)


def mask_each(texts: Sequence[str]) -> tuple[str, ...]:
    """The parts of one command line, masked with regard to each other: what follows `--password` is one."""
    whole = " ".join(texts)
    spans = _merged(_spans(whole, ()))
    masked, start, first, before = [], 0, 0, ""
    for part in texts:
        end = start + len(part)
        while first < len(spans) and spans[first][1] <= start:
            first += 1
        own, index = [], first
        while index < len(spans) and spans[index][0] < end:
            own.append((max(spans[index][0], start) - start, min(spans[index][1], end) - start))
            index += 1
        if own and own[0][0] == 0 and before.startswith("-") and "=" not in before:
            own = [(0, len(part))]  # A value of its own goes as a whole, also one with blanks.
        before = part
        masked.append(mask(_replaced(part, own, lambda _index, _part: MASK)))
        start = end + 1
    return tuple(masked)


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


def _spans(text: str, known: Iterable[str], *, sentence: bool = False) -> Iterator[tuple[int, int]]:
    yield from _places(text, known)
    yield from _tails(text)
    lowered = text.lower()
    for needed, pattern in _PATTERNS:
        if needed and not any(word in lowered for word in needed):
            continue
        for match in pattern.finditer(text):
            for name, found in match.groupdict().items():
                if name in ("q", "at") or found is None or _is_masked(found) or _REFERENCE.fullmatch(found):
                    continue
                before = match[0][: match.start(name) - match.start()]
                if before.endswith(": ") and _KEYS.match(text, match.start(name)):
                    continue
                if not (sentence and ":" in before and "://" not in before and _WORD.fullmatch(found)):
                    yield match.span(name)


def _is_masked(found: str) -> bool:
    return not found.replace(CHANGED, "").strip("* \t\r\n")


def _places(text: str, known: Iterable[str]) -> Iterator[tuple[int, int]]:
    for value in known:
        start = text.find(value)
        while start >= 0:
            yield start, start + len(value)
            start = text.find(value, start + 1)


def _tails(text: str) -> Iterator[tuple[int, int]]:
    """The ends of blocks of PEM whose heads were cut off: from each end backwards, as far as lines look like its body."""
    reached = 0
    for match in _END.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        if text[start : match.start()].strip(" \t"):
            continue
        first = start
        while first > reached:
            line = text.rfind("\n", 0, first - 1) + 1
            if line < reached or not _BODY.fullmatch(text, line, first - 1):
                break
            first = line
        if first < start:
            yield first, match.end()
        reached = match.end()


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _outside(spans: Sequence[tuple[int, int]], kept: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans that touch none of the kept ones, which are sorted and apart."""
    ends = [end for _start, end in kept]
    found = []
    for start, end in spans:
        index = bisect_left(ends, start + 1)
        if index == len(kept) or kept[index][0] >= end:
            found.append((start, end))
    return found


def _replaced(text: str, spans: Iterable[tuple[int, int]], mark: Callable[[int, str], str]) -> str:
    """The text with what `mark` makes of each span, from its index and what stands there."""
    parts: list[str] = []
    reached = 0
    for index, (start, end) in enumerate(spans):
        parts += [text[reached:start], mark(index, text[start:end])]
        reached = end
    return "".join([*parts, text[reached:]])
