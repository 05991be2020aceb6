"""The checks by pattern and phrase, through the screener: exact spans, linear time, and refused patterns."""

import asyncio
import time
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.checks import AnyCheck, DisclaimerCheck, RegexCheck, TopicsCheck
from schemas.policies import PolicyDocument
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.checks.regex import MAX_SPANS, Re2Pattern
from services.guard.domain.checks.registry import CheckDetector, check_problem
from services.guard.domain.rule_detectors import RuleDetector
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from services.guard.screener import DetectorSet, Screener

SCREENER = Screener(DetectorSet(rules=(RuleDetector(), CheckDetector(LazyLanguageIdentifier())), privacy=()))
VERSIONS = count(1)


def screened(text: str, check: AnyCheck) -> ScreeningResult:
    policy = PolicyDocument(name="acme", version=next(VERSIONS), checks=(check,))
    return asyncio.run(SCREENER.screen([TextSegment(text, "output")], ScreeningContext("output", policy)))


def is_stopped(text: str, check: AnyCheck) -> bool:
    return screened(text, check).verdict.action == "block"


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("ask Globex", True),
        ("GLOBEX's offers", True),
        ("globexs", True),
        ("Globexing is a word of its own", False),
        ("my-globe", False),
        ("Ｇｌｏｂｅｘ", True),
        ("Glo\u200bbex", True),
        ("Initech\nLtd sells", True),
        ("Initech-Ltd", True),
        ("Initech sells", False),
        ("ÜBERWEGE", True),
        ("überwegend", False),
        ("我们的竞争对手很好", True),
    ],
)
def test_topics_are_whole_words_in_any_case_spacing_and_disguise(text: str, is_found: bool) -> None:
    assert (
        is_stopped(
            text, TopicsCheck(name="rivals", phrases=("Globex", "Initech Ltd", "Überwege", "竞争对手"))
        )
        is is_found
    )


def test_a_masked_topic_goes_alone_and_leaves_what_surrounds_it() -> None:
    check = TopicsCheck(name="rivals", phrases=("Globex", "Globex Corp"), action="mask")
    result = screened("Globex Globex Corp, Globexing; mail a@example.com about Globex's", check)
    assert result.redacted_texts == ("[rivals] [rivals], Globexing; mail [EMAIL_ADDRESS] about [rivals]",)
    assert [(one.detector, one.kind, one.action, one.count) for one in result.verdict.findings] == [
        ("rules", "EMAIL_ADDRESS", "mask", 1),
        ("topics", "rivals", "mask", 3),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_places_of_a_topic_are_exact_whatever_stands_beside_it(before: str, after: str) -> None:
    check = TopicsCheck(name="rivals", phrases=("Globex",), action="mask")
    result = screened(f"{before} Globex {after}", check)
    spans = [span for span in result.detections[0] if span.detector == "topics"]
    text = f"{before} Globex {after}"
    assert "globex" in [text[span.start : span.end].casefold() for span in spans]


def test_a_pattern_masks_what_it_matches_in_characters_of_the_original() -> None:
    check = RegexCheck(name="orders", pattern=r"(?i)order \d+", action="mask")
    assert screened("é ORDER 12, 🙂 ｏｒｄｅｒ ３!", check).redacted_texts == ("é [orders], 🙂 [orders]!",)


@pytest.mark.parametrize(
    ("must_match", "text", "stops"),
    [(False, "a-17", True), (False, "a", False), (True, "a-17", False), (True, "a", True)],
)
def test_a_pattern_forbids_or_demands(must_match: bool, text: str, stops: bool) -> None:
    assert is_stopped(text, RegexCheck(name="number", pattern=r"-\d+", must_match=must_match)) is stops


@pytest.mark.parametrize(
    ("text", "when", "stops"),
    [
        ("Sign it. NOT  legal\nadvice.", (), False),
        ("Sign it.", (), True),
        ("Hello.", ("contract",), False),
        ("Two contracts.", ("contract",), True),
    ],
)
def test_a_disclaimer_is_demanded_where_its_subject_occurs(
    text: str, when: tuple[str, ...], stops: bool
) -> None:
    check = DisclaimerCheck(name="d", any_of=("Not legal advice.",), when=when)
    assert is_stopped(text, check) is stops


def test_a_pattern_sees_what_normalising_takes_away() -> None:
    assert is_stopped("a\u200bb", RegexCheck(name="hidden", pattern=r"[\x{200b}\x{2060}]"))


def test_a_pattern_that_stands_everywhere_masks_the_whole_text() -> None:
    check = RegexCheck(name="a", pattern="a", action="mask")
    assert screened("ab" * MAX_SPANS, check).redacted_texts == ("[a]b" * MAX_SPANS,)
    assert screened("ab" * (MAX_SPANS + 1), check).redacted_texts == ("[a]",)


@pytest.mark.parametrize("bomb", [r"(a+)+$", r"(a|aa)+$", r"(.*a){12}$", r"^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_costs_linear_time(bomb: str) -> None:
    pattern = Re2Pattern(bomb)
    pattern.matches("a" * 200_000 + "!")
    costs = [min(_cost_of(pattern, length) for _ in range(5)) for length in (100_000, 200_000)]
    assert costs[1] < 8 * costs[0] + 0.02


@pytest.mark.parametrize(
    ("pattern", "way_out"),
    [
        (r"(?=a)b", "second check"),
        (r"(?<!a)b", "look-behind"),
        (r"(a)\1", "back-references"),
        (r"a\Z", r"\z in RE2"),
        ("a{2000}", "1000 times"),
        ("(?>a)", "atomic"),
        ("[", "RE2's syntax"),
        ("a*", "write +"),
        ("((((a{1,100}){1,100}){1,100}){1,100})", "RE2"),
    ],
)
def test_a_pattern_that_cannot_run_is_refused_with_the_way_out(pattern: str, way_out: str) -> None:
    assert way_out in (check_problem(RegexCheck(name="p", pattern=pattern)) or "")


@settings(max_examples=100)
@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
def test_any_pattern_runs_or_says_why_not(pattern: str, text: str) -> None:
    check = RegexCheck(name="r", pattern=pattern, action="mask")
    is_unscanned = any(one.kind == "UNSCANNED" for one in screened(text, check).verdict.findings)
    assert is_unscanned is (check_problem(check) is not None)


def _cost_of(pattern: Re2Pattern, length: int) -> float:
    started = time.thread_time()
    pattern.matches("a" * length + "!")
    return time.thread_time() - started
