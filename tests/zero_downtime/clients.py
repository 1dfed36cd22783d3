# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of a database that write and read all along, each in a thread."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any, Self

import psycopg

from .rows import Read, Write
from .traffic import PATIENCE

PAUSE = 0.02
"""Seconds between two statements of a client."""
PATIENT = 5
"""Seconds after which a client takes something for lost."""


def connected(address: str) -> psycopg.Connection[Any]:
    """A connection of the application's; each statement is a transaction. Raises psycopg.OperationalError."""
    return psycopg.connect(
        host=address,
        dbname="todo",
        user="todo",
        password="change-me",
        autocommit=True,
        connect_timeout=PATIENT,
        tcp_user_timeout=PATIENT * 1000,
        keepalives_idle=PATIENT,
        keepalives_interval=1,
        options=f"-c statement_timeout={PATIENT}s",
    )


class Client(threading.Thread):
    """Does something again and again, from its beginning as a context to the end of that."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.over = threading.Event()
        self.done = 0
        """How often it has succeeded."""
        self.broken: Exception | None = None

    def run(self) -> None:
        """Go on until told otherwise."""
        try:
            while not self.over.wait(PAUSE):
                self.act()
        except Exception as error:
            self.broken = error
            raise

    def act(self) -> None:
        """Do it once."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.over.set()
        self.join(PATIENCE)
        assert not self.is_alive(), "A client hangs."
        assert self.broken is None, f"A client has ended: {self.broken}"


class Writer(Client):
    """Writes one number after the other, each in a transaction of its own, over a connection that it keeps for as long as that lasts."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.writes: list[Write] = []
        self.connection: psycopg.Connection[Any] | None = None
        self.number = 1

    def act(self) -> None:
        """Try to write the number; the same again where that was not acknowledged."""
        begin = time.time()
        try:
            if self.connection is None:
                self.connection = connected(self.address)
            self.connection.execute("INSERT INTO todo VALUES (%s)", (self.number,))
        except psycopg.errors.UniqueViolation:
            self.note(begin, doubtful=True)
        except psycopg.Error as error:
            self.note(begin, trouble=words(error), refused=isinstance(error, psycopg.errors.ReadOnlySqlTransaction))
            if self.connection is not None and self.connection.broken:
                self.connection = None
            return
        else:
            self.note(begin)
        self.number += 1
        self.done += 1

    def note(self, begin: float, **what: Any) -> None:
        """Keep what became of it."""
        self.writes.append(Write(number=self.number, begin=begin, end=time.time(), **what))


class Reader(Client):
    """Reads all rows, each time over a new connection, and never again where that fails."""

    QUERY = """SELECT current_setting('cluster_name'), extract(epoch FROM pg_postmaster_start_time()), count(*), coalesce(max(number), 0)
        FROM todo"""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.reads: list[Read] = []

    def act(self) -> None:
        """Read once."""
        begin = time.time()
        try:
            with connected(self.address) as connection:
                row = connection.execute(self.QUERY).fetchone()
        except psycopg.Error as error:
            self.reads.append(Read(begin=begin, trouble=words(error)))
            return
        assert row is not None
        pod, started, rows, highest = row
        self.reads.append(Read(begin=begin, pod=pod, started=float(started), rows=rows, highest=highest))
        self.done += 1


def words(error: psycopg.Error) -> str:
    """What went wrong, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
