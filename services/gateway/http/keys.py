"""API keys: only their hashes are known here, and a key names its tenant."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.domain.problems import Problem, ProblemError

SCHEME = "bearer"
# Enough to tell a tenant's keys apart in limits and reports, too little to look for the key.
KEY_NAME_CHARS = 12


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the key's tenant, and a piece of the key's hash as the key's name."""

    tenant: str
    key: str


class ApiKeys:
    """Finds the tenant of a key in a time that does not depend on the key."""

    def __init__(self, tenants: Mapping[str, str]) -> None:
        """Take SHA-256 (hex) of each key to its tenant."""
        self._tenants = tuple((digest.encode(), tenant) for digest, tenant in tenants.items())

    def caller(self, authorization: str | None) -> Caller:
        """Whom an Authorization header stands for; raises RefusedError with 401."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != SCHEME or not key.strip():
            raise _unauthorized(
                "no API key was sent: use the header 'Authorization: Bearer weir_...'", "missing_api_key"
            )
        digest = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).hexdigest().encode()
        found: str | None = None
        for known, tenant in self._tenants:
            if hmac.compare_digest(known, digest):
                found = tenant
        if found is None:
            raise _unauthorized("this API key is not known here: ask the operator for one", "invalid_api_key")
        return Caller(found, digest[:KEY_NAME_CHARS].decode())


def _unauthorized(message: str, code: str) -> ProblemError:
    return ProblemError(Problem(401, "authentication_error", code, message))
