"""The metric looks at the answer, and not at the prompt."""

from services.evaluator.domain.metrics.refusal import refusal
from tests.services.evaluator.domain.metrics.answers import answer


def test_a_refusal_counts_in_the_answer_only() -> None:
    refused = "I'm sorry, but I can't help with that."

    in_answer = refusal(answer(refused))
    in_question = refusal(answer("It is in the portal.", refused, system=refused))

    assert (in_answer, in_question) == (True, False)


def test_a_refusal_after_white_space_counts() -> None:
    assert refusal(answer("\n\n  Lo siento, pero no puedo ayudarte con eso."))
