"""`python -m services.guard scan`: verdicts for texts without a stream, one JSON object a line in and out.

A thread reads lines and starts their scans, and the main thread writes the results in order. Between them is
a bounded queue, so that memory is bounded and the models always have several texts.
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
"""Lines that a process gets at a time: enough to keep a model busy, few enough for an even load."""
FLUSH_LINES = 64
INTERRUPTED = 130
PendingLines = Callable[[], Sequence[str]]
"""Waits for the output lines of some input lines."""


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """The options of a run; each process creates its scanner from them."""

    policy: Path | None = None
    direction: Direction = "input"
    jobs: int = 1
    in_flight: int = IN_FLIGHT


class LineScanner:
    """Scans lines; each input line gives exactly one output line."""

    def __init__(self, guardian: Guardian, direction: Direction) -> None:
        """Take the guardian, and the direction of lines that name none."""
        self._guardian = guardian
        self._direction: Direction = direction

    def submit(self, line: bytes) -> PendingLines:
        """Start to scan the text of a line."""
        try:
            if len(line) > MAX_LINE_BYTES:
                raise InvalidScanLineError(f"the line is longer than {MAX_LINE_BYTES} bytes: split its text")  # noqa: TRY301 - like other invalid lines
            parsed = parse_line(line, self._direction)
        except InvalidScanLineError as error:
            output = error_line(error.line_id, str(error))
            return lambda: (output,)
        future = self._submit(parsed)
        return lambda: (_output_line(parsed.id, future),)

    def _submit(self, line: ScanLine) -> Future[ScanResult]:
        if isinstance(line, ScanTextLine):
            return self._guardian.submit(line.text, line.direction)
        return self._guardian.submit_messages(line.messages)


def main(arguments: Sequence[str]) -> int:
    """Scan standard input; returns 0, or 2 if a policy or a model file cannot be used."""
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
        help="a YAML or JSON file with one policy; default: the built-in policy",
    )
    scan.add_argument(
        "--direction",
        choices=("input", "output", "indirect"),
        default="input",
        help="direction of lines that do not name one",
    )
    scan.add_argument(
        "--jobs", type=_count, default=1, metavar="N", help="processes; each loads the models for itself"
    )
    scan.add_argument(
        "--in-flight", type=_count, default=IN_FLIGHT, metavar="N", help="texts at a time in each process"
    )
    chosen = parser.parse_args(arguments)
    # A file object of its own, since the reading thread may still use it when the process ends.
    lines = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115 - the thread closes nothing
    return run(ScanOptions(chosen.policy, chosen.direction, chosen.jobs, chosen.in_flight), lines, sys.stdout)


def run(options: ScanOptions, lines: BinaryIO, out: TextIO) -> int:
    """Scan all lines and return the exit code."""
    try:
        with ExitStack() as stack:
            start_scans = _one_process(options, stack) if options.jobs == 1 else _processes(options, stack)
            _write(start_scans(read_lines(lines)), _queue_size(options), out)
    except (StopServiceError, DocumentFileError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except BrokenPipeError:
        # The reader has closed the pipe; flushing at exit would raise again.
        sys.stdout = None
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def read_lines(lines: BinaryIO) -> Iterator[bytes]:
    """The lines without line breaks; one that is too long is cut just above the limit."""
    while line := lines.readline(MAX_LINE_BYTES + 2):
        end = line
        while not end.endswith(b"\n") and len(end) > MAX_LINE_BYTES:
            end = lines.readline(MAX_LINE_BYTES + 2)
        yield line.rstrip(b"\r\n") if len(line) <= MAX_LINE_BYTES else line


def _one_process(
    options: ScanOptions, stack: ExitStack
) -> Callable[[Iterator[bytes]], Iterator[PendingLines]]:
    scanner = LineScanner(stack.enter_context(Guardian.load(options.policy)), options.direction)
    return lambda lines: map(scanner.submit, lines)


def _processes(options: ScanOptions, stack: ExitStack) -> Callable[[Iterator[bytes]], Iterator[PendingLines]]:
    # Threads of the models do not survive a fork.
    pool = ProcessPoolExecutor(options.jobs, get_context("spawn"))
    stack.callback(pool.shutdown, cancel_futures=True)
    # An invalid policy or model is reported before the first line is read.
    pool.submit(_output_lines, options, []).result()
    return lambda lines: (pool.submit(_output_lines, options, chunk).result for chunk in _chunks(lines))


def _chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    while chunk := list(islice(lines, CHUNK_LINES)):
        yield chunk


def _output_lines(options: ScanOptions, lines: Sequence[bytes]) -> list[str]:
    scanner = _scanner(options)
    return [output for pending in [scanner.submit(line) for line in lines] for output in pending()]


@cache
def _scanner(options: ScanOptions) -> LineScanner:
    """The scanner of this process, loaded with the first lines."""
    return LineScanner(Guardian.load(options.policy), options.direction)


def _queue_size(options: ScanOptions) -> int:
    return options.in_flight if options.jobs == 1 else 2 * options.jobs


def _write(scans: Iterator[PendingLines], bound: int, out: TextIO) -> None:
    """Write results in order while a thread reads ahead; flushes before it waits."""
    queue: Queue[PendingLines | BaseException | None] = Queue(bound)
    Thread(target=_read_ahead, args=(queue, scans), name="reader", daemon=True).start()
    written = 0
    while (pending := queue.get()) is not None:
        if isinstance(pending, BaseException):
            raise pending
        for output in pending():
            out.write(output)
            written += 1
        if queue.empty() or written >= FLUSH_LINES:
            out.flush()
            written = 0
    out.flush()


def _read_ahead(queue: Queue[PendingLines | BaseException | None], scans: Iterator[PendingLines]) -> None:
    try:
        for pending in scans:
            queue.put(pending)
    except BaseException as error:  # noqa: BLE001 - raised by the writing thread
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
    except Exception as error:  # noqa: BLE001 - a fault of the guard costs one line
        return error_line(line_id, f"the guard failed ({type(error).__name__}): tell us which text it was")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
