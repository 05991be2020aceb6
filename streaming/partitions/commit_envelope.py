"""The commit envelope: the JSON text that a loop stores as metadata of a committed offset."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

VERSION = 2
LAST_OFFSET = 2**63 - 1
MAX_DEATHS = 64
MAX_RANGES = 16
"""Kafka's default limit for a commit's metadata is 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class SuspectBound:
    """At most `left` records below the offset `until` are suspects that have not been tried."""

    until: int
    left: int


@dataclass(frozen=True, slots=True)
class CommitMetadata:
    """Whether the process ended cleanly, which suspects are being handled, and the loop's own text.

    `alone` is the offset of the one record that the process `writer` is handling, with nothing else in
    flight. `run` is set instead of `alone` while several suspects are handled one after another.

    `deaths` counts by offset how often a process ended while it handled that record alone. `ended_runs` are
    the runs that a process ended in: their records are tried one at a time. `suspects` are those of an
    earlier unclean end that this writer has not tried; its successor tries them.

    Records below `started_until` (exclusive) have been started, even beyond the committed offset; None if the
    loop has not started any beyond it. `loop` is the loop's own text.
    """

    is_clean: bool = True
    writer: str = ""
    alone: int | None = None
    deaths: Mapping[int, int] = field(default_factory=dict[int, int])
    loop: str = ""
    started_until: int | None = None
    run: range | None = None
    ended_runs: tuple[range, ...] = ()
    suspects: SuspectBound | None = None

    def to_metadata(self) -> str:
        """The JSON text for the commit."""
        newest = list(self.deaths.items())[-MAX_DEATHS:]
        fields: dict[str, object] = {
            "v": VERSION,
            "clean": self.is_clean,
            "by": self.writer,
            "alone": self.alone,
            "deaths": newest,
            "loop": self.loop,
        }
        if self.started_until is not None:
            fields["taken"] = self.started_until
        if self.run is not None:
            fields["run"] = _pair(self.run)
        if self.suspects is not None:
            fields["suspects"] = [self.suspects.until, self.suspects.left]
        if self.ended_runs:
            fields["ended_runs"] = [_pair(run) for run in self.ended_runs]
        return json.dumps(fields, separators=(",", ":"))

    def deaths_for(self, reader: str) -> Mapping[int, int]:
        """Deaths by offset for the process `reader`.

        The record in `alone` counts once more, unless `reader` wrote this commit itself and so is still
        running.
        """
        if self.alone is None or self.writer == reader:
            return dict(self.deaths)
        return {**self.deaths, self.alone: self.deaths.get(self.alone, 0) + 1}

    def ended_runs_for(self, reader: str) -> tuple[range, ...]:
        """The runs that processes ended in; `run` is one more unless `reader` itself wrote this commit."""
        if self.run is None or self.writer == reader:
            return self.ended_runs
        return joined((*self.ended_runs, self.run))


def joined(runs: Iterable[range]) -> tuple[range, ...]:
    """The runs in order, at most MAX_RANGES of them; the nearest are merged, so no record is left out."""
    ordered = sorted(runs, key=lambda run: run.start)
    while len(ordered) > 1:
        gaps = [after.start - before.stop for before, after in pairwise(ordered)]
        nearest = gaps.index(min(gaps))
        if gaps[nearest] > 0 and len(ordered) <= MAX_RANGES:
            break
        before, after = ordered[nearest : nearest + 2]
        ordered[nearest : nearest + 2] = [range(before.start, max(before.stop, after.stop))]
    return tuple(ordered)


def read_envelope(metadata: str) -> CommitMetadata:
    """Parse a commit's metadata; text of an older version is the loop's own, and counts as a clean end."""
    fields = _object(metadata)
    if fields is None or fields.get("v") != VERSION:
        return CommitMetadata(loop=metadata)
    return CommitMetadata(
        is_clean=bool(fields.get("clean")),
        writer=str(fields.get("by", "")),
        alone=_offset(fields.get("alone")),
        deaths=_deaths(fields.get("deaths")),
        loop=str(fields.get("loop", "")),
        started_until=_offset(fields.get("taken")),
        suspects=_suspects(fields.get("suspects")),
        run=_run(fields.get("run")),
        ended_runs=_runs(fields.get("ended_runs")),
    )


def _offset(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LAST_OFFSET else None


def _suspects(listed: object) -> SuspectBound | None:
    pair = _pair_in(listed)
    return None if pair is None else SuspectBound(*pair)


def _deaths(listed: object) -> Mapping[int, int]:
    pairs = map(_pair_in, listed) if isinstance(listed, list) else ()
    return dict(pair for pair in pairs if pair is not None)


def _pair(run: range) -> tuple[int, int]:
    return run.start, run.stop


def _runs(listed: object) -> tuple[range, ...]:
    runs = map(_run, listed) if isinstance(listed, list) else ()
    return joined(run for run in runs if run is not None)


def _run(listed: object) -> range | None:
    first, until = _pair_in(listed) or (0, 0)
    return range(first, until) if first < until else None


def _pair_in(listed: object) -> tuple[int, int] | None:
    """Two offsets or counts; None for any other value, which Weir cannot have written."""
    match listed:
        case [int() as first, int() as second] if 0 <= first <= LAST_OFFSET and 0 <= second <= LAST_OFFSET:
            return first, second
        case _:
            return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None
