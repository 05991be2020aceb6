"""What would become of a dead letter that is put back: a pure function of the letter, the seal, the terms and the time."""

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

INNER = frozenset(
    topic.name
    for topic in (topics.REQUESTS_SCREENED, topics.REQUESTS_ADMITTED, topics.ANSWERS, topics.ANSWERS_SCREENED)
)
FACT_TOPICS = frozenset(topic.name for topic in FACTS)
EVALUATED = frozenset({topics.COMPLETIONS.name, topics.FEEDBACK.name})
SINK, EVALUATOR = "sink", "evaluator"
UNDECODABLE, POISON = "undecodable_record", "poison"
PURPOSE = "redrive"
NOT_OPEN = "it does not open: another WEIR_SEAL_KEY, a letter of an older version, or damaged. The producer must send it again"


@dataclass(frozen=True, slots=True)
class RedriveTerms:
    """What the operator allows beyond the rule, and the time of all that is written."""

    new_deadline: timedelta | None = None
    even_poison: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class RepublishRequest:
    """Publish the request, sealed, as a new record on `llm.requests`; here it is in the clear."""

    letter_id: UUID
    request: LlmRequest
    trace: bytes | None


@dataclass(frozen=True, slots=True)
class StoreRows:
    """Store the rows that the sink could not store, placed where the fact stands."""

    incoming: Incoming[Event]


@dataclass(frozen=True, slots=True)
class RepeatEvaluation:
    """Append the evaluation that the evaluator could not make, under the id that it would have had."""

    letter_id: UUID
    incoming: Incoming[Event]


@dataclass(frozen=True, slots=True)
class RedriveRefusal:
    """Why a letter stays where it is: a stable code, and what to do instead."""

    code: str
    why: str


RedriveStep = RepublishRequest | StoreRows | RepeatEvaluation | RedriveRefusal


class RedrivePlanner:
    """Plans letters at one moment, with one key."""

    def __init__(self, sealer: Sealer, terms: RedriveTerms) -> None:
        """`sealer` must hold the key that the services have."""
        self._sealer = sealer
        self._terms = terms

    @property
    def now(self) -> datetime:
        """The moment of all that is planned."""
        return self._terms.now

    def plan(self, record: Record, letter: DeadLetterRecord) -> RedriveStep:
        """What putting this letter back means, or why it stays."""
        source = letter.source
        if source is None:
            return RedriveRefusal("foreign_record", "not written by Weir: nothing can be put back")
        refusal = _refused_by_headers(letter, self._terms)
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
        return self._tried(lambda: self._step(letter, letter_id, fact))

    def tenant(self, record: Record, letter: DeadLetterRecord) -> str | None:
        """Whose record it was, where the letter opens and the record says so."""
        if letter.source is None:
            return None
        try:
            return tenant_of(original_of(self._sealer, record))
        except SealError:
            return None

    def _tried(self, step: Callable[[], RedriveStep]) -> RedriveStep:
        """What a record does to a decoder now, it would do to the service again."""
        try:
            return step()
        except (BadEventError, RecordRejectedError) as error:
            return RedriveRefusal(
                "still_refused", f"it would become a dead letter again: {error.reason}: {error}"
            )
        except Exception as error:  # noqa: BLE001 - letters hold what no code foresaw; it would be a dead letter again
            return RedriveRefusal(
                "still_refused",
                f"it would become a dead letter again: {type(error).__name__} while it is read",
            )

    def _step(self, letter: DeadLetterRecord, letter_id: UUID, record: Record) -> RedriveStep:
        incoming = incoming_of(record)
        if isinstance(incoming.event, LlmRequest):
            return self._request(letter_id, incoming.event, record)
        if letter.service == SINK:
            return StoreRows(incoming)
        if letter.service == EVALUATOR and record.topic in EVALUATED:
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
                    "its deadline has passed, so it would only expire: give it a new one with --new-deadline SECONDS",
                )
            deadline = self.now + self._terms.new_deadline
        request_id = request.request_id or f"req_{letter_id.hex}"
        return RepublishRequest(
            letter_id,
            request.model_copy(update={"deadline": deadline, "request_id": request_id}),
            record.header("traceparent"),
        )


def letter_identity(sealer: Sealer, letter: Record, source: RecordPosition) -> UUID:
    """The id under which a letter is put back once: of what the seal vouches for, since the other headers may be anybody's."""
    digest = sealer.keyed_hash(open_dead_letter(sealer, letter), tenant=NO_TENANT, purpose=PURPOSE)
    return uuid5(NAMESPACE, f"redrive/{source}/{digest}")


def tenant_of(original: OriginalRecord) -> str | None:
    """The tenant that a record names, also where it is otherwise no valid event."""
    for kind in (_TenantOnly, _RequestTenantOnly):
        try:
            found = kind.model_validate_json(original.value or b"")
        except (ValidationError, UnicodeError):
            continue
        return found.tenant if isinstance(found, _TenantOnly) else found.request.tenant
    return None


class _TenantOnly(Value):
    tenant: TenantName


class _RequestTenantOnly(Value):
    request: _TenantOnly


def _refused_by_headers(letter: DeadLetterRecord, terms: RedriveTerms) -> RedriveRefusal | None:
    topic = letter.topic
    if topic in INNER:
        of = f" ({letter.request})" if letter.request else ""
        why = f"its request{of} was closed with this letter, or at its deadline: a call now would be paid for nobody. Publish the request again"
        return RedriveRefusal("inner_record", why)
    if topic == topics.CORRECTIONS.name:
        return RedriveRefusal("correction", "ask for it again: `weir price reprice` or `weir price settle`")
    if topic != topics.REQUESTS.name and topic not in FACT_TOPICS:
        return RedriveRefusal("no_way_back", f"nothing reads {topic} that could take it")
    if letter.reason == UNDECODABLE:
        return RedriveRefusal(
            "undecodable", "its bytes are no record that a client can read: the producer must send it again"
        )
    if letter.reason == POISON and not terms.even_poison:
        return RedriveRefusal(
            "poison",
            "it has ended its service twice: put it back with --even-poison once the service is mended, or it ends it again",
        )
    return None
