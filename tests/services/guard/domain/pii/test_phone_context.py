"""Words of calling in any language are near a telephone number, and calls of programs are not."""

import pytest

from services.guard.domain.pii.phone_context import has_phone_word

NUMBER = "912345855"


@pytest.mark.parametrize(
    "before",
    [
        "Liga-me para o ",
        "fammi uno squillo al ",
        "mój numer to ",
        "набери меня ",
        "Κάλεσέ με στο ",
        "اتصل بي على ",
        "מתקשרים אלי, התקשרו ",
        "मेरा नंबर ",
        "请拨打",
        "call me on ",
        "Gọi cho tôi số ",
    ],
)
def test_a_word_of_calling_is_near(before: str) -> None:
    assert has_phone_word(before + NUMBER, len(before), len(before) + len(NUMBER))


@pytest.mark.parametrize(
    "before", ["The call returned ", "ring buffer ", "N(INITIAL_CONTACT) ", "order ", ""]
)
def test_programs_call_no_telephone(before: str) -> None:
    assert not has_phone_word(before + NUMBER, len(before), len(before) + len(NUMBER))
