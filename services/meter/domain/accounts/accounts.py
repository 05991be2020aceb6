"""The meter's state in one partition: a pure fold over its own decisions; any interleaving of their topics gives the same accounts.

Each decision says where it counts, so that the accounts do not depend on the limits, which change without being decisions.

Overshoot: captured + reserved + held stays within a limit as long as each call uses at most what was reserved for it. A call can use more
by input tokens beyond the estimate, by a repeat after a crash of the router, or by a price or a route that changed after its admission; so
the bound is the sum of those excesses over the requests that are open at one time, and each excess stops the next admission.

`fold` forgets nothing, so that topics may be read one after the other; `forget` and `dump` do, by the time of the newest event.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.requests import AdmittedRequest, LimitUnit, Reservation
from services.meter.domain.accounts.account import (
    ZERO,
    AccountKey,
    OpenRequest,
    TenantAccount,
    account_keys_of,
    month_account_key,
    tokens_in,
)
from services.meter.domain.accounts.dedup import WINDOW_S, FirstRequest
from services.meter.domain.accounts.open_requests import AdmissionParts, OpenRequestEntry
from services.meter.domain.accounts.reservations import Amounts, HeldReservation, LateBooking
from services.meter.domain.accounts.snapshot import AccountsSnapshot, pieces_of, read_pieces
from services.meter.domain.limits.limits import LimitBalance
from services.meter.domain.limits.rates import RateWindow
from services.meter.domain.limits.windows import MINUTE, TENANT, kept_until, month_of

SWEEP_EVERY_S = 3_600.0
NO_ADMISSIONS = RateWindow()
# A request that was refused, or stood in for, leaves its request id to the next one.
CLAIMLESS = frozenset({"rejected", "duplicate"})


class NewBookings(NamedTuple):
    """The calls of an event that no earlier event booked: what is known of them, how many are unknown, how many there are."""

    known: Amounts
    unknown: int
    lines: int


class Accounts:
    """All accounts of a partition; `fold` is the only way to change what counts."""

    def __init__(self) -> None:
        """Start empty."""
        self._take(AccountsSnapshot())

    def fold(self, event: Event, event_id: UUID) -> None:
        """Take a decision in; a repeat, or a decision about a request that is closed, changes nothing but what it adds."""
        # By the class itself: a model's isinstance asks its metaclass, which takes longer than the rest of this function.
        if type(event) is AdmittedRequest:
            self._admit(event)
        elif type(event) is Completion:
            self._complete(event)
        elif type(event) is Adjustment:
            self._adjust(event, event_id)

    def is_decided(self, record_id: UUID) -> bool:
        """Tell whether a request has been admitted or closed."""
        return record_id.int in self._open.entries or record_id.int in self._windows.closed

    def is_booked(self, attempt_id: UUID) -> bool:
        """Tell whether a call stands in a completion or an adjustment."""
        return attempt_id.int in self._windows.booked

    def is_corrected(self, adjustment_id: UUID) -> bool:
        """Tell whether the correction that has this id, so that replaces this booking, is booked."""
        return adjustment_id.int in self._windows.corrections

    def is_outside_dedup_window(self, at: datetime) -> bool:
        """Tell whether something is so old that whether it was booked is forgotten."""
        return at.timestamp() < self._newest - WINDOW_S

    def first_request(self, tenant: str, request_id: str) -> FirstRequest | None:
        """Find the request that holds a request id."""
        return self._windows.first.get((tenant, request_id))

    def open_request(self, record_id: UUID) -> OpenRequest | None:
        """Find an open request."""
        entry = self._open.entries.get(record_id.int)
        return entry.request() if entry is not None else None

    def held_account_keys(self, record_id: UUID) -> tuple[AccountKey, ...] | None:
        """Tell where something is held for a closed request, its month first."""
        hold = self._holds.hold_of(record_id.int)
        return hold.account_keys if hold is not None else None

    def awaits_answer(self, record_id: UUID) -> bool:
        """Tell whether something is held for a closed request only because nobody has said yet which calls were made."""
        return self._holds.awaits_answer(record_id.int)

    def balance(self, tenant: str, limit: Decimal, period: str) -> LimitBalance:
        """Show a tenant's money of one month in UTC."""
        return self.totals((tenant, TENANT), (period,), (limit, "usd"))

    def totals(
        self, account: tuple[str, str], windows: Sequence[str], limit: tuple[Decimal, LimitUnit]
    ) -> LimitBalance:
        """Show what counts for a tenant's scope in some windows, in a limit's unit."""
        (tenant, scope), (amount, unit) = account, limit
        owner = self._accounts.get(tenant)
        cells = (
            [cell for window in windows if (cell := owner.cells.get((scope, window))) is not None]
            if owner is not None
            else []
        )
        if unit in {"requests", "concurrency"}:
            return LimitBalance(
                amount,
                Decimal(sum(cell.requests for cell in cells)),
                Decimal(sum(cell.open for cell in cells)),
                ZERO,
            )
        held = (
            [self._holds.held(tenant, (scope, window)) for window in windows]
            if self._holds.sums(tenant)
            else []
        )
        if unit == "tokens":
            captured, reserved = (
                sum(cell.tokens for cell in cells),
                sum(cell.reserved_tokens for cell in cells),
            )
            return LimitBalance(
                amount, Decimal(captured), Decimal(reserved), Decimal(sum(one.tokens for one in held))
            )
        usd, reserved_usd = (
            sum((cell.usd for cell in cells), ZERO),
            sum((cell.reserved_usd for cell in cells), ZERO),
        )
        return LimitBalance(amount, usd, reserved_usd, sum((one.usd for one in held), ZERO))

    def last_minute(self, tenant: str, scope: str) -> RateWindow:
        """Show the admissions of the last minute."""
        account = self._accounts.get(tenant)
        return account.minutes.get(scope, NO_ADMISSIONS) if account is not None else NO_ADMISSIONS

    def tenants(self) -> Iterable[str]:
        """List all tenants that have an account."""
        return self._accounts.keys()

    def account_keys(self, tenant: str) -> frozenset[AccountKey]:
        """List where anything counts for a tenant, its rates with the window `minute`."""
        account = self._accounts.get(tenant)
        if account is None:
            return frozenset()
        return (
            frozenset(account.cells)
            | frozenset(self._holds.sums(tenant))
            | {(scope, MINUTE) for scope in account.minutes}
        )

    def expired(self, now: datetime) -> list[OpenRequest]:
        """Take some thousand open requests whose time is over, the oldest first."""
        return self._open.expired(now)

    def drop_expired(self) -> None:
        """Drop what is older than its window before the newest event."""
        self._windows.forget(self._newest)
        self._holds.forget(self._newest)
        self._open.forget()
        if self._newest - self._swept_at > SWEEP_EVERY_S:
            self._sweep()

    def dump(self) -> Iterable[str]:
        """Write the accounts as pieces of JSON text, in a fixed order, without what is to be forgotten."""
        return pieces_of(
            AccountsSnapshot(self._accounts, self._open, self._windows, self._holds, self._newest)
        )

    def load(self, pieces: Sequence[str]) -> None:
        """Replace everything by a dump."""
        self._take(read_pieces(pieces))

    def _take(self, contents: AccountsSnapshot) -> None:
        self._accounts, self._open = contents.accounts, contents.open
        self._windows, self._holds, self._newest = contents.windows, contents.holds, contents.newest
        self._swept_at = contents.newest

    def _sweep(self) -> None:
        self._swept_at = newest = self._newest
        for name, account in list(self._accounts.items()):
            for place in [
                place
                for place, cell in account.cells.items()
                if not cell.open and kept_until(*place) < newest
            ]:
                del account.cells[place]
            for scope in [
                scope for scope, minute in account.minutes.items() if minute.times[-1] < newest - WINDOW_S
            ]:
                del account.minutes[scope]
            if not account.cells and not account.minutes:
                del self._accounts[name]

    def _admit(self, event: AdmittedRequest) -> None:
        request, reservation, at = event.request, event.reservation, event.admitted_at.timestamp()
        account, key = self._account(request.tenant), request.record_id.int
        self._newest = max(self._newest, at)
        self._windows.note_first(
            account.name, request.request_id, FirstRequest(key, request.content_digest, at)
        )
        is_new = key not in self._windows.closed and key not in self._open.entries
        cells = [account.cell((TENANT, reservation.period))] if is_new else []
        for claim in reservation.claims:
            if claim.window == MINUTE:
                account.note_admission(
                    claim.scope, (at, key), reservation.estimated_input_tokens + reservation.max_output_tokens
                )
            elif is_new:
                cells.append(account.cell((claim.scope, claim.window)))
        if not is_new:
            return
        usd, tokens = reservation.amount_usd or ZERO, _tokens_reserved(reservation)
        for cell in cells:
            cell.reserve(usd, tokens)
        parts = AdmissionParts(request, event.verdict, reservation, event.admitted_at, event.expires_at)
        self._open.add(
            OpenRequestEntry(
                key, account.name, tuple(cells), usd, tokens, event.expires_at.timestamp(), parts
            )
        )

    def _complete(self, event: Completion) -> None:
        request, reservation, at = event.request, event.reservation, event.completed_at.timestamp()
        account, key = self._account(request.tenant), request.record_id.int
        self._newest = max(self._newest, at)
        if key in self._windows.closed:
            return
        self._windows.closed[key] = at
        entry, admitted_at = self._open.pop(key), event.times.admitted_at
        # Its admission has claimed the request id already, unless it was another owner's.
        if event.status not in CLAIMLESS and (
            entry is None or admitted_at is None or not entry.is_of(admitted_at)
        ):
            claimed_at = admitted_at.timestamp() if admitted_at is not None else at
            self._windows.note_first(
                account.name, request.request_id, FirstRequest(key, request.content_digest, claimed_at)
            )
        if event.status == "screened" and reservation is not None:
            self._note_moderation(account, reservation, (at, key))
        places = account_keys_of(reservation.period, reservation.claims) if reservation is not None else None
        booked = self._book(account, event.attempts, (places, at))
        if reservation is not None and places is not None:
            account.capture(places, booked.known.usd, booked.known.tokens, requests=1)
            if event.times.answered_at is None or booked.unknown or booked.lines < len(event.attempts):
                self._hold(event, reservation, booked)
        if entry is not None:
            entry.close()
            for cell in entry.cells:
                cell.release(entry.usd, entry.tokens)
                account.drop_if_empty(cell)

    def _note_moderation(
        self, account: TenantAccount, reservation: Reservation, closing: tuple[float, int]
    ) -> None:
        """Count a request that was never admitted towards the rates; it takes no tokens."""
        for claim in reservation.claims:
            if claim.window == MINUTE:
                account.note_admission(claim.scope, closing, 0)

    def _hold(self, event: Completion, reservation: Reservation, booked: NewBookings) -> None:
        """Keep what was reserved for calls whose cost or usage is unknown, so that the bound of each limit stays true."""
        is_unanswered = event.times.answered_at is None
        usd = (
            reservation.amount_usd
            if is_unanswered or any(line.cost_usd is None for line in event.attempts)
            else ZERO
        )
        tokens = (
            _tokens_reserved(reservation)
            if is_unanswered or any(_tokens(line) is None for line in event.attempts)
            else 0
        )
        if not (usd or tokens):
            return
        left, since = (
            Amounts(usd or ZERO, tokens).subtract_to_zero(booked.known),
            event.completed_at.timestamp(),
        )
        places = _lasting(account_keys_of(reservation.period, reservation.claims))
        self._holds.hold(
            event.request.record_id.int,
            HeldReservation(event.request.tenant, places, left, booked.unknown, is_unanswered, since),
        )

    def _adjust(self, event: Adjustment, event_id: UUID) -> None:
        """Book late calls once each; a correction counts once as a whole, since it names calls that are booked already."""
        account, key, at = self._account(event.tenant), event.record_id.int, event.booked_at.timestamp()
        self._newest = max(self._newest, at)
        places = account_keys_of(event.period, event.claims)
        if event.reason == "late_answer":
            booked = self._book(account, event.attempts, (places, at))
            account.capture(places, booked.known.usd, booked.known.tokens)
            self._holds.book_late(key, LateBooking(booked.known, booked.unknown, 0, is_answer=True, at=at))
        elif event_id.int not in self._windows.corrections:
            self._windows.corrections[event_id.int] = at
            cost = event.cost_usd or ZERO
            account.capture(places, cost, 0)
            if event.reason == "settled_hold" and event.cost_usd is not None:
                settled = max(1, sum(line.cost_usd is not None for line in event.attempts))
                self._holds.book_late(key, LateBooking(Amounts(cost), 0, settled, is_answer=False, at=at))

    def _book(
        self,
        account: TenantAccount,
        lines: Iterable[BookedAttempt],
        counts_in: tuple[tuple[AccountKey, ...] | None, float],
    ) -> NewBookings:
        """Note the calls that are not booked yet, with the time of the event that books them.

        Calls without a reservation count in the month in which they were started; all others where their reservation does.
        """
        places, at = counts_in
        usd, tokens, unknown, fresh = ZERO, 0, 0, 0
        for line in lines:
            key = line.result.attempt_id.int
            if key in self._windows.booked:
                continue
            self._windows.booked[key] = at
            count, cost = _tokens(line), line.cost_usd
            fresh, unknown = fresh + 1, unknown + (count is None or cost is None)
            usd, tokens = usd + (cost or ZERO), tokens + (count or 0)
            if places is None:
                account.capture(
                    (month_account_key(month_of(line.result.started_at)),), cost or ZERO, count or 0
                )
        return NewBookings(Amounts(usd, tokens), unknown, fresh)

    def _account(self, tenant: str) -> TenantAccount:
        account = self._accounts.get(tenant)
        if account is None:
            account = self._accounts[tenant] = TenantAccount(tenant)
        return account


def _tokens_reserved(reservation: Reservation) -> int:
    whole = reservation.amount_tokens
    return whole if whole is not None else reservation.estimated_input_tokens + reservation.max_output_tokens


def _lasting(places: tuple[AccountKey, ...]) -> tuple[AccountKey, ...]:
    return tuple(place for place in places if place[1] != MINUTE)


def _tokens(line: BookedAttempt) -> int | None:
    """Count a call's tokens; one that is known to have cost nothing and reports none took none."""
    return 0 if line.usage is None and line.cost_status == "none" else tokens_in(line.usage)
