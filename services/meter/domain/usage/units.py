"""Units that a call used besides tokens: searches and other tool calls, seconds of audio, pages, images."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from pydantic import JsonValue

from services.meter.domain.usage.counts import UsageBlock, UsageReader

UNIT_FIELDS = (
    (("server_tool_use", "web_search_requests"), "web_searches"),
    (("tool_calls_details", "search_web", "invocation"), "web_searches"),
    (("num_search_queries",), "web_searches"),
    (("server_side_tool_usage_details", "web_search_calls"), "web_searches"),
    (("server_side_tool_usage_details", "x_search_calls"), "social_searches"),
    (("server_side_tool_usage_details", "code_interpreter_calls"), "code_executions"),
    (("server_side_tool_usage_details", "file_search_calls"), "storage_searches"),
    (("server_side_tool_usage_details", "document_search_calls"), "storage_searches"),
    (("num_sources_used",), "search_sources"),
    (("prompt_audio_seconds",), "input_audio_seconds"),
    (("billable_audio_seconds",), "audio_seconds"),
    (("input_text_messages",), "input_text_messages"),
    (("search_units",), "rerank_searches"),
    (("classifications",), "classifications"),
    (("images",), "images"),
)
"""Paths of units in usage blocks, and their names in price documents."""

# OpenRouter counts the tool calls that it ran, without their kind.
EXECUTED = ("server_tool_use_details", "tool_calls_executed")

UNIT_BY_CALL_TYPE = {
    "web_search_call": "web_searches",
    "file_search_call": "storage_searches",
    "code_interpreter_call": "code_executions",
    "image_generation_call": "image_generations",
}
"""Units of the tool calls that OpenAI lists in the output of a response, and does not count in its usage."""

MODELS_BILLED_BY_PROMPT = ("gemini-1", "gemini-2")


def usage_units(counts: UsageReader) -> dict[str, Decimal]:
    """Read the units of a usage block."""
    units: dict[str, Decimal] = {}
    for path, unit in UNIT_FIELDS:
        value = _at(counts.raw, path) if path[0] in counts.raw else None
        if value is not None:
            _add(units, unit, counts.quantity(path[-1], value))
    executed = _at(counts.raw, EXECUTED) if EXECUTED[0] in counts.raw else None
    if executed is not None and "web_searches" not in units:
        _add(units, "server_tool_calls", counts.quantity(EXECUTED[-1], executed))
    return units


def body_units(body: UsageBlock) -> dict[str, Decimal]:
    """Count units that are only in the body: tool calls of a response, and searches that ground an answer."""
    units: dict[str, Decimal] = {}
    for call in _items(body.get("output")):
        kind = call.get("type")
        unit = UNIT_BY_CALL_TYPE.get(kind) if isinstance(kind, str) else None
        if unit is not None and _is_billed(call):
            _add(units, unit, Decimal(1))
    for searches in _groundings(body):
        _add(units, "web_searches", searches)
    return units


def transcript_seconds(body: UsageBlock) -> JsonValue:
    """Return the duration of a transcript that comes without a usage block."""
    return body.get("duration") if isinstance(body.get("text"), str) else None


def image_count(body: UsageBlock) -> int:
    """Count the images of a body that comes without a usage block."""
    return sum(1 for item in _items(body.get("data")) if "b64_json" in item or "url" in item)


def page_units(body: UsageBlock, info: UsageBlock) -> tuple[dict[str, Decimal], UsageReader]:
    """Read the number of pages of a document; pages with annotations have another price."""
    counts, units = UsageReader(info), dict[str, Decimal]()
    annotated = bool(body.get("document_annotation")) or any(
        image.get("image_annotation")
        for page in _items(body.get("pages"))
        for image in _items(page.get("images"))
    )
    unit = "input_annotated_document_pages" if annotated else "input_document_pages"
    _add(units, unit, counts.quantity("pages_processed", info.get("pages_processed")))
    return units, counts


def _is_billed(call: UsageBlock) -> bool:
    """Whether a tool call is billed: a search is, opening a page of its results is not."""
    action = call.get("action")
    return not isinstance(action, Mapping) or action.get("type") in (None, "search")


def _groundings(body: UsageBlock) -> Iterator[Decimal]:
    """Count searches of Gemini: up to Gemini 2 each grounded prompt is billed, since then each query."""
    model = body.get("modelVersion")
    by_prompt = isinstance(model, str) and model.removeprefix("models/").startswith(MODELS_BILLED_BY_PROMPT)
    for candidate in _items(body.get("candidates")):
        grounding = candidate.get("groundingMetadata")
        queries = grounding.get("webSearchQueries") if isinstance(grounding, Mapping) else None
        if isinstance(queries, list) and queries:
            yield Decimal(1) if by_prompt else Decimal(len(queries))


def _add(units: dict[str, Decimal], unit: str, amount: Decimal | None) -> None:
    if amount:
        units[unit] = units.get(unit, Decimal(0)) + amount


def _at(block: UsageBlock, path: tuple[str, ...]) -> JsonValue:
    value: JsonValue = dict(block)
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _items(value: JsonValue) -> Iterator[UsageBlock]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else iter(())
