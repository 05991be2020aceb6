"""The hash is Keccak-256, whose padding differs from SHA-3."""

from services.guard.domain.pii.keccak import keccak256


def test_the_hash_is_the_one_of_ethereum() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
