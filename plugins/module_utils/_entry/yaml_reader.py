# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One YAML document as kubectl reads it: PyYAML's parser, with kubectl's rules for blanks, scalars, keys, merges and aliases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._domain.base.objects import JsonValue
from .._domain.text.scalars import MERGE, STR, key_text, plain_number, resolved

try:
    import yaml
    from yaml import BaseLoader
except ImportError:  # Reported together with the `kubernetes` library, which brings it.
    yaml = None  # type: ignore[assignment]
    BaseLoader = object  # type: ignore[assignment, misc]

_BREAKS = "\r\n\x85\u2028\u2029"
_BLANKS = " \t"
_ENDS = f"\0{_BLANKS}{_BREAKS}"
_HALF = re.compile("[\ud800-\udfff]")
DEEPEST = 200
"""So many levels a document may be nested."""
_MANY_ALIASES, _MANY_VALUES = 100, 1000
_FEW, _LOTS = 400_000, 4_000_000
"""Between so many values of a document the share that may come from aliases falls from 99 to 10 percent."""


class YamlError(Exception):
    """What is wrong with a text, and where: `line` and `column` count from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem, self.line, self.column = problem, line, column


def read_document(text: str) -> JsonValue:
    """The value of the first document in a text; nothing where there is none. Raises `YamlError`."""
    text = text.removeprefix("\ufeff")
    parser: Any = None
    try:
        parser = _Events(text)
        parser.get_event()
        if parser.check_event(yaml.StreamEndEvent):
            return None
        parser.get_event()
        node = _Composer(parser).node()
        parser.get_event()
    except yaml.MarkedYAMLError as error:
        raise _of_parser(error, text) from None
    except yaml.reader.ReaderError as error:
        raise _placed(f"the character {_name(error.character)} is not allowed", text, error.position) from None
    except ValueError:
        if parser is None:
            raise
        raise _placed("the code of a character is too large", text, parser.get_mark().index) from None
    return _Decoder().value(node)


def _of_parser(error: Any, text: str) -> YamlError:
    """The parser's error in our words. What lacks its end is looked for where it begins."""
    end = len(text.rstrip())
    at = error.problem_mark.index if error.problem_mark is not None else end
    if at >= end:
        at = min(error.context_mark.index if error.context_mark is not None else at, max(end - 1, 0))
    return _placed(_plainly(error.problem or "it cannot be read", text[at : at + 1]), text, at)


def _placed(problem: str, text: str, at: int) -> YamlError:
    return YamlError(problem, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


class _Events(BaseLoader):
    """PyYAML's parser with kubectl's rules for blanks, tabs, colons and escapes."""

    ESCAPE_REPLACEMENTS = {  # type: ignore[misc]
        **{letter: value for letter, value in getattr(BaseLoader, "ESCAPE_REPLACEMENTS", {}).items() if letter != "/"},
        "'": "'",
    }
    scan_line_break: Callable[[], str]

    def scan_to_next_token(self) -> None:
        """Over blanks, comments and line breaks. Tabs count as blanks where they indent nothing."""
        while True:
            while self.peek() == " " or (self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in f"\0{_BREAKS}":
                    self.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_plain(self) -> Any:
        """A scalar without quotes. A colon ends it before a blank only, tabs between words belong to it."""
        words: list[str] = []
        start, indent = self.get_mark(), self.indent + 1
        end, blanks, breaks = start, "", list[str]()
        while not self._at_document_indicator() and self.peek() != "#":
            length = self._plain_length()
            if length:
                words += [_folded(breaks) if breaks else blanks, self.prefix(length)]
                self.forward(length)
                end, blanks, breaks = self.get_mark(), "", []
            if self.peek() not in f"{_BLANKS}{_BREAKS}":
                break
            while self.peek() in f"{_BLANKS}{_BREAKS}":
                if self.peek() in _BREAKS:
                    breaks.append(self.scan_line_break())
                    continue
                if breaks and self.column < indent:
                    self._refuse_tab()
                blanks += self.peek()
                self.forward()
            if not self.flow_level and self.column < indent:
                break
        # A line break allows a key to begin.
        self.allow_simple_key = bool(breaks)
        return yaml.tokens.ScalarToken("".join(words), True, start, end)

    def scan_tag(self) -> Any:
        """A tab may follow a tag, as a blank may."""
        end = self.pointer
        while self.buffer[end] not in _ENDS:
            end += 1
        if self.buffer[end] == "\t":
            self.buffer = f"{self.buffer[:end]} {self.buffer[end + 1 :]}"
        return super().scan_tag()

    def scan_directive_name(self, start_mark: Any) -> Any:
        name = super().scan_directive_name(start_mark)  # type: ignore[no-untyped-call]
        if name not in ("YAML", "TAG"):
            raise yaml.scanner.ScannerError(None, None, "a line may begin with '%' only for %YAML and %TAG", start_mark)
        return name

    def scan_block_scalar_indicators(self, start_mark: Any) -> tuple[bool | None, int | None]:
        """What stands behind `|` or `>`: whether the last line breaks are kept, and how far the text is indented."""
        keeps, indent = None, None
        for _either in range(2):
            found = self.peek()
            if found in "+-" and keeps is None:
                keeps = found == "+"
            elif found in "123456789" and indent is None:
                indent = int(found)
            elif found == "0" and indent is None:
                raise yaml.scanner.ScannerError(None, None, "the indentation of a text is 1 to 9, not 0", self.get_mark())
            else:
                break
            self.forward()
        return keeps, indent

    def scan_block_scalar_ignored_line(self, start_mark: Any) -> None:
        """The rest of the line behind `|` or `>`."""
        while self.peek() in _BLANKS:
            self.forward()
        if self.peek() == "#":
            while self.peek() not in f"\0{_BREAKS}":
                self.forward()
        if self.peek() not in f"\0{_BREAKS}":
            raise yaml.scanner.ScannerError(None, None, "the text must begin in the line below | or >", self.get_mark())
        self.scan_line_break()

    def scan_block_scalar_indentation(self) -> Any:
        found = super().scan_block_scalar_indentation()
        self._refuse_tab()
        return found

    def scan_block_scalar_breaks(self, indent: int) -> Any:
        found = super().scan_block_scalar_breaks(indent)
        if self.column < indent:
            self._refuse_tab()
        return found

    def _refuse_tab(self) -> None:
        if self.peek() == "\t":
            raise yaml.scanner.ScannerError(None, None, _A_TAB, self.get_mark())

    def _at_document_indicator(self) -> bool:
        return self.column == 0 and self.prefix(3) in ("---", "...") and self.peek(3) in _ENDS

    def _plain_length(self) -> int:
        length = 0
        while (ch := self.peek(length)) not in _ENDS:
            if (ch == ":" and self.peek(length + 1) in _ENDS) or (self.flow_level and ch in ",?[]{}"):
                break
            length += 1
        return length


def _folded(breaks: list[str]) -> str:
    first, *others = breaks
    return "".join(breaks) if first != "\n" else "".join(others) or " "


@dataclass(eq=False, slots=True)
class _Node:
    """A scalar (`text`), a list or a mapping (`below`, keys and values in turn), or an alias of another node (`alias`)."""

    mark: Any
    tag: str = ""
    text: str | None = None
    plain: bool = False
    is_mapping: bool = False
    below: list[_Node] = field(default_factory=list)
    alias: _Node | None = None
    name: str = ""


class _Composer:
    """Nodes from events."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._anchors: dict[str, _Node] = {}

    def node(self, depth: int = 0) -> _Node:
        event = self._events.get_event()
        if depth > DEEPEST:
            raise _error(f"it is nested more than {DEEPEST} levels deep", event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _error(f"the alias *{event.anchor} has no anchor before it", event.start_mark)
            return _Node(event.start_mark, alias=self._anchors[event.anchor], name=event.anchor)
        node = _Node(event.start_mark, STR if event.tag == "!" else event.tag or "")
        if event.anchor:
            self._anchors[event.anchor] = node
        if isinstance(event, yaml.ScalarEvent):
            node.text, node.plain = event.value, bool(event.implicit[0])
            if _HALF.search(node.text):
                raise _error("\\ud800 to \\udfff stand for half a character; write the character itself", event.start_mark)
            return node
        node.is_mapping = isinstance(event, yaml.MappingStartEvent)
        end = yaml.MappingEndEvent if node.is_mapping else yaml.SequenceEndEvent
        while not self._events.check_event(end):
            node.below.append(self.node(depth + 1))
        self._events.get_event()
        return node


class _Decoder:
    """Values from nodes."""

    def __init__(self) -> None:
        self._open: dict[_Node, None] = {}
        self._values = self._aliased = 0

    def value(self, node: _Node, depth: int = 0) -> JsonValue:
        """The value of a node, as JSON has it."""
        if depth > DEEPEST:
            raise _error(f"it is nested more than {DEEPEST} levels deep by its aliases", node.mark)
        target = self._entered(node)
        value: JsonValue
        if target.text is not None:
            value = self._scalar(target, plain_number)
        elif target.is_mapping:
            value = self._filled(target, {}, depth)
        else:
            value = [self.value(item, depth + 1) for item in target.below]
        self._open.pop(node, None)
        return value

    def _entered(self, node: _Node) -> _Node:
        """The node behind an alias; refuses what contains itself, and what would grow without bounds."""
        self._values += 1
        if node.alias is not None:
            if node in self._open:
                raise _error(f"the anchor &{node.name} contains itself", node.mark)
            self._open[node] = None
        if self._open:
            self._aliased += 1
        if self._aliased > _MANY_ALIASES and self._values > _MANY_VALUES and self._aliased > self._values * _allowed(self._values):
            raise _error("it repeats so much by aliases that reading it would take all memory", next(iter(self._open), node).mark)
        return node.alias if node.alias is not None else node

    def _filled(self, node: _Node, found: dict[str, JsonValue], depth: int) -> dict[str, JsonValue]:
        """`found` with what a mapping has: what comes later overwrites what was there."""
        for key, item in zip(node.below[::2], node.below[1::2], strict=True):
            if key.text == "<<" and (key.tag == MERGE or (key.plain and not key.tag)):
                self._merge(item, found, depth)
            else:
                name = self._key(key)
                found[name] = self.value(item, depth + 1)
        return found

    def _key(self, node: _Node) -> str:
        target = self._entered(node)
        self._open.pop(node, None)
        if target.text is None:
            raise _error(f"a key is a {'mapping in braces' if target.is_mapping else 'list'}, and must be a text; {_QUOTES}", node.mark)
        return str(self._scalar(target, key_text))

    def _merge(self, node: _Node, found: dict[str, JsonValue], depth: int) -> None:
        """What `<<` brings: it overwrites what stands before it; of several mappings the first one wins."""
        is_list = node.alias is None and node.text is None and not node.is_mapping
        for part in reversed(node.below) if is_list else [node]:
            behind = part.alias if part.alias is not None else part
            if not behind.is_mapping:
                raise _error("what << merges must be a mapping, or a list of mappings", part.mark)
            self._filled(self._entered(part), found, depth + 1)
            self._open.pop(part, None)

    @staticmethod
    def _scalar(node: _Node, form: Any) -> JsonValue:
        text = node.text or ""
        try:
            value: JsonValue = form(resolved(node.tag if node.tag or node.plain else STR, text))
        except ValueError as error:
            raise _error(str(error), node.mark) from None
        return value


_A_TAB = "a tab stands where only spaces may indent; write spaces"
_QUOTES = "text that begins with a bracket or a brace is written in quotes"


def _allowed(values: int) -> float:
    return 0.99 - 0.89 * (min(max(values, _FEW), _LOTS) - _FEW) / (_LOTS - _FEW)


def _error(problem: str, mark: Any) -> YamlError:
    return YamlError(problem, mark.line + 1, mark.column + 1)


_WORDS = (
    ("'\\t'", _A_TAB),
    (
        "mapping values are not allowed here",
        "a colon and a blank stand where no key can be; put the text in quotes, or correct the indentation",
    ),
    ("',' or ']', but got '<stream end>'", "a bracket is opened and not closed; write ']'"),
    ("',' or '}', but got '<stream end>'", "a brace is opened and not closed; write '}'"),
    ("unexpected end of stream", "a quote is opened and not closed; write it at the end of the text"),
    ("unexpected document separator", "a quote is opened and not closed before the next document; write it at the end of the text"),
    ("expected <block end>", "this belongs to nothing above it; correct the indentation, or put the text before it in quotes whole"),
    ("expected the node content", "a value is missing here, or a bracket or brace is not closed before this"),
    ("expected ',' or", "a comma is missing, or a bracket or brace is not closed before this"),
    ("could not find expected ':'", "a key has no colon, or a text of several lines is not indented"),
    ("'<document start>'", "a line that begins with '%' is not taken; leave it out"),
    ("that cannot start any token", "no text begins with FOUND; put it in quotes"),
)
"""A part of the parser's words, and what is said instead."""


def _plainly(problem: str, found: str) -> str:
    """The parser's words in ours; `found` is the character at the place."""
    return next((ours.replace("FOUND", repr(found)) for theirs, ours in _WORDS if theirs in problem), problem)


def _name(character: Any) -> str:
    return f"U+{ord(character) if isinstance(character, str) else character:04X}"
