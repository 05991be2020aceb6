"""Papers, accounts, devices, wallets and dates of birth: check digits where there are some, words beside them where there are none."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.pii.crypto import keccak256
from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in merged(recognise(text))]


MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("BTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        (
            "pay bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq.",
            "CRYPTO",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        ),
        (
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "CRYPTO",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ),
        ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "CRYPTO", "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"),
        ("IMEI: 490154203237518", "IMEI", "490154203237518"),
        ("VIN 1HGCM82633A004352", "VIN", "1HGCM82633A004352"),
        ("mac 00:1B:44:11:3A:B7", "MAC_ADDRESS", "00:1B:44:11:3A:B7"),
        ("routing number 021000021", "BANK_ACCOUNT", "021000021"),
        ("BIC: DEUTDEFF500", "BANK_ACCOUNT", "DEUTDEFF500"),
        ("sort code 12-34-56", "BANK_ACCOUNT", "12-34-56"),
        ("Kontonummer: 532013000", "BANK_ACCOUNT", "532013000"),
        (MRZ, "PASSPORT", MRZ),
        ("my passport number is C01X00T47", "PASSPORT", "C01X00T47"),
        ('{"passport":"X1234567"}', "PASSPORT", "X1234567"),
        ("Driver's license: D1234567", "DRIVERS_LICENSE", "D1234567"),
        ("Führerscheinnummer B072RRE2I55", "DRIVERS_LICENSE", "B072RRE2I55"),
        ("DOB: 12/03/1984", "DATE_OF_BIRTH", "12/03/1984"),
        ("geboren am 3. Mai 1970", "DATE_OF_BIRTH", "3. Mai 1970"),
        ("née le 12/05/1960", "DATE_OF_BIRTH", "12/05/1960"),
        ("call me at 020 7946 0958", "PHONE_NUMBER", "020 7946 0958"),
        ("(415) 555-2671 ext. 12", "PHONE_NUMBER", "(415) 555-2671 ext. 12"),
        ("Telefon 030/901820", "PHONE_NUMBER", "030/901820"),
        ("mon portable: 06.12.34.56.78", "PHONE_NUMBER", "06.12.34.56.78"),
        ("at 12 Baker Street, London NW1 6XE now", "ADDRESS", "12 Baker Street, London NW1 6XE"),
        ("Hauptstraße 12a, 10115 Berlin", "ADDRESS", "Hauptstraße 12a, 10115 Berlin"),
        ("12 bis rue de la Paix, 75002 Paris", "ADDRESS", "12 bis rue de la Paix, 75002 Paris"),
        ("Calle de Alcalá 45, 28014 Madrid", "ADDRESS", "Calle de Alcalá 45, 28014 Madrid"),
        ("Via Giuseppe Verdi 12, 20121 Milano", "ADDRESS", "Via Giuseppe Verdi 12, 20121 Milano"),
        ("Kerkstraat 12, 1017 GC Amsterdam", "ADDRESS", "Kerkstraat 12, 1017 GC Amsterdam"),
        ("PO Box 1234, Springfield, IL 62704", "ADDRESS", "PO Box 1234, Springfield, IL 62704"),
    ],
)
def test_what_belongs_to_somebody_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
        "VIN 1HGCM82633A004353",
        "ff:ff:ff:ff:ff:ff",
        "ABA:021000022",
        MRZ.replace("C36UTO", "C37UTO"),
        "passport in 2024",
        "born in 1990, moved in 2001",
        "5 ways to walk down the street",
        "During 2021, interest rose",
        "reviewing will take place between August 21 and August 28",
        "the C/C++ compiler, version 3",
        "license number 545345",
        "2010-2015",
        "arXiv.1706.03762",
        "02110-1301",
        "1600000000 seconds, 0.000001 of 1,234,567",
        "swift 5 and kotlin 2",
    ],
)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert found(text) == []


def test_the_hash_is_the_one_of_ethereum() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


PIECES = (
    "a ",
    "12 ",
    "Ab ",
    "street 1 ",
    "12 Ab ",
    "rue ",
    "4111 ",
    "+49 ",
    "00",
    "(",
    "password=",
    "key:",
    "eyJ",
    "<",
    "DE89",
    "nhs 943",
    "born ",
    "://a:",
    "-",
    "0x" + "a" * 40 + " ",
    "1A",
    "@a.",
    "P<",
    "1.",
    "ab:",
)


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_makes_a_rule_slow(piece: str) -> None:
    def seconds(characters: int) -> float:
        text = (piece * (characters // len(piece) + 1))[:characters]
        started = time.process_time()
        recognise(text)
        return time.process_time() - started

    seconds(2_000)
    short, long = min(seconds(25_000) for _ in range(2)), seconds(200_000)
    assert long < 8 * 4 * max(short, 0.002)


@given(st.text(alphabet="ab 12-.:@/+(\n\u200b\uff11\u0661é,x=\"'<", max_size=200))
def test_merged_places_lie_in_the_original_and_apart(text: str) -> None:
    spans = merged(recognise(text))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@given(
    value=st.sampled_from(
        ["4111 1111 1111 1111", "DE89370400440532013000", "jane@example.com", "536-90-4399"]
    ),
    seed=st.lists(st.integers(0, 18), max_size=4),
    before=st.text(alphabet="ü \u200bＡ", max_size=8),
)
def test_an_invisible_character_hides_nothing_and_moves_no_place(
    value: str, seed: list[int], before: str
) -> None:
    hidden = value
    for place in seed:
        hidden = hidden[: place % (len(hidden) - 1) + 1] + "\u200b" + hidden[place % (len(hidden) - 1) + 1 :]
    text = f"{before} {hidden} end"
    assert hidden in [text[span.start : span.end] for span in recognise(text)]
