"""Words that readable English is made of, and whether a decoded text reads like a text at all."""

# ruff: noqa: SIM905 - hundreds of words are easier to read without quotes

import re

# The most frequent words of ordinary instructions, by their count in self-instruct (Apache-2.0).
COMMON = frozenset(
    """
a able about add after all also am an and another answer any are around art article as at available back based be because been
before being best better between both business but by can case change check choose city code come company complete contains
correct could create cup customer data date day days deep def describe description design did different do document does down
during each email end enough even every everyone example examples experience explain family feel few find first following food
for friends from function game get give given go going good great group had hand happy has have having he help her here hi high
his home how however human i ice identify if important in include information into is it its job join just keep key know
language large last learn learning let life light like likely list little long look looking love made make many math may me
meaning might more most movie much my name national need negative new next no non not now number object of off often on one only
open or order other our out output over own paper part people person place please positive possible post problem product
programming project provide provided python question questions read really related required return review right same say school
search second see sentence set she short should side simple skills small so social solve some someone something sound start
state states steps story students study subject such suggest sure table take task team tell text than that the their them then
there these they things think this through time title to together too top topic true try two type understand united until up us
use used user using value very visit want was way we well were what when where whether which while who why will with word words
work world would write writing written year yes you your yourself
""".split()
)
# What attacks on models are made of.
ATTACK = frozenset(
    """
above act admin administrator ai answer anything api assistant attack base64 begin bomb bot build bypass bypassed censorship
character chat chatbot chatgpt click code command commands comply confidential configuration constraint constraints context
conversation create credentials dan dangerous decode detailed developer different direction directions directive directives
disclaimer disclaimers disclose display disregard drug drugs dump earlier email end ethical eval everything exactly execute
exfiltrate exploit explosive explosives expose fictional filter filters following forget forgotten former forward freely give
gpt guideline guidelines hack hacker hacking harmful hidden how hypothetical ignore ignoring illegal immediately initial instead
instruction instructions internal jailbreak jailbroken key keys kill leak limitation limitations limits link llm make making
malware memory message messages mode model moral morals murder must new nothing now obey openai original output override
password passwords payload persona phishing poison policies policy preceding pretend previous print prior private prompt prompts
ransomware real refuse refusing repeat reply respond response restriction restrictions reveal revealing roleplay root rule rules
safety said secret secrets security send session share show start steal steps stop story sudo synthesize system tell token
tokens told true uncensored unethical unfiltered unrestricted upload url user verbatim virus warning warnings weapon weapons
without
""".split()
)
KNOWN = COMMON | ATTACK
LONGEST_WORD = max(map(len, KNOWN))
LEAST_KNOWN = 0.25
LEAST_LETTERS = 0.75
LONGEST_JOINED = 400
LEAST_CHARS = 4
LEAST_WORDS = 2
LONGEST_ORDINARY = 16
LEAST_SPOKEN = 0.8
_WORD = re.compile(r"[^\W\d_]{1,40}")
_SPOKEN = re.compile(r"[^\W_]{1,40}")
# With the figures that stand for vowels.
_VOWELS = frozenset("aeiouyáéíóúàèìòùäöüâêîôûãõ0134")


def known_share(text: str) -> float:
    """The share of words that are common English or common in attacks."""
    words = _WORD.findall(text.lower())
    return sum(word in KNOWN for word in words) / len(words) if words else 0.0


def is_readable(text: str) -> bool:
    """Whether it is mostly letters that make words: what a wrong decoding almost never gives."""
    if len(text) < LEAST_CHARS or not " ".join(text.split()).isprintable():
        return False
    if sum(character.isalnum() or character.isspace() for character in text) < LEAST_LETTERS * len(text):
        return False
    return known_share(text) >= LEAST_KNOWN or _sounds_like_words(text)


def _sounds_like_words(text: str) -> bool:
    """For languages without a list: words of ordinary length with vowels in most of them, or another writing than Latin."""
    words = _SPOKEN.findall(text.lower())
    if len(words) < LEAST_WORDS or all(word.isdecimal() for word in words):
        return False
    if not any(word.isascii() for word in words):
        return True
    return sum(
        len(word) <= LONGEST_ORDINARY and not _VOWELS.isdisjoint(word) for word in words
    ) >= LEAST_SPOKEN * len(words)


def split_words(letters: str) -> list[str]:
    """The known words that a run of letters is made of without a rest, fewest first; empty where there are none."""
    if len(letters) > LONGEST_JOINED:
        return []
    best: dict[int, tuple[int, int]] = {0: (0, 0)}
    for end in range(1, len(letters) + 1):
        starts = [
            start
            for start in range(max(0, end - LONGEST_WORD), end)
            if start in best and letters[start:end] in KNOWN
        ]
        if starts:
            best[end] = min((best[start][0] + 1, start) for start in starts)
    words: list[str] = []
    end = len(letters)
    while end and end in best:
        start = best[end][1]
        words.append(letters[start:end])
        end = start
    return words[::-1]
