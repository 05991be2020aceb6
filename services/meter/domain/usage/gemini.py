"""Usage as Gemini reports it, at Google's API and on Vertex: thoughts and prompts of tools stand beside prompt and answer, cached tokens inside."""

import re
from collections.abc import Mapping

from schemas.outcomes import TokenUsage
from services.meter.domain.usage.counts import MODALITIES, UsageBlock, UsageReader, media_of, total_of
from services.meter.domain.usage.units import usage_units

# Pages of a document are seen as pictures, and billed as these.
MODALITY_BY_NAME = {"AUDIO": "audio", "IMAGE": "image", "DOCUMENT": "image", "VIDEO": "video"}
TOTAL_FIELDS = ("promptTokenCount", "candidatesTokenCount", "responseTokenCount", "totalTokenCount")


def read_gemini(raw: UsageBlock, hint: str) -> TokenUsage:
    """Split `usageMetadata`; a count that is 0 is left out of it, so that absent means none as long as one total is there."""
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
        # What the total has more may be just what is not there, so absent is not none any more.
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
    """Add up the tokens of each modality that is no text; a list that nobody can read leaves them all unknown."""
    listed = next((counts.raw[name] for name in names if counts.raw.get(name) is not None), None)
    found: dict[str, int | None] = dict.fromkeys(MODALITIES, 0)
    if listed is not None and not isinstance(listed, list):
        counts.problems.append(f"{names[0]} is no list")
        return dict.fromkeys(MODALITIES)
    for item in listed or ():
        detail = {_camel(name): value for name, value in item.items()} if isinstance(item, Mapping) else {}
        modality = detail.get("modality")
        kind = MODALITY_BY_NAME.get(modality) if isinstance(modality, str) else None
        if kind is not None:
            found[kind] = total_of([found[kind], counts.optional("tokenCount", inside=detail)])
    return found


def _added(one: Mapping[str, int | None], other: Mapping[str, int | None]) -> dict[str, int | None]:
    return {kind: total_of([one[kind], other[kind]]) for kind in MODALITIES}


def _camel(name: str) -> str:
    """Read the names of Google's Python library as those of its API."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name) if "_" in name else name
