"""Refusals are recognised by how they begin, in each language with phrases."""

import time

import pytest

from services.evaluator.domain.refusals import BEGINNING_CHARS, PHRASES, is_refusal

REFUSALS = {
    "en": "I’m sorry, but I can't help with that.",
    "de": "Es tut mir leid, dabei kann ich dir leider nicht helfen.",
    "fr": "Je suis désolé, mais je ne peux pas vous aider.",
    "es": "Lo siento, pero no puedo ayudarte con eso.",
    "it": "Mi dispiace, ma non posso aiutarti.",
    "pt": "Desculpe, mas não posso ajudar com isso.",
    "nl": "Het spijt me, maar ik kan je daar niet bij helpen.",
    "pl": "Przykro mi, ale nie mogę w tym pomóc.",
    "tr": "Üzgünüm, bu konuda size yardımcı olamam.",
    "ru": "Извините, но я не могу с этим помочь.",
    "uk": "Вибачте, але я не можу з цим допомогти.",
    "zh": "抱歉，我无法帮助您。",
    "ja": "申し訳ありませんが、そのご依頼にはお答えできません。",
    "ko": "죄송합니다. 그 요청은 도와드릴 수 없습니다.",
}


def test_every_language_with_phrases_has_an_example() -> None:
    assert REFUSALS.keys() == PHRASES.keys()


@pytest.mark.parametrize("output", REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_is_seen_in_its_language(output: str) -> None:
    assert is_refusal(output)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Your invoice is in the portal under Billing.",
        "I'm sorry to hear that. Your invoice is in the portal.",
        "I'm sorry, but I think the invoice was sent twice.",
        "Tut mir leid, das Paket ist verspätet; es kommt morgen.",
        "Ich kann keine Fehler in der Rechnung finden.",
        "Lo siento mucho. Su factura está en el portal.",
        "Here is a polite refusal you may use. " + "x" * 240 + " I'm sorry, but I can't help with that.",
    ],
)
def test_an_apology_or_a_quote_is_no_refusal(output: str) -> None:
    assert not is_refusal(output)


def test_the_phrase_counts_up_to_the_last_character_of_the_beginning() -> None:
    refused = "I can't help"
    fill = "x" * (BEGINNING_CHARS - len(refused) - 1)

    last, too_late = f"{fill} {refused}", f"{fill}x {refused}"

    assert (is_refusal(last), is_refusal(too_late)) == (True, False)


def test_a_long_answer_takes_no_longer_than_its_beginning() -> None:
    started = time.process_time()
    is_refusal("ik kan je u dat daar hier " * 100_000)

    assert time.process_time() - started < 0.1
