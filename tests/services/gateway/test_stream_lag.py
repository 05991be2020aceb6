"""The lag counts unstarted work of guard and meter, and calls of requests that should have expired."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.requests import AdmittedRequest
from services.gateway.stream_lag import PipelineLag

EXAMPLE = Path(__file__).parents[3] / "schemas" / "examples" / f"{AdmittedRequest.TYPE}.json"


async def _admit(broker: Any, expires_in_s: float) -> None:
    expires_at = datetime.now(UTC) + timedelta(seconds=expires_in_s)
    value = orjson.dumps({**orjson.loads(EXAMPLE.read_bytes()), "expires_at": expires_at.isoformat()})
    await broker.append("llm.requests.admitted", value, (("ce_type", AdmittedRequest.TYPE.encode()),))


async def test_an_empty_stream_is_not_late(broker: Any) -> None:
    assert (await PipelineLag(broker).measure()).seconds == 0


@pytest.mark.parametrize(("expires_in_s", "late_s"), [(3600, 0), (-100, 100)])
async def test_a_call_is_late_only_after_its_request_should_have_expired(
    broker: Any, expires_in_s: float, late_s: float
) -> None:
    await _admit(broker, expires_in_s)

    assert (await PipelineLag(broker).measure()).seconds == pytest.approx(late_s, abs=5)
