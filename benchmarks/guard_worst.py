"""Times the rules on their worst texts: CPU-ms a KB at 4 and at 128 KB for each family of texts.

Run by `benchmarks/guard.py --worst`, with all detectors except the models and everything that is done with
their detections. An answer is compared with 13,000 pseudonymised values and with instructions. A ratio of
about 1 means linear time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from benchmarks.guard_worst_texts import FAMILIES, ORDINARY
from schemas.attacks import KnownAttack
from schemas.policies import PolicyDocument
from schemas.values import Message
from services.guard.adapters.known_attacks import KnownAttacks
from services.guard.adapters.rule_threads import RuleThreadPool
from services.guard.app import detectors
from services.guard.domain.origins import segments_of
from services.guard.domain.types import ScreeningContext, TextSegment
from services.guard.screener import Screener
from services.guard.settings import GuardSettings
from streaming.seal.seal import Sealer
from streaming.state.table import Table

SMALL, LARGE = 4, 128
KB = 1_024
VALUES = 13_000
MAX_LINEAR_RATIO = 3.0
"""Highest ratio of linear time: caches of words favour short texts, and other processes disturb."""
MASK_ALL = PolicyDocument.model_validate(
    {
        "name": "worst",
        "version": 1,
        "allow": [
            {"pattern": r"[a-z]\d*@example\.(?:com|org)", "kinds": ["EMAIL_ADDRESS"]},
            {"value": "Anna"},
        ],
        "checks": [
            {
                "type": "topics",
                "name": "topics",
                "on": ["input", "output"],
                "phrases": [f"word {number}" for number in range(200)],
                "action": "mask",
            },
            {
                "type": "regex",
                "name": "regex",
                "on": ["input", "output"],
                "pattern": r"(?:a|b|[0-9])+x(?:[a-z0-9]{1,40} ?)+y",
                "action": "mask",
            },
            {"type": "language", "name": "language", "on": ["input", "output"], "expected": ["en"]},
        ],
    }
)


def _request(text: str) -> tuple[list[TextSegment], ScreeningContext]:
    return segments_of([Message(role="user", content=text)], {}, ()), ScreeningContext(
        "input", runs_all_detectors=True
    )


def _masked(text: str) -> tuple[list[TextSegment], ScreeningContext]:
    return [TextSegment(text)], ScreeningContext("input", MASK_ALL, runs_all_detectors=True)


def _answer(text: str) -> tuple[list[TextSegment], ScreeningContext]:
    """An answer, with pseudonyms whose number grows with its length."""
    known = {
        f"<EMAIL_ADDRESS_{number}>": f"m{number}@example.com"
        for number in range(VALUES * len(text) // (LARGE * KB))
    }
    prompt = (
        Message(role="system", content=ORDINARY * 40),
        Message(role="user", content=text[: len(text) // 2]),
    )
    return [TextSegment(text, "output")], ScreeningContext(
        "output", pseudonyms=known, prompt=prompt, canaries={"not_leak": "abcdefghijklmnop"}
    )


Make = Callable[[str], tuple[list[TextSegment], ScreeningContext]]
AS_REQUESTS: Mapping[str, Make] = dict.fromkeys(FAMILIES, _request)
WITH_MUCH_FOUND = (
    "emails",
    "phones",
    "cards",
    "ips",
    "secrets",
    "json",
    "placeholders",
    "tags closed",
    "ordinary",
    "one letter",
    "groups of four",
)


def _kinds() -> Iterator[tuple[str, str, Make]]:
    for family, make in AS_REQUESTS.items():
        yield family, family, make
    for family in WITH_MUCH_FOUND:
        yield f"{family}, policy with checks", family, _masked
        yield f"{family}, as an answer", family, _answer


async def _cpu_ms_a_kb(screener: Screener, make: Make, family: str, size: int) -> float:
    """The best of a few runs, of which the first fills the caches of words and policies."""
    took: list[float] = []
    for _ in range(3 if size == SMALL else 2):
        subjects, case = make(FAMILIES[family](size * KB))
        started = time.process_time()
        await screener.screen(subjects, case)
        took.append(1000 * (time.process_time() - started))
    return min(took) / size


async def worst(settings: GuardSettings) -> list[str]:
    """The table, the most expensive family first, and the families that are slower than linear."""
    known = KnownAttacks(Table(KnownAttack), Sealer.from_text(settings.seal_key.get_secret_value()))
    screener = Screener(
        replace(detectors(settings, known, RuleThreadPool()), privacy=(), models=(), validators=())
    )
    rows = [
        (
            name,
            await _cpu_ms_a_kb(screener, make, family, SMALL),
            await _cpu_ms_a_kb(screener, make, family, LARGE),
        )
        for name, family, make in _kinds()
    ]
    rows.sort(key=lambda row: -row[2])
    lines = [f"| text | CPU-ms a KB at {SMALL} KB | at {LARGE} KB | ratio |", "|---|---|---|---|"]
    lines += [f"| {name} | {small:.2f} | {large:.2f} | {large / small:.2f} |" for name, small, large in rows]
    slower = [name for name, small, large in rows if large > MAX_LINEAR_RATIO * small]
    return [*lines, f"faster than linear: {', '.join(slower) or 'none'}"]
