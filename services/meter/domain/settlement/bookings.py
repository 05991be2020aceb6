"""What is booked now for each call, read from adjustments and completions: the first booking, then each correction that replaced one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from uuid import UUID

from schemas.answers import RouteDecision
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.requests import RequestFacts
from services.meter.domain.limits.windows import month_of
from services.meter.domain.settlement.corrections import CurrentBooking, standing_entry

Wanted = Callable[[str, BookedAttempt], bool]
ReplacementOf = Callable[[UUID], UUID]


class Bookings:
    """Gives each wanted call once, with the booking that stands; adjustments are taken first, so that completions need not be kept.

    The first booking of a call counts, and the first correction that replaces a booking.
    """

    def __init__(self, wanted: Wanted, replacement_of: ReplacementOf) -> None:
        """Give the calls that `wanted` accepts by tenant and line; `replacement_of` gives the id of what replaces a booking."""
        self._wanted = wanted
        self._replacement_of = replacement_of
        self._corrections: dict[UUID, BookedAttempt] = {}
        self._late: list[CurrentBooking] = []
        self._yielded: set[int] = set()
        self._without_request: dict[UUID, list[Adjustment]] = {}

    def add(self, event: Adjustment, event_id: UUID) -> None:
        """Take an adjustment in."""
        if event.reason == "late_answer" and event.request is None:
            # Written before adjustments said what their request was; its outcome says so.
            self._without_request.setdefault(event.record_id, []).append(event)
        elif event.reason == "late_answer" and event.request is not None:
            self._take_late(event, event.request, event.route)
        elif event.attempts:
            line = standing_entry(event.attempts)
            if self._wanted(event.tenant, line):
                self._corrections.setdefault(event_id, line)

    def of(self, event: Completion) -> Iterator[CurrentBooking]:
        """Give the calls of an outcome that were not given yet."""
        for late in self._without_request.pop(event.request.record_id, ()):
            self._take_late(late, event.request, event.route)
        reservation = event.reservation
        claims = reservation.claims if reservation is not None else ()
        for line in event.attempts:
            if self._wanted(event.request.tenant, line):
                period = reservation.period if reservation is not None else month_of(line.result.started_at)
                yield from self._newest_of(
                    [CurrentBooking(line.result.attempt_id, line, event.request, event.route, period, claims)]
                )

    def late(self) -> Iterator[CurrentBooking]:
        """Give the calls that were booked after their outcome, once all outcomes are read."""
        return self._newest_of(self._late)

    def _take_late(self, event: Adjustment, request: RequestFacts, route: RouteDecision | None) -> None:
        self._late += [
            CurrentBooking(line.result.attempt_id, line, request, route, event.period, event.claims)
            for line in event.attempts
            if self._wanted(event.tenant, line)
        ]

    def _newest_of(self, bookings: Iterable[CurrentBooking]) -> Iterator[CurrentBooking]:
        for first in bookings:
            if first.attempt_id.int not in self._yielded:
                self._yielded.add(first.attempt_id.int)
                yield self._newest(first)

    def _newest(self, booking: CurrentBooking) -> CurrentBooking:
        while (following := self._replacement_of(booking.booking_id)) in self._corrections:
            booking = replace(booking, booking_id=following, line=self._corrections[following])
        return booking
