"""Card numbers and IBANs are found by their check digits, also beside other digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from services.guard.domain.pii.payment import card_numbers
from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import position


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in sorted(recognise(text), key=position)]


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("card 4111 1111 1111 1111 12/27", "4111 1111 1111 1111"),
        ("card 4111 1111 1111 1111 123", "4111 1111 1111 1111"),
        ("7 4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("no.4111111111111111", "4111111111111111"),
        ("4111-1111-1111-1111-", "4111-1111-1111-1111"),
        ("4111.1111.1111.1111", "4111.1111.1111.1111"),
        ("4111\u00a01111\u00a01111\u00a01111", "4111\u00a01111\u00a01111\u00a01111"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
        ("amex 3782 822463 10005 ok", "3782 822463 10005"),
        ("amex 3782 8224 6310 005 99", "3782 8224 6310 005"),
        ("diners 3056 930902 5904", "3056 930902 5904"),
        ("visa 4222222222222", "4222222222222"),
        ("maestro 6759649826438453", "6759649826438453"),
        ("6759 6498 2643 8453", "6759 6498 2643 8453"),
        ("4111111111111111", "4111111111111111"),
        ("378282246310005", "378282246310005"),
        ("the order is paid with card 4111111111111111", "4111111111111111"),
        ("order 4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("卡号4111111111111111", "4111111111111111"),
        ("carte 4111111111111111 de la commande", "4111111111111111"),
    ],
)
def test_a_card_is_found_beside_other_digits(text: str, card: str) -> None:
    assert ("CREDIT_CARD", card) in found(text)


def test_two_cards_in_a_row_are_two() -> None:
    assert found("4111 1111 1111 1111 5555 5555 5555 4444") == [
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("CREDIT_CARD", "5555 5555 5555 4444"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "at 1699999999999 ms",
        "0.4111111111111111",
        "2026-11-02 2026-11-03 2026-11-04",
        "1111 1111 1111 1111",
        "id 17000000000000000000000001",
        "ts=1764515640123452",
        "ts=4111111111111111",
        "trace_id: 4111111111111111",
        "order 4111111111111111",
        "Bestellnummer 4111111111111111",
        "注文番号 4111111111111111",
        "1000000000000008",
        "activity-6963242628536487936-trAp",
        "-.4111111111111111",
        "a4111111111111111f",
        "1320279584.544804",
        "6759649826438453",
        "5555555555554444000",
    ],
)
def test_other_long_numbers_are_no_cards(text: str) -> None:
    assert found(text) == []


@given(
    start=st.sampled_from(["4", "51", "2221", "34", "6011", "3528"]),
    rest=st.text(alphabet="0123456789", min_size=20, max_size=20),
    after=st.integers(0, 999),
)
def test_a_card_of_each_network_is_found_before_a_security_code(start: str, rest: str, after: int) -> None:
    body = (start + rest)[: 14 if start == "34" else 15]
    card = body + luhn.calc_check_digit(body)
    grouped = " ".join(card[index : index + 4] for index in range(0, len(card), 4))
    assert ("CREDIT_CARD", card) in found(f"{card}, code {after:03}")
    (card_beside_code,) = [
        value for kind, value in found(f"pay {grouped} {after:03}") if kind == "CREDIT_CARD"
    ]
    assert card_beside_code.startswith(grouped)


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("to DE89 3704 0044 0532 0130 00 AND MORE", "DE89 3704 0044 0532 0130 00"),
        ("to de89370400440532013000.", "de89370400440532013000"),
        ("GB82-WEST-1234-5698-7654-32", "GB82-WEST-1234-5698-7654-32"),
        ("NL91ABNA0417164300, thanks", "NL91ABNA0417164300"),
    ],
)
def test_an_iban_is_found_in_any_grouping_and_case(text: str, account: str) -> None:
    assert ("IBAN_CODE", account) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "DE89 3704 0044 0532 0130 01",
        "DE893704004405320130001",
        "ZZ89370400440532013000",
        "DE89 3704",
        "AB12 is a code",
    ],
)
def test_a_wrong_check_digit_or_length_is_no_iban(text: str) -> None:
    assert "IBAN_CODE" not in {kind for kind, _ in found(text)}


@given(body=st.text(alphabet="0123456789", min_size=18, max_size=18), spaced=st.booleans())
def test_a_german_iban_is_found_by_its_check_digits(body: str, spaced: bool) -> None:
    check = 98 - int(body + "131400") % 97
    right, wrong = f"DE{check:02}{body}", f"DE{(check % 97) + 1 if check < 97 else 2:02}{body}"
    shown = " ".join(right[index : index + 4] for index in range(0, 22, 4)) if spaced else right
    assert ("IBAN_CODE", shown) in found(f"{shown} BITTE")
    assert "IBAN_CODE" not in {kind for kind, _ in found(wrong)}


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("口座番号GB82WEST12345698765432です", "GB82WEST12345698765432"),
        ("счётFR76 3000 6000 0112 3456 7890 189и", "FR76 3000 6000 0112 3456 7890 189"),
        ("an DE89 3704 0044 0532 0130 00bitte", "DE89 3704 0044 0532 0130 00"),
        ("IBANAT611904300234573201", "AT611904300234573201"),
    ],
)
def test_an_iban_is_found_beside_letters_without_a_space(text: str, account: str) -> None:
    assert found(text) == [("IBAN_CODE", account)]


@pytest.mark.parametrize(
    "text", ["DE89370400440532013000X", "GB82WEST12345698765432und", "XDE89370400440532013000"]
)
def test_an_iban_inside_a_longer_code_is_none(text: str) -> None:
    assert "IBAN_CODE" not in dict(found(text))


@pytest.mark.parametrize("text", ["span 7c9e-4242424242424242", "4242424242424242-9b1d-0a"])
def test_a_part_of_a_hexadecimal_id_is_no_card(text: str) -> None:
    assert "CREDIT_CARD" not in dict(found(text))


def test_a_card_behind_a_word_and_a_hyphen_is_found() -> None:
    assert found("visa-4242424242424242") == [("CREDIT_CARD", "4242424242424242")]


@pytest.mark.parametrize(
    "word",
    [
        "valid",
        "prepaid",
        "paid",
        "Astrid",
        "David",
        "Madrid",
        "MADRID",
        "hybrid",
        "Sigrid",
        "said",
        "grid",
        "Enid",
    ],
)
def test_a_word_that_ends_in_id_is_no_id_of_a_thing(word: str) -> None:
    text = f"{word} 4111111111111111 12/27"

    assert [text[start:end] for start, end in card_numbers(text)] == ["4111111111111111"]


@pytest.mark.parametrize(
    "name",
    [
        "user_id",
        "order-id",
        "orderId",
        "orderID",
        "theme id",
        "ORDER_ID",
        "orderid",
        "ORDERID",
        "uuid",
        "history_id",
    ],
)
def test_the_id_of_a_thing_is_no_card(name: str) -> None:
    assert list(card_numbers(f"{name}: 4111111111111111")) == []
