"""Which models cut text into tokens alike, and how many tokens a text has at most where their encoding is not at hand."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Encoding = Literal["o200k", "cl100k"]

# Vocabularies differ least in Latin letters; digits, other scripts and long runs of one character are where they part.
_FOREIGN = re.compile(r"[^\x00-\x7f\xc0-\u024f]+")
_DIGIT = re.compile(r"[0-9]")
# Written so that most characters are passed after one look: these are asked of every text.
_RUN, _RUN_OF_SPACES = re.compile(r"([^ ])\1\1\1+"), re.compile(r" {9,}")
_CAPITALS = re.compile(r"[A-Z](?:[A-Z]+|(?<=[a-z][A-Z]))")
_CHANGE_OF_SPACE = re.compile(r"([ \t\n\r\v\f])(?!\1)(?=[ \t\n\r\v\f])")


@dataclass(frozen=True, slots=True)
class TokenizerFamily:
    """Models with one way to count; where it is not exact, `latin` is tokens for each token of o200k in Latin text."""

    name: str
    encoding: Encoding = "o200k"
    is_exact: bool = False
    o200k_ratio_latin: float = 2.0


@dataclass(frozen=True, slots=True)
class ChatOverhead:
    """What a chat adds around its texts, in tokens."""

    message: int
    name: int
    reply: int


# OpenAI's cookbook ("How to count tokens with tiktoken"): 3 and the role for each message, 1 before a name, 3 to open the reply.
_OPENAI_FRAME = ChatOverhead(message=4, name=1, reply=3)
# Chat templates wrap each message in its role and markers (Llama 3 and ChatML up to 7), and open the answer.
_WIDEST_FRAME = ChatOverhead(message=8, name=0, reply=16)

_EXACT = (
    (
        re.compile(r"gpt-4o|gpt-4\.[15]|gpt-5|o[134](?:-|$)|chatgpt-"),
        TokenizerFamily("openai o200k", "o200k", is_exact=True),
    ),
    (
        re.compile(r"gpt-4(?![\d.o])|gpt-3\.?5|text-embedding-(?:3-|ada-002)"),
        TokenizerFamily("openai cl100k", "cl100k", is_exact=True),
    ),
)
# Measured by benchmarks/token_factors.py, see docs/metering/estimates.md; what is not here is bounded by the widest figures.
_MEASURED = (
    (re.compile(r"gemini|gemma"), TokenizerFamily("gemini", o200k_ratio_latin=1.5)),
    (re.compile(r"deepseek"), TokenizerFamily("deepseek", o200k_ratio_latin=1.5)),
    (re.compile(r"(?:meta-)?llama-?[34]"), TokenizerFamily("llama 3 and 4", o200k_ratio_latin=1.5)),
    (re.compile(r"qwen|qwq"), TokenizerFamily("qwen", o200k_ratio_latin=1.5)),
)
_OTHER = TokenizerFamily("other")


@lru_cache(maxsize=1024)
def family_of(model: str) -> TokenizerFamily:
    """Tell the family by the model's own name: `openai/gpt-4o`, `router/openai/gpt-4o-mini` and `azure/ft:gpt-4o:acme` are one."""
    own = model.rpartition("/")[2].lower().removeprefix("ft:")
    return next((family for pattern, family in (*_EXACT, *_MEASURED) if pattern.match(own)), _OTHER)


def chat_overhead_of(family: TokenizerFamily) -> ChatOverhead:
    """Tell what a chat adds: as documented where it is, else the widest that is known."""
    return _OPENAI_FRAME if family.is_exact else _WIDEST_FRAME


def max_token_count(family: TokenizerFamily, text: str, count: Callable[[str], int]) -> int:
    """Bound the tokens of a text from above; never more than its bytes, which bound every byte-level encoding.

    Latin text is bounded by o200k's count. Other scripts are bounded by their bytes alone: of each vocabulary some are hardly known.
    """
    size = len(text.encode())
    latin, runs = (text, 0) if text.isascii() else _FOREIGN.subn("a", text)
    foreign = size - (len(latin.encode()) - runs)
    return min(size, math.ceil(family.o200k_ratio_latin * count(latin)) + _single(latin) + foreign)


def _single(latin: str) -> int:
    """Count what some vocabularies cut finer: each digit, capitals two by two, the humps of names in code, odd white space and long runs."""
    capitals = sum([(len(found) + 1) // 2 for found in _CAPITALS.findall(latin)])
    runs = sum(
        [len(found.group()) for pattern in (_RUN, _RUN_OF_SPACES) for found in pattern.finditer(latin)]
    )
    return len(_DIGIT.findall(latin)) + len(_CHANGE_OF_SPACE.findall(latin)) + capitals + runs
