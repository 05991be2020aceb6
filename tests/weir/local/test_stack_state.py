"""The recorded state: processes are recognised by pid and start time, and ended ones count as stopped."""

import os
from pathlib import Path

from weir.local.stack_state import (
    PartState,
    PartStatus,
    is_alive,
    kill_orphans,
    read_status,
    started_at,
    write_status,
)

SINCE = "2026-11-20T12:00:00.000+00:00"


def test_a_pid_of_another_program_is_never_taken_for_a_part() -> None:
    own = started_at(os.getpid())

    assert is_alive(os.getpid(), own)
    assert not is_alive(os.getpid(), (own or 0) - 100)


def test_a_folder_without_a_record_has_no_stack(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    assert kill_orphans(tmp_path) == []


def test_a_part_whose_process_has_ended_is_read_as_stopped(tmp_path: Path) -> None:
    own = started_at(os.getpid())
    alive = PartStatus("alive", os.getpid(), PartState.READY, "", SINCE, own)
    ended = PartStatus("ended", os.getpid(), PartState.READY, "", SINCE, (own or 0) - 100)

    write_status(tmp_path, [alive, ended])
    stack = read_status(tmp_path)

    assert stack is not None
    assert stack.is_running
    assert not stack.is_ready
    assert [(part.name, part.pid, part.state) for part in stack.parts] == [
        ("alive", os.getpid(), PartState.READY),
        ("ended", None, PartState.STOPPED),
    ]
