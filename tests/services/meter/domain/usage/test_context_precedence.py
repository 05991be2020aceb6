"""What is noted of a call takes precedence over what its provider reports."""

import pytest

from services.meter.domain.usage.context import with_precedence


@pytest.mark.parametrize(
    ("reported", "noted", "expected"),
    [
        ({"service_tier": "batch"}, {"processing": "standard"}, {"processing": "standard"}),
        ({"service_tier": "batch"}, {}, {"service_tier": "batch", "processing": "batch"}),
        (
            {"service_tier": "flex"},
            {"processing": "standard"},
            {"service_tier": "flex", "processing": "standard"},
        ),
        ({}, {"service_tier": "batch"}, {"service_tier": "batch", "processing": "batch"}),
    ],
)
def test_what_a_caller_notes_of_the_processing_corrects_a_reported_batch(
    reported: dict[str, str], noted: dict[str, str], expected: dict[str, str]
) -> None:
    assert with_precedence(reported, noted) == expected
