"""The columns of an export: named ones first, then known exports, then common names."""

import pytest

from weir.invoices.columns import InvoiceColumns, choose_columns
from weir.invoices.export_file import InvoiceError


def test_a_known_export_gives_provider_and_columns_as_the_file_spells_them() -> None:
    header = ["Start_Time_ISO", "line_item", "amount_value", "amount_currency"]

    columns = choose_columns(header, InvoiceColumns(), is_of_one_month=False)

    assert columns == InvoiceColumns(
        provider="openai",
        date="Start_Time_ISO",
        model="line_item",
        cost="amount_value",
        currency="amount_currency",
    )


def test_a_named_column_comes_before_a_common_name() -> None:
    columns = choose_columns(
        ["day", "model", "cost", "Net"], InvoiceColumns(cost="net"), is_of_one_month=False
    )

    assert (columns.date, columns.model, columns.cost) == ("day", "model", "Net")


@pytest.mark.parametrize(
    ("header", "named", "message"),
    [
        (["day", "cost"], InvoiceColumns(model="engine"), "there is no column 'engine'"),
        (["day", "model"], InvoiceColumns(), "no column of costs or tokens is known among 'day', 'model'"),
        (["model", "cost"], InvoiceColumns(), "no column of dates is known among 'model', 'cost'"),
        (["day", "cost", "cost"], InvoiceColumns(), "the column 'cost' stands in the header more than once"),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused(
    header: list[str], named: InvoiceColumns, message: str
) -> None:
    with pytest.raises(InvoiceError, match=message):
        choose_columns(header, named, is_of_one_month=False)


def test_a_file_of_one_month_needs_no_dates() -> None:
    assert choose_columns(["model", "cost"], InvoiceColumns(), is_of_one_month=True).date is None
