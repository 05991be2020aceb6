"""`weir policy backtest`: what a policy would have changed, without running a model."""

import json
import re
import sys
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from schemas.policies import PolicyDocument
from streaming.brokers.port import Broker
from weir.config.file import load
from weir.stack.publish import published
from weir.terminal import ConfigOption, JsonOption, console, exit_on_error, fail, with_clickhouse, with_kafka

DURATION = re.compile(r"(\d{1,5})([dhm])")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}

FileArgument = Annotated[str, typer.Argument(help="the new policy, in a file for `weir policy push`")]
SinceOption = Annotated[str, typer.Option("--since", help="completed since then: 7d, 24h, or a time in UTC")]
TenantOption = Annotated[str, typer.Option("--tenant", help="only this tenant, for a policy of all tenants")]
ExamplesOption = Annotated[
    int, typer.Option("--examples", min=0, max=100, help="how many examples of each change to show")
]


def backtest(
    file: FileArgument,
    *,
    since: SinceOption = "7d",
    tenant: TenantOption = "",
    examples: ExamplesOption = 3,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Decide stored findings again by a new policy and show what differs; no model runs."""
    from services.guard.adapters.language_id import LazyLanguageIdentifier
    from services.guard.domain.checks.registry import CheckDetector
    from weir.policies.comparison import EVERYBODY, BacktestOptions, compare
    from weir.policies.files import read_policies
    from weir.policies.report import fields_of, lines_of, tables_of
    from weir.policies.stored import CompletionSelection

    with exit_on_error():
        # This declares the plug-ins whose ids the policy may use.
        load(config)
        policies = read_policies(file)
    if len(policies) != 1:
        fail(f"{file} holds {len(policies)} policies: a backtest is of one")
    policy, now = policies[0], datetime.now(UTC)
    owner, _, route = policy.name.partition("/")
    if tenant and owner not in {EVERYBODY, tenant}:
        fail(f"policy {policy.name} is not for tenant '{tenant}'")
    selection = CompletionSelection(
        _moment(since, now), now, tenant or ("" if owner == EVERYBODY else owner), route
    )

    async def names(broker: Broker) -> Collection[str]:
        return (await published(broker, PolicyDocument)).keys()

    others = with_kafka(config, names)
    options = BacktestOptions(policy, selection, frozenset(others), examples)
    report = with_clickhouse(
        config, lambda client: compare(client, options, CheckDetector(LazyLanguageIdentifier()))
    )
    if as_json:
        sys.stdout.write(json.dumps(fields_of(report), indent=2) + "\n")
    else:
        _print(tables_of(report), lines_of(report))


def _print(tables: Iterable[Table], lines: Iterable[str]) -> None:
    for table in tables:
        console.print(table)
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _moment(text: str, now: datetime) -> datetime:
    if (match := DURATION.fullmatch(text)) is not None:
        return now - timedelta(**{UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"'{text}' is no time: write 7d, 24h, 2026-11-20 or 2026-11-20T12:00:00Z"
        raise typer.BadParameter(msg, param_hint="--since") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
