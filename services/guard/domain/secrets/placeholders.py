"""Values that stand for a secret, which the reader or a program fills in: `<password>`, `${PW}`."""

import re

from services.guard.domain.secrets.readability import (
    has_both_cases,
    has_letters_and_digits,
    has_special,
    is_unreadable,
)

_OWNERS = (
    r"your|you|my|the|some|an?|enter|insert|put|new|old|user|test|fake|dummy|sample|example|default"
    r"|mein|dein|ihr|tu|su|votre|mon"
)
_WORDS = (
    r"api|db|database|root|admin|account|access|auth|login|smtp|super|very|not|strong|secure|pass(?:word|wd|phrase|code)?"
    r"|pwd?|secret|key|token|value|here|goes|string|username|me|a"
)
_FOREIGN_WORDS = r"passwort|kennwort|contrase[nñ]a|senha|mot|de|passe"
"""Words that, unlike `password1`, no program numbers, so that behind them digits are a weak password's."""
PLACEHOLDER = re.compile(
    r"[$@:%#][{(\[<].*|\$(?:[A-Za-z_]+\d?|[A-Z][A-Z0-9_]*)|%\w+%|%\(?\w{0,20}\)?s|[:@?][A-Za-z_]*\d?|\\.*"
    r"|!(?:Ref|Sub|GetAtt|ImportValue|vault|secret|env|file)\b.*|[*.•●x?#_=-]{3,}.*"
    r"|.*(?:\.\.\.|\*\*\*|…|(?<![a-z0-9])xxx|xxx(?![a-z0-9])|xxxx|•••|\$\{|\{\{|\$\(|://|<[A-Za-z_]\w{0,17}[A-Za-z_]>).*"
    rf"|(?:(?:{_OWNERS}|{_WORDS})[_-]?){{1,2}}\d[.,:;?)]{{0,3}}"
    rf"|(?:(?:{_OWNERS}|{_WORDS}|{_FOREIGN_WORDS})[_-]?){{1,3}}[!.,:;?)]{{0,3}}"
    r"|pa\$\$word|[_*]{0,2}(?:example|change[_-]?(?:me|it|this)|replace[_-]?(?:me|this|with)|place[_-]?holder|dummy|todo|fixme|tbd|unset|redacted"
    r"|hidden|removed|masked|filtered)[\w!.,:;?)-]{0,30}"
    r"|.*(?:environ|getenv|process\.env|(?<![a-z])(?:secrets?|config|settings|self|this)\.|vault:|op://|arn:aws).*"
    r"|(.)\1*",
    re.IGNORECASE,
)
PLACEHOLDER_BEGIN = re.compile(
    rf"(?:{_OWNERS})[_-](?P<rest>.*)"
    r"|(?:test|none|null|nil|true|false|undefined|str|int|bool|required|optional|empty|invalid|wrong|correct|valid|weak"
    r"|encrypted|hashed|yes|no|n/?a|foo|bar|baz|foobar|unknown|missing|incorrect|prompt|stdin|file)(?P<end>[\w!.,:;?)]{0,3})",
    re.IGNORECASE,
)
"""Words behind which a password may go on as well, as in `no7!z` and `my-Xy7!q9Zp`."""
INNER_MARK = re.compile(r"(?=.{0,2}\d)(?=.{0,2}[^\W\d_])(?=.{0,2}[!?]).{3}")
DOTS = re.compile(r"[.…]{2,9}")
PARTNERS = {"(": ")", "[": "]", "{": "}", "<": ">"}
CLOSING = frozenset(")]}>")  # no value begins with one of them


def is_placeholder(value: str) -> bool:
    """Whether it stands for a value that the reader or a program fills in, or is a word about values."""
    if value[:1] in CLOSING:
        return True
    dots = DOTS.match(value)
    if dots is not None and _is_password(value[dots.end() :]):
        return False
    return PLACEHOLDER.fullmatch(value) is not None or _begins_as_placeholder(value) or _is_bracketed(value)


def _begins_as_placeholder(value: str) -> bool:
    match = PLACEHOLDER_BEGIN.fullmatch(value)
    if match is None:
        return False
    if match["rest"] is None:
        return INNER_MARK.fullmatch(match["end"]) is None
    return not (is_unreadable(match["rest"]) and has_both_cases(match["rest"]) and has_special(match["rest"]))


def _is_password(rest: str) -> bool:
    return "." not in rest and has_letters_and_digits(rest) and (has_special(rest + "0"))


def _is_bracketed(value: str) -> bool:
    """Whether it is a text in brackets or the begin of one; a password may begin with a bracket as well."""
    if value[:1] not in PARTNERS:
        return False
    return value.endswith(PARTNERS[value[0]]) or value[1:2] in PARTNERS or not is_unreadable(value[1:])


def without_brackets(value: str) -> str:
    """The password in a pair of brackets, if it is one that no reader takes for a word about passwords."""
    inner = value[1:-1]
    is_closed = value[:1] in PARTNERS and value.endswith(PARTNERS[value[0]])
    return inner if is_closed and is_unreadable(inner) else value
