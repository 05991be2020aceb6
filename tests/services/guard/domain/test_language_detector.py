"""A text in a language below a bar says so in its verdict, in every direction; English and code do not."""

import time

import pytest

from schemas.detections import UNVERIFIED_LANGUAGE
from schemas.policies import PolicyDocument, Rule
from schemas.scores import scores_of
from schemas.values import Message
from schemas.verdicts import Direction, Verdict
from services.guard.adapters.language_id import LazyLanguageIdentifier
from services.guard.domain.language_detector import UnverifiedLanguageDetector
from services.guard.domain.language_table import LanguageTable
from services.guard.domain.origins import segments_of
from services.guard.domain.policy import DEFAULT
from services.guard.domain.text.normalization import normalise
from services.guard.domain.types import DetectorInput, ScreeningContext, TextSegment
from services.guard.screener import DetectorSet, Screener

TABLE = LanguageTable(
    {"toxicity": 0.7, "injection": 0.7, "names": 0.7},
    {
        "en": {"toxicity": 0.9, "injection": 0.9, "names": 0.9},
        "de": {"toxicity": 0.2, "injection": 0.8, "names": 0.9},
        "ru": {"injection": 0.9},
    },
)
DETECTOR = UnverifiedLanguageDetector(LazyLanguageIdentifier().shares, TABLE)
SCREENER = Screener(DetectorSet(rules=(DETECTOR,), privacy=()))
ALL = {"toxicity", "injection", "ner"}
POLISH = "Gdzie jest moja paczka, która miała przyjść wczoraj rano?"


def unverified(text: str, direction: Direction = "input", *, is_instruction: bool = False) -> set[str]:
    """The detectors that are reported as not verified for a text."""
    seen = DetectorInput(TextSegment(text, direction, is_instruction), normalise(text))
    (found,) = DETECTOR.detect([seen], ScreeningContext(direction))
    assert all(each.kind == UNVERIFIED_LANGUAGE and each.span is None for each in found)
    return {each.detector for each in found}


async def verdict(text: str, direction: Direction = "input", policy: PolicyDocument = DEFAULT) -> Verdict:
    segments = segments_of([Message(role="user", content=text)], {}, ())
    if direction == "output":
        segments = [TextSegment(text, "output")]
    return (await SCREENER.screen(segments, ScreeningContext(direction, policy))).verdict


@pytest.mark.parametrize(
    "text",
    [
        POLISH,
        "Nereye gitti benim paketim, dün gelmesi gerekiyordu?",
        "Onde está a minha encomenda que devia chegar ontem?",
        "Missä pakettini on, sen piti tulla eilen?",
        "GDZIE JEST MOJA PACZKA, KTÓRA MIAŁA PRZYJŚĆ WCZORAJ",
        "你好，我的包裹在哪里？",
        "昨日届くはずの荷物はどこですか。",
        "내 소포는 어디에 있나요?",
        "أين طردي الذي كان يجب أن يصل أمس؟",
        "मेरा पार्सल कहाँ है?",
        "Πού είναι το δέμα μου;",
        "Translate this, please: 你好，我的包裹在哪里？昨天就应该到了。",
    ],
)
def test_a_language_without_figures_is_not_verified_for_anything(text: str) -> None:
    assert unverified(text) == ALL


@pytest.mark.parametrize(
    "text",
    [
        "Where is my parcel? It should have come yesterday.",
        "Write to Władysław Żeleński and Grzegorz Brzęczyszczykiewicz, please.",
        "git rebase --interactive HEAD~3 && docker compose up -d",
        "for i in range(10):\n    print(i, values[i])",
        '{"id": 17, "status": "sent", "total": null}',
        "2026-12-01T10:00:00Z INFO app.server started pid=4242 port=8080",
        "name;city;country\nJosé García;Madrid;España\nZoë Müller;Köln;Deutschland",
        "Tell the driver to bring it to Straße des 17. Juni 135, Berlin.",
        "The word привет means hello.",
        "42",
        "ok",
        "",
    ],
)
def test_english_code_and_names_are_not_reported(text: str) -> None:
    assert unverified(text) == set()


def test_each_capability_has_its_own_languages() -> None:
    assert unverified("Wo ist mein Paket, das gestern kommen sollte?") == {"toxicity"}
    assert unverified("Где моя посылка, которая должна была прийти вчера?") == {"toxicity", "ner"}
    assert unverified("Я не можу увійти в свій обліковий запис, допоможіть мені, будь ласка.") == ALL


def test_answers_need_no_injection_detector() -> None:
    assert unverified(POLISH, "output") == {"toxicity", "ner"}


def test_the_application_s_own_text_is_not_looked_at() -> None:
    assert unverified(POLISH, is_instruction=True) == set()


def test_a_passage_at_the_end_of_a_long_text_is_seen() -> None:
    english = "Where is my parcel that should have come yesterday? " * 200
    assert unverified(english) == set()
    assert unverified(english + POLISH * 10) == ALL


def test_a_long_text_costs_no_more_than_three_pieces() -> None:
    text = "przyjść wczoraj " * 60_000
    seen = [DetectorInput(TextSegment(text), normalise(text))]

    started = time.process_time()
    DETECTOR.detect(seen, ScreeningContext("input"))
    assert time.process_time() - started < 0.2


@pytest.mark.parametrize("direction", ["input", "output"])
async def test_a_verdict_carries_it_and_nothing_else_changes(direction: Direction) -> None:
    result = await verdict(POLISH, direction)

    findings = [finding for finding in result.findings if finding.kind == UNVERIFIED_LANGUAGE]
    assert result.action == "allow"
    assert {finding.detector for finding in findings} == (
        ALL if direction == "input" else ALL - {"injection"}
    )
    assert {(finding.action, finding.count, finding.tier) for finding in findings} == {("flag", 1, "rules")}
    assert all(0.99 <= finding.score <= 1.0 for finding in findings)


async def test_a_document_carries_it_in_its_own_direction() -> None:
    result = await verdict(f"Sum this up, please.\n<document>\n{POLISH}\n</document>")
    assert {finding.direction for finding in result.findings} == {"indirect"}


async def test_it_is_no_score_of_the_detectors_that_it_names() -> None:
    scores = scores_of(await verdict(POLISH))

    assert scores.injection is not None
    assert (scores.injection.score, scores.toxicity.score, scores.pii.flagged) == (0.0, 0.0, False)
    assert scores.unverified_language == ("injection", "ner", "toxicity")


@pytest.mark.parametrize(
    ("text", "action"), [(POLISH, "block"), ("Wo ist mein Paket geblieben, bitte?", "allow")]
)
async def test_a_policy_blocks_the_languages_in_which_one_detector_is_not_verified(
    text: str, action: str
) -> None:
    rule = Rule(kind=UNVERIFIED_LANGUAGE, detector="injection", direction="input", action="block")
    assert (
        await verdict(text, policy=PolicyDocument(name="acme", version=1, rules=(rule,)))
    ).action == action
