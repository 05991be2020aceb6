"""Unit costs, the books by month and the FOCUS view on a real ClickHouse."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from schemas.outcomes import Completion, TokenUsage
from schemas.quality import Evaluation, Feedback, Metric, Review
from services.sink.domain.rows import evaluation_rows, feedback_rows, review_rows
from streaming.brokers.records import Record
from streaming.handling import Incoming

if TYPE_CHECKING:
    from tests.weir.conftest import Books

pytestmark = pytest.mark.integration
MANDATORY = {
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
}
"""The columns that FOCUS 1.2 asks of every provider."""


def incoming(event: Any, number: int) -> Incoming[Any]:
    return Incoming(
        event,
        UUID(int=number),
        Record("facts", 0, number, 0, None, b""),
        event.given_at if hasattr(event, "given_at") else datetime.now(UTC),
    )


async def feedback(books: "Books", outcome: Completion, score: float) -> None:
    number = next(books.numbers)
    request = outcome.request
    event = Feedback(
        feedback_id=UUID(int=number),
        tenant=request.tenant,
        request_id=request.request_id,
        score=score,
        given_at=books.NOON,
    )
    await books.insert(feedback_rows(incoming(event, number)))


async def review(books: "Books", outcome: Completion, score: float, minutes: int) -> None:
    request, at = outcome.request, books.NOON + timedelta(minutes=minutes)
    event = Review(
        record_id=request.record_id,
        tenant=request.tenant,
        request_id=request.request_id,
        reviewer="bo",
        score=score,
        given_at=at,
    )
    await books.insert(review_rows(incoming(event, next(books.numbers))))


async def measured(books: "Books", outcome: Completion, **metrics: float | None) -> None:
    request = outcome.request
    event = Evaluation(
        record_id=request.record_id,
        tenant=request.tenant,
        request_id=request.request_id,
        evaluator="metrics",
        evaluator_version=1,
        metrics=tuple(Metric(name=name, value=value) for name, value in metrics.items()),
        completed_at=books.NOON,
        evaluated_at=books.NOON,
    )
    await books.insert(evaluation_rows(incoming(event, next(books.numbers))))


async def test_an_answer_costs_all_its_calls_and_reviews_outrank_feedback_and_metrics(
    books: "Books",
) -> None:
    praised = await books.outcome(books.line("0.10"))
    await feedback(books, praised, 1.0)
    rejected_later = await books.outcome(books.line("0.10"))
    await feedback(books, rejected_later, 1.0)
    await review(books, rejected_later, 1.0, minutes=1)
    await review(books, rejected_later, 0.2, minutes=2)
    refusal = await books.outcome(books.line("0.10"))
    await measured(books, refusal, refusal=1.0, empty=0.0)
    clean = await books.outcome(books.line("0.10"))
    await measured(
        books,
        clean,
        refusal=0.0,
        empty=0.0,
        cut_off=0.0,
        json_valid=1.0,
        language_match=None,
        output_chars=0.0,
    )
    await books.outcome(books.line("0.10"))
    await books.outcome(books.line("0.30"), status="failed")

    columns = (
        "route, prompt_version, answered, judged, good, cost_usd, not_priced, "
        "usd_per_answer, usd_per_good_answer"
    )

    assert books.read(f"SELECT {columns} FROM {{db}}.unit_costs") == [
        ("small", 1, 5, 4, 2, Decimal("0.80"), 0, Decimal("0.16"), Decimal("0.40"))
    ]


async def test_prompt_versions_are_compared_and_no_answer_has_no_unit_cost(books: "Books") -> None:
    await books.outcome(books.line("0.2"), route={"prompt_version": 1})
    await books.outcome(books.line("0.1"), books.line("0.3"), route={"prompt_version": 2})
    await books.outcome(books.line("0.4"), route={"prompt_version": 3}, status="failed")
    await books.outcome(books.line(None), route={"prompt_version": 4})

    assert books.read(
        "SELECT prompt_version, usd_per_answer, usd_per_good_answer, not_priced "
        "FROM {db}.unit_costs ORDER BY prompt_version"
    ) == [
        (1, Decimal("0.2"), None, 0),
        (2, Decimal("0.4"), None, 0),
        (3, None, None, 0),
        (4, None, None, 1),
    ]


def months(books: "Books") -> tuple[datetime, datetime]:
    """A moment in one month, and one in the next."""
    return books.NOON.replace(day=28), (books.NOON.replace(day=28) + timedelta(days=7)).replace(day=2)


async def test_a_month_that_is_over_keeps_its_sum_and_its_correction_stands_in_the_next(
    books: "Books",
) -> None:
    old, new = months(books)
    call = books.line("0.30", old)
    outcome = await books.outcome(call, books.line("1", new))
    closed = books.read("SELECT month, cost_usd FROM {db}.cost_by_booking_month ORDER BY month")
    await books.adjust(
        outcome,
        books.correction(call, "reversal", "-0.30", new),
        books.correction(call, "rebooking", "0.20", new),
    )

    assert closed == [(old.date().replace(day=1), Decimal("0.30")), (new.date().replace(day=1), Decimal(1))]
    assert books.read(
        "SELECT month, calls, cost_usd, of_earlier_months_usd FROM {db}.cost_by_booking_month ORDER BY month"
    ) == [
        (old.date().replace(day=1), 1, Decimal("0.30"), None),
        (new.date().replace(day=1), 1, Decimal("0.90"), Decimal("-0.10")),
    ]


async def test_focus_has_its_columns_and_a_row_for_each_line(books: "Books") -> None:
    old, new = months(books)
    call = books.line("0.30", old, price_source="genai-prices:openai/gpt-4o", price_version="0.2.3")
    outcome = await books.outcome(call, request={"tags": {"team": "care"}})
    await books.adjust(
        outcome,
        books.correction(call, "reversal", "-0.30", new),
        books.correction(call, "rebooking", "0.20", new),
    )
    await books.adjust(outcome, books.correction(books.line("1", new), "rebooking", "0.1", new))

    described = {str(name): str(kind) for name, kind, *_ in books.read("DESCRIBE TABLE {db}.focus")}
    charges = books.read(
        "SELECT x_Entry, BilledCost, ListCost, ChargeClass, BillingPeriodStart, BillingPeriodEnd, "
        "ChargePeriodStart, ConsumedQuantity, ConsumedUnit "
        "FROM {db}.focus WHERE ChargePeriodStart < BillingPeriodStart OR x_Entry = 'booking' ORDER BY x_Entry"
    )

    old, new = old.replace(tzinfo=None), new.replace(tzinfo=None)
    start, following = old.replace(day=1, hour=0), new.replace(day=1, hour=0)
    after = (following + timedelta(days=32)).replace(day=1)

    assert described.keys() >= MANDATORY
    assert charges == [
        ("booking", Decimal("0.30"), Decimal("0.30"), None, start, following, old, Decimal(187), "Tokens"),
        ("rebooking", Decimal("0.20"), Decimal("0.20"), "Correction", following, after, old, None, None),
        ("reversal", Decimal("-0.30"), Decimal("-0.30"), "Correction", following, after, old, None, None),
    ]
    assert books.read("SELECT ChargeClass FROM {db}.focus WHERE BilledCost = 0.1") == [(None,)]
    assert books.read(
        "SELECT Tags, SubAccountId, SkuPriceId, BillingCurrency FROM {db}.focus WHERE x_Entry = 'booking'"
    ) == [({"team": "care"}, "acme", "genai-prices:openai/gpt-4o@0.2.3", "USD")]


async def test_focus_counts_units_where_no_tokens_are_sold_and_has_no_list_price_of_a_contract(
    books: "Books",
) -> None:
    pictures = TokenUsage(
        input=0, cache_read=0, cache_write=0, output=0, reasoning=0, units={"images": Decimal(3)}
    )
    await books.outcome(
        books.line("0.12", usage=pictures, price_source="llm.prices"), books.line(None, usage=None)
    )

    assert books.read(
        "SELECT ConsumedQuantity, PricingUnit, ListCost, ContractedCost FROM {db}.focus ORDER BY BilledCost"
    ) == [
        (Decimal(3), "images", None, Decimal("0.12")),
        (None, "Tokens", None, None),
    ]
