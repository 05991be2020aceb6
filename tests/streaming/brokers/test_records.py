"""Records as read from a log, whatever their producers wrote."""

from datetime import UTC, datetime

import pytest

from streaming.brokers.records import Record


@pytest.mark.parametrize(
    ("timestamp_ms", "moment"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (1_796_000_000_123, datetime(2026, 11, 30, 0, 53, 20, 123_000, tzinfo=UTC)),
        (-1, datetime(1970, 1, 1, tzinfo=UTC)),
        (-(2**63), datetime(1970, 1, 1, tzinfo=UTC)),
        (2**63 - 1, datetime(2099, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_any_timestamp_is_a_moment_that_events_may_hold(timestamp_ms: int, moment: datetime) -> None:
    assert Record("t", 0, 0, timestamp_ms, None, None).moment == moment
