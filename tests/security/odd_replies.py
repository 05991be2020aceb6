"""Replies of providers for property tests: valid ones of each kind, changed at random by a seed."""

import json
import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.security.odd_values import (
    EVENT_TYPE,
    EVENTS,
    JSON_TYPE,
    ODD,
    ODD_HEADERS,
    RAW,
    RETRY_AFTER,
    STATUSES,
    WHOLE,
)
from tests.security.served_bytes import Wire, http, says


def written(value: object) -> bytes:
    """Write JSON, with the raw bytes of `RAW` in place of their names."""
    text = json.dumps(value).encode()
    for name, raw in RAW.items():
        text = text.replace(json.dumps(name).encode(), raw)
    return text


def event_lines(events: Sequence[object], kind: str) -> bytes:
    """Write a stream of events as that kind of provider does."""
    body = b"".join(b"event: x\ndata: " + written(event) + b"\n\n" for event in events)
    return body + (b"data: [DONE]\n\n" if kind == "openai" else b"")


def good(kind: str) -> bytes:
    """Write a good answer."""
    return http(written(WHOLE[kind]), JSON_TYPE)


@dataclass(frozen=True, slots=True)
class Generated:
    """A random reply; the same seed and number give the same reply."""

    number: int
    wire: Wire


def generated(kind: str, seed: int, count: int) -> Iterator[Generated]:
    """Change values, bytes, headers, status, framing and length of valid replies."""
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
    return http(
        body,
        *headers,
        status=status,
        length=len(body) + (chance.choice((-5, 0, 7)) if chance.random() < 0.2 else 0),
    )


def _in_chunks(body: bytes, headers: Sequence[str], status: str, chance: random.Random) -> bytes:
    pieces: list[bytes] = []
    while body:
        size = chance.choice((1, 3, 50, 5_000))
        pieces.append(b"%x\r\n%s\r\n" % (len(body[:size]), body[:size]))
        body = body[size:]
    head = "\r\n".join([f"HTTP/1.1 {status}", "Transfer-Encoding: chunked", *headers]).encode("latin-1")
    return head + b"\r\n\r\n" + b"".join(pieces) + chance.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"", b"q\r\n"))


def _damaged(body: bytes, chance: random.Random) -> bytes:
    position = chance.randrange(len(body) + 1)
    return chance.choice(
        (
            body[:position],
            body[:position] + bytes([chance.randrange(256)]) + body[position + 1 :],
            body[:position] + chance.randbytes(5) + body[position:],
            b"\xef\xbb\xbf" + body,
            body + body,
            body.replace(b"\n", b"\r"),
            body.decode("utf-8", "replace").encode("utf-16"),
        )
    )


def change(document: Any, chance: random.Random) -> None:
    """Replace, remove or add a value."""
    members = list(_members(document))
    holder, key = chance.choice(members) if members else (None, None)
    odd = deepcopy(chance.choice(ODD))
    if holder is None:
        return
    if isinstance(holder, dict) and chance.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and chance.random() < 0.1:
        holder[chance.choice(("usage", "index", "type", "error", "x", "cached_tokens", "model"))] = odd
    else:
        holder[key] = odd


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    direct = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    for key, inner in direct[:50]:
        yield value, key
        yield from _members(inner)
