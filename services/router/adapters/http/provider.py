"""A provider over HTTP whose dialect is another's business: one call, its reply, or what a broken call cost all the same."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from schemas.answers import UsageEstimate
from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import HttpExchange, ProviderAddress, ProviderPool
from services.router.adapters.http.response_reading import LARGE_BYTES, HttpReply
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.domain.provider_call import PartialResponse, ProviderCall, ProviderError, ProviderReply
from streaming.partitions.permits import permit_released


class Dialect(Protocol):
    """How a provider wants to be asked, and how its answers read."""

    @property
    def kind(self) -> str:
        """Which protocol it is: how its usage block is read."""
        ...

    @property
    def path(self) -> str:
        """What follows the base_url."""
        ...

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        """Name the key, and what else the protocol asks for."""
        ...

    def body(self, address: ProviderAddress, call: ProviderCall) -> bytes:
        """Write the question."""
        ...

    def new_stream(self) -> EventStream:
        """Begin to put an answer together that comes in pieces."""
        ...

    def read(self, received: HttpReply, now: datetime) -> ProviderReply:
        """Read a whole response; raises ProviderError for a refusal and for an answer that is none."""
        ...

    def read_partial(self, received: HttpReply) -> PartialResponse:
        """Read what can be read of an answer that broke off."""
        ...


class HttpProvider:
    """Every way to fail is a ProviderError; one that broke inside an answer says what arrived, counted here where usage did not."""

    def __init__(
        self,
        dialect: Dialect,
        address: ProviderAddress,
        pool: ProviderPool,
        now: Callable[[], datetime],
        tokens: LocalTokenCounter,
    ) -> None:
        self._dialect = dialect
        self._address = address
        self._pool = pool
        self._exchange = HttpExchange(address, dialect.path, pool, dialect.new_stream)
        self._now = now
        self._tokens = tokens

    @property
    def kind(self) -> str:
        """Which protocol it speaks."""
        return self._dialect.kind

    async def complete(self, call: ProviderCall) -> ProviderReply:
        """Make the call; returns or raises within `call.timeout_s`, but for the moment that reading it takes."""
        headers, body = self._dialect.headers(self._address), self._dialect.body(self._address, call)
        async with permit_released():
            received = await self._exchange.post(call, headers, body)
            if len(received.body) > LARGE_BYTES:
                await self._pool.large_chunk_slot()
        failure = received.failure
        if failure is None:
            try:
                return self._dialect.read(received, self._now())
            except ProviderError as error:
                if error.kind != "cut_off":
                    raise
                failure = error
        raise failure.with_partial(self._counted(call, self._dialect.read_partial(received)))

    def _counted(self, call: ProviderCall, arrived: PartialResponse) -> PartialResponse:
        if arrived.usage is not None:
            return arrived
        name = f"{self._address.name}/{call.model}"
        tokens_in = self._tokens.of_messages(call.messages, name)
        return arrived.with_estimate(
            UsageEstimate(input_tokens=tokens_in, output_tokens=self._tokens.of_text(arrived.text, name))
        )
