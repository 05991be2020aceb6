"""Where a budget allows it, less is granted than was requested: fewer candidates, then shorter answers."""

from decimal import Decimal
from typing import TYPE_CHECKING

from schemas.documents import RouteDocument
from tests.services.meter.limited import dear_route, desk_with, refused, reserved

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def test_a_smaller_grant_drops_the_dearest_candidates_first(desk_of: "type[Desk]") -> None:
    desk = desk_with(desk_of, monthly_usd="0.35", when_short="shrink")
    dear_route(desk)
    grant = reserved(desk.admit(desk.facts(1)))

    assert (grant.candidates, grant.amount_usd, grant.asked_usd, grant.max_output_tokens) == (
        (0, 2),
        Decimal("0.3"),
        Decimal("0.7"),
        90,
    )
    assert [quote.model for quote in grant.quotes] == ["m", "middle"]


def test_then_it_shortens_the_answer_as_little_as_it_must_down_to_the_floor(desk_of: "type[Desk]") -> None:
    desk = desk_with(desk_of, monthly_usd="0.075", when_short="shrink", least_output_tokens=20)
    dear_route(desk)
    grant = reserved(desk.admit(desk.facts(1)))

    assert (grant.candidates, grant.max_output_tokens, grant.amount_usd, grant.amount_tokens) == (
        (0,),
        65,
        Decimal("0.075"),
        75,
    )
    assert refused(desk.admit(desk.facts(2)))[1].asked == Decimal("0.7")


def test_a_grant_shrinks_under_limits_of_tokens_and_rates_too(desk_of: "type[Desk]") -> None:
    rate = {"name": "tpm", "unit": "tokens", "amount": 60, "window": "minute"}
    desk = desk_with(
        desk_of,
        {"name": "tokens", "unit": "tokens", "amount": 250, "window": "day"},
        rate,
        when_short="shrink",
        least_output_tokens=10,
    )
    dear_route(desk)
    grant = reserved(desk.admit(desk.facts(1)))

    assert (grant.candidates, grant.max_output_tokens, grant.amount_tokens) == ((0,), 50, 60)


def test_a_candidate_without_a_price_is_dropped_before_all_others(desk_of: "type[Desk]") -> None:
    desk = desk_with(desk_of, monthly_usd="5", when_short="shrink")
    small = desk.routes.get("small")
    assert small is not None
    unpriced = small.candidates[0].model_copy(update={"model": "never-heard-of"})
    desk.routes.put(
        RouteDocument(name="small", candidates=(unpriced, *small.candidates), max_output_tokens=90)
    )
    grant = reserved(desk.admit(desk.facts(1)))

    assert (grant.candidates, grant.amount_usd, grant.asked_usd) == ((1,), Decimal("0.1"), None)
