"""Keys of the local stack are created once; the gateway gets their hashes only."""

import hashlib
from pathlib import Path

import pytest

from weir.config.models import Config
from weir.stack.secrets import gateway_keys, seal_key, tenant_key


def test_the_seal_key_of_the_environment_has_precedence_over_the_created_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEIR_SEAL_KEY", raising=False)
    created = seal_key(tmp_path)
    assert seal_key(tmp_path) == created

    monkeypatch.setenv("WEIR_SEAL_KEY", "given")

    assert seal_key(tmp_path) == "given"


def test_a_tenant_without_key_hashes_gets_a_local_key(tmp_path: Path) -> None:
    given = hashlib.sha256(b"key of acme").hexdigest()
    config = Config.model_validate({"tenants": [{"name": "acme", "key_hashes": [given]}, {"name": "globex"}]})

    keys = gateway_keys(config, tmp_path)

    local = hashlib.sha256(tenant_key(tmp_path, "globex").encode()).hexdigest()
    assert keys == {given: "acme", local: "globex"}
