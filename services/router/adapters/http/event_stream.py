"""Server-sent events of a provider, assembled as they arrive; the stored size is limited."""

from collections.abc import Mapping
from io import StringIO

from pydantic import JsonValue
from pydantic_core import from_json

from services.router.adapters.http.json_parts import BOM, JsonDocument, mapping

MAX_EVENT_BYTES = 2 * 1024 * 1024
MAX_TEXT_CHARS = 2 * 1024 * 1024
_DATA, _OBJECT, _DONE = b"data:", b"{", b"[DONE]"


class DeltaBuffer:
    """Texts by name that grow by deltas, limited together; `is_full` if a part was left out."""

    def __init__(self) -> None:
        self._texts: dict[str, StringIO] = {}
        self._chars_left = MAX_TEXT_CHARS
        self.is_full = False

    def add(self, name: str, delta: JsonValue) -> None:
        """Append a delta; anything that is not a text is ignored."""
        if isinstance(delta, str):
            kept = delta[: self._chars_left]
            self._chars_left -= len(kept)
            self.is_full = self.is_full or len(kept) < len(delta)
            self._texts.setdefault(name, StringIO()).write(kept)

    def text(self, name: str) -> str:
        """The part of a text that has arrived so far."""
        buffer = self._texts.get(name)
        return buffer.getvalue() if buffer is not None else ""


class EventStream:
    """Splits bytes into events; a subclass adds each event to the reply.

    An event is a line `data: {...}`, or the `data:` lines up to an empty line together. `has_ended` after the
    provider's end mark, `is_damaged` if an event was not JSON, `is_oversized` if something was left out.
    """

    def __init__(self) -> None:
        self.deltas = DeltaBuffer()
        self.has_ended = False
        self.is_damaged = False
        self.is_oversized = False
        self._line = bytearray()
        self._data_lines = bytearray()
        self._is_first = True
        self._skips_line = False

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes; a line over MAX_EVENT_BYTES is skipped."""
        first, *rest = chunk.split(b"\n")
        self._extend_line(first)
        if rest:
            line, self._skips_line, self._line = bytes(self._line), False, bytearray()
            self._read_line(line.removeprefix(BOM) if self._is_first else line)
            self._is_first = False
            for whole in rest[:-1]:
                self._read_line(whole)
            self._extend_line(rest[-1])
        self.is_oversized = self.is_oversized or self.deltas.is_full

    def end(self) -> None:
        """Read the last event, which may have no line end; if it is cut off, `is_damaged` does not change."""
        was_damaged = self.is_damaged
        self.feed(b"\n\n")
        self.is_damaged = was_damaged

    def add(self, event: Mapping[str, JsonValue]) -> None:
        """Add an event to the reply."""
        raise NotImplementedError

    def document(self) -> JsonDocument:
        """The part of the reply that has arrived so far, in the format of a reply without streaming."""
        raise NotImplementedError

    def _extend_line(self, part: bytes) -> None:
        """Add to the line that has not ended yet."""
        if not self._skips_line:
            self._line += part
        if len(self._line) > MAX_EVENT_BYTES:
            self._line = bytearray()
            self._skips_line = self.is_oversized = True

    def _read_line(self, line: bytes) -> None:
        if line.startswith(_DATA):
            data = line.removeprefix(_DATA).strip()
            self.has_ended = self.has_ended or data == _DONE
            if not self._data_lines and data.startswith(_OBJECT) and self._is_event(data):
                return
            # Pings and end marks are no objects; an object that is incomplete goes on in the next line.
            if self._data_lines or data.startswith(_OBJECT):
                self._data_lines += data + b"\n"
        if self._data_lines and (not line.strip() or len(self._data_lines) > MAX_EVENT_BYTES):
            self.is_damaged = not self._is_event(bytes(self._data_lines)) or self.is_damaged
            self._data_lines.clear()

    def _is_event(self, data: bytes) -> bool:
        """Add an event to the reply; False if it is not JSON."""
        try:
            event = mapping(from_json(data))
        except ValueError:
            return False
        self.add(event or {})
        return True
