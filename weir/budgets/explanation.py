"""Explains the meter's decisions about one request, as lines for people and as JSON fields for scripts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from schemas.outcomes import Shortage
from schemas.requests import Quote, Reservation
from services.meter.domain.limits.limits import amount_text
from services.meter.domain.limits.windows import TENANT
from weir.budgets.accounts import RequestHistory


def history_lines(history: RequestHistory) -> Iterator[str]:
    """Lines that explain why a request was admitted or refused, with the arithmetic, and how it ended."""
    outcome, request = history.outcome, history.request
    if request is not None:
        name = f"request {request.request_id} of {history.tenant}"
        yield f"{name}, model {request.model} (record {history.record_id})"
    if history.admitted is not None:
        yield f"admitted at {_time(history.admitted.admitted_at)}"
        yield from _reservation_lines(history.admitted.reservation)
    if outcome is not None:
        error = f": {outcome.error.code}" if outcome.error is not None else ""
        yield f"{outcome.status} at {_time(outcome.completed_at)}{error}"
        if outcome.error is not None:
            yield f"  {outcome.error.message}"
        if outcome.shortage is not None:
            yield from _shortage_lines(outcome.shortage)
        if history.admitted is not None:
            captured = f"  captured {_cost(outcome.cost_usd)} of what was reserved"
            yield f"{captured}; the rest is free again, or held where a cost is not known"
    for adjustment in history.adjustments:
        yield f"{adjustment.reason} at {_time(adjustment.booked_at)}: {_cost(adjustment.cost_usd)}"


def history_fields(history: RequestHistory) -> Mapping[str, object]:
    """The decisions about a request as JSON fields, without its messages."""
    outcome, admitted = history.outcome, history.admitted
    return {
        "record_id": str(history.record_id),
        "tenant": history.tenant,
        "is_admitted": admitted is not None,
        "admitted_at": admitted.admitted_at.isoformat() if admitted is not None else None,
        "reservation": admitted.reservation.model_dump(mode="json") if admitted is not None else None,
        "status": outcome.status if outcome is not None else None,
        "error": outcome.error.model_dump(mode="json")
        if outcome is not None and outcome.error is not None
        else None,
        "shortage": outcome.shortage.model_dump(mode="json")
        if outcome is not None and outcome.shortage is not None
        else None,
        "cost_usd": f"{outcome.cost_usd:f}" if outcome is not None and outcome.cost_usd is not None else None,
        "adjustments": [
            {"reason": adjustment.reason, "cost_usd": str(adjustment.cost_usd)}
            for adjustment in history.adjustments
        ],
    }


def _reservation_lines(reservation: Reservation) -> Iterator[str]:
    usd, tokens = _cost(reservation.amount_usd), reservation.amount_tokens
    yield f"  reserved {usd} and {tokens} tokens, the worst case:"
    yield from (f"    {line}" for line in _quote_lines(reservation.quotes))
    if reservation.candidates is not None or reservation.asked_usd is not None:
        candidates = "all" if reservation.candidates is None else ", ".join(map(str, reservation.candidates))
        yield (
            f"  less than the {_cost(reservation.asked_usd)} of the whole route: candidates {candidates}, "
            f"at most {reservation.max_output_tokens} output tokens"
        )
    counts_in = [
        f"{TENANT} {reservation.period}",
        *(f"{claim.scope} {claim.window}" for claim in reservation.claims),
    ]
    yield f"  counts in {'; '.join(counts_in)}"


def _shortage_lines(shortage: Shortage) -> Iterator[str]:
    left = shortage.amount - shortage.captured - shortage.reserved - shortage.held
    ends = f", which ends at {_time(shortage.ends_at)}" if shortage.ends_at is not None else ""
    yield f"  limit {shortage.limit} of {shortage.claim.scope}, window {shortage.claim.window}{ends}"
    terms = (
        f"{amount.normalize():f}"
        for amount in (shortage.amount, shortage.captured, shortage.reserved, shortage.held)
    )
    left_text = amount_text(left, shortage.unit)
    yield f"    {' - '.join(terms)} (amount - captured - reserved - held) = {left_text} left"
    excess = amount_text(shortage.asked - left, shortage.unit)
    yield f"    asked {amount_text(shortage.asked, shortage.unit)}, {excess} too much"
    yield from (f"    {line}" for line in _quote_lines(shortage.quotes))


def _quote_lines(quotes: Sequence[Quote]) -> Iterator[str]:
    for quote in quotes:
        calls = f"{quote.provider}/{quote.model}: {quote.calls} x"
        tokens = f"({quote.input_tokens} input + {quote.output_tokens} output tokens)"
        if quote.cost_usd is None:
            yield f"{calls} {tokens}, price unknown"
        else:
            each = f"{(quote.cost_usd / quote.calls).normalize():f} USD"
            yield f"{calls} {each} {tokens} = {_cost(quote.cost_usd)} ({quote.price_source})"


def _cost(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else amount_text(amount, "usd")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
