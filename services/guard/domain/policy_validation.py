"""Problems of a policy that its schema cannot show: patterns that do not compile, checks that cannot run."""

from collections.abc import Iterator

from schemas.policies import PolicyDocument
from services.guard.domain.allow_list import allow_list_entry_problem, allow_list_problem
from services.guard.domain.checks.registry import check_problem


def policy_problems(policy: PolicyDocument) -> Iterator[str]:
    """Each problem with its path in the document."""
    for index, entry in enumerate(policy.allow):
        if (problem := allow_list_entry_problem(entry)) is not None:
            yield f"allow.{index}: {problem}"
    if (problem := allow_list_problem(policy)) is not None:
        yield f"allow: {problem}"
    for check in policy.checks:
        if (problem := check_problem(check)) is not None:
            yield f"checks '{check.name}': {problem}"
