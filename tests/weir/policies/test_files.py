"""Files of policies: problems are named with their way out, and what is written can be read again."""

from pathlib import Path

import pytest

from schemas.document_files import DocumentFileError
from services.guard.app import offline_screener
from services.guard.settings import GuardSettings
from weir.config.file import ConfigError, parse
from weir.policies.files import as_yaml, read_policies, template, template_names
from weir.policies.policy_tests import run_policy_tests

BLOCK = "rules: [{kind: EMAIL_ADDRESS, direction: input, action: block}]"


def written(folder: Path, text: str) -> str:
    path = folder / "policy.yaml"
    path.write_text(text)
    return str(path)


def test_the_text_of_a_case_is_in_no_message(tmp_path: Path) -> None:
    messages = "[{role: user, content: {secret: jane.secret}}]"
    text = f"{{name: acme, tests: [{{name: t, messages: {messages}, expect: block}}]}}"

    with pytest.raises(DocumentFileError) as refused:
        read_policies(written(tmp_path, text))

    assert "tests.0.messages.0.content" in str(refused.value)
    assert "jane.secret" not in str(refused.value)


def test_weir_yaml_refuses_a_policy_with_a_broken_pattern_by_its_line() -> None:
    with pytest.raises(
        ConfigError,
        match=r"weir.yaml line 1: policies: policy acme: allow.0: the pattern does not compile in RE2",
    ):
        parse("policies:\n  - {name: acme, allow: [{pattern: '('}]}\n", "weir.yaml")

    assert [
        policy.name for policy in parse(f"policies: [{{name: acme, {BLOCK}}}]", "weir.yaml").policies
    ] == ["acme"]


@pytest.mark.parametrize("name", template_names())
@pytest.mark.slow
async def test_a_template_passes_its_tests_and_can_be_written_and_read_again(
    name: str, tmp_path: Path
) -> None:
    _, policy = template(name)

    results = await run_policy_tests(offline_screener(GuardSettings.offline()), [policy])

    assert [result.line() for result in results if not result.passes] == []
    assert len(results) >= 8
    assert policy.description
    assert list(read_policies(written(tmp_path, as_yaml(policy)))) == [policy]
