"""`weir clickhouse`: the address, users and passwords of the local ClickHouse, for any client."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from weir.config.file import load
from weir.config.models import Config
from weir.local.choice import without_credentials
from weir.local.clickhouse.access import DatabaseUser, password
from weir.stack.parts import clickhouse_url, external_clickhouse_url, home
from weir.terminal import ConfigOption, console, exit_on_error, fail

app = typer.Typer(
    no_args_is_help=False,
    invoke_without_command=True,
    help="Show the address, users and passwords of the local ClickHouse.",
)
UserArgument = Annotated[DatabaseUser, typer.Argument(help="analyst may read, weir may also write")]
USES = {
    DatabaseUser.ANALYST: "reads tables and views",
    DatabaseUser.WRITER: "reads and writes; the sink and `weir migrate` use it",
}


@app.callback()
def show(context: typer.Context, config: ConfigOption = None) -> None:
    """Show the address and the users, and how to print a password."""
    if context.invoked_subcommand is not None:
        return
    chosen = _embedded(config)
    console.print(f"address   http://127.0.0.1:{chosen.clickhouse.port}", highlight=False)
    for user in (DatabaseUser.ANALYST, DatabaseUser.WRITER):
        hint = f"`weir clickhouse password {user.value}` prints its password"
        console.print(f"user      {user.value:8} {USES[user]}; {hint}", highlight=False)
    address = f"http://127.0.0.1:{chosen.clickhouse.port}/"
    command = f'curl --user "analyst:$(weir clickhouse password)" {address} --data "SHOW TABLES FROM weir"'
    console.print(f"curl      {command}", highlight=False, markup=False, soft_wrap=True)


@app.command(name="password")
def show_password(user: UserArgument = DatabaseUser.ANALYST, config: ConfigOption = None) -> None:
    """Print the password of a user."""
    sys.stdout.write(password(home(_embedded(config)), user) + "\n")


@app.command()
def url(user: UserArgument = DatabaseUser.ANALYST, config: ConfigOption = None) -> None:
    """Print the URL with the user's name and password in it; keep it out of logs."""
    sys.stdout.write(clickhouse_url(_embedded(config), user) + "\n")


def _embedded(config: Path | None) -> Config:
    with exit_on_error():
        chosen = load(config)
    external_url = external_clickhouse_url(chosen)
    if external_url is not None:
        fail(
            f"ClickHouse at {without_credentials(external_url)} is not the stack's own: "
            "its users and passwords are kept where it was set up"
        )
    return chosen
