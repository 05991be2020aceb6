"""Device identifiers are found by check digits and context words."""

import pytest

from services.guard.domain.pii.registry import recognise
from services.guard.domain.spans import merged


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in merged(recognise(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("IMEI: 490154203237518", "IMEI", "490154203237518"),
        ("VIN 1HGCM82633A004352", "VIN", "1HGCM82633A004352"),
        ("mac 00:1B:44:11:3A:B7", "MAC_ADDRESS", "00:1B:44:11:3A:B7"),
    ],
)
def test_a_device_identifier_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "VIN 1HGCM82633A004353",
        "ff:ff:ff:ff:ff:ff",
        "serial number 490154203237518",
        "car 67890123456789012",
    ],
)
def test_a_wrong_check_digit_or_broadcast_address_is_no_device(text: str) -> None:
    assert found(text) == []
