"""An explanation shows the arithmetic of an admission or a refusal, and never the messages."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from schemas.event import Event
from schemas.outcomes import Adjustment, Completion, Shortage
from schemas.requests import AdmittedRequest
from weir.budgets.accounts import RequestHistory
from weir.budgets.explanation import history_fields, history_lines

E = TypeVar("E", bound=Event)
EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
QUOTES = [
    {
        "provider": "local",
        "model": "m",
        "calls": 2,
        "input_tokens": 20,
        "output_tokens": 64,
        "cost_usd": "0.5",
        "price_source": "llm.prices",
    },
    {"provider": "far", "model": "n", "calls": 1, "input_tokens": 20, "output_tokens": 64},
]


def example(kind: type[E]) -> E:
    return kind.model_validate_json((EXAMPLES / f"{kind.TYPE}.json").read_bytes())


def changed(event: E, **fields: Any) -> E:
    """The event with other fields, validated."""
    return type(event).model_validate({**event.model_dump(), **fields})


COMPLETION = example(Completion)
ADMITTED = example(AdmittedRequest)
REFUSED = changed(
    COMPLETION,
    status="rejected",
    error={"code": "budget_exceeded", "message": "the budget is used up"},
    cost_usd=None,
    attempts=(),
    shortage=Shortage.model_validate(
        {
            "limit": "monthly_usd",
            "claim": {"scope": "tenant", "window": "2026-11"},
            "unit": "usd",
            "amount": 10,
            "captured": 7,
            "reserved": 2,
            "held": "0.5",
            "asked": "0.75",
            "ends_at": datetime(2026, 12, 1, tzinfo=UTC),
            "quotes": QUOTES,
        }
    ),
)


def explained(admitted: AdmittedRequest | None, outcome: Completion, *adjustments: Adjustment) -> list[str]:
    record_id = COMPLETION.request.record_id
    return list(history_lines(RequestHistory(record_id, admitted, outcome, adjustments)))


def test_a_refusal_shows_what_was_left_of_the_limit_and_how_much_was_too_much() -> None:
    lines = explained(None, REFUSED)

    assert lines[1].endswith(": budget_exceeded")
    assert lines[2] == "  the budget is used up"
    assert lines[3] == (
        "  limit monthly_usd of tenant, window 2026-11, which ends at 2026-12-01 00:00:00 UTC"
    )
    assert "10 - 7 - 2 - 0.5 (amount - captured - reserved - held) = 0.5" in lines[4]
    assert "asked 0.75" in lines[5]
    assert "0.25" in lines[5]
    assert lines[6:] == [
        "    local/m: 2 x 0.25 USD (20 input + 64 output tokens) = 0.5 USD (llm.prices)",
        "    far/n: 1 x (20 input + 64 output tokens), price unknown",
    ]


def test_an_admission_shows_what_was_reserved_and_what_was_captured_of_it() -> None:
    adjustment = example(Adjustment)

    lines = explained(ADMITTED, COMPLETION, adjustment)

    assert lines[0].startswith("request order-4711 of acme, model small")
    assert lines[1] == "admitted at 2026-11-02 09:30:01 UTC"
    assert lines[2].startswith("  reserved 0.000012 USD and ")
    assert "  counts in tenant 2026-11" in lines
    assert any(line.startswith("  captured 0.00000108 USD of what was reserved") for line in lines)
    assert lines[-1].startswith(f"{adjustment.reason} at ")


def test_an_unknown_cost_is_called_unknown_and_never_0() -> None:
    unknown = COMPLETION.model_copy(update={"cost_usd": None})

    assert "  captured an unknown amount of what was reserved" in "\n".join(explained(ADMITTED, unknown))
    assert history_fields(RequestHistory(COMPLETION.request.record_id, None, unknown, ()))["cost_usd"] is None


def test_the_json_fields_hold_the_decisions_and_no_message() -> None:
    history = RequestHistory(COMPLETION.request.record_id, ADMITTED, COMPLETION, (example(Adjustment),))

    text = json.dumps(history_fields(history))

    assert "parcel" not in text
    assert json.loads(text)["is_admitted"] is True
    assert Decimal(json.loads(text)["cost_usd"]) == COMPLETION.cost_usd
    assert history_fields(RequestHistory(history.record_id, None, REFUSED, ()))["is_admitted"] is False
