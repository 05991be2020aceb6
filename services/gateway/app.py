"""The composition root of the gateway."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI

from schemas.documents import RouteDocument
from services.gateway.adapters.clickhouse_index import ClickHouseIndex
from services.gateway.domain.overload import OverloadLimits
from services.gateway.handler import Gateway
from services.gateway.http.app import http_app
from services.gateway.http.keys import ApiKeys
from services.gateway.http.request_parsing import DeadlineLimits
from services.gateway.http.routes.dependencies import RouteDependencies
from services.gateway.outcomes.follow import OutcomeFollower
from services.gateway.outcomes.index import OutcomeIndex, StoredOutcomes
from services.gateway.outcomes.outcomes import Outcomes
from services.gateway.outcomes.waiters import OutcomeWaiters
from services.gateway.settings import GatewaySettings
from services.gateway.stream import GatewayStream
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.brokers.port import Broker
from streaming.process import unique_client_id
from streaming.seal.seal import Sealer
from streaming.state.table import Table


@dataclass(frozen=True, slots=True)
class GatewayApp:
    """The ASGI application, and a function that ends the waiting of all its calls before the process ends."""

    app: FastAPI
    release_waiters: Callable[[], None]


def build(settings: GatewaySettings) -> GatewayApp:
    """The gateway on Kafka and ClickHouse; it serves at once and reports what it cannot reach yet."""
    broker = KafkaBroker(settings.kafka_bootstrap, client_id=unique_client_id("gateway"))
    return assemble(settings, broker, ClickHouseIndex(settings.clickhouse_url))


def assemble(settings: GatewaySettings, broker: Broker, index: OutcomeIndex) -> GatewayApp:
    """The gateway on any broker and index."""
    waiters, models = OutcomeWaiters(settings.gateway_recent_bytes), Table(RouteDocument)
    stream = GatewayStream(
        broker,
        OutcomeFollower(broker, waiters.consume),
        [models],
        settings.kafka_bootstrap,
        settings.gateway_ack_timeout_s,
    )
    gateway = Gateway(
        log=stream,
        lag=stream,
        outcomes=Outcomes(waiters, StoredOutcomes(index, stream)),
        sealer=Sealer.from_text(settings.seal_key.get_secret_value()),
        limits=OverloadLimits(
            settings.gateway_lag_limit_s, settings.gateway_held_limit_s, settings.gateway_max_waiting
        ),
    )
    dependencies = RouteDependencies(
        gateway=gateway,
        keys=ApiKeys(settings.gateway_keys),
        models=models,
        health=stream,
        deadlines=DeadlineLimits(
            timedelta(seconds=settings.gateway_deadline_s),
            timedelta(seconds=settings.gateway_longest_deadline_s),
        ),
        max_body_bytes=settings.gateway_max_body_bytes,
    )
    return GatewayApp(http_app(dependencies, _lifespan(stream, index)), waiters.close)


def _lifespan(
    stream: GatewayStream, index: OutcomeIndex
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        running = asyncio.create_task(stream.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})
            await index.close()

    return lifespan
