"""What all commands share: an expected error is one line on stderr, and everything else is a fault."""

from pathlib import Path

import pytest
import typer

from schemas.document_files import DocumentFileError
from streaming.errors import DependencyDownError
from weir.config.file import ConfigError
from weir.local.errors import LocalStackError
from weir.stack.migrate import MigrationError
from weir.terminal import exit_on_error, fail, with_clickhouse, with_kafka


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a configuration, and servers that do not answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIR_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    monkeypatch.setenv("WEIR_CLICKHOUSE_URL", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "kind", [ConfigError, DocumentFileError, LocalStackError, MigrationError, DependencyDownError]
)
def test_an_expected_error_is_shown_on_stderr_and_exits_with_1(
    kind: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, exit_on_error():
        raise kind("[bold]the port[/bold] is taken")

    assert ended.value.exit_code == 1
    assert capsys.readouterr() == ("", "weir: [bold]the port[/bold] is taken\n")


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(KeyError), exit_on_error():
        raise KeyError("tenant")


def test_a_command_may_name_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        fail("say which letters", 2)

    assert (ended.value.exit_code, capsys.readouterr().err) == (2, "weir: say which letters\n")


def test_a_server_that_does_not_answer_is_named_with_its_address(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for ask in (with_kafka, with_clickhouse):
        with pytest.raises(typer.Exit) as ended:
            ask(None, lambda _: pytest.fail("nothing answers there"))

        assert ended.value.exit_code == 1
        assert "127.0.0.1:9" in capsys.readouterr().err


def test_a_configuration_that_is_not_there_is_an_expected_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        with_kafka(Path("none.yaml"), lambda _: pytest.fail("there is no such file"))

    assert "none.yaml" in capsys.readouterr().err
