"""Escapes of many kinds are decoded in place; what only looks like one stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guard.domain.text.escapes import escapes, written_spaces
from services.guard.domain.text.normalization import normalise
from services.guard.domain.text.offset_maps import replaced, unchanged


def decoded(text: str) -> str:
    return replaced(unchanged(normalise(text)), [*escapes(text)]).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("J%C3%BCrgen%20M%FCller", "Jürgen Müller"),
        ("%E2%82%AC and %F0%9F%99%82", "€ and 🙂"),
        ("a&#64b &#0000064;b", "a@b @b"),
        ("a&#64;b&#x40;c&commat;d&nbsp;e&eacute;", "a@b@c@d eé"),
        (r"a\u0040b\x40c\u{40}d\U00000040e\\u0040f\\\\x40g", "a@b@c@d@e@f@g"),
        (r"\ud83d\ude42 and \\ud83d\\ude42", "🙂 and 🙂"),
        (r"\xc3\xbc \xfc", "ü \\xfc"),
        (r"{\"a\": \\\"b\\\", \"c\": \"d\/e\"}", '{"a": "b", "c": "d/e"}'),
        (r"now\n+49 30\t12", "now\n+49 30\t12"),
        ("J=C3=BCrgen M=FCller", "Jürgen Müller"),
        ("anna=40example=2Ecom", "anna@example.com"),
        ("=61=6E=6E=61", "anna"),
        ("x=3D1 a=40b an=\nna", "x=1 a@b anna"),
        ("4111 1111 =\r\n1111", "4111 1111 1111"),
        ("an&shy;na&#8203;", "anna"),
    ],
)
def test_an_escape_becomes_its_character(text: str, expected: str) -> None:
    assert decoded(text) == expected.replace("\\n+", "\n+").replace("\\t1", "\t1")


@pytest.mark.parametrize(
    "text",
    [
        "100% of %zz and %00 and %02d and %e9",
        "&unknown; &#0; &#1114112; &;",
        r"C:\temp\new \d+ \ud800 alone \x00 \x1b[0m",
        "a=40 size=41 x=FF0000 ?q=40hours.com width=40px",
        "x =\n  5",
        "FOO=\nBAR=1",
    ],
)
def test_what_only_looks_like_an_escape_stays(text: str) -> None:
    assert decoded(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://x.com/?name=Anna+Schmidt&c=1", "https://x.com/?name=Anna Schmidt&c=1"),
        ("name=Anna+Schmidt&city=Bonn", "name=Anna Schmidt&city=Bonn"),
        ("phone=%2B49+30+901820", "phone=%2B49 30 901820"),
        ("total = a+b; c=d+e", "total = a+b; c=d+e"),
        ("From: =?utf-8?Q?Anna_M=C3=BCller?=", "From: =?utf-8?Q?Anna M=C3=BCller?="),
    ],
)
def test_a_sign_is_a_space_in_forms_and_headers_only(text: str, expected: str) -> None:
    assert replaced(unchanged(normalise(text)), [*written_spaces(text)]).text == expected


@given(st.text(alphabet='%&#;\\=ux40Cc3bB\n "+@ü', max_size=40))
def test_pieces_are_in_order_and_inside_the_text(text: str) -> None:
    end = 0
    for piece in escapes(text):
        assert end <= piece.start < piece.end <= len(text)
        end = piece.end
