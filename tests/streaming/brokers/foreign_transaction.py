"""A transaction of a producer that is not ours, on either broker."""

import asyncio
from uuid import uuid4

from confluent_kafka import Producer

from streaming.brokers.memory.broker import MemoryBroker
from streaming.brokers.port import Broker


class ForeignTransaction:
    """An open transaction of a producer that is not ours, with one record in it."""

    def __init__(self, broker: Broker, bootstrap: str, topic: str) -> None:
        self._broker = broker
        self._topic = topic
        self._producer = None
        self.name = "foreign"
        if not isinstance(broker, MemoryBroker):
            self.name = f"foreign-{uuid4().hex[:6]}"
            self._producer = Producer(
                {"bootstrap.servers": bootstrap, "transactional.id": self.name, "log_level": 0}
            )

    async def begin(self) -> None:
        if isinstance(self._broker, MemoryBroker):
            await self._broker.open_transaction(self._topic, b"held", 0)
        else:
            await asyncio.to_thread(self._begin)

    def _begin(self) -> None:
        assert self._producer is not None
        self._producer.init_transactions(30)
        self._producer.begin_transaction()
        self._producer.produce(self._topic, b"held", partition=0)
        assert self._producer.flush(30) == 0

    async def abort(self) -> None:
        if isinstance(self._broker, MemoryBroker):
            self._broker.abort_transaction(self._topic, 0)
        else:
            assert self._producer is not None
            await asyncio.to_thread(self._producer.abort_transaction, 30)
