"""Feedback becomes an event of the tenant whose key sent it."""

from typing import Any


async def test_feedback_becomes_an_event_of_the_keys_tenant(bench: Any) -> None:
    reply = await bench.post("/v1/feedback", {"request_id": "r-1", "score": -1, "labels": ["wrong"]})

    (record,) = bench.broker.records("llm.feedback")
    assert reply.status_code == 202
    assert b'"tenant":"acme"' in (record.value or b"")
    assert record.key == b"r-1"
