"""Policies as YAML files: read with all problems listed, written in a form that can be read again."""

import io
import sys
from collections.abc import Sequence
from difflib import unified_diff
from importlib.resources import files
from pathlib import Path

from ruamel.yaml import YAML

from schemas.document_files import DocumentFileError, parse_documents, read_documents
from schemas.policies import PolicyDocument
from services.guard.domain.policy_validation import policy_problems

KEY = "policies"
STDIN = "-"


def read_policies(file: str) -> Sequence[PolicyDocument]:
    """Read a file, or standard input for `-`; raises DocumentFileError with all problems, one per line."""
    if file == STDIN:
        policies = parse_documents(sys.stdin.read(), "standard input", PolicyDocument, KEY)
    else:
        policies = read_documents(Path(file), PolicyDocument, KEY)
    problems = [
        f"{'standard input' if file == STDIN else file}: policy {policy.name}: {problem}"
        for policy in policies
        for problem in policy_problems(policy)
    ]
    if problems:
        raise DocumentFileError("\n".join(problems))
    return policies


def problems_of(policy: PolicyDocument) -> list[str]:
    """Everything that prevents a policy from being published, except its tests."""
    problem = policy.problem()
    return [
        *([problem] if problem else []),
        *(f"policy {policy.name}: {text}" for text in policy_problems(policy)),
    ]


def as_yaml(policy: PolicyDocument) -> str:
    """The policy as YAML, without fields that have their default values."""
    writer = YAML()
    writer.width = 140
    writer.indent(mapping=2, sequence=4, offset=2)
    fields = policy.model_dump(mode="json", exclude_defaults=True)
    stream = io.StringIO()
    writer.dump({"name": policy.name, "version": policy.version, **_with_check_types(policy, fields)}, stream)
    return stream.getvalue()


def difference(published: PolicyDocument | None, policy: PolicyDocument) -> list[str]:
    """The unified diff between the published policy and the given one."""
    before = as_yaml(published).splitlines() if published else []
    published_name = f"{policy.name} as published" if published else "nothing is published"
    return list(
        unified_diff(
            before, as_yaml(policy).splitlines(), published_name, f"{policy.name} as written", lineterm=""
        )
    )


def template_names() -> list[str]:
    """The names of the policies that ship with Weir."""
    return sorted(
        path.name.removesuffix(".yaml")
        for path in (files("weir.policies") / "templates").iterdir()
        if path.name.endswith(".yaml")
    )


def template(name: str) -> tuple[str, PolicyDocument]:
    """The text of a template and the policy that it holds; raises DocumentFileError with the known names."""
    if name not in template_names():
        msg = f"there is no template '{name}'; templates: {', '.join(template_names())}"
        raise DocumentFileError(msg)
    text = (files("weir.policies") / "templates" / f"{name}.yaml").read_text(encoding="utf-8")
    return text, parse_documents(text, f"template {name}", PolicyDocument, KEY)[0]


def _with_check_types(policy: PolicyDocument, fields: dict[str, object]) -> dict[str, object]:
    """The fields with the type of each check, which is a default value and would be left out."""
    checks = [
        {"name": check.name, "type": check.type, **check.model_dump(mode="json", exclude_defaults=True)}
        for check in policy.checks
    ]
    return {**fields, **({"checks": checks} if checks else {})}
