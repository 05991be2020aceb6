"""Bodies as providers sent them, each with its classes and a cost that was worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.offline import price_body

RECORDED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("recorded_bodies.yaml").read_text(encoding="utf-8"))
NOON = datetime(2025, 11, 6, 12, tzinfo=UTC)
BOOK = GenaiPriceList()


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
    tokens = sum((count * Decimal(str(price)) for count, price in recorded.get("mtok", ())), Decimal(0)) / 1_000_000
    return tokens + sum((count * Decimal(str(price)) for count, price in recorded.get("pieces", ())), Decimal(0))
