"""An old outcome is returned only to the tenant, request id and record that it belongs to."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from schemas.outcomes import Completion
from services.gateway.outcomes.index import StoredOutcomes


@dataclass(frozen=True, slots=True)
class FixedIndex:
    """Gives every request the same offset, or none."""

    position: tuple[int, int] | None = (0, 3)

    async def find(self, tenant: str, request_id: str) -> tuple[int, int] | None:
        del tenant, request_id
        return self.position

    async def close(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class SingleOutcomeLog:
    """Holds one outcome, or none where it was deleted."""

    completion: Completion | None

    async def completion_at(self, partition: int, offset: int) -> Completion | None:
        assert (partition, offset) == (0, 3)
        return self.completion


@pytest.mark.parametrize(
    ("key", "record_id", "is_found"),
    [
        (("acme", "r-7"), None, True),
        (("acme", "r-7"), UUID(int=7), True),
        (("acme", "r-7"), UUID(int=8), False),
        (("globex", "r-7"), None, False),
        (("acme", "r-8"), None, False),
    ],
)
async def test_an_outcome_is_found_by_its_own_names_only(
    completed: Any, key: tuple[str, str], record_id: UUID | None, is_found: bool
) -> None:
    stored = StoredOutcomes(FixedIndex(), SingleOutcomeLog(completed(7)))

    outcome = await stored.find(key, record_id)

    assert (outcome is not None) == is_found


@pytest.mark.parametrize("index", [FixedIndex(), FixedIndex(None)])
async def test_an_outcome_that_neither_index_nor_log_holds_is_not_found(index: FixedIndex) -> None:
    stored = StoredOutcomes(index, SingleOutcomeLog(None))

    assert await stored.find(("acme", "r-7")) is None
