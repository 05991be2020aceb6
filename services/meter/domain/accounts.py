"""The meter's state in one partition: a pure fold over its own decisions; any interleaving of their topics gives the same accounts.

Overshoot: captured + reserved + held stays within the limit as long as each call costs at most what was reserved for it. A call can cost
more only by input tokens beyond the estimate, so the bound is the sum of those excesses over the requests that are open at one time.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.requests import AdmittedRequest, RequestFacts
from services.meter.domain.account import Account, FirstRequest, Hold, OpenRequest
from services.meter.domain.account_dump import dump_account, load_account
from services.meter.domain.limits import MINUTE_S, month_of

WINDOW = timedelta(hours=24)
HOLDS = timedelta(days=62)
PRUNE_EVERY = 1_000
ZERO = Decimal(0)


class Accounts:
    """All accounts of a partition; `fold` is the only way to change them."""

    def __init__(self) -> None:
        """Start empty."""
        self.tenants: dict[str, Account] = {}
        self._watermark: datetime | None = None
        self._folds = 0

    def of(self, tenant: str) -> Account:
        """A tenant's account, made when it is first asked for."""
        return self.tenants.setdefault(tenant, Account())

    def fold(self, event: Event, event_id: UUID) -> None:
        """Take a decision in; a repeat, or a decision about a request that is closed, changes nothing but what it adds."""
        del event_id
        if isinstance(event, AdmittedRequest):
            self._admit(event)
        elif isinstance(event, Completion):
            self._complete(event)
        elif isinstance(event, Adjustment):
            self._adjust(event)

    def expired(self, now: datetime) -> list[OpenRequest]:
        """Open requests whose time is over, the oldest first."""
        late = [entry for account in self.tenants.values() for entry in account.open.values() if entry.expires_at <= now]
        return sorted(late, key=lambda entry: (entry.expires_at, entry.request.record_id))

    def dump(self) -> Iterable[str]:
        """All accounts as pieces of JSON text; what is older than the window is left out first."""
        self._prune()
        for name in sorted(self.tenants):
            yield from dump_account(name, self.tenants[name], self._watermark)

    def load(self, pieces: Sequence[str]) -> None:
        """Replace everything by a dump."""
        self.tenants, self._watermark = {}, None
        for piece in pieces:
            self._see(load_account(piece, self.of))

    def _admit(self, event: AdmittedRequest) -> None:
        account, request = self.of(event.request.tenant), event.request
        self._note(account, request)
        if request.record_id not in account.admissions:
            at = event.admitted_at.timestamp()
            account.admissions[request.record_id] = at
            insort(account.admitted, at)
        if request.record_id not in account.closed and request.record_id not in account.open:
            entry = OpenRequest(request, event.verdict, event.reservation, event.admitted_at, event.expires_at)
            account.open[request.record_id] = entry
            _add(account.reserved, entry.reservation.period, entry.reservation.amount_usd)
        self._see(event.admitted_at)

    def _complete(self, event: Completion) -> None:
        account, record_id = self.of(event.request.tenant), event.request.record_id
        if record_id in account.closed:
            return
        account.closed[record_id] = event.completed_at
        entry = account.open.pop(record_id, None)
        if entry is not None and entry.reservation.amount_usd is not None:
            _add(account.reserved, entry.reservation.period, -entry.reservation.amount_usd)
        if event.status not in ("rejected", "duplicate"):
            self._note(account, event.request)
        self._hold(account, event)
        self._book(account, event.attempts)
        self._see(event.completed_at)

    def _note(self, account: Account, request: RequestFacts) -> None:
        """Remember the first request under its id: by arrival, so that the order of folding does not matter."""
        first = FirstRequest(request.record_id, request.content_digest, request.received_at)
        known = account.requests.get(request.request_id)
        if known is None or (first.received_at, first.record_id) < (known.received_at, known.record_id):
            account.requests[request.request_id] = first

    def _hold(self, account: Account, event: Completion) -> None:
        """What was reserved for calls whose cost is unknown stays held, so that the budget's bound stays true."""
        record_id, reservation = event.request.record_id, event.reservation
        is_known = event.status != "expired" and all(line.cost_usd is not None for line in event.attempts)
        if is_known or reservation is None or reservation.amount_usd is None or record_id in account.settled_late:
            return
        known = sum((line.cost_usd for line in event.attempts if line.cost_usd is not None), ZERO)
        account.holds[record_id] = Hold(reservation.period, max(ZERO, reservation.amount_usd - known), event.completed_at)

    def _adjust(self, event: Adjustment) -> None:
        """A late answer books its calls, and when it names the cost of all of them, what was held for it is free again."""
        account = self.of(event.tenant)
        self._book(account, event.attempts)
        if event.cost_usd is not None:
            account.holds.pop(event.record_id, None)
            account.settled_late[event.record_id] = event.booked_at
        self._see(event.booked_at)

    def _book(self, account: Account, lines: Iterable[BookedAttempt]) -> None:
        for line in lines:
            if line.result.attempt_id not in account.booked:
                account.booked[line.result.attempt_id] = line.booked_at
                _add(account.captured, month_of(line.result.started_at), line.cost_usd)

    def _see(self, at: datetime | None) -> None:
        if at is not None and (self._watermark is None or at > self._watermark):
            self._watermark = at
        self._folds += 1
        if self._folds >= PRUNE_EVERY:
            self._prune()

    def _prune(self) -> None:
        """Forget what is older than the window before the newest event: a function of the log, not of the clock."""
        self._folds = 0
        if self._watermark is None:
            return
        border = self._watermark - WINDOW
        since = self._watermark.timestamp() - MINUTE_S
        for account in self.tenants.values():
            account.closed = {key: at for key, at in account.closed.items() if at >= border}
            account.settled_late = {key: at for key, at in account.settled_late.items() if at >= border}
            account.holds = {key: hold for key, hold in account.holds.items() if hold.since >= self._watermark - HOLDS}
            account.booked = {key: at for key, at in account.booked.items() if at >= border}
            account.requests = {key: first for key, first in account.requests.items() if first.received_at >= border}
            account.admissions = {key: at for key, at in account.admissions.items() if at >= since}
            account.admitted = sorted(account.admissions.values())


def _add(amounts: dict[str, Decimal], period: str, amount: Decimal | None) -> None:
    if amount is not None:
        total = amounts.get(period, ZERO) + amount
        if total == ZERO:
            amounts.pop(period, None)
        else:
            amounts[period] = total
