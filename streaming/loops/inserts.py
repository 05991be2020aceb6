"""Inserts a sink's blocks, waiting for the store; records with refused rows are dead-lettered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from streaming.errors import DependencyDownError, RowsRefusedError, StopServiceError
from streaming.events.event_processing import RecordRejectedError
from streaming.handling import Row, RowStore
from streaming.loops.rows import RecordWithRows, RowMaker
from streaming.metrics import DEPENDENCY_WAITS, ROWS_STORED
from streaming.partitions.workers import WorkerAssignment, pause

log = logging.getLogger(__name__)

RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class BlockInserter:
    """Inserts blocks under tokens made of table and offsets, so that the store drops a repeated block."""

    group: str
    store: RowStore
    row_maker: RowMaker
    assignment: WorkerAssignment

    async def insert(self, block: list[RecordWithRows], offsets: range) -> None:
        """Insert the rows of all tables; records with refused rows are dead-lettered and leave `block`."""
        topic, partition = self.assignment.partitions[0]
        for table in sorted({table for made in block for table in made.rows}):
            token = f"{table}:{topic}:{partition}:{offsets.start}-{offsets.stop}"
            stored = await self._insert_accepted(table, block, token)
            ROWS_STORED.labels(self.group, table).inc(stored)

    async def _insert_accepted(self, table: str, block: list[RecordWithRows], token: str) -> int:
        """Insert a table's rows without those of refused records; returns the number of stored rows."""
        rows = [row for made in block for row in made.rows.get(table, ())]
        if not rows:
            return 0
        try:
            await self._insert_until_stored(table, rows, token)
        except RowsRefusedError as error:
            await self._reject_refused(table, block, rows, error)
            return await self._insert_accepted(table, block, token)
        return len(rows)

    async def _reject_refused(
        self, table: str, block: list[RecordWithRows], rows: Sequence[Row], error: RowsRefusedError
    ) -> None:
        refused_indexes = set(await self.store.find_refused(table, rows))
        record_of_row = [made.record for made in block for _ in made.rows.get(table, ())]
        refused = {record_of_row[index].offset: record_of_row[index] for index in refused_indexes}
        if not refused:
            raise StopServiceError(str(error)) from error
        for record in refused.values():
            self.row_maker.runner.count_refusal(error, record)
            rejection = RecordRejectedError("row_refused", f"the store does not take a row of table {table}")
            await self.row_maker.reject(record, rejection)
        block[:] = [made for made in block if made.record.offset not in refused]

    async def _insert_until_stored(self, table: str, rows: Sequence[Row], token: str) -> None:
        while True:
            try:
                return await self.store.insert(table, rows, token)
            except DependencyDownError as error:
                DEPENDENCY_WAITS.labels(self.group).inc()
                facts = {"group": self.group, "table": table, "because": str(error)}
                log.warning("waiting", extra=facts)
                if self.assignment.stopping.is_set():
                    raise
                await pause(self.assignment, RETRY_S)
                self.assignment.lease.check()
