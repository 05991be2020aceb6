"""Makes the rows of a sink's records; a record whose rows cannot be made becomes a dead letter."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streaming.brokers.records import Record
from streaming.events.event_processing import HandlerRunner, RecordRejectedError, event_id_of
from streaming.events.rejecting import DeadLetterWriter, RejectedRecord
from streaming.handling import Row, RowsOf
from streaming.metrics import DEAD_LETTERS, REDELIVERIES
from streaming.partitions.permits import permit_held
from streaming.partitions.quarantine import POISON_DEATHS, Quarantine, poison_rejection, runs_of
from streaming.state.dedup import DedupWindow

log = logging.getLogger(__name__)

RowsByTable = Mapping[str, Sequence[Row]]
RecordRows = Callable[[Record], RowsByTable]


@dataclass(frozen=True, slots=True)
class RecordWithRows:
    """A record and the rows that it adds to each table."""

    record: Record
    rows: RowsByTable


@dataclass(frozen=True, slots=True)
class RowMaker:
    """Makes the rows of each event id once: a redelivery within the dedup window has no rows."""

    group: str
    rows_by_class: Mapping[type[Any], RowsOf[Any]]
    rows_by_topic: Mapping[str, RecordRows]
    runner: HandlerRunner
    dead_letters: DeadLetterWriter[object]
    dedup: DedupWindow

    async def rows_of(
        self,
        records: Sequence[Record],
        quarantine: Quarantine,
        commit_suspects: Callable[[], Awaitable[None]],
    ) -> list[RecordWithRows]:
        """The records with their rows; suspects are handled alone, after `commit_suspects` has named them."""
        made: list[RecordWithRows] = []
        fresh = [record for record in records if not self._is_redelivery(record)]
        for run in runs_of(fresh, lambda _: quarantine):
            rejected: list[tuple[Record, RecordRejectedError]] = []
            offsets = [record.offset for record in run]
            async with permit_held(quarantine.permit(offsets, commit_suspects)):
                for record in run:
                    try:
                        made.append(RecordWithRows(record, self._rows(record, quarantine)))
                    except RecordRejectedError as rejection:
                        rejected.append((record, rejection))
            for record, rejection in rejected:
                await self.reject(record, rejection)
        return made

    async def reject(self, record: Record, rejection: RecordRejectedError) -> None:
        """Write a dead letter; a record that is already a dead letter is only logged and gets no row."""
        if record.topic not in self.rows_by_topic:
            return await self.dead_letters.write_letter(RejectedRecord(record, rejection))
        DEAD_LETTERS.labels(self.group, record.topic, rejection.reason).inc()
        facts = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "reason": rejection.reason,
        }
        log.error("a dead letter has no row", extra=facts)
        return None

    def _is_redelivery(self, record: Record) -> bool:
        is_redelivery = self.dedup.is_redelivery(event_id_of(record), record.offset)
        if is_redelivery:
            REDELIVERIES.labels(self.group, record.topic).inc()
        return is_redelivery

    def _rows(self, record: Record, quarantine: Quarantine) -> RowsByTable:
        """The rows of a record; raises RecordRejectedError, for poison before the record is decoded."""
        deaths = quarantine.deaths(record.offset)
        if deaths >= POISON_DEATHS:
            raise poison_rejection(deaths)
        rows_of_record = self.rows_by_topic.get(record.topic)
        if rows_of_record is not None:
            return self.runner.decide_raw(record, rows_of_record)
        incoming = self.runner.decoded(record)
        rows_of_event = self.rows_by_class.get(type(incoming.event))
        return self.runner.decide(incoming, rows_of_event) if rows_of_event is not None else {}
