"""Runs a group's partition workers: started on an assignment, stopped before a revocation is answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from streaming.brokers.port import Assignor, Broker, GroupConsumer
from streaming.brokers.records import TopicPartition
from streaming.errors import DependencyDownError, FencedError
from streaming.metrics import DEPENDENCY_WAITS, PARTITION_WORKERS
from streaming.partitions.lease import Lease
from streaming.tasks import end_within

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 5.0
INITIAL_BACKOFF_S = 0.2
MAX_BACKOFF_S = 5.0


@dataclass(slots=True, eq=False)
class WorkerAssignment:
    """What one partition worker works on: topic partitions that belong together, and whether to stop."""

    consumer: GroupConsumer
    partitions: tuple[TopicPartition, ...]
    lease: Lease
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def partition(self) -> int:
        """The partition number that all topic partitions of the worker share."""
        return self.partitions[0].partition


RunWorker = Callable[[WorkerAssignment], Awaitable[None]]
AssignWorkers = Callable[[frozenset[TopicPartition]], list[tuple[TopicPartition, ...]]]


def one_worker_per_partition(topic_partitions: frozenset[TopicPartition]) -> list[tuple[TopicPartition, ...]]:
    """One worker for each topic partition."""
    return [(tp,) for tp in sorted(topic_partitions)]


def one_worker_per_number(topics: int) -> AssignWorkers:
    """One worker for each partition number that is assigned in all `topics` input topics."""

    def assign(topic_partitions: frozenset[TopicPartition]) -> list[tuple[TopicPartition, ...]]:
        numbers = sorted({tp.partition for tp in topic_partitions})
        groups = [
            tuple(sorted(tp for tp in topic_partitions if tp.partition == number)) for number in numbers
        ]
        return [group for group in groups if len(group) == topics]

    return assign


@dataclass(frozen=True, slots=True)
class GroupMembership:
    """How a loop joins its consumer group, and how partitions are grouped into workers."""

    group: str
    topics: tuple[str, ...]
    client_id: str
    assign_workers: AssignWorkers = one_worker_per_partition
    assignor: Assignor = "range"
    fetch_min_bytes: int = 1


class GroupRunner:
    """Keeps one task for each partition worker; the first error that is not retried ends `run`."""

    def __init__(self, membership: GroupMembership, run_worker: RunWorker, lease: Lease) -> None:
        """Take the membership, and the coroutine function of a worker."""
        self._membership = membership
        self._run_worker = run_worker
        self._lease = lease
        self._tasks: dict[WorkerAssignment, asyncio.Task[None]] = {}
        self._consumer: asyncio.Future[GroupConsumer] | None = None
        self._failed: asyncio.Future[None] | None = None
        self._changing = asyncio.Lock()

    async def run(self, broker: Broker, stop: asyncio.Event) -> None:
        """Join the group, work until `stop` or an error, stop the workers, and leave the group."""
        loop = asyncio.get_running_loop()
        self._failed, self._consumer = loop.create_future(), loop.create_future()
        member = self._membership
        joined = broker.join(
            member.group,
            member.topics,
            assignor=member.assignor,
            client_id=member.client_id,
            fetch_min_bytes=member.fetch_min_bytes,
            on_revoked=self._revoked,
            on_assigned=self._assigned,
        )
        async with joined as consumer:
            self._consumer.set_result(consumer)
            stopped = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait((stopped, self._failed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopped.cancel()
                await self._stop_workers()
        if self._failed.done():
            self._failed.result()

    async def _revoked(self, topic_partitions: frozenset[TopicPartition]) -> None:
        del topic_partitions
        async with self._changing:
            await self._stop_workers()

    async def _assigned(self, topic_partitions: frozenset[TopicPartition]) -> None:
        starting = asyncio.create_task(self._start(topic_partitions))
        starting.add_done_callback(self._note_failure)

    async def _start(self, topic_partitions: frozenset[TopicPartition]) -> None:
        if self._consumer is None:
            return
        consumer = await self._consumer
        async with self._changing:
            await self._stop_workers()
            for partitions in self._membership.assign_workers(topic_partitions & consumer.assignment()):
                assignment = WorkerAssignment(consumer, partitions, self._lease)
                task = asyncio.create_task(self._keep(assignment))
                self._tasks[assignment] = task
                task.add_done_callback(self._note_failure)
        PARTITION_WORKERS.labels(self._membership.group).set(len(self._tasks))

    async def _keep(self, assignment: WorkerAssignment) -> None:
        wait_s = INITIAL_BACKOFF_S
        while not assignment.stopping.is_set():
            try:
                return await self._run_worker(assignment)
            except FencedError:
                log.info("fenced", extra={"group": self._membership.group, "partition": assignment.partition})
                return None
            except DependencyDownError as error:
                DEPENDENCY_WAITS.labels(self._membership.group).inc()
                log.warning(
                    "waiting",
                    extra={
                        "group": self._membership.group,
                        "partition": assignment.partition,
                        "because": str(error),
                    },
                )
                await pause(assignment, wait_s)
                wait_s = min(wait_s * 2, MAX_BACKOFF_S)
        return None

    async def _stop_workers(self) -> None:
        tasks = list(self._tasks.values())
        for assignment in self._tasks:
            assignment.stopping.set()
        self._tasks.clear()
        if not tasks:
            return
        await end_within(tasks, STOP_TIMEOUT_S)
        PARTITION_WORKERS.labels(self._membership.group).set(0)

    def _note_failure(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)
            # Marks it as retrieved: `run` raises it, unless the process ends for another reason first.
            self._failed.exception()


async def pause(assignment: WorkerAssignment, seconds: float) -> None:
    """Sleep, but return early if the worker has to stop."""
    try:
        async with asyncio.timeout(seconds):
            await assignment.stopping.wait()
    except TimeoutError:
        return
