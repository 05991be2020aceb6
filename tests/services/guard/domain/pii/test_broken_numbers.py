"""Digits of other scripts are read, and one broken number is joined; two numbers never are."""

import pytest

from services.guard.domain.pii.broken_numbers import ascii_digits, joined_numbers
from services.guard.domain.pii.payment import card_numbers
from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.offset_maps import in_order, replaced, unchanged


def joined(text: str) -> str:
    return replaced(unchanged(normalise(text)), in_order(joined_numbers(text))).text


@pytest.mark.parametrize(
    "zero", ["\u0660", "\u06f0", "\u0966", "\u09e6", "\u0e50", "\u0be6", "\u17e0", "\u1040", "\U0001e950"]
)
def test_digits_of_a_script_are_ascii_digits(zero: str) -> None:
    text = " ".join(chr(ord(zero) + digit) for digit in range(10))

    mapped = replaced(unchanged(normalise(text)), [*ascii_digits(text)])
    assert mapped.text == "0 1 2 3 4 5 6 7 8 9"
    assert mapped.original_span(2, 3) == (2, 3)


def test_a_point_of_another_script_between_latin_characters_is_a_point() -> None:
    text = "anna@example。com 版本1。中文"

    assert replaced(unchanged(normalise(text)), [*ascii_digits(text)]).text == "anna@example.com 版本1。中文"


@pytest.mark.parametrize(
    "text",
    [
        "4111-\n1111-1111-1111",
        "4111 1111\n1111 1111",
        "4111 1111\t1111 1111",
        "4111_1111_1111_1111",
        "4111/1111/1111/1111",
        "4111*1111*1111*1111",
        "4111 · 1111 · 1111 · 1111",
        "3782_822463_10005",
        "41111111-\n  11111111",
        "Karte: 4111\n1111\n1111\n1111",
        "credit card 4111, 1111, 1111, 1111",
        "4111_1111_1111_1111 12/27 123",
    ],
)
def test_a_broken_card_is_joined(text: str) -> None:
    assert len([*card_numbers(joined(text))]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "4111\n1111\n1111\n1111",
        "4111,1111,1111,1111",
        "4111\t1111\t1111\t1111",
        "4111 | 1111 | 1111 | 1111",
        "2020 4111 1111\n1111 1111 2021",
        "1200\n4111_1111_1111_1111",
        "4111_1111_1111_1112",
        "9111_1111_1111_1111",
        "https://x.com/4111/1111/1111/1111/a.jpg",
        "img/4111/1111/1111/1111.jpg",
        "7287_6228_6413_6064",
        "3786.115556,85187",
        "Zoo 030 901820\n030 901821",
        "1999\n2000\n2001\n2002\n2003",
        "v4111_1111_1111_1111_x",
    ],
)
def test_numbers_of_a_table_or_a_list_stay_apart(text: str) -> None:
    assert joined(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE89 3704 0044\n0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("de89\n3704\n0044\n0532\n0130\n00", "de89 3704 0044 0532 0130 00"),
        ("DE89_3704_0044_0532_0130_00", "DE89 3704 0044 0532 0130 00"),
        ("DE89.3704.0044.0532.0130.00.", "DE89 3704 0044 0532 0130 00."),
        ("GB82 WEST\t1234 5698 7654 32", "GB82 WEST 1234 5698 7654 32"),
        ("DE88_3704_0044_0532_0130_00", "DE88_3704_0044_0532_0130_00"),
        ("DE89_3704_0044_0532_0130_00x", "DE89_3704_0044_0532_0130_00x"),
        ("+49 30 9018-\n20", "+49 30 9018-20"),
    ],
)
def test_a_broken_iban_or_number_is_joined(text: str, expected: str) -> None:
    assert joined(text) == expected


def test_a_broken_number_beside_another_script_is_joined() -> None:
    assert joined("口座DE89_3704_0044_0532_0130_00です") == "口座DE89 3704 0044 0532 0130 00です"
    assert joined("卡号4111_1111_1111_1111是") == "卡号4111 1111 1111 1111是"
