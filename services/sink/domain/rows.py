"""Facts and dead letters as rows; every value comes from the record, none from a clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from schemas.answers import Attempt
from schemas.event import Event
from schemas.quality import Alert, Evaluation, Feedback, Review, ReviewTask
from schemas.stream import OffsetsSkipped
from schemas.topics import dead_letter_topic
from streaming.brokers.records import Record
from streaming.events.dead_letters import source_of
from streaming.handling import Incoming, Row, RowsOf

Tables = Mapping[str, Sequence[Row]]

MAX_PARTITION = 2**16 - 1
MAX_DIGITS = 18


def position_columns(incoming: Incoming[Event]) -> Row:
    """Partition and offset of the record of a row."""
    return {"kpart": incoming.record.partition, "koff": incoming.record.offset}


def attempt_rows(incoming: Incoming[Attempt]) -> Tables:
    """The row of `attempts` for an entry of the router's journal."""
    event = incoming.event
    row = {
        "attempt_id": event.attempt_id,
        "record_id": event.record_id,
        "tenant": event.tenant,
        "number": event.number,
        "owner": event.owner,
        "provider": event.provider,
        "model": event.model,
        "started_at": event.started_at,
        "deadline": event.deadline,
    }
    return {"attempts": [{**row, **position_columns(incoming)}]}


def evaluation_rows(incoming: Incoming[Evaluation]) -> Tables:
    """One row for each metric."""
    event = incoming.event
    shared = {
        "record_id": event.record_id,
        "tenant": event.tenant,
        "request_id": event.request_id,
        "evaluator": event.evaluator,
        "evaluator_version": event.evaluator_version,
        "route": event.route,
        "provider": event.provider,
        "model": event.model,
        "prompt": event.prompt,
        "prompt_version": event.prompt_version,
        "completed_at": event.completed_at,
        "evaluated_at": event.evaluated_at,
        **position_columns(incoming),
    }
    return {
        "evaluations": [
            {**shared, "metric": metric.name, "value": metric.value, "label": metric.label}
            for metric in event.metrics
        ]
    }


def feedback_rows(incoming: Incoming[Feedback]) -> Tables:
    """The row of `feedback` for a caller's feedback."""
    event = incoming.event
    row = {
        "feedback_id": event.feedback_id,
        "tenant": event.tenant,
        "request_id": event.request_id,
        "score": event.score,
        "labels": list(event.labels),
        "given_at": event.given_at,
    }
    return {"feedback": [{**row, **position_columns(incoming)}]}


def review_task_rows(incoming: Incoming[ReviewTask]) -> Tables:
    """A completion that was chosen for a review."""
    event = incoming.event
    return _reviews(
        incoming,
        event.record_id,
        event.tenant,
        event.request_id,
        {"event": "asked", "reason": event.reason, "at": event.asked_at},
    )


def review_rows(incoming: Incoming[Review]) -> Tables:
    """A review."""
    event = incoming.event
    fields = {
        "event": "given",
        "reviewer": event.reviewer,
        "score": event.score,
        "labels": list(event.labels),
        "at": event.given_at,
    }
    return _reviews(incoming, event.record_id, event.tenant, event.request_id, fields)


def _reviews(incoming: Incoming[Event], record_id: UUID, tenant: str, request_id: str, fields: Row) -> Tables:
    empty = {"reason": None, "reviewer": None, "score": None, "labels": []}
    row = {"record_id": record_id, "tenant": tenant, "request_id": request_id, **empty, **fields}
    return {"reviews": [{**row, **position_columns(incoming)}]}


def alert_rows(incoming: Incoming[Alert]) -> Tables:
    """An alert that began or ended."""
    event = incoming.event
    row = {
        "name": event.name,
        "severity": event.severity,
        "state": event.state,
        "summary": event.summary,
        "next_step": event.next_step,
        "labels": dict(event.labels),
        "since": event.since,
    }
    return {"alerts": [{**row, **position_columns(incoming)}]}


def skip_rows(incoming: Incoming[OffsetsSkipped]) -> Tables:
    """Offsets of a raw topic that hold no request."""
    event = incoming.event
    row = {
        "topic": event.topic,
        "partition": event.partition,
        "first": event.first,
        "last": event.last,
        "reason": event.reason,
        "seen_at": event.seen_at,
    }
    return {"skips": [{**row, **position_columns(incoming)}]}


def dead_letter_rows(record: Record) -> Tables:
    """The headers of a dead letter; its sealed value is not opened.

    A dead letter with a wrong source gets an empty topic, so that it is not counted as the end of a record.
    """
    topic, partition, offset = _source(record)
    row = {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "service": _text(record, "weir-service"),
        "reason": _text(record, "weir-reason") or "unknown",
        "error": _text(record, "weir-error"),
        "size_bytes": _number(record, "weir-size") or 0,
        "failed_at": _moment(record),
        "ktopic": record.topic,
        "kpart": record.partition,
        "koff": record.offset,
    }
    return {"dead_letters": [row]}


def _source(record: Record) -> tuple[str, int, int]:
    source = source_of(record)
    if source is None or dead_letter_topic(source[0]) != record.topic or source[1] > MAX_PARTITION:
        return "", 0, 0
    return source


def _text(record: Record, name: str) -> str:
    return (record.header(name) or b"").decode("utf-8", "replace")


def _number(record: Record, name: str) -> int | None:
    """A number that fits into its column, else None, since a row that does not fit would stop the sink."""
    text = _text(record, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def _moment(record: Record) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(record, "weir-failed-at"))
    except ValueError:
        return record.moment
    return moment if moment.tzinfo else record.moment


ROWS: Mapping[str, RowsOf[Any]] = MappingProxyType(
    {
        Attempt.TYPE: attempt_rows,
        Evaluation.TYPE: evaluation_rows,
        Feedback.TYPE: feedback_rows,
        ReviewTask.TYPE: review_task_rows,
        Review.TYPE: review_rows,
        Alert.TYPE: alert_rows,
        OffsetsSkipped.TYPE: skip_rows,
    }
)
