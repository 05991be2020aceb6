"""A streamed message has its whole usage only at its end."""

from collections.abc import Sequence

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.json_parts import JsonDocument
from services.router.adapters.providers.anthropic_stream import AnthropicStream


def put_together(into: EventStream, body: bytes) -> JsonDocument:
    into.feed(body)
    into.end()
    return into.document()


def stream(events: Sequence[str]) -> bytes:
    return "".join(f"event: x\r\ndata: {event}\r\n\r\n" for event in events).encode()


def test_anthropics_usage_is_whole_only_at_the_end() -> None:
    usage = '{"input_tokens": 9, "cache_read_input_tokens": 5, "output_tokens": 1}'
    start = '{"type": "message_start", "message": {"model": "c-1", "usage": ' + usage + "}}"
    text = '{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}'
    end = '{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}'

    cut, whole = (
        put_together(AnthropicStream(), stream([start, text])),
        put_together(AnthropicStream(), stream([start, text, end])),
    )

    assert (cut.get("usage"), cut["stop_reason"], cut["content"]) == (
        None,
        None,
        [{"type": "text", "text": "hi", "thinking": ""}],
    )
    assert whole["usage"] == {"input_tokens": 9, "cache_read_input_tokens": 5, "output_tokens": 7}
    assert whole["stop_reason"] == "end_turn"
