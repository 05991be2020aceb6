"""A value of another type counts as missing."""

from services.router.adapters.http.json_parts import mapping, mappings, texts


def test_only_values_of_the_right_type_are_read() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    assert mapping([1]) is None
    assert mappings([{"a": 1}, 2, None]) == [{"a": 1}]
    assert mappings("x") == []
    assert texts("a", 1, None, "b") == "ab"
