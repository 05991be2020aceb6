"""The utilisation of limits: which limits are exported, and which are not."""

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY

from schemas.budgets import BudgetDocument
from tests.services.meter.limited import desk_with

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def test_the_gauges_show_how_far_whole_tenants_are_and_forget_limits_that_are_gone(
    desk_of: "type[Desk]",
) -> None:
    each = {"name": "each-user", "unit": "usd", "amount": "0.1", "per": ["user"], "window": "day"}
    desk = desk_with(desk_of, {"name": "gauged", "unit": "usd", "amount": "0.125", "window": "day"}, each)
    desk.admit(desk.facts(1, user="bob"))
    desk.expire()
    labels = {"tenant": "acme", "limit": "gauged"}

    assert REGISTRY.get_sample_value("weir_meter_budget_used_ratio", labels) == 0.8
    assert REGISTRY.get_sample_value("weir_meter_budget_alert_ratio", labels) == 0.8
    assert (
        REGISTRY.get_sample_value("weir_meter_budget_used_ratio", {"tenant": "acme", "limit": "each-user"})
        is None
    )

    desk.budgets.put(BudgetDocument(name="acme"))
    desk.later(61)
    desk.expire()

    assert REGISTRY.get_sample_value("weir_meter_budget_used_ratio", labels) is None


def test_what_fills_and_empties_all_day_is_no_budget_for_the_gauges(desk_of: "type[Desk]") -> None:
    rate = {"name": "bursts", "unit": "requests", "amount": 1, "window": "minute"}
    desk = desk_with(
        desk_of,
        rate,
        {"name": "at-once", "unit": "concurrency", "amount": 1},
        {"name": "a-day", "unit": "requests", "amount": 1, "window": "day"},
    )
    desk.admit(desk.facts(1))
    desk.expire()
    used = {
        name: REGISTRY.get_sample_value("weir_meter_budget_used_ratio", {"tenant": "acme", "limit": name})
        for name in ("bursts", "at-once", "a-day")
    }

    assert used == {"bursts": None, "at-once": None, "a-day": 1.0}
