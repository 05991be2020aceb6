"""A provider over HTTP: one call and its reply, or what arrived of a reply that was cut off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.answers import UsageEstimate
from schemas.plugins import call_problem, is_a
from schemas.providers import ProviderDialect
from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import HttpExchange, ProviderAddress, ProviderPool
from services.router.adapters.http.response_reading import LARGE_BYTES, HttpReply
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.domain.provider_call import PartialResponse, ProviderCall, ProviderError, ProviderReply
from streaming.partitions.permits import permit_released


class Dialect(Protocol):
    """The API of a provider: how calls are written and replies are read."""

    @property
    def kind(self) -> str:
        """The name of the API, by which its usage block is read."""
        ...

    @property
    def path(self) -> str:
        """The path that is appended to the base_url."""
        ...

    def headers(self, address: ProviderAddress) -> Mapping[str, str]:
        """The headers of the API, with the key."""
        ...

    def body(self, address: ProviderAddress, call: ProviderCall) -> bytes:
        """The body of a call."""
        ...

    def new_stream(self) -> EventStream:
        """A reader for one streamed answer."""
        ...

    def read(self, received: HttpReply, now: datetime) -> ProviderReply:
        """Read a complete response; raises ProviderError for an error response and for an invalid answer."""
        ...

    def read_partial(self, received: HttpReply) -> PartialResponse:
        """Read what can be read of an answer that was cut off."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderPlugin:
    """A dialect of a plug-in package: what its entry point in `weir.providers` names.

    `dialect` is called once for each provider that has this kind in `weir.yaml`.
    """

    declaration: ProviderDialect
    dialect: Callable[[], Dialect]

    def problem(self) -> str | None:
        """What is wrong with it; None where it can be used."""
        if not is_a(self.declaration, ProviderDialect):
            return "'declaration' must be a ProviderDialect"
        return call_problem("dialect", self.dialect)


class HttpProvider:
    """Every failure is a ProviderError; for a cut-off answer it has the usage, or an estimate of it."""

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
        """The name of the API, by which its usage block is read."""
        return self._dialect.kind

    async def complete(self, call: ProviderCall) -> ProviderReply:
        """Make the call within `call.timeout_s`, plus the time to parse the reply; raises ProviderError."""
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
        raise failure.with_partial(self._with_estimate(call, self._dialect.read_partial(received)))

    def _with_estimate(self, call: ProviderCall, partial: PartialResponse) -> PartialResponse:
        if partial.usage is not None:
            return partial
        model = f"{self._address.name}/{call.model}"
        input_tokens = self._tokens.of_messages(call.messages, model)
        return partial.with_estimate(
            UsageEstimate(input_tokens=input_tokens, output_tokens=self._tokens.of_text(partial.text, model))
        )
