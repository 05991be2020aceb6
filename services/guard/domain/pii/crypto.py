"""Addresses of cryptocurrencies by their checksums: Base58Check, Bech32, Bech32m, and EIP-55 of Ethereum."""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from services.guard.domain.pii.keccak import keccak256
from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_CHECKSUMS = frozenset({1, 0x2BC830A3})
BASE58_BYTES = 25
MAX_HASHED = 200
"""Ethereum addresses of one text whose checksum is computed (0.3 ms each); further ones count as valid."""

BASE58_ADDRESS = re.compile(r"(?<![^\W_])[13LMDTX2mn][1-9A-HJ-NP-Za-km-z]{25,34}(?![^\W_])")
BECH32_ADDRESS = re.compile(
    r"(?<![^\W_])(?:(bc|tb|ltc)1[02-9ac-hj-np-z]{8,87}|(BC|TB|LTC)1[02-9AC-HJ-NP-Z]{8,87})(?![^\W_])"
)
ETHEREUM_ADDRESS = re.compile(r"(?<![^\W_])0x[0-9A-Fa-f]{40}(?![^\W_])")


def wallet_addresses(text: str) -> Iterator[CharSpan]:
    """Addresses of Bitcoin, Litecoin, Dogecoin, Dash, Tron and Ethereum."""
    yield from (match.span() for match in matches(BASE58_ADDRESS, text) if _is_base58check(match.group()))
    yield from (
        match.span()
        for match in matches(BECH32_ADDRESS, text)
        if _is_bech32(match.group().lower(), (match[1] or match[2]).lower())
    )
    ethereum = matches(ETHEREUM_ADDRESS, text)
    yield from (match.span() for match in islice(ethereum, MAX_HASHED) if _is_ethereum(match.group()[2:]))
    yield from (match.span() for match in ethereum)


def _is_base58check(address: str) -> bool:
    number = 0
    for character in address:
        number = number * 58 + BASE58.index(character)
    if number.bit_length() > BASE58_BYTES * 8:
        return False
    decoded = number.to_bytes(BASE58_BYTES, "big")
    return sha256(sha256(decoded[:-4]).digest()).digest()[:4] == decoded[-4:]


def _is_bech32(address: str, prefix: str) -> bool:
    values = (
        [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]
    )
    values += [BECH32.index(character) for character in address[len(prefix) + 1 :]]
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(BECH32_GENERATORS):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum in BECH32_CHECKSUMS


def _is_ethereum(digits: str) -> bool:
    """Letters in both cases are a checksum (EIP-55): a letter is upper case where the hash has 8 or more."""
    lower = digits.lower()
    letters = [character for character in digits if character.isalpha()]
    if len({character.islower() for character in letters}) < 2:  # noqa: PLR2004 - both cases
        return len(set(lower)) > 1
    return all(
        character.isdigit() or character.isupper() == (int(nibble, 16) >= 8)  # noqa: PLR2004 - the upper half
        for character, nibble in zip(digits, keccak256(lower.encode()).hex(), strict=False)
    )


RECOGNISERS = (Recogniser("CRYPTO", wallet_addresses, min_digits=1, rank=80),)
