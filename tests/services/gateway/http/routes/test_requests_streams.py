"""A streamed reply is OpenAI's sequence of server-sent events, sent once the outcome is known."""

import asyncio
from typing import Any

import orjson


def events_of(text: str) -> list[Any]:
    """Parse strictly: one `data:` line for each event, blank lines between them, the end mark last."""
    blocks = text.removesuffix("\n\n").split("\n\n")
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    assert blocks[-1] == "data: [DONE]"
    return [orjson.loads(block.removeprefix("data: ")) for block in blocks[:-1]]


async def test_a_stream_has_role_content_finish_and_end(bench: Any) -> None:
    reply = await bench.chat("line one\nline two", stream=True)

    events = events_of(reply.text)
    deltas = [event["choices"][0]["delta"] for event in events]
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert deltas == [{"role": "assistant", "content": ""}, {"content": "You said: line one\nline two"}, {}]
    assert [event["choices"][0]["finish_reason"] for event in events] == [None, None, "stop"]
    assert len({event["id"] for event in events}) == 1
    assert all(event["object"] == "chat.completion.chunk" and "usage" not in event for event in events)


async def test_usage_comes_last_where_it_was_asked_for(bench: Any) -> None:
    reply = await bench.chat(stream=True, stream_options={"include_usage": True})

    *before, last = events_of(reply.text)
    assert all(event["usage"] is None for event in before)
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 15


async def test_a_refusal_keeps_its_status_although_a_stream_was_asked_for(bench: Any) -> None:
    reply = await bench.chat(model="blocked", stream=True)

    assert (reply.status_code, reply.headers["content-type"]) == (403, "application/json")


async def test_an_empty_answer_has_no_content_chunk(bench: Any) -> None:
    call = asyncio.create_task(bench.chat(model="held", stream=True))
    await bench.until(lambda: bool(bench.pipeline.held))
    await bench.pipeline.append(bench.pipeline.held[0].model_copy(update={"output": ""}))

    deltas = [event["choices"][0]["delta"] for event in events_of((await call).text)]

    assert deltas == [{"role": "assistant", "content": ""}, {}]
