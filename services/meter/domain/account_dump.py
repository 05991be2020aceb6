"""Accounts as JSON text and back, in pieces that are far below the size of a record and do not depend on the order of the log."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, Final

import orjson

from services.meter.domain.account import Account, add
from services.meter.domain.holds import Hold, Holds, LateBooking
from services.meter.domain.windows import WINDOW_S, FirstRequest, Windows

FORMAT: Final = "meter.accounts.2"
PIECE_CHARS = 200_000
# No tenant is limited, and no report made, by a budget month that lies further back.
KEPT_PERIODS = 14


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An open request: what the sums need at hand, the rest packed as JSON, since a model would take five times the memory."""

    key: int
    tenant: str
    period: str
    amount_usd: Decimal | None
    expires_at: float
    packed: str


@dataclass(frozen=True, slots=True)
class Contents:
    """All that the accounts hold."""

    accounts: dict[str, Account] = field(default_factory=dict[str, Account])
    open: dict[int, OpenEntry] = field(default_factory=dict[int, OpenEntry])
    windows: Windows = field(default_factory=Windows)
    holds: Holds = field(default_factory=Holds)
    newest: float = 0.0


def pieces_of(contents: Contents) -> Iterator[str]:
    """Write the contents; the first piece says how the others are read."""
    yield _text({"format": FORMAT, "newest": contents.newest})
    since = contents.newest - WINDOW_S
    windows = contents.windows
    holds, late = contents.holds.entries(contents.newest)
    yield from _pieces("captured", _money_rows(contents.accounts))
    yield from _pieces("admitted", _admitted_rows(contents.accounts, contents.newest))
    yield from _pieces("open", (_open_row(entry) for entry in sorted(contents.open.values(), key=lambda one: one.key)))
    for kind in ("closed", "booked", "corrections"):
        entries = sorted(_recent(getattr(windows, kind), since), key=lambda entry: (entry[1], entry[0]))
        yield from _pieces(kind, (_text([f"{key:x}", at]) for key, at in entries))
    firsts = sorted((first.at, name, first) for name, first in windows.first.items() if first.at >= since)
    yield from _pieces("first", (_text([*name, f"{first.key:x}", first.content_digest, first.at]) for _, name, first in firsts))
    yield from _pieces("holds", (_text([f"{k:x}", h.tenant, h.period, str(h.amount_usd), h.is_unanswered, h.since]) for k, h in holds))
    yield from _pieces("late", (_text([f"{k:x}", str(b.known_usd), b.is_whole, b.is_settled, b.at]) for k, b in late))


def read_pieces(pieces: Sequence[str]) -> Contents:
    """Read a dump back; raises ValueError where it was written in another format."""
    if not pieces:
        return Contents()
    head: Mapping[str, Any] = orjson.loads(pieces[0])
    if head.get("format") != FORMAT:
        raise ValueError(f"the snapshot's format is {head.get('format')!r}, this meter reads {FORMAT!r}: delete the snapshot to fold the whole log")
    contents = Contents(newest=head["newest"])
    for piece in pieces[1:]:
        loaded: Mapping[str, Any] = orjson.loads(piece)
        for row in loaded["rows"]:
            _READERS[loaded["kind"]](contents, row)
    return contents


def _money_rows(accounts: Mapping[str, Account]) -> Iterator[str]:
    for name, account in sorted(accounts.items()):
        kept = sorted(account.captured)[-KEPT_PERIODS:]
        if kept:
            yield _text([name, {period: str(account.captured[period].normalize()) for period in kept}])


def _admitted_rows(accounts: Mapping[str, Account], newest: float) -> Iterator[str]:
    for name, account in sorted(accounts.items()):
        yield from (_text([name, at, f"{key:x}"]) for at, key in account.last_minute() if at >= newest - WINDOW_S)


def _open_row(entry: OpenEntry) -> str:
    amount = str(entry.amount_usd) if entry.amount_usd is not None else None
    return _text([f"{entry.key:x}", entry.tenant, entry.period, amount, entry.expires_at, entry.packed])


def _recent(window: Mapping[int, float], since: float) -> Iterator[tuple[int, float]]:
    return ((key, at) for key, at in window.items() if at >= since)


def _pieces(kind: str, rows: Iterable[str]) -> Iterator[str]:
    part: list[str] = []
    size = 0
    for row in chain(rows, [""]):
        if part and (not row or size + len(row) > PIECE_CHARS):
            yield f'{{"kind":"{kind}","rows":[{",".join(part)}]}}'
            part, size = [], 0
        part.append(row)
        size += len(row)


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _read_captured(contents: Contents, row: Sequence[Any]) -> None:
    name, months = row
    account = contents.accounts.setdefault(name, Account(name))
    account.captured.update({period: Decimal(amount) for period, amount in months.items()})


def _read_admitted(contents: Contents, row: Sequence[Any]) -> None:
    name, at, key = row
    contents.accounts.setdefault(name, Account(name)).note_admission(at, int(key, 16))


def _read_open(contents: Contents, row: Sequence[Any]) -> None:
    key, name, period, amount, expires_at, packed = row
    account = contents.accounts.setdefault(name, Account(name))
    entry = OpenEntry(int(key, 16), account.name, period, Decimal(amount) if amount is not None else None, expires_at, packed)
    contents.open[entry.key] = entry
    if entry.amount_usd is not None:
        add(account.reserved, period, entry.amount_usd)


def _read_first(contents: Contents, row: Sequence[Any]) -> None:
    tenant, request_id, key, digest, at = row
    contents.windows.first[tenant, request_id] = FirstRequest(int(key, 16), digest, at)


def _read_hold(contents: Contents, row: Sequence[Any]) -> None:
    key, tenant, period, amount, is_unanswered, since = row
    contents.holds.set_aside(int(key, 16), Hold(tenant, period, Decimal(amount), is_unanswered, since))


def _read_late(contents: Contents, row: Sequence[Any]) -> None:
    key, known, is_whole, is_settled, at = row
    contents.holds.book_late(int(key, 16), LateBooking(Decimal(known), is_whole, is_settled, at))


_READERS: Final[Mapping[str, Callable[[Contents, Sequence[Any]], None]]] = {
    "captured": _read_captured,
    "admitted": _read_admitted,
    "open": _read_open,
    "closed": lambda contents, row: contents.windows.closed.update({int(row[0], 16): row[1]}),
    "booked": lambda contents, row: contents.windows.booked.update({int(row[0], 16): row[1]}),
    "corrections": lambda contents, row: contents.windows.corrections.update({int(row[0], 16): row[1]}),
    "first": _read_first,
    "holds": _read_hold,
    "late": _read_late,
}
