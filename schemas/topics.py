"""The registry of topics: the key, retention and event classes of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer
from schemas.attacks import KnownAttack
from schemas.budgets import BudgetDocument
from schemas.documents import PromptDocument, RouteDocument
from schemas.event import Event
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.policies import PolicyDocument
from schemas.prices import PriceDocument
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask, RouteChange
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from schemas.stream import LetterRedriven, OffsetsSkipped, SnapshotChunk, SnapshotHead

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MAX_RECORD_BYTES = 8 * 1024 * 1024
MAX_DEAD_LETTER_BYTES = 12 * 1024 * 1024
"""A dead letter holds a whole record, sealed in base64."""
DLQ_SUFFIX = ".dlq"

Partitions = Literal["tenant", "one"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: key, events, partitions (all `tenant` topics share one count) and Kafka settings."""

    name: str
    key: str
    events: tuple[type[Event], ...]
    partitions: Partitions
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    tables: tuple[str, ...] = ()
    """The ClickHouse tables that the sink stores the events in; a topic with one is a fact topic."""

    @property
    def has_dead_letters(self) -> bool:
        """Whether there is a dead letter topic for records of this topic that cannot be handled."""
        return self.config.get("cleanup.policy") != "compact"


def _kept(ms: int, **config: str) -> Mapping[str, str]:
    return {
        **BROKER_TIME,
        "retention.ms": str(ms),
        "max.message.bytes": str(MAX_RECORD_BYTES),
        **{k.replace("_", "."): v for k, v in config.items()},
    }


# A producer's clock must not decide when Kafka deletes a record or rolls a segment.
BROKER_TIME: Mapping[str, str] = MappingProxyType({"message.timestamp.type": "LogAppendTime"})
_RAW = _kept(DAY_MS)
_PURGED = _kept(DAY_MS, segment_ms="5000", file_delete_delay_ms="100")
_COMPACT = {**BROKER_TIME, "cleanup.policy": "compact", "max.message.bytes": str(MAX_RECORD_BYTES)}
_WEEK = _kept(7 * DAY_MS)
_MONTH = _kept(30 * DAY_MS)
_LETTERS = {**_MONTH, "max.message.bytes": str(MAX_DEAD_LETTER_BYTES)}

REQUESTS = Topic("llm.requests", "any", (LlmRequest,), "tenant", _PURGED)
REQUESTS_SCREENED = Topic("llm.requests.screened", "tenant", (ScreenedRequest,), "tenant", _WEEK)
REQUESTS_ADMITTED = Topic("llm.requests.admitted", "tenant", (AdmittedRequest,), "tenant", _WEEK)
ATTEMPTS = Topic("llm.attempts", "tenant", (Attempt,), "tenant", _WEEK, tables=("attempts",))
ANSWERS = Topic("llm.answers", "tenant", (ModelAnswer,), "tenant", _RAW)
ANSWERS_SCREENED = Topic("llm.answers.screened", "tenant", (ScreenedAnswer,), "tenant", _WEEK)
COMPLETIONS = Topic(
    "llm.completions", "tenant", (Completion,), "tenant", _WEEK, tables=("completions", "bodies", "usage")
)
ADJUSTMENTS = Topic("llm.adjustments", "tenant", (Adjustment,), "tenant", _MONTH, tables=("usage",))
CORRECTIONS = Topic("llm.corrections", "tenant", (Correction,), "tenant", _MONTH)
# Snapshots that were let go leave the disk with their segment, so segments are small and cleaned early.
_SNAPSHOTS = {
    **_COMPACT,
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": str(HOUR_MS),
    "delete.retention.ms": str(HOUR_MS),
}
ACCOUNTS = Topic("llm.accounts", "account", (SnapshotChunk, SnapshotHead), "tenant", _SNAPSHOTS)
EVALUATIONS = Topic(
    "llm.evaluations", "request id", (Evaluation, RouteChange), "tenant", _MONTH, tables=("evaluations",)
)
REVIEWS = Topic("llm.reviews", "request id", (ReviewTask, Review), "tenant", _MONTH, tables=("reviews",))
FEEDBACK = Topic("llm.feedback", "request id", (Feedback,), "tenant", _MONTH, tables=("feedback",))
PROMPTS = Topic("llm.prompts", "name", (PromptDocument,), "one", _COMPACT)
ROUTES = Topic("llm.routes", "name", (RouteDocument,), "one", _COMPACT)
POLICIES = Topic("llm.policies", "name", (PolicyDocument,), "one", _COMPACT)
ATTACKS = Topic("llm.attacks", "name", (KnownAttack,), "one", _COMPACT)
BUDGETS = Topic("llm.budgets", "name", (BudgetDocument,), "one", _COMPACT)
PRICES = Topic("llm.prices", "name", (PriceDocument,), "one", _COMPACT)
ALERTS = Topic("llm.alerts", "alert name", (Alert,), "one", _MONTH, tables=("alerts",))
SKIPS = Topic("llm.skips", "raw partition", (OffsetsSkipped,), "tenant", _MONTH, tables=("skips",))
REDRIVES = Topic("llm.redrives", "dead letter", (LetterRedriven,), "one", _MONTH)

TOPICS: tuple[Topic, ...] = (
    REQUESTS,
    REQUESTS_SCREENED,
    REQUESTS_ADMITTED,
    ATTEMPTS,
    ANSWERS,
    ANSWERS_SCREENED,
    COMPLETIONS,
    ADJUSTMENTS,
    CORRECTIONS,
    ACCOUNTS,
    EVALUATIONS,
    REVIEWS,
    FEEDBACK,
    PROMPTS,
    ROUTES,
    POLICIES,
    ATTACKS,
    BUDGETS,
    PRICES,
    ALERTS,
    SKIPS,
    REDRIVES,
)
BY_NAME: Mapping[str, Topic] = MappingProxyType({topic.name: topic for topic in TOPICS})
FACTS: tuple[Topic, ...] = tuple(topic for topic in TOPICS if topic.tables)
TOPIC_OF: Mapping[type[Event], Topic] = MappingProxyType(
    {event: topic for topic in TOPICS for event in topic.events}
)
EVENT_OF: Mapping[str, type[Event]] = MappingProxyType({event.TYPE: event for event in TOPIC_OF})


def dead_letter_topic(name: str) -> str:
    """The dead letter topic for records of topic `name` that cannot be handled."""
    return name + DLQ_SUFFIX


def kafka_topics(tenant_partitions: int) -> Mapping[str, tuple[int, Mapping[str, str]]]:
    """Every topic to create, dead letter topics included: name to (partitions, Kafka settings)."""
    plan: dict[str, tuple[int, Mapping[str, str]]] = {}
    for topic in TOPICS:
        partitions = tenant_partitions if topic.partitions == "tenant" else 1
        plan[topic.name] = (partitions, topic.config)
        if topic.has_dead_letters:
            plan[dead_letter_topic(topic.name)] = (1, _LETTERS)
    return plan


def aligned_topics() -> Mapping[str, Mapping[str, str]]:
    """Settings that are also applied to existing topics; other settings are left as the operator set them."""
    return {
        name: {**BROKER_TIME, "max.message.bytes": config["max.message.bytes"]}
        if name.endswith(DLQ_SUFFIX)
        else BROKER_TIME
        for name, (_, config) in kafka_topics(1).items()
    }
