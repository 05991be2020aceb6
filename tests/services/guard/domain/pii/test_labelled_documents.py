"""A number behind a word for a document is found in any script; other numbers near such a word are not."""

import pytest

from schemas.detections import DETECTORS
from services.guard.domain.pii.labelled_documents import labelled_documents
from services.guard.domain.text.word_lists import read_sections


def found(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for kind, (start, end) in labelled_documents(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Αριθμός διαβατηρίου: AE1019847", "PASSPORT", "AE1019847"),
        ("رقم جواز سفري هو A00711408", "PASSPORT", "A00711408"),
        ("पासपोर्ट नंबर J0722628", "PASSPORT", "J0722628"),
        ("我的护照号是G60434957。", "PASSPORT", "G60434957"),
        ("паспорт серия 4510 номер 123456", "PASSPORT", "4510 номер 123456"),
        ("여권 번호는 M12345678입니다", "PASSPORT", "M12345678"),
        ("Numer prawa jazdy 29612/14/1463", "DRIVERS_LICENSE", "29612/14/1463"),
        ("Řidičský průkaz č. EJ 138550", "DRIVERS_LICENSE", "EJ 138550"),
        ("Ehliyet numarası: 170361", "DRIVERS_LICENSE", "170361"),
        ("תעודת הזהות שלי 384607339", "GOVERNMENT_ID", "384607339"),
        ("Cédula de ciudadanía 1.020.345.678", "GOVERNMENT_ID", "1.020.345.678"),
        ("мой ИНН: 7707083893", "TAX_ID", "7707083893"),
        ("дата рождения 12.03.1985", "DATE_OF_BIRTH", "12.03.1985"),
        ("生年月日は1985年3月12日です", "DATE_OF_BIRTH", "1985年3月12日"),
        ("Passport number:\nC1234567\n", "PASSPORT", "C1234567"),
    ],
)
def test_the_number_behind_the_word_is_found(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "The passport office opened in 1998 and issued 120000 passports.",
        "My passport expires on 2027-05-01",
        "driving licence fee is 45000 won",
        "паспорт выдан 12.03.2010",
        "驾驶证考试共有100题，12345人参加",
        "passport number\n12345678 people",
        "date of birth",
        "дата рождения 12.03.1785",
        "Reisepassübergabestellenleiter 12345678",
    ],
)
def test_other_numbers_near_the_word_are_left(text: str) -> None:
    assert found(text) == []


def test_the_kinds_of_the_list_are_declared() -> None:
    assert set(read_sections("document_words.txt")) - {""} <= DETECTORS["rules"].kinds


@pytest.mark.parametrize(
    "text", ["WHERE passport = 12345", "passport 12345", "Reisepass: 54321", "passport: A1234"]
)
def test_fewer_than_six_characters_are_no_number_of_a_document(text: str) -> None:
    assert list(labelled_documents(text)) == []


@pytest.mark.parametrize("number", ["123456", "A12345", "C01X00T47"])
def test_six_characters_are_a_number_of_a_document(number: str) -> None:
    text = f"passport = {number}"

    assert [text[start:end] for _, (start, end) in labelled_documents(text)] == [number]
