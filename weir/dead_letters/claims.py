"""Claims on dead letters: a redrive writes one before it publishes, and the first claim in the log counts."""

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
CLAIMS = TopicPartition(REDRIVES.name, 0)


class RedriveClaims:
    """The claims in the log; two concurrent commands never both get the same letter."""

    def __init__(self, broker: Broker) -> None:
        """Call `refresh` before the first lookup."""
        self._broker = broker
        self._first: dict[UUID, LetterRedriven] = {}
        self._read_to = 0

    async def refresh(self) -> None:
        """Read the claims since the last refresh."""
        if not self._read_to:
            # Raises UnknownTopicError at once on an installation that is older than this topic.
            await self._broker.reader.partitions(CLAIMS.topic)
        end = await self._broker.reader.end(CLAIMS)
        start = max(self._read_to, await self._broker.reader.beginning(CLAIMS))
        async for records in records_of(self._broker, OffsetRange(CLAIMS, start, end, 0)):
            for record in records:
                incoming = event_in(record)
                if incoming is not None and isinstance(incoming.event, LetterRedriven):
                    self._first.setdefault(incoming.event.letter_id, incoming.event)
        self._read_to = end

    def of(self, letter_id: UUID) -> LetterRedriven | None:
        """The first claim on a letter among the claims read so far; None if it has no claim."""
        return self._first.get(letter_id)

    async def claim(self, letter_id: UUID, source: RecordPosition, now: datetime) -> LetterRedriven | None:
        """Write a claim; returns another command's earlier claim, or None if this claim counts."""
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
        record = OutboundRecord(CLAIMS.topic, encoded.key, encoded.value, encoded.headers, CLAIMS.partition)
        await acknowledged([await self._broker.producer.send(record)])
        await self.refresh()
        first = self._first.get(letter_id, claim)
        return first if first.claim_id != claim_id else None
