"""What a detector found and where, in characters of the original text."""

import dataclasses
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

CERTAIN_SCORE = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters start..end (end excluded) of a kind of content; rules with a check digit are certain."""

    start: int
    end: int
    kind: str
    score: float
    detector: str


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch become one that covers them all, so that no part of a value is left; the best kind names it (see `_rank`)."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start < result[-1].end:
            last = result.pop()
            best = min(last, span, key=_rank)
            span = Span(last.start, max(last.end, span.end), best.kind, best.score, best.detector)  # noqa: PLW2901 - the merged span goes on
        result.append(span)
    return result


def _rank(span: Span) -> tuple[bool, float, int]:
    """A rule before a model, a check digit before a mere shape, the longer before the shorter."""
    is_model = span.detector != "rules"
    return is_model, 0.0 if is_model else -span.score, span.start - span.end


def subtract_ranges(text: str, spans: Iterable[Span], protected: Sequence[tuple[int, int]]) -> list[Span]:
    """The spans without what lies in protected ranges; pieces without a letter or digit are dropped."""
    ranges = sorted(protected)
    ends = [end for _, end in ranges]
    pieces = (
        [piece for span in spans for piece in _without(span, ranges, bisect_right(ends, span.start))]
        if ranges
        else list(spans)
    )
    return [span for span in pieces if any(character.isalnum() for character in text[span.start : span.end])]


def _without(span: Span, ranges: Sequence[tuple[int, int]], first: int) -> Iterator[Span]:
    """What is left of a span beside the ranges from the first on that ends behind its start; ranges do not overlap."""
    rest: Span | None = span
    for index in range(first, len(ranges)):
        start, end = ranges[index]
        if rest is None or rest.end <= start:
            break
        if rest.start < start:
            yield dataclasses.replace(rest, end=start)
        rest = dataclasses.replace(rest, start=end) if rest.end > end else None
    if rest is not None:
        yield rest
