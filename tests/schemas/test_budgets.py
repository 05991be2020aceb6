"""An invalid budget is refused with the limit's name, the value and the way out."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.budgets import BudgetDocument, Limit

DAILY: dict[str, Any] = {"name": "daily", "unit": "usd", "amount": "5", "window": "day"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus': use a name of the IANA database"),
        ({"zone": "/etc/passwd"}, "no time zone"),
        ({"zone": ""}, "no time zone"),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": "NaN"}, "finite"),
        ({"amount": "0.0000000000001"}, "decimal places"),
        ({"unit": "tokens", "amount": "1.5"}, "1.5 is no whole number of tokens"),
        ({"per": ["tenant"]}, "'project', 'user', 'model' or 'key'"),
        ({"per": ["user", "user"]}, "names a dimension twice: user, user"),
        ({"only": {"colour": ["red"]}}, "'project', 'user', 'model' or 'key'"),
        ({"only": {"user": []}}, "at least 1 item"),
        ({"unit": "euros"}, "'usd', 'tokens', 'requests' or 'concurrency'"),
        ({"window": None}, "name its window"),
        ({"window": "fortnight"}, "no window 'fortnight': use a calendar window (hour, day"),
        ({"window": "5m"}, "no window '5m'"),
        ({"window": "400d"}, "no window '400d'"),
        ({"window": "minute"}, "money has no rate"),
        ({"unit": "concurrency"}, "leave window 'day' out"),
        ({"burst": 3}, "'burst' belongs to a rate"),
        ({"unit": "requests", "window": "minute", "burst": 0}, "greater than or equal to 1"),
        ({"window": "24h", "zone": "Europe/Berlin"}, "'zone' belongs to a calendar window"),
        ({"alert_at": ["0"]}, "greater than 0"),
        ({"action": "shout"}, "'refuse' or 'alert'"),
        ({"name": "Per Day"}, "pattern"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_with_the_way_out(
    changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Limit.model_validate({**DAILY, **changed})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "limit",
    [
        {**DAILY, "amount": 0},
        {**DAILY, "zone": "Pacific/Chatham"},
        {**DAILY, "window": "24h"},
        {"name": "open", "unit": "concurrency", "amount": 4},
        {"name": "rate", "unit": "tokens", "amount": 1000, "window": "minute", "burst": 100, "per": ["key"]},
    ],
)
def test_what_makes_sense_is_taken(limit: dict[str, Any]) -> None:
    assert Limit.model_validate(limit).name == limit["name"]


@pytest.mark.parametrize("name", ["daily", "monthly_usd", "requests_per_minute"])
def test_two_limits_of_one_name_are_refused_also_where_one_is_a_flat_field(name: str) -> None:
    with pytest.raises(ValidationError, match=f"two limits are named {name}"):
        BudgetDocument.model_validate(
            {"name": "acme", "limits": [{**DAILY, "name": name}, *([DAILY] if name == "daily" else [])]}
        )


def test_the_flat_fields_are_limits_of_the_whole_tenant() -> None:
    document = BudgetDocument.model_validate(
        {"name": "acme", "monthly_usd": "25", "requests_per_minute": 60, "burst": 5, "limits": [DAILY]}
    )
    rate, monthly, daily = document.all_limits
    assert (rate.unit, rate.amount, rate.window, rate.burst) == ("requests", 60, "minute", 5)
    assert (monthly.unit, monthly.amount, monthly.window, monthly.zone) == ("usd", 25, "month", "UTC")
    assert (daily.name, daily.amount) == ("daily", Decimal(5))
    assert document == BudgetDocument.model_validate_json(document.model_dump_json())
