"""Bodies make the round trip through every encoding, and unpack to a bounded size."""

import gzip
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from weir.local.clickhouse import wire
from weir.local.clickhouse.errors import EngineError

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("encoding", PACKERS)
@given(body=st.binary(max_size=3_000))
def test_a_body_is_the_same_after_the_round_trip(encoding: str, body: bytes) -> None:
    assert wire.decode(PACKERS[encoding](body), encoding) == body


@pytest.mark.parametrize("encoding", ["gzip", "lz4", "zstd"])
def test_a_body_of_several_members_is_read_whole(encoding: str) -> None:
    pack = PACKERS[encoding]
    assert (
        wire.decode(pack(b"a" * 3_000_000) + pack(b"") + pack(b"tail"), encoding)
        == b"a" * 3_000_000 + b"tail"
    )


def test_deflate_is_read_with_and_without_its_header() -> None:
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    assert wire.decode(packer.compress(b"abc" * 1000) + packer.flush(), "deflate") == b"abc" * 1000


@pytest.mark.slow
@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_that_unpacks_to_more_than_its_share_is_too_large(encoding: str) -> None:
    body = PACKERS[encoding](bytes(wire.MAX_BODY_BYTES + 1))

    with pytest.raises(EngineError) as caught:
        wire.decode(body, encoding)
    assert caught.value.status == 413


@pytest.mark.parametrize("encoding", PACKERS)
@given(body=st.binary(min_size=1, max_size=300))
def test_no_body_breaks_the_reader(encoding: str, body: bytes) -> None:
    statuses: list[int] = []
    try:
        wire.decode(body, encoding)
    except EngineError as error:
        statuses.append(error.status)
    assert statuses in ([], [400])
