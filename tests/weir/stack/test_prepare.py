"""A server is ready only after its topics or tables exist, and a failed preparation is tried again."""

from streaming.errors import DependencyDownError
from weir.stack.prepare import ready_when_prepared


def test_preparation_runs_once_after_the_server_is_ready_and_again_after_a_failure() -> None:
    answers = iter([False, True, True, True])
    attempts: list[str] = []

    def prepare() -> None:
        attempts.append("prepare")
        if len(attempts) == 1:
            msg = "Kafka does not answer yet"
            raise DependencyDownError(msg)

    is_ready = ready_when_prepared(lambda: next(answers), prepare)

    assert [is_ready() for _ in range(4)] == [False, False, True, True]
    assert attempts == ["prepare", "prepare"]
