"""Families of models with the same tokenizer, and upper bounds for those whose encoding is not available."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Encoding = Literal["o200k", "cl100k"]

# Vocabularies differ least in Latin letters, most in digits, other scripts and long runs of one character.
_FOREIGN = re.compile(r"[^\x00-\x7f\xc0-\u024f]+")
_DIGIT = re.compile(r"[0-9]")
# Each pattern rejects most characters at once, since they search every text.
_RUN, _RUN_OF_SPACES = re.compile(r"([^ ])\1\1\1+"), re.compile(r" {9,}")
_CAPITALS = re.compile(r"[A-Z](?:[A-Z]+|(?<=[a-z][A-Z]))")
_CHANGE_OF_SPACE = re.compile(r"([ \t\n\r\v\f])(?!\1)(?=[ \t\n\r\v\f])")


@dataclass(frozen=True, slots=True)
class TokenizerFamily:
    """Models with one tokenizer; `o200k_ratio_latin` bounds Latin text where the encoding is not exact."""

    name: str
    encoding: Encoding = "o200k"
    is_exact: bool = False
    o200k_ratio_latin: float = 2.0


@dataclass(frozen=True, slots=True)
class ChatOverhead:
    """The tokens that a chat adds to its texts: for each message, each name, and the reply."""

    message: int
    name: int
    reply: int


# OpenAI's cookbook ("How to count tokens with tiktoken"): 3 and the role for each message, 1 for a name, 3
# for the reply.
_OPENAI_OVERHEAD = ChatOverhead(message=4, name=1, reply=3)
# Chat templates add role and markers to each message (Llama 3 and ChatML up to 7), and start the answer.
_MAX_OVERHEAD = ChatOverhead(message=8, name=0, reply=16)

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
# Measured by benchmarks/token_factors.py, see docs/metering/estimates.md; all others have the default ratio.
_MEASURED = (
    (re.compile(r"gemini|gemma"), TokenizerFamily("gemini", o200k_ratio_latin=1.5)),
    (re.compile(r"deepseek"), TokenizerFamily("deepseek", o200k_ratio_latin=1.5)),
    (re.compile(r"(?:meta-)?llama-?[34]"), TokenizerFamily("llama 3 and 4", o200k_ratio_latin=1.5)),
    (re.compile(r"qwen|qwq"), TokenizerFamily("qwen", o200k_ratio_latin=1.5)),
)
_OTHER = TokenizerFamily("other")


@lru_cache(maxsize=1024)
def family_of(model: str) -> TokenizerFamily:
    """Return the family of a model: `openai/gpt-4o` and `azure/ft:gpt-4o:acme` have the same."""
    name = model.rpartition("/")[2].lower().removeprefix("ft:")
    return next((family for pattern, family in (*_EXACT, *_MEASURED) if pattern.match(name)), _OTHER)


def chat_overhead_of(family: TokenizerFamily) -> ChatOverhead:
    """Return the overhead of a chat: the documented one, else the highest that is known."""
    return _OPENAI_OVERHEAD if family.is_exact else _MAX_OVERHEAD


def max_token_count(family: TokenizerFamily, text: str, count: Callable[[str], int]) -> int:
    """Return an upper bound of a text's tokens; at most its bytes, which bound every byte-level encoding.

    Latin text is bounded by o200k's count. Other scripts are bounded by their bytes, since each vocabulary
    lacks some.
    """
    size = len(text.encode())
    latin, runs = (text, 0) if text.isascii() else _FOREIGN.subn("a", text)
    foreign = size - (len(latin.encode()) - runs)
    return min(size, math.ceil(family.o200k_ratio_latin * count(latin)) + _extra_tokens(latin) + foreign)


def _extra_tokens(latin: str) -> int:
    """Count what some vocabularies split: digits, pairs of capitals, changes of white space, long runs."""
    capitals = sum([(len(capitals) + 1) // 2 for capitals in _CAPITALS.findall(latin)])
    runs = sum([len(run.group()) for pattern in (_RUN, _RUN_OF_SPACES) for run in pattern.finditer(latin)])
    return len(_DIGIT.findall(latin)) + len(_CHANGE_OF_SPACE.findall(latin)) + capitals + runs
