"""Addresses of East Asia and Turkey need a city or street and a house number."""

import pytest

from services.guard.domain.pii.regional_addresses import regional_addresses


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in regional_addresses(text)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("地址是北京市朝阳区建国路88号。", "北京市朝阳区建国路88号"),
        ("台北市信義區信義路五段7號", "台北市信義區信義路五段7號"),
        ("住所は東京都渋谷区神南1-19-11です。", "東京都渋谷区神南1-19-11"),
        ("주소: 서울특별시 강남구 테헤란로 152", "서울특별시 강남구 테헤란로 152"),
        ("Evim, Atatürk Caddesi No: 45", "Atatürk Caddesi No: 45"),
    ],
)
def test_a_street_with_its_number_is_found(text: str, address: str) -> None:
    assert any(value.endswith(address) for value in found(text))


@pytest.mark.parametrize(
    "text",
    ["北京市2024年GDP增长5%", "東京都渋谷区の2024年の予算", "서울시 강남구 주민 1234명", "1 Main Street"],
)
def test_places_without_a_house_number_are_left(text: str) -> None:
    assert found(text) == []
