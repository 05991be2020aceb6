"""The evaluator's handlers without its loop, for dead letters that it could not evaluate."""

from collections.abc import Sequence

from pydantic import SecretStr

from schemas.event import Event
from services.evaluator.app import build
from services.evaluator.settings import EvaluatorSettings
from streaming.events.event_processing import HandlerRunner, handler_for
from streaming.handling import Incoming
from streaming.loops.stage import Stage
from weir.dead_letters.plan import EVALUATOR


class EvaluatorHandlers:
    """Runs the evaluator's handlers with its retries; the evaluator is built at the first event."""

    def __init__(self, bootstrap: str, url: str, seal_key: str) -> None:
        self._settings = EvaluatorSettings(
            kafka_bootstrap=bootstrap, clickhouse_url=url, seal_key=SecretStr(seal_key)
        )
        self._stage: Stage | None = None
        self._runner = HandlerRunner(EVALUATOR)

    async def evaluate(self, incoming: Incoming[Event]) -> Sequence[Event]:
        """The events that follow; raises RecordRejectedError or DependencyDownError."""
        if self._stage is None:
            (loop,) = build(self._settings).loops
            if not isinstance(loop, Stage):
                raise TypeError(type(loop).__name__)
            self._stage = loop
        return await self._runner.handle(incoming, handler_for(self._stage.handlers, incoming.event))
