"""Dead letters as tables and lines for people, and as JSON for scripts; their text is never markup."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from weir.dead_letters.letters import DeadLetterRecord
from weir.dead_letters.redacted import PathSummary
from weir.dead_letters.redrive import RedriveResult

MAX_GROUPS = 200

Group = tuple[str, str, str, str]


@dataclass(slots=True)
class ErrorCount:
    """The number of letters of one group, and the times of the first and the last failure."""

    letters: int
    first: datetime
    last: datetime


class DeadLetterCounts:
    """Counts letters by topic, reason, service and error; beyond MAX_GROUPS groups, one group per topic."""

    def __init__(self) -> None:
        self._groups: dict[Group, ErrorCount] = {}

    def add(self, letter: DeadLetterRecord) -> None:
        """Count a letter."""
        group = letter.topic, letter.reason, letter.service, letter.error
        if group not in self._groups and len(self._groups) >= MAX_GROUPS:
            group = letter.topic, "...", "...", "other reasons and errors"
        count = self._groups.setdefault(group, ErrorCount(0, letter.failed_at, letter.failed_at))
        count.letters += 1
        count.first, count.last = min(count.first, letter.failed_at), max(count.last, letter.failed_at)

    def groups(self) -> Sequence[tuple[Group, ErrorCount]]:
        """The groups, most letters first."""
        return sorted(self._groups.items(), key=lambda item: (-item[1].letters, item[0]))

    @property
    def letters(self) -> int:
        """The number of all letters."""
        return sum(count.letters for count in self._groups.values())


def counts_json(counts: DeadLetterCounts, unread: Mapping[str, int]) -> str:
    """The counts as JSON."""
    groups = [
        {"topic": topic, "reason": reason, "service": service, "error": error, "letters": count.letters}
        | {"first": count.first.isoformat(), "last": count.last.isoformat()}
        for (topic, reason, service, error), count in counts.groups()
    ]
    return json.dumps({"letters": counts.letters, "groups": groups, "not_read": dict(unread)}, indent=2)


def counts_table(counts: DeadLetterCounts) -> Table:
    """A table of the counts."""
    table = Table("topic", "reason", "service", "letters", "first (UTC)", "last (UTC)", "error", box=None)
    for (topic, reason, service, error), count in counts.groups():
        table.add_row(
            *map(
                Text,
                (topic, reason, service, str(count.letters), _time(count.first), _time(count.last), error),
            )
        )
    return table


def unread_lines(unread: Mapping[str, int]) -> Iterator[str]:
    """A line for each topic with older records that were not read."""
    for topic, count in unread.items():
        yield f"{count} older records on {topic} were not read: raise --limit"


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """A letter with the structure of its original.

    `shapes` is None if the letter does not open or is not JSON; `inner` is the structure of a sealed request.
    """

    letter: DeadLetterRecord
    opens: bool
    key_bytes: int | None = None
    value_bytes: int | None = None
    header_names: Sequence[str] = ()
    other_headers: int = 0
    shapes: Sequence[PathSummary] | None = None
    inner: Sequence[PathSummary] | None = None


def letter_fields(letter: DeadLetterRecord) -> dict[str, object]:
    """The headers of a letter as JSON fields."""
    return {
        "letter": str(letter.at),
        "original": str(letter.source) if letter.source else None,
        "id": letter.event_id,
        "request": letter.request,
        "service": letter.service,
        "reason": letter.reason,
        "error": letter.error,
        "failed_at": letter.failed_at.isoformat(),
        "size_bytes": letter.size_bytes,
    }


def view_fields(view: DeadLetterView) -> dict[str, object]:
    """A letter with its structure as JSON fields."""
    return {
        **letter_fields(view.letter),
        "opens": view.opens,
        "key_bytes": view.key_bytes,
        "value_bytes": view.value_bytes,
        "headers": list(view.header_names),
        "other_headers": view.other_headers,
        "fields": None if view.shapes is None else [_shape_fields(shape) for shape in view.shapes],
        "in_the_seal": None if view.inner is None else [_shape_fields(shape) for shape in view.inner],
    }


def view_lines(view: DeadLetterView) -> Iterator[str]:
    """A letter with its structure as lines."""
    for name, value in letter_fields(view.letter).items():
        yield f"{name:<12} {'-' if value is None else value}"
    if not view.opens:
        yield f"{'opens':<12} no: another WEIR_SEAL_KEY, a letter of an older version, or damaged"
        return
    yield f"{'opens':<12} yes"
    yield f"{'key':<12} {_bytes(view.key_bytes)}"
    yield f"{'headers':<12} {_header_names(view)}"
    yield f"{'value':<12} {_bytes(view.value_bytes)}" + ("" if view.shapes is not None else ", not JSON")
    yield from (f"  {_shape_line(shape)}" for shape in view.shapes or ())
    if view.inner is not None:
        yield "in its seal"
        yield from (f"  {_shape_line(shape)}" for shape in view.inner)


def results_json(results: Sequence[RedriveResult], unread: Mapping[str, int], *, is_dry_run: bool) -> str:
    """The result for each letter, as JSON."""
    letters = [
        {
            "letter": str(result.letter.at),
            "original": str(result.letter.source) if result.letter.source else None,
            "reason": result.letter.reason,
        }
        | {
            "result": result.code,
            "to": result.to,
            "place": str(result.position) if result.position else None,
            "why": result.why,
        }
        for result in results
    ]
    return json.dumps({"dry_run": is_dry_run, "letters": letters, "not_read": dict(unread)}, indent=2)


def results_table(results: Sequence[RedriveResult]) -> Table:
    """A table of the letters by destination, and of those that are not redriven, by reason."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for result in results:
        group = (
            result.letter.topic,
            result.letter.reason,
            result.code,
            f"to {result.to}" if result.to else result.why,
        )
        counts[group] = counts.get(group, 0) + 1
    table = Table("letters", "topic", "reason", "result", "", box=None)
    for (topic, reason, code, detail), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[
        :MAX_GROUPS
    ]:
        table.add_row(*map(Text, (str(count), topic, reason, code, detail)))
    return table


def _shape_fields(shape: PathSummary) -> dict[str, object]:
    lengths = {"shortest": shape.shortest, "longest": shape.longest}
    return {
        "path": shape.path,
        "type": shape.kind,
        "count": shape.count,
        **lengths,
        "values": list(shape.shown),
    }


def _shape_line(shape: PathSummary) -> str:
    times = f" x {shape.count}" if shape.count > 1 else ""
    span = (
        ""
        if shape.longest is None
        else f", {shape.shortest} to {shape.longest}"
        if shape.shortest != shape.longest
        else f", {shape.longest}"
    )
    units = {"string": " characters", "array": " items", "object": " fields"}.get(shape.kind, "")
    shown = f": {', '.join(shape.shown)}" if shape.shown else ""
    return f"{shape.path}  {shape.kind}{times}{span}{units}{shown}"


def _header_names(view: DeadLetterView) -> str:
    others = f" and {view.other_headers} of other names" if view.other_headers else ""
    return (", ".join(view.header_names) or "-") + others


def _bytes(count: int | None) -> str:
    return "none" if count is None else f"{count} bytes"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
