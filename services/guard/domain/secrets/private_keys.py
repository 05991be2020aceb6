"""Private keys in PEM, OpenPGP, JSON and XML, whatever a program, page or log puts between their lines."""

import re
from collections.abc import Iterator

from services.guard.domain.text.types import CharSpan
from services.guard.domain.text.windowed_search import matches

_KIND = r"[A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?"
MARKER = re.compile(rf"-{{4,5}} ?(?:BEGIN|(?P<end>END)) {_KIND} ?-{{4,5}}")
MAX_BODY_CHARS = 24_000
"""A key of 16,384 bits with a prefix before each of its lines; it bounds what one line BEGIN can mask."""
_GAP = r"(?:\\{1,4}[nrt]|<br ?/?>|&#\d{2};|[^A-Za-z0-9])"
"""What stands between the lines of a key in files, program strings, comments and pages."""
HEAD = re.compile(
    rf"(?:{_GAP}{{1,80}}+[A-Z][A-Za-z-]{{2,20}}:[^\n\\<]{{1,80}}+){{0,6}}{_GAP}{{1,80}}+"
    r"(?:MI[A-Z]|b3Bl|lQ|(?=[A-Za-z]{0,60}[0-9+/])[A-Za-z0-9+/]{16})"
)
"""Base64 right behind the line BEGIN, perhaps behind headers, also where most of the key is left out."""
BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{16,24000}={0,2}")
TAIL = re.compile(
    rf"{_GAP}{{1,20}}+(?:[A-Za-z0-9+/]{{1,76}}={{1,2}}|(?=[A-Za-z]{{0,72}}[0-9+/])[A-Za-z0-9+/]{{4,76}}+)(?![A-Za-z0-9])"
)
"""The last line of a key, which may be short."""
SIGN_OR_DIGIT = re.compile(r"[0-9+]")
MIN_FIRST_RUN_CHARS, MIN_SIGNS_OF_FIRST_RUN, LONG_RUN_CHARS = 20, 2, 40
MAX_LINES_BEFORE, MAX_LINES_BETWEEN = 10, 3
"""Lines with words and no base64: headers before the key, tags and empty records inside it."""
MIN_SHARE = 1 / 6
"""Of base64 in all that stands between BEGIN and END; a text about keys has less."""
JWK = re.compile(
    r"(?<![\w-])(?:\\?[\"'])?(?:d|p|q|dp|dq|qi|k|r|t)(?:\\?[\"'])?\s{0,4}(?::|=>|=)\s{0,4}\\?[\"']"
    r"(?P<value>[A-Za-z0-9_-]{22,1400}={0,2})(?=\\?[\"'])"
)
"""The private members that RFC 7517 and 7518 define; `n`, `e`, `x` and `y` are public."""
XML = re.compile(
    r"(?:<|&lt;)(?:D|P|Q|DP|DQ|InverseQ)\s{0,4}(?:>|&gt;)(?P<value>[A-Za-z0-9+/=\s]{40,1400})(?=<|&lt;)"
)
MAX_MEMBER_CHARS = 1_600


def private_keys(text: str) -> Iterator[CharSpan]:
    """Private keys from their line BEGIN to END, and the private members of keys in JSON and XML."""
    if "PRIVATE KEY" in text:
        yield from _armoured(text)
    if "kty" in text:
        yield from (match.span("value") for match in matches(JWK, text, MAX_MEMBER_CHARS))
    if "RSAKeyValue" in text:
        yield from (match.span("value") for match in matches(XML, text, MAX_MEMBER_CHARS))


def _armoured(text: str) -> Iterator[CharSpan]:
    """Each body is read once, since the next marker of any kind ends it."""
    begin: re.Match[str] | None = None
    for marker in matches(MARKER, text):
        if begin is not None:
            end = _end_of_key(text, begin.end(), marker)
            if end is not None:
                yield begin.start(), end
        begin = None if marker["end"] else marker
    if begin is not None:
        end = _end_of_lines(text, begin.end(), len(text))
        if end is not None:
            yield begin.start(), end


def _end_of_key(text: str, start: int, following: re.Match[str]) -> int | None:
    is_closed = following["end"] and following.start() - start <= MAX_BODY_CHARS
    if is_closed and _is_body(text, start, following.start()):
        return following.end()
    return _end_of_lines(text, start, following.start())


def _is_body(text: str, start: int, end: int) -> bool:
    if HEAD.match(text, start, end):
        return True
    runs = [match.group() for match in BASE64_RUN.finditer(text, start, end)]
    return sum(map(len, runs)) >= MIN_SHARE * (end - start) and any(map(_is_first_run, runs))


def _end_of_lines(text: str, start: int, limit: int) -> int | None:
    """Where the last line with base64 ends, of a key whose END is missing; None if no key begins there."""
    limit = min(limit, start + MAX_BODY_CHARS)
    head = HEAD.match(text, start, limit)
    end = head.end() if head else None
    others = 0
    line_start = start
    while line_start < limit:
        line_end = text.find("\n", line_start, limit)
        line_end = limit if line_end < 0 else line_end
        run_end = _end_of_runs(text, line_start, line_end, is_inside=end is not None)
        if run_end is not None:
            end, others = run_end, 0
        elif line_start > start and any(map(str.isalnum, text[line_start:line_end])):
            others += 1
            if others > (MAX_LINES_BEFORE if end is None else MAX_LINES_BETWEEN):
                break
        line_start = line_end + 1
    tail = TAIL.match(text, end, limit) if end is not None else None
    return tail.end() if tail else end


def _end_of_runs(text: str, start: int, end: int, *, is_inside: bool) -> int | None:
    last: int | None = None
    for match in BASE64_RUN.finditer(text, start, end):
        if _is_further_run(match.group()) if is_inside or last is not None else _is_first_run(match.group()):
            last = match.end()
    return last


def _is_first_run(run: str) -> bool:
    """Whether it is base64 and no word, path, name of code or hexadecimal number."""
    if len(run) < MIN_FIRST_RUN_CHARS or run.upper() == run or run.lower() == run:
        return False
    return len(SIGN_OR_DIGIT.findall(run)) >= MIN_SIGNS_OF_FIRST_RUN


def _is_further_run(run: str) -> bool:
    has_both_cases = run.upper() != run and run.lower() != run
    return len(run) >= LONG_RUN_CHARS or (has_both_cases and SIGN_OR_DIGIT.search(run) is not None)
