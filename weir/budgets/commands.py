"""`weir budget`: publish budgets, show what is left of their limits, explain a refusal."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.budgets import BudgetDocument
from schemas.document_files import read_documents
from services.meter.domain.accounts.accounts import Accounts
from streaming.brokers.port import Broker
from weir.stack.publish import publish_documents, published
from weir.terminal import ConfigOption, JsonOption, console, exit_on_error, fail, with_kafka

if TYPE_CHECKING:
    from weir.budgets.accounts import RequestHistory

app = typer.Typer(
    no_args_is_help=True,
    help="Limits of tenants: publish them, show what is left, explain why a request was refused.",
)

TenantOption = Annotated[
    str | None, typer.Option("--tenant", help="read only this tenant's partition, which is faster")
]
DEFAULT = "default"


@app.command(name="set")
def set_budgets(file: Path, config: ConfigOption = None) -> None:
    """Publish a file of budgets; each replaces its tenant's whole budget from the next request on."""
    with exit_on_error():
        documents = read_documents(file, BudgetDocument, "budgets")
    published = with_kafka(config, lambda broker: publish_documents(broker, documents))
    console.print(
        "published " + ", ".join(published) if published else "nothing has changed",
        markup=False,
        highlight=False,
    )


@app.command(name="ls")
def list_budgets(config: ConfigOption = None) -> None:
    """List all budgets with their limits."""
    from weir.budgets.limit_lines import budget_table

    documents = with_kafka(config, lambda broker: published(broker, BudgetDocument))
    console.print(budget_table([documents[name] for name in sorted(documents)]))


@app.command()
def show(tenant: str, as_json: JsonOption = False, config: ConfigOption = None) -> None:  # noqa: FBT002 - a flag
    """Show what a tenant has used, reserved and left under each limit, read from the meter's topics."""
    from weir.budgets.accounts import read_account
    from weir.budgets.limit_lines import limit_fields, limit_table, limits_without_lines, lines_of_tenant

    async def read(broker: Broker) -> tuple[Mapping[str, BudgetDocument], Accounts]:
        return await published(broker, BudgetDocument), await read_account(broker, tenant)

    documents, accounts = with_kafka(config, read)
    if not accounts.account_keys(tenant) and tenant not in documents and DEFAULT not in documents:
        names = ", ".join(sorted(documents)) or "none"
        fail(f"nothing is known of tenant '{tenant}', and there is no default budget; budgets: {names}")
    budget = _in_force(documents, tenant)
    lines = lines_of_tenant(accounts, tenant, budget, datetime.now(UTC))
    if as_json:
        limits = [limit_fields(line) for line in lines]
        sys.stdout.write(
            json.dumps({"tenant": tenant, "budget": budget.name, "limits": limits}, indent=2) + "\n"
        )
        return
    if not budget.all_limits:
        hint = f"{tenant} has no limit; `weir budget set FILE.yaml` publishes one"
        console.print(hint, markup=False, highlight=False)
        return
    console.print(f"{tenant}, by the budget '{budget.name}'", markup=False, highlight=False)
    console.print(limit_table(lines, limits_without_lines(budget, lines)))


@app.command()
def explain(
    request_id: str,
    tenant: TenantOption = None,
    as_json: JsonOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Explain why a request was admitted or refused, with the arithmetic; exit 1 if no decision is stored."""
    from weir.budgets.accounts import find_request_histories
    from weir.budgets.explanation import history_fields

    if as_json:
        histories = with_kafka(config, lambda broker: find_request_histories(broker, request_id, tenant))
        sys.stdout.write(json.dumps([history_fields(history) for history in histories], indent=2) + "\n")
    else:
        histories = with_kafka(config, lambda broker: _print_explanation(broker, request_id, tenant))
    if not histories:
        where = f" of tenant '{tenant}'" if tenant else ""
        fail(
            f"the stream holds no decision about request '{request_id}'{where}; "
            "it keeps admissions and outcomes for 7 days"
        )


async def _print_explanation(
    broker: Broker, request_id: str, tenant: str | None
) -> Sequence["RequestHistory"]:
    from weir.budgets.accounts import find_request_histories, read_account
    from weir.budgets.explanation import history_lines
    from weir.budgets.limit_lines import limit_table, lines_of_request

    histories = await find_request_histories(broker, request_id, tenant)
    documents = await published(broker, BudgetDocument) if histories else {}
    for history in histories:
        for line in history_lines(history):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if history.request is not None:
            accounts = await read_account(broker, history.tenant)
            lines = lines_of_request(
                accounts, history.request, _in_force(documents, history.tenant), datetime.now(UTC)
            )
            console.print("its limits as they stand now:" if lines else "no limit holds for it now")
            console.print(limit_table(lines) if lines else "")
    return histories


def _in_force(documents: Mapping[str, BudgetDocument], tenant: str) -> BudgetDocument:
    return documents.get(tenant) or documents.get(DEFAULT) or BudgetDocument(name="none")
