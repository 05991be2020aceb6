"""API keys: the gateway stores only their hashes, each with its tenant."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.domain.problems import Problem, ProblemError

SCHEME = "bearer"
# Enough to distinguish a tenant's keys in limits and reports, too little to search for the key.
KEY_NAME_CHARS = 12


@dataclass(frozen=True, slots=True)
class Caller:
    """The tenant of an API key, and the first digits of the key's hash as its name."""

    tenant: str
    key: str


class ApiKeys:
    """Finds the tenant of a key in a time that does not depend on the key."""

    def __init__(self, tenants: Mapping[str, str]) -> None:
        """`tenants` maps the SHA-256 (hex) of each key to its tenant."""
        self._tenants = tuple((digest.encode(), tenant) for digest, tenant in tenants.items())

    def caller(self, authorization: str | None) -> Caller:
        """The caller of an Authorization header; raises ProblemError with 401."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != SCHEME or not key.strip():
            raise _unauthorized(
                "no API key was sent: use the header 'Authorization: Bearer weir_...'", "missing_api_key"
            )
        digest = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).hexdigest().encode()
        matching: str | None = None
        for known, tenant in self._tenants:
            if hmac.compare_digest(known, digest):
                matching = tenant
        if matching is None:
            raise _unauthorized("this API key is not known here: ask the operator for one", "invalid_api_key")
        return Caller(matching, digest[:KEY_NAME_CHARS].decode())


def _unauthorized(message: str, code: str) -> ProblemError:
    return ProblemError(Problem(401, "authentication_error", code, message))
