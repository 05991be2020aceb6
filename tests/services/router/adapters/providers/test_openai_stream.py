"""A streamed chat completion that is cut off has no finish reason."""

from collections.abc import Sequence

from services.router.adapters.http.event_stream import EventStream
from services.router.adapters.http.json_parts import JsonDocument
from services.router.adapters.providers.openai_stream import OpenAIStream


def put_together(into: EventStream, body: bytes) -> JsonDocument:
    into.feed(body)
    into.end()
    return into.document()


def stream(events: Sequence[str]) -> bytes:
    return "".join(f"event: x\r\ndata: {event}\r\n\r\n" for event in events).encode()


def test_a_stream_without_an_end_has_no_finish_reason_and_a_cut_event_is_left_out() -> None:
    chunks = [
        '{"model": "a-1", "choices": [{"delta": {"content": "hel"}}]}',
        '{"choices": [{"delta": {"content": "lo"}}]}',
    ]

    reply = put_together(OpenAIStream(), stream([*chunks, '{"choices": [{"delta": {"con']))

    assert reply == {
        "model": "a-1",
        "choices": [
            {"message": {"content": "hello", "refusal": "", "reasoning_content": ""}, "finish_reason": None}
        ],
    }
