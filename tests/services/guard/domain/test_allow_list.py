"""An allow-list removes exactly its values and patterns, for its kinds, and can neither crash nor stall."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policies import AllowListEntry, PolicyDocument, Rule
from services.guard.domain.allow_list import allow_list_entry_problem, allow_list_problem, without_allowed
from services.guard.domain.detection import Detection, Span
from services.guard.domain.policy import DEFAULT
from services.guard.domain.rule_detectors import KnownValueDetector, RuleDetector
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import DetectorSet, Screener

TEXT = "Ask Info@Acme.example or jane@home.example, key sk-1"
COMPANY, JANE = (
    Detection("EMAIL_ADDRESS", "rules", 1.0, Span(4, 21)),
    Detection("EMAIL_ADDRESS", "rules", 1.0, Span(25, 42)),
)
NAME_IN_COMPANY, KEY = (
    Detection("PERSON", "ner", 0.8, Span(9, 13)),
    Detection("SECRET", "rules", 1.0, Span(48, 52)),
)
SPANS = [COMPANY, JANE, NAME_IN_COMPANY, KEY]


def policy(*allow: AllowListEntry) -> PolicyDocument:
    return PolicyDocument(name="acme", allow=allow)


@pytest.mark.parametrize(
    ("allowed", "left"),
    [
        (AllowListEntry(value="info@acme.example"), [JANE, KEY]),
        (AllowListEntry(value=" ｉnfo@ACME.example"), [JANE, KEY]),
        (AllowListEntry(value="info@acme.example", kinds=("EMAIL_ADDRESS",)), [JANE, NAME_IN_COMPANY, KEY]),
        (AllowListEntry(value="info@acme.example", kinds=("PHONE_NUMBER",)), SPANS),
        (AllowListEntry(value="acme.example"), SPANS),
        (AllowListEntry(value="sk-1"), SPANS),
        (AllowListEntry(value="sk-1", kinds=("SECRET",)), [COMPANY, JANE, NAME_IN_COMPANY]),
        (AllowListEntry(pattern=r"(?i)[a-z.]+@acme\.example"), [JANE, KEY]),
        (AllowListEntry(pattern=r"(?i)[a-z.]+@acme"), SPANS),
        (AllowListEntry(pattern=r".*", kinds=("PERSON",)), [COMPANY, JANE, KEY]),
    ],
)
def test_what_is_left(allowed: AllowListEntry, left: list[Detection]) -> None:
    assert list(without_allowed(policy(allowed), TEXT, SPANS)) == left


@pytest.mark.parametrize(
    "text", ["info%40acme.example", "info [at] acme [dot] example", "info&#64;acme.example"]
)
def test_an_encoded_value_is_allowed_like_the_value(text: str) -> None:
    found = [Detection("EMAIL_ADDRESS", "rules", 1.0, Span(0, len(text)))]

    assert without_allowed(policy(AllowListEntry(value="info@acme.example")), text, found) == []
    assert without_allowed(policy(AllowListEntry(pattern=r".+@acme\.example")), text, found) == []
    assert without_allowed(policy(AllowListEntry(value="jane@acme.example")), text, found) == found


def test_a_value_that_was_pseudonymised_on_its_way_in_stays_one() -> None:
    known = Detection("EMAIL_ADDRESS", "known-values", 1.0, Span(4, 21))
    assert list(without_allowed(policy(AllowListEntry(value="info@acme.example")), TEXT, [known])) == [known]


async def test_what_is_allowed_stays_in_the_text_and_is_in_no_verdict() -> None:
    screener = Screener(DetectorSet(rules=(RuleDetector(), KnownValueDetector()), privacy=()))
    strict = policy(AllowListEntry(value="info@acme.example")).model_copy(
        update={"rules": (Rule(kind="EMAIL_ADDRESS", direction="input", action="block"),)}
    )
    allowed = await screener.screen([TextSegment("Ask info@acme.example")], ScreeningContext("input", strict))
    other = await screener.screen([TextSegment("Ask jane@home.example")], ScreeningContext("input", strict))
    assert (allowed.redacted_texts, allowed.verdict.action, allowed.verdict.findings) == (
        ("Ask info@acme.example",),
        "allow",
        (),
    )
    assert other.verdict.action == "block"


@given(
    st.text(max_size=20),
    st.one_of(
        st.builds(AllowListEntry, value=st.text(min_size=1, max_size=5)),
        st.builds(AllowListEntry, pattern=st.text(min_size=1)),
    ),
)
def test_no_list_and_no_text_breaks_it_and_nothing_is_added(text: str, allowed: AllowListEntry) -> None:
    spans = [Detection("PERSON", "ner", 0.9, Span(0, len(text)))] if text else []
    assert set(without_allowed(policy(allowed), text, spans)) <= set(spans)


@pytest.mark.parametrize("pattern", ["(", "(?=x)y", "a{9999}", "\ud800"])
def test_a_pattern_that_is_none_is_named_when_asked_and_allows_nothing_when_it_got_in(pattern: str) -> None:
    broken = AllowListEntry.model_construct(value=None, pattern=pattern, kinds=())
    mixed = PolicyDocument(name="acme").model_copy(
        update={"allow": (broken, AllowListEntry(pattern="(?i)info@.*"))}
    )
    assert "RE2" in (allow_list_entry_problem(broken) or "")
    assert list(without_allowed(mixed, TEXT, SPANS)) == [JANE, KEY]


@pytest.mark.slow
def test_a_list_that_is_too_large_together_is_named() -> None:
    large = policy(
        *(
            AllowListEntry(pattern=f"(?:{letter}.{{1,900}}){{1,1}}z{number}")
            for letter in "abcdefgh"
            for number in range(60)
        )
    )
    assert "too large together" in (allow_list_problem(large) or "")
    assert list(without_allowed(large, TEXT, SPANS)) == SPANS


def test_a_pattern_that_would_stall_another_engine_is_linear() -> None:
    text = "a" * 20_000 + "!"
    stalling = policy(AllowListEntry(pattern=r"(a+)+$"))
    started = time.perf_counter()
    assert len(without_allowed(stalling, text, [Detection("PERSON", "ner", 0.9, Span(0, len(text)))])) == 1
    assert time.perf_counter() - started < 5


def test_ten_thousand_values_cost_a_lookup_and_the_default_costs_nothing() -> None:
    long = policy(*(AllowListEntry(value=f"person{number}@acme.example") for number in range(10_000)))
    without_allowed(long, TEXT, SPANS)
    started = time.perf_counter()
    for _ in range(100):
        without_allowed(long, TEXT, SPANS)
    assert time.perf_counter() - started < 1
    assert without_allowed(DEFAULT, TEXT, SPANS) is SPANS
