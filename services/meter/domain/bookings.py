"""What is booked now for each call, read from completions and adjustments: the first booking, then each correction that replaced one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

from schemas.event import Event
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from services.meter.domain.corrections import CurrentBooking, newest_line
from services.meter.domain.periods import month_of

Wanted = Callable[[str, BookedAttempt], bool]
ReplacementOf = Callable[[UUID], UUID]


class Bookings:
    """A fold that keeps the wanted calls: the first booking of a call stands, and the first correction that replaces a booking.

    Completions and adjustments may be taken one topic after the other, each in the order of its log.
    """

    def __init__(self, wanted: Wanted, replacement_of: ReplacementOf) -> None:
        """Keep the calls that `wanted` accepts by tenant and line; `replacement_of` gives the id of what replaces a booking."""
        self._wanted = wanted
        self._replacement_of = replacement_of
        self._first: dict[UUID, CurrentBooking] = {}
        self._corrections: dict[UUID, BookedAttempt] = {}
        self.nameless = 0

    def take(self, event: Event, event_id: UUID) -> None:
        """Take an event in."""
        if isinstance(event, Completion):
            self._take_completion(event)
        elif isinstance(event, Adjustment) and event.reason == "late_answer":
            self._take_late(event)
        elif isinstance(event, Adjustment) and event.attempts:
            line = newest_line(event.attempts)
            if self._wanted(event.tenant, line):
                self._corrections.setdefault(event_id, line)

    def current(self) -> Iterator[CurrentBooking]:
        """Give what is booked for each wanted call now."""
        return (self._newest(first) for first in self._first.values())

    def _take_completion(self, event: Completion) -> None:
        reservation = event.reservation
        for line in event.attempts:
            if self._wanted(event.request.tenant, line):
                period = reservation.period if reservation is not None else month_of(line.result.started_at)
                claims = reservation.claims if reservation is not None else ()
                self._keep(CurrentBooking(line.result.attempt_id, line, event.request, event.route, period, claims))

    def _take_late(self, event: Adjustment) -> None:
        for line in event.attempts:
            if not self._wanted(event.tenant, line):
                continue
            if event.request is None:
                # Written before adjustments said what their request was: such a line cannot be asked for.
                self.nameless += 1
                continue
            self._keep(CurrentBooking(line.result.attempt_id, line, event.request, event.route, event.period, event.claims))

    def _keep(self, booking: CurrentBooking) -> None:
        self._first.setdefault(booking.attempt_id, booking)

    def _newest(self, booking: CurrentBooking) -> CurrentBooking:
        while (following := self._replacement_of(booking.booking_id)) in self._corrections:
            booking = replace(booking, booking_id=following, line=self._corrections[following])
        return booking
