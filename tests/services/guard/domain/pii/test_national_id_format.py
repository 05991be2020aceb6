"""A format matches its number alone, in either case, and near a context word."""

import pytest

from services.guard.domain.pii.national_id_format import SEPARATOR, national_id_format

FORMAT = national_id_format(
    "GOVERNMENT_ID", rf"[a-z]\d{{3}}{SEPARATOR}\d{{3}}", lambda _: True, ("badge",), r"[A-Z]\d{3}-\d{3}"
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a123456", "a123456"),
        ("A123-456", "A123-456"),
        ("no. A123\u2013456.", "A123\u2013456"),
        ("(A123 456)", "A123 456"),
        ("_A123.456_", "A123.456"),
    ],
)
def test_a_number_is_matched_with_any_separator_and_in_either_case(text: str, number: str) -> None:
    match = FORMAT.pattern.search(text)

    assert match is not None
    assert match.group() == number


@pytest.mark.parametrize(
    "text",
    ["xA123456", "A1234567", "A123456b", "A123-456-7", "A123456.7", "A123456/8", "1-A123456", "+49 A123456"],
)
def test_a_part_of_a_longer_number_is_not_matched(text: str) -> None:
    assert FORMAT.pattern.search(text) is None


def test_the_context_is_a_word_and_a_distinctive_pattern_is_optional() -> None:
    plain = national_id_format("TAX_ID", r"\d{9}", lambda _: True, ("tin",))

    assert [bool(plain.context.search(text)) for text in ("my TIN: ", "latin", "tin")] == [True, False, True]
    assert plain.distinctive_pattern is None
    assert plain.min_digits == 9
