"""Assembles the chunks of a streamed chat completion."""

from collections.abc import Mapping

from pydantic import JsonValue

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.json_parts import JsonDocument, mapping, mappings

_TEXTS = ("content", "refusal", "reasoning_content")


class OpenAIStream(EventStream):
    """Chunks of a chat completion; the newest usage block counts, as it may grow from chunk to chunk."""

    def __init__(self) -> None:
        super().__init__()
        self._reply: JsonDocument = {}
        self._index: JsonValue = None
        self._finish_reason: JsonValue = None

    def add(self, event: Mapping[str, JsonValue]) -> None:
        """Add a chunk; the answer is the choice that arrives first, regardless of its index."""
        self._reply.update(
            {name: event[name] for name in ("model", "service_tier", "usage") if event.get(name) is not None}
        )
        for choice in mappings(event.get("choices")):
            self._index = choice.get("index") if self._index is None else self._index
            if choice.get("index") in (self._index, None):
                delta = mapping(choice.get("delta")) or {}
                for name in _TEXTS:
                    self.deltas.add(name, delta.get(name))
                self._finish_reason = choice.get("finish_reason") or self._finish_reason

    def document(self) -> JsonDocument:
        """The part of the chat completion that has arrived so far."""
        message: JsonDocument = {name: self.deltas.text(name) for name in _TEXTS}
        return {**self._reply, "choices": [{"message": message, "finish_reason": self._finish_reason}]}
