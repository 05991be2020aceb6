"""Message content as providers accept it, reduced to the text that Weir carries."""

from collections.abc import Mapping, Sequence
from typing import cast


def flatten_content(content: object) -> object:
    """Join OpenAI text parts into one string; raises ValueError for parts that are not text."""
    if content is None:
        return ""
    if isinstance(content, str) or not isinstance(content, Sequence):
        return content
    return "\n".join(_part_text(part) for part in cast("Sequence[object]", content))


def _part_text(part: object) -> str:
    if isinstance(part, Mapping):
        fields = cast("Mapping[str, object]", part)
        text = fields.get("text")
        if fields.get("type") == "text" and isinstance(text, str):
            return text
    msg = "only text parts are supported: {'type': 'text', 'text': '...'}"
    raise ValueError(msg)
