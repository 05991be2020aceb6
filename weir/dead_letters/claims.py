"""Claims on dead letters: whoever puts one back writes so first, and the first claim in the log is the one that counts."""

from datetime import datetime
from uuid import UUID, uuid4

from schemas.cloudevents import encode
from schemas.stream import LetterRedriven
from schemas.topics import REDRIVES
from streaming.brokers.port import Broker
from streaming.brokers.records import OutboundRecord, TopicPartition
from streaming.events.event_processing import event_in
from streaming.events.publishing import acknowledged
from weir.dead_letters.letters import RecordPosition
from weir.dead_letters.reading import OffsetRange, records_of

SOURCE = "redrive"
PLACE = TopicPartition(REDRIVES.name, 0)


class RedriveClaims:
    """Who has put which letter back, as the log says it; two commands at once never both get a letter."""

    def __init__(self, broker: Broker) -> None:
        """`look` before asking."""
        self._broker = broker
        self._first: dict[UUID, LetterRedriven] = {}
        self._read_to = 0

    async def look(self) -> None:
        """Read what was claimed since the last look."""
        if not self._read_to:
            await self._broker.reader.partitions(
                PLACE.topic
            )  # a stack of before has no such topic, which is said at once
        end = await self._broker.reader.end(PLACE)
        start = max(self._read_to, await self._broker.reader.beginning(PLACE))
        async for records in records_of(self._broker, OffsetRange(PLACE, start, end, 0)):
            for record in records:
                incoming = event_in(record)
                if incoming is not None and isinstance(incoming.event, LetterRedriven):
                    self._first.setdefault(incoming.event.letter_id, incoming.event)
        self._read_to = end

    def of(self, letter_id: UUID) -> LetterRedriven | None:
        """The claim that counts."""
        return self._first.get(letter_id)

    async def claim(self, letter_id: UUID, source: RecordPosition, now: datetime) -> LetterRedriven | None:
        """Write a claim; returns the one of another command that stands before it, None where this one counts."""
        claim_id = uuid4()
        claim = LetterRedriven(
            letter_id=letter_id,
            claim_id=claim_id,
            topic=source.topic,
            partition=source.partition,
            offset=source.offset,
            claimed_at=now,
        )
        encoded = encode(claim, event_id=claim_id, source=SOURCE, time=now)
        record = OutboundRecord(PLACE.topic, encoded.key, encoded.value, encoded.headers, PLACE.partition)
        await acknowledged([await self._broker.producer.send(record)])
        await self.look()
        first = self._first.get(letter_id, claim)
        return first if first.claim_id != claim_id else None
