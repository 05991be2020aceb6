"""A history in a real ClickHouse: requests and answers screened by rules and stored by the sink."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.client import Client

from schemas.event import Event
from schemas.outcomes import Completion
from schemas.policies import PolicyDocument
from schemas.quality import Feedback, Review
from schemas.values import Message
from services.guard.domain.detection import Detection
from services.guard.domain.policy import DEFAULT
from services.guard.domain.rule_detectors import InjectionPhraseDetector, KnownValueDetector, RuleDetector
from services.guard.domain.types import (
    DetectorInput,
    ScreeningContext,
    TextSegment,
)
from services.guard.screener import DetectorSet, Screener
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.outcome_rows import completion_rows
from services.sink.domain.rows import feedback_rows, review_rows
from streaming.brokers.records import Record
from streaming.handling import Incoming
from weir.clickhouse import connected
from weir.policies.stored import CompletionSelection
from weir.stack.migrate import migrate

E = TypeVar("E", bound=Event)
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
NOW = datetime.now(UTC).replace(microsecond=0)
AN_HOUR_AGO = NOW - timedelta(hours=1)


class ShoutingModel:
    """Takes capital letters for toxic, with the points of a card."""

    version = "shouting@1"

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[list[Detection]]:
        return [[self._toxicity(text.segment.text)] for text in texts]

    def _toxicity(self, text: str) -> Detection:
        share = sum(letter.isupper() for letter in text) / max(len(text), 1)
        points = tuple(
            point for point, least in (("fpr_5%", 0.2), ("fpr_1%", 0.5), ("fpr_0.1%", 0.75)) if share >= least
        )
        return Detection("TOXICITY", "toxicity", share, is_found=share >= 0.5, points=points, tier="model")


SCREENER = Screener(
    DetectorSet(
        rules=(RuleDetector(), KnownValueDetector(), InjectionPhraseDetector()),
        privacy=(),
        models=(ShoutingModel(),),
    )
)


@dataclass(slots=True)
class Past:
    """Screens and stores requests and answers of an hour ago."""

    client: Client
    store: ClickHouseStore
    database: str
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def selection(self) -> CompletionSelection:
        return CompletionSelection(NOW - timedelta(days=1), NOW)

    async def complete(
        self,
        text: str,
        *,
        answer: str | None = "fine",
        tenant: str = "acme",
        route: str = "small",
        policy: PolicyDocument = DEFAULT,
    ) -> str:
        """Store one completion and return its request id."""
        number = next(self.numbers)
        event = await screened_completion(text, answer, policy, f"r{number}")
        request = event.request.model_copy(update={"tenant": tenant, "model": route, "record_id": uuid4()})
        await self.insert(event.model_copy(update={"request": request}), number)
        return event.request.request_id

    async def insert(self, event: Completion, number: int) -> None:
        for table, rows in completion_rows(incoming(event, number)).items():
            await self.store.insert(table, rows, f"{table}:{number}")

    async def judged(
        self, request_id: str, label: str, *, by: str = "reviewer", tenant: str = "acme"
    ) -> None:
        """A reviewer's word, or a caller's."""
        sql = f"SELECT record_id FROM {self.database}.completions WHERE request_id = %(request_id)s"
        (record,) = self.client.query(sql, parameters={"request_id": request_id}).result_rows[0]
        number = next(self.numbers)
        if by == "caller":
            feedback = Feedback(
                feedback_id=uuid4(),
                tenant=tenant,
                request_id=request_id,
                score=-1.0,
                labels=(label,),
                given_at=AN_HOUR_AGO,
            )
            rows = feedback_rows(incoming(feedback, number))
        else:
            review = Review(
                record_id=record,
                tenant=tenant,
                request_id=request_id,
                reviewer=by,
                score=0.0,
                labels=(label,),
                given_at=AN_HOUR_AGO,
            )
            rows = review_rows(incoming(review, number))
        for table, ones in rows.items():
            await self.store.insert(table, ones, f"{table}:{number}")


def incoming(event: E, number: int) -> Incoming[E]:
    return Incoming(event, UUID(int=number), Record("t", 0, number, 0, None, b""), NOW)


async def screened_completion(
    text: str, answer: str | None, policy: PolicyDocument, request_id: str
) -> Completion:
    """As the stream makes it: a blocked request has no answer, and a blocked answer no text."""
    before = await SCREENER.screen([TextSegment(text)], ScreeningContext("input", policy))
    is_answered = before.verdict.action != "block" and answer is not None
    after = (
        await SCREENER.screen(
            [TextSegment(answer or "", "output")], ScreeningContext("output", policy, before.pseudonyms)
        )
        if is_answered
        else None
    )
    raw = (EXAMPLES / f"{Completion.TYPE}.json").read_bytes()
    example = Completion.model_validate_json(
        re.sub(rb"\d{4}-\d\d-\d\d(?=T\d\d:)", AN_HOUR_AGO.date().isoformat().encode(), raw)
    )
    changes = {
        "request": example.request.model_copy(update={"request_id": request_id}),
        "messages": (
            Message(role="system", content="Be kind to JANE."),
            Message(role="user", content=before.redacted_texts[0]),
        ),
        "output": after.redacted_texts[0] if after and after.verdict.action != "block" else None,
        "input_verdict": before.verdict,
        "output_verdict": after.verdict if after else None,
        "completed_at": AN_HOUR_AGO,
        "attempts": (),
    }
    return example.model_copy(update=changes)


@pytest.fixture
async def past(clickhouse_url: str) -> AsyncIterator[Past]:
    name = f"weir_{uuid4().hex[:8]}"
    with connected(clickhouse_url) as client:
        migrate(client, name)
        store = ClickHouseStore(clickhouse_url, 30.0, name)
        yield Past(client, store, name)
        await store.close()
        client.command(f"DROP DATABASE {name}")
