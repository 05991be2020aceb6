"""Random histories of a meter for tests: decisions of every kind, and accounts folded from them."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from schemas.answers import AttemptResult
from schemas.budgets import BudgetDocument
from schemas.documents import RouteDocument
from schemas.outcomes import Adjustment, Completion
from schemas.requests import RequestFacts
from services.meter.domain.accounts.accounts import Accounts
from streaming.handling import LedgerDecision

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


LIMITS: list[dict[str, Any]] = [
    {
        "name": "each-user",
        "unit": "usd",
        "amount": "0.9",
        "per": ["user"],
        "window": "day",
        "zone": "Europe/Berlin",
    },
    {"name": "search", "unit": "usd", "amount": "2", "only": {"project": ["search"]}, "window": "24h"},
    {"name": "tokens", "unit": "tokens", "amount": 1500, "per": ["project", "model"], "window": "week"},
    {"name": "tokens-an-hour", "unit": "tokens", "amount": 900, "window": "60m"},
    {"name": "requests", "unit": "requests", "amount": 25, "per": ["user"], "window": "hour"},
    {"name": "open", "unit": "concurrency", "amount": 9, "per": ["key"]},
    {"name": "soft", "unit": "usd", "amount": "1", "per": ["key"], "window": "month", "action": "alert"},
    {"name": "tpm", "unit": "tokens", "amount": 4000, "burst": 2000, "per": ["user"], "window": "minute"},
]


def limited(
    desk_of: "type[Desk]", monthly: str | None, per_minute: int | None = None, max_attempts: int = 1
) -> "Desk":
    """Return a meter whose tenant has limits of every unit, and a second candidate."""
    desk = desk_of(monthly, max_attempts=max_attempts)
    terms = {
        "monthly_usd": monthly,
        "requests_per_minute": per_minute,
        "when_short": "shrink",
        "least_output_tokens": 20,
    }
    desk.budgets.put(BudgetDocument.model_validate({"name": "acme", **terms, "limits": LIMITS}))
    small = desk.routes.get("small")
    assert small is not None
    desk.prices.put(desk.price("local/dear", "2000"))
    dear = small.candidates[0].model_copy(update={"model": "dear"})
    desk.routes.put(RouteDocument(name="small", candidates=(dear, *small.candidates), max_output_tokens=90))
    return desk


def somebody(desk: "Desk", number: int, randomness: random.Random, **fields: Any) -> RequestFacts:
    names = {
        "user": ["bob", "eve", None],
        "project": ["search", "ads"],
        "key": ["4f2a", "77aa"],
        "model": ["small", "small", "small", "unpriced"],
    }
    return desk.facts(number, **{name: randomness.choice(values) for name, values in names.items()}, **fields)


def history(desk: "Desk", seed: int, steps: int) -> Sequence[LedgerDecision]:
    """Run the meter at random: duplicates, blocks, unknown calls, late answers, corrections, pauses."""
    randomness = random.Random(seed)
    requests: list[RequestFacts] = []
    for step in range(steps):
        desk.later(90_000 if randomness.random() < 0.02 else randomness.random() * 20)
        if not requests or randomness.random() < 0.5:
            requests.append(somebody(desk, step, randomness, request_id=f"r{randomness.randrange(steps)}"))
            desk.admit(requests[-1], randomness.choice(["allow", "allow", "allow", "block"]))
        elif randomness.random() < 0.2:
            correct(desk, randomness)
        else:
            request = randomness.choice(requests)
            calls = [
                random_call(desk, request, 1 + randomness.randrange(4))
                for _ in range(randomness.randrange(3))
            ]
            desk.settle(request, *calls)
        desk.expire()
    return desk.log


def correct(desk: "Desk", randomness: random.Random) -> None:
    """Book a correction of something that was booked: another price, or a first one."""
    booked = [
        event
        for decision in desk.log
        if isinstance(event := decision.event, Completion)
        and event.attempts
        and event.reservation is not None
    ]
    if not booked:
        return
    outcome = randomness.choice(booked)
    assert outcome.reservation is not None
    unknown = [line for line in outcome.attempts if line.cost_usd is None]
    fields = {
        "record_id": outcome.request.record_id,
        "tenant": "acme",
        "request_id": outcome.request.request_id,
        "model": "small",
        "budget": "acme",
    }
    where = {
        "period": outcome.reservation.period,
        "claims": outcome.reservation.claims,
        "booked_at": desk.now,
    }
    reason = "settled_hold" if unknown else "price_correction"
    lines = (
        [unknown[0].model_copy(update={"entry": "settlement", "cost_usd": Decimal("0.03"), "usage": None})]
        if unknown
        else []
    )
    cost = "0.03" if unknown else randomness.choice(["-0.01", "0.02"])
    adjustment = Adjustment.model_validate(
        {**fields, **where, "reason": reason, "attempts": lines, "cost_usd": cost}
    )
    desk.take(LedgerDecision(adjustment, f"{outcome.request.record_id}/{reason}/{len(desk.log)}"))


def random_call(
    desk: "Desk", request: RequestFacts, number: int, longest: int = 90, model: str = "m"
) -> AttemptResult:
    """Make a call whose result depends on its id alone, as a call that is reported twice does."""
    randomness = random.Random(f"{request.record_id}/{number}")
    kind = randomness.random()
    if kind < 0.15:
        return desk.call(request, number=number, model=model, state="unknown", usage=None)
    if kind < 0.3:
        return desk.call(request, number=number, model=model, state="failed", error="timeout", usage=None)
    return desk.call(request, randomness.randrange(longest + 1), number, model=model)


def folded(decisions: Sequence[LedgerDecision]) -> Accounts:
    accounts = Accounts()
    for decision in decisions:
        accounts.fold(decision.event, decision.event_id)
    return accounts
