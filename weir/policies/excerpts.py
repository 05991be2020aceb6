"""Short excerpts of screened texts for the examples of a backtest, without personal data."""

from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged
from weir.policies.stored import StoredText

MAX_CHARS = 90
TAIL_CHARS = 30
CALLER_ROLES = frozenset({"user", "tool"})


def excerpt(text: StoredText | None) -> str:
    """The last user or tool message, else the answer, shortened in the middle and masked by rules."""
    if text is None:
        return "(its text is not kept any more)"
    contents = [
        str(message.get("content", "")) for message in text.messages if message.get("role") in CALLER_ROLES
    ]
    line = " ".join(masked(contents[-1] if contents else text.output or "").split())
    if len(line) <= MAX_CHARS:
        return line
    return f"{line[: MAX_CHARS - TAIL_CHARS]} ... {line[-TAIL_CHARS:]}"


def masked(text: str) -> str:
    """The text with each personal value and secret that rules detect replaced by its kind."""
    for span in reversed(merged(recognise(text))):
        text = f"{text[: span.start]}[{span.kind}]{text[span.end :]}"
    return text
