"""Whose account an amount counts in: the tenant's own, or that of a project, user, model or key of it."""

from collections.abc import Mapping

from schemas.budgets import Dimension, Limit
from schemas.requests import RequestFacts
from services.meter.domain.limits.windows import TENANT


def scope_of(limit: Limit, request: RequestFacts) -> str | None:
    """Name the account of a request under a limit, such as `user=bob` or `project=search,model=small`; None where the limit leaves it out.

    A request without a user, project or key has the empty one, so that leaving it out is no way around a limit.
    """
    if not limit.per and not limit.only:
        return TENANT
    parts: list[str] = []
    for dimension, values in limit.only.items():
        if (value_of(dimension, request) or "") not in values:
            return None
        if dimension not in limit.per:
            parts.append(f"{dimension}={'|'.join(sorted(_escape(value) for value in values))}")
    parts += [f"{dimension}={_escape(value_of(dimension, request) or '')}" for dimension in limit.per]
    return ",".join(sorted(parts))


def value_of(dimension: Dimension, request: RequestFacts) -> str | None:
    """Read a dimension of a request."""
    match dimension:
        case "project":
            return request.project
        case "user":
            return request.user
        case "model":
            return request.model
        case "key":
            return request.key


def _escape(value: str) -> str:
    """Write the signs that hold a scope together as percent codes, so that no value can look like two."""
    if value.isalnum():
        return value
    for sign in "%,=|":
        value = value.replace(sign, f"%{ord(sign):02X}")
    return value


def dimensions_of(scope: str) -> Mapping[str, str]:
    """Read the dimensions of a scope back, several values of one as `a|b`; none for the tenant's own."""
    return (
        {name: _unescape(value) for name, _, value in (part.partition("=") for part in scope.split(","))}
        if scope != TENANT
        else {}
    )


def _unescape(value: str) -> str:
    for sign in "|=,%":
        value = value.replace(f"%{ord(sign):02X}", sign)
    return value
