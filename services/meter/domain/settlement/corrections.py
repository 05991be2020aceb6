"""Corrections: each replaces one booking of a call by another, and a booking can be replaced only once.

The id of the adjustment is derived from the booking that it replaces, so that a redelivery, a second command
and an independent request get the same id, and the first in the log counts. The id of a call's first booking
is the call's id, that of any other is its adjustment's.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from schemas.answers import RouteDecision
from schemas.outcomes import Adjustment, BookedAttempt, Correction
from schemas.requests import Claim, RequestFacts
from services.meter.domain.accounts.amounts import ZERO
from services.meter.domain.pricing.types import MAX_CALL_USD
from services.meter.domain.settlement.booking import CLOCK_TOLERANCE, cost_of

REPLACEMENT_ENTRIES = ["reversal", "rebooking"]
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class CurrentBooking:
    """The current booking of a call, where it counts, and the id that the next correction must name."""

    booking_id: UUID
    line: BookedAttempt
    request: RequestFacts
    route: RouteDecision | None
    period: str
    claims: tuple[Claim, ...]

    @property
    def attempt_id(self) -> UUID:
        """The id of the call."""
        return self.line.result.attempt_id


def decision_name(booking_id: UUID) -> str:
    """Return the name of the decision that replaces a booking, from which its id is derived."""
    return f"{booking_id}/correction"


def request_correction(current: CurrentBooking, fresh: BookedAttempt, asked_at: datetime) -> Correction:
    """Request that a call is booked as `fresh`: a held line is settled, any other is reversed and rebooked.

    `fresh` needs a cost. The lines carry no tokens: the first booking does, and a sum over all lines must
    count them once.
    """
    is_settlement = current.line.cost_usd is None
    new = fresh.model_copy(
        update={"entry": "settlement" if is_settlement else "rebooking", "usage": None, "booked_at": asked_at}
    )
    return Correction(
        correction_id=uuid5(
            current.booking_id, f"{new.price_source}/{new.price_version}/{new.price_valid_at}/{new.cost_usd}"
        ),
        replaces=current.booking_id,
        request=current.request,
        route=current.route,
        reason="settled_hold" if is_settlement else "price_correction",
        period=current.period,
        claims=current.claims,
        attempts=(new,) if is_settlement else (_reversal(current.line, asked_at), new),
        asked_at=asked_at,
    )


def correction_problem(correction: Correction, now: datetime) -> str | None:
    """Return why a correction request is invalid: it must balance one call, and name a month."""
    problem = _line_problem(correction)
    if problem is not None:
        return problem
    if not MONTH.fullmatch(correction.period):
        return "the period of a correction is a month, such as 2026-11"
    if correction.asked_at > now + CLOCK_TOLERANCE:
        return (
            f"it was asked for at {correction.asked_at.isoformat()}, which is still to come: "
            "set the clock of whoever asks"
        )
    return None


def book_correction(correction: Correction, now: datetime) -> Adjustment:
    """Book a correction; its net amount counts in the month and the accounts of the call's reservation."""
    request = correction.request
    lines = tuple(line.model_copy(update={"booked_at": now, "usage": None}) for line in correction.attempts)
    return Adjustment(
        record_id=request.record_id,
        tenant=request.tenant,
        request_id=request.request_id,
        model=request.model,
        reason=correction.reason,
        request=request,
        route=correction.route,
        budget=request.tenant,
        period=correction.period,
        claims=correction.claims,
        attempts=lines,
        cost_usd=cost_of(lines),
        booked_at=now,
    )


def replacing_entry(lines: Iterable[BookedAttempt]) -> BookedAttempt:
    """Return the line of a correction that is not a reversal: the rebooking or the settlement."""
    return next(line for line in lines if line.entry != "reversal")


def _line_problem(correction: Correction) -> str | None:
    lines = correction.attempts
    entries = [line.entry for line in lines]
    if entries != (["settlement"] if correction.reason == "settled_hold" else REPLACEMENT_ENTRIES):
        return (
            f"a {correction.reason} holds {', '.join(entries)}: "
            "it needs one settlement, or a reversal and its rebooking"
        )
    if len({line.result.attempt_id for line in lines}) > 1 or any(line.cost_usd is None for line in lines):
        return "the lines of a correction need a cost each, and the same call"
    if any(abs(line.cost_usd or ZERO) > MAX_CALL_USD for line in lines):
        return f"a line of it is over {MAX_CALL_USD} USD, which no call costs"
    return None


def _reversal(line: BookedAttempt, asked_at: datetime) -> BookedAttempt:
    cost = -(line.cost_usd or ZERO)
    return line.model_copy(
        update={"entry": "reversal", "usage": None, "cost_usd": cost, "booked_at": asked_at}
    )
