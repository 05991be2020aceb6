"""Scopes: whose usage an account counts, the whole tenant's or that of a project, user, model or key."""

from collections.abc import Mapping

from schemas.budgets import Dimension, Limit
from schemas.requests import RequestFacts
from services.meter.domain.limits.windows import TENANT


def scope_of(limit: Limit, request: RequestFacts) -> str | None:
    """Return a request's scope under a limit, such as `user=bob` or `model=small,project=search`.

    None where the limit does not apply to the request. A request without a user, project or key counts under
    the empty value, so that a limit cannot be evaded by leaving it out.
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
    """Return a request's value of a dimension."""
    match dimension:
        case "project":
            return request.project
        case "user":
            return request.user
        case "model":
            return request.model
        case "key":
            return request.key


def dimensions_of(scope: str) -> Mapping[str, str]:
    """Parse the dimensions of a scope, several values of one as `a|b`; empty for the scope `tenant`."""
    return (
        {name: _unescape(value) for name, _, value in (part.partition("=") for part in scope.split(","))}
        if scope != TENANT
        else {}
    )


def _escape(value: str) -> str:
    """Percent-encode the separators of a scope, so that no value can look like two."""
    if value.isalnum():
        return value
    for separator in "%,=|":
        value = value.replace(separator, f"%{ord(separator):02X}")
    return value


def _unescape(value: str) -> str:
    for separator in "|=,%":
        value = value.replace(f"%{ord(separator):02X}", separator)
    return value
