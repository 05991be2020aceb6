"""Usage blocks of Anthropic: advisors, and parts that disagree."""

from decimal import Decimal

from pydantic import JsonValue

from services.meter.domain.usage.counts import UsageBlock
from services.meter.domain.usage.normalize import normalise
from tests.services.meter.usages import ANTHROPIC


def test_advice_by_another_model_is_a_unit_of_its_own_since_it_has_another_price() -> None:
    advice: dict[str, JsonValue] = {
        "type": "advisor_message",
        "model": "claude-opus-4-8",
        "input_tokens": 2518,
        "output_tokens": 22,
    }
    raw: UsageBlock = {
        **ANTHROPIC,
        "iterations": [{"type": "message", "input_tokens": 21, "output_tokens": 393}, advice],
    }
    found = normalise("anthropic", raw)

    assert found is not None
    assert (found.input, found.output, found.units) == (21, 393, {"advisor_tokens": Decimal(2540)})


def test_anthropic_parts_that_disagree_are_flagged() -> None:
    found = normalise("anthropic", {**ANTHROPIC, "cache_creation_input_tokens": 200})

    assert found is not None
    assert found.mismatch == "cache_creation_input_tokens is 200, its parts add up to 188"
