"""A stack in the background: its caller waits until it is ready, or is told why it is not."""

import sys
from pathlib import Path

import pytest

from weir.local.detached import start_detached, stop_stack
from weir.local.errors import LocalStackError, PartStartError
from weir.local.stack_state import PartState, PartStatus, read_status, write_status

SUPERVISOR = """
import os, sys, time
from pathlib import Path
from weir.local.stack_state import PartState, PartStatus, write_status

state, told, asked = Path(sys.argv[1]), PartState(sys.argv[2]), os.environ["WEIR_TEST_ASKED"]
(state / "logs" / "part.log").write_text(f"no {asked} here")
write_status(state, [PartStatus("part", None, told, "", "2026-11-20T12:00:00+00:00")])
time.sleep(60)
"""
ENVIRONMENT = {"WEIR_TEST_ASKED": "server"}


def supervisor(state: Path, told: PartState) -> list[str]:
    """A command that writes this state of its one part and goes on."""
    return [sys.executable, "-c", SUPERVISOR, str(state), told.value]


def test_a_ready_stack_outlives_its_start_and_ends_at_its_stop(tmp_path: Path) -> None:
    status = start_detached(supervisor(tmp_path, PartState.READY), tmp_path, 20, ENVIRONMENT)

    assert (status.is_running, status.is_ready) == (True, True)

    assert stop_stack(tmp_path, 10)
    assert not status.is_running
    assert not stop_stack(tmp_path, 10)


def test_a_part_that_failed_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(PartStartError, match="part does not start:\nno server here"):
        start_detached(supervisor(tmp_path, PartState.FAILED), tmp_path, 20, ENVIRONMENT)

    assert stop_stack(tmp_path, 10)


def test_a_stack_that_is_not_ready_in_time_goes_on_starting(tmp_path: Path) -> None:
    with pytest.raises(PartStartError, match=r"not ready after 1 s; it goes on starting"):
        start_detached(supervisor(tmp_path, PartState.STARTING), tmp_path, 1.0, ENVIRONMENT)

    assert stop_stack(tmp_path, 10)


def test_the_last_word_of_a_supervisor_that_ended_is_the_error_whatever_an_older_stack_left(
    tmp_path: Path,
) -> None:
    write_status(tmp_path, [PartStatus("part", None, PartState.READY, "", "2026-11-20T12:00:00+00:00")])

    with pytest.raises(LocalStackError, match="the folder is in use"):
        start_detached([sys.executable, "-c", "raise SystemExit('the folder is in use')"], tmp_path, 20)


def test_without_a_stack_there_is_nothing_to_stop(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    assert not stop_stack(tmp_path, 0)
