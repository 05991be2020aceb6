"""Dead letters for people and for scripts: counts, one letter, what was put back; text of foreign make is never taken for markup."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from weir.dead_letters.letters import DeadLetterRecord
from weir.dead_letters.redacted import PathSummary
from weir.dead_letters.redrive import RedriveResult

MOST_GROUPS = 200

Group = tuple[str, str, str, str]


@dataclass(slots=True)
class ErrorCount:
    """How many letters say the same, and when the first and the last of them failed."""

    letters: int
    first: datetime
    last: datetime


class DeadLetterCounts:
    """Letters by topic, reason, service and error; of so many different errors that nobody reads them, the rest is one line."""

    def __init__(self) -> None:
        self._groups: dict[Group, ErrorCount] = {}

    def take(self, letter: DeadLetterRecord) -> None:
        """Count a letter."""
        group = letter.topic, letter.reason, letter.service, letter.error
        if group not in self._groups and len(self._groups) >= MOST_GROUPS:
            group = letter.topic, "...", "...", "other reasons and errors"
        count = self._groups.setdefault(group, ErrorCount(0, letter.failed_at, letter.failed_at))
        count.letters += 1
        count.first, count.last = min(count.first, letter.failed_at), max(count.last, letter.failed_at)

    def groups(self) -> Sequence[tuple[Group, ErrorCount]]:
        """The most frequent first."""
        return sorted(self._groups.items(), key=lambda item: (-item[1].letters, item[0]))

    @property
    def letters(self) -> int:
        """All of them."""
        return sum(count.letters for count in self._groups.values())


def counts_json(counts: DeadLetterCounts, unread: Mapping[str, int]) -> str:
    """Counts for scripts."""
    groups = [
        {"topic": topic, "reason": reason, "service": service, "error": error, "letters": count.letters}
        | {"first": count.first.isoformat(), "last": count.last.isoformat()}
        for (topic, reason, service, error), count in counts.groups()
    ]
    return json.dumps({"letters": counts.letters, "groups": groups, "not_read": dict(unread)}, indent=2)


def counts_table(counts: DeadLetterCounts) -> Table:
    """Counts for people."""
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
    """What was not looked at."""
    for topic, count in unread.items():
        yield f"{count} older records on {topic} were not read: raise --limit"


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """A letter with the structure of what it holds; `shapes` is None where it does not open or is no JSON, `inner` is what its seal holds."""

    letter: DeadLetterRecord
    opens: bool
    key_bytes: int | None = None
    value_bytes: int | None = None
    header_names: Sequence[str] = ()
    other_headers: int = 0
    shapes: Sequence[PathSummary] | None = None
    inner: Sequence[PathSummary] | None = None


def letter_fields(letter: DeadLetterRecord) -> dict[str, object]:
    """What its headers say."""
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
    """A letter for scripts."""
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
    """A letter for people."""
    for name, value in letter_fields(view.letter).items():
        yield f"{name:<12} {'-' if value is None else value}"
    yield f"{'opens':<12} {'yes' if view.opens else 'no: another WEIR_SEAL_KEY, a letter of an older version, or damaged'}"
    if not view.opens:
        return
    yield f"{'key':<12} {_bytes(view.key_bytes)}"
    yield f"{'headers':<12} {', '.join(view.header_names) or '-'}" + (
        f" and {view.other_headers} of other names" if view.other_headers else ""
    )
    yield f"{'value':<12} {_bytes(view.value_bytes)}" + ("" if view.shapes is not None else ", not JSON")
    yield from (f"  {line}" for shape in view.shapes or () for line in [_shape_line(shape)])
    if view.inner is not None:
        yield "in its seal"
        yield from (f"  {_shape_line(shape)}" for shape in view.inner)


def results_json(results: Sequence[RedriveResult], unread: Mapping[str, int], *, is_dry_run: bool) -> str:
    """What became of each letter, for scripts."""
    letters = [
        {
            "letter": str(result.letter.at),
            "original": str(result.letter.source) if result.letter.source else None,
            "reason": result.letter.reason,
        }
        | {
            "result": result.code,
            "to": result.to,
            "place": str(result.place) if result.place else None,
            "why": result.why,
        }
        for result in results
    ]
    return json.dumps({"dry_run": is_dry_run, "letters": letters, "not_read": dict(unread)}, indent=2)


def results_table(results: Sequence[RedriveResult]) -> Table:
    """How many of what go where, and why the others stay."""
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
    for (topic, reason, code, what), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[
        :MOST_GROUPS
    ]:
        table.add_row(*map(Text, (str(count), topic, reason, code, what)))
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


def _bytes(count: int | None) -> str:
    return "none" if count is None else f"{count} bytes"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
