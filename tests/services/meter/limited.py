"""Tenants with limits for tests: a desk with a budget, and what an admission granted or refused."""

from typing import TYPE_CHECKING, Any

from schemas.budgets import BudgetDocument
from schemas.documents import RouteDocument
from schemas.outcomes import Completion, Shortage
from schemas.requests import AdmittedRequest, Reservation
from schemas.values import ErrorFacts

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def desk_with(desk_of: "type[Desk]", *limits: dict[str, Any], **terms: Any) -> "Desk":
    desk = desk_of(None)
    desk.budgets.put(BudgetDocument.model_validate({"name": "acme", "limits": limits, **terms}))
    return desk


def reserved(event: object) -> Reservation:
    assert isinstance(event, AdmittedRequest)
    return event.reservation


def refused(event: object) -> tuple[ErrorFacts, Shortage]:
    assert isinstance(event, Completion)
    assert (event.status, event.cost_usd) == ("rejected", 0)
    assert event.error is not None
    assert event.shortage is not None
    return event.error, event.shortage


def dear_route(desk: "Desk") -> None:
    """Three candidates for the model `small`: 0.1, 0.4 and 0.2 USD a call at most."""
    small = desk.routes.get("small")
    assert small is not None
    first = small.candidates[0]
    for name, usd in (("dear", "4000"), ("middle", "2000")):
        desk.prices.put(desk.price(f"local/{name}", usd))
    others = [first.model_copy(update={"model": name}) for name in ("dear", "middle")]
    desk.routes.put(RouteDocument(name="small", candidates=(first, *others), max_output_tokens=90))
