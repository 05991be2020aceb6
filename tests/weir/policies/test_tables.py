"""Policies for people: whose traffic they decide, and every part in one line."""

import io

import pytest
from rich.console import Console

from schemas.policies import PolicyDocument, Rule
from weir.policies.files import template, template_names
from weir.policies.tables import policy_lines, policy_table, rule_line, template_table, traffic_of

WHOLE = PolicyDocument.model_validate(
    {
        "name": "acme/small",
        "version": 3,
        "shadow": True,
        "description": "No rivals.",
        "rules": [{"kind": "PERSON", "direction": "input", "action": "mask"}],
        "checks": [{"name": "rivals", "type": "topics", "phrases": ["Initech"], "shadow": True}],
        "canaries": [{"must": "not_leak", "action": "block"}],
        "allow": [{"value": "Acme", "kinds": ["PERSON"]}, {"pattern": "x+"}],
        "tests": [{"name": "fine", "text": "jane@example.com", "expect": "modify"}],
    }
)


@pytest.mark.parametrize(
    ("name", "traffic"),
    [
        ("default", "everybody"),
        ("default/small", "everybody, route small"),
        ("acme", "tenant acme"),
        ("acme/small", "tenant acme, route small"),
    ],
)
def test_a_name_says_whose_traffic_is_decided(name: str, traffic: str) -> None:
    assert traffic_of(name) == traffic


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (Rule(kind="PERSON", direction="input", action="mask"), "input PERSON: mask"),
        (
            Rule(kind="PERSON", direction="input", action="mask", detector="ner", at_least=0.5),
            "input PERSON by ner from 0.5: mask",
        ),
        (
            Rule(kind="TOXICITY", direction="output", action="block", at="fpr_1%", shadow=True),
            "output TOXICITY from fpr_1%: block (shadow)",
        ),
    ],
)
def test_a_rule_is_one_line(rule: Rule, line: str) -> None:
    assert rule_line(rule) == line


def test_every_part_of_a_policy_is_listed_and_no_text_of_a_test() -> None:
    lines = list(policy_lines(WHOLE))

    assert lines[:2] == ["acme/small, version 3, for tenant acme, route small, in shadow", "No rivals."]
    assert "  rivals (topics) on output: block (shadow)" in lines
    assert "  Acme as PERSON" in lines
    assert "  /x+/ as any personal data" in lines
    assert "  fine: input, modify" in lines
    assert "jane" not in "\n".join(lines)


def test_parts_that_a_policy_lacks_have_no_title() -> None:
    lines = list(policy_lines(PolicyDocument(name="acme")))

    assert [line for line in lines if line.endswith(":")] == []
    assert len(lines) == 2


def test_policies_and_templates_have_a_row_each() -> None:
    output = io.StringIO()
    console = Console(file=output, width=220)
    templates = {name: template(name)[1] for name in template_names()}

    console.print(policy_table([WHOLE]))
    console.print(template_table(templates))

    text = output.getvalue()
    assert "tenant acme, route small" in text
    assert all(name in text for name in templates)
