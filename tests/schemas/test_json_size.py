"""JSON with more values than any event holds is refused before its fields are checked."""

import json
from datetime import UTC, datetime

import pytest

from schemas.cloudevents import InvalidEventError, decode
from schemas.json_size import MAX_REQUEST_VALUES, count_problem
from schemas.requests import LlmRequest
from streaming.errors import BadEventError
from streaming.seal.content import REQUEST, opened_request
from streaming.seal.seal import Sealer, new_key

BASE = {"tenant": "acme", "model": "small", "messages": [{"role": "user", "content": "x"}]}
MANY = 1_000_000


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [0] * MANY},
        {"stop": [""] * MANY},
        {"untrusted_variables": [1] * MANY},
        {"tags": {str(number): 0 for number in range(MANY // 2)}},
        {"variables": {str(number): 0 for number in range(MANY // 2)}},
        {"unknown": [[[0] * 1_000] * 1_000]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_request_of_a_million_values_is_refused_before_its_fields_are_checked(
    fields: dict[str, object],
) -> None:
    value = json.dumps({**BASE, **fields}).encode()

    with pytest.raises(InvalidEventError, match="more than 20000 values"):
        decode("llm.requests", value, ())


def test_what_is_in_a_seal_has_the_same_bound() -> None:
    sealer = Sealer.from_text(new_key())
    clear = json.dumps({"messages": [0] * MANY}).encode()
    sealed = sealer.seal(clear, tenant="acme", purpose=REQUEST, context="", at=datetime.now(UTC))

    with pytest.raises(BadEventError, match="more than 20000 values"):
        opened_request(sealer, LlmRequest(tenant="acme", model="small", sealed=sealed))


@pytest.mark.parametrize(
    ("values", "is_too_much"), [(MAX_REQUEST_VALUES - 1, False), (MAX_REQUEST_VALUES + 1, True)]
)
def test_the_bound_counts_values_at_whatever_depth(values: int, *, is_too_much: bool) -> None:
    half = values // 2
    nested = json.dumps([[0] * half, [0] * (values - half - 2)]).encode()

    assert (count_problem(nested, MAX_REQUEST_VALUES) is not None) == is_too_much


@pytest.mark.parametrize(
    "value", [b"{" * 9_000, b"\xff" * 9_000, b"[" * 2_000 + b"]" * 2_000, b"9" * 9_000, b""]
)
def test_what_is_no_json_is_left_to_whoever_reads_it_next(value: bytes) -> None:
    assert count_problem(value, 10) is None
