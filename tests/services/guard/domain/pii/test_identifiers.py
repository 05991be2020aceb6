"""Personal data is refused in ids and reported in descriptive fields."""

import pytest

from schemas.requests import LlmRequest
from services.guard.domain.pii.identifiers import metadata_chars, refuse_personal_identifiers
from streaming.errors import BadEventError


def request(**fields: object) -> LlmRequest:
    return LlmRequest.model_validate(
        {
            "tenant": "acme",
            "request_id": "r-1",
            "model": "small",
            "messages": [{"role": "user", "content": "Hi"}],
            **fields,
        }
    )


def test_descriptive_fields_and_tags_with_personal_data_are_reported() -> None:
    described = request(user="jane@example.com", project="atlas", tags={"team": "call +44 20 7946 0958"})

    assert refuse_personal_identifiers(described).personal == {"user", "tags.team"}


def test_encoded_personal_data_in_descriptive_fields_is_reported() -> None:
    described = request(
        user="jane%40example.com",
        conversation_id="0b7c4b1e-1d7e-4a52-9d0b-0d6a3ad7e6aa",
        tags={"a": "jane(at)x(dot)org"},
    )

    assert refuse_personal_identifiers(described).personal == {"user", "tags.a"}


@pytest.mark.parametrize(
    "fields",
    [
        {"request_id": "order-of-jane@example.com"},
        {"model": "sk-proj-abcdefghijklmnopqrstuvwx"},
        {"tags": {"jane@example.com": "x"}},
        {"request_id": "jane%40example.com"},
        {"request_id": "user:amFuZS5kb2VAZXhhbXBsZS5jb20="},
        {"prompt": "jane-at-example-dot-com"},
        {"tags": {"jane%40example.com": "x"}},
    ],
)
def test_personal_data_in_an_id_or_the_key_of_a_tag_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadEventError, match="use an opaque name"):
        refuse_personal_identifiers(request(**fields))


def test_the_characters_of_all_fields_and_tags_are_counted() -> None:
    assert metadata_chars(request(user="jane", tags={"team": "blue"})) == len("acmer-1smalljaneteamblue")
