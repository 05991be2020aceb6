"""The structure of a record: declared names, types and lengths, and no text of its content."""

import json

from hypothesis import given
from hypothesis import strategies as st

from weir.dead_letters.redacted import shapes


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
