"""What is wrong with a policy beyond its form: patterns that do not compile, schemas that are none, checks that cannot run."""

from collections.abc import Iterator

from schemas.policies import PolicyDocument
from services.guard.domain.allow_list import allow_list_entry_problem, allow_list_problem
from services.guard.domain.checks.registry import check_problem


def policy_problems(policy: PolicyDocument) -> Iterator[str]:
    """Each fault with its place in the document."""
    for index, allowed in enumerate(policy.allow):
        if (fault := allow_list_entry_problem(allowed)) is not None:
            yield f"allow.{index}: {fault}"
    if (fault := allow_list_problem(policy)) is not None:
        yield f"allow: {fault}"
    for check in policy.checks:
        if (fault := check_problem(check)) is not None:
            yield f"checks '{check.name}': {fault}"
