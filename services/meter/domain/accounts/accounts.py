"""The meter's state of one partition: a fold over its decisions, in any interleaving of their topics.

Each decision names the accounts in which it counts, so that the state does not depend on limits, which change
without being decisions.

captured + reserved + held stays within a limit as long as each call uses at most what was reserved for it. A
call can use more by input tokens beyond the estimate, by a repetition after a crash of the router, or by a
price or a route that changed after its admission. The overshoot is at most the sum of these excesses over the
requests that are open at one time, and each excess counts against the next admission.

`fold` drops nothing, so that the topics may be read one after the other. `drop_expired` and `dump` drop what
is past its retention, by the time of the newest event.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.requests import AdmittedRequest, Reservation
from services.meter.domain.accounts.account import AccountKey, OpenRequest, TenantAccount
from services.meter.domain.accounts.amounts import (
    ZERO,
    Amounts,
    BookingTotals,
    call_tokens,
    reserved_tokens,
)
from services.meter.domain.accounts.balances import request_balance, token_balance, usd_balance
from services.meter.domain.accounts.dedup import DEDUP_WINDOW_S, FirstRequest
from services.meter.domain.accounts.open_requests import AdmissionParts, OpenRequestEntry
from services.meter.domain.accounts.reservations import LateBooking, held_reservation
from services.meter.domain.accounts.snapshot import AccountsSnapshot, pieces_of, read_pieces
from services.meter.domain.limits.limits import LimitBalance, LimitKey
from services.meter.domain.limits.rates import RateWindow
from services.meter.domain.limits.windows import MINUTE, TENANT, month_of

DROP_ACCOUNTS_EVERY_S = 3_600.0
NO_ADMISSIONS = RateWindow()
# A refused request and a duplicate do not own their request id: the next request may use it.
STATUSES_WITHOUT_REQUEST_ID = frozenset({"rejected", "duplicate"})


class Accounts:
    """All accounts of a partition; only `fold` changes what counts."""

    def __init__(self) -> None:
        """Start empty."""
        self._restore(AccountsSnapshot())

    def fold(self, event: Event, event_id: UUID) -> None:
        """Apply a decision; a redelivery changes nothing, and a closed request stays closed."""
        # By `type`: isinstance of a pydantic model runs its metaclass, which takes longer than the rest.
        if type(event) is AdmittedRequest:
            self._admit(event)
        elif type(event) is Completion:
            self._complete(event)
        elif type(event) is Adjustment:
            self._adjust(event, event_id)

    def is_decided(self, record_id: UUID) -> bool:
        """Whether a request was admitted or closed."""
        return record_id.int in self._open.entries or record_id.int in self._dedup.closed

    def is_booked(self, attempt_id: UUID) -> bool:
        """Whether a call is part of a completion or of an adjustment."""
        return attempt_id.int in self._dedup.booked

    def is_corrected(self, adjustment_id: UUID) -> bool:
        """Whether a correction is booked; its id is derived from the booking that it replaces."""
        return adjustment_id.int in self._dedup.corrections

    def is_outside_dedup_window(self, at: datetime) -> bool:
        """Whether a time is before the dedup window, so that earlier bookings may have been dropped."""
        return at.timestamp() < self._newest_at - DEDUP_WINDOW_S

    def first_request(self, tenant: str, request_id: str) -> FirstRequest | None:
        """Return the request that owns a request id; other requests with this id are its duplicates."""
        return self._dedup.first.get((tenant, request_id))

    def open_request(self, record_id: UUID) -> OpenRequest | None:
        """Return an open request."""
        entry = self._open.entries.get(record_id.int)
        return entry.request() if entry is not None else None

    def held_account_keys(self, record_id: UUID) -> tuple[AccountKey, ...] | None:
        """The accounts in which a closed request has held amounts, its month first; None if it has none."""
        held = self._held.held_for(record_id.int)
        return held.account_keys if held is not None else None

    def awaits_answer(self, record_id: UUID) -> bool:
        """Whether a request was closed without an answer, and none has come since."""
        return self._held.awaits_answer(record_id.int)

    def balance(self, tenant: str, limit: Decimal, period: str) -> LimitBalance:
        """Return the balance of a limit of USD for a tenant's month in UTC."""
        return self.totals(LimitKey(tenant, TENANT, (period,), "usd"), limit)

    def totals(self, limit: LimitKey, amount: Decimal) -> LimitBalance:
        """Return the balance of a limit of this amount."""
        tenant, scope, windows, unit = limit
        account = self._accounts.get(tenant)
        balances = account.stored_balances(scope, windows) if account is not None else []
        match unit:
            case "requests" | "concurrency":
                return request_balance(amount, balances)
            case "tokens":
                return token_balance(amount, balances, self._held.total(tenant, scope, windows).tokens)
            case "usd":
                return usd_balance(amount, balances, self._held.total(tenant, scope, windows).usd)

    def last_minute(self, tenant: str, scope: str) -> RateWindow:
        """Return the admissions of the last minute."""
        account = self._accounts.get(tenant)
        return account.rate_windows.get(scope, NO_ADMISSIONS) if account is not None else NO_ADMISSIONS

    def tenants(self) -> Iterable[str]:
        """List all tenants that have an account."""
        return self._accounts.keys()

    def account_keys(self, tenant: str) -> frozenset[AccountKey]:
        """List the accounts of a tenant in which anything counts; rates have the window `minute`."""
        account = self._accounts.get(tenant)
        if account is None:
            return frozenset()
        balances = (balance.key for balance in account.balances.values())
        rates = (AccountKey(scope, MINUTE) for scope in account.rate_windows)
        return frozenset([*balances, *rates, *self._held.account_keys(tenant)])

    def expired(self, now: datetime) -> list[OpenRequest]:
        """List up to MAX_EXPIRED open requests that have expired, the oldest first."""
        return self._open.expired(now)

    def drop_expired(self) -> None:
        """Drop entries whose retention has ended, by the time of the newest event."""
        self._dedup.drop_old(self._newest_at)
        self._held.drop_old(self._newest_at)
        self._open.drop_closed()
        if self._newest_at - self._accounts_dropped_at > DROP_ACCOUNTS_EVERY_S:
            self._drop_old_accounts()

    def dump(self) -> Iterable[str]:
        """Write the state as pieces of JSON text in a fixed order, without entries past their retention."""
        return pieces_of(
            AccountsSnapshot(self._accounts, self._open, self._dedup, self._held, self._newest_at)
        )

    def load(self, pieces: Sequence[str]) -> None:
        """Replace the whole state by a dump."""
        self._restore(read_pieces(pieces))

    def _restore(self, snapshot: AccountsSnapshot) -> None:
        self._accounts, self._open = snapshot.accounts, snapshot.open
        self._dedup, self._held, self._newest_at = snapshot.dedup, snapshot.held, snapshot.newest_at
        self._accounts_dropped_at = snapshot.newest_at

    def _drop_old_accounts(self) -> None:
        self._accounts_dropped_at = self._newest_at
        for name, account in list(self._accounts.items()):
            account.drop_old(self._newest_at)
            if not account.balances and not account.rate_windows:
                del self._accounts[name]

    def _admit(self, event: AdmittedRequest) -> None:
        request, reservation, at = event.request, event.reservation, event.admitted_at.timestamp()
        account, key = self._account(request.tenant), request.record_id.int
        self._newest_at = max(self._newest_at, at)
        self._dedup.note_first(
            account.name, request.request_id, FirstRequest(key, request.content_digest, at)
        )
        is_new = key not in self._dedup.closed and key not in self._open.entries
        balances = [account.balance(TENANT, reservation.period)] if is_new else []
        for claim in reservation.claims:
            if claim.window == MINUTE:
                tokens_per_call = reservation.estimated_input_tokens + reservation.max_output_tokens
                account.note_admission(claim.scope, at, key, tokens_per_call)
            elif is_new:
                balances.append(account.balance(claim.scope, claim.window))
        if not is_new:
            return
        usd, tokens = reservation.amount_usd or ZERO, reserved_tokens(reservation)
        for balance in balances:
            balance.reserve(usd, tokens)
        parts = AdmissionParts(request, event.verdict, reservation, event.admitted_at, event.expires_at)
        expires_at = event.expires_at.timestamp()
        self._open.add(OpenRequestEntry(key, account.name, tuple(balances), usd, tokens, expires_at, parts))

    def _complete(self, event: Completion) -> None:
        reservation, at = event.reservation, event.completed_at.timestamp()
        account, key = self._account(event.request.tenant), event.request.record_id.int
        self._newest_at = max(self._newest_at, at)
        if key in self._dedup.closed:
            return
        self._dedup.closed[key] = at
        entry = self._open.pop(key)
        if event.status not in STATUSES_WITHOUT_REQUEST_ID:
            self._note_request_id(account.name, event, entry, at)
        if reservation is None:
            for line in event.attempts:
                booked = self._book([line], at)
                account.capture(month_of(line.result.started_at), (), booked.known)
        else:
            self._capture(account, event, reservation, at)
        if entry is not None:
            entry.close()
            for balance in entry.balances:
                balance.release(entry.usd, entry.tokens)
                account.drop_if_empty(balance)

    def _note_request_id(
        self, tenant: str, event: Completion, entry: OpenRequestEntry | None, at: float
    ) -> None:
        """Remember the owner of a request id, unless the admission in this state did."""
        request, admitted_at = event.request, event.times.admitted_at
        if admitted_at is None:
            noted_at = at
        elif entry is not None and entry.is_admitted_at(admitted_at):
            return
        else:
            noted_at = admitted_at.timestamp()
        first = FirstRequest(request.record_id.int, request.content_digest, noted_at)
        self._dedup.note_first(tenant, request.request_id, first)

    def _capture(
        self, account: TenantAccount, event: Completion, reservation: Reservation, at: float
    ) -> None:
        """Count what the calls used where they were reserved, and hold what is unknown."""
        if event.status == "screened":
            self._note_moderation(account, event, reservation, at)
        booked = self._book(event.attempts, at)
        account.capture(reservation.period, reservation.claims, booked.known, requests=1)
        if event.times.answered_at is None or booked.unknown or booked.calls < len(event.attempts):
            held = held_reservation(event, reservation, booked)
            if held is not None:
                self._held.hold(event.request.record_id.int, held)

    def _note_moderation(
        self, account: TenantAccount, event: Completion, reservation: Reservation, at: float
    ) -> None:
        """Count a moderation, which is never admitted, towards the rates; it takes no tokens."""
        for claim in reservation.claims:
            if claim.window == MINUTE:
                account.note_admission(claim.scope, at, event.request.record_id.int, 0)

    def _adjust(self, event: Adjustment, event_id: UUID) -> None:
        """Book each late call once; a correction counts once as a whole, as its calls are booked already."""
        account, key, at = self._account(event.tenant), event.record_id.int, event.booked_at.timestamp()
        self._newest_at = max(self._newest_at, at)
        if event.reason == "late_answer":
            booked = self._book(event.attempts, at)
            account.capture(event.period, event.claims, booked.known)
            self._held.book_late(key, LateBooking(booked.known, booked.unknown, 0, is_answer=True, at=at))
        elif event_id.int not in self._dedup.corrections:
            self._dedup.corrections[event_id.int] = at
            cost = Amounts(event.cost_usd or ZERO)
            account.capture(event.period, event.claims, cost)
            if event.reason == "settled_hold" and event.cost_usd is not None:
                settled = max(1, sum(line.cost_usd is not None for line in event.attempts))
                self._held.book_late(key, LateBooking(cost, 0, settled, is_answer=False, at=at))

    def _book(self, lines: Iterable[BookedAttempt], at: float) -> BookingTotals:
        """Remember the calls that are not booked yet, at the time of the event, and add them up."""
        usd, tokens, unknown, calls = ZERO, 0, 0, 0
        for line in lines:
            key = line.result.attempt_id.int
            if key in self._dedup.booked:
                continue
            self._dedup.booked[key] = at
            count, cost = call_tokens(line), line.cost_usd
            calls, unknown = calls + 1, unknown + (count is None or cost is None)
            usd, tokens = usd + (cost or ZERO), tokens + (count or 0)
        return BookingTotals(Amounts(usd, tokens), unknown, calls)

    def _account(self, tenant: str) -> TenantAccount:
        account = self._accounts.get(tenant)
        if account is None:
            account = self._accounts[tenant] = TenantAccount(tenant)
        return account
