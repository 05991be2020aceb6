"""The parts of the local stack: child processes with their ports and readiness probes."""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from weir.local.environment import child_environment
from weir.local.errors import PortBusyError
from weir.local.folders import PRIVATE_UMASK, open_private, private_folder

PROBE_TIMEOUT_S = 0.5
Probe = Callable[[], bool]
"""Whether a part is ready now; it must return within half a second."""


@dataclass(frozen=True, slots=True)
class PortNeed:
    """A loopback port and the name of the setting that changes it, for the message if the port is in use."""

    port: int
    setting: str


@dataclass(frozen=True, slots=True)
class StackPart:
    """One child process of the stack."""

    name: str
    command: Sequence[str]
    is_ready: Probe
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    inherits: Sequence[str] = ()
    """Environment variables of this process that it gets beside the base variables; it gets no others."""
    needs: Sequence[str] = ()
    """Parts that must be ready before this one starts."""
    ports: Sequence[PortNeed] = ()
    start_timeout_s: float = 60.0
    stop_timeout_s: float = 10.0


def tcp_probe(port: int) -> Probe:
    """A probe that is ready when the port accepts a connection."""

    def is_ready() -> bool:
        with socket.socket() as connection:
            connection.settimeout(PROBE_TIMEOUT_S)
            return connection.connect_ex(("127.0.0.1", port)) == 0

    return is_ready


def http_probe(port: int, path: str) -> Probe:
    """A probe that is ready when the path answers 200."""

    def is_ready() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_TIMEOUT_S)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        return False

    return is_ready


def kafka_probe(port: int) -> Probe:
    """A probe that is ready when the broker lists itself, which it does after its controller unfenced it."""

    def is_ready() -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=PROBE_TIMEOUT_S) as connection,
        ):
            connection.sendall(_METADATA_REQUEST)
            with connection.makefile("rb") as answer:
                head = answer.read(12)
                return len(head) == _HEAD.size and _HEAD.unpack(head)[2] > 0
        return False

    return is_ready


# A metadata request: version 1, correlation id 1, client id "weir", no topics; the response begins with its
# length, the correlation id and the number of brokers.
_METADATA_REQUEST = struct.pack(">ihhih4si", 18, 3, 1, 1, 4, b"weir", 0)
_HEAD = struct.Struct(">iii")


def check_ports(parts: Sequence[StackPart]) -> None:
    """Raise PortBusyError if another program listens on a port that a part needs."""
    for part in parts:
        for need in part.ports:
            with socket.socket() as probe:
                # The servers set it too: a port is free although old connections to it are still closing.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", need.port))
                except OSError as error:
                    raise PortBusyError(need.port, part.name, need.setting) from error


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(part: StackPart, log: Path) -> subprocess.Popen[bytes]:
    """Start a part in its own session with output to its log; on Linux it gets SIGTERM if this one dies."""
    private_folder(log.parent)
    parent = os.getpid()
    # The kernel ties a child to the thread that starts it, so only the main thread can tie it to the process.
    is_tied = _PRCTL is not None and threading.current_thread() is threading.main_thread()
    with open_private(log, "ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own commands
            list(part.command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**child_environment(part.inherits), **part.environment},
            umask=PRIVATE_UMASK,
            start_new_session=True,
            preexec_fn=(lambda: _terminate_with_parent(parent)) if is_tied else None,  # noqa: PLW1509 - it takes no lock
        )


def _load_prctl() -> Callable[[int, int], int] | None:
    # macOS has no such call: there the next start ends orphaned parts.
    if not sys.platform.startswith("linux"):
        return None
    prctl: Callable[[int, int], int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


_PRCTL = _load_prctl()
_PR_SET_PDEATHSIG = 1


def _terminate_with_parent(parent: int) -> None:
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # The parent may have died before the call.
        if os.getppid() != parent:
            os._exit(1)


def stop(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Send SIGTERM to a child; kill its process group if it does not end within `timeout_s`."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait(timeout_s)


def kill_group(pid: int) -> None:
    """Kill a part and its own child processes; each part leads its own process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
