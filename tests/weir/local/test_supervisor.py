"""The supervisor keeps its parts running and leaves none behind."""

import json
import os
import signal
import socket
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from weir.local.detached import start_detached, stop_stack
from weir.local.errors import LocalStackError, PartStartError
from weir.local.parts import free_port
from weir.local.stack_state import (
    PartState,
    PartStatus,
    StackStatus,
    is_alive,
    kill_orphans,
    read_status,
)

pytestmark = pytest.mark.integration

# Two parts: a web server, and a client that needs it and records its start and its SIGTERM.
STACK = """
import sys
from pathlib import Path
from weir.local.errors import LocalStackError
from weir.local.parts import StackPart, PortNeed, http_probe
from weir.local.supervisor import Supervisor

state, port, client = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
parts = [
    StackPart("client", [sys.executable, "-c", client, str(state / "diary")], (state / "diary").exists,
         needs=["server"], stop_timeout_s=1),
    StackPart("server", [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
         http_probe(port, "/"), address=f"http://127.0.0.1:{port}", ports=[PortNeed(port, "server.port")],
         stop_timeout_s=1),
]
try:
    Supervisor(parts, state).run()
except LocalStackError as error:
    sys.exit(str(error))
"""
DIARY = textwrap.dedent("""
    import signal, sys, time
    def write(word):
        with open(sys.argv[1], "a") as diary:
            diary.write(word + "\\n")
    def stop(*_):
        write("told to stop")
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    write("started")
    while True:
        time.sleep(1)
""")
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "open(sys.argv[1], 'a').close(); time.sleep(100)"
)
BROKEN = "import sys; sys.exit('this part is broken')"


class Stack:
    """A detached stack of two parts in a folder."""

    def __init__(self, state: Path, port: int) -> None:
        self.state = state
        self.port = port

    def start(self, client: str = DIARY) -> StackStatus:
        return start_detached(
            [sys.executable, "-c", STACK, str(self.state), str(self.port), client], self.state, 20
        )

    def part(self, name: str) -> PartStatus:
        status = read_status(self.state)
        assert status is not None
        return next(part for part in status.parts if part.name == name)

    def diary(self) -> list[str]:
        return (self.state / "diary").read_text().splitlines()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path, free_port())
    yield made
    stop_stack(tmp_path, 10)
    kill_orphans(tmp_path)


def eventually(claim: Callable[[], bool], timeout_s: float = 10) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if claim():
            return True
        time.sleep(0.05)
    return claim()


def test_a_detached_stack_becomes_ready_and_stops_without_leaving_a_process(stack: Stack) -> None:
    status = stack.start()

    assert [part.state for part in status.parts] == [PartState.READY, PartState.READY]
    assert (
        json.loads((stack.state / "stack.json").read_text())["parts"][1]["address"]
        == f"http://127.0.0.1:{stack.port}"
    )
    assert stop_stack(stack.state, 10)
    assert not any(psutil.pid_exists(part.pid or 0) for part in status.parts)
    assert not is_alive(status.pid, status.created)
    assert stack.part("server").state is PartState.STOPPED
    assert not stop_stack(stack.state, 10)


def test_a_part_starts_after_and_stops_before_what_it_needs(stack: Stack) -> None:
    stack.start()
    order = [stack.part("server").since, stack.part("client").since]

    assert order == sorted(order)
    stop_stack(stack.state, 10)
    assert stack.diary() == ["started", "told to stop"]


def test_a_killed_part_is_started_again(stack: Stack) -> None:
    stack.start()
    for lives in range(2, 5):
        before = stack.part("client")
        os.kill(before.pid or 0, signal.SIGKILL)

        assert eventually(
            lambda before=before: (
                stack.part("client").state is PartState.READY and stack.part("client").pid != before.pid
            )
        )
        assert eventually(lambda lives=lives: len(stack.diary()) == lives)


def test_a_second_start_finds_the_first(stack: Stack) -> None:
    first = stack.start()

    with pytest.raises(LocalStackError, match=rf"in use by another `weir up` \(pid {first.pid}\)"):
        stack.start()
    status = read_status(stack.state)
    assert status is not None
    assert status.is_ready
    assert status.pid == first.pid


def test_a_taken_port_is_named_with_its_setting_before_anything_starts(stack: Stack) -> None:
    with (
        socket.create_server(("127.0.0.1", stack.port)),
        pytest.raises(LocalStackError, match=rf"port {stack.port} .* server needs it.*`server.port`"),
    ):
        stack.start()
    assert not (stack.state / "diary").exists()


@pytest.mark.chaos
def test_parts_end_with_a_killed_supervisor_and_the_next_start_works(stack: Stack) -> None:
    first = stack.start()
    os.kill(first.pid, signal.SIGKILL)

    second = stack.start()

    assert second.is_ready
    assert not any(is_alive(part.pid, part.created) for part in first.parts)
    assert stack.diary() == ["started", "told to stop", "started"]


@pytest.mark.chaos
def test_a_part_that_ignores_sigterm_is_killed_by_the_next_start(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stack.start(STUBBORN)
    os.kill(first.pid, signal.SIGKILL)
    assert eventually(lambda: not is_alive(first.pid, first.created))
    monkeypatch.setattr("weir.local.stack_state.ORPHAN_STOP_TIMEOUT_S", 0.5)

    assert kill_orphans(stack.state) in (["client"], ["client", "server"])

    assert eventually(lambda: not any(is_alive(part.pid, part.created) for part in first.parts))


def test_a_part_that_ignores_sigterm_is_killed_at_the_stop(stack: Stack) -> None:
    status = stack.start(STUBBORN)

    assert stop_stack(stack.state, 10)

    assert not any(is_alive(part.pid, part.created) for part in status.parts)


def test_a_part_that_never_starts_fails_with_its_last_words(stack: Stack) -> None:
    with pytest.raises(PartStartError, match=r"client does not start:\n(.*\n)*this part is broken"):
        stack.start(BROKEN)
    assert stack.part("client").state is PartState.FAILED
    assert stack.part("server").state is PartState.READY
