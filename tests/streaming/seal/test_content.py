"""What is sealed opens for its own tenant, purpose and request only, and what opens is what was sealed."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.requests import LlmRequest
from streaming.errors import BadEventError
from streaming.seal.content import (
    open_answer,
    open_pseudonyms,
    opened_request,
    seal_answer,
    seal_pseudonyms,
    sealed_request,
)
from streaming.seal.seal import Sealer

SEALER = Sealer(bytes(32))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = UUID(int=7)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def request_of(texts: list[str], variables: dict[str, str], **fields: object) -> LlmRequest:
    messages = [{"role": "user", "content": text} for text in ["hello", *texts]]
    return LlmRequest.model_validate(
        {"tenant": "acme", "model": "small", "messages": messages, "variables": variables, **fields}
    )


@given(st.lists(TEXTS), st.dictionaries(NAMES, TEXTS))
def test_requests_pseudonyms_and_answers_open_as_they_were_sealed(
    texts: list[str], variables: dict[str, str]
) -> None:
    request = request_of(texts, variables, user="u-1", tags={"team": "care"}, request_id="r-1", max_tokens=7)

    sealed = sealed_request(SEALER, request, NOW)
    pseudonyms = seal_pseudonyms(SEALER, "acme", RECORD, variables, NOW)
    answer = seal_answer(SEALER, "acme", RECORD, "".join(texts), NOW)

    assert opened_request(SEALER, sealed) == request
    assert open_pseudonyms(SEALER, "acme", RECORD, pseudonyms) == variables
    assert open_answer(SEALER, "acme", RECORD, answer) == "".join(texts)


def test_nothing_that_a_producer_writes_freely_is_readable_beside_the_seal() -> None:
    planted = "jane@example.com"
    named = {
        "user": planted,
        "tags": {planted: planted},
        "request_id": planted,
        "conversation_id": planted,
        "untrusted_variables": (planted,),
    }
    request = request_of([planted], {planted: planted}, **named)

    written = sealed_request(SEALER, request, NOW).model_dump_json()

    assert planted not in written
    assert '"tenant":"acme"' in written


def test_a_request_without_a_seal_stays_as_it_is() -> None:
    request = request_of(["clear"], {})
    assert opened_request(SEALER, request) is request


def sealed_token(tenant: str = "acme") -> str:
    return (
        sealed_request(SEALER, request_of(["clear"], {}), NOW).model_copy(update={"tenant": tenant}).sealed
        or ""
    )


def opened(token: str, sealer: Sealer = SEALER, tenant: str = "acme") -> LlmRequest:
    return opened_request(sealer, LlmRequest(tenant=tenant, model="small", sealed=token))


@pytest.mark.parametrize(
    "opening",
    [
        lambda token: opened(token, tenant="globex"),
        lambda token: open_pseudonyms(SEALER, "acme", RECORD, token),
        lambda token: open_answer(SEALER, "acme", RECORD, token),
        lambda token: opened(token, Sealer(bytes(31) + b"x")),
        lambda token: opened(token[:-8]),
    ],
)
def test_a_seal_opens_for_no_other_tenant_or_purpose(opening: Callable[[str], object]) -> None:
    with pytest.raises(BadEventError) as raised:
        opening(sealed_token())

    assert raised.value.reason == "seal_not_open"


@pytest.mark.parametrize(
    "clear", [b"\xff", b"{", b"{}", b'{"messages": [{"role": "robot", "content": "secret"}]}']
)
def test_sealed_nonsense_is_refused_without_quoting_it(clear: bytes) -> None:
    token = SEALER.seal(clear, tenant="acme", purpose="request", context="", at=NOW)

    with pytest.raises(BadEventError) as raised:
        opened(token)

    assert raised.value.reason == "invalid_event"
    assert "secret" not in str(raised.value)
