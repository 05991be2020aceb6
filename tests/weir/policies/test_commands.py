"""`weir policy`: refuses invalid policies, runs their tests, publishes them; never shows a test's text."""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from schemas.document_files import DocumentFileError
from schemas.policies import PolicyDocument
from schemas.topics import kafka_topics
from streaming.brokers.kafka.broker import KafkaBroker
from streaming.process import unique_client_id
from weir.cli import app
from weir.policies.files import read_policies, template

BLOCK = "rules: [{kind: EMAIL_ADDRESS, direction: input, action: block}]"
POLICY_TEST = (
    "tests: [{name: mails stop, text: I am at jane.secret@example.org, expect: block, "
    "finds: [EMAIL_ADDRESS], finds_not: [PERSON]}]"
)


def written(folder: Path, text: str) -> str:
    path = folder / "policy.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{name: acme, rules: [{kind: EMAIL, direction: input, action: block}]}",
            "rules.0: there is no kind 'EMAIL'",
        ),
        ("{name: acme, rules: [{kind: PERSONS, direction: input, action: block}]}", "did you mean 'PERSON'?"),
        (
            "{name: acme, rules: [{kind: PERSON, direction: input, action: block, detector: nre}]}",
            "no detector 'nre' (did you mean 'ner'?)",
        ),
        (
            "{name: acme, rules: [{kind: PERSON, direction: input, action: blok}]}",
            "acme: rules.0.action: Input should be 'allow', 'flag'",
        ),
        (
            "{name: acme, rules: [{kind: PERSON, direction: input, acton: block}]}",
            "rules.0.acton: there is no such field (did you mean 'action'?)",
        ),
        ("{name: acme, rule: []}", "rule: there is no such field; accepted: name, version, description"),
        ("{name: acme, allow: [{pattern: '(?=x)y'}]}", "allow.0: the pattern does not compile in RE2"),
        ("{name: acme, checks: [{name: a, type: regex, pattern: '('}]}", "checks 'a'"),
        ("{name: acme, checks: [{name: a, type: json_schema, json_schema: {type: objekt}}]}", "checks 'a'"),
        ("{name: acme, checks: [{name: a, type: guardrails, validator: NoSuchValidator}]}", "checks 'a'"),
        (
            "{name: acme, checks: [{name: a, type: regx, pattern: x}]}",
            "checks.0: there is no check type 'regx'",
        ),
        (
            "{name: acme, tests: [{name: t, text: x, expect: block, finds: [NOTHING]}]}",
            "'t' names 'NOTHING', which nothing finds",
        ),
        ("[{name: acme}, {name: acme}]", "two policies are named acme"),
    ],
)
def test_an_invalid_policy_is_refused_with_the_field_and_the_way_out(
    tmp_path: Path, text: str, message: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(DocumentFileError) as refused:
        read_policies(file)

    pushed = CliRunner().invoke(app, ["policy", "push", file])

    assert message in str(refused.value)
    assert str(refused.value).startswith(file)
    assert pushed.exit_code == 1


@pytest.mark.slow
def test_policy_tests_run_the_real_detectors_and_a_failure_is_shown_without_its_text(
    tmp_path: Path,
) -> None:
    good = CliRunner().invoke(
        app, ["policy", "test", written(tmp_path, f"name: acme\n{BLOCK}\n{POLICY_TEST}")]
    )

    bad = CliRunner().invoke(
        app,
        [
            "policy",
            "test",
            written(
                tmp_path,
                f"name: acme\n{POLICY_TEST.replace('finds_not: [PERSON]', 'finds_not: [EMAIL_ADDRESS]')}",
            ),
        ],
    )

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert good.output.startswith("1 of 1 tests pass")

    output = " ".join(bad.output.split())

    assert (
        "policy acme: test 'mails stop': expected block, got modify; "
        "must not be found: EMAIL_ADDRESS; findings:"
    ) in output
    assert "EMAIL_ADDRESS by rules 1.00 pseudonymise" in output
    assert "jane" not in output


def test_templates_are_listed_and_shown_as_they_are_written() -> None:
    listed, shown = (
        CliRunner().invoke(app, ["policy", "template", "ls"]),
        CliRunner().invoke(app, ["policy", "template", "show", "legal-review"]),
    )

    unknown = CliRunner().invoke(app, ["policy", "template", "show", "none"])

    assert "customer-support" in listed.output
    assert shown.output == template("legal-review")[0]
    assert unknown.exit_code == 1


async def weir_policy(*arguments: str, bootstrap: str, given: str = "") -> tuple[int, str]:
    environment = {**os.environ, "WEIR_KAFKA_BOOTSTRAP": bootstrap, "COLUMNS": "220"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "weir", "policy", *arguments),
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    out, err = await process.communicate(given.encode())
    return process.returncode or 0, out.decode() + err.decode()


def in_shadow(name: str, version: int) -> PolicyDocument:
    rule = {"kind": "EMAIL_ADDRESS", "direction": "input", "action": "block"}
    return PolicyDocument.model_validate({"name": name, "version": version, "shadow": True, "rules": [rule]})


@pytest.mark.integration
async def test_a_policy_is_pushed_shown_compared_numbered_and_taken_back(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    name = f"t{uuid4().hex[:8]}"
    async with KafkaBroker(kafka_bootstrap, client_id=unique_client_id("test")) as broker:
        await broker.admin.create_topics(kafka_topics(2))
    first, second = f"name: {name}\n{BLOCK}\n{POLICY_TEST}", f"name: {name}\nshadow: true\n{BLOCK}"
    failing = written(tmp_path, f"name: {name}\n{POLICY_TEST}")

    refused = await weir_policy("push", failing, bootstrap=kafka_bootstrap)
    dry = await weir_policy("push", "-", "--dry-run", bootstrap=kafka_bootstrap, given=first)
    nothing = await weir_policy("show", name, bootstrap=kafka_bootstrap)
    pushed = await weir_policy("push", "-", bootstrap=kafka_bootstrap, given=first)
    again = await weir_policy("push", "-", bootstrap=kafka_bootstrap, given=first)
    compared = await weir_policy("diff", "-", bootstrap=kafka_bootstrap, given=second)
    changed = await weir_policy("push", "-", bootstrap=kafka_bootstrap, given=second)
    listed, shown = (
        await weir_policy("ls", bootstrap=kafka_bootstrap),
        await weir_policy("show", name, "--yaml", bootstrap=kafka_bootstrap),
    )
    removed, gone = (
        await weir_policy("rm", name, bootstrap=kafka_bootstrap),
        await weir_policy("rm", name, bootstrap=kafka_bootstrap),
    )

    assert (refused[0], nothing[0], removed[0], gone[0]) == (1, 1, 0, 1)
    assert "expected block, got modify" in refused[1]
    assert (dry[0], f"{name}: new, version 1" in dry[1], "dry run" in dry[1]) == (0, True, True)
    assert pushed[1].splitlines()[1:] == [f"{name}: new, version 1", "published"]
    assert again[1].splitlines()[1:] == ["nothing has changed"]
    assert [line for line in compared[1].splitlines() if line.startswith("+")][1:] == [
        "+version: 2",
        "+shadow: true",
    ]
    assert f"policy {name} is in shadow" in changed[1]
    assert f"{name}: version 1 -> 2" in changed[1]
    assert name in listed[1]
    assert read_policies(written(tmp_path, shown[1])) == [in_shadow(name, version=2)]
