"""The secrets of a local stack, readable by the owner only: the seal key and the API keys of tenants."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from streaming.seal.seal import new_key
from weir.config.models import Config
from weir.local.folders import load_or_create_secret

SEAL_VARIABLE = "WEIR_SEAL_KEY"
KEY_PREFIX = "weir_"


def seal_key(home: Path) -> str:
    """The seal key: from the environment, else from the state folder, where the first call creates it."""
    return os.environ.get(SEAL_VARIABLE) or load_or_create_secret(home / "secrets" / "seal.key", new_key)


def tenant_key(home: Path, tenant: str) -> str:
    """The API key of a tenant on the local stack; the first call creates it."""
    return load_or_create_secret(
        home / "secrets" / "keys" / tenant, lambda: KEY_PREFIX + secrets.token_urlsafe(32)
    )


def key_hash(key: str) -> str:
    """The SHA-256 of an API key in hex, which is stored in its place."""
    return hashlib.sha256(key.encode()).hexdigest()


def gateway_keys(config: Config, home: Path) -> Mapping[str, str]:
    """The tenant of every accepted API key, by key hash; a tenant without `key_hashes` gets a local key."""
    keys: dict[str, str] = {}
    for tenant in config.tenants:
        hashes = tenant.key_hashes or (key_hash(tenant_key(home, tenant.name)),)
        keys.update(dict.fromkeys(hashes, tenant.name))
    return keys
