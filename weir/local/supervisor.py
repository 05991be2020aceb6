"""Keeps the parts of the local stack running: start in order of need, restart with backoff, ordered stop.

The supervisor has no threads and no data of its own, so killing it loses nothing: on Linux the kernel then
sends SIGTERM to its parts, and the next supervisor ends those that are still running before it starts.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from weir.local.folders import lock_with_pid, make_private, open_private, private_folder, set_private_umask
from weir.local.logs import rotate
from weir.local.parts import StackPart, check_ports, kill_group, launch
from weir.local.stack_state import LOCK_NAME, PartState, PartStatus, kill_orphans, started_at, write_status

MIN_BACKOFF_S = 0.2
MAX_BACKOFF_S = 10.0
HEALTHY_AFTER_S = 30.0
STARTS_BEFORE_FAILED = 5
STEP_INTERVAL_S = 0.05
ROTATE_EVERY_S = 10.0

OnChange = Callable[[PartStatus], None]


def ignore_change(_status: PartStatus) -> None:
    """Do nothing on a change of state."""


class SupervisedProcess:
    """One part of the stack with its current process, restarted with backoff when it ends."""

    def __init__(self, part: StackPart, log: Path) -> None:
        """Begin without a process; the part writes to `log`."""
        self.part = part
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.state = PartState.STARTING
        self.since = datetime.now(UTC)
        self._created: float | None = None
        self._changed = time.monotonic()
        self._delay_s = MIN_BACKOFF_S
        self._failures = 0
        self._was_ever_ready = False

    @property
    def is_alive(self) -> bool:
        """Whether the part has a running process."""
        return self.process is not None and self.process.poll() is None

    @property
    def status(self) -> PartStatus:
        """The state of the part, as recorded in stack.json."""
        pid = self.process.pid if self.process and self.is_alive else None
        since = self.since.isoformat(timespec="milliseconds")
        return PartStatus(
            self.part.name, pid, self.state, self.part.address, since, self._created if pid else None
        )

    def step(self, are_needs_ready: bool) -> bool:  # noqa: FBT001 - a fact, not a switch
        """Take the next step of the part, if one is due; returns whether its state or process changed."""
        match self.state:
            case PartState.STARTING if self.process is None:
                return are_needs_ready and self._launch()
            case PartState.STARTING | PartState.READY if not self.is_alive:
                return self._record_failure()
            case PartState.STARTING:
                return self._check_ready()
            case PartState.READY:
                self._forget_old_failures()
            case PartState.BACKOFF:
                return self._retry_after_backoff()
            case _:
                pass
        return False

    def terminate(self) -> None:
        """Send SIGTERM to the process."""
        if self.process is not None and self.is_alive:
            self.process.terminate()

    def kill(self) -> None:
        """Kill the process and its own child processes."""
        if self.process is not None and self.is_alive:
            kill_group(self.process.pid)

    def mark_stopped(self) -> None:
        """Record that the part has ended."""
        self._enter(PartState.STOPPED)

    def _launch(self) -> bool:
        try:
            self.process = launch(self.part, self.log)
        except OSError as error:
            private_folder(self.log.parent)
            with open_private(self.log, "ab") as log:
                log.write(f"{self.part.command[0]} cannot be started: {error}\n".encode())
            return self._record_failure()
        self._created = started_at(self.process.pid)
        return self._enter(PartState.STARTING)

    def _check_ready(self) -> bool:
        if self.part.is_ready():
            self._was_ever_ready = True
            return self._enter(PartState.READY)
        if self._age_s() > self.part.start_timeout_s:
            self.kill()
        return False

    def _forget_old_failures(self) -> None:
        if self._failures and self._age_s() > HEALTHY_AFTER_S:
            self._failures, self._delay_s = 0, MIN_BACKOFF_S

    def _retry_after_backoff(self) -> bool:
        if self._age_s() <= self._delay_s:
            return False
        self._delay_s = min(self._delay_s * 2, MAX_BACKOFF_S)
        self.process = None
        return self._enter(PartState.STARTING)

    def _record_failure(self) -> bool:
        self._failures += 1
        if not self._was_ever_ready and self._failures >= STARTS_BEFORE_FAILED:
            return self._enter(PartState.FAILED)
        return self._enter(PartState.BACKOFF)

    def _enter(self, state: PartState) -> bool:
        self.state, self.since, self._changed = state, datetime.now(UTC), time.monotonic()
        return True

    def _age_s(self) -> float:
        return time.monotonic() - self._changed


class Supervisor:
    """Runs parts until SIGTERM, SIGINT or SIGHUP; a state folder has at most one supervisor."""

    def __init__(self, parts: Sequence[StackPart], state: Path, on_change: OnChange = ignore_change) -> None:
        """Raise ValueError if a part needs a part that is not in `parts`."""
        self._state = state
        self._on_change = on_change
        self._children: Mapping[str, SupervisedProcess] = {
            part.name: SupervisedProcess(part, state / "logs" / f"{part.name}.log") for part in parts
        }
        self._is_stopping = False
        for part in parts:
            if unknown := set(part.needs) - set(self._children):
                message = f"{part.name} needs {', '.join(sorted(unknown))}, which is no part of this stack"
                raise ValueError(message)

    def run(self) -> None:
        """Block until a signal; raises FolderBusyError or PortBusyError before any part is started."""
        set_private_umask()
        with lock_with_pid(self._state / LOCK_NAME, "`weir up`"):
            make_private(self._state)
            kill_orphans(self._state)
            check_ports([child.part for child in self._children.values()])
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            try:
                self._keep_running()
            finally:
                self._stop_all()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _keep_running(self) -> None:
        self._record()
        rotated = time.monotonic()
        while not self._is_stopping:
            changed = [child for child in self._children.values() if child.step(self._are_needs_ready(child))]
            if changed:
                self._record()
            for child in changed:
                self._on_change(child.status)
            if time.monotonic() - rotated > ROTATE_EVERY_S:
                rotated = time.monotonic()
                for child in self._children.values():
                    rotate(child.log)
            time.sleep(STEP_INTERVAL_S)

    def _are_needs_ready(self, child: SupervisedProcess) -> bool:
        return all(self._children[need].state is PartState.READY for need in child.part.needs)

    def _stop_all(self) -> None:
        """Stop each part when no running part needs it, and kill it after its stop timeout."""
        deadlines: dict[str, float] = {}
        while alive := {name: child for name, child in self._children.items() if child.is_alive}:
            needed = {need for child in alive.values() for need in child.part.needs}
            for name, child in alive.items():
                if name not in deadlines and name not in needed:
                    deadlines[name] = time.monotonic() + child.part.stop_timeout_s
                    child.terminate()
                elif time.monotonic() > deadlines.get(name, float("inf")):
                    child.kill()
            time.sleep(STEP_INTERVAL_S)
        for child in self._children.values():
            child.mark_stopped()
            self._on_change(child.status)
        self._record()

    def _record(self) -> None:
        write_status(self._state, [child.status for child in self._children.values()])
