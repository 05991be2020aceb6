"""Usage blocks of Gemini, also on Vertex.

Thoughts and tool prompts are counted beside prompt and answer, cached tokens inside the prompt.
"""

import re
from collections.abc import Mapping

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import MODALITIES, UsageBlock, UsageReader, media_of, total_of
from services.meter.domain.usage.units import usage_units

# Pages of a document are read as images, and billed as such.
MODALITY_BY_NAME = {"AUDIO": "audio", "IMAGE": "image", "DOCUMENT": "image", "VIDEO": "video"}
TOTAL_FIELDS = ("promptTokenCount", "candidatesTokenCount", "responseTokenCount", "totalTokenCount")


def read_gemini(raw: UsageBlock, hint: str) -> TokenUsage:
    """Convert `usageMetadata`, which leaves out counts of 0: absent is 0 as long as one total exists."""
    del hint
    counts = UsageReader({_camel(name): value for name, value in raw.items()})
    if all(counts.raw.get(name) is None for name in TOTAL_FIELDS):
        return counts.to_usage(TokenUsage())
    prompt, answer = (
        counts.optional("promptTokenCount"),
        counts.optional("candidatesTokenCount", "responseTokenCount"),
    )
    tools, thoughts = counts.optional("toolUsePromptTokenCount"), counts.optional("thoughtsTokenCount")
    cached = counts.optional("cachedContentTokenCount")
    counts.check_total("totalTokenCount", counts.read("totalTokenCount"), [prompt, tools, answer, thoughts])
    if counts.problems:
        # What the total has more may be just the absent count, so that it is unknown.
        prompt, answer = (count or None for count in (prompt, answer))
    whole = _added(
        _by_kind(counts, "promptTokensDetails", "promptTokenDetails"),
        _by_kind(counts, "toolUsePromptTokensDetails"),
    )
    output = _by_kind(counts, "candidatesTokensDetails", "responseTokensDetails")
    media = media_of(counts, whole, _by_kind(counts, "cacheTokensDetails"), output)
    usage = TokenUsage(
        input=counts.remainder(
            "promptTokenCount", total_of([prompt, tools]), [cached, *media.fresh.values()]
        ),
        cache_read=counts.remainder("cachedContentTokenCount", cached, media.cached.values()),
        cache_write=0,
        output=counts.remainder("candidatesTokenCount", answer, media.output.values()),
        reasoning=thoughts,
        media=media.named(),
        units=usage_units(counts),
    )
    return counts.to_usage(usage)


def _by_kind(counts: UsageReader, *names: str) -> dict[str, int | None]:
    """Add up the tokens of each modality but text; an invalid list leaves them all unknown."""
    listed = next((counts.raw[name] for name in names if counts.raw.get(name) is not None), None)
    tokens: dict[str, int | None] = dict.fromkeys(MODALITIES, 0)
    if listed is not None and not isinstance(listed, list):
        counts.problems.append(f"{names[0]} is no list")
        return dict.fromkeys(MODALITIES)
    for item in listed or ():
        detail = {_camel(name): value for name, value in item.items()} if isinstance(item, Mapping) else {}
        modality = detail.get("modality")
        kind = MODALITY_BY_NAME.get(modality) if isinstance(modality, str) else None
        if kind is not None:
            tokens[kind] = total_of([tokens[kind], counts.optional("tokenCount", inside=detail)])
    return tokens


def _added(first: Mapping[str, int | None], second: Mapping[str, int | None]) -> dict[str, int | None]:
    return {kind: total_of([first[kind], second[kind]]) for kind in MODALITIES}


def _camel(name: str) -> str:
    """Convert a field name of Google's Python library to that of its API."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name) if "_" in name else name
