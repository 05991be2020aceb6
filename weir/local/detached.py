"""Starts a stack in the background, waits until it is ready, and stops it."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from weir.local.errors import LocalStackError, PartStartError
from weir.local.folders import PRIVATE_UMASK, open_private, private_folder
from weir.local.logs import last_lines
from weir.local.stack_state import PartState, StackStatus, read_status

POLL_S = 0.05


def start_detached(
    command: Sequence[str], state: Path, timeout_s: float, environment: Mapping[str, str] | None = None
) -> StackStatus:
    """Start a command that supervises a stack and outlives its caller; returns once all parts are ready.

    The command must run `Supervisor(parts, state).run()`; its own output goes to STATE/logs/supervisor.log.
    Raises PartStartError if a part fails or is not ready in time, LocalStackError if the supervisor ends.
    """
    log = state / "logs" / "supervisor.log"
    private_folder(log.parent)
    with open_private(log, "ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the caller's own command
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # The supervisor passes on to each part only the variables that the part needs.
            env={**os.environ, **(environment or {})},
            umask=PRIVATE_UMASK,
            start_new_session=True,
        )
    try:
        return _wait_until_ready(process, state, timeout_s)
    finally:
        # The process outlives this one; a return code avoids the warning that nothing waited for it.
        process.returncode = process.poll() or 0


def _wait_until_ready(process: subprocess.Popen[bytes], state: Path, timeout_s: float) -> StackStatus:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalStackError(last_lines(state / "logs" / "supervisor.log", 1))
        status = read_status(state)
        # Until the new supervisor has locked the folder, the record is the one of the previous stack.
        if status is not None and status.pid == process.pid:
            _refuse_failed(status, state)
            if status.is_ready:
                return status
        time.sleep(POLL_S)
    progress = "it goes on starting, `weir status` shows how far it is"
    message = f"the stack was not ready after {timeout_s:g} s; {progress}"
    raise PartStartError(message)


def _refuse_failed(status: StackStatus, state: Path) -> None:
    for part in status.parts:
        if part.state is PartState.FAILED:
            message = f"{part.name} does not start:\n{last_lines(state / 'logs' / f'{part.name}.log')}"
            raise PartStartError(message)


def stop_stack(state: Path, timeout_s: float) -> bool:
    """Stop the stack with SIGTERM and wait for its end; returns False if none is running.

    Raises LocalStackError if the stack does not end in time.
    """
    status = read_status(state)
    if status is None or not status.is_running:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(status.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_s
    while status.is_running:
        if time.monotonic() > deadline:
            message = f"the stack (pid {status.pid}) did not stop in {timeout_s:g} s"
            raise LocalStackError(message)
        time.sleep(POLL_S)
    return True
