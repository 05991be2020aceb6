"""Policies as files of YAML: read with every problem named, and written so that they can be read again."""

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
    """Read a file, or standard input where it is `-`; raises DocumentFileError with all problems, one a line."""
    if file == STDIN:
        policies = parse_documents(sys.stdin.read(), "standard input", PolicyDocument, KEY)
    else:
        policies = read_documents(Path(file), PolicyDocument, KEY)
    problems = [
        f"{'standard input' if file == STDIN else file}: policy {one.name}: {fault}"
        for one in policies
        for fault in policy_problems(one)
    ]
    if problems:
        raise DocumentFileError("\n".join(problems))
    return policies


def problems_of(policy: PolicyDocument) -> list[str]:
    """Everything that keeps a policy from being published, but its own cases."""
    problem = policy.problem()
    return [
        *([problem] if problem else []),
        *(f"policy {policy.name}: {fault}" for fault in policy_problems(policy)),
    ]


def as_yaml(policy: PolicyDocument) -> str:
    """The policy as a file, without what is as it would be anyway."""
    writer = YAML()
    writer.width = 140
    writer.indent(mapping=2, sequence=4, offset=2)
    fields = policy.model_dump(mode="json", exclude_defaults=True)
    stream = io.StringIO()
    writer.dump({"name": policy.name, "version": policy.version, **_typed(policy, fields)}, stream)
    return stream.getvalue()


def difference(published: PolicyDocument | None, policy: PolicyDocument) -> list[str]:
    """What would change, as a unified diff."""
    before = as_yaml(published).splitlines() if published else []
    named = f"{policy.name} as published" if published else "nothing is published"
    return list(
        unified_diff(before, as_yaml(policy).splitlines(), named, f"{policy.name} as written", lineterm="")
    )


def template_names() -> list[str]:
    """The policies that ship with Weir."""
    return sorted(
        path.name.removesuffix(".yaml")
        for path in (files("weir.policies") / "templates").iterdir()
        if path.name.endswith(".yaml")
    )


def template(name: str) -> tuple[str, PolicyDocument]:
    """The text of a template, comments included, and what it says; raises DocumentFileError with the names that there are."""
    if name not in template_names():
        msg = f"there is no template '{name}'; templates: {', '.join(template_names())}"
        raise DocumentFileError(msg)
    text = (files("weir.policies") / "templates" / f"{name}.yaml").read_text(encoding="utf-8")
    return text, parse_documents(text, f"template {name}", PolicyDocument, KEY)[0]


def _typed(policy: PolicyDocument, fields: dict[str, object]) -> dict[str, object]:
    """A check's type is its default, and what tells it from the others."""
    checks = [
        {"name": check.name, "type": check.type, **check.model_dump(mode="json", exclude_defaults=True)}
        for check in policy.checks
    ]
    return {**fields, **({"checks": checks} if checks else {})}
