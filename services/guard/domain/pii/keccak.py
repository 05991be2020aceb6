"""Keccak-256, the hash of Ethereum, which hashlib does not have: its SHA-3 pads messages differently."""

LANES = 5
LANE_MASK = (1 << 64) - 1
RATE_BYTES = 136
ROUNDS = 24
ROTATIONS = (
    (0, 36, 3, 41, 18),
    (1, 44, 10, 45, 2),
    (62, 6, 43, 15, 61),
    (28, 55, 25, 21, 56),
    (27, 20, 39, 8, 14),
)


def keccak256(message: bytes) -> bytes:
    """The hash of a message below 136 bytes, which is one block."""
    block = bytearray(message + b"\x01" + bytes(RATE_BYTES - len(message) - 1))
    block[-1] |= 0x80
    state = [[0] * LANES for _ in range(LANES)]
    for index in range(RATE_BYTES // 8):
        state[index % LANES][index // LANES] = int.from_bytes(block[8 * index : 8 * index + 8], "little")
    lfsr = 1
    for _ in range(ROUNDS):
        state = _round(state)
        for bit in range(7):
            lfsr = (lfsr << 1 ^ (lfsr >> 7) * 0x171) % 256
            if lfsr & 2:
                state[0][0] ^= 1 << ((1 << bit) - 1)
    return b"".join(state[index][0].to_bytes(8, "little") for index in range(4))


def _round(state: list[list[int]]) -> list[list[int]]:
    """The steps theta, rho, pi and chi of a round."""
    parities = [lane[0] ^ lane[1] ^ lane[2] ^ lane[3] ^ lane[4] for lane in state]
    theta = [parities[(x - 1) % LANES] ^ _rotated(parities[(x + 1) % LANES], 1) for x in range(LANES)]
    moved = [[0] * LANES for _ in range(LANES)]
    for x in range(LANES):
        for y in range(LANES):
            moved[y][(2 * x + 3 * y) % LANES] = _rotated(state[x][y] ^ theta[x], ROTATIONS[x][y])
    return [
        [moved[x][y] ^ (~moved[(x + 1) % LANES][y] & moved[(x + 2) % LANES][y]) for y in range(LANES)]
        for x in range(LANES)
    ]


def _rotated(lane: int, bits: int) -> int:
    return ((lane << bits) | (lane >> (64 - bits))) & LANE_MASK
