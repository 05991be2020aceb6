"""Values that a text assigns to a word for a password, PIN or key, in code, files and sentences."""

# ruff: noqa: RUF001 - quotation marks of several languages

import re
from collections.abc import Iterator

from services.guard.domain.pii.recogniser import Recogniser
from services.guard.domain.secrets.connectors import (
    ADJACENT,
    ATTRIBUTE,
    BLOCK,
    CALL,
    ELEMENT,
    FIELD_TEXT,
    MARKUP,
    NEAR,
    PROSE,
    REVERSED,
    SIGN,
    SPACE,
    UNSPACED,
)
from services.guard.domain.secrets.names import SecretKind, SecretName, is_unspaced, secret_names
from services.guard.domain.secrets.placeholders import PARTNERS, without_brackets
from services.guard.domain.secrets.user_fields import is_value_beside_user
from services.guard.domain.secrets.values import Evidence, is_secret_value, takes_marks
from services.guard.domain.text.types import CharSpan

MAX_PREFIX_CHARS = 96
PUNCTUATION = ".,;:!?)]}\\*_|"
CODE_PUNCTUATION = ",;)]}\\|"
"""Behind `=` a full stop, `!` or `?` belongs to the value."""
VARIABLE_PREFIX = re.compile(r"(?:\A|[\n ;])(?:[A-Z][A-Z0-9_]{0,60})?\Z")
FLAG_PREFIX = re.compile(r"(?:\A|[\s\"'=(\[`])(?:--?|/)[A-Za-z]?[A-Za-z0-9.-]{0,40}\Z")
CONNECTION_PREFIX = re.compile(r"[;?&][ ]?(?:user|db)?\Z", re.IGNORECASE)
SERVICE_PREFIX = re.compile(
    r"(?<![A-Za-z])(?:db|database|smtp|imap|pop3|mail|s?ftp|ssh|(?:my)?sql|pg|postgres(?:ql)?|redis|mongo(?:db)?|rabbit(?:mq)?"
    r"|amqp|ldap|admin|root|wifi|wlan|proxy|vpn|jdbc|datasource|keystore|truststore|broker|kafka|elastic(?:search)?"
    r"|become|sudo|router|oracle|mariadb|ansible)(?:[_.-]?\w{1,20}){0,2}?[_.-]?\Z",
    re.IGNORECASE,
)
"""The begin of names such as `smtp_pass` and `db.password`, whose values are ordinary words in bad cases."""
SIBLING_PREFIX = re.compile(
    r"[\"'](?:user(?:_?name)?|login|e?-?mail|usr|uid|host)[\"'][ ]{0,2}(?::|=>)[ ]{0,2}"
    r"[\"'][^\"'\n]{1,60}[\"'],\s{0,24}[\"']\w{0,20}\Z",
    re.IGNORECASE,
)
"""The key and value of a user before the key of the password."""
LINE_PREFIX = re.compile(r"(?:\A|\n)[ \t-]{0,20}(?:export[ ]|-D|set[ ])?[\w.-]{0,60}\Z")
AUTHORITY_PREFIX = re.compile(r"://[^\s/?#\"'`<>]{0,90}\Z")
"""The begin of a URL's user and password, which `url_credentials` judges."""
ELEMENT_PREFIX = re.compile(r"<(?:[\w.-]{1,30}:)?[\w.-]{0,30}\Z")
QUOTED = re.compile(
    r"[rbuf@]{0,2}(?P<quote>[\"'`])(?P<value>(?:\\.|(?!(?P=quote))[^\s\\]){1,400})(?P=quote)", re.IGNORECASE
)
TYPOGRAPHIC = re.compile(
    r"[“”„«‹「『《‘‚‘][ \u00a0]?(?P<value>[^\s“”„«»‹›」』》’‘]{1,400})[ \u00a0]?[“”«»‹›」』》’‘]"
)
_PLAIN = r"[^\s\"'`<>“”„«»「」『』]"
_TAG = (
    r"<(?:[/!?]|(?:a|abbr|article|aside|b|big|blockquote|body|br|button|center|cite|code|d[dlt]|del|details|div|em|fieldset"
    r"|figure|font|footer|form|h[1-6r]|header|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|mark|meta|nav|o|ol"
    r"|option|p|pre|q|s|samp|script|section|select|small|span|strike|strong|style|su[bpm]\w{0,4}|svg|t[dhrt]|table|tbody"
    r"|textarea|tfoot|thead|title|u|ul|var|video)(?=[\s/>])|[\w.-]{1,40}[ ][\w:-]{1,40}=)"
)
"""The begin of a tag of HTML, of any closing tag and of a tag with an attribute."""
PLAIN = re.compile(
    rf"(?:{_PLAIN}|<(?=[^\s<>/]{{0,20}}\d))(?:{_PLAIN}|(?!{_TAG})<(?=[^\s\"'`])|>(?!>|{_TAG})){{0,400}}",
    re.IGNORECASE,
)
GENERIC_TYPE = re.compile(
    r"[A-Za-z_][A-Za-z_.:]{0,60}(?:<[\w.,:?&|\[\]*]{0,60}){1,4}>{0,4}[?!*&\[\];,)=]{0,4}"
)
"""A type with arguments, as in `password: Optional<String>`."""
NEXT_ASSIGNMENT = re.compile(r"[,;&|](?=\w{1,30}(?:[ ]\w{1,30}){0,2}[ ]?[=:]|\s|\Z)|\]\(")
FINAL_MARKS = re.compile(r"(?P<marks>[!?]{1,3})[ \t\r]{0,4}(?:\n|\Z)")
"""At the end of a line a mark may belong to the password; to mask it costs nothing."""
VALUE_CHARACTER = re.compile(r"[\d@#$%^&*+~]")
"""At least one of them is in each value that a sentence gives."""
MAX_SENTENCE_CHARS = 220
LINE = re.compile(r"\S{4,80}[ \t]{0,8}(?:\r?\n|\Z)")
POSSESSIVE = re.compile(
    r"(?<![^\W_])(?:my|our|mein|unser|mon|notre|mi|mia|mio|minha|meu|mijn|moje|mitt|мой|benim)[ ]"
    r"(?:[\w-]{1,20}[ _-])?\Z",
    re.IGNORECASE,
)
DIGITS = re.compile(r"[ ]\d{6,12}(?=[.,;!?]?(?:\s|\Z))")
VALUE_LINE = re.compile(r"[^\s(),]{3,80}[ \t]{0,4}(?:\r?\n|\Z)")
MIN_CLEAR_NAME_CHARS = 5
NAMES_OF_STRICT_VALUES = frozenset({SecretKind.PIN, SecretKind.BARE_KEY})
"""Words of any length name them, since their values have a strict form."""
MARKS_AND_EVIDENCE = (
    ((FIELD_TEXT, BLOCK), Evidence.ASSIGNED),
    ((ATTRIBUTE, CALL, MARKUP), Evidence.PROSE),
)
OPENING = {closing: opening for opening, closing in PARTNERS.items()}
QUOTES = frozenset("\"'`“”„«‹「『《‘‚")


def assigned_secrets(text: str) -> Iterator[CharSpan]:
    """Values assigned to a word for a password, PIN or key, except placeholders, code and ordinary words."""
    done = 0
    for name in secret_names(text):
        if name.start >= done and not _is_in_authority(text, name):
            span = _assigned_value(text, name)
            if span is not None:
                done = span[1]
                yield span


def _is_in_authority(text: str, name: SecretName) -> bool:
    before = text[max(0, name.start - MAX_PREFIX_CHARS) : name.start]
    return "://" in before and AUTHORITY_PREFIX.search(before) is not None


def _assigned_value(text: str, name: SecretName) -> CharSpan | None:
    before = text[max(0, name.start - MAX_PREFIX_CHARS) : name.start]
    if "<" in before and ELEMENT_PREFIX.search(before) and (match := ELEMENT.match(text, name.end)):
        return _plain(text, match.end(), name.kind, Evidence.ASSIGNED)
    if match := SIGN.match(text, name.end):
        return _behind_sign(text, name, match, before)
    if _takes_argument(before) and (match := SPACE.match(text, name.end)):
        return _value(text, match.end(), name.kind, Evidence.ASSIGNED)
    for patterns, evidence in MARKS_AND_EVIDENCE:
        match = next(filter(None, (pattern.match(text, name.end) for pattern in patterns)), None)
        if match is not None:
            return _value(text, match.end(), name.kind, evidence)
    return _in_sentence(text, name) or _reversed(name, before)


def _takes_argument(before: str) -> bool:
    """Whether the name is a flag (`--db-pass`) or a variable of a Dockerfile (`ENV DB_PASS`)."""
    is_flag = ("-" in before or "/" in before) and FLAG_PREFIX.search(before) is not None
    return is_flag or (before.endswith("_") and before[-2:-1].isupper())


def _behind_sign(text: str, name: SecretName, match: re.Match[str], before: str) -> CharSpan | None:
    sign, start = match["sign"], match.end()
    is_same_line = "\n" not in match.group()
    if text[start : start + 1] in QUOTES or text[start + 1 : start + 2] in QUOTES:
        is_certain = is_same_line and name.kind is SecretKind.PASSWORD and _is_credential_field(before)
        return _quoted(text, start, name.kind, Evidence.EXACT if is_certain else Evidence.QUOTED)
    if sign in {"=", ":"} and is_same_line:
        return _in_field(text, name, match, before)
    is_certain = is_same_line and sign in {"=>", ":=", "==", "::"}
    return _plain(text, start, name.kind, Evidence.ASSIGNED if is_certain else Evidence.PROSE) or (
        None if is_certain else _in_sentence(text, name)
    )


def _in_field(text: str, name: SecretName, match: re.Match[str], before: str) -> CharSpan | None:
    evidence, start = _evidence_of_field(text, name, match, before), match.end()
    if match["sign"] == ":":
        return _plain(text, start, name.kind, evidence)
    is_equation = not _is_line(text, name, match)
    return _plain(text, start, name.kind, evidence, CODE_PUNCTUATION, is_equation=is_equation)


def _is_line(text: str, name: SecretName, match: re.Match[str]) -> bool:
    """Whether `pwd=ab1` fills a line, as in files of settings."""
    is_begin = name.start == 0 or text[name.start - 1] == "\n"
    return is_begin and match.group() == "=" and VALUE_LINE.match(text, match.end()) is not None


def _is_credential_field(before: str) -> bool:
    return SERVICE_PREFIX.search(before) is not None or SIBLING_PREFIX.search(before) is not None


def _evidence_of_field(text: str, name: SecretName, match: re.Match[str], before: str) -> Evidence:
    """Environment variables, fields of connection strings and lines of services hold nothing but values."""
    is_password = name.kind is SecretKind.PASSWORD
    if is_password and _is_line_of_service(text, match.end(), before):
        return Evidence.EXACT
    if is_password and is_value_beside_user(before, text, match.end()):
        return Evidence.EXACT
    if match.group() != "=":
        return Evidence.ASSIGNED
    is_variable = text[name.start : name.end].isupper() and VARIABLE_PREFIX.search(before)
    is_exact = is_variable or (is_password and _is_field_or_flag(before))
    return Evidence.EXACT if is_exact else Evidence.ASSIGNED


def _is_line_of_service(text: str, start: int, before: str) -> bool:
    is_service = SERVICE_PREFIX.search(before) and LINE_PREFIX.search(before)
    return bool(is_service) and LINE.match(text, start) is not None


def _is_field_or_flag(before: str) -> bool:
    is_field = ";" in before and CONNECTION_PREFIX.search(before) is not None
    return is_field or FLAG_PREFIX.search(before) is not None


def _in_sentence(text: str, name: SecretName) -> CharSpan | None:
    if VALUE_CHARACTER.search(text, name.end, name.end + MAX_SENTENCE_CHARS) is None:
        return None
    if is_unspaced(text[name.end - 1]) and (match := UNSPACED.match(text, name.end)):
        return _value(text, match.end(), name.kind, Evidence.PROSE)
    is_long = name.end - name.start >= MIN_CLEAR_NAME_CHARS or name.kind in NAMES_OF_STRICT_VALUES
    if match := PROSE.match(text, name.end):
        span = _value(text, match.end(), name.kind, Evidence.PROSE if is_long else Evidence.NEAR)
        if span is not None:
            return span
    return _neighbour(text, name, is_long=is_long)


def _neighbour(text: str, name: SecretName, *, is_long: bool) -> CharSpan | None:
    """The value some words behind its word, with no verb or sign between them."""
    if is_long and name.kind is SecretKind.PASSWORD and DIGITS.match(text, name.end):
        return _value(text, name.end + 1, name.kind, Evidence.PROSE)
    if match := ADJACENT.match(text, name.end):
        return _value(text, match.end(), name.kind, _evidence_of_neighbour(name, is_long=is_long))
    if match := NEAR.match(text, name.end):
        return _value(text, match.end(), name.kind, Evidence.NEAR)
    return None


def _evidence_of_neighbour(name: SecretName, *, is_long: bool) -> Evidence:
    """Short words, such as *pass*, are verbs as well."""
    return Evidence.ADJACENT if is_long and name.kind is not SecretKind.KEY else Evidence.NEAR


def _reversed(name: SecretName, before: str) -> CharSpan | None:
    """The value before its word, as in *X is my password* and *use X as the password*."""
    match = REVERSED.search(before) if VALUE_CHARACTER.search(before) else None
    if match is None:
        return None
    evidence = Evidence.NEAR if name.kind is SecretKind.KEY else Evidence.ADJACENT
    if name.kind is SecretKind.PASSWORD and POSSESSIVE.search(before):
        evidence = Evidence.PROSE
    if not is_secret_value(match["value"], name.kind, evidence):
        return None
    start = name.start - len(before) + match.start("value")
    return start, start + len(match["value"])


def _value(text: str, start: int, kind: SecretKind, evidence: Evidence) -> CharSpan | None:
    return _quoted(text, start, kind, Evidence.QUOTED) or _plain(text, start, kind, evidence)


def _quoted(text: str, start: int, kind: SecretKind, evidence: Evidence) -> CharSpan | None:
    match = QUOTED.match(text, start) or TYPOGRAPHIC.match(text, start)
    if match is None or not is_secret_value(match["value"], kind, evidence):
        return None
    return match.span("value")


def _plain(
    text: str,
    start: int,
    kind: SecretKind,
    evidence: Evidence,
    punctuation: str = PUNCTUATION,
    *,
    is_equation: bool = False,
) -> CharSpan | None:
    match = PLAIN.match(text, start)
    if match is None:
        return None
    following = NEXT_ASSIGNMENT.search(text, start, min(len(text), match.end() + MAX_PREFIX_CHARS))
    run = text[start : min(match.end(), following.start() if following else match.end())]
    value = _trimmed(run, punctuation)
    if "<" in value and GENERIC_TYPE.fullmatch(value):
        return None
    if without_brackets(value) != value:
        value, start = without_brackets(value), start + 1
    if not is_secret_value(value, kind, evidence, is_equation=is_equation):
        return None
    end = start + len(value)
    return start, _end_of_marks(text, end) if kind is SecretKind.PASSWORD and takes_marks(value) else end


def _end_of_marks(text: str, end: int) -> int:
    match = FINAL_MARKS.match(text, end)
    return match.end("marks") if match else end


def _trimmed(run: str, punctuation: str) -> str:
    """A run of characters up to a script without spaces or the punctuation at its end."""
    if run[:1].isascii():
        for index, character in enumerate(run):
            if not character.isascii() and is_unspaced(character):
                run = run[:index]
                break
    end = len(run.rstrip(punctuation))
    opening = OPENING.get(run[end : end + 1])
    is_closed = opening is not None and run.startswith(opening)
    return run[: end + 1] if is_closed else run[:end]


RECOGNISERS = (Recogniser("SECRET", assigned_secrets, rank=11),)
