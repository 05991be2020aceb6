"""The composition root of the router."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.answers import Attempt, ModelAnswer
from schemas.documents import PromptDocument, RouteDocument
from schemas.plugins import PROVIDERS as PROVIDER_PLUGINS
from schemas.plugins import load_plugins
from schemas.providers import PROVIDER_DIALECTS, known_dialect
from schemas.registry import implementations
from schemas.requests import AdmittedRequest
from services.router.adapters import providers
from services.router.adapters.http.exchange import ProviderAddress, ProviderPool
from services.router.adapters.http.provider import Dialect, HttpProvider, ProviderPlugin
from services.router.adapters.local_tokens import LocalTokenCounter
from services.router.adapters.system_clock import SystemClock
from services.router.handler import Router
from services.router.settings import ProviderSettings, RouterSettings
from streaming.brokers.port import Broker
from streaming.loops.dispatcher import Dispatcher
from streaming.partitions.lease import Lease
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer
from streaming.state.table import Table

NewProvider = Callable[
    [ProviderAddress, ProviderPool, Callable[[], datetime], LocalTokenCounter], HttpProvider
]


def _provider_factory(dialect: Callable[[], Dialect]) -> NewProvider:
    return lambda address, pool, now, tokens: HttpProvider(dialect(), address, pool, now, tokens)


PROVIDERS: Mapping[str, NewProvider] = {
    kind: _provider_factory(dialect) for kind, dialect in implementations(providers, "DIALECTS").items()
}
"""What makes a provider of each built-in dialect."""


def build(settings: RouterSettings) -> Service:
    """Build the dispatcher that answers admitted requests by the configured providers."""
    sealer, clock = Sealer.from_text(settings.seal_key.get_secret_value()), SystemClock()
    prompts, routes = Table(PromptDocument), Table(RouteDocument)
    pool, tokens = ProviderPool(settings.router_connections), LocalTokenCounter()
    kinds = {**PROVIDERS, **plugin_providers(settings.plugins)}
    by_name = {
        provider.name: kinds[known_dialect(provider.kind)](_address(provider), pool, clock.now, tokens)
        for provider in settings.router_providers
    }
    router = Router(prompts=prompts, routes=routes, providers=by_name, sealer=sealer, clock=clock)
    dispatcher = Dispatcher(
        group="router",
        source=AdmittedRequest,
        call=router.answer,
        journal=Attempt,
        finish=ModelAnswer,
        in_flight=settings.router_in_flight,
        sealer=sealer,
        client_id=unique_client_id("router"),
        close=router.close,
    )
    return Service("router", [_RouterLoop(dispatcher, pool)], [prompts, routes])


def plugin_providers(names: Sequence[str]) -> Mapping[str, NewProvider]:
    """The provider dialects of plug-ins; raises PluginError."""
    loaded = load_plugins(names, PROVIDER_PLUGINS, ProviderPlugin, PROVIDER_DIALECTS)
    return {plugin.declaration.id: _provider_factory(plugin.dialect) for plugin in loaded}


@dataclass(frozen=True, slots=True)
class _RouterLoop:
    """The dispatcher and its connections, which are closed when it ends."""

    dispatcher: Dispatcher
    pool: ProviderPool

    async def run(self, broker: Broker, lease: Lease, stop: asyncio.Event) -> None:
        """Run until stopped."""
        async with self.pool:
            await self.dispatcher.run(broker, lease, stop)


def _address(provider: ProviderSettings) -> ProviderAddress:
    return ProviderAddress(
        provider.name, provider.base_url, provider.api_key(), provider.limit_field, provider.stream
    )
