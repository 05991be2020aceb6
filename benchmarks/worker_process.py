"""A service as a process of its own, as it is deployed, to be measured from outside, stopped or killed."""

import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from weir.local.parts import StackPart, launch

STOP_S = 20.0


class WorkerProcess:
    """A child process whose log is kept in a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start `python` with these arguments."""
        self.log = log
        self._offset = log.stat().st_size if log.exists() else 0
        # The child ends when this process dies, for whatever reason.
        self.process = launch(
            StackPart("worker", [sys.executable, *command], is_ready=lambda: True, environment=environment),
            log,
        )

    @property
    def is_alive(self) -> bool:
        """Whether the process is running or stopped."""
        return self.process.poll() is None

    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return not self.is_alive

    def is_stopped(self) -> bool:
        """Whether the process was stopped by SIGSTOP."""
        return self.is_alive and psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def cpu_s(self) -> float:
        """CPU seconds of all threads."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def resident_bytes(self) -> int:
        """Resident memory."""
        return psutil.Process(self.process.pid).memory_info().rss

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.is_alive:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the process and wait for its end."""
        self.signal(signal.SIGKILL)
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """Stop the process by SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def log_lines(self, message: str) -> Iterator[Mapping[str, object]]:
        """The JSON log lines with this message."""
        with self.log.open("rb") as lines:
            lines.seek(self._offset)
            for line in lines:
                if line.startswith(b"{") and (fields := json.loads(line)).get("message") == message:
                    yield fields

    def wait_for(self, message: str, times: int, timeout_s: float = 120.0) -> Sequence[Mapping[str, object]]:
        """Wait until `times` lines have this message; raises RuntimeError with the end of the log."""
        until = time.monotonic() + timeout_s
        while len(lines := list(self.log_lines(message))) < times:
            if not self.is_alive or time.monotonic() > until:
                raise RuntimeError(
                    f"no '{message}' from {self.process.args}: {self.log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)
        return lines
