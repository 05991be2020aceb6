"""Fixtures of the router's tests: an admitted request as the meter publishes it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from schemas.requests import AdmittedRequest, RequestFacts, Reservation
from schemas.values import Message, SourcePosition
from schemas.verdicts import Verdict
from streaming.brokers.records import Record
from streaming.handling import Incoming

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD_ID = UUID("0190f1de-0000-7000-8000-000000000001")


@pytest.fixture
def arrive() -> Callable[..., Incoming[AdmittedRequest]]:
    """Builds an admitted request for route `small`, received at noon, with its deadline a minute later."""

    def build(
        facts: Mapping[str, Any] | None = None,
        messages: tuple[Message, ...] = (Message(role="user", content="Where is <PERSON_1>'s invoice?"),),
        variables: Mapping[str, str] | None = None,
        reserved_tokens: int = 100,
        granted: tuple[int, ...] | None = None,
    ) -> Incoming[AdmittedRequest]:
        request = {
            "record_id": RECORD_ID,
            "tenant": "acme",
            "request_id": "r-1",
            "model": "small",
            "source": SourcePosition(topic="llm.requests", partition=0, offset=7, appended_at=NOON),
            "received_at": NOON,
            "screened_at": NOON,
            "deadline": NOON + timedelta(seconds=60),
            "content_digest": "00",
            **(facts or {}),
        }
        admitted = AdmittedRequest(
            request=RequestFacts.model_validate(request),
            messages=messages,
            variables=variables or {},
            pseudonyms="sealed-map",
            verdict=Verdict(
                direction="input", action="allow", policy="default", policy_version=1, took_ms=Decimal(1)
            ),
            reservation=Reservation(
                budget="acme",
                period="2026-03",
                candidates=granted,
                estimated_input_tokens=10,
                max_output_tokens=reserved_tokens,
            ),
            admitted_at=NOON,
            expires_at=NOON + timedelta(seconds=90),
        )
        record = Record("llm.requests.admitted", 0, 3, int(NOON.timestamp() * 1000), b"acme", b"{}")
        return Incoming(admitted, UUID(int=5), record, NOON)

    return build
