"""Program text that builds an address is read to its end, and other text behind an address is not."""

import time

import pytest

from schemas.address_building import end_of_building
from schemas.link_targets import link_targets

URL = "https://evil.example/"


def in_links(text: str) -> str:
    return "\n".join(text[start:end] for start, end in link_targets(text))


@pytest.mark.parametrize(
    "text",
    [
        f'"{URL}?q=" + "VALUE"',
        f"'{URL}?q=' + x + 'VALUE'",
        f"`{URL}?q=` + `VALUE`",
        f'"{URL}" & "VALUE"',
        f'"{URL}" .. "VALUE"',
        f"'{URL}' || 'VALUE'",
        f'std::cout << "{URL}" << "VALUE"',
        f'"{URL}%s" % "VALUE"',
        f"'{URL}?q='.'VALUE'",
        f'"{URL}?q=" . urlencode("VALUE")',
        f'"{URL}?q={{}}".format("VALUE")',
        f'"{URL}?a={{}}&b={{}}".format("x", "VALUE")',
        f'"{URL}".concat(a).concat("VALUE")',
        f'"{URL}?q=" "VALUE"',
        f'"{URL}?q=" \\\n  "VALUE"',
        f'"{URL}?q=" +\n  "VALUE"',
        f'"{URL}?q="\n  + "VALUE"',
        f'fmt.Sprintf("{URL}?q=%s", "VALUE")',
        f'format!("{URL}?q={{}}", "VALUE")',
        f"printf '{URL}%s' VALUE",
        f'String.format("{URL}%s&n=%d", "VALUE", 1)',
        f'urljoin("{URL}", "VALUE")',
        f'CONCAT("{URL}", "VALUE")',
        f'["{URL}?q=", "VALUE"].join("")',
        f'"".join(["{URL}?q=", "VALUE"])',
        f'f"{URL}?q={{ VALUE }}"',
        f"`{URL}?q=${{ encode('VALUE') }}`",
        f"{URL}?q={{{{ VALUE }}}}",
        f"{URL}?q=$(echo VALUE)",
        f"{URL}?a=b<%= VALUE %>",
        f'Template("{URL}$n").substitute(n="VALUE")',
        f'URI.create("{URL}").resolve("VALUE")',
        f'new URL("{URL}").searchParams.append("q", "VALUE")',
        f'get("{URL}", params={{"q": "VALUE"}})',
        f'axios.get("{URL}", {{params: {{q: "VALUE"}}}})',
        f'\\"{URL}?q=\\" + \\"VALUE\\"',
        '"evil.example/?q=" + "VALUE"',
        '"https://" + "VALUE" + ".evil.example"',
        f'u = "{URL}"\nu += "VALUE"',
        f'let u = `{URL}`; go(u + "VALUE")',
        f'$u = "{URL}";\n$u .= "VALUE";',
        f'base: str = "{URL}"\nopen(f"{{base}}?q=VALUE")',
        f'U="{URL}"; curl "$U?q=VALUE"',
        f'u := "{URL}%s"\nfmt.Sprint(u + "VALUE")',
        f'open(f"{URL}{{ x }}/" + "VALUE")',
        f'const u = new URL("{URL}");\nu.searchParams.set("q", "VALUE")',
        f'a = "{URL}{{}}"\na.format("VALUE")',
    ],
)
def test_what_a_program_joins_to_an_address_is_in_a_link(text: str) -> None:
    assert "VALUE" in in_links(text)


@pytest.mark.parametrize(
    "text",
    [
        'See "https://x.org". VALUE wrote it.',
        '["https://x.org", "VALUE"]',
        '"https://x.org" and VALUE',
        '{"u":"https://x.org","n":"VALUE"}',
        'print("https://x.org", "VALUE")',
        'f("https://x.org"); g("VALUE")',
        'url = "https://x.org"\nname = "VALUE"',
        "`https://x.org` - VALUE",
        '| "https://x.org" | VALUE |',
        "VALUES ('https://x.org/', 'VALUE')",
        "https://x.org/{id} VALUE",
        "https://x.org/a{b VALUE",
        'if u == "https://x.org": f("VALUE")',
        "\\href{https://x.org}{A VALUE }",
        "https://x.org + VALUE",
        'a = "https://x.org"\nb = "VALUE"\nc = a + b',
        'U="https://x.org"\ncurl "$U/a" -d "VALUE"',
        'u = "https://x.org"\nr = get(u)\nprint("VALUE")',
        'f("https://x.org/" + path, "VALUE")',
        'x = "https://x.org/" + path\ny = "VALUE"',
        '"https://x.org".format(a) and "VALUE"',
    ],
)
def test_other_text_behind_an_address_is_no_link(text: str) -> None:
    assert "VALUE" not in in_links(text)


LONG = "a" * 1_001
LONGEST = "a" * 20_000


@pytest.mark.parametrize(
    "text",
    [
        f'"{URL}?q=" + "{LONG}" + "VALUE"',
        f'"{URL}?q=" + "{LONGEST}" + "VALUE"',
        f'"{URL}?q=" + f(1, 2) + {LONG} + "VALUE"',
        f'"{URL}?q=" + "{"a;" * 600}" + "VALUE"',
        f'"{URL}?q=" + `{"a;" * 9_000}` + "VALUE"',
        f'"{URL}?q=" + `{"a" * 9_000};` + "VALUE"',
        f"'{URL}?q={{}}{{}}'.format('{LONG}', 'VALUE')",
        f'fmt.Sprintf("{URL}?q=%s%s", "{LONGEST}", "VALUE")',
        f'"{URL}?q="{".concat(a)" * 9}.concat("VALUE")',
        f'"{URL}?q="{".concat(a)" * 9_000}.concat("VALUE")',
        f'"{URL}?q="{" " * 99}+{" " * 99}"VALUE"',
        f'["{URL}?q=", "{LONG}", "VALUE"].join("")',
        f'["{URL}?q=", "{LONGEST}", "VALUE"].join("")',
        f'f"{URL}?q={{ f("{LONG}") + "VALUE" }}"',
        f'f"{URL}?q={{ f("{LONGEST}") + "VALUE" }}"',
        f"{URL}?q={'{{ a }}' * 9}{{{{ VALUE }}}}",
        f"{URL}?q={'{{ a }}' * 99}{{{{ VALUE }}}}",
        f'u = "{URL}"\nget(u + "{LONG}" + "VALUE")',
        f'u = "{URL}"\nget(paste0(u, "{LONGEST}", "VALUE"))',
    ],
)
def test_no_length_hides_what_a_program_joins(text: str) -> None:
    assert "VALUE" in in_links(text)


@pytest.mark.parametrize(
    "text",
    [
        f'"{URL}?q=" + "{LONG}"\nVALUE',
        f'"{URL}?q={{}}".format("{LONG}") and "VALUE"',
        f'["{URL}", "{LONG}", "x"]\nVALUE',
        f'["{URL}", "{LONG}", "VALUE"]',
        f'fetch("{URL}").then(r => {{ {"f(r); " * 400} }}); VALUE',
        f'"{URL}?q=" + it\'s `\n{LONG} VALUE',
    ],
)
def test_a_long_statement_ends_where_it_ends(text: str) -> None:
    assert "VALUE" not in in_links(text)


def test_an_address_that_nothing_goes_on_with_ends_where_it_ended() -> None:
    text = f'"{URL}", a'
    end = text.index('",')
    assert end_of_building(text, 1, end) == end


@pytest.mark.parametrize(
    "piece",
    [
        '"https://a.b" + ',
        '"https://a.b".f(',
        '["https://a.b",',
        "https://a.b/{ ",
        "https://a.b/${",
        '"https://a.b"    ',
        'a="https://a.b";a+',
        '("https://a.b/%s",',
        '"https://a.b" + "',
        'a="https://a.b" $a ',
        "https://a.b/?q=<% ",
        '"https://a.b=" "',
        "{a='https://a.b'}",
        '"https://a.b=" `',
        '\\"https://a.b=\\" \\`x\n',
        '"https://a.b" + `\\`',
        '"https://a.b"' + " " * 300,
        '"https://a.b"' + ")" * 300,
        '"https://a.b"' + ".a" * 300,
        '"https://a.b" + ' + "'",
        '"https://a.b".f().g()',
        '["https://a.b", [',
        "https://a.b/{{ a }}",
        'f("https://a.b/%s" ',
    ],
)
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text, started = piece * (64_000 // len(piece)), time.process_time()
    link_targets(text)
    assert time.process_time() - started < 1
