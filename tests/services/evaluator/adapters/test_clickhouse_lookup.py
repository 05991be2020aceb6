"""Any valid request id is found in a real ClickHouse: one that broke the query would hold up all feedback."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from services.evaluator.adapters.clickhouse_lookup import ClickHouseLookup
from weir.clickhouse import connected
from weir.stack.migrate import migrate

pytestmark = pytest.mark.integration
COLUMNS = (
    "record_id",
    "tenant",
    "request_id",
    "status",
    "model",
    "received_at",
    "completed_at",
    "source_partition",
    "source_offset",
    "kpart",
    "koff",
)
NOW = datetime.now(UTC)


def stored(url: str, request_id: str) -> tuple[UUID, str]:
    """Store an outcome under a request id, for a tenant of its own."""
    record_id, tenant = uuid4(), f"t-{uuid4().hex[:8]}"
    with connected(url) as client:
        migrate(client, "weir")
        client.insert(
            "weir.completions",
            [[record_id, tenant, request_id, "answered", "small", NOW, NOW, 0, 0, 0, 0]],
            column_names=COLUMNS,
        )
    return record_id, tenant


@pytest.mark.parametrize(
    "request_id", ["plain", "a\\", "a\\b", "\\N", "it's", '"', "%41", "{x:String}", "!~" * 64]
)
async def test_an_outcome_is_found_under_any_request_id(clickhouse_url: str, request_id: str) -> None:
    record_id, tenant = stored(clickhouse_url, request_id)
    lookup = ClickHouseLookup(clickhouse_url)

    found, other = await lookup.find(tenant, request_id), await lookup.find(tenant, request_id + "x")
    await lookup.close()

    assert found is not None
    assert (found.record_id, found.request_id) == (record_id, request_id)
    assert other is None
