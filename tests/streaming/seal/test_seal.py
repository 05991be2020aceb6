"""The seal opens for its own tenant, purpose and context, and for nothing else."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.seal.seal import Sealer, SealError, new_key

SEALER = Sealer.from_text(new_key())
NOW = datetime(2026, 11, 2, tzinfo=UTC)


@given(clear=st.binary(max_size=2_000))
def test_what_was_sealed_is_opened_again(clear: bytes) -> None:
    token = SEALER.seal(clear, tenant="acme", purpose="request", context="r1", at=NOW)
    assert SEALER.open(token, tenant="acme", purpose="request", context="r1") == clear


@pytest.mark.parametrize(
    ("tenant", "purpose", "context"),
    [("globex", "request", "r1"), ("acme", "answer", "r1"), ("acme", "request", "r2")],
)
def test_a_seal_opens_for_no_other_tenant_purpose_or_context(tenant: str, purpose: str, context: str) -> None:
    token = SEALER.seal(b"clear", tenant="acme", purpose="request", context="r1", at=NOW)
    with pytest.raises(SealError, match="does not open"):
        SEALER.open(token, tenant=tenant, purpose=purpose, context=context)


@pytest.mark.parametrize(
    "token", ["", "v1", "v1.2026-11-02.", "v2.2026-11-02.AAAA", "v1.2026-11-02.AAAA", "v1.2026-11-02.@@@"]
)
def test_damaged_seals_are_refused(token: str) -> None:
    with pytest.raises(SealError):
        SEALER.open(token, tenant="acme", purpose="request", context="r1")


@pytest.mark.parametrize(
    "token",
    [
        "v1.jane@example.com.AAAA",
        "v1.\x1b[31m.AAAA",
        "v1.2026-11-02jane.AAAA",
        "v1.٢٠٢٦-11-02.AAAA",
        "v1.jane",
    ],
)
def test_a_refusal_repeats_nothing_of_what_was_to_be_opened(token: str) -> None:
    with pytest.raises(SealError) as refused:
        SEALER.open(token, tenant="acme", purpose="request", context="r1")
    assert str(refused.value) == "a seal starts with 'v1.<day>.'"


@pytest.mark.parametrize("text", ["", "short", "!" * 43])
def test_a_wrong_key_says_how_to_make_one(text: str) -> None:
    with pytest.raises(SealError, match="weir seal-key"):
        Sealer.from_text(text)


def test_a_fingerprint_is_stable_and_differs_by_tenant() -> None:
    prints = [
        SEALER.keyed_hash(b"x", tenant=tenant, purpose="content") for tenant in ("acme", "acme", "globex")
    ]
    assert prints[0] == prints[1] != prints[2]
