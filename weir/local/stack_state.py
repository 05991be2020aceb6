"""The file STATE/stack.json: the supervisor, and the state and process of each part."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import psutil
from pydantic import TypeAdapter

from weir.local.folders import write_atomically
from weir.local.parts import kill_group

FILE_NAME = "stack.json"
LOCK_NAME = "stack.lock"
ORPHAN_STOP_TIMEOUT_S = 10.0


class PartState(StrEnum):
    """The states of a part."""

    STARTING = "starting"
    READY = "ready"
    BACKOFF = "backoff"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PartStatus:
    """A part as `weir status` shows it; `since` is the UTC time of its last change of state."""

    name: str
    pid: int | None
    state: PartState
    address: str
    since: str
    created: float | None = None
    """The kernel's start time of the process, because a pid may be reused by another program."""


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The supervisor and its parts."""

    pid: int
    created: float
    parts: tuple[PartStatus, ...]

    @property
    def is_running(self) -> bool:
        """Whether the supervisor is running."""
        return is_alive(self.pid, self.created)

    @property
    def is_ready(self) -> bool:
        """Whether the supervisor is running and every part is ready."""
        return self.is_running and all(part.state is PartState.READY for part in self.parts)


_RECORD = TypeAdapter(StackStatus)


def started_at(pid: int) -> float | None:
    """The kernel's start time of a process in seconds since 1970, None if it has ended."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_alive(pid: int | None, created: float | None) -> bool:
    """Whether the recorded process is still running, by its pid and start time."""
    if pid is None or created is None:
        return False
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def write_status(state: Path, parts: Sequence[PartStatus]) -> None:
    """Write the state of the parts, with this process as their supervisor."""
    pid = os.getpid()
    record = StackStatus(pid, started_at(pid) or 0.0, tuple(parts))
    write_atomically(state / FILE_NAME, _RECORD.dump_json(record, indent=1).decode() + "\n")


def read_status(state: Path) -> StackStatus | None:
    """Read the recorded state, with a part whose process has ended as stopped; None if there is no record."""
    try:
        record = _RECORD.validate_json((state / FILE_NAME).read_bytes())
    except FileNotFoundError:
        return None
    return replace(record, parts=tuple(_with_current_state(part) for part in record.parts))


def _with_current_state(part: PartStatus) -> PartStatus:
    if part.pid is None or is_alive(part.pid, part.created):
        return part
    return replace(part, pid=None, state=PartState.STOPPED)


def kill_orphans(state: Path) -> list[str]:
    """Stop the parts that a killed supervisor left running, and return their names.

    Only recorded processes are ended: SIGTERM first, and after ten seconds SIGKILL for their process groups.
    """
    status = read_status(state)
    if status is None or status.is_running:
        return []
    orphans = _alive(status.parts)
    for part in orphans:
        _signal(part, signal.SIGTERM)
    deadline = time.monotonic() + ORPHAN_STOP_TIMEOUT_S
    while _alive(orphans) and time.monotonic() < deadline:
        time.sleep(0.05)
    for part in _alive(orphans):
        if part.pid is not None:
            kill_group(part.pid)
    return [part.name for part in orphans]


def _alive(parts: Sequence[PartStatus]) -> Sequence[PartStatus]:
    return [part for part in parts if is_alive(part.pid, part.created)]


def _signal(part: PartStatus, number: signal.Signals) -> None:
    if part.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(part.pid, number)
