"""A check at an HTTP address: its protocol, its bounds, and what happens to texts while it is down."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from schemas.policies import PolicyDocument
from services.guard.adapters.http_checks import PAUSE_S, HttpChecks
from services.guard.domain.detection import UNSCANNED, Detection, Span
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from streaming.outside_calls import FAILURES_BEFORE_PAUSE

TEXT = "Buy ACME shares now."


def http_reply(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
        status.encode(),
        len(body),
        body,
    )


@asynccontextmanager
async def served(reply: bytes, *, delay_s: float = 0.0) -> AsyncGenerator[tuple[str, list[dict[str, Any]]]]:
    """A check server on loopback, and the questions that it got."""
    questions: list[dict[str, Any]] = []
    tasks = set[asyncio.Task[Any] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        questions.append(json.loads(await reader.readexactly(length)))
        await asyncio.sleep(delay_s)
        writer.write(reply)
        with suppress(ConnectionError):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/check", questions
        await asyncio.gather(*filter(None, tasks), return_exceptions=True)


async def detections(checks: HttpChecks, url: str, **fields: Any) -> list[Detection]:
    check = {"name": "advice", "type": "http", "url": url, **fields}
    policy = PolicyDocument.model_validate({"name": "acme", "checks": [check]})
    text = DetectorInput(TextSegment(TEXT, "output"), normalise(TEXT))
    (found,) = await checks.detect([text], ScreeningContext("output", policy))
    return list(found)


async def test_the_address_gets_the_text_and_decides() -> None:
    async with served(http_reply(b'{"fails": true, "reason": "ignored"}')) as (url, questions):
        (failed,) = await detections(HttpChecks(), url)

    assert questions == [{"check": "advice", "direction": "output", "text": TEXT}]
    assert (failed.kind, failed.detector, failed.score) == ("advice", "http", 1.0)


async def test_spans_are_masked_and_a_replacement_is_offered() -> None:
    async with served(http_reply(b'{"fails": true, "spans": [[4, 8]]}')) as (url, _):
        (span,) = await detections(HttpChecks(), url, action="mask")
    async with served(http_reply(b'{"fails": true, "replacement": "No advice."}')) as (url, _):
        (whole,) = await detections(HttpChecks(), url, action="mask")
    async with served(http_reply(b'{"fails": false, "spans": [[4, 8]]}')) as (url, _):
        (passed,) = await detections(HttpChecks(), url, action="mask")

    assert span.span == Span(4, 8)
    assert whole.replacement == "No advice."
    assert (passed.is_found, passed.span) == (False, None)


@pytest.mark.parametrize(
    "reply",
    [
        http_reply(b'{"fails": true}', "500 Internal Server Error"),
        http_reply(b'{"fails": true}', "302 Found\r\nlocation: http://127.0.0.1:9/"),
        http_reply(b"{}"),
        http_reply(b"no json"),
        http_reply(b'{"fails": true, "spans": [[4, 99]]}'),
        http_reply(b'{"fails": true, "spans": [[-1, 2]]}'),
        http_reply(b'{"fails": true, "spans": [[3, 3]]}'),
        http_reply(b'{"fails": true, "replacement": "%s"}' % (b"x" * 1_100_000)),
        http_reply(b'{"fails": false}' + b" " * 1_100_000),
        http_reply(
            gzip.compress(gzip.compress(b'{"fails": false}')), "200 OK\r\ncontent-encoding: gzip, gzip"
        ),
        b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{",
        b"\x00\x01",
    ],
)
async def test_a_reply_that_is_none_leaves_the_text_unscanned(reply: bytes) -> None:
    async with served(reply) as (url, _):
        assert await detections(HttpChecks(), url) == [UNSCANNED]


async def test_a_slow_reply_leaves_the_text_unscanned_at_the_time_limit() -> None:
    async with served(http_reply(b'{"fails": false}'), delay_s=0.5) as (url, _):
        assert await detections(HttpChecks(), url, timeout_s=0.05) == [UNSCANNED]


async def test_an_address_that_fails_is_not_called_for_a_while() -> None:
    clock = [0.0]
    checks = HttpChecks(lambda: clock[0])
    async with served(http_reply(b"", "503 Unavailable")) as (url, questions):
        for _ in range(FAILURES_BEFORE_PAUSE + 3):
            assert await detections(checks, url) == [UNSCANNED]
        during = len(questions)
        clock[0] = PAUSE_S
        await detections(checks, url)

    assert (during, len(questions)) == (FAILURES_BEFORE_PAUSE, FAILURES_BEFORE_PAUSE + 1)


async def test_many_texts_are_posted_side_by_side() -> None:
    policy = PolicyDocument.model_validate(
        {
            "name": "acme",
            "checks": [{"name": "advice", "type": "http", "url": "https://x.example/", "timeout_s": 1}],
        }
    )
    async with served(http_reply(b'{"fails": false}'), delay_s=0.1) as (url, questions):
        check = policy.checks[0].model_copy(update={"url": url})
        policy = policy.model_copy(update={"checks": (check,)})
        texts = [DetectorInput(TextSegment(str(n), "output"), normalise(str(n))) for n in range(30)]
        async with asyncio.timeout(2):
            found = await HttpChecks().detect(texts, ScreeningContext("output", policy))

    assert len(questions) == 30
    assert all(not of_text[0].is_found for of_text in found)


async def test_a_short_time_limit_of_one_policy_does_not_pause_the_address_for_another() -> None:
    checks = HttpChecks()
    async with served(http_reply(b'{"fails": false}'), delay_s=0.05) as (url, _):
        for _ in range(FAILURES_BEFORE_PAUSE):
            assert await detections(checks, url, timeout_s=0.001) == [UNSCANNED]

        (passed,) = await detections(checks, url, timeout_s=5)

    assert passed.is_found is False
