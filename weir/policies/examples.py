"""Beginnings and ends of screened texts, so that people see what a change is about and no personal data."""

from services.guard.domain.pii.registry import recognise_in
from services.guard.domain.spans import merged
from services.guard.domain.text.normalization import normalise
from weir.policies.stored import StoredText

LONGEST = 90
TAIL = 30
WRITTEN_BY_CALLERS = frozenset({"user", "tool"})


def excerpt(text: StoredText | None) -> str:
    """The last message of the caller, cut in the middle; what a looser policy let stand is masked."""
    if text is None:
        return "(its text is not kept any more)"
    said = [
        str(message.get("content", ""))
        for message in text.messages
        if message.get("role") in WRITTEN_BY_CALLERS
    ]
    line = " ".join(masked(said[-1] if said else text.output or "").split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - TAIL]} ... {line[-TAIL:]}"


def masked(text: str) -> str:
    """The text with personal data and secrets that rules find as their kinds."""
    for span in reversed(merged(recognise_in(normalise(text)))):
        text = f"{text[: span.start]}[{span.kind}]{text[span.end :]}"
    return text
