"""Sessions of the HTTP interface: their SET and USE statements run again before each query."""

import threading
import time
from dataclasses import dataclass, field

from weir.local.clickhouse.access import DatabaseUser

MAX_STATEMENTS = 200
MAX_SESSIONS = 1_000
MAX_TIMEOUT_S = 3600.0

SessionKey = tuple[DatabaseUser, str]
"""User and name: two users with the same session name have two sessions."""


@dataclass(frozen=True, slots=True)
class _Session:
    until: float
    statements: tuple[str, ...]
    database: str


_NEW = _Session(0.0, (), "")


@dataclass(slots=True)
class Sessions:
    """The statements and the database of each session, which expires when not used for its timeout."""

    _sessions: dict[SessionKey, _Session] = field(default_factory=dict[SessionKey, _Session])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, key: SessionKey, timeout_s: float) -> tuple[tuple[str, ...], str]:
        """The statements and the database of a session; expired sessions are removed."""
        now = time.monotonic()
        with self._lock:
            for expired in [name for name, session in self._sessions.items() if session.until < now]:
                del self._sessions[expired]
            session = self._sessions.get(key)
            if session is None:
                return (), ""
            self._sessions[key] = _Session(now + timeout_s, session.statements, session.database)
            return session.statements, session.database

    def remember(self, key: SessionKey, timeout_s: float, statement: str, database: str | None) -> None:
        """Add a statement that the engine has accepted; `database` is that of a USE statement, else None."""
        with self._lock:
            session = self._sessions.get(key, _NEW)
            others = [text for text in session.statements if text != statement]
            statements = (*others, statement)[-MAX_STATEMENTS:]
            self._sessions[key] = _Session(
                time.monotonic() + timeout_s, statements, session.database if database is None else database
            )
            while len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
