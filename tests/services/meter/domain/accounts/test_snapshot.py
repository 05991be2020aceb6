"""Snapshots: an older format is read, an unknown one refused, old windows are left out, reading is linear."""

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from schemas.bounds import MAX_COUNT
from schemas.outcomes import Adjustment, BookedAttempt, Completion, TokenUsage
from schemas.requests import Claim, Reservation
from services.meter.domain.accounts.account import TenantAccount
from services.meter.domain.accounts.accounts import Accounts
from services.meter.domain.accounts.amounts import Amounts
from services.meter.domain.accounts.open_requests import MAX_UNPACKED, AdmissionParts
from services.meter.domain.accounts.snapshot import BY_MONTH_FORMAT, AccountsSnapshot, pieces_of

if TYPE_CHECKING:
    from tests.services.meter.conftest import Desk

MANY = 100_000


def by_month(desk: "Desk") -> list[str]:
    """Write the former format by months: one open request, one held in part, one without an answer."""
    at = desk.now.timestamp()
    still_open, held, silent = (desk.facts(number) for number in (1, 2, 3))
    reservation = Reservation(
        budget="acme",
        period="2026-11",
        amount_usd=Decimal("0.1"),
        estimated_input_tokens=10,
        max_output_tokens=90,
    )
    parts = AdmissionParts(still_open, desk.screened(still_open).verdict, reservation, desk.now, desk.now)
    packed = parts.model().model_dump_json(exclude_none=True)
    rows: dict[str, list[list[Any]]] = {
        "captured": [["acme", {"2026-10": "3.5", "2026-11": "0.1"}]],
        "admitted": [["acme", at, f"{still_open.record_id.int:x}"]],
        "open": [[f"{still_open.record_id.int:x}", "acme", "2026-11", "0.1", at + 70, packed]],
        "closed": [[f"{held.record_id.int:x}", at]],
        "first": [["acme", "r1", f"{still_open.record_id.int:x}", "d1", at]],
        "holds": [
            [f"{held.record_id.int:x}", "acme", "2026-11", "0.05", False, at],
            [f"{silent.record_id.int:x}", "acme", "2026-11", "0.2", True, at],
        ],
        "late": [[f"{held.record_id.int:x}", "0.01", False, False, at]],
    }
    return [
        json.dumps({"format": BY_MONTH_FORMAT, "newest": at}),
        *(json.dumps({"kind": kind, "rows": found}) for kind, found in rows.items()),
    ]


def test_a_snapshot_by_months_is_read_and_goes_on_as_before(desk_of: "type[Desk]") -> None:
    desk = desk_of("1.00", per_minute=1)
    desk.state.load(by_month(desk))
    balance = desk.balance()

    assert (balance.captured, balance.reserved, balance.held) == (
        Decimal("0.1"),
        Decimal("0.1"),
        Decimal("0.24"),
    )
    assert desk.state.balance("acme", Decimal(9), "2026-10").captured == Decimal("3.5")

    refused = desk.admit(desk.facts(9))

    assert isinstance(refused, Completion)
    assert refused.error is not None
    assert refused.error.code == "rate_limit_exceeded"

    settled = desk.settle(desk.facts(1), desk.call(desk.facts(1)))
    assert isinstance(settled, Completion)
    late = desk.settle(desk.facts(3), desk.call(desk.facts(3)))
    assert isinstance(late, Adjustment)
    balance = desk.balance()

    assert (balance.captured, balance.reserved, balance.held) == (Decimal("0.3"), 0, Decimal("0.04"))


def test_a_snapshot_by_months_is_written_in_the_new_format(desk_of: "type[Desk]") -> None:
    first, second = Accounts(), Accounts()
    first.load(by_month(desk_of()))
    second.load(list(first.dump()))

    assert list(second.dump()) == list(first.dump())


@pytest.mark.parametrize("head", ['{"format": "meter.accounts.4", "newest": 0}', '{"tenant": "acme"}'])
def test_an_unknown_format_is_refused_with_the_way_out(head: str) -> None:
    with pytest.raises(
        ValueError, match=r"this meter reads meter\.accounts\.3 and meter\.accounts\.2: delete the snapshot"
    ):
        Accounts().load([head])


def test_windows_that_are_long_over_are_left_out_of_the_dump_and_then_of_memory(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of("5.00")
    desk.budgets.put(
        desk.budget(
            {"name": "each-user", "unit": "usd", "amount": 1, "per": ["user"], "window": "day"},
            {"name": "last", "unit": "usd", "amount": 1, "window": "24h"},
        )
    )
    request = desk.facts(1, user="bob")
    desk.admit(request)
    desk.settle(request, desk.call(request))

    assert len(desk.state.account_keys("acme")) == 3

    desk.later(4 * 86_400)
    desk.admit(desk.facts(2, user="eve"))

    assert "user=bob" not in "".join(desk.state.dump())

    desk.expire()

    assert {scope for scope, _ in desk.state.account_keys("acme")} == {"tenant", "user=eve"}
    assert desk.balance().captured == Decimal("0.1")


@pytest.mark.slow
def test_many_open_requests_are_packed_and_still_closed_with_all_that_they_hold(
    desk_of: "type[Desk]",
) -> None:
    desk = desk_of(None)
    requests = [desk.facts(number) for number in range(MAX_UNPACKED + 5)]
    for request in requests:
        desk.admit(request)
    unpacked = [desk.state.open_request(request.record_id) for request in requests]
    loaded = Accounts()
    loaded.load(list(desk.state.dump()))

    assert [loaded.open_request(request.record_id) for request in requests] == unpacked

    settled = desk.settle(requests[0], desk.call(requests[0]))

    assert isinstance(settled, Completion)
    assert settled.request == requests[0]


def contents_of(count: int) -> AccountsSnapshot:
    contents = AccountsSnapshot(newest_at=1_795_000_000.0)
    for number in range(count):
        name = f"tenant-{number}"
        account = contents.accounts[name] = TenantAccount(name)
        user = Claim(scope=f"user=h_{number}", window="2026-11-20")
        account.capture("2026-11", [user], Amounts(Decimal("1.25"), 500), requests=2)
        account.note_admission("tenant", 1_794_999_990.0, number, 500)
    return contents


def read_back(contents: AccountsSnapshot) -> tuple[Accounts, float]:
    started = time.process_time()
    accounts = Accounts()
    accounts.load(list(pieces_of(contents)))
    return accounts, time.process_time() - started


@pytest.mark.slow
def test_the_time_to_write_accounts_and_read_them_back_grows_with_their_number_alone() -> None:
    few, many = contents_of(MANY // 10), contents_of(MANY)
    least_s = min(read_back(few)[1] for _ in range(3))

    accounts, took_s = read_back(many)

    assert took_s < 40 * least_s
    assert accounts.balance("tenant-99999", Decimal(9), "2026-11").captured == Decimal("1.25")
    assert len(list(accounts.tenants())) == MANY


def test_sums_beyond_64_bits_are_dumped_and_read_back_exactly(desk_of: "type[Desk]") -> None:
    desk = desk_of()
    request = desk.facts(1)
    usage = TokenUsage(
        input=MAX_COUNT,
        cache_read=MAX_COUNT,
        cache_write=MAX_COUNT,
        output=MAX_COUNT,
        reasoning=MAX_COUNT,
    )
    lines = tuple(
        BookedAttempt(
            result=desk.call(request, number=number),
            usage=usage,
            cost_usd=Decimal(1),
            cost_status="priced",
            booked_at=desk.now,
        )
        for number in range(1, 501)
    )
    late = Adjustment(
        record_id=request.record_id,
        tenant="acme",
        request_id="r1",
        model="small",
        reason="late_answer",
        budget="acme",
        period="2026-11",
        attempts=lines,
        booked_at=desk.now,
    )
    desk.state.fold(late, request.record_id)
    dumped = list(desk.state.dump())
    read_back = Accounts()
    read_back.load(dumped)

    assert str(500 * 5 * MAX_COUNT) in "".join(dumped)
    assert list(read_back.dump()) == dumped


def test_a_dump_comes_in_pieces_far_below_a_megabyte(desk_of: "type[Desk]") -> None:
    desk = desk_of(None)
    tags = {f"tag {number} {'x' * 150}": "y" * 200 for number in range(32)}
    for number in range(300):
        desk.admit(desk.facts(number, tags=tags))
    pieces = list(desk.state.dump())

    assert sum(len(piece) for piece in pieces) > 3_000_000
    assert max(len(piece) for piece in pieces) < 250_000
    assert [
        kind
        for kind in ("open", "first", "admitted")
        if any(json.loads(piece).get("kind") == kind for piece in pieces)
    ]


def test_a_dump_of_another_format_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="delete the snapshot"):
        Accounts().load(['{"tenant": "acme", "watermark": null}'])


def test_empty_accounts_are_loaded_from_nothing() -> None:
    accounts = Accounts()
    accounts.load([])
    accounts.load(list(accounts.dump()))

    assert accounts.balance("acme", Decimal(1), "2026-11").available == 1
