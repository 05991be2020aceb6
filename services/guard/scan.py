"""`python -m services.guard scan`: verdicts for anybody's texts, one JSON object a line in and one out, without a stream.

A thread reads and asks ahead, the main thread writes the answers in order; between them stands a bounded queue, so that memory stays
constant, the models always have several texts to work on, and an answer is written as soon as it is there.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import BinaryIO, TextIO

from schemas.document_files import DocumentFileError
from schemas.verdicts import Direction
from services.guard.domain.scan.lines import (
    InvalidScanLineError,
    LineId,
    ScanLine,
    ScanTextLine,
    error_line,
    parse_line,
    result_line,
)
from services.guard.domain.scan.result import ScanResult
from services.guard.library import IN_FLIGHT, Guardian, UnscannableError
from streaming.errors import StopServiceError

MAX_LINE_BYTES = 16_000_000
CHUNK_LINES = 16
"""What one process gets at a time: enough to keep a model busy, few enough for an even load."""
FLUSH_LINES = 64
INTERRUPTED = 130
PendingLines = Callable[[], Sequence[str]]
"""Gives answers once they are there."""


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What a run was asked for; each process makes its own scanner of it."""

    policy: Path | None = None
    direction: Direction = "input"
    jobs: int = 1
    in_flight: int = IN_FLIGHT


class LineScanner:
    """Answers lines; each gets exactly one answer, whatever it holds."""

    def __init__(self, guardian: Guardian, direction: Direction) -> None:
        """Take what scans, and the direction of lines that name none."""
        self._guardian = guardian
        self._direction: Direction = direction

    def submit(self, line: bytes) -> PendingLines:
        """Put a line's text in flight."""
        try:
            if len(line) > MAX_LINE_BYTES:
                raise InvalidScanLineError(f"the line is longer than {MAX_LINE_BYTES} bytes: split its text")  # noqa: TRY301 - as every other broken line
            asked = parse_line(line, self._direction)
        except InvalidScanLineError as error:
            said = error_line(error.line_id, str(error))
            return lambda: (said,)
        future = self._submit(asked)
        return lambda: (_output_line(asked.id, future),)

    def _submit(self, asked: ScanLine) -> Future[ScanResult]:
        if isinstance(asked, ScanTextLine):
            return self._guardian.submit(asked.text, asked.direction)
        return self._guardian.submit_messages(asked.messages)


def main(arguments: Sequence[str]) -> int:
    """Scan standard input; 0 when every line is answered, 2 where a policy or a model file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m services.guard", description="Scan texts without a stream."
    )
    scan = parser.add_subparsers(required=True).add_parser(
        "scan", help="one JSON object a line in (id, text, direction), one verdict a line out"
    )
    scan.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="a YAML or JSON file with one policy; the built-in default without",
    )
    scan.add_argument(
        "--direction",
        choices=("input", "output", "indirect"),
        default="input",
        help="of lines that name none",
    )
    scan.add_argument(
        "--jobs", type=_count, default=1, metavar="N", help="processes; each loads the models for itself"
    )
    scan.add_argument(
        "--in-flight", type=_count, default=IN_FLIGHT, metavar="N", help="texts at a time in each process"
    )
    chosen = parser.parse_args(arguments)
    # A file object of its own: the reading thread may still hold it when the process ends.
    lines = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115 - a descriptor is no path, and the thread closes nothing
    return run(ScanOptions(chosen.policy, chosen.direction, chosen.jobs, chosen.in_flight), lines, sys.stdout)


def run(plan: ScanOptions, lines: BinaryIO, out: TextIO) -> int:
    """Answer all lines; the exit code says whether it could start."""
    try:
        with ExitStack() as stack:
            ask_ahead = _one_process(plan, stack) if plan.jobs == 1 else _processes(plan, stack)
            _write(ask_ahead(read_lines(lines)), _queue_size(plan), out)
    except (StopServiceError, DocumentFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        # The reader has seen enough; what is left to write would only raise again at exit.
        sys.stdout = None
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def read_lines(lines: BinaryIO) -> Iterator[bytes]:
    """Line by line without the line break; of one that is too long only so much is kept that it can be seen."""
    while line := lines.readline(MAX_LINE_BYTES + 2):
        end = line
        while not end.endswith(b"\n") and len(end) > MAX_LINE_BYTES:
            end = lines.readline(MAX_LINE_BYTES + 2)
        yield line.rstrip(b"\r\n") if len(line) <= MAX_LINE_BYTES else line


def _one_process(plan: ScanOptions, stack: ExitStack) -> Callable[[Iterator[bytes]], Iterator[PendingLines]]:
    scanner = LineScanner(stack.enter_context(Guardian.load(plan.policy)), plan.direction)
    return lambda lines: map(scanner.submit, lines)


def _processes(plan: ScanOptions, stack: ExitStack) -> Callable[[Iterator[bytes]], Iterator[PendingLines]]:
    # Threads of the models do not survive a fork.
    pool = ProcessPoolExecutor(plan.jobs, get_context("spawn"))
    stack.callback(pool.shutdown, cancel_futures=True)
    # A broken policy or model is told before the first line is read.
    pool.submit(_output_lines, plan, []).result()
    return lambda lines: (pool.submit(_output_lines, plan, chunk).result for chunk in _chunks(lines))


def _chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while chunk := list(islice(lines, CHUNK_LINES)):
        yield chunk


def _output_lines(plan: ScanOptions, lines: Sequence[bytes]) -> list[str]:
    scanner = _scanner(plan)
    return [said for waiting in [scanner.submit(line) for line in lines] for said in waiting()]


@cache
def _scanner(plan: ScanOptions) -> LineScanner:
    """The scanner of this process, loaded with the first lines."""
    return LineScanner(Guardian.load(plan.policy), plan.direction)


def _queue_size(plan: ScanOptions) -> int:
    return plan.in_flight if plan.jobs == 1 else 2 * plan.jobs


def _write(asked: Iterator[PendingLines], bound: int, out: TextIO) -> None:
    """Write answers in order while a thread asks ahead; what is there is flushed before anybody waits."""
    queue: Queue[PendingLines | BaseException | None] = Queue(bound)
    Thread(target=_read_ahead, args=(queue, asked), name="reader", daemon=True).start()
    written = 0
    while (waiting := queue.get()) is not None:
        if isinstance(waiting, BaseException):
            raise waiting
        for said in waiting():
            out.write(said)
            written += 1
        if queue.empty() or written >= FLUSH_LINES:
            out.flush()
            written = 0
    out.flush()


def _read_ahead(queue: Queue[PendingLines | BaseException | None], asked: Iterator[PendingLines]) -> None:
    try:
        for waiting in asked:
            queue.put(waiting)
    except BaseException as error:  # noqa: BLE001 - told where the answers are written, which ends the run
        queue.put(error)
    else:
        queue.put(None)


def _output_line(line_id: LineId, future: Future[ScanResult]) -> str:
    try:
        return result_line(line_id, future.result())
    except UnscannableError as error:
        return error_line(line_id, str(error))
    except StopServiceError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of the guard costs one answer, not all that follow
        return error_line(line_id, f"the guard failed ({type(error).__name__}): tell us which text it was")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
