"""Writes accounts as JSON text and reads them back, in pieces that are far smaller than a record may be.

Equal accounts give equal pieces, regardless of the order of the log.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, Final

import orjson

from services.meter.domain.accounts.account import AccountKey, TenantAccount, month_account_key
from services.meter.domain.accounts.amounts import Amounts
from services.meter.domain.accounts.dedup import DEDUP_WINDOW_S, DedupWindows, FirstRequest
from services.meter.domain.accounts.open_requests import OpenRequestEntry, OpenRequests
from services.meter.domain.accounts.reservations import HeldReservation, HeldReservations, LateBooking
from services.meter.domain.limits.windows import TENANT, kept_until

FORMAT: Final = "meter.accounts.3"
# The format before there were scopes and windows: all amounts are those of a tenant and a month.
BY_MONTH_FORMAT: Final = "meter.accounts.2"
MAX_PIECE_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class AccountsSnapshot:
    """The whole state of the accounts of a partition; `newest_at` is the time of the newest event."""

    accounts: dict[str, TenantAccount] = field(default_factory=dict[str, TenantAccount])
    open: OpenRequests = field(default_factory=OpenRequests)
    dedup: DedupWindows = field(default_factory=DedupWindows)
    held: HeldReservations = field(default_factory=HeldReservations)
    newest_at: float = 0.0


def pieces_of(contents: AccountsSnapshot) -> Iterator[str]:
    """Write the state; the first piece names the format of the others."""
    newest_at, since = contents.newest_at, contents.newest_at - DEDUP_WINDOW_S
    yield _text({"format": FORMAT, "newest": newest_at})
    dedup = contents.dedup
    yield from _pieces("captured", _captured_rows(contents.accounts, newest_at))
    yield from _pieces("admitted", _admitted_rows(contents.accounts, since))
    yield from _pieces("open", (_open_row(entry) for entry in contents.open.in_order()))
    for kind in ("closed", "booked", "corrections"):
        entries = sorted(_recent(getattr(dedup, kind), since), key=lambda entry: (entry[1], entry[0]))
        yield from _pieces(kind, (_text([f"{key:x}", at]) for key, at in entries))
    firsts = sorted((first.at, name, first) for name, first in dedup.first.items() if first.at >= since)
    yield from _pieces(
        "first",
        (_text([*name, f"{first.key:x}", first.content_digest, first.at]) for _, name, first in firsts),
    )
    yield from _pieces("holds", (_held_row(key, held) for key, held in contents.held.held_entries(newest_at)))
    yield from _pieces("late", (_late_row(key, late) for key, late in contents.held.late_entries(newest_at)))


def read_pieces(pieces: Sequence[str]) -> AccountsSnapshot:
    """Read a dump; raises ValueError where its format is unknown to this version."""
    if not pieces:
        return AccountsSnapshot()
    head: Mapping[str, Any] = orjson.loads(pieces[0])
    readers = _READERS.get(head.get("format", ""))
    if readers is None:
        known = " and ".join(_READERS)
        raise ValueError(
            f"the snapshot's format is {head.get('format')!r}, this meter reads {known}: "
            "delete the snapshot to fold the whole log"
        )
    contents = AccountsSnapshot(newest_at=head["newest"])
    for piece in pieces[1:]:
        loaded: Mapping[str, Any] = orjson.loads(piece)
        read_row = readers[loaded["kind"]]
        for row in loaded["rows"]:
            read_row(contents, row)
    return contents


def _captured_rows(accounts: Mapping[str, TenantAccount], newest_at: float) -> Iterator[str]:
    for name, account in sorted(accounts.items()):
        for key, balance in sorted(account.balances.items()):
            is_captured = balance.usd or balance.tokens or balance.requests
            if is_captured and kept_until(*key) >= newest_at:
                usd, tokens = str(balance.usd.normalize()), _json_integer(balance.tokens)
                yield _text([name, *key, usd, tokens, balance.requests])


def _admitted_rows(accounts: Mapping[str, TenantAccount], since: float) -> Iterator[str]:
    for name, account in sorted(accounts.items()):
        for scope, rate_window in sorted(account.rate_windows.items()):
            yield from (
                _text([name, scope, at, f"{key:x}", tokens])
                for at, key, tokens in rate_window.last_minute()
                if at >= since
            )


def _open_row(entry: OpenRequestEntry) -> str:
    return _text(
        [
            f"{entry.key:x}",
            entry.tenant,
            [list(key) for key in entry.account_keys],
            str(entry.usd.normalize()),
            _json_integer(entry.tokens),
            entry.expires_at,
            entry.packed(),
        ]
    )


def _held_row(key: int, held: HeldReservation) -> str:
    amounts = held.amounts
    return _text(
        [
            f"{key:x}",
            held.tenant,
            [list(account) for account in held.account_keys],
            str(amounts.usd.normalize()),
            _json_integer(amounts.tokens),
            held.unknown,
            held.is_unanswered,
            held.since,
        ]
    )


def _late_row(key: int, late: LateBooking) -> str:
    return _text(
        [
            f"{key:x}",
            str(late.known.usd.normalize()),
            _json_integer(late.known.tokens),
            late.unknown,
            late.settled,
            late.is_answer,
            late.at,
        ]
    )


def _recent(window: Mapping[int, float], since: float) -> Iterator[tuple[int, float]]:
    return ((key, at) for key, at in window.items() if at >= since)


def _pieces(kind: str, rows: Iterable[str]) -> Iterator[str]:
    piece: list[str] = []
    chars = 0
    # The empty row at the end completes the last piece.
    for row in chain(rows, [""]):
        if piece and (not row or chars + len(row) > MAX_PIECE_CHARS):
            yield f'{{"kind":"{kind}","rows":[{",".join(piece)}]}}'
            piece, chars = [], 0
        piece.append(row)
        chars += len(row)


def _json_integer(count: int) -> int | str:
    """Return a sum beyond 64 bits as text, since JSON readers would round it."""
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
    balance = _account(contents, name).balance(scope, window)
    balance.usd, balance.tokens, balance.requests = Decimal(usd), int(tokens), requests


def _read_admitted(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    name, scope, at, key, tokens = row
    _account(contents, name).note_admission(scope, at, int(key, 16), tokens)


def _read_open(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, name, accounts, usd, tokens, expires_at, packed = row
    account = _account(contents, name)
    balances = tuple(account.balance(scope, window) for scope, window in accounts)
    entry = OpenRequestEntry(
        int(key, 16), account.name, balances, Decimal(usd), int(tokens), expires_at, packed
    )
    for balance in balances:
        balance.reserve(entry.usd, entry.tokens)
    contents.open.add(entry)


def _read_first(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    tenant, request_id, key, digest, at = row
    contents.dedup.first[tenant, request_id] = FirstRequest(int(key, 16), digest, at)


def _read_held(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, tenant, accounts, usd, tokens, unknown, is_unanswered, since = row
    keys = tuple(AccountKey(scope, window) for scope, window in accounts)
    amounts = Amounts(Decimal(usd), int(tokens))
    contents.held.hold(int(key, 16), HeldReservation(tenant, keys, amounts, unknown, is_unanswered, since))


def _read_late(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, usd, tokens, unknown, settled, is_answer, at = row
    contents.held.book_late(
        int(key, 16), LateBooking(Amounts(Decimal(usd), int(tokens)), unknown, settled, is_answer, at)
    )


def _read_captured_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    name, months = row
    for period, usd in months.items():
        _account(contents, name).balance(TENANT, period).usd = Decimal(usd)


def _read_held_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, tenant, period, usd, is_unanswered, since = row
    unknown, keys = 0 if is_unanswered else 1, (month_account_key(period),)
    contents.held.hold(
        int(key, 16), HeldReservation(tenant, keys, Amounts(Decimal(usd)), unknown, is_unanswered, since)
    )


def _read_late_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, usd, is_whole, is_settled, at = row
    known, unknown = Amounts(Decimal(usd)), 0 if is_whole else 1
    contents.held.book_late(
        int(key, 16), LateBooking(known, unknown, 1 + unknown if is_settled else 0, is_answer=True, at=at)
    )


def _read_open_by_month(contents: AccountsSnapshot, row: Sequence[Any]) -> None:
    key, name, period, usd, expires_at, packed = row
    _read_open(contents, [key, name, [month_account_key(period)], usd or "0", 0, expires_at, packed])


_Reader = Callable[[AccountsSnapshot, Sequence[Any]], None]
_SHARED_READERS: Final[Mapping[str, _Reader]] = {
    "closed": lambda contents, row: contents.dedup.closed.update({int(row[0], 16): row[1]}),
    "booked": lambda contents, row: contents.dedup.booked.update({int(row[0], 16): row[1]}),
    "corrections": lambda contents, row: contents.dedup.corrections.update({int(row[0], 16): row[1]}),
    "first": _read_first,
}
_READERS: Final[Mapping[str, Mapping[str, _Reader]]] = {
    FORMAT: {
        **_SHARED_READERS,
        "captured": _read_captured,
        "admitted": _read_admitted,
        "open": _read_open,
        "holds": _read_held,
        "late": _read_late,
    },
    BY_MONTH_FORMAT: {
        **_SHARED_READERS,
        "captured": _read_captured_by_month,
        "admitted": lambda contents, row: _read_admitted(contents, [row[0], TENANT, row[1], row[2], 0]),
        "open": _read_open_by_month,
        "holds": _read_held_by_month,
        "late": _read_late_by_month,
    },
}
