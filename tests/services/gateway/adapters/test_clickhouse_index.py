"""An index that cannot be reached is named in the error, without its credentials."""

import pytest

from services.gateway.adapters.clickhouse_index import ClickHouseIndex
from streaming.errors import DependencyDownError


async def test_a_clickhouse_that_is_down_is_named_with_its_address_and_without_its_password() -> None:
    index = ClickHouseIndex("http://user:password@127.0.0.1:9")

    with pytest.raises(DependencyDownError) as raised:
        await index.find("acme", "r-1")
    await index.close()

    assert "127.0.0.1:9" in str(raised.value)
    assert "password" not in str(raised.value)
