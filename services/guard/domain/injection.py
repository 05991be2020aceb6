"""Signs of prompt injection by phrase, in several languages: a first layer with named signs and a score, no verdict by itself."""

import re
from dataclasses import dataclass

DETECTOR = "injection-phrases"
KIND = "PROMPT_INJECTION"
SURE = 0.9
_GAP = r"[^.\n]{0,40}?"


@dataclass(frozen=True, slots=True)
class Sign:
    """A phrase that attacks use, with how sure it makes us alone."""

    name: str
    shape: re.Pattern[str]
    weight: float


def _sign(name: str, weight: float, *patterns: str) -> Sign:
    return Sign(name, re.compile("|".join(patterns), re.IGNORECASE), weight)


SIGNS = (
    _sign(
        "override",
        0.95,
        rf"\b(?:ignore|disregard|forget|override|bypass)\b{_GAP}\b(?:all|any|the|your|previous|prior|above|earlier)\b{_GAP}\b(?:instruction|prompt|rule|direction|guideline|constraint|polic)",
        rf"\b(?:ignoriere|vergiss|missachte)\b{_GAP}\b(?:anweisung|instruktion|regel|vorgabe)",
        rf"\b(?:ignore[zr]?|oublie[zr]?)\b{_GAP}\b(?:instructions|consignes|règles)\b{_GAP}\b(?:précédentes|ci-dessus|antérieures)",
        rf"\b(?:ignora|olvida|omite)\b{_GAP}\b(?:instrucciones|reglas|indicaciones)\b",
        rf"\b(?:ignora|dimentica)\b{_GAP}\b(?:istruzioni|regole)\b",
        rf"\b(?:ignore|esqueça)\b{_GAP}\b(?:instruções|regras)\b",
    ),
    _sign(
        "reveal-prompt",
        0.9,
        rf"\b(?:reveal|print|show|repeat|output|leak|dump|tell me)\b{_GAP}\b(?:system|hidden|initial|original|secret)\s+"
        r"(?:prompt|instruction|message)",
        rf"\b(?:zeige?|verrate|gib)\b{_GAP}\b(?:system-?prompt|systemanweisung)",
    ),
    _sign(
        "role-escape",
        0.92,
        r"\byou are (?:now )?(?:DAN|do anything now|jailbroken|an? (?:unrestricted|uncensored|unfiltered))\b",
        r"\bdo anything now\b",
    ),
    _sign(
        "no-limits",
        0.6,
        rf"\b(?:without|no|free of|have no)\b{_GAP}\b(?:restrictions?|filters?|censorship|ethical guidelines|safety guidelines|content polic)",
        r"\b(?:developer|god|sudo|debug) mode (?:enabled|on|activated)\b",
    ),
    _sign(
        "forget-all",
        0.9,
        r"\b(?:ignore|disregard|forget|override|discard)\b (?:absolutely )?(?:everything|all|anything)"
        r"(?: of)? (?:that )?(?:above|before|prior|previous|you\b|we\b|i\b)",
        rf"\b(?:vergiss|ignoriere)\b (?:bitte )?alles\b{_GAP}\b(?:zuvor|vorher|bisher|oben|davor|gesagt)",
        rf"\b(?:olvida|ignora)\b todo\b{_GAP}\b(?:anterior|antes|dicho)",
        rf"\boublie[zr]?\b tout\b{_GAP}\b(?:précède|avant|dit|précédent)",
    ),
    _sign(
        "no-morals",
        0.8,
        r"\bno matter how (?:\w+,? ){0,4}(?:immoral|unethical|illegal|dangerous|harmful|offensive)",
        r"\b(?:no|not|without|never|neither)\b[^.\n]{0,30}\b(?:ethical|moral)\b[^.\n]{0,25}\b(?:guidelines|boundaries|restrictions|constraints|limits|limitations|compass|filters?)",
        r"\bwarnings? about (?:\w+,? ){0,3}(?:morality|ethic|legality)",
    ),
    _sign(
        "unbound",
        0.7,
        r"\b(?:not|never|no longer|n't)\b[^.\n]{0,25}\b(?:abide by|bound by|adhere to|limited by|constrained by|restricted by|subject to)\b"
        r"[^.\n]{0,40}\b(?:rules?|guidelines?|polic|restrictions?|limitations?|openai|ethic|confines)",
        r"\b(?:broken|break) free (?:of|from)\b[^.\n]{0,30}\b(?:confines|limits|rules|restrictions|ai|chains)",
    ),
    _sign(
        "staying-in-character",
        0.5,
        r"\b(?:stay in character|(?:never|not|n't) break (?:the )?character|if you break character|your break of character)\b",
    ),
    _sign("new-role", 0.4, r"\bfrom now on,? (?:you|i want you|your name)\b", r"\byou are going to (?:act|pretend|play|simulate)\b"),
    _sign(
        "two-answers",
        0.6,
        r"\b(?:two|both|2)\b[^.\n]{0,30}\b(?:responses?|answers?|ways|outputs)\b"
        r"[^\n]{0,120}\b(?:jailb|unfiltered|DAN|developer mode|normal(?:ly)? chatgpt|classic)",
    ),
    _sign("fake-turn", 0.85, r"<\|im_start\|>\s*system", r"\[/?INST\]\s*<<SYS>>", r"^\s*###?\s*(?:new )?system (?:prompt|message)\s*:"),
)


def score_injection(text: str) -> tuple[float, tuple[str, ...]]:
    """How sure the signs make us that a plain text attacks (independent signs add up as odds of being missed), and their names."""
    found = [sign for sign in SIGNS if sign.shape.search(text)]
    missed = 1.0
    for sign in found:
        missed *= 1.0 - sign.weight
    return round(1.0 - missed, 4), tuple(sign.name for sign in found)
