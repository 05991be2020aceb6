"""Outcomes as rows: the wide completion, its bodies, and one usage line for each booked call."""

import json
from collections.abc import Sequence

from schemas.outcomes import Adjustment, BookedAttempt, Completion, TokenUsage
from schemas.verdicts import Verdict
from services.sink.domain.rows import Tables, placed
from streaming.handling import Incoming, Row

MAX_TOKENS = 2**63 - 1
FINDING_FIELDS = ("direction", "detector", "kind", "count", "score", "action", "shadow")


def completion_rows(incoming: Incoming[Completion]) -> Tables:
    """The outcome, its texts where there are any, and its usage lines."""
    event = incoming.event
    tables: dict[str, Sequence[Row]] = {"completions": [_completion(incoming)]}
    if event.messages or event.output is not None:
        tables["bodies"] = [_body(incoming)]
    if event.attempts:
        names = {"tenant": event.request.tenant, "request_id": event.request.request_id, "model": event.request.model}
        shared = {"record_id": event.request.record_id, **names, "origin": "completion", **placed(incoming)}
        tables["usage"] = [{**shared, **_usage(line)} for line in event.attempts]
    return tables


def adjustment_rows(incoming: Incoming[Adjustment]) -> Tables:
    """The usage lines that came after the outcome."""
    event = incoming.event
    shared = {
        "record_id": event.record_id,
        "tenant": event.tenant,
        "request_id": event.request_id,
        "model": event.model,
        "origin": "adjustment",
        **placed(incoming),
    }
    return {"usage": [{**shared, **_usage(line)} for line in event.attempts]}


def _completion(incoming: Incoming[Completion]) -> Row:
    event, request = incoming.event, incoming.event.request
    route, times = event.route, event.times
    verdicts = [verdict for verdict in (event.input_verdict, event.output_verdict) if verdict is not None]
    return {
        "record_id": request.record_id,
        "tenant": request.tenant,
        "request_id": request.request_id,
        "status": event.status,
        "error_code": event.error.code if event.error else None,
        "error_message": event.error.message if event.error else None,
        "duplicate_of": event.duplicate_of,
        "model": request.model,
        "prompt": (route.prompt if route else None) or request.prompt,
        "prompt_version": route.prompt_version if route else None,
        "conversation_id": request.conversation_id,
        "user": request.user,
        "project": request.project,
        "tags": dict(request.tags),
        "route": route.route if route else None,
        "provider": route.provider if route else None,
        "served_model": route.model if route else None,
        "finish_reason": event.finish_reason,
        **_actions(event),
        **_findings(verdicts),
        "policy": verdicts[0].policy if verdicts else None,
        "policy_version": verdicts[0].policy_version if verdicts else None,
        "attempts": len(event.attempts),
        **_tokens(event.usage),
        "cost_usd": event.cost_usd,
        "reserved_usd": event.reservation.amount_usd if event.reservation else None,
        "received_at": times.received_at,
        "screened_at": times.screened_at,
        "admitted_at": times.admitted_at,
        "answered_at": times.answered_at,
        "answer_screened_at": times.answer_screened_at,
        "completed_at": event.completed_at,
        "source_partition": request.source.partition,
        "source_offset": request.source.offset,
        **placed(incoming),
    }


def _actions(event: Completion) -> Row:
    before, after = event.input_verdict, event.output_verdict
    return {
        "input_action": before.action if before else None,
        "input_reason": before.reason if before else None,
        "output_action": after.action if after else None,
        "output_reason": after.reason if after else None,
    }


def _findings(verdicts: Sequence[Verdict]) -> Row:
    found = [{"direction": verdict.direction, **finding.model_dump()} for verdict in verdicts for finding in verdict.findings]
    return {f"findings.{name}": [finding[name] for finding in found] for name in FINDING_FIELDS}


def _body(incoming: Incoming[Completion]) -> Row:
    event = incoming.event
    return {
        "record_id": event.request.record_id,
        "tenant": event.request.tenant,
        "messages": json.dumps([message.model_dump(exclude_none=True) for message in event.messages], ensure_ascii=False),
        "output": event.output,
        "completed_at": event.completed_at,
        **placed(incoming),
    }


def _usage(line: BookedAttempt) -> Row:
    result = line.result
    return {
        "attempt_id": result.attempt_id,
        "entry": line.entry,
        "provider": result.provider,
        "served_model": result.model,
        "state": result.state,
        "error": result.error,
        **_tokens(line.usage),
        "mismatch": line.usage.mismatch if line.usage else None,
        "cost_usd": line.cost_usd,
        "cost_status": line.cost_status,
        "reason": line.reason,
        "price_source": line.price_source,
        "price_version": line.price_version,
        "price_valid_at": line.price_valid_at,
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "booked_at": line.booked_at,
    }


def _tokens(usage: TokenUsage | None) -> Row:
    return {
        "input_tokens": _count(usage.input) if usage else None,
        "cache_read_tokens": _count(usage.cache_read) if usage else None,
        "cache_write_tokens": _count(usage.cache_write) if usage else None,
        "output_tokens": _count(usage.output) if usage else None,
        "reasoning_tokens": _count(usage.reasoning) if usage else None,
    }


def _count(tokens: int | None) -> int | None:
    """Unknown where a provider reports what no column holds: one absurd report must not stop the sink."""
    return tokens if tokens is None or tokens <= MAX_TOKENS else None
