"""Limits in tables: a limit without an account is shown too."""

import io
from datetime import UTC, datetime

from rich.console import Console

from schemas.budgets import BudgetDocument
from services.meter.domain.accounts.accounts import Accounts
from weir.budgets.limit_lines import limit_table, limits_without_lines, lines_of_tenant


def test_a_limit_that_no_request_counts_in_yet_is_shown() -> None:
    limit = {"name": "eve", "unit": "requests", "amount": 0, "window": "week", "only": {"user": ["eve"]}}
    document = BudgetDocument.model_validate({"name": "acme", "limits": [limit], "monthly_usd": 1})
    lines = lines_of_tenant(Accounts(), "acme", document, datetime.now(UTC))
    screen = Console(file=io.StringIO(), width=200)

    screen.print(limit_table(lines, limits_without_lines(document, lines)))

    assert [line.limit for line in lines] == ["monthly_usd"]
    assert isinstance(screen.file, io.StringIO)
    assert screen.file.getvalue().splitlines()[-1].split() == [
        "eve",
        "nobody",
        "yet",
        "week",
        "0",
        "requests",
    ]
