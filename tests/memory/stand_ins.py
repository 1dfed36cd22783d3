# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for `time`, `threading`, `queue`, `datetime`, `random` and pools of threads in the collection's modules, on a clock of the
test's own.

The modules are found, not listed: whatever module of the collection holds one of these under a name gets the stand-in under that name.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as datetime_module
import functools
import queue
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.commands import command

from .clock import Clock, Strand

ON_THE_CLOCK = ("ansible_collections.rollout.kubernetes.plugins.module_utils.", "functional.")
"""Modules that live on the clock: the collection's, and those of functional tests, which run in memory as well."""


class _Module:
    """A module of which some names are others."""

    def __init__(self, real: Any, **others: Any) -> None:
        self._real = real
        self.__dict__.update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Lock:
    """`threading.Lock`, `threading.RLock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held = False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._held and not (blocking and self._clock.wait(lambda: not self._held, timeout if timeout >= 0 else None)):
            return False
        self._held = True
        return True

    def release(self) -> None:
        self._held = False

    def locked(self) -> bool:
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()


class _Event:
    """`threading.Event`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.party.waiting()
        return self._clock.wait(lambda: self._set, timeout)


class _Condition(_Lock):
    """`threading.Condition`."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._count = 0

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.party.waiting()
        seen = self._count
        self.release()
        told = self._clock.wait(lambda: self._count > seen, timeout)
        self.acquire()
        return told

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        self.release()
        holds = self._clock.wait(predicate, timeout)
        self.acquire()
        return holds

    def notify_all(self) -> None:
        self._count += 1

    notify = notify_all


class _Thread:
    """`threading.Thread`."""

    def __init__(
        self, clock: Clock, *, target: Callable[..., Any], args: tuple[Any, ...] = (), name: str = "", daemon: bool | None = None
    ) -> None:
        self._clock = clock
        self._target, self._args = target, args
        self.name, self.daemon = name or getattr(target, "__qualname__", ""), daemon
        self._strand: Strand | None = None

    def start(self) -> None:
        self._strand = self._clock.start(lambda: self._target(*self._args), name=self.name)

    def is_alive(self) -> bool:
        return self._strand is not None and not self._strand.done

    def join(self, timeout: float | None = None) -> None:
        self._clock.wait(lambda: not self.is_alive(), timeout)


class _SimpleQueue:
    """`queue.SimpleQueue`, `queue.Queue`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        self._items.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if block:
            self._clock.party.waiting()
            self._clock.wait(lambda: bool(self._items), timeout)
        if not self._items:
            raise queue.Empty
        return self._items.popleft()

    def get_nowait(self) -> Any:
        return self.get(block=False)

    def empty(self) -> bool:
        return not self._items

    def qsize(self) -> int:
        return len(self._items)


class _Pool:
    """`concurrent.futures.ThreadPoolExecutor`, with as many threads as it has tasks."""

    def __init__(self, clock: Clock, *_arguments: Any, **_options: Any) -> None:
        self._clock = clock
        self._strands: list[Strand] = []

    def submit(self, function: Callable[..., Any], *arguments: Any) -> _Future:
        future = _Future(self._clock)
        self._strands.append(self._clock.start(lambda: future.run(function, *arguments), name="pool"))
        return future

    def map(self, function: Callable[..., Any], *arguments: Iterable[Any]) -> Iterator[Any]:
        futures = [self.submit(function, *given) for given in zip(*arguments, strict=True)]
        return (future.result() for future in futures)

    def shutdown(self, **_options: Any) -> None:
        self._clock.wait(lambda: all(strand.done for strand in self._strands))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()


class _Future:
    """`concurrent.futures.Future`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._done = False
        self._result: Any = None
        self._error: Exception | None = None

    def run(self, function: Callable[..., Any], *arguments: Any) -> None:
        try:
            self._result = function(*arguments)
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        self._done = True

    def done(self) -> bool:
        return self._done

    def cancel(self) -> bool:
        return False

    def exception(self) -> Exception | None:
        self._clock.wait(lambda: self._done)
        return self._error

    def result(self, timeout: float | None = None) -> Any:
        self._clock.wait(lambda: self._done, timeout)
        if self._error is not None:
            raise self._error
        return self._result


def _datetime_on(clock: Clock) -> type[datetime_module.datetime]:
    class Datetime(datetime_module.datetime):
        """`datetime.datetime`, whose now is the clock's."""

        @classmethod
        def now(cls, tz: datetime_module.tzinfo | None = None) -> Any:
            return clock.now().astimezone(tz)

    return Datetime


def _of(clock: Clock) -> dict[int, Any]:
    """The stand-in for each thing, by the identity of that thing."""
    randoms = _Module(random, random=clock.random.random, SystemRandom=lambda: clock.random)
    waits = {name: _bound(kind, clock) for name, kind in {"Lock": _Lock, "RLock": _Lock, "Event": _Event}.items()}
    threads = _Module(threading, Thread=_bound(_Thread, clock), Condition=_bound(_Condition, clock), **waits)

    def sleep(seconds: float) -> None:
        clock.party.waiting()
        clock.sleep(seconds)

    times = _Module(time, monotonic=lambda: clock.seconds, time=lambda: clock.now().timestamp(), sleep=sleep)
    return {
        id(time): times,
        id(threading): threads,
        id(queue): _Module(queue, SimpleQueue=_bound(_SimpleQueue, clock), Queue=_bound(_SimpleQueue, clock)),
        id(random): randoms,
        id(datetime_module.datetime): _datetime_on(clock),
        id(concurrent.futures.ThreadPoolExecutor): _bound(_Pool, clock),
    }


def _bound(kind: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    return lambda *arguments, **options: kind(clock, *arguments, **options)


@functools.cache
def _found(meant: frozenset[int], _modules: int) -> list[tuple[dict[str, Any], str, Any]]:
    """Where the collection's modules hold these things; looked for again when there are more modules."""
    places = [vars(module) for name, module in sys.modules.items() if name.startswith(ON_THE_CLOCK)]
    return [(names, name, value) for names in places for name, value in names.items() if id(value) in meant]


@contextlib.contextmanager
def installed(clock: Clock) -> Iterator[None]:
    """The collection's modules live on this clock for so long."""
    for module in ARGUMENTS:
        command(module)  # What is imported later would live in the real time.
    stand_ins = _of(clock)
    changed = _found(frozenset(stand_ins), len(sys.modules))
    for names, name, value in changed:
        names[name] = stand_ins[id(value)]
    try:
        yield
    finally:
        for names, name, value in changed:
            names[name] = value
