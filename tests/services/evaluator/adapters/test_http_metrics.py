"""A metric at an HTTP address: its protocol, its bounds, and what it costs while it is down."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.values import Message
from services.evaluator.adapters.http_metrics import PAUSE_S, HttpMetric
from services.evaluator.domain.metrics.types import EvaluatedAnswer
from services.evaluator.settings import EvaluatorSettings, HttpMetricSettings
from streaming.outside_calls import FAILURES_BEFORE_PAUSE

ANSWER = EvaluatedAnswer(
    (Message(role="user", content="Where is <PERSON_1>?"),), "In the portal.", "stop", lambda _: None
)
Reply = Callable[[dict[str, Any]], bytes]


def http_reply(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
        status.encode(),
        len(body),
        body,
    )


@asynccontextmanager
async def served(reply: Reply, *, delay_s: float = 0.0) -> AsyncGenerator[tuple[str, list[dict[str, Any]]]]:
    """A metric server on loopback, and the questions that it got."""
    questions: list[dict[str, Any]] = []
    served = set[asyncio.Task[Any] | None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        questions.append(json.loads(await reader.readexactly(length)))
        await asyncio.sleep(delay_s)
        writer.write(reply(questions[-1]))
        await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/politeness", questions
        await asyncio.gather(*filter(None, served), return_exceptions=True)


@asynccontextmanager
async def metric_at(
    url: str, timeout_s: float = 2.0, now: Callable[[], float] = lambda: 0.0
) -> AsyncGenerator[HttpMetric]:
    metric = HttpMetric(HttpMetricSettings(id="politeness", url=url, timeout_s=timeout_s), now)
    try:
        yield metric
    finally:
        await metric.close()


@pytest.mark.parametrize(
    ("body", "expected", "label"),
    [
        (b'{"value": 0.75}', 0.75, None),
        (b'{"value": 1, "label": "formal", "model": "x"}', 1.0, "formal"),
        (b'{"value": null}', None, None),
    ],
)
async def test_the_answer_is_sent_and_the_value_is_stored(
    body: bytes, expected: float | None, label: str | None
) -> None:
    async with served(lambda _: http_reply(body)) as (url, questions), metric_at(url) as metric:
        measured = await metric.measure(ANSWER)

    assert (measured.name, measured.value, measured.label) == ("politeness", expected, label)
    assert questions == [
        {
            "metric": "politeness",
            "messages": [{"role": "user", "content": "Where is <PERSON_1>?"}],
            "output": "In the portal.",
            "finish_reason": "stop",
        }
    ]


@pytest.mark.parametrize(
    "reply",
    [
        http_reply(b'{"value": 0.5}', "500 Internal Server Error"),
        http_reply(b'{"value": 0.5}', "302 Found\r\nlocation: http://127.0.0.1:9/"),
        http_reply(b"{}"),
        http_reply(b"no json"),
        http_reply(b'{"value": 1e300}'),
        http_reply(b'{"value": NaN}'),
        http_reply(b'{"value": 1, "label": "%s"}' % (b"x" * 100_000)),
        b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{",
        b"\x00\x01",
    ],
)
async def test_a_reply_that_is_none_is_unknown(reply: bytes) -> None:
    async with served(lambda _: reply) as (url, _), metric_at(url) as metric:
        assert (await metric.measure(ANSWER)).value is None


async def test_a_slow_reply_is_unknown_at_the_time_limit() -> None:
    late = http_reply(b'{"value": 1}')
    async with served(lambda _: late, delay_s=0.5) as (url, _), metric_at(url, timeout_s=0.05) as metric:
        assert (await metric.measure(ANSWER)).value is None


async def test_an_address_that_fails_is_left_alone_for_a_while() -> None:
    clock = [0.0]
    down = http_reply(b"", "503 Unavailable")
    async with (
        served(lambda _: down) as (url, questions),
        metric_at(url, now=lambda: clock[0]) as metric,
    ):
        for _ in range(FAILURES_BEFORE_PAUSE + 3):
            await metric.measure(ANSWER)
        during = len(questions)
        clock[0] = PAUSE_S
        await metric.measure(ANSWER)

    assert during == FAILURES_BEFORE_PAUSE
    assert len(questions) == during + 1


@pytest.mark.parametrize(
    ("metrics", "fault"),
    [
        ([{"id": "politeness", "url": "http://metrics.example/p"}], "in the clear"),
        ([{"id": "Politeness", "url": "https://metrics.example/p"}], "id"),
        ([{"id": "refusal", "url": "https://metrics.example/p"}], "Weir's own"),
        ([{"id": "a", "url": "https://m.example/"}] * 2, "two metrics"),
        ([{"id": "a", "url": "https://m.example/", "timeout_s": 0}], "timeout_s"),
    ],
)
def test_a_metric_that_cannot_be_is_refused_when_the_settings_are_read(
    metrics: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        EvaluatorSettings.model_validate({"seal_key": "x", "evaluator_http_metrics": metrics})
