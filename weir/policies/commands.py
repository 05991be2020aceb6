"""`weir policy`: check, test, publish and backtest the policies of the guard."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.policies import PolicyDocument
from streaming.brokers.port import Broker
from weir.config.file import load
from weir.policies.replay_commands import backtest
from weir.stack.publish import publish_documents, published, withdraw
from weir.terminal import ConfigOption, console, exit_on_error, fail, with_kafka

if TYPE_CHECKING:
    from weir.policies.policy_tests import PolicyTestResult

app = typer.Typer(no_args_is_help=True, help="Policies of the guard: test, publish and backtest them.")
templates = typer.Typer(no_args_is_help=True, help="Policies that ship with Weir, as a starting point.")
app.add_typer(templates, name="template")
app.command()(backtest)

FileArgument = Annotated[
    str,
    typer.Argument(
        help="a YAML file: one policy, a list, or a mapping with `policies`; - reads standard input"
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="check, test and show what would change, but publish nothing")
]
YamlOption = Annotated[bool, typer.Option("--yaml", help="print a file for `weir policy push`")]


@app.command()
def push(
    file: FileArgument,
    dry_run: DryRunOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Publish policies whose tests pass; they apply from the next request on."""
    policies, plugins = _read(file, config)
    _run_tests(policies, plugins)

    async def publish(broker: Broker) -> list[str]:
        current = await published(broker, PolicyDocument)
        lines = [
            _change(policy.after(current.get(policy.name)), current.get(policy.name)) for policy in policies
        ]
        if not dry_run:
            await publish_documents(broker, policies)
        return [line for line in lines if line]

    for line in (lines := with_kafka(config, publish)):
        console.print(line, markup=False, highlight=False)
    done = "nothing is published: this was a dry run" if dry_run else "published"
    console.print(done if lines else "nothing has changed")


@app.command()
def test(file: FileArgument, config: ConfigOption = None) -> None:  # noqa: PT028 - a command, no test
    """Run the tests of policies through the real detectors, offline; exit 1 if one fails."""
    _run_tests(*_read(file, config))


@app.command()
def diff(file: FileArgument, config: ConfigOption = None) -> None:
    """Show what pushing a file would change, as a unified diff."""
    from weir.policies.files import difference

    policies, _ = _read(file, config)
    current = with_kafka(config, _published)
    lines = [
        line
        for policy in policies
        for line in difference(current.get(policy.name), policy.after(current.get(policy.name)))
    ]
    for line in lines or ["nothing would change"]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command(name="ls")
def list_policies(config: ConfigOption = None) -> None:
    """List the published policies and the traffic that each decides."""
    from weir.policies.tables import policy_table

    current = with_kafka(config, _published)
    console.print(policy_table([current[name] for name in sorted(current)]))


@app.command()
def show(
    name: str,
    as_yaml: YamlOption = False,  # noqa: FBT002 - a flag
    config: ConfigOption = None,
) -> None:
    """Show a policy: rules in order (the last that is reached decides), checks, allow-list, tests."""
    from weir.policies import files
    from weir.policies.tables import policy_lines

    policy = _policy_named(name, with_kafka(config, _published))
    if as_yaml:
        sys.stdout.write(files.as_yaml(policy))
        return
    for line in policy_lines(policy):
        console.print(line, markup=False, highlight=False)


@app.command()
def rm(name: str, config: ConfigOption = None) -> None:
    """Withdraw a policy; the next more general policy then applies to its traffic."""

    async def remove(broker: Broker) -> PolicyDocument | None:
        policy = (await published(broker, PolicyDocument)).get(name)
        if policy is not None:
            await withdraw(broker, policy)
        return policy

    if with_kafka(config, remove) is None:
        fail(f"there is no policy '{name}'; `weir policy ls` lists those that there are")
    console.print(f"{name} is taken back", markup=False, highlight=False)


@templates.command(name="ls")
def list_templates() -> None:
    """List the templates."""
    from weir.policies.files import template, template_names
    from weir.policies.tables import template_table

    with exit_on_error():
        policies = {name: template(name)[1] for name in template_names()}
    console.print(template_table(policies))


@templates.command(name="show")
def show_template(name: str) -> None:
    """Print a template; redirect it to a file, change it, then push it."""
    from weir.policies.files import template

    with exit_on_error():
        text, _ = template(name)
    sys.stdout.write(text)


async def _published(broker: Broker) -> dict[str, PolicyDocument]:
    return dict(await published(broker, PolicyDocument))


def _read(file: str, config: Path | None) -> tuple[Sequence[PolicyDocument], Sequence[str]]:
    """The policies of a file, and the plug-ins of the configuration, whose ids they may use."""
    from weir.policies.files import read_policies

    with exit_on_error():
        plugins = load(config).plugins
        return read_policies(file), plugins


def _policy_named(name: str, current: dict[str, PolicyDocument]) -> PolicyDocument:
    if name not in current:
        fail(f"there is no policy '{name}'; policies: {', '.join(sorted(current)) or 'none'}")
    return current[name]


def _run_tests(policies: Sequence[PolicyDocument], plugins: Sequence[str]) -> None:
    """Run all tests of the policies; exits with 1 and the failing tests if there are any."""
    from services.guard.app import offline_screener
    from services.guard.settings import GuardSettings
    from weir.policies.policy_tests import run_policy_tests

    for policy in policies:
        if policy.shadow:
            console.print(
                f"policy {policy.name} is in shadow: nothing is replaced, also no personal data",
                markup=False,
                highlight=False,
            )
    count = sum(len(policy.tests) for policy in policies)
    if not count:
        console.print("no policy here has tests of its own", markup=False, highlight=False)
        return
    started = time.perf_counter()
    screener = offline_screener(GuardSettings.offline().model_copy(update={"plugins": tuple(plugins)}))
    failed: list[PolicyTestResult] = [
        result for result in asyncio.run(run_policy_tests(screener, policies)) if not result.passes
    ]
    if failed:
        fail(
            "\n".join(
                [
                    *(result.line() for result in failed),
                    f"{len(failed)} of {count} tests fail: nothing is published",
                ]
            )
        )
    console.print(
        f"{count} of {count} tests pass, in {time.perf_counter() - started:.1f} s",
        markup=False,
        highlight=False,
    )


def _change(policy: PolicyDocument, current: PolicyDocument | None) -> str:
    if policy == current:
        return ""
    return (
        f"{policy.name}: new, version {policy.version}"
        if current is None
        else f"{policy.name}: version {current.version} -> {policy.version}"
    )
