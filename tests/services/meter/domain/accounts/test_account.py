"""A tenant's account: captured amounts by window, and balances that are dropped once empty."""

from decimal import Decimal

from schemas.requests import Claim
from services.meter.domain.accounts.account import TenantAccount
from services.meter.domain.accounts.amounts import Amounts
from services.meter.domain.limits.windows import MINUTE, OPEN

USED = Amounts(Decimal("0.10"), 100)
DAILY = Claim(scope="user=bob", window="2026-11-20")


def test_a_request_is_captured_in_the_month_and_under_its_claims_but_not_in_rates_and_concurrency() -> None:
    account = TenantAccount("acme")
    claims = [DAILY, Claim(scope="tenant", window=MINUTE), Claim(scope="tenant", window=OPEN)]

    account.capture("2026-11", claims, USED, requests=1)

    assert {
        (balance.key, balance.usd, balance.tokens, balance.requests) for balance in account.balances.values()
    } == {
        (("tenant", "2026-11"), Decimal("0.10"), 100, 1),
        (("user=bob", "2026-11-20"), Decimal("0.10"), 100, 1),
    }


def test_a_balance_in_which_nothing_counts_is_dropped() -> None:
    account = TenantAccount("acme")

    account.capture("2026-11", [DAILY], USED)
    account.capture("2026-11", [DAILY], Amounts(Decimal("-0.10"), -100))

    assert account.balances == {}


def test_a_released_reservation_leaves_the_balance_as_it_was() -> None:
    balance = TenantAccount("acme").balance("tenant", "2026-11")

    balance.reserve(Decimal("0.50"), 90)
    assert not balance.is_empty

    balance.release(Decimal("0.50"), 90)
    assert balance.is_empty
