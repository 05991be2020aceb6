"""Outcomes as rows of `completions`, `bodies` and `usage`."""

import json
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from types import MappingProxyType
from typing import Any

from schemas.answers import RouteDecision
from schemas.outcomes import Adjustment, BookedAttempt, Completion, TokenUsage
from schemas.requests import RequestFacts
from schemas.verdicts import Finding, Verdict
from services.sink.domain.rows import Tables, position_columns
from streaming.handling import Incoming, Row, RowsOf

UNIT_RESOLUTION = Decimal("0.000000000001")
UNIT_CONTEXT = Context(prec=64)
FINDING_FIELDS = (
    "direction",
    "detector",
    "kind",
    "count",
    "score",
    "action",
    "shadow",
    "tier",
    "points",
    "is_found",
)


def completion_rows(incoming: Incoming[Completion]) -> Tables:
    """The outcome, its texts if it has any, and one usage row for each ledger entry."""
    event = incoming.event
    tables: dict[str, Sequence[Row]] = {"completions": [_completion(incoming)]}
    if event.messages or event.output is not None:
        tables["bodies"] = [_body(incoming)]
    if event.attempts:
        names = {
            "tenant": event.request.tenant,
            "request_id": event.request.request_id,
            "model": event.request.model,
        }
        shared = {
            "record_id": event.request.record_id,
            **names,
            **_attribution(event.request, event.route),
            **position_columns(incoming),
        }
        tables["usage"] = [
            {**shared, "origin": "completion", "adjustment_reason": None, **_usage(line)}
            for line in event.attempts
        ]
    return tables


def adjustment_rows(incoming: Incoming[Adjustment]) -> Tables:
    """One usage row for each ledger entry that was booked after the outcome."""
    event = incoming.event
    shared = {
        "record_id": event.record_id,
        "tenant": event.tenant,
        "request_id": event.request_id,
        "model": event.model,
        "origin": "adjustment",
        "adjustment_reason": event.reason,
        **_attribution(event.request, event.route),
        **position_columns(incoming),
    }
    return {"usage": [{**shared, **_usage(line)} for line in event.attempts]}


def _completion(incoming: Incoming[Completion]) -> Row:
    event, request, times = incoming.event, incoming.event.request, incoming.event.times
    return {
        "record_id": request.record_id,
        "tenant": request.tenant,
        "request_id": request.request_id,
        "status": event.status,
        "error_code": event.error.code if event.error else None,
        "error_message": event.error.message if event.error else None,
        "duplicate_of": event.duplicate_of,
        "model": request.model,
        **_prompt(request, event.route),
        "conversation_id": request.conversation_id,
        "user": request.user,
        "project": request.project,
        "key": request.key,
        "tags": dict(request.tags),
        **_route(event.route),
        "finish_reason": event.finish_reason,
        **_verdicts(event),
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
        **position_columns(incoming),
    }


def _prompt(request: RequestFacts | None, route: RouteDecision | None) -> Row:
    """The prompt that was rendered, or the requested one if none was."""
    return {
        "prompt": (route.prompt if route else None) or (request.prompt if request else None),
        "prompt_version": route.prompt_version if route else None,
    }


def _route(route: RouteDecision | None) -> Row:
    return {
        "route": route.route if route else None,
        "variant": route.variant if route else None,
        "provider": route.provider if route else None,
        "served_model": route.model if route else None,
    }


def _attribution(request: RequestFacts | None, route: RouteDecision | None) -> Row:
    """Project, user, key, tags, prompt and route of a usage row.

    Queries look them up by the record id if an adjustment has no request.
    """
    return {
        "is_attributed": request is not None,
        "project": request.project if request else None,
        "user": request.user if request else None,
        "key": request.key if request else None,
        "tags": dict(request.tags) if request else {},
        **_prompt(request, route),
        "variant": route.variant if route else None,
        "route": route.route if route else None,
    }


def _verdicts(event: Completion) -> Row:
    """Both verdicts; `policy` is that of the first one."""
    verdicts = [verdict for verdict in (event.input_verdict, event.output_verdict) if verdict is not None]
    return {
        **_actions(event),
        **_findings(verdicts),
        "policy": verdicts[0].policy if verdicts else None,
        "policy_version": verdicts[0].policy_version if verdicts else None,
        "output_policy": event.output_verdict.policy if event.output_verdict else None,
        "output_policy_version": event.output_verdict.policy_version if event.output_verdict else None,
    }


def _actions(event: Completion) -> Row:
    before, after = event.input_verdict, event.output_verdict
    return {
        "input_action": before.action if before else None,
        "input_reason": before.reason if before else None,
        "input_tier": before.tier if before else None,
        "input_models": before.models if before else (),
        "output_action": after.action if after else None,
        "output_reason": after.reason if after else None,
        "output_tier": after.tier if after else None,
        "output_models": after.models if after else (),
    }


def _findings(verdicts: Sequence[Verdict]) -> Row:
    rows = [
        {
            **finding.model_dump(),
            "direction": finding.direction or verdict.direction,
            "tier": finding.tier or "",
            "is_found": _is_found(finding),
        }
        for verdict in verdicts
        for finding in verdict.findings
    ]
    return {f"findings.{name}": [row[name] for row in rows] for name in FINDING_FIELDS}


def _is_found(finding: Finding) -> bool:
    return finding.count > 0 if finding.is_found is None else finding.is_found


def _body(incoming: Incoming[Completion]) -> Row:
    event = incoming.event
    return {
        "record_id": event.request.record_id,
        "tenant": event.request.tenant,
        "messages": json.dumps(
            [message.model_dump(exclude_none=True) for message in event.messages], ensure_ascii=False
        ),
        "output": event.output,
        "completed_at": event.completed_at,
        **position_columns(incoming),
    }


def _usage(line: BookedAttempt) -> Row:
    result = line.result
    # Only the booking has tokens: with those of a correction every sum would count the call again.
    usage = line.usage if line.entry == "booking" else None
    return {
        "attempt_id": result.attempt_id,
        "entry": line.entry,
        "provider": result.provider,
        "served_model": result.model,
        "response_model": result.response_model,
        "state": result.state,
        "error": result.error,
        **_tokens(usage),
        "units": _units(usage.units) if usage else {},
        "mismatch": usage.mismatch if usage else None,
        "cost_usd": line.cost_usd,
        "cost_status": line.cost_status,
        "reason": line.reason,
        "price_source": line.price_source,
        "price_version": line.price_version,
        "price_valid_at": line.price_valid_at,
        "price_context": dict(result.price_context),
        "unit_prices": dict(line.unit_prices),
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "booked_at": line.booked_at,
    }


def _tokens(usage: TokenUsage | None) -> Row:
    return {
        "input_tokens": usage.input if usage else None,
        "cache_read_tokens": usage.cache_read if usage else None,
        "cache_write_tokens": usage.cache_write if usage else None,
        "cache_write_1h_tokens": usage.cache_write_1h if usage else None,
        "output_tokens": usage.output if usage else None,
        "reasoning_tokens": usage.reasoning if usage else None,
        "media_tokens": dict(usage.media) if usage else {},
    }


def _units(units: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Amounts rounded to the scale of the column."""
    return {name: amount.quantize(UNIT_RESOLUTION, context=UNIT_CONTEXT) for name, amount in units.items()}


ROWS: Mapping[str, RowsOf[Any]] = MappingProxyType(
    {Completion.TYPE: completion_rows, Adjustment.TYPE: adjustment_rows}
)
