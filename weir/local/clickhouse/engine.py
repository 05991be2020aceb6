"""The embedded ClickHouse engine: one process owns the folder, every request gets a connection of its own.

A connection costs 0.1 ms and has its own settings, so no setting of a query affects the next one. Connections
run in parallel, so a long SELECT delays no insert. An acknowledged insert is written to files of the folder:
it survives `kill -9` of this process. It is not synced to disk, so it may not survive a loss of power.
"""

import contextlib
import json
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import chdb
from chdb.state.sqlitelike import Connection

from weir.local.clickhouse import catalog, sandbox
from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.errors import TOO_MANY_QUERIES, UNKNOWN_SETTING, EngineError, from_engine
from weir.local.clickhouse.gate import StatementGate, SubmittedStatement
from weir.local.clickhouse.repair import drop_lost_dedup_blocks
from weir.local.clickhouse.rules import StatementRules
from weir.local.clickhouse.statement import Statement
from weir.local.clickhouse.stored_objects import detach_refused
from weir.local.folders import lock_with_pid

DEFAULT_SETTINGS: Mapping[str, str] = {
    # An insert is acknowledged only when its part is on disk.
    "async_insert": "0",
    "max_execution_time": "60",
    "max_memory_usage": str(4 * 1024**3),
    # A result is buffered in memory until it is sent.
    "max_result_bytes": str(512 * 1024**2),
}


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How many queries run at once, how many may wait and how long; further ones are refused."""

    running: int = 8
    analysts: int = 6
    """The slots that analysts may use; the other running slots are reserved for the services."""
    waiting: int = 256
    wait_s: float = 60.0


@dataclass(frozen=True, slots=True)
class EngineQuery:
    """One statement with the format, user, settings and parameters of its HTTP request."""

    statement: Statement
    format: str
    user: DatabaseUser
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    database: str = ""
    before: Sequence[str] = ()
    """The SET and USE statements of the session, which run first."""
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The output and counts of a query, and the statement that ran."""

    statement: Statement
    format: str
    body: bytes
    read_rows: int
    read_bytes: int
    written_rows: int
    written_bytes: int
    elapsed_s: float


class Engine:
    """Owns one folder and runs queries on it; raises FolderBusyError if another process owns the folder."""

    def __init__(self, folder: Path, limits: EngineLimits | None = None) -> None:
        """Open or create the database in the folder, and detach stored objects that the gate refuses."""
        self.limits = limits or EngineLimits()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = lock_with_pid(folder / "owner.lock", "ClickHouse")
        self._connection_string = sandbox.connection_string(folder)
        drop_lost_dedup_blocks(folder / "store")
        # The engine stays open while there is a connection.
        self._anchor = chdb.connect(self._connection_string)
        sandbox.replace_default(folder / "store", self._anchor.query)
        self._slots = threading.BoundedSemaphore(self.limits.running)
        self._analysts = threading.BoundedSemaphore(self.limits.analysts)
        self._waiting = threading.BoundedSemaphore(self.limits.running + self.limits.waiting)
        self._gate = StatementGate(StatementRules(catalog.read(self._rows)))
        self.detached = detach_refused(self._rows, self._gate, partial(_run_on, self._anchor))

    def run(self, query: EngineQuery) -> QueryResult:
        """Run one query on a new connection; raises EngineError with the code of ClickHouse."""
        started = time.monotonic()
        with self._slot(query.user), self._connection() as connection:
            try:
                statement = self._admit(connection, query)
                name = statement.format or query.format
                self._gate.rules.check_format(name)
                _prepare(connection, query)
                counts = (
                    _insert(connection, statement, name)
                    if statement.rows is not None
                    else _execute(connection, statement, name)
                )
            except (RuntimeError, UnicodeDecodeError) as error:
                raise from_engine(error) from error
        return QueryResult(statement, name, *counts, elapsed_s=time.monotonic() - started)

    def _admit(self, connection: Connection, query: EngineQuery) -> Statement:
        for name, value in query.settings.items():
            self._gate.rules.check_setting(name, value)
        if query.parameters:
            _set(connection, {f"param_{name}": value for name, value in query.parameters.items()})
        return self._gate.admit(
            SubmittedStatement(query.statement, query.user, query.database, query.parameters),
            partial(_run_on, connection),
        )

    def _rows(self, sql: str) -> list[list[str]]:
        text = _run_on(self._anchor, sql.encode(), "JSONCompactEachRow").decode()
        return [[str(value) for value in json.loads(line)] for line in text.splitlines()]

    def close(self, patience_s: float) -> None:
        """Wait up to `patience_s` for running queries, then close the engine; new queries get no slot."""
        deadline = time.monotonic() + patience_s
        for _ in range(self.limits.running):
            self._slots.acquire(timeout=max(0.0, deadline - time.monotonic()))
        self._anchor.close()
        self._lock.close()

    @contextlib.contextmanager
    def _slot(self, user: DatabaseUser) -> Generator[None]:
        if not self._waiting.acquire(blocking=False):
            problem = f"Too many simultaneous queries: {self.limits.waiting} wait already."
            raise EngineError(TOO_MANY_QUERIES, f"{problem} (TOO_MANY_SIMULTANEOUS_QUERIES)")
        try:
            with (
                self._acquired(self._analysts) if user is DatabaseUser.ANALYST else contextlib.nullcontext(),
                self._acquired(self._slots),
            ):
                yield
        finally:
            self._waiting.release()

    @contextlib.contextmanager
    def _acquired(self, slots: threading.Semaphore) -> Generator[None]:
        if not slots.acquire(timeout=self.limits.wait_s):
            raise EngineError(
                TOO_MANY_QUERIES,
                f"No query ended for {self.limits.wait_s:g} s. (TOO_MANY_SIMULTANEOUS_QUERIES)",
            )
        try:
            yield
        finally:
            slots.release()

    @contextlib.contextmanager
    def _connection(self) -> Generator[Connection]:
        connection = chdb.connect(self._connection_string)
        try:
            yield connection
        finally:
            connection.close()


_Counts = tuple[bytes, int, int, int, int]


def quote_name(name: str) -> str:
    """A name as a quoted identifier of ClickHouse."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def quote(value: str) -> str:
    """A value as a string literal of ClickHouse."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _prepare(connection: Connection, query: EngineQuery) -> None:
    for statement in query.before:
        connection.query(statement, "TabSeparated")
    database = query.database or ("" if query.before else "default")
    if database:
        connection.query(f"USE {quote_name(database)}", "TabSeparated")
    assignments = {
        **DEFAULT_SETTINGS,
        **query.settings,
        **{f"param_{name}": value for name, value in query.parameters.items()},
    }
    if query.is_read_only or query.user is DatabaseUser.ANALYST:
        # It comes last, because no setting can be changed after it.
        assignments.pop("readonly", None)
        assignments["readonly"] = "2"
    _set(connection, assignments)


def _set(connection: Connection, assignments: Mapping[str, str]) -> None:
    text = ", ".join(f"{_checked(name)} = {quote(value)}" for name, value in assignments.items())
    connection.query(f"SET {text}", "TabSeparated")


def _run_on(connection: Connection, statement: bytes, name: str) -> bytes:
    # The binding accepts bytes too, and a literal need not be UTF-8.
    return bytes(connection.query(cast("str", statement), name).bytes() or b"")


def _checked(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise EngineError(UNKNOWN_SETTING, f"Unknown setting {name!r}. (UNKNOWN_SETTING)")
    return name


def _insert(connection: Connection, statement: Statement, name: str) -> _Counts:
    if not statement.rows:
        return b"", 0, 0, 0, 0
    with connection.send_insert(cast("str", statement.text), name) as insert:
        # In one piece, so that the blocks, and with them the deduplication, depend on the rows only.
        insert.append(statement.rows)
        result = insert.finish()
    return b"", 0, 0, int(result.rows_written), int(result.bytes_written)


def _execute(connection: Connection, statement: Statement, name: str) -> _Counts:
    # The binding accepts bytes too, and a literal need not be UTF-8.
    result = connection.query(cast("str", statement.text), name)
    body = bytes(result.bytes() or b"")
    return (
        body,
        int(result.rows_read()),
        int(result.bytes_read()),
        int(result.rows_written()),
        int(result.bytes_written()),
    )
