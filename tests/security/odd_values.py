"""Valid replies of each kind of provider, and odd values, headers and statuses to put into them."""

from collections.abc import Mapping, Sequence
from typing import Any

JSON_TYPE, EVENT_TYPE = "Content-Type: application/json", "Content-Type: text/event-stream"

OPENAI: Mapping[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_764_500_000,
    "model": "a-2026",
    "service_tier": "default",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "four", "refusal": None},
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 12,
        "completion_tokens": 5,
        "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 3, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 1},
    },
}
ANTHROPIC: Mapping[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-1",
    "content": [
        {"type": "thinking", "thinking": "two and two", "signature": "x"},
        {"type": "text", "text": "four"},
    ],
    "stop_reason": "end_turn",
    "usage": {
        "input_tokens": 12,
        "output_tokens": 5,
        "cache_read_input_tokens": 3,
        "cache_creation": {"ephemeral_1h_input_tokens": 0},
    },
}
OPENAI_EVENTS: Sequence[Mapping[str, Any]] = (
    {"id": "1", "model": "a-2026", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"choices": [{"index": 0, "delta": {"content": "four"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": OPENAI["usage"]},
)
ANTHROPIC_EVENTS: Sequence[Mapping[str, Any]] = (
    {
        "type": "message_start",
        "message": {"model": "claude-1", "usage": {"input_tokens": 12, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "four"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
)
WHOLE = {"openai": OPENAI, "anthropic": ANTHROPIC}
EVENTS = {"openai": OPENAI_EVENTS, "anthropic": ANTHROPIC_EVENTS}

# Written raw, since no library writes them: too deep, half a surrogate pair, numbers of any size.
RAW = {
    "@deep@": b"[" * 10_000 + b"]" * 10_000,
    "@nested@": b'{"a":' * 150 + b"1" + b"}" * 150,
    "@surrogate@": b'"\\ud83d"',
    "@huge@": b"1" + b"0" * 5_000,
    "@1e400@": b"1e400",
    "@nan@": b"NaN",
    "@minus@": b"-Infinity",
    "@control@": b'"\x01\x02"',
    "@twice@": b'{"a": 1, "a": {"a": 2}}',
}
ODD: Sequence[Any] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        7,
        10**9,
        10**12 + 1,
        2**53,
        2**63,
        2**64,
        10**40,
        -(10**40),
        1e308,
        -0.0,
        1e-300,
    ),
    *(
        "",
        "\x00",
        "x" * 3_000,
        "Robert Marlow, 4111111111111111",
        "12",
        "nan",
        "\N{GRINNING FACE}" * 50,
        "<|endoftext|>",
        "../../etc",
    ),
    *(
        [],
        {},
        [None],
        [[]],
        [{}],
        [1, 2],
        {"": None},
        {"type": "text", "text": "part"},
        [{"type": "text", "text": "part"}],
        [{"type": "image"}],
    ),
    *([{}] * 2_000, {f"k{number}": number for number in range(2_000)}, ["x"] * 5_000, {"x" * 500: 1}),
    *RAW,
)
RETRY_AFTER = (
    *(
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "9" * 60,
        "9" * 400,
        "1e309",
        "-1e309",
        "1e3",
        "NaN",
        "inf",
        "-inf",
        "-5",
        "0",
    ),
    *(
        "",
        " ",
        "3, 5",
        "soon",
        "\xff\xfe",
        "Fri, 31 Dec 9999 23:59:59 -9999999999",
        "Fri, 99 Dec 2026 99:99:99 GMT",
        "0x10",
        "1_000",
        "\xb2",
        "5;5",
    ),
)
STATUSES = (
    *("200 OK",) * 20,
    *(
        "100 x",
        "103 x",
        "204 x",
        "206 x",
        "302 x",
        "304 x",
        "400 x",
        "401 x",
        "402 x",
        "404 x",
        "408 x",
        "409 x",
        "418 x",
        "429 x",
        "429 x",
        "451 x",
    ),
    *("500 x", "503 x", "529 x", "599 x", "600 x", "999 x", "000 x", "1000 x", "-1 x", "2OO x", "200"),
)
ODD_HEADERS = (
    *(
        "Set-Cookie: \x01=;;;=",
        "Content-Type: ;;;;",
        "Content-Type: text/event-stream;charset=\xff",
        "Content-Type: TEXT/EVENT-STREAM",
        "Link: <<;;",
    ),
    *(
        "Content-Encoding: gzip",
        "Content-Encoding: br",
        "Content-Encoding: foo, bar",
        "Transfer-Encoding: chunked",
        "Content-Length: 5",
        "X: ",
    ),
    *(
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
        "Connection: close",
        "X: " + "a" * 9_000,
        "Location: http://127.0.0.1:9/",
        ": ",
    ),
    *(
        "\xff\xfe: a",
        "Date: Fri, 31 Dec 9999 23:59:59 GMT",
        "Trailer: X",
        "Upgrade: websocket",
        "Keep-Alive: timeout=1e999",
    ),
)
