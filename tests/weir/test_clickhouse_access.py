"""`weir clickhouse` shows the address and users; only its commands `password` and `url` show a password."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from weir.cli import app
from weir.local.clickhouse.access import DatabaseUser, password


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIR_HOME", str(tmp_path))
    monkeypatch.delenv("WEIR_CLICKHOUSE_URL", raising=False)
    return tmp_path.resolve()


def test_the_overview_names_address_and_users_without_passwords(home: Path) -> None:
    shown = CliRunner().invoke(app, ["clickhouse"]).output

    assert "http://127.0.0.1:18123" in shown
    assert all(user.value in shown for user in DatabaseUser)
    assert not [user for user in DatabaseUser if password(home, user) in shown]


def test_the_analysts_password_is_shown_unless_another_user_is_named(home: Path) -> None:
    assert (
        CliRunner().invoke(app, ["clickhouse", "password"]).output
        == password(home, DatabaseUser.ANALYST) + "\n"
    )
    assert (
        CliRunner().invoke(app, ["clickhouse", "password", "weir"]).output
        == password(home, DatabaseUser.WRITER) + "\n"
    )


def test_the_url_holds_both(home: Path) -> None:
    shown = CliRunner().invoke(app, ["clickhouse", "url"]).output

    assert shown == f"http://analyst:{password(home, DatabaseUser.ANALYST)}@127.0.0.1:18123\n"


def test_a_clickhouse_of_ones_own_keeps_its_passwords_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_CLICKHOUSE_URL", "http://me:hidden@db.example:8123")

    answer = CliRunner().invoke(app, ["clickhouse", "password"])

    assert answer.exit_code == 1
    assert "http://db.example:8123" in answer.output
    assert "hidden" not in answer.output
