"""For plug-ins that add a provider dialect (entry point group `weir.providers`)."""

from schemas.providers import ProviderDialect
from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.exchange import ProviderAddress
from services.router.adapters.http.json_parts import JsonDocument, mapping, mappings
from services.router.adapters.http.provider import Dialect, ProviderPlugin
from services.router.adapters.http.response_reading import HttpReply
from services.router.adapters.providers.openai import OpenAIDialect
from services.router.adapters.providers.openai_stream import OpenAIStream
from services.router.adapters.providers.replies import (
    bad_reply,
    context_of,
    document_of,
    error_of,
    model_in,
    parse_truncated,
    partial_usage,
)
from services.router.domain.provider_call import PartialResponse, ProviderCall, ProviderError, ProviderReply

__all__ = [
    "Dialect",
    "EventStream",
    "HttpReply",
    "JsonDocument",
    "OpenAIDialect",
    "OpenAIStream",
    "PartialResponse",
    "ProviderAddress",
    "ProviderCall",
    "ProviderDialect",
    "ProviderError",
    "ProviderPlugin",
    "ProviderReply",
    "bad_reply",
    "context_of",
    "document_of",
    "error_of",
    "mapping",
    "mappings",
    "model_in",
    "parse_truncated",
    "partial_usage",
]
