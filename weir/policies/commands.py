"""`weir policy`: what the guard does, as documents that prove themselves before they are published."""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.policies import PolicyDocument
from streaming.brokers.port import Broker
from weir.policies.replay_commands import backtest
from weir.stack.publish import publish_documents, published, withdraw
from weir.terminal import ConfigOption, console, exit_on_error, fail, with_kafka

if TYPE_CHECKING:
    from weir.policies.cases import PolicyTestResult

app = typer.Typer(
    no_args_is_help=True, help="What the guard does with what it finds: check, publish and replay policies."
)
templates = typer.Typer(no_args_is_help=True, help="Policies that ship with Weir, to begin with.")
app.add_typer(templates, name="template")
app.command()(backtest)

FileArgument = Annotated[
    str,
    typer.Argument(
        help="a file of YAML: one policy, a list, or a mapping with `policies`; - reads standard input"
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="check and test, show what would change, and publish nothing")
]
YamlOption = Annotated[bool, typer.Option("--yaml", help="print the file that `weir policy push` takes")]


@app.command()
def push(file: FileArgument, dry_run: DryRunOption = False, config: ConfigOption = None) -> None:  # noqa: FBT002 - a flag
    """Publish policies once their own tests pass; the guard takes them from the next request on."""
    policies = _read(file)
    _run_tests(policies)

    async def publish(broker: Broker) -> list[str]:
        known = await published(broker, PolicyDocument)
        lines = [_change(policy.after(known.get(policy.name)), known.get(policy.name)) for policy in policies]
        if not dry_run:
            await publish_documents(broker, policies)
        return [line for line in lines if line]

    for line in (lines := with_kafka(config, publish)):
        console.print(line, markup=False, highlight=False)
    done = "nothing is published: this was a dry run" if dry_run else "published"
    console.print(done if lines else "nothing has changed")


@app.command()
def test(file: FileArgument) -> None:
    """Run the policies' own tests through the real detectors, asking nobody; exit 1 where one is decided otherwise."""
    _run_tests(_read(file))


@app.command()
def diff(file: FileArgument, config: ConfigOption = None) -> None:
    """Show what pushing a file would change, as a unified diff."""
    from weir.policies.files import difference

    policies = _read(file)
    known = with_kafka(config, _published)
    lines = [
        line
        for policy in policies
        for line in difference(known.get(policy.name), policy.after(known.get(policy.name)))
    ]
    for line in lines or ["nothing would change"]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command(name="ls")
def list_policies(config: ConfigOption = None) -> None:
    """List what is published, and whose traffic it decides."""
    from weir.policies.tables import policy_table

    known = with_kafka(config, _published)
    console.print(policy_table([known[name] for name in sorted(known)]))


@app.command()
def show(name: str, as_yaml: YamlOption = False, config: ConfigOption = None) -> None:  # noqa: FBT002 - a flag
    """Show a policy: rules in the order in which the last that fits decides, checks, allow-list, tests."""
    from weir.policies import files
    from weir.policies.tables import policy_lines

    policy = _one(name, with_kafka(config, _published))
    if as_yaml:
        sys.stdout.write(files.as_yaml(policy))
        return
    for line in policy_lines(policy):
        console.print(line, markup=False, highlight=False)


@app.command()
def rm(name: str, config: ConfigOption = None) -> None:
    """Take a policy back; whoever it was for is decided by the next wider one from then on."""

    async def remove(broker: Broker) -> PolicyDocument | None:
        known = (await published(broker, PolicyDocument)).get(name)
        if known is not None:
            await withdraw(broker, known)
        return known

    if with_kafka(config, remove) is None:
        fail(f"there is no policy '{name}'; `weir policy ls` lists those that there are")
    console.print(f"{name} is taken back", markup=False, highlight=False)


@templates.command(name="ls")
def list_templates() -> None:
    """List the templates."""
    from weir.policies.files import template, template_names
    from weir.policies.tables import template_table

    with exit_on_error():
        found = {name: template(name)[1] for name in template_names()}
    console.print(template_table(found))


@templates.command(name="show")
def show_template(name: str) -> None:
    """Print a template; `weir policy template show NAME > mine.yaml`, change it, push it."""
    from weir.policies.files import template

    with exit_on_error():
        text, _ = template(name)
    sys.stdout.write(text)


async def _published(broker: Broker) -> dict[str, PolicyDocument]:
    return dict(await published(broker, PolicyDocument))


def _read(file: str) -> Sequence[PolicyDocument]:
    from weir.policies.files import read_policies

    with exit_on_error():
        return read_policies(file)


def _one(name: str, known: dict[str, PolicyDocument]) -> PolicyDocument:
    if name not in known:
        fail(f"there is no policy '{name}'; policies: {', '.join(sorted(known)) or 'none'}")
    return known[name]


def _run_tests(policies: Sequence[PolicyDocument]) -> None:
    """Run all cases; ends with 1 and every case that fails."""
    from services.guard.app import offline_screener
    from services.guard.settings import GuardSettings
    from weir.policies.cases import run_cases

    for policy in policies:
        if policy.shadow:
            console.print(
                f"policy {policy.name} is in shadow: nothing is replaced, also no personal data",
                markup=False,
                highlight=False,
            )
    cases = sum(len(policy.tests) for policy in policies)
    if not cases:
        console.print("no policy here has tests of its own", markup=False, highlight=False)
        return
    started = time.perf_counter()
    failed: list[PolicyTestResult] = [
        one
        for one in asyncio.run(run_cases(offline_screener(GuardSettings.offline()), policies))
        if not one.passes
    ]
    if failed:
        fail(
            "\n".join(
                [
                    *(one.line() for one in failed),
                    f"{len(failed)} of {cases} tests fail: nothing is published",
                ]
            )
        )
    console.print(
        f"{cases} of {cases} tests pass, in {time.perf_counter() - started:.1f} s",
        markup=False,
        highlight=False,
    )


def _change(policy: PolicyDocument, known: PolicyDocument | None) -> str:
    if policy == known:
        return ""
    return (
        f"{policy.name}: new, version {policy.version}"
        if known is None
        else f"{policy.name}: version {known.version} -> {policy.version}"
    )
