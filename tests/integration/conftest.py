"""A stub provider over HTTP, and an in-memory stream with a route and a price for each of its models."""

from collections.abc import Iterator

import pytest

from schemas.topics import kafka_topics
from streaming.brokers.memory.broker import MemoryBroker
from tests.integration.stubbed_services import ABSURD, PRICES, route_of, served_stub
from weir.config.models import Config
from weir.local.stub_provider import MODELS, StubSettings
from weir.stack.publish import publish_documents


@pytest.fixture
def stub() -> Iterator[str]:
    with served_stub(StubSettings(latency_s=0.3, slow_s=5.0)) as url:
        yield url


@pytest.fixture
async def broker() -> MemoryBroker:
    """A broker with a route and a price for every model of the stub, and a hard budget."""
    broker = MemoryBroker()
    await broker.admin.create_topics(kafka_topics(1))
    config = Config.model_validate(
        {
            "providers": [{"name": "stub", "base_url": "http://stub"}],
            "routes": [route_of(model, 20.0 if model in (*ABSURD, "stub") else 2.0) for model in MODELS],
            "prices": [
                {"name": f"stub/{model}", "version": 1, "valid_from": "2026-01-01T00:00:00Z", **PRICES}
                for model in MODELS
            ],
            "tenants": [{"name": "acme", "budget": {"monthly_usd": 1000}}],
        }
    )
    await publish_documents(broker, config.documents())
    return broker
