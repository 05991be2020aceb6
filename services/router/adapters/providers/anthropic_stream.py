"""Assembles the events of a streamed message of Anthropic's API."""

from collections.abc import Mapping

from pydantic import JsonValue

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.json_parts import JsonDocument, mapping

MAX_BLOCKS = 1_000


class AnthropicStream(EventStream):
    """Events of a message; its start has the usage of the input, and only its end that of the output."""

    def __init__(self) -> None:
        super().__init__()
        self._reply: JsonDocument = {"stop_reason": None}
        self._block_types: dict[int, str] = {}

    def add(self, event: Mapping[str, JsonValue]) -> None:
        """Add an event; types that are not part of the reply are ignored."""
        delta = mapping(event.get("delta")) or {}
        match event.get("type"):
            case "message_start":
                self._start(mapping(event.get("message")) or {})
            case "content_block_start":
                block = mapping(event.get("content_block")) or {}
                self._extend(event.get("index"), block, "text" if block.get("type") == "text" else "other")
            case "content_block_delta":
                self._extend(event.get("index"), delta, "text")
            case "message_delta":
                self._update(delta, mapping(event.get("usage")) or {})
            case "message_stop":
                self.has_ended = True
            case _:
                pass

    def document(self) -> JsonDocument:
        """The part of the message that has arrived so far; the usage of its start is `first_usage`."""
        content: list[JsonValue] = []
        for index, block_type in self._block_types.items():
            content.append(
                {
                    "type": block_type,
                    "text": self.deltas.text(f"{index}/text"),
                    "thinking": self.deltas.text(f"{index}/thinking"),
                }
            )
        return {**self._reply, "content": content}

    def _start(self, message: Mapping[str, JsonValue]) -> None:
        self._reply |= {"model": message.get("model"), "first_usage": message.get("usage")}

    def _update(self, delta: Mapping[str, JsonValue], usage: Mapping[str, JsonValue]) -> None:
        first_usage = mapping(self._reply.get("first_usage")) or {}
        self._reply |= {"stop_reason": delta.get("stop_reason"), "usage": {**first_usage, **usage}}

    def _extend(self, index: JsonValue, delta: Mapping[str, JsonValue], block_type: str) -> None:
        """Add to a block; one whose start is missing is a text."""
        block = index if isinstance(index, int) else -1
        if len(self._block_types) >= MAX_BLOCKS and block not in self._block_types:
            self.is_oversized = True
            return
        self._block_types.setdefault(block, block_type)
        for name in ("text", "thinking"):
            self.deltas.add(f"{block}/{name}", delta.get(name))
