"""Open requests: the order in which they expire, and what closed ones leave behind."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk


def test_what_was_closed_in_time_leaves_no_work_for_the_clock(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    for number in range(1_100):
        request = desk.facts(number)
        desk.admit(request)
        desk.settle(request, desk.call(request))
    desk.admit(desk.facts(2_000))
    desk.expire()

    assert desk.expire() == []

    desk.later(100)

    assert len(desk.expire()) == 1
