"""Bank codes and account numbers are found beside context words."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in merged(recognise(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("routing number 021000021", "BANK_ACCOUNT", "021000021"),
        ("BIC: DEUTDEFF500", "BANK_ACCOUNT", "DEUTDEFF500"),
        ("sort code 12-34-56", "BANK_ACCOUNT", "12-34-56"),
        ("Kontonummer: 532013000", "BANK_ACCOUNT", "532013000"),
    ],
)
def test_a_bank_code_or_account_number_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "ABA:021000022",
        "swift 5 and kotlin 2",
    ],
)
def test_other_numbers_and_words_are_no_bank_codes(text: str) -> None:
    assert found(text) == []


def test_a_bank_code_is_found_beside_another_script() -> None:
    assert found("SWIFTコードはDEUTDEFFです") == [("BANK_ACCOUNT", "DEUTDEFF")]
    assert found("routingは021000021です") == [("BANK_ACCOUNT", "021000021")]
