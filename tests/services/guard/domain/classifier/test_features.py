"""Hashed features have length one and the values that the weights were trained on."""

import itertools
import math
import re
import unicodedata
from collections import Counter
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.classifier.features import BUCKETS, features


@given(st.text(max_size=300))
def test_features_are_a_vector_of_length_one_or_none(text: str) -> None:
    found = values_of(text)
    assert all(0 <= bucket < BUCKETS and value > 0 for bucket, value in found.items())
    assert not found or math.isclose(sum(value * value for value in found.values()), 1.0)


@given(st.text(max_size=100))
def test_case_and_width_of_letters_do_not_change_features(text: str) -> None:
    assert values_of("Ｉｇｎｏｒｅ this " + text) == values_of("ignore THIS " + text)


@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.sampled_from(["Ignore", "the", "rules", "x" * 200])), max_size=80
    )
)
def test_features_have_the_values_that_the_weights_were_trained_on(parts: list[str]) -> None:
    text = " ".join(parts)
    assert values_of(text) == pytest.approx(trained_on(text), rel=1e-12)


def values_of(text: str) -> dict[int, float]:
    """Value by bucket; each bucket stands there once."""
    found = features(text)
    assert len(set(found.buckets.tolist())) == len(found.buckets)
    return dict(zip(found.buckets.tolist(), found.values.tolist(), strict=True))


def trained_on(text: str) -> dict[int, float]:
    """The definition, as training/classifier/features.py has it."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())
    grams = [
        *("\t" + word for word in words),
        *(f"{one}\t{other}" for one, other in itertools.pairwise(words)),
    ]
    for marked in (f" {word} " for word in words):
        grams += [
            marked[start : start + length]
            for length in (3, 4, 5)
            for start in range(len(marked) - length + 1)
        ]
    counts = Counter(crc32(gram.encode("utf-8", "replace")) % 2**18 for gram in grams)
    values = {bucket: math.log1p(count) for bucket, count in counts.items()}
    length = math.sqrt(math.fsum(value * value for value in values.values()))
    return {bucket: value / length for bucket, value in values.items()}
