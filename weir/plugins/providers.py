"""For plug-ins that add a provider dialect (entry point group `weir.providers`)."""

from schemas.providers import ProviderDialect
from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import ProviderAddress
from services.router.adapters.http.provider import Dialect, ProviderPlugin
from services.router.adapters.http.response_reading import HttpReply
from services.router.adapters.providers.openai import OpenAIDialect
from services.router.adapters.providers.openai_stream import OpenAIStream
from services.router.adapters.providers.replies import error_of
from services.router.domain.provider_call import PartialResponse, ProviderCall, ProviderError, ProviderReply

__all__ = [
    "Dialect",
    "EventStream",
    "HttpReply",
    "OpenAIDialect",
    "OpenAIStream",
    "PartialResponse",
    "ProviderAddress",
    "ProviderCall",
    "ProviderDialect",
    "ProviderError",
    "ProviderPlugin",
    "ProviderReply",
    "error_of",
]
