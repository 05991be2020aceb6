"""One service as a process of its own, as it is deployed: started, looked at from outside, stopped or killed."""

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
        """Start `python` with these words."""
        self.log = log
        self._offset = log.stat().st_size if log.exists() else 0
        # It is told to end when this process dies, however that comes about.
        self.process = launch(
            StackPart("worker", [sys.executable, *command], is_ready=lambda: True, environment=environment),
            log,
        )

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def has_ended(self) -> bool:
        """Whether it has ended, by itself or not."""
        return not self.is_alive

    def is_stopped(self) -> bool:
        """Whether SIGSTOP holds it."""
        return self.is_alive and psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def cpu_s(self) -> float:
        """Processor time it has used, in all its threads."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def resident_bytes(self) -> int:
        """Memory it holds now."""
        return psutil.Process(self.process.pid).memory_info().rss

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.is_alive:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kill -9."""
        self.signal(signal.SIGKILL)
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """SIGTERM, as a supervisor does; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def said(self, message: str) -> Iterator[Mapping[str, object]]:
        """Its log lines with this message."""
        with self.log.open("rb") as lines:
            lines.seek(self._offset)
            for line in lines:
                if line.startswith(b"{") and (fields := json.loads(line)).get("message") == message:
                    yield fields

    def wait_for(self, message: str, times: int, timeout_s: float = 120.0) -> Sequence[Mapping[str, object]]:
        """Wait until it has said something so often; raises RuntimeError with the end of its log where it ends before."""
        until = time.monotonic() + timeout_s
        while len(found := list(self.said(message))) < times:
            if not self.is_alive or time.monotonic() > until:
                raise RuntimeError(
                    f"no '{message}' from {self.process.args}: {self.log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)
        return found
