"""The meter's state in one partition: a pure fold over its own decisions; any interleaving of their topics gives the same accounts.

Overshoot: captured + reserved + held stays within the limit as long as each call costs at most what was reserved for it. A call can cost
more by input tokens beyond the estimate, by a repeat after a crash of the router, or by a price that rose after its admission; so the
bound is the sum of those excesses over the requests that are open at one time, and each excess stops the next admission.

`fold` forgets nothing, so that topics may be read one after the other; `forget` and `dump` do, by the time of the newest event.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from sys import intern
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.requests import AdmittedRequest
from services.meter.domain.account import ZERO, Account, OpenRequest, add
from services.meter.domain.account_dump import Contents, OpenEntry, pieces_of, read_pieces
from services.meter.domain.holds import Hold, LateBooking
from services.meter.domain.limits import Balance, month_of, wait_for_rate
from services.meter.domain.windows import WINDOW_S, FirstRequest

MAX_EXPIRED = 2_000


class Accounts:
    """All accounts of a partition; `fold` is the only way to change their money."""

    def __init__(self) -> None:
        """Start empty."""
        self._take(Contents())

    def fold(self, event: Event, event_id: UUID) -> None:
        """Take a decision in; a repeat, or a decision about a request that is closed, changes nothing but what it adds."""
        if isinstance(event, AdmittedRequest):
            self._admit(event)
        elif isinstance(event, Completion):
            self._complete(event)
        elif isinstance(event, Adjustment):
            self._adjust(event, event_id)

    def is_decided(self, record_id: UUID) -> bool:
        """Tell whether a request has been admitted or closed."""
        return record_id.int in self._open or record_id.int in self._windows.closed

    def is_booked(self, attempt_id: UUID) -> bool:
        """Tell whether a call stands in a completion or an adjustment."""
        return attempt_id.int in self._windows.booked

    def is_corrected(self, adjustment_id: UUID) -> bool:
        """Tell whether the correction that has this id, so that replaces this booking, is booked."""
        return adjustment_id.int in self._windows.corrections

    def is_beyond_memory(self, at: datetime) -> bool:
        """Tell whether something is so old that whether it was booked is forgotten."""
        return at.timestamp() < self._newest - WINDOW_S

    def first_under(self, tenant: str, request_id: str) -> FirstRequest | None:
        """Find the request that holds a request id."""
        return self._windows.first.get((tenant, request_id))

    def opened(self, record_id: UUID) -> OpenRequest | None:
        """Find an open request."""
        entry = self._open.get(record_id.int)
        return OpenRequest.model_validate_json(entry.packed) if entry is not None else None

    def held_period(self, record_id: UUID) -> str | None:
        """Tell the month in which money is held for a closed request."""
        return self._holds.period_of(record_id.int)

    def awaits_answer(self, record_id: UUID) -> bool:
        """Tell whether money is held for a closed request only because nobody has said yet which calls were made."""
        return self._holds.awaits_answer(record_id.int)

    def balance(self, tenant: str, limit: Decimal, period: str) -> Balance:
        """Show a tenant's budget of one month."""
        account = self._accounts.get(tenant) or Account(tenant)
        return Balance(limit, account.captured.get(period, ZERO), account.reserved.get(period, ZERO), self._holds.held(tenant, period))

    def wait_for_rate(self, tenant: str, now: datetime, per_minute: int, burst: int) -> float:
        """Seconds until a tenant may send one more request; 0 means now."""
        account = self._accounts.get(tenant)
        return wait_for_rate(account.times(), now.timestamp(), per_minute, burst) if account is not None else 0.0

    def expired(self, now: datetime) -> list[OpenRequest]:
        """Take some thousand open requests whose time is over, the oldest first."""
        border, late = now.timestamp(), list[OpenEntry]()
        while self._due and self._due[0][0] <= border and len(late) < MAX_EXPIRED:
            entry = self._open.get(heappop(self._due)[1])
            if entry is not None:
                late.append(entry)
        # They leave the accounts only with their outcome, so they stay due until then.
        for entry in late:
            heappush(self._due, (entry.expires_at, entry.key))
        return [OpenRequest.model_validate_json(entry.packed) for entry in late]

    def forget(self) -> None:
        """Drop what is older than its window before the newest event."""
        self._windows.forget(self._newest)
        self._holds.forget(self._newest)
        if len(self._due) > 2 * len(self._open) + 1_000:
            self._due = [(entry.expires_at, entry.key) for entry in self._open.values()]
            heapify(self._due)

    def dump(self) -> Iterable[str]:
        """Write the accounts as pieces of JSON text, in a fixed order, without what is to be forgotten."""
        return pieces_of(Contents(self._accounts, self._open, self._windows, self._holds, self._newest))

    def load(self, pieces: Sequence[str]) -> None:
        """Replace everything by a dump."""
        self._take(read_pieces(pieces))

    def _take(self, contents: Contents) -> None:
        self._accounts, self._open = contents.accounts, contents.open
        self._windows, self._holds, self._newest = contents.windows, contents.holds, contents.newest
        self._due = [(entry.expires_at, entry.key) for entry in self._open.values()]
        heapify(self._due)

    def _admit(self, event: AdmittedRequest) -> None:
        request, reservation, at = event.request, event.reservation, event.admitted_at.timestamp()
        account, key = self._account(request.tenant), request.record_id.int
        self._newest = max(self._newest, at)
        self._windows.note_first(account.name, request.request_id, FirstRequest(key, request.content_digest, at))
        account.note_admission(at, key)
        if key in self._windows.closed or key in self._open:
            return
        packed = event.model_dump_json(include=OpenRequest.FIELDS, exclude_none=True)
        entry = OpenEntry(key, account.name, intern(reservation.period), reservation.amount_usd, event.expires_at.timestamp(), packed)
        self._open[key] = entry
        heappush(self._due, (entry.expires_at, key))
        if entry.amount_usd is not None:
            add(account.reserved, entry.period, entry.amount_usd)

    def _complete(self, event: Completion) -> None:
        request, at = event.request, event.completed_at.timestamp()
        account, key = self._account(request.tenant), request.record_id.int
        self._newest = max(self._newest, at)
        if key in self._windows.closed:
            return
        self._windows.closed[key] = at
        entry = self._open.pop(key, None)
        if entry is not None and entry.amount_usd is not None:
            add(account.reserved, entry.period, -entry.amount_usd)
        if event.status not in {"rejected", "duplicate"}:
            claimed_at = event.times.admitted_at.timestamp() if event.times.admitted_at is not None else at
            self._windows.note_first(account.name, request.request_id, FirstRequest(key, request.content_digest, claimed_at))
        known = self._book(account, event.attempts, event.reservation.period if event.reservation is not None else None)
        self._hold(event, key, known)

    def _hold(self, event: Completion, key: int, known: Decimal) -> None:
        """Keep what was reserved for calls whose cost is unknown, so that the budget's bound stays true."""
        reservation, is_unanswered = event.reservation, event.times.answered_at is None
        if reservation is None or reservation.amount_usd is None:
            return
        if is_unanswered or any(line.cost_usd is None for line in event.attempts):
            left = max(ZERO, reservation.amount_usd - known)
            since = event.completed_at.timestamp()
            self._holds.set_aside(key, Hold(event.request.tenant, reservation.period, left, is_unanswered, since))

    def _adjust(self, event: Adjustment, event_id: UUID) -> None:
        """Book late calls once each; a correction counts once as a whole, since it names calls that are booked already."""
        account, key, at = self._account(event.tenant), event.record_id.int, event.booked_at.timestamp()
        self._newest = max(self._newest, at)
        if event.reason == "late_answer":
            known = self._book(account, event.attempts, event.period)
            is_whole = all(line.cost_usd is not None for line in event.attempts)
            self._holds.book_late(key, LateBooking(known, is_whole, is_settled=False, at=at))
        elif event_id.int not in self._windows.corrections:
            self._windows.corrections[event_id.int] = at
            add(account.captured, event.period, event.cost_usd or ZERO)
            if event.reason == "settled_hold":
                self._holds.book_late(key, LateBooking(ZERO, is_whole=True, is_settled=event.cost_usd is not None, at=at))

    def _book(self, account: Account, lines: Iterable[BookedAttempt], period: str | None) -> Decimal:
        """Capture the calls that are not booked yet, in the month of their reservation; returns their known cost."""
        known = ZERO
        for line in lines:
            key = line.result.attempt_id.int
            if key not in self._windows.booked:
                self._windows.booked[key] = line.booked_at.timestamp()
                known += line.cost_usd or ZERO
                add(account.captured, period or month_of(line.result.started_at), line.cost_usd or ZERO)
        return known

    def _account(self, tenant: str) -> Account:
        account = self._accounts.get(tenant)
        if account is None:
            account = self._accounts[tenant] = Account(tenant)
        return account
