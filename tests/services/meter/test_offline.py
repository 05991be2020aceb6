"""Pricing recorded bodies from standard input: one answer for each line, in order, whatever the line."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.offline import answers, decimal_text

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
BOOK = GenaiPriceList()
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
CHAT = {"model": "gpt-4o-2024-08-06", "usage": USAGE}


def one(line: object) -> Mapping[str, Any]:
    text = line if isinstance(line, str | bytes) else json.dumps(line)
    (answer,) = answers(BOOK, [text], lambda: NOW)
    json.dumps(answer)
    return answer


def run(stdin: str | bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run it as people do, with an environment that holds nothing of ours."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    command = (sys.executable, "-m", "services.meter", "price", *arguments)
    return subprocess.run(
        command,
        input=data,
        capture_output=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
        timeout=60,
    )


def test_a_line_has_usage_by_class_cost_status_version_and_mismatch() -> None:
    assert one({"id": 7, "provider": "openai", "at": "2026-11-24T12:00:00Z", "body": CHAT}) == {
        "id": 7,
        "status": "priced",
        "cost_usd": "0.0035",
        "usage": {
            "input": 1000,
            "cache_read": 0,
            "cache_write": 0,
            "cache_write_1h": 0,
            "output": 100,
            "reasoning": 0,
        },
        "model": "gpt-4o-2024-08-06",
        "reason": None,
        "mismatch": None,
        "price_source": "genai-prices:openai/gpt-4o",
        "price_version": "0.2.3",
        "unit_prices": {"input": "2.5", "output": "10"},
        "reported_cost_usd": None,
    }


def test_what_a_gateway_says_that_it_charged_stands_beside_our_price() -> None:
    body = {
        "model": "anthropic/claude-sonnet-4.5",
        "usage": {"prompt_tokens": 14, "completion_tokens": 4, "total_tokens": 18, "cost": 0.000102},
    }
    answer = one({"provider": "openrouter", "body": body})
    assert (answer["cost_usd"], answer["reported_cost_usd"]) == ("0.000102", "0.000102")


def test_a_price_is_the_one_of_that_time_and_now_where_none_is_given() -> None:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000}
    body = {"model": "deepseek-chat", "usage": usage}
    by_night, by_day = (
        one({"provider": "deepseek", "at": f"2025-11-06T{hour}:00:00", "body": body})["cost_usd"]
        for hour in (18, 12)
    )
    assert (by_night, by_day) == ("0.135", "0.27")
    assert one({"provider": "openai", "body": CHAT})["cost_usd"] == "0.0035"
    assert (
        one({"provider": "deepseek", "at": "2025-11-06T14:00:00-04:00", "body": body})["cost_usd"] == by_night
    )


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        ("", "invalid", "the line is empty: one JSON object a line"),
        (
            "{",
            "invalid",
            "the line is no JSON: Expecting property name enclosed in double quotes at character 2",
        ),
        (b"\xff\xfe", "invalid", "the line is no UTF-8"),
        ("[" * 100_000, "invalid", "the line is nested too deeply, or holds a number that is too long"),
        (
            '{"body": {"usage": {"prompt_tokens": ' + "9" * 5000 + "}}}",
            "invalid",
            "the line is nested too deeply, or holds a number that is too long",
        ),
        ("[1]", "invalid", "the line is no JSON object: give provider, model, at and body"),
        ({"provider": "openai"}, "invalid", "body is no object: give the provider's raw response as it came"),
        (
            {"provider": "openai", "body": "text"},
            "invalid",
            "body is no object: give the provider's raw response as it came",
        ),
        ({"provider": 3, "body": CHAT}, "invalid", "provider is no name of at most 200 characters"),
        (
            {"provider": "openai", "model": "m" * 201, "body": CHAT},
            "invalid",
            "model is no name of at most 200 characters",
        ),
        (
            {"provider": "openai", "at": "noon", "body": CHAT},
            "invalid",
            "at is no time: write it like 2026-11-24T12:00:00Z",
        ),
        (
            {"provider": "openai", "at": "0001-01-01T00:00:00+14:00", "body": CHAT},
            "invalid",
            "at is no time: write it like 2026-11-24T12:00:00Z",
        ),
        (
            {"provider": "openai", "at": 1764000000, "body": CHAT},
            "invalid",
            "at is no text: write it like 2026-11-24T12:00:00Z",
        ),
        (
            {"provider": "openai", "context": "batch", "body": CHAT},
            "invalid",
            'context is no object: write it like {"processing": "batch"}',
        ),
        ({"provider": "openai", "body": {"error": {}}}, "held", "the body holds no usage block"),
        (
            {"provider": "openai", "body": {"usage": USAGE}},
            "held",
            "no model: neither the line nor its body names one",
        ),
        (
            {"provider": "openai", "body": {"model": "gpt-9", "usage": USAGE}},
            "held",
            "no price for openai/gpt-9",
        ),
        (
            {
                "provider": "openai",
                "body": {"model": "gpt-4o", "usage": {"prompt_tokens": -1, "completion_tokens": 1}},
            },
            "held",
            "usage_unknown",
        ),
    ],
)
def test_a_line_that_cannot_be_priced_says_why_and_costs_nothing_that_is_known(
    line: object, status: str, reason: str
) -> None:
    answer = one(line)
    assert (answer["status"], answer["reason"], answer["cost_usd"]) == (status, reason, None)


def test_a_mismatch_is_shown_beside_the_cost_of_what_is_known() -> None:
    answer = one(
        {"provider": "openai", "body": {"model": "gpt-4o", "usage": {**USAGE, "total_tokens": 1200}}}
    )
    assert (answer["status"], answer["cost_usd"], answer["mismatch"]) == (
        "priced",
        "0.0035",
        "total_tokens is 1200, its parts add up to 1100",
    )


def test_the_model_of_the_line_is_taken_where_the_body_names_none_and_the_context_where_it_tells_none() -> (
    None
):
    usage = {"usage": USAGE}
    assert one({"provider": "openai", "model": "gpt-4o", "body": usage})["cost_usd"] == "0.0035"
    assert (
        one({"provider": "openai", "model": "gpt-4o", "context": {"processing": "batch"}, "body": usage})[
            "cost_usd"
        ]
        == "0.00175"
    )


def test_a_broken_line_between_two_has_its_own_answer_and_all_run_through() -> None:
    good = json.dumps({"id": "a", "provider": "openai", "body": CHAT})
    done = run(f"{good}\n{{broken\n\n{good}\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert [line["status"] for line in lines] == ["priced", "invalid", "invalid", "priced"]
    assert [line.get("id") for line in lines] == ["a", None, None, "a"]


def test_nothing_of_the_stream_is_loaded_to_price_bodies() -> None:
    code = (
        "import sys, services.meter.offline; "
        "print(sorted({'aiokafka', 'streaming', 'services.meter.app'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        (sys.executable, "-c", code),
        capture_output=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        check=True,
        timeout=60,
    )
    assert done.stdout == b"[]\n"


def test_no_input_is_no_output() -> None:
    done = run("")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_prices_of_ones_own_win_over_the_list(tmp_path: Path) -> None:
    own = {
        "name": "openai/gpt-4o",
        "input_usd_per_mtok": 1,
        "output_usd_per_mtok": 1,
        "version": 7,
        "valid_from": "2026-01-01T00:00:00Z",
    }
    file = tmp_path / "prices.json"
    file.write_text(json.dumps([own]), encoding="utf-8")
    line = json.dumps({"provider": "openai", "model": "gpt-4o", "at": "2026-11-01T00:00:00Z", "body": CHAT})
    answer = json.loads(run(line, "--prices", str(file)).stdout)
    assert (answer["cost_usd"], answer["price_source"], answer["price_version"]) == (
        "0.0011",
        "llm.prices",
        "7",
    )


@pytest.mark.parametrize("content", ["{", "[{}]", "- name: openai/gpt-4o\n", None])
def test_a_file_that_holds_no_prices_is_named_and_nothing_is_priced(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "prices.yaml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    done = run("{}\n", "--prices", str(file))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"prices.yaml" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0.00000008", "0.00000008"), ("1E+3", "1000"), ("0E-12", "0"), ("2.500", "2.5"), ("100", "100")],
)
def test_amounts_have_no_exponent(amount: str, text: str) -> None:
    assert decimal_text(Decimal(amount)) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        "provider",
        "model",
        "at",
        "body",
        "id",
        "context",
        "tenant",
        "usage",
        "prompt_tokens",
        "completion_tokens",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(
        st.binary(max_size=30)
        | st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON)).map(json.dumps),
        max_size=4,
    )
)
def test_every_line_whatsoever_has_exactly_one_answer(lines: list[bytes | str]) -> None:
    answered = list(answers(BOOK, lines, lambda: NOW))
    assert len(answered) == len(lines)
    assert all(
        answer["status"] == "priced" or (answer["reason"] and answer["cost_usd"] is None)
        for answer in answered
    )
