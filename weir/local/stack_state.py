"""The stack's own record, STATE/stack.json: who runs as which process, readable while it changes and after a crash."""

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
    """The life of a part."""

    STARTING = "starting"
    READY = "ready"
    BACKOFF = "backoff"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part as `weir status` shows it; `since` is the UTC time of the last change of state."""

    name: str
    pid: int | None
    state: PartState
    address: str
    since: str
    created: float | None = None
    """The kernel's start time of the process: a pid alone may belong to another program by now."""


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The supervisor and its parts."""

    pid: int
    created: float
    parts: tuple[PartStatus, ...]

    @property
    def is_running(self) -> bool:
        """Say whether the supervisor lives."""
        return is_alive(self.pid, self.created)

    @property
    def is_ready(self) -> bool:
        """Say whether every part is ready."""
        return self.is_running and all(part.state is PartState.READY for part in self.parts)


_RECORD = TypeAdapter(StackStatus)


def started_at(pid: int) -> float | None:
    """Return the kernel's start time of a process, None when it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_alive(pid: int | None, created: float | None) -> bool:
    """Say whether the very process that was recorded still runs."""
    if pid is None or created is None:
        return False
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def write_status(state: Path, parts: Sequence[PartStatus]) -> None:
    """Record the parts under this process as their supervisor."""
    pid = os.getpid()
    record = StackStatus(pid, started_at(pid) or 0.0, tuple(parts))
    write_atomically(state / FILE_NAME, _RECORD.dump_json(record, indent=1).decode() + "\n")


def read_status(state: Path) -> StackStatus | None:
    """Return what is true now: a recorded process that is gone counts as stopped. None when there never was a stack."""
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
    """End the parts that a killed supervisor left behind, and return their names; only exactly the recorded processes."""
    status = read_status(state)
    if status is None or status.is_running:
        return []
    left = [part for part in status.parts if is_alive(part.pid, part.created)]
    for part in left:
        _signal(part, signal.SIGTERM)
    deadline = time.monotonic() + ORPHAN_STOP_TIMEOUT_S
    while any(is_alive(part.pid, part.created) for part in left) and time.monotonic() < deadline:
        time.sleep(0.05)
    for part in left:
        if part.pid is not None and is_alive(part.pid, part.created):
            kill_group(part.pid)
    return [part.name for part in left]


def _signal(part: PartStatus, number: signal.Signals) -> None:
    if part.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(part.pid, number)
