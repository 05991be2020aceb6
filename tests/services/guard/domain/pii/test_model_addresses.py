"""A street of the classifier is an address if a word for streets or another part of one supports it."""

import pytest

from services.guard.domain.pii.model_addresses import is_street_address
from services.guard.domain.text.types import CharSpan


def is_address(marked: str, score: float = 0.9) -> bool:
    """Whether the words in brackets, as the classifier labels them, are an address."""
    text = marked.replace("[", "").replace("]", "")
    start, end = marked.index("["), marked.index("]") - 1
    spans: list[CharSpan] = []
    for word in text[start:end].replace(",", " ").split():
        offset = text.index(word, spans[-1][1] if spans else start)
        spans.append((offset, offset + len(word)))
    return is_street_address(text, spans, score)


@pytest.mark.parametrize(
    "marked",
    [
        "the parcel went to [61229 Emily Knolls] instead",
        "the parcel went to [1118 4th Street]",
        "wonende [Mariaring 3].",
        "wohnt im [Karl-Klotz-Ring 5/5]",
        "con domicilio en [Vial de Isidora Reig 22].",
        "residente in [Canale Filogamo, 286]",
        "residente na [Aeroporto Rodrigues, 952].",
        "it is in [Kromwater 38] Apt. 705",
        "Mary Kelemen\n[73 Wilgenblik 87]\nSoest\nPeru 38267",
        "the office is at [37 Parva Domus 6896], Pesconuovo",
        "in small letters at [12 baker street]",
        "a csomagot ide: [Kossuth utca 12], 1234 Budapest",
        "kirim paket ke [Gang Jakarta No. 457].",
    ],
)
def test_a_supported_street_with_a_number_is_an_address(marked: str) -> None:
    assert is_address(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "Book a table at [Sputnik 1]",
        "se asoció en [1886 con Robert Lane] y Benjamin",
        "in the year [1886, Robert Lane] joined",
        "skončily na [jaře roku 1415] a Jindřich se rozhodl",
        "nach [Absatz 1] der Verordnung",
        "[Chapter 5 Road]",
        "1 room at the [1 Hotel Brooklyn Bridge]",
        "see [Mazda 616] and Datsun",
        "at [11 am at 30th Street] Station",
        "`tar cf {{[cesta/k/cili.tar]}}`",
        "on March [2nd, 2035]",
        "doc: fix typo\n\n[PR #2248]",
    ],
)
def test_dates_counts_titles_and_headings_are_no_addresses(marked: str) -> None:
    assert not is_address(marked)


@pytest.mark.parametrize(("score", "expected"), [(0.99, True), (0.9, False)])
def test_a_street_without_a_number_needs_a_sure_classifier(score: float, expected: bool) -> None:
    assert is_address("in [Baker Street]", score) == expected


def test_a_station_named_after_a_street_is_no_address() -> None:
    assert not is_address("at [30th Street] Station", 0.99)
