"""What a provider may send: valid replies of each kind, changed at random by a seed, and faults by name, as bytes on the wire."""

import asyncio
import gzip
import json
import random
import threading
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

Wire = Callable[[asyncio.StreamWriter], Awaitable[None]]
JSON_TYPE, EVENT_TYPE = "Content-Type: application/json", "Content-Type: text/event-stream"

OPENAI: Mapping[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_764_500_000,
    "model": "a-2026",
    "service_tier": "default",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "four", "refusal": None}, "finish_reason": "stop"}],
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
    "content": [{"type": "thinking", "thinking": "two and two", "signature": "x"}, {"type": "text", "text": "four"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 12, "output_tokens": 5, "cache_read_input_tokens": 3, "cache_creation": {"ephemeral_1h_input_tokens": 0}},
}
OPENAI_EVENTS: Sequence[Mapping[str, Any]] = (
    {"id": "1", "model": "a-2026", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"choices": [{"index": 0, "delta": {"content": "four"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": OPENAI["usage"]},
)
ANTHROPIC_EVENTS: Sequence[Mapping[str, Any]] = (
    {"type": "message_start", "message": {"model": "claude-1", "usage": {"input_tokens": 12, "output_tokens": 1}}},
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
    *(None, True, False, 0, -1, 1.5, 7, 10**9, 10**12 + 1, 2**53, 2**63, 2**64, 10**40, -(10**40), 1e308, -0.0, 1e-300),
    *("", "\x00", "x" * 3_000, "Robert Marlow, 4111111111111111", "12", "nan", "\N{GRINNING FACE}" * 50, "<|endoftext|>", "../../etc"),
    *([], {}, [None], [[]], [{}], [1, 2], {"": None}, {"type": "text", "text": "part"}, [{"type": "text", "text": "part"}], [{"type": "image"}]),
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
    *("", " ", "3, 5", "soon", "\xff\xfe", "Fri, 31 Dec 9999 23:59:59 -9999999999", "Fri, 99 Dec 2026 99:99:99 GMT", "0x10", "1_000", "\xb2", "5;5"),
)
STATUSES = (
    *("200 OK",) * 20,
    *("100 x", "103 x", "204 x", "206 x", "302 x", "304 x", "400 x", "401 x", "402 x", "404 x", "408 x", "409 x", "418 x", "429 x", "429 x", "451 x"),
    *("500 x", "503 x", "529 x", "599 x", "600 x", "999 x", "000 x", "1000 x", "-1 x", "2OO x", "200"),
)
ODD_HEADERS = (
    *("Set-Cookie: \x01=;;;=", "Content-Type: ;;;;", "Content-Type: text/event-stream;charset=\xff", "Content-Type: TEXT/EVENT-STREAM", "Link: <<;;"),
    *("Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: foo, bar", "Transfer-Encoding: chunked", "Content-Length: 5", "X: "),
    *(
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
        "Connection: close",
        "X: " + "a" * 9_000,
        "Location: http://127.0.0.1:9/",
        ": ",
    ),
    *("\xff\xfe: a", "Date: Fri, 31 Dec 9999 23:59:59 GMT", "Trailer: X", "Upgrade: websocket", "Keep-Alive: timeout=1e999"),
)


def written(value: object) -> bytes:
    """Write JSON, with what no library writes in its place."""
    text = json.dumps(value).encode()
    for mark, raw in RAW.items():
        text = text.replace(json.dumps(mark).encode(), raw)
    return text


def event_lines(events: Sequence[object], kind: str) -> bytes:
    """Write a stream of events as that kind of provider does."""
    body = b"".join(b"event: x\ndata: " + written(event) + b"\n\n" for event in events)
    return body + (b"data: [DONE]\n\n" if kind == "openai" else b"")


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Write a response; a `length` beyond the body's is a promise that the server breaks."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close", *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def good(kind: str) -> bytes:
    """Write a good answer."""
    return http(written(WHOLE[kind]), JSON_TYPE)


def says(data: bytes, *, hold_s: float = 0.0) -> Wire:
    """Say these bytes, and then nothing for a while."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(data), 1 << 18):
            writer.write(data[start : start + (1 << 18)])
            await writer.drain()
        await asyncio.sleep(hold_s)

    return serve


def repeats(head: bytes, piece: bytes, times: int, tail: bytes = b"") -> Wire:
    """Say a piece so many times."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(times):
            writer.write(piece)
            await writer.drain()
        writer.write(tail)

    return serve


def endlessly(head: bytes, piece: bytes, pause_s: float = 0.0) -> Wire:
    """Say a piece again and again."""

    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return serve


def _framing_breaks_late(kind: str) -> Wire:
    async def serve(writer: asyncio.StreamWriter) -> None:
        body = written(WHOLE[kind])[:20]
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body))
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(b"zz\r\n")
        await asyncio.sleep(5)

    return serve


@cache
def _bomb(piece: bytes, times: int, header: str) -> bytes:
    return http(gzip.compress(piece * times), "Content-Encoding: gzip", header)


def named_faults(kind: str) -> Mapping[str, Wire]:
    """Each fault that no provider should have, by name; none of them is an answer."""
    whole, answer = written(WHOLE[kind]), b'"four"'
    stream_head = b"HTTP/1.1 200 OK\r\n" + EVENT_TYPE.encode() + b"\r\n\r\n"
    piece = {
        "openai": b'data: {"choices":[{"delta":{"content":"word "}}]}\n\n',
        "anthropic": b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word "}}\n\n',
    }[kind]

    parts = b"{}," * 650_000
    many = whole.replace(b'"choices": [', b'"choices": [' + parts).replace(b'"content": [', b'"content": [' + parts)
    return {
        "says nothing": says(b"", hold_s=5),
        "closes": says(b""),
        "reply of 50 MB": repeats(http(b"", JSON_TYPE, length=50_000_000), b"x" * 100_000, 500),
        "blank of 50 MB": repeats(http(b"", JSON_TYPE, length=50_000_000 + len(whole)), b" " * 100_000, 500, whole),
        "line of 50 MB": repeats(http(b"data: ", EVENT_TYPE, length=50_000_006), b"x" * 100_000, 500),
        "error of 50 MB": repeats(http(b"", status="500 x", length=50_000_000), b"x" * 100_000, 500),
        "endless stream": endlessly(stream_head, piece * 500),
        "endless slow stream": endlessly(stream_head, piece, 0.02),
        "endless pings": endlessly(stream_head, b": ping\n\n", 0.02),
        "endless head": endlessly(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 100),
        "endless 100 Continue": endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.01),
        "drip": endlessly(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", 0.02),
        "drip of an error": endlessly(b"HTTP/1.1 500 x\r\nContent-Length: 100000\r\n\r\n", b" ", 0.02),
        "a million chunks": repeats(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1_000, 1_000),
        "gzip bomb": says(_bomb(b" ", 100_000_000, JSON_TYPE)),
        "gzip bomb in a stream": says(_bomb(piece, 1_000_000, EVENT_TYPE)),
        "head of 1 MB": says(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"),
        "too short": says(http(whole, JSON_TYPE, length=len(whole) + 50)),
        "framing": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "framing breaks late": _framing_breaks_late(kind),
        "redirect": says(http(b"", "Location: http://127.0.0.1:9/", status="307 x")),
        "no UTF-8": says(http(whole.replace(answer, b'"\xff\xfe"'), JSON_TYPE)),
        "10,000 levels": says(http(b"[" * 10_000 + b"]" * 10_000, JSON_TYPE)),
        "a million choices": says(http(many, JSON_TYPE)),
        "text over its bound": says(http(whole.replace(answer, b'"' + b"x" * (1024 * 1024 + 1) + b'"'), JSON_TYPE)),
        "text over its bound as JSON": says(http(whole.replace(answer, b'"' + b"\\u0001" * 200_000 + b'"'), JSON_TYPE)),
        "not HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "a page": says(http(b"<html>Sign in</html>", "Content-Type: text/html")),
        "an error that is called 200": says(http(b'{"error": {"message": "Robert Marlow", "code": 429}}', JSON_TYPE)),
        "no end": says(http(whole.replace(b'"stop"', b"null").replace(b'"end_turn"', b"null"), JSON_TYPE)),
    }


@dataclass(frozen=True, slots=True)
class Generated:
    """A reply made at random; the same seed and number make the same one."""

    number: int
    wire: Wire


def generated(kind: str, seed: int, count: int) -> Iterator[Generated]:
    """Change valid replies: values, bytes, headers, status, framing and where they break off."""
    for number in range(count):
        chance = random.Random(f"{kind}/{seed}/{number}")
        yield Generated(number, says(_reply(kind, chance), hold_s=0.6 if chance.random() < 0.05 else 0.0))


def _reply(kind: str, chance: random.Random) -> bytes:
    is_stream = chance.random() < 0.5
    source: Any = json.loads(json.dumps(EVENTS[kind] if is_stream else WHOLE[kind]))
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        change(source, chance)
    body = event_lines(source, kind) if is_stream and isinstance(source, list) else written(source)
    if chance.random() < 0.3:
        body = _damaged(body, chance)
    headers = [EVENT_TYPE if is_stream else JSON_TYPE]
    headers += [f"Retry-After: {chance.choice(RETRY_AFTER)}" for _ in range(chance.choice((0, 0, 1, 2)))]
    headers += [f"retry-after-ms: {chance.choice(RETRY_AFTER)}"] if chance.random() < 0.1 else []
    headers += [chance.choice(ODD_HEADERS)] if chance.random() < 0.2 else []
    status = chance.choice(STATUSES)
    if chance.random() < 0.2:
        return _in_chunks(body, headers, status, chance)
    return http(body, *headers, status=status, length=len(body) + (chance.choice((-5, 0, 7)) if chance.random() < 0.2 else 0))


def _in_chunks(body: bytes, headers: Sequence[str], status: str, chance: random.Random) -> bytes:
    pieces: list[bytes] = []
    while body:
        size = chance.choice((1, 3, 50, 5_000))
        pieces.append(b"%x\r\n%s\r\n" % (len(body[:size]), body[:size]))
        body = body[size:]
    head = "\r\n".join([f"HTTP/1.1 {status}", "Transfer-Encoding: chunked", *headers]).encode("latin-1")
    return head + b"\r\n\r\n" + b"".join(pieces) + chance.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"", b"q\r\n"))


def _damaged(body: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(body) + 1)
    return chance.choice(
        (
            body[:place],
            body[:place] + bytes([chance.randrange(256)]) + body[place + 1 :],
            body[:place] + chance.randbytes(5) + body[place:],
            b"\xef\xbb\xbf" + body,
            body + body,
            body.replace(b"\n", b"\r"),
            body.decode("utf-8", "replace").encode("utf-16"),
        )
    )


def change(document: Any, chance: random.Random) -> None:
    """Put something odd in the place of a value, remove one, or add one."""
    places = list(_places(document))
    holder, key = chance.choice(places) if places else (None, None)
    odd = deepcopy(chance.choice(ODD))
    if holder is None:
        return
    if isinstance(holder, dict) and chance.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and chance.random() < 0.1:
        holder[chance.choice(("usage", "index", "type", "error", "x", "cached_tokens", "model"))] = odd
    else:
        holder[key] = odd


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for key, inner in members[:50]:
        yield value, key
        yield from _places(inner)


class Provider:
    """A server on the loopback, in a thread of its own, that answers `/<name>/...` with the wire of that name, and counts the calls."""

    def __init__(self) -> None:
        self.wires: dict[str, Wire] = {}
        self.calls: dict[str, int] = {}
        self.url = ""
        self._listening = threading.Event()
        self._over = threading.Event()

    @contextmanager
    def serving(self) -> Generator["Provider"]:
        """Serve until left."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        self._listening.wait()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    async def _run(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            self._listening.set()
            while not self._over.is_set():
                await asyncio.sleep(0.02)
            left = list(tasks)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def at(self, name: str, wire: Wire) -> str:
        """Give the address that answers like this."""
        self.wires[name] = wire
        return f"{self.url}/{name}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next(int(line.split(":")[1]) for line in head.lower().splitlines() if line.startswith("content-length:"))
            await reader.readexactly(length)
            name = head.split("/", 2)[1]
            self.calls[name] = self.calls.get(name, 0) + 1
            await self.wires[name](writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
