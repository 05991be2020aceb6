"""Plans what redriving a dead letter means, from the letter, the seal key and the terms alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from pydantic import ValidationError

from schemas import topics
from schemas.event import Event
from schemas.requests import LlmRequest
from schemas.topics import FACTS
from schemas.values import TenantName, Value
from services.guard.domain.pii.identifiers import refuse_personal_identifiers
from streaming.brokers.records import Record
from streaming.errors import BadEventError
from streaming.events.dead_letters import NO_TENANT, OriginalRecord, open_dead_letter, original_of
from streaming.events.event_processing import RecordRejectedError, incoming_of
from streaming.handling import NAMESPACE, Incoming
from streaming.seal.content import opened_request
from streaming.seal.seal import Sealer, SealError
from weir.dead_letters.letters import DeadLetterRecord, RecordPosition

INNER_TOPICS = frozenset(
    topic.name
    for topic in (topics.REQUESTS_SCREENED, topics.REQUESTS_ADMITTED, topics.ANSWERS, topics.ANSWERS_SCREENED)
)
FACT_TOPICS = frozenset(topic.name for topic in FACTS)
EVALUATED_TOPICS = frozenset({topics.COMPLETIONS.name, topics.FEEDBACK.name})
SINK, EVALUATOR = "sink", "evaluator"
UNDECODABLE, POISON = "undecodable_record", "poison"
PURPOSE = "redrive"
NOT_OPEN = (
    "it does not open: another WEIR_SEAL_KEY, a letter of an older version, or damaged. "
    "The producer must send it again"
)


@dataclass(frozen=True, slots=True)
class RedriveTerms:
    """What the operator allows beyond the defaults, and the time of everything that is written."""

    new_deadline: timedelta | None = None
    includes_poison: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class RepublishRequest:
    """Publish the request as a new, sealed record on `llm.requests`; this field holds it in the clear."""

    letter_id: UUID
    request: LlmRequest
    trace: bytes | None


@dataclass(frozen=True, slots=True)
class StoreRows:
    """Store the rows of a fact that the sink could not store."""

    incoming: Incoming[Event]


@dataclass(frozen=True, slots=True)
class RepeatEvaluation:
    """Publish the evaluation that the evaluator could not make, under its derived id."""

    letter_id: UUID
    incoming: Incoming[Event]


@dataclass(frozen=True, slots=True)
class RedriveRefusal:
    """Why a letter is not redriven: a stable code, and what to do instead."""

    code: str
    why: str


RedriveStep = RepublishRequest | StoreRows | RepeatEvaluation | RedriveRefusal


class RedrivePlanner:
    """Plans the redrive of letters at one time, with one seal key."""

    def __init__(self, sealer: Sealer, terms: RedriveTerms) -> None:
        """`sealer` must have the seal key of the services."""
        self._sealer = sealer
        self._terms = terms

    @property
    def now(self) -> datetime:
        """The time at which everything is planned."""
        return self._terms.now

    def plan(self, record: Record, letter: DeadLetterRecord) -> RedriveStep:
        """The step that redrives a letter, or why it is not redriven."""
        source = letter.source
        if source is None:
            return RedriveRefusal("foreign_record", "not written by Weir: nothing can be put back")
        refusal = _refusal_by_headers(letter, self._terms)
        if refusal is not None:
            return refusal
        try:
            original = original_of(self._sealer, record)
            letter_id = letter_identity(self._sealer, record, source)
        except SealError:
            return RedriveRefusal("does_not_open", NOT_OPEN)
        fact = Record(
            source.topic,
            source.partition,
            source.offset,
            letter.timestamp_ms,
            original.key,
            original.value,
            original.headers,
        )
        return _step_or_refusal(lambda: self._step(letter, letter_id, fact))

    def tenant(self, record: Record, letter: DeadLetterRecord) -> str | None:
        """The tenant that the original names; None if the letter does not open or names no tenant."""
        if letter.source is None:
            return None
        try:
            return tenant_of(original_of(self._sealer, record))
        except SealError:
            return None

    def _step(self, letter: DeadLetterRecord, letter_id: UUID, record: Record) -> RedriveStep:
        incoming = incoming_of(record)
        if isinstance(incoming.event, LlmRequest):
            return self._request(letter_id, incoming.event, record)
        if letter.service == SINK:
            return StoreRows(incoming)
        if letter.service == EVALUATOR and record.topic in EVALUATED_TOPICS:
            return RepeatEvaluation(letter_id, incoming)
        return RedriveRefusal(
            "unknown_service", f"no service '{letter.service}' takes records of {record.topic}"
        )

    def _request(self, letter_id: UUID, sent: LlmRequest, record: Record) -> RedriveStep:
        request = opened_request(self._sealer, sent)
        refuse_personal_identifiers(request)
        deadline = request.deadline
        if deadline is not None and deadline <= self.now:
            if self._terms.new_deadline is None:
                return RedriveRefusal(
                    "deadline_passed",
                    "its deadline has passed, so it would only expire: "
                    "give it a new one with --new-deadline SECONDS",
                )
            deadline = self.now + self._terms.new_deadline
        request_id = request.request_id or f"req_{letter_id.hex}"
        return RepublishRequest(
            letter_id,
            request.model_copy(update={"deadline": deadline, "request_id": request_id}),
            record.header("traceparent"),
        )


def _step_or_refusal(step: Callable[[], RedriveStep]) -> RedriveStep:
    """The step, or a refusal if it cannot be planned: the service would fail in the same way."""
    try:
        return step()
    except (BadEventError, RecordRejectedError) as error:
        return RedriveRefusal(
            "still_refused", f"it would become a dead letter again: {error.reason}: {error}"
        )
    except Exception as error:  # noqa: BLE001 - a letter can raise any error
        return RedriveRefusal(
            "still_refused",
            f"it would become a dead letter again: {type(error).__name__} while it is read",
        )


def letter_identity(sealer: Sealer, letter: Record, source: RecordPosition) -> UUID:
    """The id under which a letter is redriven once, from its sealed content, since headers can be forged."""
    digest = sealer.keyed_hash(open_dead_letter(sealer, letter), tenant=NO_TENANT, purpose=PURPOSE)
    return uuid5(NAMESPACE, f"redrive/{source}/{digest}")


def tenant_of(original: OriginalRecord) -> str | None:
    """The tenant of a record, even if the record is otherwise not a valid event."""
    for kind in (_TenantOnly, _RequestTenantOnly):
        try:
            part = kind.model_validate_json(original.value or b"")
        except (ValidationError, UnicodeError):
            continue
        return part.tenant if isinstance(part, _TenantOnly) else part.request.tenant
    return None


class _TenantOnly(Value):
    tenant: TenantName


class _RequestTenantOnly(Value):
    request: _TenantOnly


def _refusal_by_headers(letter: DeadLetterRecord, terms: RedriveTerms) -> RedriveRefusal | None:
    topic = letter.topic
    if topic in INNER_TOPICS:
        request = f" ({letter.request})" if letter.request else ""
        return RedriveRefusal(
            "inner_record",
            f"its request{request} was closed with this letter, or at its deadline: "
            "a call now would be paid for nobody. Publish the request again",
        )
    if topic == topics.CORRECTIONS.name:
        return RedriveRefusal("correction", "ask for it again: `weir price reprice` or `weir price settle`")
    if topic != topics.REQUESTS.name and topic not in FACT_TOPICS:
        return RedriveRefusal("no_way_back", f"nothing reads {topic} that could take it")
    if letter.reason == UNDECODABLE:
        return RedriveRefusal(
            "undecodable", "its bytes are no record that a client can read: the producer must send it again"
        )
    if letter.reason == POISON and not terms.includes_poison:
        return RedriveRefusal(
            "poison",
            "it has ended its service twice: put it back with --even-poison once the service is mended, "
            "or it ends it again",
        )
    return None
