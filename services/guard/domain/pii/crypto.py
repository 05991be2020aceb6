"""Addresses of crypto currencies by their check sums: base58check, bech32 and bech32m, Ethereum's letters in two cases (EIP-55)."""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from services.guard.domain.pii.payment import Range
from services.guard.domain.text.windowed_search import matches

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32_SUMS = frozenset({1, 0x2BC830A3})
PAYLOAD = 25
LANES = 5
LANE = (1 << 64) - 1
RATE = 136
ROTATIONS = (
    (0, 36, 3, 41, 18),
    (1, 44, 10, 45, 2),
    (62, 6, 43, 15, 61),
    (28, 55, 25, 21, 56),
    (27, 20, 39, 8, 14),
)
MOST_HASHED = 200
"""Addresses of one text whose EIP-55 sum is computed, 0.3 ms each in Python; any behind them count as right, so that a flood costs little."""

OLD = re.compile(r"(?<![^\W_])[13LMDTX2mn][1-9A-HJ-NP-Za-km-z]{25,34}(?![^\W_])")
SEGWIT = re.compile(
    r"(?<![^\W_])(?:(bc|tb|ltc)1[02-9ac-hj-np-z]{8,87}|(BC|TB|LTC)1[02-9AC-HJ-NP-Z]{8,87})(?![^\W_])"
)
ETHEREUM = re.compile(r"(?<![^\W_])0x[0-9A-Fa-f]{40}(?![^\W_])")


def wallets(text: str) -> Iterator[Range]:
    """Addresses of Bitcoin, its relatives, Tron and Ethereum."""
    yield from (match.span() for match in matches(OLD, text) if _is_base58check(match.group()))
    yield from (
        match.span()
        for match in matches(SEGWIT, text)
        if _is_bech32(match.group().lower(), (match[1] or match[2]).lower())
    )
    found = matches(ETHEREUM, text)
    yield from (match.span() for match in islice(found, MOST_HASHED) if _is_ethereum(match.group()[2:]))
    yield from (match.span() for match in found)


def _is_base58check(address: str) -> bool:
    number = 0
    for character in address:
        number = number * 58 + BASE58.index(character)
    if number.bit_length() > PAYLOAD * 8:
        return False
    raw = number.to_bytes(PAYLOAD, "big")
    return sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def _is_bech32(address: str, prefix: str) -> bool:
    values = (
        [ord(character) >> 5 for character in prefix] + [0] + [ord(character) & 31 for character in prefix]
    )
    values += [BECH32.index(character) for character in address[len(prefix) + 1 :]]
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATORS):
            total ^= generator if top >> bit & 1 else 0
    return total in BECH32_SUMS


def _is_ethereum(digits: str) -> bool:
    """One case says nothing; two cases are a sum: a letter is large where the hash of the small letters has 8 or more."""
    small = digits.lower()
    letters = [character for character in digits if character.isalpha()]
    if len({character.islower() for character in letters}) < 2:  # noqa: PLR2004 - both cases
        return len(set(small)) > 1
    return all(
        character.isdigit() or character.isupper() == (int(nibble, 16) >= 8)  # noqa: PLR2004 - the upper half
        for character, nibble in zip(digits, keccak256(small.encode()).hex(), strict=False)
    )


def keccak256(message: bytes) -> bytes:
    """Hash as Ethereum does: SHA-3 before its padding was changed, which is why hashlib has it not. One block, below 136 bytes."""
    block = bytearray(message + b"\x01" + bytes(RATE - len(message) - 1))
    block[-1] |= 0x80
    state = [[0] * LANES for _ in range(LANES)]
    for index in range(RATE // 8):
        state[index % LANES][index // LANES] = int.from_bytes(block[8 * index : 8 * index + 8], "little")
    register = 1
    for _ in range(24):
        state = _mixed(state)
        for bit in range(7):
            register = (register << 1 ^ (register >> 7) * 0x171) % 256
            if register & 2:
                state[0][0] ^= 1 << ((1 << bit) - 1)
    return b"".join(state[index][0].to_bytes(8, "little") for index in range(4))


def _mixed(state: list[list[int]]) -> list[list[int]]:
    """One round but for its constant: theta, rho and pi, chi."""
    columns = [lane[0] ^ lane[1] ^ lane[2] ^ lane[3] ^ lane[4] for lane in state]
    turned = [columns[(x - 1) % LANES] ^ _rotated(columns[(x + 1) % LANES], 1) for x in range(LANES)]
    moved = [[0] * LANES for _ in range(LANES)]
    for x in range(LANES):
        for y in range(LANES):
            moved[y][(2 * x + 3 * y) % LANES] = _rotated(state[x][y] ^ turned[x], ROTATIONS[x][y])
    return [
        [moved[x][y] ^ (~moved[(x + 1) % LANES][y] & moved[(x + 2) % LANES][y]) for y in range(LANES)]
        for x in range(LANES)
    ]


def _rotated(lane: int, by: int) -> int:
    return ((lane << by) | (lane >> (64 - by))) & LANE
