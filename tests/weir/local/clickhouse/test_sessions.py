"""A session belongs to one user, lasts as long as it is used, and there are not too many."""

import time

from weir.local.clickhouse.access import DatabaseUser
from weir.local.clickhouse.sessions import MAX_SESSIONS, MAX_STATEMENTS, Sessions


def test_statements_are_kept_in_order_and_once() -> None:
    sessions, key = Sessions(), (DatabaseUser.WRITER, "a")
    for statement in ("SET x = 1", "SET y = 1", "SET x = 1"):
        sessions.remember(key, 60, statement, None)

    assert sessions.recall(key, 60) == (("SET y = 1", "SET x = 1"), "")


def test_the_database_is_the_last_one_used() -> None:
    sessions, key = Sessions(), (DatabaseUser.ANALYST, "a")
    sessions.remember(key, 60, "USE one", "one")
    sessions.remember(key, 60, "USE system", "system")
    sessions.remember(key, 60, "SET x = 1", None)

    assert sessions.recall(key, 60)[1] == "system"


def test_another_user_has_another_session_of_the_same_name() -> None:
    sessions = Sessions()
    sessions.remember((DatabaseUser.WRITER, "a"), 60, "USE system", "system")

    assert sessions.recall((DatabaseUser.ANALYST, "a"), 60) == ((), "")


def test_a_session_ends_when_it_is_silent_for_its_timeout() -> None:
    sessions, key = Sessions(), (DatabaseUser.WRITER, "a")
    sessions.remember(key, 0.01, "SET x = 1", None)
    time.sleep(0.02)

    assert sessions.recall(key, 60) == ((), "")


def test_neither_sessions_nor_their_statements_grow_without_end() -> None:
    sessions = Sessions()
    for number in range(MAX_STATEMENTS + 10):
        sessions.remember((DatabaseUser.WRITER, "long"), 60, f"SET x = {number}", None)
    assert len(sessions.recall((DatabaseUser.WRITER, "long"), 60)[0]) == MAX_STATEMENTS

    for number in range(MAX_SESSIONS + 10):
        sessions.remember((DatabaseUser.WRITER, str(number)), 60, "SET x = 1", None)
    assert sessions.recall((DatabaseUser.WRITER, "0"), 60) == ((), "")
