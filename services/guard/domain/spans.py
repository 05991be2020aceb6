"""What a detector found and where, in characters of the original text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CERTAIN = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters start..end (end excluded) of a kind of content; rules with a check digit are certain."""

    start: int
    end: int
    kind: str
    score: float
    detector: str


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch become one that covers them all, so that no part of a value is left; a rule names it, else the longest does."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start < result[-1].end:
            last = result.pop()
            best = min(last, span, key=lambda one: (one.detector != "rules", one.start - one.end))
            span = Span(last.start, max(last.end, span.end), best.kind, best.score, best.detector)  # noqa: PLW2901 - the merged span goes on
        result.append(span)
    return result


def outside(spans: Iterable[Span], protected: Sequence[tuple[int, int]]) -> list[Span]:
    """The spans that touch none of the protected ranges."""
    return [span for span in spans if all(span.end <= start or span.start >= end for start, end in protected)]
