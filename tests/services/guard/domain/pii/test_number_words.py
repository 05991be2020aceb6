"""The listed words have kinds, also in compounds; and ordinary contexts hide no number of a person."""

import pytest
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.it import codicefiscale

from services.guard.domain.pii.number_labels import NUMBER_LABELS
from services.guard.domain.pii.number_words import plain_word, vocabulary
from services.guard.domain.pii.registry import recognise

CARD_STEM, CPF_STEM, IBAN_STEM = "411111111111111", "529982247", "50010517" + "5407324931"
CARD = CARD_STEM + luhn.calc_check_digit(CARD_STEM)
CODE_STEM = "RSSMRA85T10A562"
VALUES = (
    CARD,
    " ".join(CARD[index : index + 4] for index in range(0, 16, 4)),
    "5500-0055-5555-5559",
    "536-90-4399",
    CODE_STEM + codicefiscale.calc_check_digit(CODE_STEM),
    cpf.format(CPF_STEM + "25"),
    f"DE{iban.calc_check_digits('DE00' + IBAN_STEM)}{IBAN_STEM}",
    "12345678" + dni.calc_check_digit("12345678"),
    "(415) 555-2671",
    "415-555-2671",
    "0170 1234567",
    "+49 170 1234567",
)
ORDINARY = (
    "Please charge {}.",
    "Please refund to {}",
    "I ordered with {} yesterday",
    "Every time {} is declined",
    "message: {}",
    "Can you check {} for me?",
    "Owner: {}",
    "user record {}",
    "Contract with {}",
    "My line is {}.",
    "Send the receipt to {}",
    "Your order has shipped. Questions? {}",
    "Kunde: {}",
    "Sender: {}",
    "Post: {}",
    'return "{}"',
    "order 100234, {}",
    "created 1714559462, {}",
    "ts: 1714559462, {}",
    "invoice 100234, {}",
    "Please process {} today",
    "The client gave {}",
    "The customer sent {}",
    "I bought it with {}",
    "Order for {}",
    "Parcel to {}",
    "Ticket by {}",
    "Invoice with {}",
    "We track {}",
    "Please bill {}",
    "Bezahlung mit {}",
    "Bestellung mit {}",
    "Bitte teilen: {}",
    "Rechnung an {}",
    "Paket von {}",
    "In diesem Fall {}",
    "Bestellung für {}",
    "Vertrag mit {}",
    "Kunden: {}",
    "Commande avec {}",
    "Facture pour {}",
    "Contrat avec {}",
    "Client : {}",
    "Pedido con {}",
    "Factura para {}",
    "Cliente: {}",
    "Ordine con {}",
    "Fattura per {}",
    "Contratto con {}",
    "Encomenda com {}",
    "Bestelling met {}",
    "Klant: {}",
    "Zamówienie dla {}",
    "Beställning med {}",
    "Заказ для {}",
    "Клиент: {}",
    "Record: {}",
    '{{"value": "{}"}}',
    "VALUES ('{}', 'Bob')",
    "Here it is: {}",
    "The event: {}",
    "Team {}",
    "id,value\n12,{}",
    "Actor: {}",
)
BUSINESS = (
    "order {}",
    "Order no. {}",
    "order #{}",
    "order: {}",
    "my order is {}",
    "order number is {}",
    "order id {}",
    "parcel {}",
    "Where is parcel {}?",
    "SKU {}",
    "ticket {}",
    "Ticket: {}",
    "invoice {}",
    "Invoice number: {}",
    "tracking number {}",
    "booking {}",
    "customer number {}",
    "Customer ID: {}",
    "user_id={}",
    "client no. {}",
    "contract number {}",
    "receipt no. {}",
    "trace_id={}",
    "ts={}",
    "spanId: {}",
    "request_id={}",
    "session {}",
    "build number {}",
    "serial {}",
    "model {}",
    "reference {}",
    "reservation {}",
    "case number {}",
    "claim number {}",
    "policy number {}",
    "member id {}",
    "Bestellung {}",
    "Bestellnummer {}",
    "Auftragsnr. {}",
    "Kundennummer {}",
    "Sendungsnummer: {}",
    "Rechnung {}",
    "Vertragsnummer {}",
    "commande {}",
    "numéro de commande {}",
    "facture {}",
    "n° de colis {}",
    "pedido {}",
    "número de pedido {}",
    "factura {}",
    "mi pedido {}",
    "ordine {}",
    "il mio ordine è {}",
    "fattura {}",
    "encomenda {}",
    "bestelling {}",
    "klantnummer {}",
    "zamówienie nr {}",
    "faktura {}",
    "sipariş numaram {}",
    "Номер заказа: {}",
    "beställning {}",
    "zásilka {}",
    "注文番号は{}",
    "订单号{}",
    "주문번호는 {}",
    "id,order\n1,{}",
    "orders 4012888888881882, {}",
)
BARE_NUMBERS = (CARD, "4012888888881881", "5555555555554444")


@pytest.mark.parametrize("context", ORDINARY)
def test_an_ordinary_context_hides_no_number_of_a_person(context: str) -> None:
    hidden = [value for value in VALUES if not _is_found(context.format(value), value)]
    assert hidden == []


@pytest.mark.parametrize("context", BUSINESS)
def test_a_bare_number_of_business_is_nobodys(context: str) -> None:
    assert [number for number in BARE_NUMBERS if _is_found(context.format(number), number)] == []


def test_there_are_enough_contexts() -> None:
    assert min(len(ORDINARY), len(BUSINESS)) >= 60


def _is_found(text: str, value: str) -> bool:
    start = text.rindex(value)
    spans = [found.span for found in recognise(text) if found.span is not None]
    return any(span.start <= start and span.end >= start + len(value) for span in spans)


@pytest.mark.parametrize(
    ("word", "has_number", "kind"),
    [
        ("order", False, "business"),
        ("customer", False, None),
        ("customer", True, "business"),
        ("kundennummer", False, "business"),
        ("personalausweisnummer", False, "identity"),
        ("paketen", False, "business"),
        ("house", False, None),
    ],
)
def test_a_word_has_the_kind_of_its_section(word: str, kind: str | None, *, has_number: bool) -> None:
    assert NUMBER_LABELS.kind(word, has_number=has_number) == kind


def test_a_vocabulary_may_join_words_by_prepositions() -> None:
    assert vocabulary("link", is_linked=True).is_linked
    assert not vocabulary("link").is_linked
    assert plain_word("Número") == "numero"
