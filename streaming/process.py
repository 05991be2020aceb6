"""The life of a process: connect, wait for the tables, run the loops, stop on SIGTERM within ten seconds."""

import asyncio
import gc
import logging
import signal
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import uvloop
from prometheus_client import start_http_server

from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.port import Broker
from streaming.errors import DependencyDownError, ForeignWriteError, StopServiceError
from streaming.logs import configure
from streaming.partitions.lease import Lease
from streaming.settings import StreamSettings
from streaming.state.table import Table
from streaming.tasks import cancel_and_wait

log = logging.getLogger(__name__)

RESTART_EXIT_CODE = 3
CONNECT_RETRY_S = 1.0
REBUILD_PAUSE_S = 0.5
GC_THRESHOLD = 200_000


class Loop(Protocol):
    """Works on a broker until it is stopped."""

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Work until `stop` is set; an error ends the process."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What a composition root builds: loops, and the tables of documents to read before they start."""

    name: str
    loops: Sequence[Loop]
    tables: Sequence[Table[Any]] = field(default_factory=tuple)


def unique_client_id(name: str) -> str:
    """A client id that no other process ever has."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


async def run(services: Sequence[Service], broker: Broker, *, session_s: float, stop: asyncio.Event) -> None:
    """Run services on one broker connection until `stop` is set or one of them fails."""
    tables = [table for service in services for table in service.tables]
    while not stop.is_set():
        try:
            await broker.__aenter__()
            break
        except DependencyDownError as error:
            log.warning("waiting", extra={"because": str(error)})
            await asyncio.sleep(CONNECT_RETRY_S)
    else:
        return
    table_tasks = [asyncio.create_task(table.keep(broker)) for table in tables]
    try:
        await _ready_or_stopped(tables, stop)
        loops = [loop for service in services for loop in service.loops]
        if not stop.is_set():
            await _run_loops(loops, broker, Lease(session_s), stop)
    finally:
        await cancel_and_wait(table_tasks)
        await broker.__aexit__(None, None, None)


async def _ready_or_stopped(tables: Sequence[Table[Any]], stop: asyncio.Event) -> None:
    ready = asyncio.gather(*(table.ready() for table in tables))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([ready, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    ready.cancel()


async def _run_loops(loops: Sequence[Loop], broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
    """Run all loops until one fails; a supervisor then restarts the process, which continues from the log."""
    ticker = asyncio.create_task(lease.keep())
    tasks = [asyncio.create_task(_run_and_restart(loop, broker, lease, stop)) for loop in loops]
    await asyncio.wait([ticker, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    if ticker.done():  # the lease is lost: nothing may be written any more, not even a last commit
        for task in tasks:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    ticker.cancel()
    (ticker_result,) = await asyncio.gather(ticker, return_exceptions=True)
    for result in (ticker_result, *results):
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


async def _run_and_restart(loop: Loop, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
    """Run a loop; after a foreign write it rejoins its group and rebuilds from the log.

    The other loops of the process continue to run.
    """
    while True:
        try:
            return await loop.run(broker, lease, stop)
        except ForeignWriteError as error:
            log.warning("rebuilding", extra={"because": str(error)})
            lease.check()
            await asyncio.sleep(REBUILD_PAUSE_S)


def tune_garbage_collection() -> None:
    """Exempt imported objects from garbage collection and run it rarely: refcounts free the events."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


def main(name: str, settings: StreamSettings, builds: Sequence[Callable[[], Service]]) -> int:
    """Run services as a process; the exit code is 0 after a signal, 3 if a supervisor must restart it."""
    configure(settings.log_level)
    tune_garbage_collection()
    if settings.metrics_port:
        start_http_server(settings.metrics_port, settings.metrics_host)
    return uvloop.run(_main(name, settings, builds))


async def _main(name: str, settings: StreamSettings, builds: Sequence[Callable[[], Service]]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    session_ms = int(settings.session_timeout_s * 1000)
    broker = KafkaBroker(
        settings.kafka_bootstrap, client_id=unique_client_id(name), session_timeout_ms=session_ms
    )
    try:
        await run([build() for build in builds], broker, session_s=settings.session_timeout_s, stop=stop)
    except StopServiceError as error:
        log.error(  # noqa: TRY400 - the message says it all
            "stopped", extra={"error": type(error).__name__, "because": str(error)}
        )
        return RESTART_EXIT_CODE
    return 0
