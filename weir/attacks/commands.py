"""`weir attack`: manage the known attacks; no command prints their texts, which may be prompts of users."""

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from schemas.values import TENANT_PATTERN
from streaming.seal.seal import Sealer
from weir.attacks.known import AddedAttacks, NewAttack, add_attacks, forget_attacks, known_attacks
from weir.config.file import load
from weir.stack.parts import home
from weir.stack.secrets import seal_key
from weir.terminal import ConfigOption, JsonOption, console, exit_on_error, fail, with_clickhouse, with_kafka

app = typer.Typer(
    no_args_is_help=True, help="Texts that the guard detects as attacks: add, confirm, list and remove them."
)

TenantOption = Annotated[str, typer.Option("--tenant", help="only this tenant")]
EverybodyOption = Annotated[
    bool,
    typer.Option(
        "--everybody",
        help="detect it in the traffic of all tenants, not only of the tenant whose prompt it was",
    ),
]
NoteOption = Annotated[
    str | None,
    typer.Option(
        "--note", help="reason, such as a ticket or a campaign: lower-case letters, digits, '-' and '_'"
    ),
]
EachLineOption = Annotated[
    bool, typer.Option("--each-line", help="every line is an attack of its own; by default the text is one")
]
NOTE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
DURATION = re.compile(r"(\d{1,3})([dh])")


@app.command()
def add(
    file: Annotated[str, typer.Argument(help="a text file, or - for standard input")],
    tenant: TenantOption = "",
    note: NoteOption = None,
    each_line: EachLineOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Add a text as a known attack, effective from the next request on; prints only its name."""
    _check(tenant, note)
    text = _text(file)
    texts = [line for line in text.splitlines() if line.strip()] if each_line else [text]
    attacks = [NewAttack(attack_text, tenant or None, "manual", note) for attack_text in texts]
    _print_names(_publish(attacks, config))


@app.command(name="ls")
def list_attacks(as_json: JsonOption = False, config: ConfigOption = None) -> None:  # noqa: FBT002 - a flag
    """List the known attacks: name, tenant, origin, note and the time at which each was added."""
    from rich.table import Table

    documents = sorted(
        with_kafka(config, known_attacks).values(), key=lambda document: (document.added_at, document.name)
    )
    if as_json:
        fields = [document.model_dump(mode="json", exclude={"sealed"}) for document in documents]
        sys.stdout.write(json.dumps(fields, indent=2) + "\n")
        return
    table = Table("name", "for", "origin", "note", "added")
    for document in documents:
        added_at = f"{document.added_at:%Y-%m-%d %H:%M}"
        table.add_row(
            document.name, document.tenant or "everybody", document.origin, document.note or "", added_at
        )
    console.print(table if documents else "no attack is known; `weir attack add FILE` adds one")


@app.command()
def rm(names: list[str], config: ConfigOption = None) -> None:
    """Remove known attacks by name, effective from the next request on."""
    with_kafka(config, lambda broker: forget_attacks(broker, names))
    console.print("forgotten: " + ", ".join(names), markup=False, highlight=False)


@app.command()
def confirm(
    request_id: str,
    tenant: TenantOption = "",
    everybody: EverybodyOption = False,  # noqa: FBT002 - a flag
    note: NoteOption = None,
    config: ConfigOption = None,
) -> None:
    """Add the last user or tool message of a stored request as a known attack."""
    from weir.attacks.reports import prompt_of

    _check(tenant, note)
    prompt = with_clickhouse(config, lambda client: prompt_of(client, request_id, tenant))
    attack = NewAttack(prompt.text, None if everybody else prompt.tenant, "confirmed", note)
    _print_names(_publish([attack], config))


@app.command()
def learn(
    since: Annotated[str, typer.Option("--since", help="only reviews since then: 7d or 12h")] = "7d",
    tenant: TenantOption = "",
    everybody: EverybodyOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Add every prompt that a reviewer labelled `attack`; running it again adds nothing twice."""
    from weir.attacks.reports import prompts_of_reviews

    _check(tenant, None)
    start = datetime.now(UTC) - _duration(since)
    prompts = with_clickhouse(config, lambda client: prompts_of_reviews(client, start, tenant))
    attacks = [
        NewAttack(prompt.text, None if everybody else prompt.tenant, "confirmed", "review")
        for prompt in prompts
    ]
    if not attacks:
        console.print(f"no review since {since} has the label 'attack'", markup=False)
        return
    _print_names(_publish(attacks, config))


def _publish(attacks: Sequence[NewAttack], config: Path | None) -> AddedAttacks:
    with exit_on_error():
        sealer = Sealer.from_text(seal_key(home(load(config))))
    return with_kafka(config, lambda broker: add_attacks(broker, sealer, attacks, datetime.now(UTC)))


def _print_names(added: AddedAttacks) -> None:
    for name in added.new:
        console.print(name, markup=False, highlight=False)
    if added.known:
        console.print("known already: " + ", ".join(added.known), markup=False, highlight=False)


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        fail(f"{file}: cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        fail(f"{file}: is no UTF-8 text")


def _check(tenant: str, note: str | None) -> None:
    if tenant and re.fullmatch(TENANT_PATTERN, tenant) is None:
        msg = f"'{tenant}' is no tenant's name"
        raise typer.BadParameter(msg, param_hint="--tenant")
    if note is not None and NOTE.fullmatch(note) is None:
        msg = f"'{note}' is no note: up to 64 small letters, figures, '-' and '_'"
        raise typer.BadParameter(msg, param_hint="--note")


def _duration(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        msg = f"'{text}' is no duration: write 7d or 12h"
        raise typer.BadParameter(msg, param_hint="--since")
    return timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))
