"""Usage blocks of Bedrock: cache writes by age."""

from pydantic import JsonValue

from services.meter.domain.usage.counts import UsageBlock
from services.meter.domain.usage.normalize import normalise
from tests.services.meter.usages import usage


def test_hour_long_cache_writes_are_told_apart_on_bedrock_too() -> None:
    details: list[JsonValue] = [{"ttl": "5m", "inputTokens": 100}, {"ttl": "1h", "inputTokens": 88}]
    raw: UsageBlock = {
        "inputTokens": 5,
        "outputTokens": 7,
        "cacheWriteInputTokens": 188,
        "cacheDetails": details,
    }
    found = normalise("aws", raw)

    assert found == usage(5, 0, 100, 7, 0).model_copy(update={"cache_write_1h": 88})
