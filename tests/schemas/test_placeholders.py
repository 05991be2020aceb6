"""A placeholder is read in each form that models give it, and one that they invent is none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.placeholders import (
    canonical_name,
    find_in_address,
    find_placeholders,
    kind_of,
    mask,
    numbers_like,
    placeholder,
    without_placeholders,
)

KNOWN = {placeholder("PERSON", 1), placeholder("CREDIT_CARD", 1)}


def read(text: str) -> str:
    """The text with `!` and the kind's first letter for each placeholder that is read."""
    for found in reversed(find_placeholders(text, KNOWN)):
        text = f"{text[: found.start]}!{found.name[1]}{text[found.end :]}"
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*CREDIT_CARD_1* is charged", "*!C* is charged"), ("**<CREDIT_CARD_1>**", "**!C**"),
        ("_CREDIT_CARD_1_", "_!C_"), ("`PERSON_1`", "`!P`"), ('"<PERSON_1>"', '"!P"'), ("“PERSON_1”", "“!P”"),
        ("<person_1>", "!P"), ("<Credit_Card_1>", "!C"), ("dear person_1, hello", "dear !P, hello"),
        ("[PERSON_1]", "[!P]"), ("{PERSON_1}", "{!P}"), ("(PERSON_1)", "(!P)"), ("[CREDIT CARD 1]", "!C"),
        ("【PERSON_1】", "【!P】"), ("&lt;PERSON_1&gt;", "!P"), ("&#60;PERSON_1&#62;", "!P"),
        ("&amp;lt;PERSON_1&amp;gt;", "!P"), ("\\<PERSON_1\\>", "!P"), ("\\u003cPERSON_1\\u003e", "!P"),
        ("<PERSON\\_1>", "!P"), ("CREDIT\\_CARD\\_1", "!C"), ("<PERSON 1>", "!P"), ("<CREDIT-CARD-1>", "!C"),
        ("<PERSON_1 >", "!P"), ("< PERSON_1>", "!P"), ("<PERSON_1/>", "!P"), ("<CREDIT_\nCARD_1>", "!C"),
        ("<CREDIT\n  CARD 1>", "!C"), ("CREDIT_\nCARD_1", "!C"), ("<\nPERSON_1\n>", "!P"),
        ("<PERSON_1>'s", "!P's"), ("PERSON_1's", "!P's"), ("PERSON_1s Haus", "!Ps Haus"),
        ("\uff1cPERSON_1\uff1e", "!P"), ("《PERSON_1》", "!P"), ("〈PERSON_1〉", "!P"), ("«PERSON_1»", "!P"),
        ("‹PERSON_1›", "!P"), ("<PERSON＿１>", "!P"), ("<PERSON_١>", "!P"), ("请联系PERSON_1先生",
        "请联系!P先生"),
        ("<<PERSON_1>>", "<!P>"), ("<see PERSON_1>", "<see !P>"), ("x<PERSON_1>y", "x!Py"),
        ("<PERSON_01>", "!P"), ("<PERSON:1>", "!P"), ("<PERSON #1>", "!P"), ("<PERSON__1>", "!P"),
        ("\\<PERSON_1>", "\\!P"), ("PERSON_1 PERSON_1", "!P !P"),
        ("＜ＰＥＲＳＯＮ＿１＞", "!P"), ("ＣＲＥＤＩＴ＿ＣＡＲＤ＿１", "!C"), ("<PERS\u200bON_1>", "!P"),
        ("\u200b<PERSON_1>\u200b", "\u200b!P\u200b"), ("CREDIT\u2060_CARD_1", "!C"), ("<PERSON_¹>", "!P"),
        ("<𝐏𝐄𝐑𝐒𝐎𝐍_𝟏>", "!P"), ("CREDIT__CARD__1", "!C"), ("<PERSON\\_\\_1>", "!P"), ("<PERSON1>", "!P"),
        ("<PERSON_1\\>", "!P"), ("\\\\<PERSON\\\\_1\\\\>", "!P"), ("<PERSON_1></PERSON_1>", "!P"),
        ("<PERSON_1>PERSON_1</PERSON_1>", "!P"), ("&lt;PERSON_1&gt;&lt;/PERSON_1&gt;", "!P"),
        ("<PERSON_1>x</PERSON_1>", "!Px</PERSON_1>"), ("[PERSON-1]", "!P"),
        ("[PERSON 1](a.md)", "[!P](a.md)"), ("[x][PERSON 1]", "[x][!P]"), ("{PERSON 1}", "{!P}"),
        ("<person_1>x</person_1> <person_1>", "<person_1>x</person_1> !P"),
    ],
)  # fmt: skip
def test_a_known_placeholder_is_read_in_each_form(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<PERSON_7>", "PERSON_12", "<PERSON_12>", "PERSON_01", "<PERSON_1_2>", "MY_PERSON_1",
        "<MY_PERSON_1>",
        "PERSON_1_NAME", "PERSON_1x", "person 1 said", "Credit card 1", "<EMAIL_ADDRESS_1>", "<PERSON>",
        "[Person 1]", "my_person_1", "person_1 = 3", "person_1.name", "self.person_1", "[PERSON]",
        "```\nfor person_1 in people:\n```", "<CARD_1>", "SELECT person_1, city", "names = ['person_1']",
        "<person_1><name>x</name></person_1>", "</PERSON_1>", "<person1>", "<PERSON1_1>", "PERSON1",
        "<PERSON_1_2's>", "<PERSON_7's>", "＜ＰＥＲＳＯＮ＿２＞", "<PERS\u200bON_12>", "MYＰＥＲＳＯＮ＿１",
        "const PERSON_1 = 5;", '{"person_1": "x"}', "df['PERSON_1']", "use `get(PERSON_1, 3)`", "PERSON_1=3",
    ],
)  # fmt: skip
def test_what_the_guard_did_not_write_is_no_placeholder(text: str) -> None:
    assert find_placeholders(text, KNOWN) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"person_1": "<PERSON_1>"}', '{"person_1": "!P"}'), ('{"name": "person_1"}', '{"name": "!P"}'),
        ('{"PERSON_1": "<PERSON_1>"}', '{"PERSON_1": "!P"}'), ("PERSON_1, so <PERSON_1>", "!P, so !P"),
        ("person_1 is <PERSON_1>", "person_1 is !P"), ("for PERSON_1: a letter", "for !P: a letter"),
        ("Please let PERSON_1 know; thanks", "Please let !P know; thanks"),
    ],
)  # fmt: skip
def test_a_name_without_brackets_is_none_where_it_is_a_key_or_the_brackets_are_kept(
    text: str, expected: str
) -> None:
    assert read(text) == expected


@given(
    st.sampled_from(sorted(KNOWN)),
    st.sampled_from(["*{}*", "**{}**", '"{}"', "({})", "{},", "{}'s", "# {}\n", "> {}", "| {} |", "_{}_",
    "“{}”"]),
    st.sampled_from([str, str.lower, str.title]),
)  # fmt: skip
def test_any_decoration_of_a_known_placeholder_is_read(name: str, decoration: str, case: type[str]) -> None:
    assert read(decoration.format(case(name))) == decoration.format(f"!{name[1]}")


@given(st.text(alphabet="<>PERSONperson_1 2\\-\n", max_size=60))
def test_found_placeholders_are_in_order_and_do_not_overlap(text: str) -> None:
    ends = 0
    for found in find_placeholders(text, KNOWN):
        assert ends <= found.start < found.end <= len(text)
        ends = found.end


@given(st.text(alphabet="<>PERSONperson_1 2\\-\n", max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_number_that_is_given_out_reads_nothing_in_what_is_left_of_a_text(
    text: str, start: int, end: int
) -> None:
    taken = numbers_like([text], "PERSON")
    number = next(number for number in range(1, 99) if number not in taken)
    name = placeholder("PERSON", number)

    for piece in (text[:start], text[end:], f"{text[:start]}{name}{text[end:]}".replace(name, "<>")):
        assert find_placeholders(piece, {name}) == []


def test_the_form_is_written_and_taken_out_again() -> None:
    assert (placeholder("PERSON", 12), mask("SECRET")) == ("<PERSON_12>", "[SECRET]")
    assert (kind_of("<CREDIT_CARD_3>"), kind_of("PERSON_1"), kind_of("<x>")) == ("CREDIT_CARD", None, None)
    assert (canonical_name("PERSON_1"), canonical_name("<PERSON_1>")) == ("<PERSON_1>", "<PERSON_1>")
    assert without_placeholders("a <PERSON_12> b [SECRET] c <b> [x]") == "a   b   c <b> [x]"


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("<PERSON_1's>", "'s"), ("<PERSON_1’s >", "’s"), ("<PERSON_1s>", "s"), ("<PERSON_1'>", "'"),
        ("<PERSON_1'in>", "'in"), ("<PERSON_1:n>", ":n"), ("&lt;PERSON_1&#39;s&gt;", "&#39;s"),
        ("\\<PERSON\\_1's\\>", "'s"), ("[PERSON 1's]", "'s"), ("＜ＰＥＲＳＯＮ＿１'ｓ＞", "'s"),
        ("<PERSON_1>'s", ""),
    ],
)  # fmt: skip
def test_an_ending_in_the_brackets_stays_behind_the_value(text: str, ending: str) -> None:
    (found,) = find_placeholders(text, KNOWN)
    assert (found.ending, found.start) == (ending, 0)


@pytest.mark.parametrize(
    "address",
    [
        "%50%45%52%53%4F%4E%5F%31",
        "%2550erson_%31",
        "%3CPERSON_1%3E",
        "%3cperson%5F1%3e",
        "x=PERSON+1&",
        "person-1.png",
        "%253CPERSON_1",
    ],
)
def test_a_placeholder_in_an_address_may_be_encoded(address: str) -> None:
    (found,) = find_in_address(address, KNOWN)
    assert found.name == "<PERSON_1>"


@pytest.mark.parametrize(
    "piece",
    [
        "PERSON_",
        "PERSON 1 ",
        "<",
        "<PERSON_1",
        "\\",
        "&lt;",
        "1",
        " \n",
        "person_1 ",
        "PERSON_1.",
        "x=PERSON_1;",
        "</PERSON_1>",
        "<person_1> </person_1>",
        "PERSON\u200b_1 ",
        "<PERSON_1'",
    ],
)
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    find_placeholders(text, KNOWN)
    numbers_like([text], "PERSON")
    assert time.process_time() - started < 2
