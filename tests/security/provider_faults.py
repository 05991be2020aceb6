"""Named faults of providers as bytes on the wire; no fault may count as an answer."""

import asyncio
import gzip
from collections.abc import Mapping
from functools import cache

from tests.security.odd_replies import written
from tests.security.odd_values import EVENT_TYPE, JSON_TYPE, WHOLE
from tests.security.served_bytes import Wire, endlessly, http, repeats, says

ANSWER = b'"four"'
PIECES = {
    "openai": b'data: {"choices":[{"delta":{"content":"word "}}]}\n\n',
    "anthropic": b'data: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":"word "}}\n\n',
}
"""One event of a stream, by kind of provider."""


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
    """The bytes of each fault, by its name; none of them is an answer."""
    return {**_too_slow(kind), **_too_large(kind), **_broken(kind)}


def _too_slow(kind: str) -> Mapping[str, Wire]:
    """Replies that do not end, or not in time."""
    stream_head = b"HTTP/1.1 200 OK\r\n" + EVENT_TYPE.encode() + b"\r\n\r\n"
    piece = PIECES[kind]
    return {
        "endless stream": endlessly(stream_head, piece * 500),
        "endless slow stream": endlessly(stream_head, piece, 0.02),
        "endless pings": endlessly(stream_head, b": ping\n\n", 0.02),
        "endless head": endlessly(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 100),
        "endless 100 Continue": endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.01),
        "flood of 100 Continue": endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
        "drip": endlessly(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", 0.02),
        "drip of an error": endlessly(b"HTTP/1.1 500 x\r\nContent-Length: 100000\r\n\r\n", b" ", 0.02),
        "a million chunks": repeats(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1_000, 1_000
        ),
    }


def _too_large(kind: str) -> Mapping[str, Wire]:
    """Replies over a bound in bytes, levels or parts."""
    whole = written(WHOLE[kind])
    parts = b"{}," * 650_000
    many = whole.replace(b'"choices": [', b'"choices": [' + parts).replace(
        b'"content": [', b'"content": [' + parts
    )
    piece = PIECES[kind]
    return {
        "reply of 50 MB": repeats(http(b"", JSON_TYPE, length=50_000_000), b"x" * 100_000, 500),
        "blank of 50 MB": repeats(
            http(b"", JSON_TYPE, length=50_000_000 + len(whole)), b" " * 100_000, 500, whole
        ),
        "line of 50 MB": repeats(http(b"data: ", EVENT_TYPE, length=50_000_006), b"x" * 100_000, 500),
        "error of 50 MB": repeats(http(b"", status="500 x", length=50_000_000), b"x" * 100_000, 500),
        "gzip bomb": says(_bomb(b" ", 100_000_000, JSON_TYPE)),
        "gzip bomb in a stream": says(_bomb(piece, 1_000_000, EVENT_TYPE)),
        "head of 1 MB": says(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"),
        "10,000 levels": says(http(b"[" * 10_000 + b"]" * 10_000, JSON_TYPE)),
        "a million choices": says(http(many, JSON_TYPE)),
        "text over its bound": says(
            http(whole.replace(ANSWER, b'"' + b"x" * (1024 * 1024 + 1) + b'"'), JSON_TYPE)
        ),
        "text over its bound as JSON": says(
            http(whole.replace(ANSWER, b'"' + b"\\u0001" * 200_000 + b'"'), JSON_TYPE)
        ),
    }


def _broken(kind: str) -> Mapping[str, Wire]:
    """Replies that are cut off, malformed, or no replies of this API."""
    whole = written(WHOLE[kind])
    return {
        "says nothing": says(b"", hold_s=5),
        "closes": says(b""),
        "too short": says(http(whole, JSON_TYPE, length=len(whole) + 50)),
        "framing": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "framing breaks late": _framing_breaks_late(kind),
        "redirect": says(http(b"", "Location: http://127.0.0.1:9/", status="307 x")),
        "no UTF-8": says(http(whole.replace(ANSWER, b'"\xff\xfe"'), JSON_TYPE)),
        "not HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "a page": says(http(b"<html>Sign in</html>", "Content-Type: text/html")),
        "an error that is called 200": says(
            http(b'{"error": {"message": "Robert Marlow", "code": 429}}', JSON_TYPE)
        ),
        "no end": says(http(whole.replace(b'"stop"', b"null").replace(b'"end_turn"', b"null"), JSON_TYPE)),
    }
