"""The current booking of each call, from adjustments and completions: its first one, or its correction."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from uuid import UUID

from schemas.answers import RouteDecision
from schemas.outcomes import Adjustment, BookedAttempt, Completion
from schemas.requests import RequestFacts
from services.meter.domain.limits.windows import month_of
from services.meter.domain.settlement.corrections import CurrentBooking, replacing_entry

Wanted = Callable[[str, BookedAttempt], bool]
ReplacementOf = Callable[[UUID], UUID]


class Bookings:
    """Yields each selected call once, with its current booking.

    The first booking of a call counts, and the first correction of a booking. All adjustments are added
    before the first completion, so that completions need not be kept.
    """

    def __init__(self, wanted: Wanted, replacement_of: ReplacementOf) -> None:
        """`wanted` filters by tenant and line; `replacement_of` gives the id of a booking's correction."""
        self._wanted = wanted
        self._replacement_of = replacement_of
        self._corrections: dict[UUID, BookedAttempt] = {}
        self._late: list[CurrentBooking] = []
        self._yielded: set[int] = set()
        self._without_request: dict[UUID, list[Adjustment]] = {}

    def add(self, event: Adjustment, event_id: UUID) -> None:
        """Add an adjustment."""
        if event.reason == "late_answer" and event.request is None:
            # An adjustment of a former version, which does not hold its request: its outcome does.
            self._without_request.setdefault(event.record_id, []).append(event)
        elif event.reason == "late_answer" and event.request is not None:
            self._add_late(event, event.request, event.route)
        elif event.attempts:
            line = replacing_entry(event.attempts)
            if self._wanted(event.tenant, line):
                self._corrections.setdefault(event_id, line)

    def of(self, event: Completion) -> Iterator[CurrentBooking]:
        """Yield the calls of an outcome that were not yielded yet."""
        for adjustment in self._without_request.pop(event.request.record_id, ()):
            self._add_late(adjustment, event.request, event.route)
        reservation = event.reservation
        claims = reservation.claims if reservation is not None else ()
        for line in event.attempts:
            if self._wanted(event.request.tenant, line):
                period = reservation.period if reservation is not None else month_of(line.result.started_at)
                yield from self._current(
                    [CurrentBooking(line.result.attempt_id, line, event.request, event.route, period, claims)]
                )

    def late(self) -> Iterator[CurrentBooking]:
        """Yield the calls that were booked after their outcome; to be called after all outcomes."""
        return self._current(self._late)

    def _add_late(self, event: Adjustment, request: RequestFacts, route: RouteDecision | None) -> None:
        self._late += [
            CurrentBooking(line.result.attempt_id, line, request, route, event.period, event.claims)
            for line in event.attempts
            if self._wanted(event.tenant, line)
        ]

    def _current(self, bookings: Iterable[CurrentBooking]) -> Iterator[CurrentBooking]:
        for first in bookings:
            if first.attempt_id.int not in self._yielded:
                self._yielded.add(first.attempt_id.int)
                yield self._corrected(first)

    def _corrected(self, booking: CurrentBooking) -> CurrentBooking:
        while (correction_id := self._replacement_of(booking.booking_id)) in self._corrections:
            booking = replace(booking, booking_id=correction_id, line=self._corrections[correction_id])
        return booking
