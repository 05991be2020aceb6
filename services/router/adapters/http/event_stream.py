"""An answer that comes in pieces, put together as they arrive: what is kept of it is bounded, however long the stream is."""

from collections.abc import Mapping
from io import StringIO

from pydantic import JsonValue
from pydantic_core import from_json

from services.router.adapters.providers.json_parts import BOM, JsonDocument, mapping, mappings

MAX_EVENT_BYTES = 2 * 1024 * 1024
MAX_TEXT_CHARS = 2 * 1024 * 1024
MAX_BLOCKS = 1_000
_DATA, _OBJECT, _DONE = b"data:", b"{", b"[DONE]"
_TEXTS = ("content", "refusal", "reasoning_content")


class DeltaBuffer:
    """Texts by name that grow piece by piece, and hold no more than a bound together; `is_full` says that something was left out."""

    def __init__(self) -> None:
        self._texts: dict[str, StringIO] = {}
        self._left = MAX_TEXT_CHARS
        self.is_full = False

    def add(self, name: str, piece: JsonValue) -> None:
        """Append what is text."""
        if isinstance(piece, str):
            kept = piece[: self._left]
            self._left -= len(kept)
            self.is_full = self.is_full or len(kept) < len(piece)
            self._texts.setdefault(name, StringIO()).write(kept)

    def text(self, name: str) -> str:
        """Give a text as far as it has come."""
        known = self._texts.get(name)
        return known.getvalue() if known is not None else ""


class EventStream:
    """Cuts bytes into events: a line `data: {...}` is one, as nearly all write them, or the lines up to an empty one are one together.

    A dialect says what an event adds to the reply.

    `has_ended` says that the provider called it the end, `is_damaged` that an event was no JSON, `is_oversized` that something was left out.
    """

    def __init__(self) -> None:
        self.pieces = DeltaBuffer()
        self.has_ended = False
        self.is_damaged = False
        self.is_oversized = False
        self._line = bytearray()
        self._parts = bytearray()
        self._is_first = True
        self._passes_over = False

    def feed(self, chunk: bytes) -> None:
        """Take in what arrived next; a line that is longer than an event may be is passed over."""
        first, *others = chunk.split(b"\n")
        self._grow(first)
        if others:
            line, self._passes_over, self._line = bytes(self._line), False, bytearray()
            self._take_line(line.removeprefix(BOM) if self._is_first else line)
            self._is_first = False
            for whole in others[:-1]:
                self._take_line(whole)
            self._grow(others[-1])
        self.is_oversized = self.is_oversized or self.pieces.is_full

    def end(self) -> None:
        """Take the last event, which need not end; one that is cut is no damage, since a cut answer has no finish reason."""
        was_damaged = self.is_damaged
        self.feed(b"\n\n")
        self.is_damaged = was_damaged

    def take(self, event: Mapping[str, JsonValue]) -> None:
        """Add an event to the reply."""
        raise NotImplementedError

    def document(self) -> JsonDocument:
        """Give the reply as it would be in one piece, as far as it has come."""
        raise NotImplementedError

    def _grow(self, part: bytes) -> None:
        """Add to the line that has not ended yet."""
        if not self._passes_over:
            self._line += part
        if len(self._line) > MAX_EVENT_BYTES:
            self._line = bytearray()
            self._passes_over = self.is_oversized = True

    def _take_line(self, line: bytes) -> None:
        if line.startswith(_DATA):
            data = line.removeprefix(_DATA).strip()
            self.has_ended = self.has_ended or data == _DONE
            if not self._parts and data.startswith(_OBJECT) and self._is_taken(data):
                return
            # Pings and ends are no objects; what begins as one goes on in the next line, or it leaves a hole in the answer.
            if self._parts or data.startswith(_OBJECT):
                self._parts += data + b"\n"
        if self._parts and (not line.strip() or len(self._parts) > MAX_EVENT_BYTES):
            self.is_damaged = not self._is_taken(bytes(self._parts)) or self.is_damaged
            self._parts.clear()

    def _is_taken(self, data: bytes) -> bool:
        try:
            event = mapping(from_json(data))
        except ValueError:
            return False
        self.take(event or {})
        return True


class OpenAIStream(EventStream):
    """Chunks of a chat completion; usage comes with the last one, or grows from chunk to chunk, and the newest counts."""

    def __init__(self) -> None:
        super().__init__()
        self._reply: JsonDocument = {}
        self._index: JsonValue = None
        self._finish_reason: JsonValue = None

    def take(self, event: Mapping[str, JsonValue]) -> None:
        """Add a chunk; only the choice that comes first is the answer, whatever its number."""
        self._reply.update(
            {name: event[name] for name in ("model", "service_tier", "usage") if event.get(name) is not None}
        )
        for choice in mappings(event.get("choices")):
            self._index = choice.get("index") if self._index is None else self._index
            if choice.get("index") in (self._index, None):
                delta = mapping(choice.get("delta")) or {}
                for name in _TEXTS:
                    self.pieces.add(name, delta.get(name))
                self._finish_reason = choice.get("finish_reason") or self._finish_reason

    def document(self) -> JsonDocument:
        """Give a chat completion."""
        message: JsonDocument = {name: self.pieces.text(name) for name in _TEXTS}
        return {**self._reply, "choices": [{"message": message, "finish_reason": self._finish_reason}]}


class AnthropicStream(EventStream):
    """Events of a message; what it starts with counts the input, and only its end counts the output."""

    def __init__(self) -> None:
        super().__init__()
        self._reply: JsonDocument = {"stop_reason": None}
        self._kinds: dict[int, str] = {}

    def take(self, event: Mapping[str, JsonValue]) -> None:
        """Add an event."""
        message, delta = mapping(event.get("message")) or {}, mapping(event.get("delta")) or {}
        match event.get("type"):
            case "message_start":
                self._reply |= {"model": message.get("model"), "first_usage": message.get("usage")}
            case "content_block_start":
                block = mapping(event.get("content_block")) or {}
                self._extend(event.get("index"), block, "text" if block.get("type") == "text" else "other")
            case "content_block_delta":
                self._extend(event.get("index"), delta, "text")
            case "message_delta":
                spent = {
                    **(mapping(self._reply.get("first_usage")) or {}),
                    **(mapping(event.get("usage")) or {}),
                }
                self._reply |= {"stop_reason": delta.get("stop_reason"), "usage": spent}
            case "message_stop":
                self.has_ended = True
            case _:
                pass

    def document(self) -> JsonDocument:
        """Give a message."""
        content: list[JsonValue] = []
        for index, kind in self._kinds.items():
            content.append(
                {
                    "type": kind,
                    "text": self.pieces.text(f"{index}/text"),
                    "thinking": self.pieces.text(f"{index}/thinking"),
                }
            )
        return {**self._reply, "content": content}

    def _extend(self, index: JsonValue, piece: Mapping[str, JsonValue], kind: str) -> None:
        """Add to a block; one whose start did not come is text."""
        place = index if isinstance(index, int) else -1
        if len(self._kinds) >= MAX_BLOCKS and place not in self._kinds:
            self.is_oversized = True
            return
        self._kinds.setdefault(place, kind)
        for name in ("text", "thinking"):
            self.pieces.add(f"{place}/{name}", piece.get(name))
