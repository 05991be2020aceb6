"""`weir invoice reconcile` on made-up exports and the books of a real ClickHouse."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from schemas.outcomes import TokenUsage
from weir.cli import app

if TYPE_CHECKING:
    from tests.weir.conftest import Books

pytestmark = pytest.mark.integration
FULL, DATED = "gpt-4o", "gpt-4o-2024-08-06"


def write(text: str, encoding: str = "utf-8") -> str:
    Path("invoice.csv").write_bytes(text.encode(encoding))
    return "invoice.csv"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["invoice", "reconcile", *arguments])


def compared(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 2
    return " ".join(result.stderr.split())


async def call(
    books: "Books",
    cost: str | None,
    at: datetime,
    model: str = FULL,
    answered: str | None = DATED,
    provider: str = "openai",
) -> None:
    """A call with 1000 tokens in, 400 of them cached, and 250 out."""
    usage = TokenUsage(input=600, cache_read=400, cache_write=0, output=200, reasoning=50)
    result = {"provider": provider, "model": model, "response_model": answered}
    await books.outcome(books.line(cost, at, result=result, usage=usage))


def shown(rows: Sequence[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


async def test_openais_costs_by_line_item_agree_with_our_lines_of_the_dated_model(shop: "Books") -> None:
    day = shop.NOON
    for cost in ("0.10", "0.15"):
        await call(shop, cost, day)
    start = int(day.replace(hour=0).timestamp())
    head = (
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id\n"
    )
    iso = day.replace(hour=0).isoformat()
    lines = [
        f'{start},{start + 86400},{iso},,1.5E-1,usd,"{DATED}, input",p',
        f'{start},{start + 86400},{iso},,0.1000000000000,usd,"{DATED}, output",p',
        f"{start + 86400},,{(day + timedelta(days=1)).replace(hour=0).isoformat()},,,,,",
    ]

    answer = compared(write(head + "\n".join(lines)))

    assert answer["agrees"]
    assert shown(answer["rows"], "day", "model", "their_usd", "our_usd", "difference_usd") == [
        (str(day.date()), DATED, "0.25", "0.25", "0")
    ]
    assert answer["lines_without_amount"] == [4]
    assert run("invoice.csv").exit_code == 0


async def test_openais_usage_is_compared_by_tokens_that_hold_the_cached_ones(shop: "Books") -> None:
    await call(shop, "0.10", shop.NOON)
    stamp = int(shop.NOON.replace(hour=0).timestamp())
    head = "start_time,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens\n"
    text = f"{head}{stamp},{DATED},1,1000,251,400\n"

    result = run(write(text), "--json")

    (row,) = json.loads(result.stdout)["rows"]

    assert result.exit_code == 1
    assert (row["difference_input_tokens"], row["difference_output_tokens"], row["difference_usd"]) == (
        0,
        1,
        None,
    )
    assert run("invoice.csv", "--tolerance-tokens", "1").exit_code == 0


async def test_anthropics_classes_of_input_are_added_up(shop: "Books") -> None:
    await call(shop, "0.10", shop.NOON, "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "anthropic")
    head = (
        "usage_date_utc,model_version,api_key,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
        "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count\n"
    )

    answer = compared(write(f'{head}{shop.NOON.date()},claude-sonnet-4-5-20250929,k,600,0,0,400,"250",0\n'))

    assert (answer["agrees"], answer["total"]["their_input_tokens"]) == (True, 1000)


async def test_a_european_file_with_totals_credits_and_a_bom_is_read(shop: "Books") -> None:
    await call(shop, "1234.50", shop.NOON)
    day = f"{shop.NOON:%d.%m.%Y}"
    lines = [
        "\ufeffRechnung 17;;",
        "",
        "Date;Model;Cost (USD)",
        f"{day};{FULL};1.240,50",
        f"{day};{FULL};-6,00",
        ";;",
        "Total;;1.234,50",
    ]

    answer = compared(write("\r\n".join(lines)))

    assert shown(answer["rows"], "model", "their_usd", "our_usd", "difference_usd") == [
        (FULL, "1234.5", "1234.5", "0")
    ]
    assert (answer["agrees"], answer["lines_left_out_as_totals"]) == (True, [7])


async def test_differences_are_shown_by_day_and_model_with_the_only_side_and_the_held_share(
    shop: "Books",
) -> None:
    day = shop.NOON
    await call(shop, "0.50", day)
    await call(shop, None, day)
    await call(shop, "0.20", day, "gpt-4o-mini", None)
    await call(shop, "9", day, provider="elsewhere")
    text = f"date,model,cost_usd\n{day.date()},{FULL},0.80\n{day.date()},o3,0.10\n"

    result = run(write(text), "--provider", "openai", "--json")
    answer = json.loads(result.stdout)

    assert result.exit_code == 1
    assert shown(answer["rows"], "model", "difference_usd", "only", "not_priced", "differs") == [
        (FULL, "0.3", None, 1, True),
        ("gpt-4o-mini", "-0.2", "ours", 0, True),
        ("o3", "0.1", "theirs", 0, True),
    ]
    assert answer["maybe_held_share"] == "0.7500"
    assert "75.0 % of what they ask beyond ours" in run("invoice.csv", "--provider", "openai").stdout
    assert run("invoice.csv", "--provider", "openai", "--tolerance-usd", "0.3").exit_code == 0


async def test_a_corrected_call_counts_with_its_last_price_on_the_day_of_the_call(shop: "Books") -> None:
    line = shop.line("0.30", shop.NOON, result={"provider": "openai", "model": FULL})
    outcome = await shop.outcome(line)
    later = shop.NOON + timedelta(days=5)
    await shop.adjust(
        outcome,
        shop.correction(line, "reversal", "-0.30", later),
        shop.correction(line, "rebooking", "0.20", later),
    )

    assert compared(write(f"date,model,cost_usd\n{shop.NOON.date()},{FULL},0.20\n"), "--provider", "openai")[
        "agrees"
    ]


async def test_rows_can_be_days_or_models_and_a_file_without_dates_is_of_a_month(shop: "Books") -> None:
    first, second = shop.NOON.replace(day=1), shop.NOON.replace(day=2)
    await call(shop, "1", first)
    await call(shop, "2", second)
    await call(shop, "4", second, "o3", None)
    dated = write(
        f"day,model,amount\n{first.date()},{FULL},1\n{second.date()},{FULL},2\n{second.date()},O3,4\n"
    )

    by_day, by_model = compared(dated, "--by", "day"), compared(dated, "--by", "model")
    monthly = compared(
        write("model,amount\nGPT Four,3\no3,4\n"), "--month", f"{first:%Y-%m}", "--rename", f"GPT Four={FULL}"
    )

    assert shown(by_day["rows"], "day", "model", "our_usd") == [
        (str(first.date()), None, "1"),
        (str(second.date()), None, "6"),
    ]
    assert shown(by_model["rows"], "day", "model", "our_usd") == [(None, "O3", "4"), (None, FULL, "3")]
    assert shown(monthly["rows"], "model", "their_usd", "our_usd") == [(FULL, "3", "3"), ("o3", "4", "4")]
    assert (by_day["agrees"], by_model["agrees"], monthly["agrees"]) == (True, True, True)


async def test_columns_of_any_name_are_read_if_they_are_named(shop: "Books") -> None:
    await call(shop, "0.25", shop.NOON)
    text = f"wann|was|wieviel|rein a|rein b|raus\n{shop.NOON.isoformat()}|{FULL}|$0.25|600|400|250\n"
    columns = (
        "--date-column",
        "Wann",
        "--model-column",
        "was",
        "--cost-column",
        "wieviel",
        "--output-tokens-column",
        "raus",
    )

    answer = compared(
        write(text, "utf-16"), *columns, "--input-tokens-column", "rein a", "--input-tokens-column", "rein b"
    )

    assert (answer["agrees"], answer["total"]["their_input_tokens"], answer["total"]["their_usd"]) == (
        True,
        1000,
        "0.25",
    )


async def test_unreadable_cells_are_named_with_their_lines_and_the_way_out(shop: "Books") -> None:
    await call(shop, "1", shop.NOON)
    head = "date,model,cost,currency\n"

    assert (
        "no column of costs or tokens is known among 'a', 'b': name them by --date-column, --model-column"
        in refused(write("a,b\n1,2\n"))
    )
    assert "there is no column 'x'; the file has 'date', 'model', 'cost', 'currency'" in refused(
        write(head + "1,2,3,4"), "--cost-column", "x"
    )
    assert "no column of dates is known among 'model', 'cost'" in refused(write("model,cost\na,1\n"))
    assert "stands in the header more than once" in refused(write("date,cost,cost\n2026-11-01,1,2\n"))

    bad = refused(
        write(head + "2026-11-01,m,1,USD\nsoon,m,1,USD\n2026-11-02,m,lots,\n2026-11-02,m,1,EUR\n,m,1,\n")
    )

    assert bad == (
        "weir: line 3: 'soon' is no date line 4: 'lots' is no amount of USD "
        "line 5: the currency is 'EUR', and bookings are in USD: convert the file first "
        "line 6: it has an amount and no date: if it is a total, take it out"
    )
    assert "line 2 has 5 cells, the header has 4" in refused(write(head + "2026-11-01,m,1,234,USD\n"))
    assert "may begin with its day or its month: give --date-order" in refused(
        write(head + "03/04/2026,m,1,USD\n")
    )
    assert "neither UTF-8 nor UTF-16" in refused(write(head + "2026-11-01,ü,1,USD\n", "latin-1"))
    assert "has no header with lines below it" in refused(write("\n\n"))
    assert "no line of the file has an amount" in refused(write(head + "2026-11-01,m,,\n"))
    assert "invoice.csv, line 2:" in refused(write(head + '2026-11-01,"m,1,USD\n'))
    assert "nowhere.csv cannot be read: No such file" in refused("nowhere.csv")


async def test_invalid_options_are_named(shop: "Books") -> None:
    await call(shop, "1", shop.NOON)
    good = write(f"date,model,cost\n{shop.NOON.date()},{FULL},1\n")

    assert "nothing of a provider 'azure' is booked here; providers are openai" in refused(
        good, "--provider", "azure"
    )
    assert "'Mars/Base' is no time zone" in refused(good, "--time-zone", "Mars/Base")
    assert "'2026-13' is no month" in refused(good, "--month", "2026-13")
    assert "'gpt' renames nothing" in refused(good, "--rename", "gpt")
    assert "--tolerance-usd 'NaN' is no amount" in refused(good, "--tolerance-usd", "NaN")
    assert run(good).exit_code == 0
