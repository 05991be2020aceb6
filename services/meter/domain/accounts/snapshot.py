"""Accounts as JSON text and back, in pieces that are far below the size of a record and do not depend on the order of the log."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, Final

import orjson

from services.meter.domain.accounts.account import AccountKey, TenantAccount, month_account_key
from services.meter.domain.accounts.dedup import WINDOW_S, DedupWindows, FirstRequest
from services.meter.domain.accounts.open_requests import OpenRequestEntry, OpenRequests
from services.meter.domain.accounts.reservations import (
    Amounts,
    HeldReservation,
    HeldReservations,
    LateBooking,
)
from services.meter.domain.limits.windows import TENANT, kept_until

FORMAT: Final = "meter.accounts.3"
# Written before there were scopes and windows: everything in it is the tenant's own, by month.
BY_MONTH_FORMAT: Final = "meter.accounts.2"
PIECE_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class AccountsSnapshot:
    """All that the accounts hold."""

    accounts: dict[str, TenantAccount] = field(default_factory=dict[str, TenantAccount])
    open: OpenRequests = field(default_factory=OpenRequests)
    windows: DedupWindows = field(default_factory=DedupWindows)
    holds: HeldReservations = field(default_factory=HeldReservations)
    newest: float = 0.0


def pieces_of(contents: AccountsSnapshot) -> Iterator[str]:
    """Write the contents; the first piece says how the others are read."""
    yield _text({"format": FORMAT, "newest": contents.newest})
    since = contents.newest - WINDOW_S
    windows = contents.windows
    holds, late = contents.holds.entries(contents.newest)
    yield from _pieces("captured", _captured_rows(contents.accounts, contents.newest))
    yield from _pieces("admitted", _admitted_rows(contents.accounts, since))
    yield from _pieces("open", (_open_row(entry) for entry in contents.open.in_order()))
    for kind in ("closed", "booked", "corrections"):
        entries = sorted(_recent(getattr(windows, kind), since), key=lambda entry: (entry[1], entry[0]))
        yield from _pieces(kind, (_text([f"{key:x}", at]) for key, at in entries))
    firsts = sorted((first.at, name, first) for name, first in windows.first.items() if first.at >= since)
    yield from _pieces(
        "first",
        (_text([*name, f"{first.key:x}", first.content_digest, first.at]) for _, name, first in firsts),
    )
    yield from _pieces("holds", (_hold_row(key, hold) for key, hold in holds))
    yield from _pieces("late", (_late_row(key, booking) for key, booking in late))


def read_pieces(pieces: Sequence[str]) -> AccountsSnapshot:
    """Read a dump back; raises ValueError where it was written in a format that is not known here."""
    if not pieces:
        return AccountsSnapshot()
    head: Mapping[str, Any] = orjson.loads(pieces[0])
    readers = _READERS.get(head.get("format", ""))
    if readers is None:
        known = " and ".join(_READERS)
        raise ValueError(
            f"the snapshot's format is {head.get('format')!r}, this meter reads {known}: delete the snapshot to fold the whole log"
        )
    contents = AccountsSnapshot(newest=head["newest"])
    for piece in pieces[1:]:
        loaded: Mapping[str, Any] = orjson.loads(piece)
        read = readers[loaded["kind"]]
        for row in loaded["rows"]:
            read(contents, row)
    return contents


def _captured_rows(accounts: Mapping[str, TenantAccount], newest: float) -> Iterator[str]:
    for name, account in sorted(accounts.items()):
        for place, cell in sorted(account.cells.items()):
            if (cell.usd or cell.tokens or cell.requests) and kept_until(*place) >= newest:
                yield _text([name, *place, str(cell.usd.normalize()), _whole(cell.tokens), cell.requests])


def _admitted_rows(accounts: Mapping[str, TenantAccount], since: float) -> Iterator[str]:
    for name, account in sorted(accounts.items()):
        for scope, minute in sorted(account.minutes.items()):
            yield from (
                _text([name, scope, at, f"{key:x}", tokens])
                for at, key, tokens in minute.last_minute()
                if at >= since
            )


def _open_row(entry: OpenRequestEntry) -> str:
    return _text(
        [
            f"{entry.key:x}",
            entry.tenant,
            entry.account_keys,
            str(entry.usd.normalize()),
            _whole(entry.tokens),
            entry.expires_at,
            entry.packed(),
        ]
    )


def _hold_row(key: int, hold: HeldReservation) -> str:
    amounts = hold.amounts
    return _text(
        [
            f"{key:x}",
            hold.tenant,
            hold.account_keys,
            str(amounts.usd.normalize()),
            _whole(amounts.tokens),
            hold.unknown,
            hold.is_unanswered,
            hold.since,
        ]
    )


def _late_row(key: int, late: LateBooking) -> str:
    return _text(
        [
            f"{key:x}",
            str(late.known.usd.normalize()),
            _whole(late.known.tokens),
            late.unknown,
            late.settled,
            late.is_answer,
            late.at,
        ]
    )


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


def _whole(count: int) -> int | str:
    """A sum beyond the 64 bits of a JSON number as text, which is read back exactly."""
    return count if -(2**63) <= count < 2**63 else str(count)


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _account(contents: AccountsSnapshot, name: str) -> TenantAccount:
    account = contents.accounts.get(name)
    if account is None:
        account = contents.accounts[name] = TenantAccount(name)
    return account


def _read_captured(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    name, scope, window, usd, tokens, requests = row
    cell = _account(contents, name).cell((scope, window))
    cell.usd, cell.tokens, cell.requests = Decimal(usd), int(tokens), requests


def _read_admitted(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    name, scope, at, key, tokens = row
    _account(contents, name).note_admission(scope, (at, int(key, 16)), tokens)


def _read_open(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, name, places, usd, tokens, expires_at, packed = row
    account = _account(contents, name)
    cells = tuple(account.cell((scope, window)) for scope, window in places)
    entry = OpenRequestEntry(int(key, 16), account.name, cells, Decimal(usd), int(tokens), expires_at, packed)
    for cell in cells:
        cell.reserve(entry.usd, entry.tokens)
    contents.open.add(entry)


def _read_first(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    tenant, request_id, key, digest, at = row
    contents.windows.first[tenant, request_id] = FirstRequest(int(key, 16), digest, at)


def _read_hold(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, tenant, places, usd, tokens, unknown, is_unanswered, since = row
    held_in: tuple[AccountKey, ...] = tuple((scope, window) for scope, window in places)
    contents.holds.hold(
        int(key, 16),
        HeldReservation(tenant, held_in, Amounts(Decimal(usd), int(tokens)), unknown, is_unanswered, since),
    )


def _read_late(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, usd, tokens, unknown, settled, is_answer, at = row
    contents.holds.book_late(
        int(key, 16), LateBooking(Amounts(Decimal(usd), int(tokens)), unknown, settled, is_answer, at)
    )


def _read_captured_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    name, months = row
    for period, usd in months.items():
        _account(contents, name).cell(month_account_key(period)).usd = Decimal(usd)


def _read_hold_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, tenant, period, usd, is_unanswered, since = row
    unknown = 0 if is_unanswered else 1
    contents.holds.hold(
        int(key, 16),
        HeldReservation(
            tenant, (month_account_key(period),), Amounts(Decimal(usd)), unknown, is_unanswered, since
        ),
    )


def _read_late_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, usd, is_whole, is_settled, at = row
    known, unknown = Amounts(Decimal(usd)), 0 if is_whole else 1
    contents.holds.book_late(
        int(key, 16), LateBooking(known, unknown, 1 + unknown if is_settled else 0, is_answer=True, at=at)
    )


def _read_open_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, name, period, usd, expires_at, packed = row
    _read_open(contents, [key, name, [month_account_key(period)], usd or "0", 0, expires_at, packed])


_Reader = Callable[[AccountsSnapshot, Sequence[Any]], None]
_SHARED: Final[Mapping[str, _Reader]] = {
    "closed": lambda contents, row: contents.windows.closed.update({int(row[0], 16): row[1]}),
    "booked": lambda contents, row: contents.windows.booked.update({int(row[0], 16): row[1]}),
    "corrections": lambda contents, row: contents.windows.corrections.update({int(row[0], 16): row[1]}),
    "first": _read_first,
}
_READERS: Final[Mapping[str, Mapping[str, _Reader]]] = {
    FORMAT: {
        **_SHARED,
        "captured": _read_captured,
        "admitted": _read_admitted,
        "open": _read_open,
        "holds": _read_hold,
        "late": _read_late,
    },
    BY_MONTH_FORMAT: {
        **_SHARED,
        "captured": _read_captured_by_month,
        "admitted": lambda contents, row: _read_admitted(contents, [row[0], TENANT, row[1], row[2], 0]),
        "open": _read_open_by_month,
        "holds": _read_hold_by_month,
        "late": _read_late_by_month,
    },
}
