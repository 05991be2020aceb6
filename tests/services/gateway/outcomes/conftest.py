"""Outcomes to start from, as events and as records of `llm.completions`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from schemas.outcomes import Completion
from streaming.brokers.records import Record

MOMENT = "2026-03-01T12:00:00Z"


def completion_at(
    offset: int,
    tenant: str = "acme",
    request_id: str | None = None,
    record: int | None = None,
    **fields: Any,
) -> Completion:
    facts = {
        "record_id": str(UUID(int=offset if record is None else record)),
        "tenant": tenant,
        "request_id": request_id or f"r-{offset}",
        "model": "small",
        "source": {"topic": "llm.requests", "partition": 0, "offset": offset, "appended_at": MOMENT},
        "received_at": MOMENT,
        "screened_at": MOMENT,
        "deadline": MOMENT,
        "content_digest": "00",
    }
    return Completion.model_validate(
        {
            "request": facts,
            "status": "answered",
            "output": "x",
            "times": {"received_at": MOMENT},
            "completed_at": MOMENT,
            **fields,
        }
    )


@pytest.fixture
def completed() -> Callable[..., Completion]:
    """Builds the outcome of the request at an offset."""
    return completion_at


@pytest.fixture
def ended() -> Callable[..., Record]:
    """Builds a record of `llm.completions` for the request at an offset."""

    def build(offset: int, tenant: str = "acme", **fields: Any) -> Record:
        completion = completion_at(offset, tenant, **fields)
        headers = (("ce_type", Completion.TYPE.encode()),)
        return Record(
            "llm.completions", 0, offset, 0, tenant.encode(), completion.model_dump_json().encode(), headers
        )

    return build
