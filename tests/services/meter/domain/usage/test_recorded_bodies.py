"""Bodies as providers sent them, each with its classes and a cost that was worked out by hand."""

import math
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.offline import price_body

RECORDED: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("recorded_bodies.yaml").read_text(encoding="utf-8")
)
NOON = datetime(2025, 11, 6, 12, tzinfo=UTC)
BOOK = GenaiPriceList()
ODD = (math.nan, math.inf, -math.inf, -1, 0.5, "x", "", True, 10**13, 10**400, [], [[1]], {}, {"type": []})


@pytest.mark.parametrize("recorded", RECORDED, ids=[recorded["what"] for recorded in RECORDED])
def test_a_recorded_body_has_its_classes_and_its_cost_to_the_last_digit(recorded: dict[str, Any]) -> None:
    asked = {name: recorded[name] for name in ("provider", "model", "body") if name in recorded}

    answer = price_body(BOOK, {**asked, "at": recorded.get("at", NOON).isoformat()}, lambda: NOON)

    used = answer["usage"]
    assert isinstance(used, dict)
    assert {name: count for name, count in used.items() if count} == recorded["usage"]
    assert (answer["status"], answer["reason"], answer["mismatch"]) == ("priced", None, None)
    assert (answer["cost_usd"], by_hand(recorded)) == (recorded["cost_usd"], Decimal(recorded["cost_usd"]))


def by_hand(recorded: dict[str, Any]) -> Decimal:
    tokens = (
        sum((count * Decimal(str(price)) for count, price in recorded.get("mtok", ())), Decimal(0))
        / 1_000_000
    )
    return tokens + sum(
        (count * Decimal(str(price)) for count, price in recorded.get("pieces", ())), Decimal(0)
    )


@pytest.mark.parametrize("recorded", RECORDED, ids=[recorded["what"] for recorded in RECORDED])
def test_whatever_stands_in_the_place_of_a_field_a_body_is_answered_and_never_taken_for_free(
    recorded: dict[str, Any],
) -> None:
    asked = {name: recorded[name] for name in ("provider", "model", "body") if name in recorded} | {
        "at": NOON.isoformat()
    }
    for body in changed(recorded["body"]):
        answer = price_body(BOOK, {**asked, "body": body}, lambda: NOON)
        assert (answer["status"], answer["cost_usd"] is None) in {("priced", False), ("held", True)}
        assert answer["cost_usd"] != "0" or answer["mismatch"], f"free: {body}"


def changed(body: Any) -> Iterator[Any]:
    """Give a body once for each of its fields and each odd value, which stands in the field's place."""
    for path in paths(body):
        for odd in ODD:
            copy = deepcopy(body)
            holder = copy
            for name in path[:-1]:
                holder = holder[name]
            holder[path[-1]] = odd
            yield copy


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Name each field inside a value, whatever it stands in."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in inner:
        yield (name,)
        yield from ((name, *path) for path in paths(held))
