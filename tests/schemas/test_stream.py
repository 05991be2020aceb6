"""Facts about the stream: each has a key that no other fact has."""

import pytest
from hypothesis import example as explicit
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.stream import LetterRedriven, OffsetsSkipped, SnapshotChunk, SnapshotHead
from tests.schemas.examples import example

GENERATIONS, INDEXES = st.integers(0, 2**62), st.integers(0, 1_000)


@given(
    pieces=st.lists(st.tuples(st.integers(0, 3), GENERATIONS, INDEXES), unique=True, min_size=2, max_size=8)
)
@explicit(pieces=[(0, 1, 11), (0, 11, 1), (1, 0, 11)])
def test_no_two_pieces_of_snapshots_share_a_key(pieces: list[tuple[int, int, int]]) -> None:
    chunk: SnapshotChunk = example(SnapshotChunk)
    head: SnapshotHead = example(SnapshotHead)

    chunks = [
        chunk.model_copy(update={"partition": partition, "generation": generation, "index": index})
        for partition, generation, index in pieces
    ]
    snapshots = {(partition, generation) for partition, generation, _ in pieces}
    heads = [
        head.model_copy(update={"partition": partition, "generation": generation})
        for partition, generation in snapshots
    ]

    keys = [event.partition_key for event in (*chunks, *heads)]
    assert len(set(keys)) == len(keys)


def test_skips_of_one_partition_and_claims_on_one_letter_stay_in_order() -> None:
    skip: OffsetsSkipped = example(OffsetsSkipped)
    claim: LetterRedriven = example(LetterRedriven)

    later_skip = skip.model_copy(update={"first": skip.last + 1, "last": skip.last + 1})
    other_claim = claim.model_copy(update={"claim_id": claim.letter_id})

    assert later_skip.partition_key == skip.partition_key == f"{skip.topic}/{skip.partition}"
    assert other_claim.partition_key == claim.partition_key == str(claim.letter_id)


@pytest.mark.parametrize("generation", ["", "-1", "1.0", "x", "1\n", "1" * 20])
def test_a_generation_is_a_number_of_64_bits(generation: str) -> None:
    head: SnapshotHead = example(SnapshotHead)

    with pytest.raises(ValidationError, match="others"):
        SnapshotHead.model_validate({**head.model_dump(), "others": {generation: 1}})
