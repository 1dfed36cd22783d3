# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's words about an object that it refuses, as a sentence with the field, its value, the cause and what to do. Pure.

Of a Secret no value is repeated, and no value whose field or variable sounds like a credential's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from .._domain.base.objects import JsonObject, JsonValue, mapping
from .._domain.text.masking import looks_secret

_LONGEST_VALUE = 60
_TYPED = re.compile(r"^failed to create typed patch object \([^)]*\): (?:errors:\s*)?", re.DOTALL)
_FAULT = re.compile(r"(?P<field>\.[^\s:]*(?:\[[^]]*\][^\s:]*)*): (?P<what>expected |field not declared|duplicate entries)")
_KEYS = re.compile(r'\[((?:\w+="[^"]*"|\w+=[^],"]*)(?:,(?:\w+="[^"]*"|\w+=[^],"]*))*)\]')
_GOT = re.compile(r"got (?:&value\.valueUnstructured\{Value:(?P<value>.*)\}|&\{(?P<shown>.*)\}|(?P<type>\w+))$", re.DOTALL)
_CONVERTED = re.compile(r"^failed to convert new object .*quantities must match", re.DOTALL)
_QUANTITY = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")
_QUANTITIES = frozenset({"limits", "requests", "hard", "capacity", "max", "min", "default", "defaultRequest", "overhead"})
_SINGLE_QUANTITIES = frozenset({"sizeLimit", "storage"})
_REGEX = re.compile(r" \(e\.g\. .*?regex used for validation is '.*?'\)")
_FORBIDDEN = re.compile(r'^\S+ "[^"]*" is forbidden: ', re.DOTALL)
_VALUE = re.compile(r'(?P<what>(?:Invalid|Unsupported) value): (?P<value>"(?:[^"\\]|\\.)*"|[{\[].*[}\]]|[^:\s]+): (?P<rest>.*)', re.DOTALL)
_IMMUTABLE = re.compile(
    r"field is immutable|may not change once set|is immutable after creation|cannot change roleRef|field can not be changed|is immutable$"
)
_POD_FIELDS = frozenset(
    {
        *("containers", "initContainers", "volumes", "nodeSelector", "tolerations", "affinity", "serviceAccountName", "imagePullSecrets"),
        *("securityContext", "terminationGracePeriodSeconds", "restartPolicy", "hostNetwork", "dnsPolicy", "priorityClassName"),
    }
)
_WANTED: Mapping[str, tuple[str, str]] = {
    "string": ("a text", 'write it in quotes: "{}"'),
    "numeric": ("a number", "write it as a number, without quotes"),
    "boolean": ("true or false", "write true or false, without quotes"),
    "map": ("a mapping", "write keys with values below it"),
    "list": ("a list", "begin each entry below it with a dash"),
}
_TYPES: Mapping[str, str] = {"string": "a text", "bool": "true or false", "int": "a number", "float": "a number", "map": "a mapping"}


def typed_faults(message: str, *, kind: str, sent: JsonObject | None, secret: bool) -> tuple[str, ...]:
    """The faults of an object that is not built as the server's schema has it; none for any other answer."""
    if not _TYPED.match(message):
        return ()
    said = _TYPED.sub("", message)
    starts = [match.start() for match in _FAULT.finditer(said)]
    parts = [said[start:end].strip() for start, end in zip(starts, [*starts[1:], len(said)], strict=False)]
    return tuple(dict.fromkeys(_typed(part, kind, sent, secret=secret) for part in parts))


def _typed(part: str, kind: str, sent: JsonObject | None, *, secret: bool) -> str:
    found = _FAULT.match(part)
    if found is None:
        return part
    field = _readable(found["field"])
    if found["what"].startswith("field"):
        place = field.removeprefix(".spec.")
        if field == f".spec.{place}" and place in _POD_FIELDS:
            return f"{field}: field not declared in schema; it belongs into .spec.template.spec"
        return f"{field}: field not declared in schema; {kind} has no such field there, so correct its spelling or its place"
    if found["what"].startswith("duplicate"):
        keys = " and ".join(_pair(key) for key in _key_pairs(part.rpartition("[")[2].rstrip("]")))
        return f"{field} has two entries with {keys}; leave one out"
    return _wrong_type(part, found["field"], field, sent, secret=secret or _is_credential(found["field"]))


def _wrong_type(part: str, path: str, field: str, sent: JsonObject | None, *, secret: bool) -> str:
    expected = part.partition(": expected ")[2]
    wanted, remedy = _WANTED.get(expected.split(",")[0].split(" ")[0], (expected.split(",")[0], "correct it"))
    got = _GOT.search(expected)
    given = _at(sent, path) if sent is not None else None
    shown = _shown(given, got) if not secret else ""
    if wanted == "a text" and (secret or not _is_plain(shown)):
        remedy = "write it in quotes" if secret or not shown.startswith(("a ", "an ")) else "write one text"
    subject = f"{field} is {shown} and" if shown else f"the server refuses {field}: it" if secret else field
    return f"{subject} must be {wanted}; {remedy.format(shown)}"


def _shown(given: JsonValue, got: re.Match[str] | None) -> str:
    """The value as the manifest has it, else as the server tells it; of what is long or no single value only what it is."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str):
        return f'"{given}"' if len(given) <= _LONGEST_VALUE else "a text"
    if isinstance(given, Mapping | Sequence):
        return "a mapping" if isinstance(given, Mapping) else "a list"
    return str(given) if given is not None else _as_told(got) if got is not None else ""


def _as_told(got: re.Match[str]) -> str:
    if got["type"]:
        return _TYPES.get(got["type"], got["type"])
    value = got["value"] if got["value"] is not None else got["shown"]
    if value.startswith(("map[", "[")):
        return "a mapping" if value.startswith("map[") else "a list"
    return value if len(value) <= _LONGEST_VALUE else ""


def _is_plain(shown: str) -> bool:
    return bool(re.fullmatch(r"[-+.\w]+", shown))


def quantity_fault(message: str, sent: JsonObject | None) -> str:
    """Which quantity is none, where the server says only that there is one; empty for any other answer."""
    if not _CONVERTED.match(message):
        return ""
    found = next(_bad_quantities(sent or {}, ""), None)
    where = f'{found[0]} is "{found[1]}", which is no quantity' if found is not None else "one of its quantities is none"
    return f"{where}; write a number with a unit, such as 500m, 2 or 128Mi"


def _bad_quantities(obj: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(obj, Mapping):
        for key, value in obj.items():
            here = f"{path}.{key}" if path else key
            found = mapping(value) if key in _QUANTITIES else {}
            yield from ((f"{here}.{name}", text) for name, text in found.items() if isinstance(text, str) and not _QUANTITY.fullmatch(text))
            if key in _SINGLE_QUANTITIES and isinstance(value, str) and not _QUANTITY.fullmatch(value):
                yield here, value
            elif not found:
                yield from _bad_quantities(value, here)
    elif isinstance(obj, Sequence) and not isinstance(obj, str):
        for index, item in enumerate(obj):
            yield from _bad_quantities(item, f"{path}[{index}]")


def plainer(field: str, words: str) -> str:
    """One cause of a refusal: without the regular expressions and the Go structs of the server."""
    words = _REGEX.sub("", words.partition("\n@@")[0]).strip()
    found = _VALUE.search(words)
    if found is not None and (found["value"].startswith(("{", "[")) or len(found["value"]) > _LONGEST_VALUE):
        chosen = re.match(r'\{"Type":("[^"]*")', found["value"])
        words = f"{found['what']}: {chosen[1] + ': ' if chosen else ''}{found['rest']}"
    if field.endswith("].name") and "volumeMounts[" in field and words.startswith("Not found: "):
        words += "; the pod has no volume of that name, so add it to volumes, or correct the name"
    return f"{field}: {words}" if field and field != "[]" else words


def plainer_causes(causes: Sequence[tuple[str, str]], *, kind: str, namespace: str, name: str) -> tuple[str, ...]:
    """All causes of a refusal, those about what cannot be changed together."""
    fixed = list(dict.fromkeys(field for field, words in causes if _IMMUTABLE.search(words)))
    others = [plainer(field, words) for field, words in causes if field not in fixed]
    together = [_fixed(" and ".join(fixed), kind, namespace, name)] if fixed else []
    return tuple(dict.fromkeys([*others, *together]))


def _fixed(field: str, kind: str, namespace: str, name: str) -> str:
    within = f"--namespace {namespace} " if namespace else ""
    remove = f"remove it first (kubectl {within}delete {kind.lower()} {name})"
    if kind in ("ConfigMap", "Secret"):
        what = f"{field} cannot be changed" if field == "type" else f"{field} cannot be changed, for the live one is immutable"
        return f"{what}; give the {kind} another name (versioned_config does that by its content), or {remove}"
    if kind == "Service":
        return f"{field} cannot be changed once it is set; take it out of the definition, or give it the live value"
    if kind == "PersistentVolumeClaim":
        return f"{field} of a PersistentVolumeClaim cannot be changed but for resources.requests; give it the live value, or another name"
    if kind == "Job":
        return f"{field} of a Job cannot be changed; give the Job another name, or {remove}"
    return f"{field} of a {kind} cannot be changed; give it the live value, or the {kind} another name"


def immutable_of_secret(causes: Sequence[tuple[str, str]], *, namespace: str, name: str) -> str:
    """Why the content of a Secret is refused, where that can be said without its values; else empty."""
    fixed = [field for field, words in causes if _IMMUTABLE.search(words)]
    if not fixed:
        return ""
    field = "type" if "type" in fixed and "immutable" not in fixed else next((entry for entry in fixed if entry != "type"), fixed[0])
    return _fixed("type" if {"type", "data"} <= set(fixed) else field, "Secret", namespace, name)


def refused_by(message: str) -> str:
    """Who refuses an object by a rule of the cluster's own, and what to do; empty where it is nobody of these."""
    words = " ".join(_FORBIDDEN.sub("", message).split())
    for pattern, told in _RULES:
        found = pattern.search(words)
        if found is not None:
            return told(found)
    return words if _FORBIDDEN.match(message) else ""


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"unable to create new content in namespace (\S+) because it is being terminated"),
        lambda found: f"the namespace {found[1]} is being deleted; wait until it is gone and make it anew, or choose another",
    ),
    (
        re.compile(r"exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: (.*)"),
        lambda found: (
            f"the quota {found[1]} of the namespace is exceeded (asked for {found[2]}; in use {found[3]}; allowed {found[4]}); ask for "
            "less, free some, or have the quota raised"
        ),
    ),
    (
        re.compile(r"failed quota: ([^:]+): must specify (.*)"),
        lambda found: f"the quota {found[1]} of the namespace demands {found[2]}; set them in the definition",
    ),
    (
        re.compile(r'violates PodSecurity "([^"]*)": (.*)'),
        lambda found: (
            f"the namespace's Pod Security level {found[1]} does not allow it: {found[2]}; set that in the definition, or choose a "
            "namespace of another level"
        ),
    ),
    (
        re.compile(r"ValidatingAdmissionPolicy '([^']*)' with binding '([^']*)' denied request: (.*)"),
        lambda found: f"the ValidatingAdmissionPolicy {found[1]} (binding {found[2]}) refuses it: {found[3]}",
    ),
    (
        re.compile(r'admission webhook "([^"]*)" denied the request: (.*)'),
        lambda found: f"the admission webhook {found[1]} refuses it: {found[2]}",
    ),
    (
        re.compile(r'admission webhook "([^"]*)" denied the request without explanation'),
        lambda found: f"the admission webhook {found[1]} refuses it and does not say why; ask who keeps it",
    ),
    (
        re.compile(r'failed calling webhook "([^"]*)": (.*)'),
        lambda found: f"the admission webhook {found[1]} cannot be asked ({found[2]}); mend it, or have its configuration removed",
    ),
    (
        re.compile(r"Request entity too large: limit is (\d+)"),
        lambda found: f"it is larger than the API server takes ({found[1]} bytes); make it smaller, or split it",
    ),
    (
        re.compile(r"(?:etcdserver: request is too large|trying to send message larger than max)"),
        lambda _found: "it is larger than the cluster's database takes (about 1.5 MB); make it smaller, or split it",
    ),
)


def _readable(path: str) -> str:
    """`.containers[name="web"]` as `.containers[web]`."""
    return _KEYS.sub(lambda found: "[" + "/".join(value for _key, value in _key_pairs(found[1])) + "]", path)


def _key_pairs(keys: str) -> list[tuple[str, str]]:
    return [(key, value.strip('"')) for key, value in re.findall(r'(\w+)=("[^"]*"|[^,]*)', keys)]


def _pair(pair: tuple[str, str]) -> str:
    return f"{pair[0]} {pair[1]}"


def _is_credential(path: str) -> bool:
    return any(looks_secret(part) for part in re.findall(r"[^.\[\]=\"]+", path))


def _at(obj: JsonValue, path: str) -> JsonValue:
    """What an object has at a path of the server's."""
    for step in re.findall(r"\.([^.\[]+)|\[([^]]*)\]", path):
        name, keys = step
        if name:
            obj = obj.get(name) if isinstance(obj, Mapping) else None
        elif isinstance(obj, Sequence) and not isinstance(obj, str):
            wanted = _key_pairs(keys)
            if keys.isdigit():
                obj = obj[int(keys)] if int(keys) < len(obj) else None
            else:
                items = (item for item in obj if isinstance(item, Mapping))
                obj = next((item for item in items if all(str(item.get(key)) == value for key, value in wanted)), None)
        else:
            return None
    return obj
