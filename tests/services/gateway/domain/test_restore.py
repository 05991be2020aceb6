"""Placeholders are replaced by their values, each exactly once."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.restore import restore


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
