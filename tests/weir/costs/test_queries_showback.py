"""Showback on a real ClickHouse: every grouping adds up to the usage table, corrections included."""

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weir.costs.queries import GROUPINGS, DayRange, Spend, since_day

if TYPE_CHECKING:
    from tests.weir.conftest import Books

pytestmark = pytest.mark.integration
ALWAYS = DayRange(date(2000, 1, 1), date(2100, 1, 1))


def money(rows: list[Spend]) -> Decimal:
    return sum((row.cost_usd for row in rows if row.cost_usd is not None), Decimal(0))


async def test_a_project_pays_for_its_own_calls_with_all_their_tokens(books: "Books") -> None:
    await books.outcome(books.line("0.10"), books.line("0.000000000001"), request={"project": "shop"})
    await books.outcome(books.line("0.25"), request={"project": None})

    assert books.costs.grouped_by("project", ALWAYS) == [
        Spend(("acme", None), 1, 135, 52, Decimal("0.25"), None, 0),
        Spend(("acme", "shop"), 2, 270, 104, Decimal("0.100000000001"), None, 0),
    ]


async def test_a_corrected_call_is_one_call_with_its_last_price_on_the_day_of_the_call(
    books: "Books",
) -> None:
    call = books.line("0.30")
    later = books.NOON + timedelta(days=3)
    outcome = await books.outcome(call)
    corrections = [
        books.correction(call, "reversal", "-0.30", later),
        books.correction(call, "rebooking", "0.20", later),
    ]
    await books.adjust(outcome, *corrections, reason="price_correction")

    day = books.NOON.date()

    assert books.costs.grouped_by("tenant", DayRange(day, day + timedelta(days=1))) == [
        Spend(("acme",), 1, 135, 52, Decimal("0.20"), None, 0)
    ]
    assert books.read(
        "SELECT adjustment_reason, entry, input_tokens, cost_usd FROM {db}.usage_lines "
        "WHERE entry != 'booking' ORDER BY entry"
    ) == [
        ("price_correction", "rebooking", None, Decimal("0.20")),
        ("price_correction", "reversal", None, Decimal("-0.30")),
    ]


async def test_a_held_call_is_unknown_until_it_is_settled_and_then_counts_down(books: "Books") -> None:
    call = books.line(None, reason="no price for local/smollm2")
    outcome = await books.outcome(call)
    (held,) = books.costs.grouped_by("tenant", ALWAYS)

    await books.adjust(
        outcome,
        books.correction(call, "settlement", "0.07", books.NOON + timedelta(days=1)),
        reason="settled_hold",
    )
    (settled,) = books.costs.grouped_by("tenant", ALWAYS)

    assert (held.cost_usd, held.not_priced, held.calls) == (None, 1, 1)
    assert (settled.cost_usd, settled.not_priced, settled.calls) == (Decimal("0.07"), 0, 1)


async def test_a_correction_whose_new_price_is_unknown_is_held_again_and_can_be_taken_back(
    books: "Books",
) -> None:
    call, later = books.line("0.5"), books.NOON + timedelta(hours=1)
    outcome = await books.outcome(call)
    await books.adjust(
        outcome,
        books.correction(call, "reversal", "-0.5", later),
        books.correction(call, "rebooking", None, later),
    )
    unknown = books.costs.total(ALWAYS)

    await books.adjust(
        outcome,
        books.correction(call, "reversal", None, later),
        books.correction(call, "rebooking", "0.4", later),
    )
    known = books.costs.total(ALWAYS)

    assert (unknown.cost_usd, unknown.not_priced) == (Decimal(0), 1)
    assert (known.cost_usd, known.not_priced, known.calls) == (Decimal("0.4"), 0, 1)


async def test_an_estimated_call_counts_and_is_shown_as_estimated(books: "Books") -> None:
    await books.outcome(books.line("0.01", cost_status="estimated"), books.line("0.02"))

    total = books.costs.total(ALWAYS)

    assert (total.cost_usd, total.estimated_usd) == (Decimal("0.03"), Decimal("0.01"))


async def test_a_late_adjustment_without_a_project_counts_for_the_project_of_its_request(
    books: "Books",
) -> None:
    outcome = await books.outcome(request={"project": "search", "key": "k1"}, route={"variant": "b"})
    await books.adjust(outcome, books.line("0.11"))
    await books.adjust(outcome, books.line("0.12"), request=None, route=None)

    assert [(row.names, row.cost_usd) for row in books.costs.grouped_by("project", ALWAYS)] == [
        (("acme", "search"), Decimal("0.23"))
    ]
    assert [(row.names, row.cost_usd) for row in books.costs.grouped_by("key", ALWAYS)] == [
        (("acme", "k1"), Decimal("0.23"))
    ]
    assert [(row.names[2], row.cost_usd) for row in books.costs.grouped_by("variant", ALWAYS)] == [
        ("b", Decimal("0.23"))
    ]


async def test_a_call_counts_whole_under_each_of_its_tags_and_once_in_the_total(books: "Books") -> None:
    await books.outcome(books.line("1"), request={"tags": {"team": "care", "env": "prod"}})
    await books.outcome(books.line("2"), request={"tags": {"team": "sales"}})
    await books.outcome(books.line("4"), request={"tags": {}})

    assert {row.names[1:]: row.cost_usd for row in books.costs.grouped_by("tag", ALWAYS)} == {
        ("", ""): Decimal(4),
        ("team", "sales"): Decimal(2),
        ("env", "prod"): Decimal(1),
        ("team", "care"): Decimal(1),
    }
    assert books.costs.total(ALWAYS).cost_usd == Decimal(7)


async def test_days_and_tenants_outside_the_range_do_not_count(books: "Books") -> None:
    day = books.NOON.date()
    for hours, tenant in ((-13, "acme"), (-12, "acme"), (11, "globex"), (12, "acme")):
        await books.outcome(books.line("1", books.NOON + timedelta(hours=hours)), request={"tenant": tenant})

    assert [
        row.names for row in books.costs.grouped_by("tenant", DayRange(day, day + timedelta(days=1)))
    ] == [("acme",), ("globex",)]
    assert books.costs.total(DayRange(day, day + timedelta(days=1), "globex")).calls == 1
    assert books.costs.total(DayRange(day, day)).cost_usd is None


NAMES = st.none() | st.sampled_from(["a", "b"])
LINES = st.lists(
    st.tuples(
        st.none() | st.decimals(min_value=0, max_value=10**6, places=12),
        st.sampled_from(["kept", "reversed", "settled", "late"]),
        st.fixed_dictionaries(
            {
                "project": NAMES,
                "user": NAMES,
                "key": NAMES,
                "tags": st.dictionaries(st.just("team"), st.sampled_from(["x", "y"])),
            }
        ),
        st.fixed_dictionaries(
            {"variant": NAMES, "prompt": NAMES, "prompt_version": st.none() | st.integers(1, 3)}
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(plan=LINES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_grouping_adds_up_to_the_usage_table(
    books: "Books", plan: list[tuple[Decimal | None, str, dict[str, object], dict[str, object]]]
) -> None:
    for cost, fate, request, route in plan:
        call = books.line(None if cost is None else f"{cost:f}")
        outcome = await books.outcome(*([] if fate == "late" else [call]), request=request, route=route)
        later = books.NOON + timedelta(days=1)
        match fate, cost:
            case "late", _:
                await books.adjust(outcome, call, request=None, route=None)
            case "reversed", Decimal():
                entries = (("reversal", f"{-cost:f}"), ("rebooking", "0.5"))
                await books.adjust(
                    outcome, *(books.correction(call, entry, amount, later) for entry, amount in entries)
                )
            case "settled", None:
                await books.adjust(outcome, books.correction(call, "settlement", "0.25", later))
            case _:
                pass

    ((lines, whole),) = books.read(
        "SELECT countIf(entry = 'booking'), ifNull(sum(cost_usd), 0) FROM {db}.usage"
    )

    for cut in GROUPINGS:
        rows = list(books.costs.grouped_by(cut, ALWAYS))
        assert (cut, sum(row.calls for row in rows), money(rows)) == (cut, lines, whole)

    assert books.read("SELECT sum(BilledCost), sum(EffectiveCost), count() FROM {db}.focus") == books.read(
        "SELECT sum(cost_usd), sum(cost_usd), count() FROM {db}.usage"
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [("7d", date(2026, 11, 17)), ("0d", date(2026, 11, 24)), ("2026-11-01", date(2026, 11, 1))],
)
def test_a_day_is_a_date_or_so_many_days_ago(text: str, day: date) -> None:
    assert since_day(text, date(2026, 11, 24)) == day


@pytest.mark.parametrize("text", ["7", "d", "-1d", "last week", "2026-13-01", "²d"])
def test_an_invalid_day_is_refused_with_both_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 7d for seven days ago, or 2026-11-01"):
        since_day(text, date(2026, 11, 24))
