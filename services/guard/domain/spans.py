"""Overlapping detections are merged, and protected ranges are cut out of them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from services.guard.domain.detection import Detection, Span


def position(detection: Detection) -> tuple[int, int, str, float, str]:
    """The sort key of detections with a span: by position, then by kind, score and detector."""
    start, end = detection.span or Span(0, 0)
    return start, end, detection.kind, detection.score, detection.detector


def with_span(detections: Iterable[Detection]) -> list[Detection]:
    """The detections that have a span."""
    return [detection for detection in detections if detection.span is not None]


def of_whole_text(detections: Iterable[Detection]) -> list[Detection]:
    """The detections that are about the text as a whole."""
    return [detection for detection in detections if detection.span is None]


def merged(detections: Iterable[Detection]) -> list[Detection]:
    """Merge detections whose spans overlap, so that no part of a value is left; the best gives the kind."""
    result: list[Detection] = []
    for detection in sorted(detections, key=position):
        if result and detection.start < result[-1].end:
            last = result.pop()
            best = min(last, detection, key=_rank)
            result.append(best.at(last.start, max(last.end, detection.end)))
        else:
            result.append(detection)
    return result


def _rank(detection: Detection) -> tuple[bool, float, int]:
    """The order of preference: rule before model, check digit before format, longer before shorter."""
    is_model = detection.detector != "rules"
    return is_model, 0.0 if is_model else -detection.score, detection.start - detection.end


def united(plain: Sequence[Detection], decoded: Iterable[Detection]) -> list[Detection]:
    """The detections in a text and in its decoded form; those of one kind that overlap are one."""
    of_kinds: dict[str, list[Detection]] = {}
    for detection in decoded:
        of_kinds.setdefault(detection.kind, []).append(detection)
    others = [detection for detection in plain if detection.kind not in of_kinds]
    for detection in plain:
        if detection.kind in of_kinds:
            of_kinds[detection.kind].append(detection)
    return [*others, *(each for of_kind in of_kinds.values() for each in merged(of_kind))]


def subtract_ranges(
    text: str, detections: Iterable[Detection], protected: Sequence[tuple[int, int]]
) -> list[Detection]:
    """Cut protected ranges out of detections with spans; pieces without a letter or digit are dropped."""
    ranges = sorted(protected)
    ends = [end for _, end in ranges]
    pieces = (
        [
            piece
            for detection in detections
            for piece in _without(detection, ranges, bisect_right(ends, detection.start))
        ]
        if ranges
        else list(detections)
    )
    return [piece for piece in pieces if any(map(str.isalnum, text[piece.start : piece.end]))]


def _without(detection: Detection, ranges: Sequence[tuple[int, int]], first: int) -> Iterator[Detection]:
    """The pieces of a detection outside the sorted ranges; those before `first` end before it."""
    rest: Detection | None = detection
    for index in range(first, len(ranges)):
        start, end = ranges[index]
        if rest is None or rest.end <= start:
            break
        if rest.start < start:
            yield rest.at(rest.start, start)
        rest = rest.at(end, rest.end) if rest.end > end else None
    if rest is not None:
        yield rest
