"""The metrics of the meter: held lines by reason, mismatches by a bounded label, utilisation."""

from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY

from schemas.outcomes import Completion
from services.meter.metrics import MAX_PROVIDERS, MAX_TENANTS, BookingMetrics

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def held(reason: str) -> float:
    return REGISTRY.get_sample_value("weir_meter_held_lines_total", {"reason": reason}) or 0.0


def mismatched(provider: str) -> float:
    return REGISTRY.get_sample_value("weir_meter_mismatched_usage_total", {"provider": provider}) or 0.0


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"usage": None}, "no_usage"),
        ({"usage": {"prompt_tokens": -1, "completion_tokens": 5}}, "unreadable_usage"),
        ({"model": "never-heard-of"}, "no_price"),
        ({"model": "with-a-hole"}, "own_price"),
        ({"state": "unknown", "usage": None}, "unknown_call"),
    ],
)
def test_a_line_without_a_cost_is_counted_by_why(
    desk_of: "type[Desk]", fields: dict[str, object], reason: str
) -> None:
    desk = desk_of()
    hole = [
        {
            "valid_from": f"2026-{month}-01T00:00:00Z",
            "valid_to": f"2026-{month}-02T00:00:00Z",
            "usd_per_second": "1",
        }
        for month in (10, 12)
    ]
    desk.prices.put(
        type(desk.price("local/m")).model_validate(
            {"name": "local/with-a-hole", "version": 1, "periods": hole}
        )
    )
    request = desk.facts(1)
    desk.admit(request)
    before = held(reason)
    desk.settle(request, type(desk.call(request)).model_validate(desk.call(request).model_dump() | fields))

    assert held(reason) == before + 1


def test_a_report_that_does_not_add_up_is_counted_by_its_provider(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    desk.admit(request)
    before = mismatched("local")
    desk.settle(
        request, desk.call(request, usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 99})
    )

    assert mismatched("local") == before + 1


def test_the_providers_are_bounded(desk_of: "type[Desk]") -> None:
    desk, lines = desk_of(), BookingMetrics()
    request = desk.facts(1)
    desk.admit(request)
    settled = desk.settle(
        request, desk.call(request, usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 99})
    )
    assert isinstance(settled, Completion)
    (line,) = settled.attempts
    for number in range(MAX_PROVIDERS + 7):
        result = line.result.model_copy(update={"provider": f"made-up-{number}"})
        lines.count([line.model_copy(update={"result": result})])

    assert mismatched("other") >= 7
    assert mismatched(f"made-up-{MAX_PROVIDERS + 1}") == 0


def test_what_calls_cost_is_counted_by_tenant_and_tenants_are_bounded(desk_of: "type[Desk]") -> None:
    desk, lines = desk_of(), BookingMetrics()
    request = desk.facts(1)
    desk.admit(request)
    before = spent(request.tenant)
    settled = desk.settle(request, desk.call(request))
    assert isinstance(settled, Completion)
    (line,) = settled.attempts

    assert line.cost_usd is not None
    assert spent(request.tenant) - before == pytest.approx(float(line.cost_usd))

    held_too = [line, line.model_copy(update={"cost_usd": None})]
    for number in range(MAX_TENANTS + 2):
        lines.add_cost(f"made-up-{number}", held_too)

    assert spent("other") == pytest.approx(2 * float(line.cost_usd))
    assert spent(f"made-up-{MAX_TENANTS}") == 0


def spent(tenant: str) -> float:
    return REGISTRY.get_sample_value("weir_meter_spent_usd_total", {"tenant": tenant}) or 0.0
