"""The words beside a number say what it counts, in many languages, in keys and in column titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.number_labels import (
    NUMBER_LABELS,
    NumberLabel,
    is_labelled_not_personal,
    label_before,
    number_label,
    plain_word,
    vocabulary,
)

NUMBER = "1796060995"


def label(text: str) -> NumberLabel | None:
    start = text.index(NUMBER)
    return number_label(text, start, start + len(NUMBER))


def direct_kind(text: str) -> str | None:
    found = label(text)
    return found.kind if found is not None and found.is_direct else None


@pytest.mark.parametrize(
    "text",
    [
        "Where is parcel 1796060995?",
        "order no. 1796060995",
        "Tracking number: 1796060995",
        "customer number 1796060995",
        "meine Sendungsnummer lautet 1796060995",
        "Auftragsnr. 1796060995",
        "n° de colis 1796060995",
        "mi pedido 1796060995",
        "il mio ordine è 1796060995",
        "nº da encomenda 1796060995",
        "bestelling 1796060995",
        "zamówienie nr 1796060995",
        "sipariş numaram 1796060995",
        "Номер заказа: 1796060995",
        "beställning 1796060995",
        "zásilka 1796060995",
        "посилка 1796060995",
        "注文番号は1796060995です",
        "请问订单号1796060995",
        "1796060995番の注文",
        "주문번호는 1796060995",
        "parcels 1796060991, 1796060992 and 1796060995",
        "1796060995 is my order",
        "id,order,name\n1,1796060995,x",
    ],
)
def test_a_number_behind_a_word_of_business_is_a_business_number(text: str) -> None:
    assert direct_kind(text) == "business"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ts=1796060995", "time"),
        ("createdAt: 1796060995", "time"),
        ("trace_id=1796060995", "technical"),
        ("parentSpanId: 1796060995", "technical"),
        ("account-id 1796060995", "technical"),
        ("account number 1796060995", "bank"),
        ("driving licence number 1796060995", "licence"),
        ("order 5512, phone 1796060995", "phone"),
        ("my phone is dead, parcel 1796060995", "business"),
        ("card of order 1796060995", "business"),
        ("tax id 1796060995", "tax"),
        ("bank account id 1796060995", "bank"),
        ("my ID card number is 1796060995", "identity"),
        ("Account number:\n1796060995", "bank"),
        ('{"label": "Passport number", "value": "1796060995"}', "passport"),
        ('{"value": 1796060995, "field": "order_id"}', "business"),
    ],
)
def test_the_nearest_word_names_the_number(text: str, kind: str) -> None:
    found = label(text)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "1796060995",
        "customer 1796060995",
        "there are 1796060995",
        "order\n1796060995",
        "parcel" + " " * 80 + NUMBER,
    ],
)
def test_other_words_and_places_name_nothing(text: str) -> None:
    assert label(text) is None


@pytest.mark.parametrize("text", ["I ordered a parcel yesterday. 1796060995", "order pizza at 1796060995"])
def test_a_word_of_another_part_of_the_text_is_not_direct(text: str) -> None:
    assert direct_kind(text) is None


def test_a_nearer_word_of_another_kind_outranks_the_label() -> None:
    text = f"order {NUMBER}"
    start = text.index(NUMBER)
    assert is_labelled_not_personal(text, start, len(text))
    assert is_labelled_not_personal(text, start, len(text), distance=1)
    assert not is_labelled_not_personal(text, start, len(text), distance=0)


def test_of_a_word_in_several_sections_the_first_counts() -> None:
    assert vocabulary("network", "version").kind("node", has_number=False) == "network"
    assert vocabulary("technical", "network").kind("node", has_number=False) == "technical"


@pytest.mark.parametrize(
    ("word", "plain"), [("Número", "numero"), ("ЁЛКА", "елка"), ("Café", "cafe"), ("注文", "注文")]
)
def test_a_plain_word_has_no_accents(word: str, plain: str) -> None:
    assert plain_word(word) == plain


@given(text=st.text(max_size=120), data=st.data())
def test_a_label_is_near_the_number_in_any_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    found = label_before(text, start, NUMBER_LABELS)
    assert found is None or 0 <= found.distance <= 60
