"""The structure of a record: declared names, types and lengths, and no text of its content."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.dead_letters.redacted import MAX_DEPTH, MAX_LINES, UNDECLARED, is_declared, shapes


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    )
)
def test_no_text_of_an_arbitrary_value_is_shown(value: object) -> None:
    marked = json.dumps({"messages": value, "marked": "Ω" * 3, "Ω": 1}).encode()

    summaries = shapes(marked)

    assert summaries is not None
    assert all("Ω" not in shape.path and not shape.shown for shape in summaries)


def test_values_of_one_path_and_type_are_one_line_with_their_number_and_lengths() -> None:
    messages = [{"role": "user", "content": "x" * length} for length in (3, 9, 5)]

    summaries = {shape.path: shape for shape in shapes(json.dumps({"messages": messages}).encode()) or []}

    content = summaries["messages[].content"]
    assert (content.kind, content.count, content.shortest, content.longest) == ("string", 3, 3, 9)
    assert (content.shown, summaries["messages[].role"].shown) == ((), ("user",))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("tenant", "acme", ("acme",)),
        ("tenant", "jane@example.com", ()),
        ("status", "answered", ("answered",)),
        ("status", "parcel", ()),
        ("deadline", "2026-11-30T10:00:00Z", ("2026-11-30T10:00:00Z",)),
        ("deadline", "Jane", ()),
        ("user", "acme", ()),
    ],
)
def test_a_value_is_shown_only_where_it_can_hold_no_personal_data(
    name: str, value: str, shown: tuple[str, ...]
) -> None:
    summaries = shapes(json.dumps({name: value}).encode())

    assert summaries is not None
    assert [shape.shown for shape in summaries if shape.path == name] == [shown]


def test_names_of_event_fields_are_declared_and_no_others() -> None:
    assert all(is_declared(name) for name in ("tenant", "messages", "content", "attempt_id"))
    assert not any(is_declared(name) for name in ("", "jane", "Tenant", UNDECLARED))


def test_a_deep_or_a_wide_value_has_a_bounded_number_of_lines() -> None:
    deep = b'{"messages":' * 500 + b"1" + b"}" * 500
    wide = json.dumps([{"model": [number] * (number % 7)} for number in range(5_000)]).encode()

    assert len(shapes(deep) or []) == MAX_DEPTH + 1
    assert 0 < len(shapes(wide) or []) <= MAX_LINES
    assert shapes(b"{") is None
