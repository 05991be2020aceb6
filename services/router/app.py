"""The composition root of the router."""

from schemas.answers import Attempt, ModelAnswer
from schemas.documents import PromptDocument, RouteDocument
from schemas.requests import AdmittedRequest
from services.router.adapters.openai_provider import OpenAIProvider, ProviderAddress, ProviderPool
from services.router.adapters.system_clock import SystemClock
from services.router.handler import Router
from services.router.settings import RouterSettings
from streaming.dispatcher import Dispatcher
from streaming.life import Service, unique_client_id
from streaming.seal import Sealer
from streaming.table import Table


def build(settings: RouterSettings) -> Service:
    """A dispatcher that answers admitted requests from the configured providers."""
    sealer, clock = Sealer.from_text(settings.seal_key.get_secret_value()), SystemClock()
    prompts, routes = Table(PromptDocument), Table(RouteDocument)
    pool = ProviderPool(settings.router_connections)
    providers = {
        provider.name: OpenAIProvider(ProviderAddress(provider.name, provider.base_url, provider.api_key()), pool, clock.now)
        for provider in settings.router_providers
    }
    router = Router(prompts=prompts, routes=routes, providers=providers, sealer=sealer, clock=clock)
    dispatcher = Dispatcher(
        group="router",
        source=AdmittedRequest,
        call=router.answer,
        journal=Attempt,
        finish=ModelAnswer,
        in_flight=settings.router_in_flight,
        sealer=sealer,
        client_id=unique_client_id("router"),
    )
    return Service("router", [dispatcher], [prompts, routes])
