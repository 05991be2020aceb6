"""Sessions of the HTTP interface: the SET and USE statements that a user has sent under a name, run again before each of its queries."""

import threading
import time
from dataclasses import dataclass, field

from weir.local.clickhouse.access import DatabaseUser

MAX_STATEMENTS = 200
MAX_SESSIONS = 1_000
MAX_TIMEOUT_S = 3600.0

SessionKey = tuple[DatabaseUser, str]
"""A session belongs to one user: another one's of the same name is another session."""


@dataclass(frozen=True, slots=True)
class _Session:
    until: float
    statements: tuple[str, ...]
    database: str


_NEW = _Session(0.0, (), "")


@dataclass(slots=True)
class Sessions:
    """What each session has set, until it was silent for its timeout."""

    _sessions: dict[SessionKey, _Session] = field(default_factory=dict[SessionKey, _Session])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, key: SessionKey, timeout_s: float) -> tuple[tuple[str, ...], str]:
        """A session's statements and its database; sessions whose time is over are dropped."""
        now = time.monotonic()
        with self._lock:
            for old in [name for name, session in self._sessions.items() if session.until < now]:
                del self._sessions[old]
            session = self._sessions.get(key)
            if session is None:
                return (), ""
            self._sessions[key] = _Session(now + timeout_s, session.statements, session.database)
            return session.statements, session.database

    def remember(self, key: SessionKey, timeout_s: float, statement: str, database: str | None) -> None:
        """Add a statement that the engine has accepted; `database` is the one that a USE has named."""
        with self._lock:
            session = self._sessions.get(key, _NEW)
            others = [text for text in session.statements if text != statement]
            kept = (*others, statement)[-MAX_STATEMENTS:]
            self._sessions[key] = _Session(
                time.monotonic() + timeout_s, kept, session.database if database is None else database
            )
            while len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
