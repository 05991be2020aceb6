"""The cache is bounded, and a position leads to one outcome."""

from services.gateway.outcomes.cache import OutcomeCache
from services.gateway.outcomes.outcome import DeadLetter, RequestPosition


def test_memory_is_bounded_and_the_oldest_is_forgotten_first() -> None:
    recent = OutcomeCache(100)

    for offset in range(10):
        dead = DeadLetter(RequestPosition(0, offset), "too_large", "x")
        recent.add_dead_letter(dead, ("acme", f"r-{offset}"), 30)

    assert [recent.at(RequestPosition(0, offset)) is not None for offset in range(10)] == [False] * 7 + [
        True
    ] * 3
    assert [recent.of_request(("acme", f"r-{offset}")) is not None for offset in range(10)] == [False] * 7 + [
        True
    ] * 3
