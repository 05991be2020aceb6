"""The circuit breaker: opens on unexpected errors with distinct contents, and on nothing else."""

import pytest

from streaming.errors import BreakerOpenError
from streaming.events.breaker import CircuitBreaker, HandlingFailure


def test_broken_input_never_opens_the_breaker_but_a_run_of_unexpected_errors_does() -> None:
    breaker = CircuitBreaker(window=40, min_contents=10, share=0.5)
    for _ in range(1_000):
        breaker.note_handled()
    for number in range(19):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", str(number).encode(), ""))
    with pytest.raises(BreakerOpenError, match="20 of the last 40"):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", b"19", ""))


def test_a_broken_record_without_a_tenant_does_not_keep_the_breaker_of_a_single_tenant_closed() -> None:
    breaker = CircuitBreaker(window=40, min_contents=10, share=0.5)
    breaker.note_handled()
    for number in range(9):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", str(number).encode(), "acme"))
    with pytest.raises(BreakerOpenError):
        breaker.note_failed(KeyError("x"), HandlingFailure("KeyError", b"9", "acme"))
