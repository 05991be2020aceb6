"""Metrics of an answer, as tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.metrics import METRICS
from schemas.values import Message
from services.evaluator.adapters.langid_detector import LangidDetector
from services.evaluator.domain.measuring import measure, metric
from services.evaluator.domain.metrics.language_match import language_match
from services.evaluator.domain.metrics.types import EvaluatedAnswer
from services.evaluator.domain.refusals import PHRASES, is_refusal

LANGUAGE_OF = LangidDetector()

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


def answer(
    output: str,
    question: str = "Where is my invoice?",
    *,
    system: str | None = None,
    finish_reason: str = "stop",
) -> EvaluatedAnswer:
    instructions = (Message(role="system", content=system),) if system else ()
    return EvaluatedAnswer(
        (*instructions, Message(role="user", content=question)), output, finish_reason, LANGUAGE_OF
    )


def values(measured: EvaluatedAnswer) -> dict[str, float | None]:
    return {one.name: one.value for one in measure(measured)}


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


@pytest.mark.parametrize(
    ("question", "system", "output", "expected"),
    [
        ("Where is my invoice?", None, '{"a": 1}', None),
        ("Answer as JSON, please", None, '{"a": 1}', 1.0),
        ("Answer as json", None, '```json\n{"a": [1]}\n```', 1.0),
        ("Answer as json", None, "```\n[1]\n```", 1.0),
        ("Answer as json", None, 'Sure! {"a": 1}', 0.0),
        ("Answer as json", None, '{"a": 1', 0.0),
        ("Answer as json", None, "", 0.0),
        ("Answer as json", None, "[" * 100_000, 0.0),
        ("Where is my invoice?", "Reply in JSON only.", "no", 0.0),
        ("Who is jsonathan?", None, "no", None),
    ],
)
def test_json_is_judged_only_where_it_was_asked_for(
    question: str, system: str | None, output: str, expected: float | None
) -> None:
    assert values(answer(output, question, system=system))["json_valid"] == expected


@pytest.mark.parametrize(
    ("question", "output", "expected", "label"),
    [
        (
            "Wo finde ich bitte meine letzte Rechnung?",
            "Ihre letzte Rechnung finden Sie im Portal unter Abrechnung.",
            1.0,
            "de/de",
        ),
        (
            "Wo finde ich bitte meine letzte Rechnung?",
            "You find your last invoice in the customer portal.",
            0.0,
            "de/en",
        ),
        (
            "Où puis-je trouver ma dernière facture ?",
            "Vous trouverez votre facture dans le portail client.",
            1.0,
            "fr/fr",
        ),
        ("請求書はどこにありますか", "請求書はポータルの請求ページにあります。", 1.0, "ja/ja"),
        ("Hi", "You find your last invoice in the customer portal.", None, None),
        ("Where can I find my last invoice please?", "42", None, None),
        (
            "asdf qwer zxcv uiop hjkl vbnm tzui",
            "You find your last invoice in the customer portal.",
            None,
            None,
        ),
        (
            "<PERSON_1> <EMAIL_ADDRESS_2> <PERSON_3> <LOCATION_4>",
            "You find your last invoice in the customer portal.",
            None,
            None,
        ),
        (
            "Wie schreibe ich das in Python am besten?",
            "So geht das noch immer am besten:\n```python\nfor line in open('lines'): print(line)\n```",
            1.0,
            "de/de",
        ),
    ],
)
def test_the_language_of_question_and_answer_is_compared_where_both_say_enough(
    question: str,
    output: str,
    expected: float | None,
    label: str | None,
) -> None:
    measured = metric("language_match", language_match(answer(output, question)))

    assert (measured.value, measured.label) == (expected, label)


def test_lengths_emptiness_and_the_cut_are_counted() -> None:
    whole, cut, empty = (
        values(answer("two words")),
        values(answer("two wo", finish_reason="length")),
        values(answer(" \n")),
    )

    assert (whole["output_chars"], whole["output_words"], whole["empty"], whole["cut_off"]) == (
        9.0,
        2.0,
        0.0,
        0.0,
    )
    assert cut["cut_off"] == 1.0
    assert (empty["empty"], empty["output_words"]) == (1.0, 0.0)


@given(question=st.text(), output=st.text(), system=st.none() | st.text(min_size=1))
def test_any_text_is_measured_and_each_metric_is_there_once(
    question: str, output: str, system: str | None
) -> None:
    names = [measured.name for measured in measure(answer(output, question, system=system))]

    assert names == [*METRICS]
