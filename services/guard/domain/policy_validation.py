"""What is wrong with a policy beyond its form: patterns that do not compile, schemas that are none, checks that cannot run."""

from collections.abc import Iterator

from schemas.policies import PolicyDocument
from services.guard.domain.allow_list import fault_in_allow_list, fault_in_allowed
from services.guard.domain.checks.registry import fault_in


def faults(policy: PolicyDocument) -> Iterator[str]:
    """Each fault with its place in the document."""
    for index, allowed in enumerate(policy.allow):
        if (fault := fault_in_allowed(allowed)) is not None:
            yield f"allow.{index}: {fault}"
    if (fault := fault_in_allow_list(policy)) is not None:
        yield f"allow: {fault}"
    for check in policy.checks:
        if (fault := fault_in(check)) is not None:
            yield f"checks '{check.name}': {fault}"
